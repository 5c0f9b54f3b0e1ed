"""A contest as the jury looks at it: its objects, by whom everything was judged, its rejudgings. One pass over the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from clics.derive import derive
from clics.fold import fold
from clics.state import State, Submitted
from schemas.codec import codec
from schemas.definition import ChangedPackage
from schemas.errors import ConflictError, DecodeError, UsageError
from schemas.events import Commentary, Event, Judgement, JudgingFaulted, RejudgingCreated, Runs
from schemas.ids import partition_of
from schemas.reader import bounds, read
from schemas.settings import Settings

__all__ = ["Judged", "Record", "Rejudging", "read_record"]

_PASSED_OVER = frozenset({Runs, Commentary})
"""The jury's acts depend on neither, and runs are most of a log."""


class Judged(NamedTuple):
    """What a judgement says beside its verdict."""

    host: str
    package: str
    cpu_ms: int


@dataclass(slots=True)
class Rejudging:
    """A rejudging: its submissions in the order of its chunks, and where it comes from.

    `declared` is how many chunks it is created with, `chunks` which have been read; those behind the declared add to it.
    """

    number: int
    reason: str
    by: str
    at: int
    lane: str
    changed: ChangedPackage | None
    repeats: int
    declared: int
    chunks: set[int] = field(default_factory=set)
    submission_ids: dict[str, None] = field(default_factory=dict)

    @property
    def set_(self) -> int:
        """The number of the first one of the set of repeats that it belongs to: its own where it is alone."""
        return self.repeats or self.number

    @property
    def complete(self) -> bool:
        """Whether all chunks that it is created with are in the log: who appended them may have died in between."""
        return self.chunks.issuperset(range(self.declared))


@dataclass(slots=True)
class Record:
    """A contest's log up to, not including, position `end`.

    `judged` and `faulted` (judging errors) are by (submission, judging).
    """

    contest: str
    state: State
    judged: dict[tuple[str, int], Judged] = field(default_factory=dict)
    faulted: set[tuple[str, int]] = field(default_factory=set)
    rejudgings: dict[int, Rejudging] = field(default_factory=dict)
    end: int = 0

    @classmethod
    def of(cls, contest: str) -> Record:
        """The record of a contest of which nothing was read yet."""
        return cls(contest, State(contest))

    def take(self, position: int, event: Event) -> None:
        """Take the next event of the contest. Deterministic."""
        conduct = self.state.conduct
        void = isinstance(event, RejudgingCreated) and (event.id in conduct.acts or conduct.closed is not None)
        fold(self.state, position, event)
        self.end = position + 1
        match event:
            case Judgement():
                about = Judged(event.host, event.package, event.max_cpu_ms)
                self.judged.setdefault((event.submission_id, event.judging), about)
                self.faulted.discard((event.submission_id, event.judging))
            case JudgingFaulted(final=True):
                if (event.submission_id, event.judging) not in self.judged:
                    self.faulted.add((event.submission_id, event.judging))
            case RejudgingCreated() if not void:
                self._created(position, event)

    def _created(self, position: int, event: RejudgingCreated) -> None:
        number = event.rejudging if event.chunk else position
        rejudging = self.rejudgings.get(number)
        if rejudging is None:
            rejudging = self.rejudgings[number] = Rejudging(
                number,
                event.reason,
                event.recorded_by,
                event.recorded_at,
                event.lane,
                event.changed,
                event.repeats,
                event.chunks,
            )
        rejudging.chunks.add(event.chunk)
        rejudging.submission_ids |= dict.fromkeys(event.submission_ids)

    # ---- looking things up ---------------------------------------------------------------------------------------

    def status(self, number: int) -> str:
        """What has become of a rejudging: created, applied, reverted, or cancelled."""
        status = self.state.conduct.rejudgings[str(number)]
        return "cancelled" if status == "retired" else status  # cancelled after it was reverted

    def rejudging(self, number: int) -> Rejudging:
        """The rejudging of this number.

        Raises:
            UsageError: when there is none.
        """
        found = self.rejudgings.get(number)
        if found is None:
            there = ", ".join(map(str, self.rejudgings)) or "none"
            raise UsageError(f"contest {self.contest} has no rejudging {number}; it has {there}")
        return found

    def submission(self, named: str) -> Submitted:
        """The submission of this id, or else of this number.

        Raises:
            UsageError: when there is none.
        """
        submissions = self.state.submissions
        found = submissions.get(named)
        if found is None and named.isascii() and named.isdigit():
            found = next((one for one in submissions.values() if one.number == int(named)), None)
        if found is None:
            raise UsageError(f"contest {self.contest} has no submission {named!r}; it has {len(submissions)}")
        return found

    def shown(self, submitted: Submitted) -> str | None:
        """The precise verdict that shows; None while there is none."""
        effective = self.state.effective(submitted)
        if not isinstance(effective, int):
            return effective.verdict
        judging = submitted.judgings.get(effective)
        return judging.verdict if judging else None

    def judging(self, submitted: Submitted) -> int:
        """The number of the judging that shows, or would, but for a verdict by hand."""
        applied = [
            (position, number)
            for number, position in self.state.conduct.applied
            if submitted.rejudgings.get(number, position) < position
        ]
        return max(applied)[1] if applied else 0

    def missing(self, rejudging: Rejudging) -> list[str]:
        """The ids of its submissions that it has no judgement of yet, judging errors among them."""
        number, submissions = rejudging.number, self.state.submissions
        return [id_ for id_ in rejudging.submission_ids if id_ in submissions and (id_, number) not in self.judged]

    def refuse_final(self, what: str) -> None:
        """Refuse when nothing may change any more.

        Raises:
            ConflictError: when the contest has had its end of updates.
        """
        made = derive(self.state, [("state", "state")]).get(("state", "state"))
        over = made[0]["end_of_updates"] if made else None
        if over is not None:
            raise ConflictError(
                f"contest {self.contest} had its end of updates at {over}: {what} is not possible any more"
            )


def read_record(settings: Settings, contest: str, record: Record | None = None, *, end: int | None = None) -> Record:
    """Read a contest's log up to its present end, or to position *end*; with a *record* only what has come since, into it.

    Raises:
        UsageError: when the log does not define the contest.
        DependencyError: when the broker does not answer.
    """
    record = record or Record.of(contest)
    partition, key, records = partition_of(contest), contest.encode(), codec()
    end = bounds(settings, "log", partition)[1] if end is None else end
    for raw in read(settings, "log", partition, record.end, end):
        if raw.key != key or raw.value is None:
            continue
        try:
            if records.peek(raw.value) in _PASSED_OVER:
                continue
            event = records.decode(raw.value)
        except DecodeError:
            continue
        if event.contest == contest:
            record.take(raw.position, event)
    record.end = max(record.end, end)
    if record.state.definition is None:
        raise UsageError(f"there is no contest {contest!r}")
    return record
