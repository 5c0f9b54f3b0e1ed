"""The records of every topic as frozen dataclasses; their Avro schemas in `schemas/avro` are derived from them.

Times are UTC milliseconds, durations milliseconds, scores integers scaled by the definition's `score_scale`.
A *position* is an offset in the contest's partition of the topic `log`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.definition import Award, FileData, JudgementType, Language, Problem

__all__ = [
    "LOG_EVENTS",
    "Account",
    "Act",
    "AuditEntry",
    "AwardGiven",
    "Clarification",
    "Commentary",
    "ContestExtended",
    "Definition",
    "Event",
    "Finalized",
    "GenerationOpened",
    "GenerationPromoted",
    "GenerationRetired",
    "Group",
    "IntervalRemoved",
    "Judgement",
    "JudgingFaulted",
    "JudgingPaused",
    "JudgingResumed",
    "JudgingStarted",
    "Membership",
    "Organization",
    "PenaltyAdded",
    "Person",
    "PositionSkipped",
    "Record",
    "RejudgingApplied",
    "RejudgingCancelled",
    "RejudgingCreated",
    "RejudgingReverted",
    "Reloaded",
    "Run",
    "Runs",
    "ScoreboardFrozen",
    "ScoreboardUnfrozen",
    "StartMoved",
    "Submission",
    "SubmissionIgnored",
    "SubmissionVerified",
    "Team",
    "TeamDisqualified",
    "ThawScheduled",
    "Tick",
    "Transitioned",
    "VerdictOverridden",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every record says: when it was written, in event time, and by whom (a process's instance or an account)."""

    recorded_at: int
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Record):
    """A record of one contest."""

    contest: str


# ---- definition and entries -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition(Event):
    """What the contest's files say.

    `changes` is the position of the definition that this one changes, -1 for a contest's first. It takes effect only
    if that is the current one where it stands in the log; the fold decides. It never undoes an act.
    """

    changes: int
    name: str
    formal_name: str | None = None
    start_time: int | None = None
    countdown_pause_time: int | None = None
    duration: int
    scoreboard_freeze_duration: int | None = None
    scoreboard_thaw_time: int | None = None
    scoreboard_type: str = "pass-fail"
    main_scoreboard_group_id: str | None = None
    penalty_time: int = 1_200_000
    rule: str = "icpc"
    parameters: dict[str, str] = field(default_factory=dict)
    score_scale: int = 1
    judgement_types: tuple[JudgementType, ...] = ()
    publish: dict[str, str] = field(default_factory=dict)
    feedback: str = "verdict"
    problems: tuple[Problem, ...] = ()
    languages: tuple[Language, ...] = ()
    priority: int = 0
    late_window: int = 600_000
    rehearsal: bool = False
    public: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Team(Event):
    """A team as it is from here on; `removed` takes it out of the contest."""

    id: str
    name: str
    label: str | None = None
    display_name: str | None = None
    icpc_id: str | None = None
    organization_id: str | None = None
    group_ids: tuple[str, ...] = ()
    location: str | None = None
    hidden: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization(Event):
    """An organization as it is from here on."""

    id: str
    name: str
    formal_name: str | None = None
    country: str | None = None
    url: str | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Event):
    """A group of teams as it is from here on; the teams of a hidden group are hidden."""

    id: str
    name: str
    type: str | None = None
    hidden: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Event):
    """A person as they are from here on."""

    id: str
    name: str
    role: str
    title: str | None = None
    email: str | None = None
    sex: str | None = None
    team_ids: tuple[str, ...] = ()
    removed: bool = False


