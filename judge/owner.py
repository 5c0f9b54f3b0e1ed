"""A folder that belongs to one living process: where its runners' sockets are, and the lock on its name."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from pathlib import Path
from typing import Final
from urllib.parse import quote

from schemas.errors import ConfigError

__all__ = ["OwnFolder"]

_TRIES: Final = 100
"""The folder may vanish between its making and its locking, when its last owner ends just then."""


class OwnFolder:
    """The empty folder PARENT/OWNER, locked until `close` or the end of this process.

    The folders of owners that have died are removed.

    Raises:
        ConfigError: when a living process has the owner's name.
    """

    def __init__(self, parent: Path, owner: str) -> None:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = quote(owner, safe=" ")
        self.path = parent.resolve() / name
        for _ in range(_TRIES):
            with contextlib.suppress(FileNotFoundError):
                self.path.mkdir(mode=0o700, exist_ok=True)
                lock = _locked(self.path)
                if lock is None:
                    raise ConfigError(f"another process judges as {owner!r} here: give each its own PODIUM_JUDGE_HOST")
                if os.path.samestat(os.fstat(lock), self.path.stat()):
                    break
                os.close(lock)
        else:
            raise ConfigError(f"{self.path} vanishes as soon as it is made")
        self._lock: int | None = lock
        for left in self.path.iterdir():
            shutil.rmtree(left, ignore_errors=True)
        for other in parent.iterdir():
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                if other.name != name and (dead := _locked(other)) is not None:
                    shutil.rmtree(other, ignore_errors=True)
                    os.close(dead)

    def close(self) -> None:
        """Remove the folder and let others have the name. Idempotent."""
        if self._lock is not None:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = None


def _locked(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock; None where somebody else holds it."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd
