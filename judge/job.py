"""A program with what it is run on: how it is put into a sandbox, and what came of its run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from judge.blob import Blob
from judge.claim import Claim
from judge.compile import Program
from judge.container import Shape, overhead_mib
from judge.sandbox import BOX, FEEDBACK, PROGRAM, SCRATCH, Files, Limits, Measured, Ran, Role, Sandbox, Side
from judge.shapes import run_shape

__all__ = ["Job"]

_STDERR_BYTES: Final = 64 << 10
_PAGE: Final = 4096
"""Above the output limit, so that a program which meets it exactly can be told from one that wants more."""

_GRACE_MS: Final = 200
"""A program goes on for so long above its time limit, or for a tenth of it, so that its real time shows."""

_FEEDBACK_FILES: Final = 256
"""Of a validator's feedback: each is a descriptor of the judge's for as long as it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run to be made; the arguments of `judge.execute.execute` say what each means."""

    program: Program
    limits: Limits
    role: Role = "run"
    args: Sequence[str] = ()
    inputs: Sequence[Blob] = ()
    files: Files = ()
    own_files: bool = True
    read_only: bool = True
    feedback: Mapping[str, Blob] | None = None
    stderr: Blob = field(default_factory=Blob.output)

    @property
    def shape(self) -> Shape:
        """The container that it needs."""
        writes = self.feedback is not None or not self.read_only
        return run_shape(self.limits, self.program.language, given=self._given, writes=writes)

    @property
    def _given(self) -> int:
        """Bytes of files that it finds in the container."""
        return _bytes((*self._own, *self._working_files, *(self.feedback or {}).items()))

    @property
    def _allowed_mib(self) -> int:
        return self.limits.memory_mib + self.program.language.memory_extra_mib

    @property
    def _held_kib(self) -> int:
        """What all of it may hold in memory at any time: its outputs too are there, and what the kernel has for it."""
        return (self._allowed_mib + overhead_mib(self._allowed_mib) << 10) + (self.limits.output_bytes + _PAGE >> 10)

    def sandbox(self, claim: Claim) -> Sandbox:
        """The claim's container for it.

        Raises:
            SandboxError: when none could be made.
        """
        return claim.sandbox(self.role, self.shape, memory_kib=self._held_kib, files_kib=self._given >> 10)

    @property
    def _own(self) -> Files:
        return self.program.folder or self.program.files

    @property
    def _working_files(self) -> Files:
        if not self.own_files:
            return self.files
        return _laid_over(self._own, self.files) if self.files else self._own

    def start(self, sandbox: Sandbox, stdin: int, stdout: int, *, side: Side | None = None, page: int = -1) -> None:
        """Put the files where they belong and start it; as a *side* of an interaction, with the *page* of both.

        Raises:
            SandboxError: when the container failed.
        """
        program, limits, language = self.program, self.limits, self.program.language
        sandbox.fill(PROGRAM, self._own)
        folder = self._working_folder(sandbox)
        if self.feedback is None:
            sandbox.take_back(FEEDBACK)
        else:
            sandbox.lend(FEEDBACK, self.feedback)
        if language.scratch:
            sandbox.lend(SCRATCH, {})
        path = f"{PROGRAM}/{program.files[0][0]}"
        if program.entry_point and not language.output:  # what is run is a source, which may look for others beside it
            path = f"{folder if self.own_files else PROGRAM}/{program.entry_point}"
        opened: list[int] = []
        try:
            opened += [blob.open() for blob in self.inputs]
            sandbox.start(
                [*language.run_command(path, program.entry_point, limits.memory_mib), *self.args],
                (stdin, stdout, self.stderr.fd, *opened, *([page] if side else ())),
                cpu_ms=limits.cpu_ms + max(_GRACE_MS, limits.cpu_ms // 10),
                wall_ms=limits.wall_ms,
                file_bytes=limits.output_bytes + _PAGE,
                stack_bytes=limits.memory_mib << 20,
                processes=language.processes,
                memory_kib=self._held_kib,
                folder=folder,
                environment={"TMPDIR": SCRATCH} if language.scratch else None,
                side=side,
            )
        finally:
            for fd in opened:
                os.close(fd)

    def _working_folder(self, sandbox: Sandbox) -> str:
        """The folder that it runs in, with its files in it."""
        if not self.read_only:
            sandbox.lend(BOX, dict(self._working_files))
            return BOX
        sandbox.take_back(BOX)
        if self.own_files and not self.files:
            return PROGRAM
        sandbox.fill(BOX, self._working_files)
        return BOX

    def measured(self, sandbox: Sandbox, ran: Ran, stdout: Blob, spilled: int = 0) -> Measured:
        """What it did, and what it left in its folders. *spilled* are bytes that it wrote into a pipe for nobody.

        Its memory is that of its largest process, or of all of them at a time with files that have no name, or none any
        more: the container's figure, less the outputs that it has made and what the kernel may have taken for it.

        Raises:
            SandboxError: when the container failed.
        """
        limits, language = self.limits, self.program.language
        written = max(ran.written, stdout.size + self.stderr.size + spilled)
        kept = stdout.size + self.stderr.size
        feedback: dict[str, Blob] | None = {}
        if sandbox.alive and self.feedback is not None:
            feedback, made = sandbox.gather(FEEDBACK, _FEEDBACK_FILES, limits.output_bytes)
            written += made
            kept += made - _bytes(self.feedback.items())
        if sandbox.alive and not self.read_only:
            every, untouched = sandbox.take_back(BOX)
            written += every - min(untouched, _bytes(self._working_files))
            kept += every - _bytes(self._working_files)
        if sandbox.alive:
            sandbox.take_back(SCRATCH)
        together_kib = ran.own_kib - (kept >> 10)
        surely_kib = together_kib - (overhead_mib(self._allowed_mib) << 10)
        marker = language.out_of_memory.encode()
        # at the end of it, behind what the program wrote before
        told = marker != b"" and ran.exit_code != 0 and marker in self.stderr.bytes()
        out_of_memory = told or ran.ooms > 0 or ran.peak_kib > self._allowed_mib << 10
        too_much = surely_kib > self._allowed_mib << 10
        exceeded = written > limits.output_bytes or ran.signal == signal.SIGXFSZ or ran.why == "output"
        result = Measured(
            exit_code=ran.exit_code,
            signal=ran.signal,
            cpu_ms=ran.cpu_ms,
            wall_ms=ran.wall_ms,
            memory_kib=together_kib if surely_kib > ran.peak_kib else ran.peak_kib,
            cpu_exceeded=ran.cpu_us > limits.cpu_ms * 1000,
            wall_exceeded=ran.why in ("wall", "idle"),
            idle=ran.why == "idle",
            memory_exceeded=out_of_memory or too_much,
            memory_together=too_much and not out_of_memory,
            output_exceeded=exceeded or feedback is None,
            stdout=stdout,
            stderr=self.stderr.read(_STDERR_BYTES),
            left_behind=ran.left,
            feedback=feedback or {},
        )
        self.stderr.close()
        return result


def _bytes(files: Iterable[tuple[str, Blob]]) -> int:
    return sum(content.size for _, content in files)


def _laid_over(own: Files, over: Files) -> Files:
    """The files of both; one of `over` takes the place of what has its name, or a name on its way. Pure."""
    names = {name for name, _ in over}
    on_the_way = {name[:at] for name in names for at, char in enumerate(name) if char == "/"}

    def stays(name: str) -> bool:
        steps = [name[:at] for at, char in enumerate(name) if char == "/"]
        return name not in names and name not in on_the_way and names.isdisjoint(steps)

    return (*((name, content) for name, content in own if stays(name)), *over)