# ---- submissions and judgings ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(Event):
    """Source code as it came; of two records with one id the first in the log counts.

    `digest` is the SHA-256 of what was sent, hexadecimal: the same idempotency key with another digest is refused.
    """

    id: str
    team_id: str
    problem_id: str
    language_id: str
    submitted_at: int
    entry_point: str | None = None
    account: str | None = None
    digest: str = ""
    files: tuple[FileData, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingStarted(Event):
    """A judge has begun an attempt at a judging (0: the initial one, else the position of a rejudging's act)."""

    submission_id: str
    judging: int
    attempt: int
    host: str
    started_at: int


@dataclass(frozen=True, slots=True)
class Run:
    """One test of a submission: its place in the format's order (from 1), verdict, times and memory as measured."""

    ordinal: int
    judgement_type_id: str
    cpu_ms: int
    wall_ms: int
    memory_kib: int
    ended_at: int
    test: str = ""
    score: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs(Event):
    """Runs of one attempt as they ended, a batch of a second."""

    submission_id: str
    judging: int
    attempt: int
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingFaulted(Event):
    """The judge failed at an attempt. `final`: the third time; pending for the team, an alert for the operators."""

    submission_id: str
    judging: int
    attempt: int
    host: str
    why: str
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(Event):
    """The end of a judging, self-contained; of two for one (submission, judging) the first in the log counts.

    `verdict` is the precise CLICS judgement type; what is published is the definition's business.
    """

    submission_id: str
    team_id: str
    problem_id: str
    language_id: str
    submitted_at: int
    judging: int
    attempt: int
    verdict: str
    score: int | None = None
    group_scores: tuple[int, ...] = ()
    started_at: int
    ended_at: int
    max_cpu_ms: int = 0
    max_memory_kib: int = 0
    runs: int = 0
    host: str = ""
    package: str = ""
    compiler_output: str = ""
    environment: dict[str, str] = field(default_factory=dict)


# ---- acts: who (recorded_by), when (recorded_at) and why (reason) ---------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Event):
    """Something the jury, an operator or the clock did; of two acts with one id the first in the log counts."""

    id: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartMoved(Act):
    """The start is at `start_time` (None: unknown, the countdown is paused with `countdown_pause_time` left)."""

    start_time: int | None
    countdown_pause_time: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestExtended(Act):
    """The contest ends `by` later (earlier when negative); the freeze moves with the end."""

    by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreboardFrozen(Act):
    """The public board is frozen from event time `at` on, whatever the definition says."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreboardUnfrozen(Act):
    """The freeze is lifted while the contest runs; what was hidden is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThawScheduled(Act):
    """The thaw is planned for `thaw_time` (None: not planned); the clock carries it out."""

    thaw_time: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transitioned(Act):
    """The clock came past a planned time: `kind` is started, frozen, ended or thawed."""

    kind: str
    planned_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finalized(Act):
    """The results are official; `b` is the B of the CCS requirements' scoring data generation."""

    b: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalRemoved(Act):
    """The wall-clock interval [start, end) does not count as contest time; `restored` takes the removal back."""

    start: int
    end: int
    restored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingPaused(Act):
    """Submissions of this problem, language or host (None: any) are accepted and wait."""

    problem_id: str | None = None
    language_id: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingResumed(Act):
    """The pause with the same problem, language and host is over."""

    problem_id: str | None = None
    language_id: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingCreated(Act):
    """These submissions are judged again; invisible until applied.

    The rejudging's number is the position of its chunk 0; later chunks name it in `rejudging` (0 in chunk 0).
    """

    rejudging: int = 0
    chunk: int = 0
    chunks: int = 1
    submission_ids: tuple[str, ...]
    package: str = ""
    lane: str = "bulk"


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingApplied(Act):
    """The judgements of this rejudging are the ones that show."""

    rejudging: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingCancelled(Act):
    """This rejudging will never be applied."""

    rejudging: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingReverted(Act):
    """This applied rejudging no longer shows; what it replaced shows again."""

    rejudging: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictOverridden(Act):
    """A verdict given by hand; None takes an earlier one back."""

    submission_id: str
    team_id: str
    problem_id: str
    verdict: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionIgnored(Act):
    """The submission does not count (or, `ignored` false, counts again)."""

    submission_id: str
    team_id: str
    problem_id: str
    ignored: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionVerified(Act):
    """The jury has looked at this judging's verdict."""

    submission_id: str
    team_id: str
    problem_id: str
    judging: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyAdded(Act):
    """Penalty time of a team, added or, negative, taken away."""

    team_id: str
    by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamDisqualified(Act):
    """The team is out of the ranking (or, `disqualified` false, in it again)."""

    team_id: str
    disqualified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardGiven(Act):
    """An award by the jury's hand; `removed` takes it back."""

    award: Award
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSkipped(Act):
    """The fold of this version failed at `position`: left out, the contest is degraded; another version tries again."""

    position: int
    fold_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded(Act):
    """Scorer and sinks drop this contest's keys and fold it again from the log up to their own position."""


# ---- messages -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarification(Event):
    """A question of a team (`from_team_id`), an answer (`reply_to_id`) or an announcement (neither)."""

    id: str
    from_team_id: str | None = None
    to_team_ids: tuple[str, ...] = ()
    to_group_ids: tuple[str, ...] = ()
    reply_to_id: str | None = None
    problem_id: str | None = None
    text: str
    asked_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Commentary(Event):
    """A remark on the contest for presentations."""

    id: str
    message: str
    tags: tuple[str, ...] = ()
    team_ids: tuple[str, ...] = ()
    problem_ids: tuple[str, ...] = ()
    submission_ids: tuple[str, ...] = ()
    source_id: str | None = None
    said_at: int


# ---- generations ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationOpened(Event):
    """A generation (rule, parameters, fold version) is projected from here on; its id is this event's position.

    Generation "0" needs no event: the first definition opens it, it follows the definition's rule, fold version 1.
    """

    rule: str
    parameters: dict[str, str] = field(default_factory=dict)
    fold_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationPromoted(Event):
    """`generation` is the active one, if `expect` is the active one at this position."""

    expect: str
    generation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRetired(Event):
    """This generation is no longer projected; the active one cannot be retired."""

    generation: str


# ---- the small logs beside the log ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Membership:
    """The account acts for this team in this contest; team None: it may see the contest (jury of one contest)."""

    contest: str
    team_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Record):
    """An account as it is from here on. Key of the topic `accounts`: the username.

    `role` is team, jury, analyst, admin, judge (a judge host's credential) or public. `session` is the number that
    signed cookies carry: another number ends them all. `password` is an argon2id hash.
    """

    username: str
    name: str | None = None
    role: str
    memberships: tuple[Membership, ...] = ()
    password: str = ""
    token_digests: tuple[str, ...] = ()
    session: int = 0
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(Record):
    """A write or a refused door: who came from where, what they wanted and what they were answered."""

    account: str
    address: str
    action: str
    target: str
    status: int
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick(Record):
    """A second has passed; `recorded_at` is event time, `real_ms` real time."""

    real_ms: int


LOG_EVENTS: tuple[type[Event], ...] = (
    Definition,
    Team,
    Organization,
    Group,
    Person,
    Submission,
    JudgingStarted,
    Runs,
    JudgingFaulted,
    Judgement,
    StartMoved,
    ContestExtended,
    ScoreboardFrozen,
    ScoreboardUnfrozen,
    ThawScheduled,
    Transitioned,
    Finalized,
    IntervalRemoved,
    JudgingPaused,
    JudgingResumed,
    RejudgingCreated,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingReverted,
    VerdictOverridden,
    SubmissionIgnored,
    SubmissionVerified,
    PenaltyAdded,
    TeamDisqualified,
    AwardGiven,
    PositionSkipped,
    Reloaded,
    Clarification,
    Commentary,
    GenerationOpened,
    GenerationPromoted,
    GenerationRetired,
)
