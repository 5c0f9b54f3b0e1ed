"""A sandbox: one hardened container with the runner in it. What it is told, and what it measured.

The way of a submission through the judge's core:

    pool = Pool(settings, owner="host-1", slots=2); pool.start()      judge.pool
    with pool.claim(slot) as claim:                                    one submission, one slot, one thread
        built = compile_program(claim, language, files, entry_point)   judge.compile  -> Compiled(ok, log, program)
        measured = execute(claim, built.program, stdin, limits)        judge.execute  -> Measured
        both = interact(claim, built.program, validator, limits, …)    judge.interact -> Interaction
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NotRequired, TypedDict, Unpack

from judge.blob import Blob
from judge.channel import Channel
from judge.folders import BOX, FEEDBACK, PROGRAM, ROOT, SCRATCH, SOURCES, Files, Folders, inside
from packages.timing import idle_ms
from schemas.errors import SandboxError

__all__ = [
    "BOX",
    "FEEDBACK",
    "PROGRAM",
    "SCRATCH",
    "SOURCES",
    "Bounds",
    "Files",
    "Interaction",
    "Limits",
    "Measured",
    "Ran",
    "Role",
    "Sandbox",
    "Side",
]

Role = Literal["compile", "run", "jury", "validator"]
"""What a container is for: a submission's compilation and run, the same of a jury's program. None shares another's."""

Side = Literal["submission", "validator"]
"""Of an interaction."""


class Bounds(TypedDict):
    """What the runner holds a program to; `file_bytes` is for each file that it writes.

    `memory_kib` is for all that its processes and files hold together, at every look; without it nobody looks.
    """

    cpu_ms: int
    wall_ms: int
    file_bytes: int
    stack_bytes: int
    processes: int
    memory_kib: NotRequired[int]


_NEAR_KIB: Final = 1024
"""The kernel charges memory in batches: a mark so near to its limit may have met it."""

_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}
"""Beside HOME and TMPDIR, which are the working directory, or the folder where a compilation may write."""

_LEAST_PART: Final = 20
"""Of its core: a busy machine that gives a run less than this part until its CPU limit fails as a judge."""

