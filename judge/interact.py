"""An interaction: the submission and the jury's validator at the two ends of two pipes, with nothing between them."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from types import MappingProxyType
from typing import Final

from judge.again import twice
from judge.blob import Blob
from judge.claim import Claim
from judge.compile import Program
from judge.job import Job
from judge.sandbox import Interaction, Limits, Ran, Sandbox, Side

__all__ = ["interact"]

_PIPE_BYTES: Final = 1 << 20
"""Room for what the other side has not read yet, as problemtools and DOMjudge give: as much as a user may ask for."""

_GRACE_S: Final = 0.5
"""A submission may go on for so long after a verdict that nothing it does can change: most end by themselves."""

_LOOKS: Final = 40
"""In the submission's wall limit: so often the runners look, at least, who is at work."""

_PAGE: Final = struct.Struct("@8i")
"""Gap of looks, looks of both, those at which they worked, how many have ended, as which validator and submission did."""

_ACCEPTED: Final = 42


def interact(
    claim: Claim,
    program: Program,
    validator: Program,
    limits: Limits,
    validation_limits: Limits,
    *,
    args: Sequence[str] = (),
    files: Sequence[tuple[str, Blob]] = (),
    read_only: bool = True,
    validator_args: Sequence[str] = (),
    validator_files: Sequence[tuple[str, Blob]] = (),
    inputs: Sequence[Blob] = (),
    feedback: Mapping[str, Blob] = MappingProxyType({}),
) -> Interaction:
    """Run a submission and its validator at once, each one's output the other's input, both on the claim's core.

    `args`, `files` and `read_only` are the submission's; `validator_args`, `validator_files` (all that its working
    directory holds), `inputs` and `feedback` the validator's; each as `execute` takes it:

        interact(claim, program, validator, limits, validation_limits, args=case.args, files=dot_files,
                 validator_args=(*VALIDATOR_ARGS, *flags), validator_files=program.folder, inputs=(input, answer))

    `stdout` of both is empty: what goes through the pipes is kept nowhere but in them, at most a MiB each way. CPU time
    is measured of each by itself. Wall time counts for the submission only while neither of the two works, so one that
    waits for a validator that computes is not idle; for the validator only when the submission has ended, so waiting
    for it costs nothing. A submission that blocks meets its wall limit; a validator that meets its own is stuck.

    What the submission writes into the pipe counts for its output limit, as far as the kernel tells: what its first
    process wrote, with the children that it waited for. What its other children write, or splice, is bounded by what
    the validator reads, and by the CPU time of both.

    When the submission ends, the validator reads the end of its input, and what it still writes is thrown away: it gets
    no SIGPIPE. When the validator ends, the submission reads the end of its input, and gets SIGPIPE when it writes;
    after a 42 it keeps its own limits, after anything else it is ended half a second later, since nothing can change
    the verdict any more. `judge.verdict.of_interaction` says which of both decides.

    A container that fails, or is killed, in the middle of it is thrown away and all of it is done again in another.

    Raises:
        SandboxError: when that failed as well. Never for what the programs did.
        DependencyError: when a container is needed and the engine does not answer.
    """

    def once() -> Interaction:
        submission = Job(program=program, limits=limits, args=args, files=tuple(files), read_only=read_only)
        judge = Job(
            program=validator,
            limits=validation_limits,
            role="validator",
            args=validator_args,
            inputs=inputs,
            files=tuple(validator_files),
            own_files=False,
            feedback=feedback,
        )
        boxes: dict[Side, Sandbox] = {
            "validator": judge.sandbox(claim),
            "submission": submission.sandbox(claim),
        }
        try:
            return _both(submission, judge, boxes)
        except BaseException:
            for sandbox in boxes.values():  # one of them may still run something
                sandbox.close()
            raise

    return twice(claim, "an interaction", once)


