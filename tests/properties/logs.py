"""Strategies: logs of contests, with everything that may happen to a score."""

from __future__ import annotations

from hypothesis import strategies as st

from schemas.definition import Award
from schemas.events import (
    AwardGiven,
    ContestExtended,
    Finalized,
    GenerationOpened,
    GenerationPromoted,
    GenerationRetired,
    IntervalRemoved,
    PenaltyAdded,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCreated,
    RejudgingReverted,
    ScoreboardFrozen,
    ScoreboardUnfrozen,
    StartMoved,
    Submission,
    SubmissionHacked,
    SubmissionVerified,
    TeamDisqualified,
    TeamStarted,
    TeamTimeExtended,
    ThawScheduled,
    Transitioned,
)
from streams.scoring.clock import PAUSE_MS
from streams.scoring.rules import RULES
from tests.contest_log import HOUR, MINUTE, START, ContestLog, judgement_types, problem

TEAMS = ("t1", "t2", "t3", "staff")
PROBLEMS = "AB"
VERDICTS = ("AC", "AC", "AC", "WA", "TLE", "RTE", "CE", "JE", "MLE", "APE", "XX")

SETTINGS: dict[str, list[dict[str, str]]] = {
    "icpc": [{}, {"time_precision": "seconds", "penalty_minutes": "7"}],
    "extended-icpc": [{}, {"hacks": "tie", "penalty_minutes": "3"}],
    "ioi": [{"mode": mode, "ties": ties} for mode in ("subtasks", "best", "last") for ties in ("shared", "time")],
    "atcoder": [{}, {"time_precision": "minutes", "penalty_minutes": "1"}],
    "codeforces": [{}, {"decay": "4", "minimum": "0", "penalty": "5", "hack": "7", "failed_hack": "3"}],
}
"""Parameters by rule; a rule that is not here is tried with none."""


def parameters(rule: str) -> st.SearchStrategy[dict[str, str]]:
    """What a contest may set of the rule."""
    return st.sampled_from(SETTINGS.get(rule, [{}]))


# minutes where something changes, and the milliseconds round them
moments = st.builds(
    lambda minute, offset: START + minute * MINUTE + offset,
    st.sampled_from((0, 1, 10, 10, 59, 60, 80, 100, 239, 240, 250, 299, 300, 310)),
    st.sampled_from((-1, 0, 0, 0, 1, 30_000, 59_999)),
)
# mostly round the freeze, as it is and as intervals of ten minutes move it
acting = st.builds(
    lambda minute, offset: START + minute * MINUTE + offset,
    st.sampled_from((10, 120, 200, 230, 239, 240, 241, 245, 249, 250, 251, 255, 260, 265, 300)),
    st.sampled_from((-1, 0, 0, 0, 1, 30_000)),
)
spans = st.builds(
    lambda minute, length: {"start": START + minute * MINUTE, "end": START + (minute + length) * MINUTE},
    st.sampled_from((-5, 30, 60, 100, 104, 232, 240)),
    st.sampled_from((1, 10, 10, 60)),
)
thaws = (START + 5 * HOUR, START + 5 * HOUR + 10 * MINUTE, START + 6 * HOUR)
judgement_type_tables = st.sampled_from(
    (
        (),
        (),
        judgement_types(AC=False, WA=True, CE=True, MLE=False),
        judgement_types(AC=False, RE=True),
    )
)


@st.composite
def logs(draw, *, generations: bool = False, rule: str = "icpc", definitions: bool = False) -> ContestLog:
    """A contest's log of up to forty events, acts and repeats among them; with *definitions* of several more.

    *rule* is what it is scored by, with any of its parameters; problems have points and judgements scores whatever it is.
    """
    groups = draw(st.booleans())
    own = draw(st.booleans())  # teams have windows, verdicts are verified: seldom both in a log of few events
    log = ContestLog(
        teams=(),
        judgement_types=draw(judgement_type_tables),
        penalty_time=draw(st.sampled_from((20 * MINUTE, 90_500, 0))),
        main_scoreboard_group_id="main" if groups else None,
        window=draw(st.sampled_from((None, None, 2 * HOUR))) if own else None,
        verification=not own and draw(st.sampled_from((False, False, True))),
        rule=rule,
        parameters=draw(parameters(rule)),
        score_scale=10,
        problems=tuple(problem(id_, place, max_score=1000) for place, id_ in enumerate("ABC", 1)),
    )
    for team in draw(st.permutations(TEAMS)):
        if draw(st.integers(0, 9)):
            log.team(team, **entry(draw, team, groups=groups))
        if own and draw(st.integers(0, 3)):
            log.act(TeamStarted, id=f"starts-{team}", team_id=team, start_time=draw(moments))
    for _ in range(draw(st.integers(5, 30))):
        step(draw, log, groups=groups, generations=generations)
        if definitions and draw(st.integers(0, 2)) == 0:
            define(draw, log)
    if draw(st.integers(0, 2)) == 0:
        finish(draw, log)
        for _ in range(draw(st.integers(0, 6))):
            step(draw, log, groups=groups, generations=generations)
    return log


@st.composite
def timed_logs(draw) -> ContestLog:
    """A log of submissions round the freeze, and of acts and definitions that change the contest's times.

    Nothing of what it holds is taken or refused for the times as they are then: no thaw, and no freeze by hand or lift late.
    """
    log = ContestLog(scoreboard_freeze_duration=draw(st.sampled_from((HOUR, HOUR, 50 * MINUTE, None))))
    for place, minute in enumerate((5, 65, 229, 235, 240, 245, 250, 255, 265, 295, 305, 315)):
        log.submit(("t1", "t2")[place % 2], "ABC"[place % 3], minute, draw(st.sampled_from(("AC", "WA", None))))
    for _ in range(draw(st.integers(1, 7))):
        log.recorded_at = draw(acting)
        change_times(draw, log)
    return log


def change_times(draw, log: ContestLog) -> None:
    match draw(st.integers(0, 9)):
        case 0 | 1:
            log.act(ContestExtended, by=draw(st.sampled_from((10 * MINUTE, -5 * MINUTE, HOUR))))
        case 9:
            log.act(Transitioned, kind="frozen", planned_at=log.recorded_at)
        case 8:
            paused = {"start": log.recorded_at, "end": log.recorded_at + PAUSE_MS}
            log.act(IntervalRemoved, **paused)
            log.recorded_at += draw(st.sampled_from((1, MINUTE, 20 * MINUTE)))
            if draw(st.booleans()):
                log.act(ContestExtended, by=10 * MINUTE)
            log.act(IntervalRemoved, start=paused["start"], end=log.recorded_at)
            log.act(IntervalRemoved, **paused, restored=True)
        case 2:
            log.act(IntervalRemoved, **draw(spans))
        case 3 if removed := [event for _, event in log.events if isinstance(event, IntervalRemoved)]:
            one = draw(st.sampled_from(removed))
            log.act(IntervalRemoved, start=one.start, end=one.end, restored=True)
        case 4:
            log.act(StartMoved, start_time=draw(st.sampled_from((None, START, START + 30 * MINUTE))))
        case 5:
            freeze = draw(st.sampled_from((None, 2 * HOUR, HOUR, 30 * MINUTE)))
            log.define(scoreboard_freeze_duration=freeze, duration=draw(st.sampled_from((5 * HOUR, 6 * HOUR))))
        case 6 if not any(isinstance(event, Transitioned) for _, event in log.events):
            log.recorded_at = min(log.recorded_at, START + HOUR)
            log.act(ScoreboardFrozen, at=draw(moments))
        case _:
            log.recorded_at = min(log.recorded_at, START + HOUR)
            log.act(ScoreboardUnfrozen)


any_rules = st.sampled_from(sorted(RULES)).flatmap(lambda rule: logs(generations=True, rule=rule))
"""A log under any of the rules, and with generations of others."""


def finish(draw, log: ContestLog) -> None:
    """The clock notes the end, the contest is finalized, and most times thawed: then it is over."""
    log.recorded_at = START + 9 * HOUR
    for kind in draw(st.permutations(("ended", "thawed", "finalized"))):
        contest = log.state().contest
        planned_at = contest.clock.end if kind == "ended" else contest.planned_thaw
        if kind == "finalized":
            log.act(Finalized, b=draw(st.integers(0, 2)))
        elif planned_at is not None:
            log.act(Transitioned, id=f"{kind}-at-{planned_at}", kind=kind, planned_at=planned_at)