_SWEEP_S: Final = 10.0
"""Above the longest run before its runner is taken for dead: it kills and reaps what may be hundreds of processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a run may use. `cpu_ms` is the time limit; `output_bytes` holds for stdout with stderr, and for each file.

    `wall_ms` is how long a run may be idle. One that works is not ended by it, however little of its core it gets.
    """

    cpu_ms: int
    wall_ms: int
    memory_mib: int
    output_bytes: int

    @classmethod
    def of_problem(cls, time_limit_ms: int, memory_limit_mib: int, output_limit_mib: int) -> Limits:
        """A submission's limits by its problem's."""
        return cls(
            cpu_ms=time_limit_ms,
            wall_ms=idle_ms(time_limit_ms),
            memory_mib=memory_limit_mib,
            output_bytes=output_limit_mib << 20,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one run did. Facts only: the verdict is made of them elsewhere.

    Exactly one of `exit_code` and `signal` is set. `cpu_ms` is the larger of the container's CPU time and of the
    resources of all reaped processes; `memory_kib` the largest resident set of any of them, or, where it is more, what all
    of them and the files that they hold had in memory at a time (see judge.job.Job.measured).
    """

    exit_code: int | None
    signal: int | None
    cpu_ms: int
    wall_ms: int
    memory_kib: int
    cpu_exceeded: bool
    """It used more than its time limit (whether or not it was killed for it)."""
    wall_exceeded: bool
    """It was killed because it did next to nothing for a whole stretch of its wall limit."""
    memory_exceeded: bool
    """The kernel killed one of its processes for memory, or `memory_kib` is above the limit (plus its runtime's own)."""
    output_exceeded: bool
    """It wrote more than it may: to stdout, to stderr, and into files where it may."""
    stdout: Blob
    """What it wrote, up to the output limit and a little more."""
    stderr: bytes
    """The first 64 KiB of it."""
    left_behind: int = 0
    """Processes that it left behind; all are dead now."""
    feedback: dict[str, Blob] = field(default_factory=dict)
    """Every regular file of the feedback folder by its path in it; none where there were more than may be."""
    idle: bool = False
    """It used no CPU time at all in the last half of its wall limit."""
    memory_together: bool = False
    """None of its processes by itself was above the limit, and none was killed for it."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """What both sides of an interaction did, and which of them ended (or had to be ended) first."""

    submission: Measured
    validator: Measured
    first: Side


@dataclass(frozen=True, slots=True)
class Ran:
    """What the runner says of one run, in its own units; of it all else is made."""

    why: Literal["end", "cpu", "wall", "idle", "oom", "memory", "output", "stop"]
    status: int
    wall_us: int
    cgroup_us: int
    rusage_us: int
    peak_kib: int
    ooms: int
    full: int
    """Whether the container's own memory limit was met; an OOM kill alone may be for the whole machine's want."""
    left: int
    written: int = -1
    """Bytes that a submission wrote in an interaction, to whatever it was; -1 where nobody counts, or knows."""
    own_kib: int = -1
    """The most that all of it held in memory at a time, outputs and the kernel's own for it included; -1: nobody knows."""
    used_kib: int = 0
    """In use in the container after it."""
    mark_kib: int = 0
    """The most that ever was."""

    @property
    def cpu_us(self) -> int:
        """The larger of two: resources miss what nobody waited for, the cgroup's figure comes a tick late."""
        return max(self.cgroup_us, self.rusage_us)

    @property
    def cpu_ms(self) -> int:
        """The same in whole milliseconds, rounded up: a time above a limit never looks like one at it."""
        return -(-self.cpu_us // 1000)

    @property
    def wall_ms(self) -> int:
        """Wall time until its first process ended, rounded up as well."""
        return -(-self.wall_us // 1000)

    @property
    def exit_code(self) -> int | None:
        """None when it was ended by a signal."""
        return None if self.status & 0x7F else self.status >> 8

    @property
    def signal(self) -> int | None:
        """None when it ended by itself."""
        return self.status & 0x7F or None


class Sandbox(Folders):
    """One container, for one claim at a time.

    Its files are wiped between claims. Of what a program could write in nothing is left for its next run.
    """

    def __init__(self, container: str, channel: Channel, killed_for_memory: Callable[[], bool]) -> None:
        super().__init__(container, channel)
        self._killed_for_memory = killed_for_memory
        self.served = 0
        self.due = 0.0
        """The monotonic time at which a runner that has not answered is taken for dead."""
        self._request: list[str] = []
        self._used_kib = self._mark_kib = 0
        self._least_kib = sys.maxsize
        """Of what was in use: no run begins with less."""

    def warm(self, uid: int) -> None:
        """Run a small program of the image's, since the first one in a new container is five times as slow."""
        self._uid = uid
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        try:
            second = 1000
            self.run(
                ["/judge/warm"],
                (null,) * 3,
                cpu_ms=second,
                wall_ms=5 * second,
                file_bytes=0,
                stack_bytes=1 << 20,
                processes=1,
            )
        finally:
            os.close(null)

    def prepare(self, uid: int) -> None:
        """Begin a claim under this user, which no other claim has had lately. Asks whether the container still lives."""
        self._uid = uid
        self.served += 1
        _, used, mark = self._ask("ping")
        self._note(int(used), int(mark))

    def _note(self, used_kib: int, mark_kib: int) -> None:
        self._used_kib, self._mark_kib = used_kib, mark_kib
        self._least_kib = min(self._least_kib, used_kib)

    def shows(self, limit_kib: int, memory_kib: int = 0, files_kib: int = 0) -> bool:
        """Whether it would show if a run took more than this, beside files that it is given, in a container so limited.

        The kernel tells the most memory that there ever was in a container, and nobody in it can have that count begun
        anew: a run is seen only where it takes more than all before it. And a container that is full of the pages of files
        on disks never takes more: it gives pages back.
        """
        if self._mark_kib + _NEAR_KIB >= limit_kib:
            return False
        above = self._mark_kib - self._least_kib
        return not memory_kib or (above <= memory_kib + files_kib and self._used_kib + memory_kib <= limit_kib)

    def run(self, command: Sequence[str], fds: Sequence[int], *, folder: str = ROOT, **bounds: Unpack[Bounds]) -> Ran:
        """`start` a program that is no side of an interaction, and `finish`."""
        self.start(command, fds, folder=folder, **bounds)
        return self.finish()

    def start(
        self,
        command: Sequence[str],
        fds: Sequence[int],
        *,
        folder: str = ROOT,
        environment: Mapping[str, str] | None = None,
        side: Side | None = None,
        **bounds: Unpack[Bounds],
    ) -> None:
        """Run a program as the claim's user with these descriptors as 0, 1, 2, …, until nothing of it is left.

        It is killed when it has used `cpu_ms` of CPU time, when it was idle for a stretch of `wall_ms` of wall time, when
        it holds more than `memory_kib`, or when the kernel killed any of its processes for memory. `finish` says what it
        did, and must be called.

        As a *side* of an interaction the last descriptor is the page that both runners share (judge/runner/talk.c), and
        a submission that writes more than `file_bytes` in all is killed.

        Raises:
            SandboxError: when there is no runner any more.
        """
        home = BOX if folder.startswith(BOX) else folder
        variables = {**_ENVIRONMENT, "HOME": home, "TMPDIR": home, **(environment or {})}
        cpu_ms, wall_ms = bounds["cpu_ms"], bounds["wall_ms"]
        numbers = (self._uid, cpu_ms, wall_ms, bounds["file_bytes"], bounds["stack_bytes"], bounds["processes"])
        words = (*numbers, bounds.get("memory_kib", 0), side or "-", inside(folder), len(command))
        self._request = ["exec", *map(str, words), *command]
        self._request += [f"{name}={value}" for name, value in variables.items()]
        self.due = time.monotonic() + (_LEAST_PART * cpu_ms + 2 * wall_ms) / 1000 + _SWEEP_S
        try:
            self._channel.send(self._request, fds)
        except SandboxError as error:
            raise self._broken(str(error)) from error

    def fileno(self) -> int:
        """Readable when `finish` would not wait."""
        return self._channel.fileno()

    def stop(self) -> None:
        """End what was started; `finish` says whether it had ended by itself."""
        self._channel.send(["stop"])

    def finish(self) -> Ran:
        """What the program did that was started. The container may end with it: see `alive`.

        Raises:
            SandboxError: when it could not be started, or could not be measured, or when the machine itself had no
                memory left.
        """
        try:
            answer = self._channel.answer(self._request, self.due - time.monotonic())
        except (SandboxError, OSError) as error:
            broken = self._broken(str(error))
            # a program may choose that the kernel's victim is the runner, and then everything in the container goes
            if isinstance(error, OSError) or not self._killed_for_memory():
                raise broken from error
            return Ran("oom", signal.SIGKILL, 0, 0, 0, 0, ooms=1, full=1, left=0)
        ran = Ran(answer[0], *map(int, answer[1:]))  # type: ignore[arg-type]  # the runner's eight words
        self._note(ran.used_kib, ran.mark_kib)
        if ran.cgroup_us < 0 or ran.ooms < 0:
            raise self._broken("the container's own cgroup files cannot be read")
        if ran.ooms and not ran.full:
            raise self._broken("the kernel killed a program that was within its memory: the machine has none left")
        if ran.why != "end" or ran.ooms:
            self.suspect = f"a run was ended: {ran.why}"
        elif ran.left:
            self.suspect = "a run left processes behind"
        return ran

    def clean(self) -> bool:
        """Wipe everything and look whether it is as new: only then may another claim have it."""
        if self.suspect:
            return False
        try:
            self.reset()
            if self._ask("ping")[0] != "1":
                self.suspect = "something still runs"
        except SandboxError:
            return False  # `suspect` says why
        return not self.suspect

    def close(self) -> None:
        """The runner ends at once, and with it everything in the container."""
        self.alive = False
        self._channel.close()
