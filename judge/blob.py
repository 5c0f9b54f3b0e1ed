"""Bytes that travel as a descriptor: sealed inputs and binaries, what a program wrote, and files too large for memory."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path
from typing import Final

from judge.uids import SUBMISSIONS

__all__ = ["Blob"]

_COPIED_MAX: Final = 64 << 20
"""Bytes of a file that are copied into memory. A larger one stays where it is: a host's memory is for programs."""

_SEALS: Final = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


class Blob:
    """Owns one descriptor and closes it with itself. Safe to share between threads: reads carry their own offset.

    It is a memfd's, or, where `copied` is False, of a file that lies elsewhere and must not change meanwhile.
    """

    __slots__ = ("_fd", "copied")

    def __init__(self, fd: int, *, copied: bool = True) -> None:
        self._fd = fd
        self.copied = copied

    @classmethod
    def sealed(cls, data: bytes | bytearray | memoryview) -> Blob:
        """A blob with these bytes that nobody can change, not even through `/proc/self/fd`."""
        blob = cls.writable("sealed")
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view):
            done += os.write(blob.fd, view[done:])
        return blob.seal()

    @classmethod
    def from_file(cls, path: Path) -> Blob:
        """A file's content that no submission can change: sealed, copied once by the kernel; of a large file, the file.

        Raises:
            OSError: when the file cannot be read, or is a large one that its mode does not protect.
        """
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if found.st_size > _COPIED_MAX:
                _protected(path, found)
                return cls(os.dup(file.fileno()), copied=False)
            blob = cls.writable("sealed")
            while os.sendfile(blob.fd, file.fileno(), None, 1 << 30):
                pass
        return blob.seal()

    def copy(self) -> Blob:
        """A sealed blob with the same bytes. Its memory is charged to this process, not to who wrote them first."""
        copy, done = Blob.writable("sealed"), 0
        while moved := os.sendfile(copy.fd, self._fd, done, 1 << 30):
            done += moved
        return copy.seal()

    @classmethod
    def writable(cls, name: str = "output") -> Blob:
        """An empty blob for somebody to write into; `seal` it before it is shared."""
        return cls(os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING))

    @classmethod
    def output(cls) -> Blob:
        """An empty blob for a hostile program's output: the program can put no seals on it."""
        return cls(os.memfd_create("output", os.MFD_CLOEXEC))

    def seal(self) -> Blob:
        """Make the bytes final, and the file nobody's to touch: not even its times. Returns itself."""
        os.fchmod(self._fd, 0o444)
        fcntl.fcntl(self._fd, fcntl.F_ADD_SEALS, _SEALS)
        return self

    @property
    def fd(self) -> int:
        """The descriptor, still owned by this object; its offset is nobody's."""
        return self._fd

    @property
    def size(self) -> int:
        """Bytes in it."""
        return os.fstat(self._fd).st_size

    def open(self) -> int:
        """A new read-only descriptor with its own offset at 0; the caller closes it."""
        return os.open(f"/proc/self/fd/{self._fd}", os.O_RDONLY | os.O_CLOEXEC)

    def read(self, size: int, offset: int = 0) -> bytes:
        """At most `size` bytes from `offset`; fewer only at the end."""
        parts = []
        while size > 0 and (part := os.pread(self._fd, size, offset)):
            parts.append(part)
            size -= len(part)
            offset += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def bytes(self) -> bytes:
        """All of it, in memory."""
        return self.read(self.size)

    def close(self) -> None:
        """Let go of the memory; a second call does nothing."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def __del__(self) -> None:
        self.close()


def _protected(path: Path, found: os.stat_result) -> None:
    """Whether a submission that is handed a file can read it, by /proc/self/fd as well, and do nothing else to it.

    Raises:
        PermissionError: when it could not, or could.
    """
    others = stat.S_IMODE(found.st_mode) & 0o006
    if others != 0o004 or found.st_uid in SUBMISSIONS or found.st_gid in SUBMISSIONS:
        why = f"more than {_COPIED_MAX >> 20} MiB are read in place: it must be readable, but not writable, by other users"
        raise PermissionError(errno.EACCES, f"{why} (chmod 644)", str(path))
