"""A contest's story, told twice: the two contests differ in what became of the frozen submissions of some teams, and in
what follows from it: how many judge events there are, when they came, and the positions of everything behind them. In the
second one, hidden teams submit more.

Everything that the jury may do during a freeze is done: rejudgings that are applied, cancelled and left alone, verdicts
by hand, ignored submissions, verification, hacks, faults, an award, another generation, promoted and rolled back. The end
is put off by somebody who has not seen that it is frozen, and an interval that was removed before is restored, so that the
freeze is of an earlier moment than the one that came. It is told under any rule: under one of points, judgements have
scores, of which there are some for what is wrong, too.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Any

from schemas.definition import BIG_5, WORLD_FINALS_TYPES, Award, FileData, Language
from schemas.events import (
    AwardGiven,
    Clarification,
    Commentary,
    ContestExtended,
    Definition,
    Event,
    Finalized,
    GenerationOpened,
    GenerationPromoted,
    Group,
    IntervalRemoved,
    Judgement,
    JudgingFaulted,
    JudgingPaused,
    JudgingResumed,
    JudgingStarted,
    MarkRequested,
    Organization,
    PenaltyAdded,
    Person,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCreated,
    Run,
    Runs,
    ScoreboardFrozen,
    Submission,
    SubmissionHacked,
    SubmissionIgnored,
    SubmissionVerified,
    Team,
    TeamDisqualified,
    ThawScheduled,
    Transitioned,
    VerdictOverridden,
)
from streams.scoring.rules import Scope, make_rule
from tests.contest_log import problem

START = 1_800_000_000_000
MINUTE = 60_000
FREEZE, AGAIN, END = 240, 225, 310
"""Minutes: when it freezes, from when on it is frozen once the interval is restored, and the end, put off by ten."""

INTERVAL = {"start": START + 100 * MINUTE, "end": START + 115 * MINUTE}
"""It is removed, and restored in the freeze; nothing is submitted in it, nor between the two moments of the freeze."""

GROUPS = {"t1": "g1", "t2": "g1", "t3": "g1", "t4": "g1", "v1": "g3", "h1": None, "h2": "g2"}
"""The teams, and the group of each. `v1` is out of competition; the last two are hidden: by itself, by its group."""

OTHERS = frozenset({"t2", "t3", "v1", "h1", "h2"})
"""The teams whose frozen outcomes differ for who is none of them."""
OWN = frozenset({"t1"})
MINE = frozenset({"f1", "f8", "f11"})
"""What team t1 submitted in the freeze."""


@dataclass(frozen=True)
class Told:
    """An event; `shared`: it happens in both contests. What is not shared may show to nobody.

    `position`: where it stands in the log; None: behind the last one.
    """

    event: Event
    shared: bool = True
    position: int | None = None


@dataclass(frozen=True)
class Pause:
    """A moment at which everybody looks at everything."""

    name: str


Story = Generator[Told | Pause, int, None]
"""Gives what happens, is given the position of each event."""

BEFORE = {
    # id: team, problem, minute, verdict
    "s1": ("t1", "pa", 10, "WA"),
    "s2": ("t1", "pa", 20, "AC"),
    "s3": ("t2", "pb", 25, "AC"),
    "s4": ("t3", "pc", 200, "WA"),
    "s5": ("t2", "pa", 200, "WA"),
    "s6": ("t4", "pc", 210, "MLE"),
    "s7": ("v1", "pa", 205, "AC"),
}

FROZEN = {
    # id: team, problem, minute, the verdict in the first contest, in the second; None: it is never judged
    "f1": ("t1", "pb", 245, "AC", "WA"),
    "f2": ("t2", "pc", 246, "AC", "CE"),
    "f3": ("t3", "pd", 247, "WA", "AC"),
    "f4": ("t4", "pd", 248, "AC", "AC"),
    "f5": ("t2", "pd", 249, None, "AC"),
    "f6": ("t3", "pc", 250, "JE", "TLE"),
    "f7": ("h1", "pd", 251, "AC", "WA"),
    "f8": ("t1", "pd", 252, None, "JE"),
    "f9": ("h2", "pa", 253, "WA", "AC"),
    "f12": ("v1", "pb", 254, "AC", "CE"),
}

PROMOTED = {
    "icpc": {"penalty_minutes": "30"},
    "extended-icpc": {"hacks": "tie"},
    "ioi": {"mode": "best", "ties": "time"},
    "codeforces": {"hack": "70"},
    "atcoder": {"penalty_minutes": "30"},
}
"""What the generation that is promoted in the freeze says otherwise, by rule; of one that is not here, nothing."""

SCORES = {"AC": (70, 30), "WA": (70, 0), "TLE": (0, 10), "RTE": (0, 0), "MLE": (0, 20)}
"""What a judgement gives under a rule of points, by its test data groups."""

TESTS = {"AC": 3, "WA": 2, "TLE": 1, "RTE": 2, "MLE": 2, "JE": 0, "CE": 0}
"""How many tests ran until the verdict was clear."""

PROBLEMS = tuple(
    problem(f"p{label}", ordinal, label=label.upper(), statement="statement/problem.en.md")
    for ordinal, label in enumerate("abcd", 1)
)


class Teller:
    """Makes the events of one of the two contests: of the *second* one, what became of the *changed* teams' submissions."""

    def __init__(self, contest: str, changed: frozenset[str], rule: str, *, second: bool) -> None:
        self.contest = contest
        self.changed = changed
        self.rule = rule
        self.scores = SCORES if has_points(rule) else {}
        self.second = second
        self.minute = 0
        self.of: dict[str, tuple[str, str, int]] = {}

    def make(self, event: type[Event], /, **fields: Any) -> Any:
        return event(contest=self.contest, recorded_at=START + self.minute * MINUTE, recorded_by="test", **fields)

    def tell(self, event: type[Event], /, *, shared: bool = True, **fields: Any) -> Told:
        return Told(self.make(event, **fields), shared)

    def about(self, id_: str) -> dict[str, str]:
        team, problem, _ = self.of[id_]
        return {"submission_id": id_, "team_id": team, "problem_id": problem}

    def differs(self, id_: str) -> bool:
        return self.of[id_][0] in self.changed

    def submit(self, id_: str, team: str, problem: str, minute: int, *, shared: bool = True) -> Told:
        self.minute = minute
        self.of[id_] = team, problem, START + minute * MINUTE
        return self.tell(
            Submission,
            shared=shared,
            id=id_,
            team_id=team,
            problem_id=problem,
            language_id="cpp",
            submitted_at=START + minute * MINUTE,
            account=f"{team}-a",
            digest="d" * 64,
            files=(FileData("a.cpp", b"int main() {}"),),
        )

    def judge(
        self, id_: str, verdict: str, *, judging: int = 0, attempt: int = 1, shared: bool = True
    ) -> Iterator[Told]:
        """A judging from its start to its end; where it is not shared it takes its own time."""
        at = self.of[id_][2] + 1000 + (0 if shared else 777 * (1 + self.second) + len(verdict))
        judged = {"submission_id": id_, "judging": judging, "attempt": attempt}
        yield self.tell(JudgingStarted, **judged, host="h", started_at=at, shared=shared)
        count = TESTS[verdict]
        for ordinal in range(1, count + 1):
            said = verdict if ordinal == count else "AC"
            # one batch for each: how many there are follows from the verdict
            # the jury's alone, in every judging: it may differ where nobody else sees a difference
            secret = {"message": f"told {self.second}", "feedback": (FileData("left", f"{self.second}".encode()),)}
            run = Run(ordinal, said, 10 * ordinal, 20, 1024, at + 100 * ordinal, **secret)
            yield self.tell(Runs, **judged, runs=(run,), shared=shared)
        team, problem, submitted_at = self.of[id_]
        groups = self.scores.get(verdict, ())
        yield self.tell(
            Judgement,
            **judged,
            team_id=team,
            problem_id=problem,
            language_id="cpp",
            submitted_at=submitted_at,
            verdict=verdict,
            started_at=at,
            ended_at=at + 100 * count + 50,
            max_cpu_ms=10 * count,
            runs=count,
            score=sum(groups) if groups else None,
            group_scores=groups,
            shared=shared,
        )

    def fault(self, id_: str) -> Iterator[Told]:
        for attempt in (1, 2, 3):
            why = {"host": "h", "why": "no container", "final": attempt == 3}
            yield self.tell(JudgingFaulted, submission_id=id_, judging=0, attempt=attempt, **why, shared=False)


def has_points(rule: str) -> bool:
    """Whether its boards are ones of points."""
    return make_rule(rule, Scope(0, 1, 1), {}).row((), 0).score is not None


def both(contest: str, changed: frozenset[str], rule: str = "icpc") -> tuple[Story, Story]:
    """The story of the two contests that differ in the frozen submissions of the *changed* teams."""
    return story(contest, changed, rule, second=False), story(contest, changed, rule, second=True)


def story(contest: str, changed: frozenset[str], rule: str = "icpc", *, second: bool) -> Story:
    """The contest from its definition to its thaw."""
    t = Teller(contest, changed, rule, second=second)
    defined = yield t.tell(Definition, **definition(rule))
    yield from entries(t)
    yield t.tell(Transitioned, id="started", kind="started", planned_at=START)
    yield t.tell(Clarification, id="hello", text="Welcome", asked_at=START)
    t.minute = 120
    yield t.tell(IntervalRemoved, id="removed", **INTERVAL)
    for id_, (team, task, minute, verdict) in BEFORE.items():
        yield t.submit(id_, team, task, minute)
        if id_ != "s6":
            yield from t.judge(id_, verdict)
    for id_, team, verdict in (("x1", "h1", "WA" if second else "AC"), ("x2", "h2", "AC" if second else "CE")):
        # nobody outside the jury ever learns what became of a hidden team's submission
        yield t.submit(id_, team, "pc", 220)
        yield from t.judge(id_, verdict if t.differs(id_) else "AC", shared=False)
    if t.second:
        yield from unheard_of(t, "x3", "h2", 221)
    yield Pause("before")
    t.minute = FREEZE
    yield t.tell(Transitioned, id="frozen", kind="frozen", planned_at=START + FREEZE * MINUTE)
    # submitted before the freeze and judged in it: everybody sees it
    yield from t.judge("s6", BEFORE["s6"][3])
    yield from frozen(t)
    yield Pause("frozen")
    yield from acts(t)
    yield from generations(t, defined)
    yield Pause("acts")
    t.minute = END
    yield t.tell(Transitioned, id="ended", kind="ended", planned_at=START + END * MINUTE)
    yield t.tell(Finalized, id="final", b=2)
    yield t.tell(AwardGiven, id="late", award=award(t, "honor"), shared=False)
    yield Pause("over")
    t.minute = END + 10
    thaw = START + t.minute * MINUTE
    yield t.tell(ThawScheduled, id="thaw", thaw_time=thaw)
    yield t.tell(Transitioned, id="thawed", kind="thawed", planned_at=thaw)
    yield Pause("thawed")


def definition(rule: str, **changes: Any) -> dict[str, Any]:
    points = has_points(rule)
    return {
        "rule": rule,
        "scoreboard_type": "score" if points else "pass-fail",
        "changes": -1,
        "name": "A contest",
        "formal_name": "The contest",
        "start_time": START,
        "duration": 300 * MINUTE,
        "scoreboard_freeze_duration": 75 * MINUTE,
        "main_scoreboard_group_id": "g1",
        "judgement_types": WORLD_FINALS_TYPES,
        "publish": BIG_5,
        "problems": tuple(replace(one, max_score=100) for one in PROBLEMS) if points else PROBLEMS,
        "languages": (Language("cpp", "C++", ("cc", "cpp")),),
    } | changes


def entries(t: Teller) -> Iterator[Told]:
    yield t.tell(Group, id="g1", name="Everybody")
    yield t.tell(Group, id="g2", name="Guests", hidden=True)
    yield t.tell(Group, id="g3", name="Visitors")
    for team, group in GROUPS.items():
        yield t.tell(Organization, id=f"o-{team}", name=f"University {team}", country="ISL")
        groups = () if group is None else (group,)
        yield t.tell(
            Team, id=team, name=f"Team {team}", organization_id=f"o-{team}", group_ids=groups, hidden=team == "h1"
        )
        yield t.tell(Person, id=f"c-{team}", name="A coach", role="coach", team_ids=(team,), email="c@example.org")


def unheard_of(t: Teller, id_: str, team: str, minute: int) -> Iterator[Told]:
    """A hidden team submits: nobody outside the jury ever learns that there is such a submission, or what is said of it."""
    yield t.submit(id_, team, "pb", minute, shared=False)
    yield from t.judge(id_, "AC", shared=False)
    for type_, named in (("submissions", id_), ("groups", "g2"), ("persons", f"c-{team}"), ("judgements", "any")):
        message = f"{{{type_}:{named}}} was fast"
        yield t.tell(Commentary, id=f"{type_}-{id_}", message=message, said_at=START + minute * MINUTE, shared=False)


def frozen(t: Teller) -> Iterator[Told]:
    """What is submitted in the freeze, and what becomes of it; what is judged in one contest alone is judged last."""
    if t.second:
        yield from unheard_of(t, "x4", "h1", 244)
    late = []
    for id_, (team, task, minute, *verdicts) in FROZEN.items():
        yield t.submit(id_, team, task, minute)
        judged = outcome(t, id_, verdicts[t.second and t.differs(id_)])
        if None in verdicts:
            late.append(judged)
        else:
            yield from judged
    for judged in late:
        yield from judged


def outcome(t: Teller, id_: str, verdict: str | None) -> Iterator[Told]:
    """What becomes of a frozen submission."""
    if verdict == "JE":
        yield from t.fault(id_)
    if verdict is not None:
        yield from t.judge(id_, verdict, shared=not t.differs(id_))


def acts(t: Teller) -> Story:
    """What the jury does in the freeze: some of it in public, some about frozen submissions, some in one contest alone."""
    t.minute = 260
    yield t.tell(JudgingPaused, id="pause", problem_id="pd")
    # by somebody who has not seen that it is frozen: what is hidden stays so
    yield t.tell(ScoreboardFrozen, id="again", at=START + t.minute * MINUTE)
    # a rejudging of what everybody sees together with what is frozen
    both = yield t.tell(RejudgingCreated, id="rejudging-1", submission_ids=("s4", "f1", "f3"))
    yield from t.judge("s4", "AC", judging=both)
    for id_ in ("f1", "f3"):
        yield from t.judge(id_, "RTE" if t.second and t.differs(id_) else "AC", judging=both, shared=not t.differs(id_))
    yield t.tell(RejudgingApplied, id="apply-1", rejudging=both)
    never = yield t.tell(RejudgingCreated, id="rejudging-2", submission_ids=("s1",))
    yield from t.judge("s1", "AC", judging=never, shared=False)
    yield t.tell(RejudgingCancelled, id="cancel-2", rejudging=never)
    if t.second:
        yield from alone(t)
    yield t.tell(VerdictOverridden, id="by-hand", **t.about("s1"), verdict="TLE")
    yield t.tell(SubmissionIgnored, id="ignored", **t.about("s5"))
    yield t.tell(AwardGiven, id="award", award=award(t, "winner"), shared=False)
    yield t.tell(PenaltyAdded, id="penalty", team_id="t2", by=30 * MINUTE)
    yield t.tell(SubmissionHacked, id="hack", **t.about("s3"), by_team_id="t4", successful=False)
    yield t.tell(TeamDisqualified, id="out", team_id="t3")
    yield t.tell(TeamDisqualified, id="in", team_id="t3", disqualified=False)
    yield t.tell(Clarification, id="why", from_team_id="t1", text="Why?", asked_at=START + t.minute * MINUTE)
    yield t.tell(
        Clarification, id="so", to_team_ids=("t1",), reply_to_id="why", text="So.", asked_at=START + t.minute * MINUTE
    )
    yield t.tell(Commentary, id="wow", message="Exciting", team_ids=("t2",), said_at=START + t.minute * MINUTE)
    yield t.tell(Team, id="t4", name="Renamed", organization_id="o-t4", group_ids=("g1",))
    yield t.tell(JudgingResumed, id="resume", problem_id="pd")
    yield from times(t)


def times(t: Teller) -> Iterator[Told]:
    """What changes the times in the freeze, and the clock, which notes the freeze anew."""
    t.minute = FREEZE - 1  # somebody was asked whether to go on before it froze, and answers now
    yield t.tell(ContestExtended, id="longer", by=10 * MINUTE)
    t.minute = 265
    yield t.tell(IntervalRemoved, id="restored", restored=True, **INTERVAL)
    yield t.tell(Transitioned, id="frozen-again", kind="frozen", planned_at=START + AGAIN * MINUTE)


def alone(t: Teller) -> Story:
    """What happens in the second contest alone: to each of the frozen submissions that differ something else."""
    about = [id_ for id_ in FROZEN if t.differs(id_)]
    for number, id_ in enumerate(about):
        match number % 4:
            case 0:
                verdict = "AC" if number else "WA"
                yield t.tell(VerdictOverridden, id=f"hand-{id_}", **t.about(id_), verdict=verdict, shared=False)
            case 1:
                yield t.tell(SubmissionIgnored, id=f"ignore-{id_}", **t.about(id_), shared=False)
            case act:
                judging = yield t.tell(RejudgingCreated, id=f"again-{id_}", submission_ids=(id_,), shared=False)
                yield from t.judge(id_, "AC", judging=judging, shared=False)
                if act == 2:
                    yield t.tell(RejudgingApplied, id=f"apply-{id_}", rejudging=judging, shared=False)
        yield t.tell(SubmissionVerified, id=f"verify-{id_}", **t.about(id_), judging=0, shared=False)
        hacked = number % 2 == 0
        yield t.tell(
            SubmissionHacked, id=f"hack-{id_}", **t.about(id_), by_team_id="t4", successful=hacked, shared=False
        )


def award(t: Teller, id_: str) -> Award:
    """What the jury gives by hand while it alone knows the board."""
    return Award(id_, "The very best" if t.second else "Best", ("t2",) if t.second else ("t1", "t3"))


def generations(t: Teller, defined: int) -> Story:
    """Another generation is promoted, rolled back and promoted again, with a frozen submission in between."""
    t.minute = 270
    opened = yield t.tell(GenerationOpened, rule=t.rule, parameters=PROMOTED.get(t.rule, {}), fold_version=1)
    yield t.tell(MarkRequested, id="mark")
    yield t.tell(GenerationPromoted, expect="0", generation=str(opened))
    for id_, team in (("f10", "t2"), ("f11", "t1")):
        yield t.submit(id_, team, "pa", 275)
        verdict = "AC" if t.second and t.differs(id_) else "WA"
        yield from t.judge(id_, verdict, shared=not t.differs(id_))
    yield t.tell(GenerationPromoted, expect=str(opened), generation="0")
    yield t.tell(GenerationPromoted, expect="0", generation=str(opened))
    yield t.tell(Definition, **definition(t.rule, changes=defined, name="A contest, renamed"))