def _both(submission: Job, validator: Job, boxes: Mapping[Side, Sandbox]) -> Interaction:
    page = _Page(max(1, submission.limits.wall_ms // _LOOKS))
    (reads, asks), (hears, answers) = _pipe(0o604), _pipe(0o602)
    with reads, asks, hears, answers:
        validator.start(boxes["validator"], hears.fileno(), asks.fileno(), side="validator", page=page.blob.fd)
        hears.close()
        asks.close()
        submission.start(boxes["submission"], reads.fileno(), answers.fileno(), side="submission", page=page.blob.fd)
        answers.close()
        wait = _Wait(boxes, page, reads.fileno(), validator.limits.output_bytes)
        rans = wait.both()
    return Interaction(
        submission.measured(boxes["submission"], rans["submission"], Blob.output()),
        validator.measured(boxes["validator"], rans["validator"], Blob.output(), wait.spilled),
        page.first,
    )


def _pipe(mode: int) -> tuple[FileIO, FileIO]:
    """A pipe: the end to read from, the end to write into.

    The mode is for programs that open /dev/stdin, or /dev/stdout: the validator, which its runner makes the owner, may
    in both directions, the submission in its own only, so that it can neither write what the validator did not say nor
    read what it is to hear.
    """
    reads, writes = os.pipe2(os.O_CLOEXEC)
    os.fchmod(writes, mode)
    with suppress(OSError):  # a user with many pipes already gets small ones
        fcntl.fcntl(writes, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return FileIO(reads, "rb"), FileIO(writes, "wb")


class _Page:
    """The page that the runners share (judge/runner/talk.c): who works, and who ended first."""

    def __init__(self, gap_ms: int) -> None:
        self.blob = Blob.writable("page")
        self._write(gap_ms, *(0,) * 7)

    @property
    def first(self) -> Side:
        """Which of both ended first; both have."""
        *_, validator, submission = self._read()
        return "validator" if validator < submission else "submission"

    def ended(self, side: Side) -> None:
        """A side has ended. Its runner has said so, unless its program has taken it along into death."""
        *looks, ended, validator, submission = self._read()
        if side == "submission" and not submission:
            self._write(*looks, ended + 1, validator, ended + 1)
        elif side == "validator" and not validator:
            self._write(*looks, ended + 1, ended + 1, submission)

    def _read(self) -> tuple[int, ...]:
        return _PAGE.unpack(self.blob.read(_PAGE.size))

    def _write(self, *values: int) -> None:
        os.pwrite(self.blob.fd, _PAGE.pack(*values), 0)


@dataclass(slots=True)
class _Wait:
    """Waits for both sides. After the submission it reads what the validator still writes, so that it never blocks."""

    boxes: Mapping[Side, Sandbox]
    page: _Page
    reads: int
    """The end of the pipe out of the validator."""
    most: int
    """Bytes that may come for nobody."""
    spilled: int = 0
    rans: dict[Side, Ran] = field(default_factory=dict)
    _end_at: float = float("inf")
    """When the submission is ended."""

    def both(self) -> dict[Side, Ran]:
        """What each did."""
        poll = select.poll()
        now = time.monotonic()
        due = now + sum(sandbox.due - now for sandbox in self.boxes.values())  # each may have waited for the other
        for sandbox in self.boxes.values():
            sandbox.due = due
            poll.register(sandbox.fileno(), select.POLLIN)
        while running := [side for side in self.boxes if side not in self.rans]:
            now = time.monotonic()
            if now >= self._end_at:
                self.boxes["submission"].stop()
                self._end_at = float("inf")
            ready = {fd for fd, _ in poll.poll(max(0.0, min(self._end_at, due) - now) * 1000 + 1)}
            if self.reads in ready:
                self._spill(poll)
            for side in running:
                if self.boxes[side].fileno() in ready or now >= due:
                    poll.unregister(self.boxes[side].fileno())
                    self._ended(side, poll)
        return self.rans

    def _ended(self, side: Side, poll: select.poll) -> None:
        ran = self.rans[side] = self.boxes[side].finish()
        self.page.ended(side)
        if side == "submission" and "validator" not in self.rans:
            poll.register(self.reads, select.POLLIN)
        if side == "validator" and ran.exit_code != _ACCEPTED:
            self._end_at = time.monotonic() + _GRACE_S

    def _spill(self, poll: select.poll) -> None:
        size = len(os.read(self.reads, _PIPE_BYTES))
        within = self.spilled <= self.most
        self.spilled += size
        if size == 0:
            poll.unregister(self.reads)
        elif within and self.spilled > self.most and "validator" not in self.rans:
            self.boxes["validator"].stop()
