"""User ids that nobody else on this machine judges with: limits on processes count per user id, across containers."""

from __future__ import annotations

import itertools
import socket
from typing import Final

from schemas.errors import ConfigError

__all__ = ["UidBlock"]

_FIRST: Final = 60000
_EACH: Final = 16
_BLOCKS: Final = 345
"""Up to 65519: below nobody, and inside the 65536 ids that a container has where user namespaces remap them."""


class UidBlock:
    """Sixteen user ids, ours until `close` or the end of this process: an abstract socket's name is the lock.

    Raises:
        ConfigError: when all blocks are taken, which is more slots than a machine has cores.
    """

    def __init__(self) -> None:
        self._lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        for block in range(_BLOCKS):
            try:
                self._lock.bind(f"\0podium-judge-uids-{block}")
            except OSError:
                continue
            first = _FIRST + block * _EACH
            self._uids = itertools.cycle(range(first, first + _EACH))
            return
        self._lock.close()
        raise ConfigError("every user id for submissions is in use: too many judge slots run on this machine")

    def next(self) -> int:
        """The id unused for longest."""
        return next(self._uids)

    def close(self) -> None:
        """Let others have the ids. Idempotent."""
        self._lock.close()
