"""One compilation in a claim's compile container: what it may use, what it used, what was said and made."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from judge.blob import Blob
from judge.claim import Claim
from judge.container import Shape
from judge.sandbox import BOX, SOURCES, Ran, Role

__all__ = ["LOG_BYTES", "Why", "Workshop"]

Why = Literal["", "refused", "failed", "time", "memory", "output"]
"""Why there is no program; empty when there is one."""

LOG_BYTES: Final = 64 << 10
"""Of what a compiler says; the rest is cut."""

_BUILD: Final = f"{BOX}/build"

_WALL_MS: Final = 15_000
"""Of idleness: a compiler waits for nothing, but a busy machine makes it wait."""

_FILE_BYTES: Final = 64 << 20
"""Of each file that a compiler writes: its output, its messages, an array of 4 GiB in the source."""

_STACK_BYTES: Final = 64 << 20


class Workshop:
    """Runs a compilation's commands one after the other; all of them together have `cpu_s` of CPU time.

    `why` is the first thing that went wrong, `reason` its sentence (none where the compiler itself has said it). No other
    claim has the container after a compilation that *runs_code* of its sources.
    """

    def __init__(
        self, claim: Claim, shape: Shape, cpu_s: int, *, role: Role = "compile", runs_code: bool = False
    ) -> None:
        self._sandbox = claim.sandbox(role, shape)
        if runs_code:
            self._sandbox.suspect = "what was compiled in it ran"
        self._processes = shape.processes // 2
        self._cpu_s = cpu_s
        self._said = Blob.output()
        self.cpu_ms = self.wall_ms = 0
        self.why: Why = ""
        self.reason = ""
        self._sandbox.folder(_BUILD, writable=True)

    def put(self, files: Iterable[tuple[str, Blob]]) -> None:
        """The sources, root's, with their folders."""
        self._sandbox.folder(SOURCES)
        for name, content in files:
            self._sandbox.put(f"{SOURCES}/{name}", content, executable=True)

    def run(self, command: Sequence[str], out: Blob | None = None) -> Why:
        """Run a command in the folder for the build; what it prints is kept, or goes to *out*. Says what went wrong."""
        null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            ran = self._sandbox.run(
                command,
                (null, (out or self._said).fd, self._said.fd),
                cpu_ms=max(1, self._cpu_s * 1000 - self.cpu_ms),
                wall_ms=_WALL_MS,
                file_bytes=_FILE_BYTES,
                stack_bytes=_STACK_BYTES,
                processes=self._processes,
                folder=_BUILD,
            )
        finally:
            os.close(null)
        self.cpu_ms += ran.cpu_ms
        self.wall_ms += ran.wall_ms
        self._look(ran)
        return self.why

    def _look(self, ran: Ran) -> None:
        if ran.ooms:
            self.fail("memory", "The compiler used too much memory.")
        elif ran.why == "cpu":
            self.fail("time", f"The compiler used more than {self._cpu_s} s of CPU time.")
        elif ran.why in ("wall", "idle"):
            self.fail("time", f"The compiler did nothing for {_WALL_MS // 1000} s.")
        elif ran.signal == signal.SIGXFSZ or self._said.size >= _FILE_BYTES:
            self.fail("output", "The compiler wrote too much.")
        elif ran.exit_code != 0:
            self.fail("failed", "" if self._said.size else "The compiler failed.")

    def fail(self, why: Why, reason: str) -> None:
        """There will be no program."""
        self.why, self.reason = why, reason

    def fetch(self, path: str) -> Blob | None:
        """A file that was made, sealed; None, and `why`, when there is no plain file of at most 64 MiB."""
        blob = self._sandbox.fetch(path, _FILE_BYTES)
        if blob is None:
            self.fail("failed", "The compiler made no program.")
        return blob

    def text(self) -> str:
        """What the commands printed, cut."""
        return self._said.read(LOG_BYTES).decode(errors="replace")

    def close(self) -> None:
        """Leave the container empty, for the next use of the same claim."""
        if self._sandbox.alive:
            self._sandbox.reset()
