"""The socket to one runner: requests of words and descriptors, answers of words (judge/runner/runner.c)."""

from __future__ import annotations

import os
import select
import shutil
import socket
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from schemas.errors import SandboxError

__all__ = ["Channel", "Listener"]

_ANSWER_BYTES: Final = 4096

_NOW_S: Final = 0.001
"""A timeout of zero would be none: it makes a socket that never waits, which reports other errors."""


class Listener:
    """A socket in a folder of its own, which is all that a container sees of the host; for one runner."""

    def __init__(self, parent: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="runner-", dir=parent))
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        at = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            # by the folder's descriptor: a socket's path has room for 107 bytes only
            self._socket.bind(f"/proc/self/fd/{at}/runner")
        finally:
            os.close(at)
        self._socket.listen(1)
        self._ended = os.eventfd(0, os.EFD_CLOEXEC)

    def accept(self, timeout_s: float) -> Channel:
        """The runner that connects; nobody can connect after it.

        Raises:
            SandboxError: when none has within the time, or before the `end`.
        """
        try:
            came = select.poll()
            came.register(self._socket, select.POLLIN)
            came.register(self._ended, select.POLLIN)
            ready = [fd for fd, _ in came.poll(1000 * timeout_s)]
            if self._ended in ready:
                raise SandboxError("nobody waits for the runner any more")
            if not ready:
                raise SandboxError(f"the runner did not connect within {timeout_s:.0f} s")
            connection, _ = self._socket.accept()
        finally:
            self.close()
        return Channel(connection)

    def end(self) -> None:
        """Whoever waits for a runner waits no longer: for another thread's use. Idempotent."""
        with self._lock:
            if self._ended >= 0:
                os.eventfd_write(self._ended, 1)

    def close(self) -> None:
        """Nobody can connect any more; the folder is gone. Idempotent."""
        self._socket.close()
        with self._lock:
            if self._ended >= 0:
                os.close(self._ended)
            self._ended = -1
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Channel:
    """One request at a time, from one thread."""

    __slots__ = ("_socket",)

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def ask(self, words: Sequence[str], fds: Sequence[int] = (), timeout_s: float = 10.0) -> list[str]:
        """Send a request and wait for its answer, without its leading "ok". The descriptors stay the caller's.

        Raises:
            OSError: with the runner's errno, when it could not do what it was asked; it goes on.
            SandboxError: when there is no runner any more, or it does not answer. The channel is of no use then.
        """
        self.send(words, fds, timeout_s)
        return self.answer(words, timeout_s)

    def send(self, words: Sequence[str], fds: Sequence[int] = (), timeout_s: float = 10.0) -> None:
        """Send a request; `answer` waits for what comes of it.

        Raises:
            SandboxError: when there is no runner any more, or the channel was closed.
        """
        packet = b"".join(os.fsencode(word) + b"\0" for word in words)
        try:
            self._socket.settimeout(timeout_s)
            socket.send_fds(self._socket, [packet], list(fds))
        except OSError as error:
            raise SandboxError(f"the runner is gone: {error}") from error

    def answer(self, words: Sequence[str], timeout_s: float) -> list[str]:
        """The answer to the request of these words, as `ask` says."""
        try:
            self._socket.settimeout(max(timeout_s, _NOW_S))
            answer = self._socket.recv(_ANSWER_BYTES).decode().split(" ")
        except TimeoutError:
            raise SandboxError(f"the runner did not answer {words[0]!r} within {timeout_s:.1f} s") from None
        except OSError as error:
            raise SandboxError(f"the runner is gone: {error}") from error
        if answer[0] == "ok":
            return answer[1:]
        if answer[0] == "error" and len(answer) == 2:
            number = int(answer[1])
            raise OSError(number, f"{' '.join(words[:2])}: {os.strerror(number)}")
        raise SandboxError("the runner is gone: its container ended")

    def fileno(self) -> int:
        """Readable when there is an answer."""
        return self._socket.fileno()

    def close(self) -> None:
        """The runner ends, and with it everything in its container. Idempotent."""
        self._socket.close()
