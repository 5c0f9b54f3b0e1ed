"""Acts of the jury, of operators and of the clock: who (recorded_by), when (recorded_at) and why (reason)."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.definition import Award, ChangedPackage
from schemas.events.base import Event

__all__ = [
    "Act",
    "AwardGiven",
    "ContestExtended",
    "Finalized",
    "IntervalRemoved",
    "JudgingPaused",
    "JudgingResumed",
    "MarkRequested",
    "PenaltyAdded",
    "PositionSkipped",
    "RejudgingApplied",
    "RejudgingCancelled",
    "RejudgingCreated",
    "RejudgingReverted",
    "Reloaded",
    "ScoreboardFrozen",
    "ScoreboardUnfrozen",
    "StartMoved",
    "SubmissionHacked",
    "SubmissionIgnored",
    "SubmissionVerified",
    "TeamDisqualified",
    "TeamStarted",
    "TeamTimeExtended",
    "ThawScheduled",
    "Transitioned",
    "VerdictOverridden",
]


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
    """The contest ends `by` later (earlier when negative); the freeze moves with the end, unless it has come before."""

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
    """The clock came past a planned time: `kind` is started, frozen, ended or thawed.

    A thaw takes effect only if it is planned for `planned_at` where it stands in the log.
    """

    kind: str
    planned_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finalized(Act):
    """The results are official; `b` is the B of the CCS requirements' scoring data generation."""

    b: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalRemoved(Act):
    """The wall-clock interval [start, end) does not count as contest time; `restored` takes the removal back.

    A pause of the contest is such an interval, with an end far ahead until it is resumed: contest time stands still
    meanwhile, and submissions are accepted.
    """

    start: int
    end: int
    restored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingPaused(Act):
    """Submissions of this problem and language (None: any) are accepted and wait; rejudgings go on."""

    problem_id: str | None = None
    language_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingResumed(Act):
    """The pause with the same problem and language is over."""

    problem_id: str | None = None
    language_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingCreated(Act):
    """These submissions are judged again; invisible until applied.

    The rejudging's number is the position of its chunk 0; later chunks name it in `rejudging` (0 in chunk 0). `chunks` is
    how many it is created with; one behind them adds to it. They are judged on the package that `changed` names, or the
    problems' own. `repeats` is the first one of a set that judges the same submissions again and again (0: none, or it is
    the first).
    """

    rejudging: int = 0
    chunk: int = 0
    chunks: int = 1
    submission_ids: tuple[str, ...]
    lane: str = "bulk"
    changed: ChangedPackage | None = None
    repeats: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingApplied(Act):
    """The judgements of this rejudging are the ones that show.

    `changed` is the rejudging's: from here on the problem is on that package, whatever a definition says.
    """

    rejudging: int
    changed: ChangedPackage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingCancelled(Act):
    """This rejudging will never be applied."""

    rejudging: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingReverted(Act):
    """This applied rejudging no longer shows; what it replaced shows again, and its problem's package is in force again."""

    rejudging: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictOverridden(Act):
    """A verdict given by hand, with scaled scores where it says any; None takes an earlier one back."""

    submission_id: str
    team_id: str
    problem_id: str
    verdict: str | None
    score: int | None = None
    group_scores: tuple[int, ...] = ()


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
class SubmissionHacked(Act):
    """A team challenged this submission of another; a successful hack rejects the submission from then on.

    `team_id` and `problem_id` are those of the submission, `by_team_id` is the hacker. `recorded_at` is when.
    """

    submission_id: str
    team_id: str
    problem_id: str
    by_team_id: str
    successful: bool


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
class TeamTimeExtended(Act):
    """The contest ends `by` later for this team (earlier when negative)."""

    team_id: str
    by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamStarted(Act):
    """The team's own window begins at `start_time`, in a contest of windows; of two the first in the log counts."""

    team_id: str
    start_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardGiven(Act):
    """An award by the jury's hand; `removed`: nobody has it, also where podium would compute it.

    `computed` gives it back to podium: what the jury did to it before counts no more.
    """

    award: Award
    removed: bool = False
    computed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSkipped(Act):
    """The fold of this version failed at `position`: left out, the contest is degraded; another version tries again."""

    position: int
    fold_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded(Act):
    """Scorer and sinks drop this contest's keys and fold it again from the log up to their own position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRequested(Act):
    """The scorer writes its marks here, without waiting for their time: somebody wants to compare boards."""
