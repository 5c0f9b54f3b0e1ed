"""A plan: which part of the log a replay reads, frozen by position, and what it will meet there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from schemas.codec import codec
from schemas.errors import DataError, DecodeError, UnknownSchemaError, UsageError
from schemas.events import Definition, PositionSkipped, Team
from schemas.ids import CONTEST_PARTITIONS, partition_of
from schemas.reader import bounds, read
from schemas.settings import Settings
from streams.refold import Progress, batches, log_end, named_skips
from streams.replay.files import digest_of, read_document, write_document
from streams.replay.marks import marks_in
from streams.replay.whatif import WhatIf, check_names
from streams.scoring.fold import FOLD_VERSION

__all__ = ["PlannedContest", "PlannedMark", "PlannedPartition", "ReplayPlan", "make_plan", "read_plan", "write_plan"]

KIND = "replay plan"


@dataclass(frozen=True, slots=True)
class PlannedMark:
    """A mark of the scorer that the replay passes: its digest is compared."""

    generation: str
    audience: str
    position: int
    digest: str


@dataclass(slots=True)
class PlannedContest:
    """What the plan's part of the log holds of a contest.

    `skipped`: positions that a scorer of this fold version has skipped. `unreadable`: of records that are none of ours.
    """

    contest: str
    records: int = 0
    bytes: int = 0
    last: int = -1
    skipped: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    marks: list[PlannedMark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PlannedPartition:
    """A partition that is read from its beginning up to and with position `last`: records and bytes of all contests."""

    partition: int
    last: int
    records: int
    bytes: int
    contests: tuple[PlannedContest, ...]


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """What a replay reads, and what is other than it was. `schemas`: fingerprints that the log has, by type of event."""

    fold_version: int
    what_if: WhatIf
    schemas: dict[str, list[str]]
    partitions: tuple[PlannedPartition, ...]

    @property
    def contests(self) -> tuple[PlannedContest, ...]:
        """The contests of all partitions."""
        return tuple(contest for partition in self.partitions for contest in partition.contests)

    @property
    def records(self) -> int:
        """What is read, in records."""
        return sum(partition.records for partition in self.partitions)

    @property
    def id(self) -> str:
        """A name that says what is read, and as what: two plans of one id have the same results."""
        return digest_of(self.dump())

    def dump(self) -> dict[str, Any]:
        """The plan as JSON."""
        return {
            "podium": KIND,
            "fold_version": self.fold_version,
            "what_if": self.what_if.dump(),
            "schemas": self.schemas,
            "partitions": [asdict(one) for one in self.partitions],
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> ReplayPlan:
        """What `dump` gave."""
        return cls(
            data["fold_version"],
            WhatIf.load(data["what_if"]),
            data["schemas"],
            tuple(_partition(one) for one in data["partitions"]),
        )


def _partition(data: dict[str, Any]) -> PlannedPartition:
    contests = tuple(
        PlannedContest(**one | {"marks": [PlannedMark(**mark) for mark in one["marks"]]}) for one in data["contests"]
    )
    return PlannedPartition(**data | {"contests": contests})


def write_plan(plan: ReplayPlan, path: Path) -> None:
    """Write the plan into a file."""
    write_document(path, plan.dump())


def read_plan(path: Path) -> ReplayPlan:
    """A plan out of its file.

    Raises:
        UsageError: when the file is no plan; when it was made for another fold version.
    """
    plan = read_document(path, KIND, ReplayPlan.load)
    if plan.fold_version != FOLD_VERSION:
        raise UsageError(
            f"{path}: the plan is for fold version {plan.fold_version}, and this podium folds by version {FOLD_VERSION}: "
            "make a new one"
        )
    return plan


def make_plan(
    settings: Settings, contests: Collection[str], what_if: WhatIf, *, progress: Progress | None = None
) -> ReplayPlan:
    """Freeze where the log ends for these contests (none: all that the log defines), and look at all of it. Reads only.

    Raises:
        UsageError: when the log holds nothing of a contest, or it has not the problems or teams that are left out.
        DataError: when the beginning of the log is gone, or it holds events of the contests that this podium cannot read.
        DependencyError: when the brokers do not answer.
    """
    if what_if.until_position is not None and len({partition_of(contest) for contest in contests}) != 1:
        raise UsageError("--until POSITION: positions are those of one partition; name one contest")
    wanted = sorted({partition_of(contest) for contest in contests}) if contests else range(CONTEST_PARTITIONS)
    hint = "" if contests else "; name contests of other partitions with --contest"
    ends = {}
    for partition in wanted:
        high = log_end(settings, partition, hint=hint)
        if high > 0:
            until = what_if.until_position
            if until is not None and until >= high:
                raise UsageError(f"--until {until}: partition {partition} of the log ends at position {high - 1}")
            ends[partition] = high - 1 if until is None else until
    looks = []
    passed = 0
    for partition, last in ends.items():
        look = _Look(partition, last, frozenset(contests))
        for read_up_to in look.read(settings):
            if progress is not None:
                progress(passed + read_up_to, sum(ends.values()) + len(ends))
        passed += last + 1
        looks.append(look)
    schemas: dict[str, list[str]] = {}
    for look in looks:
        look.check(what_if)
        for name, prints in look.schemas.items():
            schemas[name] = sorted({*schemas.get(name, ()), *prints})
    missing = sorted(set(contests).difference(*(look.found for look in looks)))
    if missing:
        raise UsageError(f"the log holds nothing of a contest {missing[0]!r}")
    partitions = tuple(look.planned(settings, what_if) for look in looks if look.found)
    if not partitions:
        raise UsageError("the log defines no contest")
    return ReplayPlan(FOLD_VERSION, what_if, dict(sorted(schemas.items())), partitions)


class _Look:
    """A look at one partition: every record's header, and the few whose content a plan must know."""

    def __init__(self, partition: int, last: int, contests: frozenset[str]) -> None:
        self._partition, self._last = partition, last
        self._contests = contests
        self._records = self._bytes = 0
        self._unknown: list[tuple[str, int, str]] = []
        self._defined: set[str] = set()
        self._problems: dict[str, set[str]] = {}
        self._teams: dict[str, set[str]] = {}
        self.found: dict[str, PlannedContest] = {}
        self.schemas: dict[str, set[str]] = {}

    def read(self, settings: Settings) -> Iterator[int]:
        """Read it all; tells how far it is."""
        for batch in batches(settings, self._partition, self._last):
            for message in batch:
                value = message.value()
                size = len(value or b"")
                self._records += 1
                self._bytes += size
                name = (message.key() or b"").decode(errors="replace")
                if self._contests and name not in self._contests:
                    continue
                contest = self.found.get(name)
                if contest is None:
                    contest = self.found[name] = PlannedContest(name)
                contest.records += 1
                contest.bytes += size
                contest.last = message.offset()
                self._take(contest, message.offset(), value)
            if batch:
                yield batch[-1].offset() + 1
        if not self._contests:
            self.found = {name: one for name, one in self.found.items() if name in self._defined}

    def _take(self, contest: PlannedContest, position: int, value: bytes | None) -> None:
        try:
            if value is None:
                raise DecodeError("the record has no value")
            kind = codec().peek(value)
            self.schemas.setdefault(kind.__name__, set()).add(codec().schema(value))
            if kind not in (Definition, Team, PositionSkipped):
                return
            event = codec().decode(value)
        except UnknownSchemaError as error:
            self._unknown.append((contest.contest, position, str(error)))
            return
        except DecodeError:
            contest.unreadable.append(position)
            return
        if event.contest != contest.contest:
            return
        if isinstance(event, Definition):
            self._defined.add(event.contest)
            self._problems.setdefault(event.contest, set()).update(problem.id for problem in event.problems)
        elif isinstance(event, Team):
            self._teams.setdefault(event.contest, set()).add(event.id)
        elif event.fold_version == FOLD_VERSION and event.position not in contest.skipped:
            contest.skipped.append(event.position)

    def check(self, what_if: WhatIf) -> None:
        """Nothing, when a replay can read all of it, and knows the names that are to be left out.

        Raises:
            DataError, UsageError: as `make_plan`.
        """
        if self._unknown:
            contest, position, why = self._unknown[0]
            more = f", and {len(self._unknown) - 1} records more" if len(self._unknown) > 1 else ""
            raise DataError(
                f"contest {contest}, position {position}: {why}{more}: replay with the podium that wrote it"
            )
        for name in self.found:
            check_names(what_if, name, self._problems.get(name, ()), self._teams.get(name, ()))

    def planned(self, settings: Settings, what_if: WhatIf) -> PlannedPartition:
        """What was seen, with the marks that a replay can compare: none where it passes over what was recorded late."""
        if what_if.known_at is None:
            latest = {}
            for mark in marks_in(read(settings, "scoreboard-rows", self._partition)):
                if mark.contest in self.found and mark.position <= self._last:
                    latest[mark.contest, mark.generation, mark.audience] = mark
            for (name, generation, audience), mark in sorted(latest.items()):
                self.found[name].marks.append(PlannedMark(generation, audience, mark.position, mark.digest))
        for name, contest in self.found.items():
            named = set[int]()
            if what_if.until_position is not None:
                # the act that names a position stands behind it, and may stand behind where the plan ends
                end = bounds(settings, "log", self._partition)[1]
                named = named_skips(settings, name, self._last + 1, end - 1)
            contest.skipped[:] = sorted(one for one in named.union(contest.skipped) if one <= self._last)
        contests = tuple(self.found[name] for name in sorted(self.found))
        return PlannedPartition(self._partition, self._last, self._records, self._bytes, contests)