def entry(draw, team: str, *, groups: bool) -> dict:
    found = {"group_ids": ("crew",) if team == "staff" else ("main",)} if groups else {}
    if groups and draw(st.integers(0, 5)) == 0:
        found["group_ids"] = ("main", "crew")
    return found | {
        "hidden": team == "staff" and draw(st.booleans()),
        "name": draw(st.sampled_from(("Éa", "ea", team))),
    }


def step(draw, log: ContestLog, *, groups: bool, generations: bool) -> None:
    submissions = [event for _, event in log.events if isinstance(event, Submission)]
    rejudgings = [position for position, event in log.events if isinstance(event, RejudgingCreated)]
    log.recorded_at = draw(moments)
    kind = draw(st.integers(0, 30))
    if kind <= 9 or not submissions:
        id_ = draw(st.sampled_from(("", "", "", "", "twice")))
        team, problem_id = draw(st.sampled_from(TEAMS)), draw(st.sampled_from(PROBLEMS))
        verdict = draw(st.sampled_from((None, None, "AC", "AC", "WA")))
        at = draw(moments)
        if id_ != "twice" or all(s.id != id_ for s in submissions):
            log.submit(team, problem_id, 0, verdict, id_=id_, at=at)
        else:
            log.submit(team, problem_id, 0, id_=id_, at=at)
    elif kind <= 16:
        judging = draw(st.sampled_from((0, 0, 0, *rejudgings)))
        scores = draw(st.sampled_from(({}, {"score": 1000}, {"score": 300, "group_scores": (100, 200)})))
        log.judge(draw(st.sampled_from(submissions)).id, draw(st.sampled_from(VERDICTS)), judging, **scores)
    elif kind <= 19:
        act_on_submission(draw, log, submissions, rejudgings)
    elif kind <= 23:
        act_on_team(draw, log, groups=groups)
    elif generations and kind <= 25:
        act_on_generation(draw, log)
    else:
        act_on_contest(draw, log)
    if draw(st.integers(0, 8)) == 0:
        log.add(log.events[-1][1])  # the same record again, as after a producer's time-out


def act_on_submission(draw, log: ContestLog, submissions, rejudgings) -> None:
    submission = draw(st.sampled_from(submissions)).id
    match draw(st.integers(0, 9)):
        case 0:
            log.override(submission, draw(st.sampled_from((None, *VERDICTS))))
        case 1:
            log.ignore(submission, ignored=draw(st.booleans()))
        case 2 | 3:
            ids = tuple(sorted(draw(st.sets(st.sampled_from([s.id for s in submissions]), min_size=1, max_size=3))))
            # another chunk may come behind the act that applied the rejudging, and before its judgements
            chunk = {"rejudging": rejudgings[0], "chunk": 1} if rejudgings and draw(st.booleans()) else {}
            created = log.make(RejudgingCreated, submission_ids=ids, chunks=2, **chunk)
            number = chunk.get("rejudging", log.add(created))
            if draw(st.integers(0, 3)) == 0:
                log.add(created)  # the same record again, at a position that might be another rejudging's number
            if draw(st.booleans()):
                for id_ in ids:
                    log.judge(id_, draw(st.sampled_from(VERDICTS)), number)
            if draw(st.booleans()):
                log.act(RejudgingApplied, rejudging=number)
                if draw(st.booleans()):
                    late = draw(st.sampled_from(submissions)).id
                    log.act(RejudgingCreated, submission_ids=(late,), rejudging=number, chunk=1, chunks=2)
        case 4 | 5:
            log.on(SubmissionVerified, submission, judging=draw(st.sampled_from((0, 0, *rejudgings))))
        case 6:
            hacker = draw(st.sampled_from(TEAMS))
            log.on(SubmissionHacked, submission, by_team_id=hacker, successful=draw(st.booleans()))
        case _:
            acts = (RejudgingApplied, RejudgingApplied, RejudgingReverted, RejudgingCancelled)
            log.act(draw(st.sampled_from(acts)), rejudging=draw(st.sampled_from((1, *rejudgings))))


def act_on_team(draw, log: ContestLog, *, groups: bool) -> None:
    team = draw(st.sampled_from(TEAMS))
    match draw(st.integers(0, 5)):
        case 0:
            log.act(PenaltyAdded, team_id=team, by=draw(st.sampled_from((10 * MINUTE, -25 * MINUTE, 1))))
        case 1:
            log.act(TeamDisqualified, team_id=team, disqualified=draw(st.booleans()))
        case 2:
            log.team(team, **entry(draw, team, groups=groups), removed=draw(st.integers(0, 3)) == 0)
        case 3:
            log.act(TeamTimeExtended, team_id=team, by=draw(st.sampled_from((10 * MINUTE, -10 * MINUTE, 1))))
        case 4:
            log.act(TeamStarted, team_id=team, start_time=draw(moments))
        case _:
            log.group(draw(st.sampled_from(("crew", "main"))), hidden=draw(st.booleans()))


def act_on_generation(draw, log: ContestLog) -> None:
    opened = [str(position) for position, event in log.events if isinstance(event, GenerationOpened)]
    ids = st.sampled_from(("0", *opened))
    match draw(st.integers(0, 2)):
        case 0:
            rule = draw(st.sampled_from(sorted(RULES)))
            log.act(GenerationOpened, rule=rule, parameters=draw(parameters(rule)), fold_version=1)
        case 1:
            log.act(GenerationPromoted, expect=draw(ids), generation=draw(ids))
        case _:
            log.act(GenerationRetired, generation=draw(ids))


def act_on_contest(draw, log: ContestLog) -> None:
    match draw(st.integers(0, 11)):
        case 0 | 1:
            log.act(ContestExtended, by=draw(st.sampled_from((10 * MINUTE, -5 * MINUTE))))
        case 2:
            log.act(ScoreboardFrozen, at=draw(moments))
        case 3:
            log.act(ScoreboardUnfrozen)
        case 4 | 5:
            kind = draw(st.sampled_from(("frozen", "ended", "ended", "thawed", "thawed", "thawed")))
            planned_at = START + 5 * HOUR if kind == "ended" else draw(st.sampled_from(thaws))
            log.act(Transitioned, id=f"{kind}-{planned_at}", kind=kind, planned_at=planned_at)
        case 6:
            log.act(ThawScheduled, thaw_time=draw(st.sampled_from((None, START + HOUR, *thaws))))
        case 7:
            log.act(AwardGiven, award=Award("best", "Best", ("t1",)), removed=draw(st.booleans()))
        case 8:
            removed = [event for _, event in log.events if isinstance(event, IntervalRemoved)]
            if removed and draw(st.booleans()):
                one = draw(st.sampled_from(removed))
                log.act(IntervalRemoved, start=one.start, end=one.end, restored=True)
            else:
                start, end = sorted((draw(moments), draw(moments)))
                log.act(IntervalRemoved, start=start, end=end)
        case 9:
            log.act(StartMoved, start_time=draw(st.sampled_from((None, START, START + 30 * MINUTE))))
        case 10:
            define(draw, log, changes=draw(st.sampled_from((0, None))))
        case 11 if draw(st.booleans()):
            define(draw, log)
        case _:
            log.act(Finalized, b=0)


def define(draw, log: ContestLog, changes: int | None = None) -> None:
    """Another definition: of the problems, or of times, verification and parameters."""
    if draw(st.booleans()):
        withdrawn = draw(st.booleans())
        weight = draw(st.sampled_from((1, 0, 3)))
        problems = (problem("C", 1), problem("B", 2, withdrawn=withdrawn), problem("A", 2, weight=weight))
        log.define(changes=changes, problems=problems)
    else:
        log.define(
            changes=changes,
            scoreboard_freeze_duration=draw(st.sampled_from((None, 2 * HOUR, 30 * MINUTE))),
            duration=draw(st.sampled_from((5 * HOUR, 6 * HOUR))),
            verification=draw(st.booleans()),
            window=draw(st.sampled_from((None, HOUR))),
            parameters=draw(parameters(log.rule)),
        )
