"""A folder that belongs to one living process: where its runners' sockets are, and the lock on its name."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from schemas.errors import ConfigError

__all__ = ["OwnFolder"]


class OwnFolder:
    """The empty folder PARENT/OWNER, locked until `close` or the end of this process.

    The folders of owners that have died are removed.

    Raises:
        ConfigError: when a living process has the owner's name.
    """

    def __init__(self, parent: Path, owner: str) -> None:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._parent = parent.resolve()
        self.path = self._parent / quote(owner, safe=" ")
        with _alone(self._parent):
            self.path.mkdir(mode=0o700, exist_ok=True)
            self._lock = _locked(self.path)
            if self._lock is None:
                raise ConfigError(f"another process judges as {owner!r} here: give each its own PODIUM_JUDGE_HOST")
            for left in self.path.iterdir():
                shutil.rmtree(left, ignore_errors=True)
            for other in self._parent.iterdir():
                with contextlib.suppress(NotADirectoryError):
                    if other != self.path and (dead := _locked(other)) is not None:
                        shutil.rmtree(other, ignore_errors=True)
                        os.close(dead)

    def close(self) -> None:
        """Remove the folder and let others have the name. Idempotent."""
        if self._lock is not None:
            with _alone(self._parent):
                shutil.rmtree(self.path, ignore_errors=True)
                os.close(self._lock)
            self._lock = None


@contextlib.contextmanager
def _alone(parent: Path) -> Iterator[None]:
    """Nobody else makes, locks or removes folders in it meanwhile: a sweep would hold the lock of one just made."""
    fd = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _locked(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock; None where somebody else holds it."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd
