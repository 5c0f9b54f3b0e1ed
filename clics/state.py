"""What the contest's objects are derived from: small parts, each JSON of its own, so that a view can keep them.

Parts are keyed `contest` (definition and acts), `count` and `hidden-count` (submissions so far), `s:ID` (a submission
with all its judgings) and `TYPE:ID` (a record of the log that is an object by itself: team, clarification, …).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson

from clics.commentary import JURYS, named_by
from schemas.codec import Codec
from schemas.definition import ChangedPackage, PackageFile, Problem
from schemas.events import Clarification, Commentary, Definition, Event, Group, Person, Team, TeamStarted
from schemas.ids import judgement_id
from schemas.live import Key
from streams.scoring.award_settings import GROUP_WINNER
from streams.scoring.clock import ContestClock
from streams.scoring.times import ContestTimes

__all__ = ["FIRST_HIDDEN", "Conduct", "Hack", "Judging", "Override", "State", "Submitted"]

FIRST_HIDDEN = 10_000_001
"""The number of the first submission of a hidden team: no contest has as many of the others."""


@dataclass(slots=True)
class Judging:
    """One judging of a submission: its latest attempt, and its verdict once there is one.

    `runs` are the attempt's batches of runs, each by the ordinal of its first run and its position; `failed` is the first
    run that was not accepted. `position` is that of the judgement, `package` what it was judged on ("" where another
    system has judged), `group_scores` what its test data groups gave, scaled.
    """

    attempt: int
    started_at: int
    verdict: str | None = None
    score: int | None = None
    ended_at: int = 0
    cpu_ms: int = 0
    position: int = -1
    package: str = ""
    runs: list[list[int]] = field(default_factory=list)
    failed: int | None = None
    group_scores: list[int] = field(default_factory=list)
    verified: bool = False

    def begin(self, attempt: int, started_at: int) -> None:
        """Another attempt, or the same one again: the runs until now no longer count."""
        self.attempt, self.started_at, self.runs, self.failed = attempt, started_at, [], None

    def ran(self, first: int, position: int, failed: int | None) -> None:
        """A batch of runs, told in their order: what it or its successors repeat no longer counts.

        *failed*: the first of them that was not accepted.
        """
        self.runs = [batch for batch in self.runs if batch[0] < first] + [[first, position]]
        self.failed = self.failed if self.failed is not None and self.failed < first else failed


@dataclass(slots=True)
class Override:
    """A verdict given by hand: by which act, where it stands in the log, when, by whom, and whether it still holds.

    `score` and `group_scores` are scaled.
    """

    act: str
    position: int
    verdict: str
    at: int
    by: str
    holds: bool = True
    score: int | None = None
    group_scores: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Hack:
    """A successful hack of the submission: by which act, where it stands in the log, when, and who wrote it."""

    act: str
    position: int
    at: int
    by: str


@dataclass(slots=True)
class Submitted:
    """A submission, without its source: where it is in the log, its judgings, and the jury's acts on it.

    `number` counts the contest's submissions; those of teams that were hidden when they submitted are counted apart, from
    `FIRST_HIDDEN` on: a number that is left out would tell everybody that there is one.
    `rejudgings` are those that it belongs to, each with the position from which on it does. `verified` are the judgings
    that the jury has verified.
    """

    id: str
    number: int
    position: int
    team: str
    problem: str
    language: str
    at: int
    entry_point: str | None
    account: str | None
    digest: str
    zip_hash: str | None = None
    judgings: dict[int, Judging] = field(default_factory=dict)
    rejudgings: dict[int, int] = field(default_factory=dict)
    overrides: list[Override] = field(default_factory=list)
    hacks: list[Hack] = field(default_factory=list)
    verified: list[int] = field(default_factory=list)
    ignored: bool = False
    fault: str | None = None
    acts: list[str] = field(default_factory=list)

    def begin(self, number: int, attempt: int, started_at: int) -> Judging:
        """A judging that is new."""
        found = self.judgings[number] = Judging(attempt, started_at, verified=number in self.verified)
        return found

    @classmethod
    def load(cls, data: dict[str, Any]) -> Submitted:
        """The part from its JSON."""
        data["judgings"] = {int(number): Judging(**judging) for number, judging in data["judgings"].items()}
        data["rejudgings"] = {int(number): position for number, position in data["rejudgings"].items()}
        data["overrides"] = [Override(**override) for override in data["overrides"]]
        data["hacks"] = [Hack(**hack) for hack in data["hacks"]]
        return cls(**data)


@dataclass(slots=True)
class Conduct:
    """How the contest went beside its definition: acts in force, transitions passed, rejudgings, generations.

    `replaced_position` is where the definition stands that the one in force replaced, for the case that the fold of the
    scores skipped the latter. `changed` are the packages that applied rejudgings have put problems on, in the order of the
    acts, each with the rejudging's number; `put_on` are problem and package of all that ever did so. `taken_off` are, by
    problem, the packages that files or an act have taken it off, each with the position at which they last did. `fold_version`
    is that of the first definition. `times` are what was said of start, length and freeze; `extra` is the time that single
    teams were given. `rejudging_acts` are the ids of the acts that created the rejudgings, by number; `closed` is the position of the
    event with which the contest was over (the end of updates). `promotions` counts how often another generation became the
    active one.
    """

    definition_position: int = -1
    replaced_position: int = -1
    fold_version: int | None = None
    acts: list[str] = field(default_factory=list)
    times: ContestTimes = field(default_factory=ContestTimes)
    extra: dict[str, int] = field(default_factory=dict)
    thaw_time: list[int | None] | None = None
    thawed: int | None = None
    passed: list[tuple[str, int]] = field(default_factory=list)
    finalized: int | None = None
    b: int = 0
    closed: int | None = None
    paused: list[list[str | None]] = field(default_factory=list)
    rejudgings: dict[str, str] = field(default_factory=dict)
    rejudging_acts: dict[str, str] = field(default_factory=dict)
    applied: list[list[int]] = field(default_factory=list)
    changed: list[tuple[int, ChangedPackage]] = field(default_factory=list)
    put_on: list[list[str]] = field(default_factory=list)
    taken_off: dict[str, dict[str, int]] = field(default_factory=dict)
    generations: list[str] = field(default_factory=lambda: ["0"])
    active: str = "0"
    promotions: int = 0
    degraded: bool = False


def _changed(data: dict[str, Any]) -> ChangedPackage:
    """A package that a rejudging has put a problem on, from its JSON."""
    return ChangedPackage(**data | {"attachments": tuple(PackageFile(**one) for one in data["attachments"])})


@dataclass(slots=True)
class State:
    """The state of one contest's objects after `position`, the last event applied (-1: none)."""

    contest: str
    position: int = -1
    definition: Definition | None = None
    replaced: Definition | None = None
    conduct: Conduct = field(default_factory=Conduct)
    count: int = 0
    """How many submissions have a number that everybody may learn."""
    hidden_count: int = 0
    """How many came of teams that were hidden."""
    submissions: dict[str, Submitted] = field(default_factory=dict)
    of_team: dict[str, list[str]] = field(default_factory=dict)
    """Derived: the ids of a team's submissions."""
    records: dict[tuple[str, str], Any] = field(default_factory=dict)
    said_of: dict[Key, list[str]] = field(default_factory=dict)
    """Derived: the ids of the commentaries that name an object, be it there or still to come."""
    messages: set[tuple[str, str]] = field(default_factory=set)
    """Derived: the keys of clarifications and commentaries: there are few of them among many thousands of entries."""
    members: dict[str, set[str]] = field(default_factory=dict)
    """Derived: the ids of the persons of a team."""

    @classmethod
    def load(cls, contest: str, position: int, parts: Iterable[tuple[str, bytes]], codec: Codec) -> State:
        """The state from its parts."""
        state = cls(contest, position)
        for key, value in parts:
            type_, _, id_ = key.partition(":")
            if type_ == "s":
                state.add(Submitted.load(orjson.loads(value)))
            elif type_ == "count":
                state.count = int(value)
            elif type_ == "hidden-count":
                state.hidden_count = int(value)
            elif type_ == "contest":
                data = orjson.loads(value)
                for name in ("definition", "replaced"):
                    coded = data.pop(name)
                    setattr(state, name, codec.decode(base64.b64decode(coded)) if coded else None)
                data["times"] = ContestTimes.load(data["times"])
                data["passed"] = [(kind, at) for kind, at in data["passed"]]
                data["changed"] = [(number, _changed(one)) for number, one in data["changed"]]
                state.conduct = Conduct(**data)
            else:
                state.keep(type_, id_, codec.decode(base64.b64decode(value)))
        return state

    def dump(self, key: str, codec: Codec) -> bytes:
        """A part's bytes; empty where the part no longer exists."""
        type_, _, id_ = key.partition(":")
        if type_ == "s":
            return orjson.dumps(self.submissions[id_], option=orjson.OPT_NON_STR_KEYS)
        if type_ == "count":
            return b"%d" % self.count
        if type_ == "hidden-count":
            return b"%d" % self.hidden_count
        if type_ == "contest":
            coded = {
                name: base64.b64encode(codec.encode(one)).decode() if one else ""
                for name, one in (("definition", self.definition), ("replaced", self.replaced))
            }
            return orjson.dumps(coded | asdict(self.conduct) | {"times": self.conduct.times.dump()})
        record = self.records.get((type_, id_))
        return base64.b64encode(codec.encode(record)) if record is not None else b""

    def keys(self) -> Iterator[str]:
        """The keys of all parts."""
        yield "contest"
        yield "count"
        yield "hidden-count"
        yield from (f"s:{id_}" for id_ in self.submissions)
        yield from (f"{type_}:{id_}" for type_, id_ in self.records)

    def add(self, submitted: Submitted) -> None:
        """A submission that is new."""
        self.submissions[submitted.id] = submitted
        self.of_team.setdefault(submitted.team, []).append(submitted.id)

    def keep(self, type_: str, id_: str, record: Event) -> None:
        """A record that is an object by itself, in the place of an earlier one."""
        before, self.records[type_, id_] = self.records.get((type_, id_)), record
        if isinstance(before, Person):
            for team in before.team_ids:
                self.members[team].discard(id_)
        if isinstance(record, Person):
            for team in record.team_ids:
                self.members.setdefault(team, set()).add(id_)
        if isinstance(record, Clarification | Commentary):
            self.messages.add((type_, id_))
        if isinstance(record, Commentary):
            for named in named_by(record):
                self.said_of.setdefault(named, []).append(id_)

    def of(self, type_: str) -> Iterator[Event]:
        """The records of one type."""
        return (record for (kind, _), record in self.records.items() if kind == type_)

    @property
    def problems(self) -> dict[str, Problem]:
        """The definition's problems by id, each on the package that the latest act has put it on: no definition undoes it."""
        found = {one.id: one for one in self.definition.problems} if self.definition else {}
        # the latest of each: where the definition has its package, the definition's limits hold, whatever an earlier one said
        for problem_id, changed in {changed.problem_id: changed for _, changed in self.conduct.changed}.items():
            if problem_id in found:
                found[problem_id] = changed.of(found[problem_id])
        return found

    # ---- times as they are after all acts ------------------------------------------------------------------------

    @property
    def clock(self) -> ContestClock:
        """The contest's clock; a contest without a definition has not begun and has no length."""
        return self.conduct.times.clock

    @property
    def last_end(self) -> int | None:
        """The moment from which on no team has time left: the end, and the extra time that a team was given."""
        clock = self.clock
        return clock.moment(clock.duration + max((0, *self.conduct.extra.values())))

    def clock_of(self, team_id: str) -> ContestClock | None:
        """The clock of a team: with its extra time and, in a contest of windows, from its own start to its own end.

        None for a team that has not started its window. The scores have the same rule (streams/scoring/contest.py).
        """
        clock, extra = self.clock, self.conduct.extra.get(team_id, 0)
        window = self.definition.window if self.definition else None
        if window is None:
            return replace(clock, duration=clock.duration + extra)
        record = self.records.get(("starts", team_id))
        if not isinstance(record, TeamStarted) or clock.start is None:
            return None
        begin = max(record.start_time, clock.start)
        left = clock.duration - clock.contest_time(begin)
        return ContestClock(begin, min(window, left) + extra, clock.removed)

    @property
    def is_over(self) -> bool:
        """Whether the results are final and shown, so that nothing may change: `end_of_updates` of the Contest API.

        The scores have the same rule, and say more of it (streams/scoring/contest.py).
        """
        conduct, end = self.conduct, self.last_end
        ended = end is not None and ("ended", self.clock.end) in conduct.passed
        if end is None or not ended or conduct.finalized is None or conduct.finalized < end:
            return False
        return conduct.thawed is not None or self.freeze is None

    @property
    def pause(self) -> int | None:
        """What was left of the countdown when it was paused, in ms."""
        if (moved := self.conduct.times.moved) is not None:
            return moved[1]
        return self.definition.countdown_pause_time if self.definition else None

    @property
    def freeze(self) -> int | None:
        """From when on the public board is frozen: by act, else as defined, but not by a freeze that was lifted."""
        return self.conduct.times.freeze

    @property
    def freeze_duration(self) -> int | None:
        """How long the freeze in force lasts, in ms of contest time; the definition's while no start is known; None: none."""
        clock, freeze = self.clock, self.freeze
        if freeze is not None:
            return min(max(clock.duration - clock.contest_time(freeze), 0), clock.duration)
        if clock.start is None and self.definition is not None:
            return self.definition.scoreboard_freeze_duration or None
        return None

    @property
    def thaw_time(self) -> int | None:
        """When the thaw is planned."""
        if self.conduct.thaw_time:
            return self.conduct.thaw_time[0]
        return self.definition.scoreboard_thaw_time if self.definition else None

    @property
    def planned_thaw(self) -> int | None:
        """The moment of the planned thaw: not while a team has time; None when none is planned, or it has happened."""
        planned, end = self.thaw_time if self.conduct.thawed is None else None, self.last_end
        return None if planned is None or end is None else max(planned, end)

    # ---- who is hidden, what shows -------------------------------------------------------------------------------

    def hidden(self, team_id: str) -> bool:
        """Whether the team is not on the public board: hidden, removed, or in a hidden group."""
        team = self.records.get(("teams", team_id))
        if not isinstance(team, Team):
            return False
        groups = (self.records.get(("groups", group)) for group in team.group_ids)
        return team.hidden or team.removed or any(isinstance(g, Group) and g.hidden for g in groups)

    def whose(self, key: Key) -> frozenset[str]:
        """The teams that an object is of: none where it is of all, is not there, or is not known by its id."""
        type_, id_ = key
        if type_ == "teams":
            return frozenset({id_})
        if type_ == "submissions":
            return frozenset({self.submissions[id_].team}) if id_ in self.submissions else frozenset()
        match self.records.get(key):
            case Person() as person:
                return frozenset(person.team_ids)
            case Clarification(from_team_id=str(team)):
                return frozenset({team})
            case Clarification(to_team_ids=teams):
                return frozenset(teams)
        return frozenset()

    def of_groups(self, key: Key) -> frozenset[str]:
        """The groups that an object is of as a whole, not by its teams: a group, its winner's award, a message to groups."""
        type_, id_ = key
        if type_ == "awards" and id_.startswith(GROUP_WINNER):
            return frozenset({id_.removeprefix(GROUP_WINNER)})
        match self.records.get(key):
            case Group(id=group):
                return frozenset({group})
            case Clarification(from_team_id=None, to_group_ids=groups):
                return frozenset(groups)
        return frozenset()

    def unheard_of(self, key: Key) -> bool:
        """Whether outside the jury nobody may hear of an object: of hidden teams and groups alone, or perhaps such."""
        if key[0] in JURYS:
            return True
        groups = [self.records.get(("groups", group)) for group in self.of_groups(key)]
        hidden = [isinstance(one, Group) and one.hidden for one in groups] + [*map(self.hidden, self.whose(key))]
        return bool(hidden) and all(hidden)

    def hack(self, submission: Submitted) -> Hack | None:
        """The hack that rejects the submission, if it was accepted: no verdict was given by hand behind it."""
        by_hand = max((one.position for one in submission.overrides if one.holds), default=-1)
        return next((hack for hack in submission.hacks if hack.position > by_hand), None)

    def effective(self, submission: Submitted) -> int | Override:
        """What shows but for hacks: a judging by its number, or a verdict by hand; the latest act in force decides."""
        return self._decided(submission)[1]

    def _decided(self, submission: Submitted) -> tuple[int, int | Override]:
        """What shows but for hacks, and the position of the act that decides so; -1: none, the first judging shows."""
        best: tuple[int, int | Override] = (-1, 0)
        for rejudging, position in self.conduct.applied:
            if submission.rejudgings.get(rejudging, position) < position:
                best = max(best, (position, rejudging), key=lambda found: found[0])
        for override in submission.overrides:
            if override.holds:
                best = max(best, (override.position, override), key=lambda found: found[0])
        return best

    def shown(self, submission: Submitted) -> tuple[Judging | None, str | None]:
        """What shows but for hacks: the judging, if it is one, and the precise verdict; None where there is none yet."""
        effective = self.effective(submission)
        if isinstance(effective, Override):
            return None, effective.verdict
        judging = submission.judgings.get(effective)
        return judging, judging.verdict if judging else None

    def strayed(self, submission: Submitted, problem: Problem) -> bool:
        """Whether what shows was judged on another package than the problem's, and nobody has left it so.

        Such a verdict came, or a rejudging with it was applied, behind the files or the act that took the problem off its
        package, or a rejudging put the problem on one of the two. Where only files have changed the package, the verdicts that
        showed until then stay, and what was judged by another system.
        """
        judging, verdict = self.shown(submission)
        if judging is None or verdict is None or judging.package == problem.package:
            return False
        taken_off = self.conduct.taken_off.get(problem.id, {}).get(judging.package)
        late = taken_off is not None and max(judging.position, self._decided(submission)[0]) > taken_off
        return late or any([problem.id, one] in self.conduct.put_on for one in (judging.package, problem.package))

    def judgement_id(self, submission_id: str, judging: int) -> str:
        """The CLICS id of a judging's judgement.

        Of a rejudging by its act: made of its number, which is a position, it would tell whoever tries all numbers how
        much was written to the log before it, and so what the freeze hides.
        """
        return judgement_id(submission_id, self.conduct.rejudging_acts.get(str(judging), str(judging)))

    def was_applied(self, judging: int) -> bool:
        """Whether a judging is or was ever shown: the initial one, or a rejudging that was applied."""
        return judging == 0 or self.conduct.rejudgings.get(str(judging)) in ("applied", "reverted", "retired")
