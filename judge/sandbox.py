"""A sandbox: one hardened container with the runner in it. What it is told, and what it measured.

The way of a submission through the judge's core:

    pool = Pool(settings, owner="host-1", slots=2); pool.start()      judge.pool
    with pool.claim(slot) as claim:                                    one submission, one slot, one thread
        built = compile_program(claim, language, files, entry_point)   judge.compile  -> Compiled(ok, log, program)
        measured = execute(claim, built.program, stdin, limits)        judge.execute  -> Measured
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from judge.blob import Blob
from judge.channel import Channel
from schemas.errors import SandboxError

__all__ = ["BOX", "PROGRAM", "SOURCES", "Limits", "Measured", "Ran", "Role", "Sandbox"]

Role = Literal["compile", "run", "validator"]
"""What a container is for. A submission's own code and the jury's validators never share one."""

BOX: Final = "/w/box"
"""The only folder where a program may write: its own user's, empty at the start of each run."""

PROGRAM: Final = "/w/program"
"""The program's files, root's, read-only for it."""

SOURCES: Final = "/w/src"
"""A submission's sources while they are compiled, root's."""

_ENVIRONMENT: Final = {
    "PATH": "/usr/bin:/bin",
    "HOME": BOX,
    "TMPDIR": BOX,
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
}

_LEAST_PART: Final = 20
"""Of its core: a busy machine that gives a run less than this part until its CPU limit fails as a judge."""

_SWEEP_S: Final = 10.0
"""Above the longest run before its runner is taken for dead: it kills and reaps what may be hundreds of processes."""

