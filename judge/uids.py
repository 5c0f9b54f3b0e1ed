"""What the judges of one machine divide among themselves: user ids, as limits on processes count per user id, and cores."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterable, Sequence
from typing import Final

from schemas.errors import ConfigError
from schemas.settings import Settings, cores_of

__all__ = ["SUBMISSIONS", "Core", "UidBlock", "free_cores"]

_FIRST: Final = 60000
_EACH: Final = 16
_BLOCKS: Final = 345
"""Up to 65519: below nobody, and inside the 65536 ids that a container has where user namespaces remap them."""

SUBMISSIONS: Final = range(_FIRST, _FIRST + _BLOCKS * _EACH)
"""The users, and groups, that submissions and validators run as."""

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


def free_cores(settings: Settings) -> list[int]:
    """The cores of this process that are not reserved.

    Raises:
        ConfigError: when the reserved ones are not this process's, or there is no other.
    """
    have, reserved = os.sched_getaffinity(0), cores_of(settings.judge_reserved_cores)
    if not reserved <= have or reserved == have:
        raise ConfigError(
            f"PODIUM_JUDGE_RESERVED_CORES={settings.judge_reserved_cores}: this process has the cores "
            f"{', '.join(map(str, sorted(have)))}; reserve some of them, and leave one for a slot"
        )
    return sorted(have - reserved)


class Core:
    """The core of these that the fewest slots of this machine are on, until `close` or the process's end.

    Raises:
        ConfigError: when every core has a hundred slots.
    """

    def __init__(self, cores: Sequence[int]) -> None:
        names = (f"core-{number}-{place}" for place in range(_PLACES) for number in cores)
        self._lock, at = _first_free(names, "too many judge slots run on this machine")
        self.number = cores[at % len(cores)]

    def close(self) -> None:
        """Let another slot have its place. Idempotent."""
        self._lock.close()
