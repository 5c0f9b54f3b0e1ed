"""What dispatcher, operators and judges say to each other.

On `judge-wanted`, `judge-tasks`, `judge-tasks-bulk`, `judge-reports` and `judge-orders`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.events import Event, Record, Run

__all__ = [
    "HostOrdered",
    "HostReported",
    "JudgeTask",
    "JudgingWanted",
    "Lacking",
    "OutstandingTold",
    "PackageReplaced",
    "PackagesWanted",
    "PauseChanged",
    "RejudgingDropped",
    "RunningTask",
    "RunsReported",
    "TaskClaimed",
    "TaskDeclined",
    "TaskFaulted",
    "TaskFinished",
    "TaskRefused",
    "TaskReport",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingWanted(Event):
    """The log asks for a judging. (`cause`, `index`) grows within a partition of the log: a smaller one is a repeat.

    `position` is the submission's; `cause` the position of the event that asks (the submission's own, or the
    rejudging's chunk), `index` its place in that chunk.
    """

    partition: int
    position: int
    cause: int
    index: int
    submission_id: str
    team_id: str
    problem_id: str
    language_id: str
    submitted_at: int
    judging: int
    lane: str
    priority: int
    package: str
    time_limit_ms: int
    memory_limit_mib: int
    output_limit_mib: int
    score_scale: int = 1
    all_tests: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseChanged(Event):
    """Judging of this problem and language is paused or goes on; the act's partition and position in the log.

    `host` is always None: a share group keeps nothing from one host, so a host is told itself (HostOrdered). A schema
    cannot lose a field without a default.
    """

    partition: int
    cause: int
    problem_id: str | None
    language_id: str | None
    host: str | None = None
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingDropped(Event):
    """Nobody will look at this rejudging: what is outstanding of it is not judged. The act's partition and position."""

    partition: int
    cause: int
    judging: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageReplaced(Event):
    """Submissions of this problem that have no judgement yet are judged on this package, under these limits.

    `cause` is the position of the definition or act, `index` its place among what that replaces.
    """

    partition: int
    cause: int
    problem_id: str
    package: str
    time_limit_ms: int
    memory_limit_mib: int
    output_limit_mib: int
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutstandingTold(Event):
    """What is outstanding of a contest by its log up to the act at `cause`, of the submissions in one of so many `shares`.

    What the queue has of them and is in neither `wanted` nor `faulted` (judging errors), is gone; what
    is there and the queue lacks, is wanted. The first share says which `pauses` are in force as well.
    """

    partition: int
    cause: int
    share: int
    shares: int
    wanted: tuple[JudgingWanted, ...]
    faulted: tuple[JudgingWanted, ...]
    pauses: tuple[PauseChanged, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeTask(Event):
    """One attempt at a judging: a reference to the submission at (partition, position), never a copy of its source.

    Scores are reported in units of 1 / `score_scale`. With `all_tests` no failure ends it early. The hosts in `avoid` have failed at it and decline it: another
    one is there.
    """

    partition: int
    position: int
    submission_id: str
    judging: int
    attempt: int
    lane: str
    team_id: str
    problem_id: str
    language_id: str
    submitted_at: int
    package: str
    time_limit_ms: int
    memory_limit_mib: int
    output_limit_mib: int
    score_scale: int = 1
    avoid: tuple[str, ...] = ()
    all_tests: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReport(Event):
    """What a slot of a judge host says of one task."""

    submission_id: str
    judging: int
    attempt: int
    host: str
    slot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskClaimed(TaskReport):
    """The slot has the task and begins."""

    started_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsReported(TaskReport):
    """Runs that have ended since the last such report."""

    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFinished(TaskReport):
    """The task is done; the fields are the judgement's."""

    team_id: str
    problem_id: str
    language_id: str
    submitted_at: int
    verdict: str
    score: int | None = None
    group_scores: tuple[int, ...] = ()
    started_at: int
    ended_at: int
    max_cpu_ms: int = 0
    max_memory_kib: int = 0
    runs: int = 0
    package: str = ""
    compiler_output: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFaulted(TaskReport):
    """The judge itself failed at the task; never a verdict."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDeclined(TaskReport):
    """The host leaves the task to another one, and the attempt does not count.

    Of a task that it has not claimed: it has failed at it before. Of one that it has claimed: something is away.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRefused(Record):
    """A judge cannot use a record of a lane, or of its orders: the queue buries it, since a judge may write nowhere else.

    `key` and `value` are its bytes as they came; a value that leaves this report no room is left out.
    """

    host: str
    topic: str
    position: int
    key: bytes | None
    value: bytes
    why: str


@dataclass(frozen=True, slots=True)
class RunningTask:
    """A task that a slot holds right now."""

    contest: str
    submission_id: str
    judging: int
    attempt: int
    slot: int


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a contest wants and a host cannot judge with yet: a package, or "" for an image of languages; and why."""

    contest: str
    package: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReported(Record):
    """Each second from each judge host: it lives, it has these slots, these tasks run.

    `instance` is drawn at the process's start: another one for the same host means that it has restarted and holds
    nothing. `slots` 0 says goodbye. Its slots below `live_slots` take nothing of the bulk lane.

    `state`, with the reason in `why`: ready; waiting, for something that is away; paused, by an operator; sick, as its
    canary goes wrong. A host that is paused or sick finishes what runs and takes nothing new. The slots `helping` run
    tests of tasks of other slots: one ends its run before it takes a task.
    """

    host: str
    instance: str
    slots: int
    languages: tuple[str, ...]
    running: tuple[RunningTask, ...]
    state: str = "ready"
    why: str = ""
    live_slots: int = 0
    lacks: tuple[Lacking, ...] = ()
    helping: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOrdered(Record):
    """An operator's word to one judge host: take nothing new (`paused`), or go on. The last one holds, restarts too."""

    host: str
    paused: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagesWanted(Event):
    """What a contest will be judged with, for hosts to make ready before its start; the last record holds."""

    packages: tuple[str, ...]
    languages: tuple[str, ...] = ()