_PROGRAMS_OWN: Final = frozenset(
    {errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ELOOP, errno.EISDIR, errno.ENOTDIR, errno.EINVAL, errno.ENXIO}
)
"""Errors that a file which a submission made can bring about when it is fetched."""


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
        """A submission's limits by its problem's: twice the time limit and a second of wall time."""
        return cls(
            cpu_ms=time_limit_ms,
            wall_ms=2 * time_limit_ms + 1000,
            memory_mib=memory_limit_mib,
            output_bytes=output_limit_mib << 20,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one run did. Facts only: the verdict is made of them elsewhere.

    Exactly one of `exit_code` and `signal` is set. `cpu_ms` is the larger of the container's CPU time and of the
    resources of all reaped processes; `memory_kib` the largest resident set of any of them.
    """

    exit_code: int | None
    signal: int | None
    cpu_ms: int
    wall_ms: int
    memory_kib: int
    cpu_exceeded: bool
    """It used more than its time limit (whether or not it was killed for it)."""
    wall_exceeded: bool
    """It was killed because it was idle for a whole stretch of its wall limit."""
    memory_exceeded: bool
    """The kernel killed one of its processes for memory, or its peak is above the limit (plus its runtime's own)."""
    output_exceeded: bool
    """It wrote more to stdout or stderr than it may."""
    stdout: Blob
    """What it wrote, up to the output limit and a little more."""
    stderr: bytes
    """The first 64 KiB of it."""
    left_behind: int = 0
    """Processes that it left behind; all are dead now."""
    files: dict[str, bytes] = field(default_factory=dict)
    """The files that the caller asked to have back, cut; a missing one, or one that is no regular file, is not there."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What the runner says of one run, in its own units; of it all else is made."""

    why: Literal["end", "cpu", "wall", "oom"]
    status: int
    wall_us: int
    cgroup_us: int
    rusage_us: int
    peak_kib: int
    ooms: int
    full: int
    """Whether the container's own memory limit was met; an OOM kill alone may be for the whole machine's want."""
    left: int

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


class Sandbox:
    """One container, for one claim at a time. Its files are wiped between claims, its working folder between runs."""

    def __init__(self, container: str, channel: Channel, killed_for_memory: Callable[[], bool]) -> None:
        self.container = container
        self._killed_for_memory = killed_for_memory
        self.served = 0
        self.alive = True
        self.suspect = ""
        """Why no other claim may have it; empty while one may."""
        self._channel = channel
        self._uid = 0
        self._program = ""

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
                folder="/w",
            )
        finally:
            os.close(null)

    def prepare(self, uid: int) -> None:
        """Begin a claim: an empty working folder for this user, which no other claim has had lately."""
        self._uid = uid
        self.served += 1
        self._ask("mkdir", _inside(BOX), str(uid), "0700")

    def reset(self) -> None:
        """Wipe everything and go on with the same claim."""
        self._program = ""
        self.wipe("/w")
        self._ask("mkdir", _inside(BOX), str(self._uid), "0700")

    def folder(self, path: str, *, writable: bool = False) -> None:
        """Make a folder: root's, or writable by the program."""
        uid = self._uid if writable else 0
        self._ask("mkdir", _inside(path), str(uid), "0755")

    def put(self, path: str, content: Blob, *, executable: bool = False) -> None:
        """Make a file of root's with this content, which must not change meanwhile."""
        self._ask("put", _inside(path), "0555" if executable else "0444", fds=(content.fd,))

    def fetch(self, path: str, limit: int, *, cut: bool = False) -> Blob | None:
        """A copy of a file that a program made, sealed; None when there is no regular file of at most `limit` bytes.

        With *cut*, of a larger one its first `limit` bytes.
        """
        blob = Blob.writable()
        try:
            size = int(self._channel.ask(["get", _inside(path), str(limit)], (blob.fd,))[0])
        except OSError as error:
            if error.errno in _PROGRAMS_OWN:
                return None
            raise self._broken(str(error)) from error
        except SandboxError as error:
            raise self._broken(str(error)) from error
        return blob.seal() if cut or size <= limit else None

    def load(self, key: str, files: Sequence[tuple[str, Blob]]) -> None:
        """Have this program, and no other, in PROGRAM; at once when it is there already. Its files can be run."""
        if self._program == key:
            return
        if self._program:
            self.wipe(PROGRAM)
        else:
            self.folder(PROGRAM)
        for name, content in files:
            self.put(f"{PROGRAM}/{name}", content, executable=True)
        self._program = key

    def wipe(self, path: str) -> None:
        """Empty a folder, without following any link in it."""
        self._ask("wipe", _inside(path))

    def renew(self) -> None:
        """Make a new, empty BOX in the place of the old one: neither files nor its own times and mode carry over."""
        self._ask("renew", _inside(BOX), str(self._uid), "0700")

    def run(
        self,
        command: Sequence[str],
        fds: Sequence[int],
        *,
        cpu_ms: int,
        wall_ms: int,
        file_bytes: int,
        stack_bytes: int,
        processes: int,
        folder: str = BOX,
        environment: Mapping[str, str] | None = None,
    ) -> Ran:
        """Run a program as the claim's user with these descriptors as 0, 1, 2, …, until nothing of it is left.

        It is killed when it has used `cpu_ms` of CPU time, when it was idle for a stretch of `wall_ms` of wall time, or
        when the kernel killed any of its processes for memory. The container may end with it: see `alive`.

        Raises:
            SandboxError: when it could not be started, or could not be measured, or when the machine itself had no
                memory left.
        """
        variables = [f"{name}={value}" for name, value in {**_ENVIRONMENT, **(environment or {})}.items()]
        numbers = (self._uid, cpu_ms, wall_ms, file_bytes, stack_bytes, processes)
        words = ["exec", *map(str, numbers), _inside(folder), str(len(command)), *command, *variables]
        longest_ms = _LEAST_PART * cpu_ms + 2 * wall_ms
        try:
            answer = self._ask(*words, fds=fds, timeout_s=longest_ms / 1000 + _SWEEP_S)
        except SandboxError:
            # a program may choose that the kernel's victim is the runner, and then everything in the container goes
            if not self._killed_for_memory():
                raise
            return Ran("oom", signal.SIGKILL, 0, 0, 0, 0, ooms=1, full=1, left=0)
        ran = Ran(answer[0], *map(int, answer[1:]))  # type: ignore[arg-type]  # the runner's four words
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
            self._program = ""
            self.wipe("/w")
            if self._ask("ping") != ["1"]:
                self.suspect = "something still runs"
        except SandboxError:
            return False  # `suspect` says why
        return not self.suspect

    def close(self) -> None:
        """The runner ends at once, and with it everything in the container."""
        self.alive = False
        self._channel.close()

    def _ask(self, *words: str, fds: Sequence[int] = (), timeout_s: float = 10.0) -> list[str]:
        try:
            return self._channel.ask(words, fds, timeout_s)
        except (SandboxError, OSError) as error:
            raise self._broken(str(error)) from error

    def _broken(self, why: str) -> SandboxError:
        self.alive = False
        self.suspect = why
        return SandboxError(f"container {self.container[:12]}: {why}")


def _inside(path: str) -> str:
    """The runner's name for a path below /w."""
    return path.removeprefix("/w").removeprefix("/")
