"""The files in a container: what is put into its folders, what comes out of them, and which a program may write in."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from typing import Final

from judge.blob import Blob
from judge.channel import Channel
from schemas.errors import SandboxError

__all__ = ["BOX", "FEEDBACK", "PROGRAM", "ROOT", "SCRATCH", "SOURCES", "Files", "Folders", "inside"]

Files = tuple[tuple[str, Blob], ...]
"""Files by their paths in a folder."""

ROOT: Final = "/w"
"""The only place where there can be anything that a program may write."""

PROGRAM: Final = "/w/program"
"""The program's own files, root's. It is run here, unless there have to be other files beside them, or instead."""

BOX: Final = "/w/box"
"""Another working directory: root's where the program may only read; its user's, for one run, where it may write."""

FEEDBACK: Final = "/w/feedback"
"""The folder where a validator may write, and the only one; it is named to it as FEEDBACK with a slash."""

SCRATCH: Final = "/w/tmp"
"""For temporary files of a runtime that cannot do without: its user's, for one run."""

SOURCES: Final = "/w/src"
"""A submission's sources while they are compiled, root's."""

_HEAD_BYTES: Final = 1100
"""Of a file in an archive of the runner's: a path of at most 1 KiB, and its size in digits."""

_PROGRAMS_OWN: Final = frozenset(
    {errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ELOOP, errno.EISDIR, errno.ENOTDIR, errno.EINVAL, errno.ENXIO}
)
"""Errors that a file which a submission made can bring about when it is fetched."""


class Folders:
    """A container as a place for files, whose user changes with each claim."""

    def __init__(self, container: str, channel: Channel) -> None:
        self.container = container
        self.alive = True
        self.suspect = ""
        """Why no other claim may have it; empty while one may."""
        self._channel = channel
        self._uid = 0
        self._holds: dict[str, Files | None] = {}
        """The folders that are there, with root's files in them; None where a program may have changed them."""

    def reset(self) -> None:
        """Wipe everything and go on with the same claim."""
        self._holds.clear()
        self._ask("wipe", "")

    def folder(self, path: str, *, writable: bool = False) -> None:
        """Make a folder: root's, or writable by the program. BOX is made on the way."""
        if path.startswith(f"{BOX}/") and BOX not in self._holds:
            self.lend(BOX, {})
        self._ask("mkdir", inside(path), str(self._uid if writable else 0), "0755")

    def put(self, path: str, content: Blob, *, executable: bool = False, own: bool = False) -> None:
        """Make a file with this content, which must not change meanwhile, and the folders on the way to it.

        It is root's, or the program's *own* to change.
        """
        mode = (0o755 if executable else 0o644) & (0o755 if own else 0o555)
        self._ask("put", inside(path), str(self._uid if own else 0), f"{mode:04o}", fds=(content.fd,))

    def fill(self, path: str, files: Files) -> None:
        """Have a folder with these files, and no others, root's; at once when it is there already. They can be run."""
        if self._holds.get(path) == files:
            return
        self._ask("renew", inside(path), "0", "0755")
        for name, content in files:
            self.put(f"{path}/{name}", content, executable=True)
        self._holds[path] = files

    def lend(self, path: str, files: Mapping[str, Blob]) -> None:
        """A new folder with these files, in the place of the one that may be there: the program's own."""
        self._ask("renew", inside(path), str(self._uid), "0700")
        for name, content in files.items():
            self.put(f"{path}/{name}", content, executable=True, own=True)
        self._holds[path] = None

    def take_back(self, path: str) -> tuple[int, int]:
        """Remove a folder that was lent, if it is there: the bytes of its files, and of those nobody has written since."""
        if self._holds.get(path, ()) is not None:
            return 0, 0
        del self._holds[path]
        every, untouched = map(int, self._ask("remove", inside(path)))
        return every, untouched

    def gather(self, path: str, files: int, size: int) -> tuple[dict[str, Blob] | None, int]:
        """The regular files of a folder by their paths in it, sealed, and their bytes; None when it has more than that."""
        archive = Blob.writable()
        count, total = map(int, self._ask("gather", inside(path), str(files), str(size), fds=(archive.fd,)))
        if count < 0:
            return None, total
        data, at = memoryview(archive.bytes()), 0
        found = {}
        for _ in range(count):
            head = bytes(data[at : at + _HEAD_BYTES]).split(b"\0", 2)
            at += len(head[0]) + len(head[1]) + 2
            found[os.fsdecode(head[0])] = Blob.sealed(data[at : at + int(head[1])])
            at += int(head[1])
        return found, total

    def fetch(self, path: str, limit: int, *, cut: bool = False) -> Blob | None:
        """A copy of a file that a program made, sealed; None when there is no regular file of at most `limit` bytes.

        With *cut*, of a larger one its first `limit` bytes. It takes none of the container's memory, however long it is
        kept.
        """
        blob = Blob.writable()
        try:
            size = int(self._channel.ask(["get", inside(path), str(limit)], (blob.fd,))[0])
        except OSError as error:
            if error.errno in _PROGRAMS_OWN:
                return None
            raise self._broken(str(error)) from error
        except SandboxError as error:
            raise self._broken(str(error)) from error
        return blob.copy() if cut or size <= limit else None

    def _ask(self, *words: str, fds: Sequence[int] = (), timeout_s: float = 10.0) -> list[str]:
        try:
            return self._channel.ask(words, fds, timeout_s)
        except (SandboxError, OSError) as error:
            raise self._broken(str(error)) from error

    def _broken(self, why: str) -> SandboxError:
        self.alive = False
        self.suspect = why
        return SandboxError(f"container {self.container[:12]}: {why}")


def inside(path: str) -> str:
    """The runner's name for a path below /w."""
    return path.removeprefix("/w").removeprefix("/")
