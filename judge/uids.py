"""What the judges of one machine divide among themselves: user ids, as limits on processes count per user id, and cores."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterable
from typing import Final

from schemas.errors import ConfigError

__all__ = ["Core", "UidBlock"]

_FIRST: Final = 60000
_EACH: Final = 16
_BLOCKS: Final = 345
"""Up to 65519: below nobody, and inside the 65536 ids that a container has where user namespaces remap them."""

_PLACES: Final = 100
"""Slots of one core."""


def _first_free(names: Iterable[str], why_not: str) -> tuple[socket.socket, int]:
    """A socket that is bound to the first of these abstract names that nobody has, and that name's index.

    Raises:
        ConfigError: saying *why_not*, when all are taken.
    """
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    for index, name in enumerate(names):
        try:
            lock.bind(f"\0podium-judge-{name}")
        except OSError:
            continue
        return lock, index
    lock.close()
    raise ConfigError(why_not)


class UidBlock:
    """Sixteen user ids, ours until `close` or the end of this process: an abstract socket's name is the lock.

    Raises:
        ConfigError: when all blocks are taken, which is more slots than a machine has cores.
    """

    def __init__(self) -> None:
        names = (f"uids-{block}" for block in range(_BLOCKS))
        self._lock, block = _first_free(
            names, "every user id for submissions is in use: too many judge slots run on this machine"
        )
        first = _FIRST + block * _EACH
        self._uids = itertools.cycle(range(first, first + _EACH))

    def next(self) -> int:
        """The id unused for longest."""
        return next(self._uids)

    def close(self) -> None:
        """Let others have the ids. Idempotent."""
        self._lock.close()


class Core:
    """The core of this process's that the fewest slots of this machine are on, until `close` or the process's end.

    Raises:
        ConfigError: when every core has a hundred slots.
    """

    def __init__(self) -> None:
        cores = sorted(os.sched_getaffinity(0))
        names = (f"core-{number}-{place}" for place in range(_PLACES) for number in cores)
        self._lock, at = _first_free(names, "too many judge slots run on this machine")
        self.number = cores[at % len(cores)]

    def close(self) -> None:
        """Let another slot have its place. Idempotent."""
        self._lock.close()
