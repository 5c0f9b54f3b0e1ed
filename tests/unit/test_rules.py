"""What rules refuse, what scores are made of on the way from a package's groups to the board, and a real olympiad."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from clics import objects
from judge.worker import _scaled
from schemas.events import Definition, Judgement
from streams.scoring.clock import ContestClock
from streams.scoring.project import active, board, find
from streams.scoring.rules import RULES, Attempt, Scope, Task, make_rule
from streams.scoring.rules.points import worth
from streams.scoring.state import ContestState
from streams.scoring.verdicts import Outcome
from tests.contest_log import HOUR, START, ContestLog, board_bytes, fold, problem
from tests.unit.test_grading import judge as graded
from tests.unit.test_grading import modern

OLYMPIAD = Path(__file__).parents[3] / "shared" / "data" / "ioi" / "olympiad-practice.json"


def test_a_rule_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(
        ValueError, match="no scoring rule 'golf'; there are atcoder, codeforces, extended-icpc, icpc, ioi"
    ):
        make_rule("golf", Scope(0, 0, 1), {})


@pytest.mark.parametrize(
    ("rule", "parameters", "says"),
    [
        ("icpc", {"penalty": "20"}, "the rule icpc has no parameter 'penalty'; it has penalty_minutes, time_precision"),
        ("icpc", {"time_precision": "hours"}, "icpc: time_precision is minutes or seconds, not 'hours'"),
        ("icpc", {"penalty_minutes": "-5"}, "icpc: penalty_minutes is a whole number up to 1000000, not '-5'"),
        ("ioi", {"mode": "sum"}, "ioi: mode is subtasks or best or last, not 'sum'"),
        ("ioi", {"ties": ""}, "ioi: ties is shared or time, not ''"),
        ("atcoder", {"penalty_minutes": "1" * 5000}, "atcoder: penalty_minutes is a whole number up to 1000000"),
        ("codeforces", {"minimum": "101"}, "codeforces: minimum is a whole number up to 100, not '101'"),
        ("codeforces", {"decay": "²"}, "codeforces: decay is a whole number up to 1000, not '²'"),
        ("extended-icpc", {"hacks": "points"}, "extended-icpc: hacks is none or tie, not 'points'"),
    ],
)
def test_a_parameter_that_is_wrong_is_refused_by_name(rule, parameters, says):
    with pytest.raises(ValueError) as refused:
        make_rule(rule, Scope(0, 0, 1), parameters)
    assert says in str(refused.value)


def test_every_rule_can_be_made_for_a_contest_that_is_not_known_yet():
    for name in RULES:
        assert make_rule(name, Scope(0, 0, 1), {}).row((), 0).num_solved == 0


# ---- from groups to the board ---------------------------------------------------------------------------------------


def test_the_groups_of_a_package_arrive_on_the_board_as_subtasks_in_the_contests_precision():
    """Each submission gets one of two groups; neither is exact in decimals, and the contest states two digits."""
    third = Fraction(100, 3)
    package = modern(
        secret={"max_score": None},
        a={"aggregation": "sum", "max_score": None, "cases": 1},
        b={"aggregation": "sum", "max_score": None, "cases": 1},
    )
    log = ContestLog()
    log.define(
        rule="ioi",
        score_scale=100,
        problems=(problem("A", 1, max_score=66_67, weight=1),),
        scoreboard_freeze_duration=None,
    )

    def submit(team: str, minute: int, verdicts: dict[str, str]) -> None:
        files = {name: {"score": str(float(third)).encode()} for name in ("secret/a/1", "secret/b/1")}
        kept = {name: one for name, one in files.items() if name not in verdicts}
        _, grade = graded(package, verdicts, files=kept)
        log.judge(
            log.submit(team, "A", minute),
            grade.verdict,
            score=_scaled(grade.score, 100),
            group_scores=tuple(_scaled(score, 100) for score in grade.subtasks),
        )

    submit("t1", 10, {"secret/a/1": "WA"})
    submit("t1", 20, {"secret/b/1": "TLE"})
    submit("t1", 25, {"secret/b/1": "WA"})
    submit("t2", 30, {})
    first, second = json.loads(log.canonical())["rows"]
    # the whole score is rounded once, the best of the groups are rounded one by one
    assert (first["team_id"], first["score"]) == ("t2", {"score": 66.67, "time": "0:30:00"})
    assert (second["team_id"], second["score"]) == ("t1", {"score": 66.66, "time": "0:20:00"})
    assert second["problems"] == [
        {"problem_id": "A", "num_judged": 3, "num_pending": 0, "score": 66.66, "time": "0:20:00"}
    ]


def test_problems_without_scores_and_verdicts_by_hand_have_their_worth():
    problems = (problem("A", 1, weight=3), problem("B", 2, max_score=1000), problem("C", 3, weight=0, max_score=1000))
    log = ContestLog(["t1"])
    log.define(rule="ioi", score_scale=10, problems=problems)
    log.submit("t1", "A", 1, "AC")
    by_hand = log.submit("t1", "B", 2)
    log.judge(by_hand, "WA", score=400, group_scores=(400, 0))
    log.judge(log.submit("t1", "C", 3), "AC", score=1000)

    def shown() -> tuple[float, list[float]]:
        (row,) = json.loads(log.canonical())["rows"]
        return row["score"]["score"], [cell["score"] for cell in row["problems"]]

    assert shown() == (43, [3, 40, 0])
    log.override(by_hand, "AC")
    assert shown() == (103, [3, 100, 0])
    log.override(by_hand, "TLE")
    assert shown() == (3, [3, 0, 0])
    log.override(by_hand, "WA", score=700)
    assert shown() == (73, [3, 70, 0])
    log.override(by_hand, "AC", score=0, group_scores=(200, 350))
    assert shown() == (58, [3, 55, 0])
    log.override(by_hand, None)
    assert shown() == (43, [3, 40, 0])


def test_a_score_by_hand_outlives_the_process():
    log = ContestLog(["t1"])
    log.define(rule="ioi", problems=(problem("A", 1, max_score=100),))
    log.override(log.submit("t1", "A", 1, "WA"), "WA", score=10, group_scores=(10, 20))
    before = fold(log.events)
    after = ContestState.restore("c1", json.loads(json.dumps(list(before.parts()))))
    (row,) = json.loads(board_bytes(after, "jury"))["rows"]
    assert row["score"]["score"] == 30
    assert board_bytes(after, "jury") == board_bytes(before, "jury")


def test_subtasks_of_packages_that_are_cut_otherwise_are_never_more_than_the_problem():
    """A problem of 100 points was cut into 20, 30 and 50, then into 50 and 50; the old verdicts were not judged again."""
    tried = [(100, (20, 30, 50)), (50, (20, 30, 0)), (50, (0, 50))]
    for weight, scores, shown in ((1, tried, 100), (1, tried[1:], 70), (3, tried, 300)):
        log = ContestLog(["t1"])
        log.define(
            rule="ioi", scoreboard_freeze_duration=None, problems=(problem("A", 1, weight=weight, max_score=100),)
        )
        for minute, (score, groups) in enumerate(scores):
            log.judge(log.submit("t1", "A", minute), "WA", score=score, group_scores=groups)
        (row,) = json.loads(log.canonical())["rows"]
        assert row["score"]["score"] == shown
    half = Task("A", 1, 50)
    attempts = [Attempt(1, Outcome.ACCEPTED, 100, (20, 30, 50)), Attempt(2, Outcome.REJECTED, 40, (40, 0))]
    cell = make_rule("ioi", Scope(0, HOUR, 1), {}).cell(half, attempts)
    assert (cell.score, cell.time) == (100, 1), "what a submission was given as a whole is not taken from it"
    cell = make_rule("ioi", Scope(0, HOUR, 1), {}).cell(replace(half, max_score=None), attempts)
    assert (cell.score, cell.time) == (120, 2), "a problem without a maximum has none"


def test_a_judgement_of_the_contest_api_has_the_points_that_the_rules_give_an_attempt():
    outcomes = {"AC": Outcome.ACCEPTED, "WA": Outcome.REJECTED, "CE": Outcome.FREE}
    clock = ContestClock(START, 5 * HOUR)
    for weight, most, score, verdict in product((0, 1, 5), (None, 100), (None, -3, 0, 55), outcomes):
        one = problem("A", 1, weight=weight, max_score=most)
        fields = {"problems": (one,), "scoreboard_type": "score", "score_scale": 10}
        definition = ContestLog().make(Definition, name="c", changes=-1, duration=5 * HOUR, **fields)
        told = {"published": verdict, "score": score, "started_at": START, "ended_at": START, "max_cpu_ms": None}
        of = {"id_": "j", "submission_id": "s", "problem_id": "A", "current": True}
        made = objects.judgement(definition, clock, **of, **told)
        attempt = Attempt(0, outcomes[verdict], score)
        assert made["score"] * 10 == worth(Task("A", weight, most), attempt, 10), (weight, most, score, verdict)
        limit = objects.problem(one, definition).get("max_score")
        assert limit == (None if most is None else most * weight / 10)
        passing = replace(definition, scoreboard_type="pass-fail")
        assert "score" not in objects.judgement(passing, clock, **of, **told)


# ---- a real olympiad ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not OLYMPIAD.is_file(), reason=f"no collection of real contests at {OLYMPIAD.parents[1]}")
def test_the_totals_of_an_olympiad_are_the_official_ones():
    olympiad = json.loads(OLYMPIAD.read_text())
    scale = 10
    log = ContestLog([one["contestant"] for one in olympiad["contestants"]])
    log.define(
        rule="ioi",
        parameters={"mode": "subtasks"},
        score_scale=scale,
        scoreboard_type="score",
        scoreboard_freeze_duration=None,
        problems=tuple(problem(id_, n, max_score=100 * scale) for n, id_ in enumerate(olympiad["problems"], 1)),
    )

    def units(score: float) -> int:
        found = Fraction(str(score)) * scale
        assert found.denominator == 1
        return int(found)

    for contestant in olympiad["contestants"]:
        for number, attempt in enumerate(contestant["attempts"]):
            team, at = contestant["contestant"], START + attempt["time_ms"]
            of = {"team_id": team, "problem_id": attempt["problem"], "language_id": "cpp", "submitted_at": at}
            log.submit(team, attempt["problem"], 0, id_=f"{team}-{number}", at=at)
            log.act(
                Judgement,
                **of,
                submission_id=f"{team}-{number}",
                judging=0,
                attempt=1,
                verdict="AC" if attempt["score"] == 100 else "WA",
                score=units(attempt["score"]),
                group_scores=tuple(units(score) for score in attempt["subtasks"] or ()),
                started_at=at,
                ended_at=at,
            )
    state = log.state()
    rows = board(state, find(state, active(state)), "public").rows
    official = {one["contestant"]: units(one["official_total"]) for one in olympiad["contestants"]}
    assert {row.team_id: row.score for row in rows} == official
    assert len(official) == 350
