"""What podium's own files of a contest package carry: any rule, and the acts that the Contest API has no word for."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clics.feeds import read_feed
from clics.feeds.export import Happened, feed
from clics.package_acts import acts_object
from clics.package_export import configuration_files, dumped
from clics.state import State
from podium.feeds.board import events_of
from podium.feeds.known import Known, lacking
from schemas.definition import Award
from schemas.errors import DataError, PackageError, RuleError
from schemas.events import (
    AwardGiven,
    Definition,
    Finalized,
    GenerationOpened,
    GenerationPromoted,
    IntervalRemoved,
    PenaltyAdded,
    RejudgingApplied,
    RejudgingCreated,
    ScoreboardFrozen,
    SubmissionHacked,
    SubmissionVerified,
    TeamDisqualified,
    TeamStarted,
    TeamTimeExtended,
    ThawScheduled,
    Transitioned,
)
from streams.scoring.fold import FOLD_VERSION
from streams.scoring.project import active, find
from streams.scoring.rules import Scope, make_rule
from tests.contest_log import HOUR, MINUTE, START, ContestLog, board_bytes, fold, problem

AUDIENCES = ("public", "jury")
RULES = {
    "icpc": ("icpc", {}),
    "icpc in seconds": ("icpc", {"time_precision": "seconds", "penalty_minutes": "7"}),
    "extended-icpc": ("extended-icpc", {"hacks": "tie"}),
    "codeforces": ("codeforces", {"minimum": "40", "hack": "70"}),
    "atcoder": ("atcoder", {"penalty_minutes": "3", "time_precision": "minutes"}),
    "ioi subtasks": ("ioi", {}),
    "ioi best": ("ioi", {"mode": "best"}),
    "ioi last": ("ioi", {"mode": "last", "ties": "time"}),
}
OWN = {
    "publish": {"MLE": "WA"},
    "feedback": "number",
    "priority": 4,
    "late_window": MINUTE,
    "all_tests": True,
    "awards": {"gold": "1"},
    "rehearsal": True,
    "public": False,
    "penalty_time": 9 * MINUTE,
}


def contest_under(rule, **fields):
    """A contest with weights under one of the rules."""
    name, parameters = RULES[rule]
    passing = name in ("icpc", "extended-icpc")
    problems = (
        problem("A", 1, weight=2, max_score=10_000),
        problem("B", 2, weight=1 if passing else 3),
        problem("C", 3, max_score=None if passing else 500, withdrawn=False),
    )
    kind = {"scoreboard_type": "pass-fail" if passing else "score", "score_scale": 1 if passing else 100}
    terms = {"rule": name, "parameters": parameters, "scoreboard_thaw_time": None}
    return ContestLog(teams=TEAMS, problems=problems, **kind, **terms, **OWN, **fields)


def files_of(log):
    """The package's files that a board comes from."""
    happened = Happened(State("c1"))
    for position, event in log.events:
        happened.take(position, event)
    scores = fold(log.events)
    generation = find(scores, active(scores))
    definition = happened.state.definition
    found = {f"{name}.json": dumped(one) for name, one in configuration_files(happened.state, definition, {}).items()}
    rule, parameters = generation.rule, generation.parameters
    scored = make_rule(rule, Scope(0, 0, 1), parameters).scored
    acts = acts_object(happened.state, happened.acts.values(), happened.derived(), rule, parameters, scored=scored)
    return found | {"podium-acts.json": dumped(acts), "event-feed.ndjson": b"".join(feed(happened))}


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def back(path, files):
    path.write_bytes(zipped(files))
    return list(enumerate(events_of(read_feed(path))))


def boards(found):
    state = fold(found)
    return {audience: json.loads(board_bytes(state, audience)) for audience in AUDIENCES}


TEAMS, PROBLEMS = ("t1", "t2", "t3"), "ABC"
OPERATIONS = ("submit",) * 6 + (
    *("hack", "hack", "override", "rejudge", "ignore", "verify", "penalty", "disqualify", "extra"),
    *("start", "interval", "promote", "freeze"),
)


@st.composite
def contests(draw):
    """Contests with whatever the Contest API has no word for."""
    log = contest_under(
        draw(st.sampled_from(sorted(RULES))),
        verification=draw(st.integers(0, 3)) == 0,
        window=draw(st.sampled_from([None, None, 2 * HOUR])),
    )
    log.recorded_at = START - 5 * MINUTE
    for operation in draw(st.lists(st.sampled_from(OPERATIONS), min_size=8, max_size=30)):
        log.recorded_at += draw(st.integers(0, 30)) * MINUTE + draw(st.sampled_from([0, 0, 1, 59_999]))
        step(draw, log, operation)
    clock = log.state().contest.clock
    for kind, at in (("started", clock.start), ("frozen", log.state().contest.freeze), ("ended", clock.end)):
        log.recorded_at = max(log.recorded_at, at)
        log.act(Transitioned, kind=kind, planned_at=at)
    if draw(st.booleans()):
        log.recorded_at = max(log.recorded_at, clock.end + 3 * HOUR)
        log.act(ThawScheduled, thaw_time=log.recorded_at)
        log.act(Transitioned, kind="thawed", planned_at=log.recorded_at)
        log.act(Finalized, b=2)
        log.act(PenaltyAdded, team_id="t1", by=MINUTE)
    return log


def step(draw, log, operation):
    team, flag = draw(st.sampled_from(TEAMS)), draw(st.booleans())
    submitted = [event.id for _, event in log.events if type(event).__name__ == "Submission"]
    one = draw(st.sampled_from(submitted)) if submitted else None
    verdict = draw(st.sampled_from(["AC", "AC", "WA", "CE", "MLE", "JE"]))
    scores = draw(st.sampled_from([{}, {"score": 4_000}, {"score": 6_000, "group_scores": (1_000, 5_000)}, {"score": 5_500, "group_scores": (4_500, 1_000)}, {"score": -3}]))  # fmt: skip
    if operation == "submit":
        id_ = log.submit(
            team,
            draw(st.sampled_from(PROBLEMS)),
            0,
            at=log.recorded_at,
            id_=f"{draw(st.integers(0, 99))}-{len(log.events)}",
        )
        if draw(st.integers(0, 5)):
            log.judge(id_, verdict, **scores)
            if flag:
                log.on(SubmissionVerified, id_, judging=0)
    elif operation == "penalty":
        log.act(PenaltyAdded, team_id=team, by=7 * MINUTE if flag else -MINUTE)
    elif operation == "disqualify":
        log.act(TeamDisqualified, team_id=team, disqualified=flag)
    elif operation == "extra":
        log.act(TeamTimeExtended, team_id=team, by=20 * MINUTE)
    elif operation == "start":
        log.act(TeamStarted, team_id=team, start_time=log.recorded_at - 5 * MINUTE)
    elif operation == "interval" and not any(isinstance(event, IntervalRemoved) for _, event in log.events):
        log.act(IntervalRemoved, start=START + 70 * MINUTE, end=START + 95 * MINUTE)
    elif operation == "freeze":
        log.act(ScoreboardFrozen, at=max(log.recorded_at, START))
    elif operation == "promote":
        number = log.act(GenerationOpened, rule="icpc", parameters={"penalty_minutes": "1"}, fold_version=FOLD_VERSION)
        log.act(GenerationPromoted, expect=active(log.state()), generation=str(number))
    elif one is None:
        return
    elif operation == "hack":
        log.on(SubmissionHacked, one, by_team_id=team, successful=flag)
    elif operation == "override":
        given = verdict if flag else draw(st.sampled_from(["AC", None]))
        log.override(one, given, **(scores if given else {}))
    elif operation == "ignore":
        log.ignore(one, ignored=flag)
    elif operation == "verify":
        log.on(SubmissionVerified, one, judging=0)
    elif operation == "rejudge":
        number = log.act(RejudgingCreated, submission_ids=(one,))
        log.recorded_at += MINUTE
        log.judge(one, verdict, number, **scores)
        if flag:
            log.on(SubmissionVerified, one, judging=number)
        log.act(RejudgingApplied, rejudging=number)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(log=contests())
def test_any_contest_comes_back_to_every_audiences_board(tmp_path_factory, log):
    path = tmp_path_factory.getbasetemp() / "own.zip"
    read = back(path, files_of(log))
    assert boards(read) == boards(log.events)


def test_extra_time_hacks_that_were_undone_and_the_order_of_one_moment_come_back(tmp_path):
    log = contest_under("extended-icpc")
    log.recorded_at = START + 6 * HOUR
    log.submit("t1", "C", "5:05:00", "AC")
    log.act(TeamTimeExtended, team_id="t1", by=20 * MINUTE)
    one = log.submit("t2", "B", "1:00:00", "AC")
    log.on(SubmissionHacked, one, by_team_id="t3", successful=True)
    log.override(one, "AC")
    log.submit("t3", "A", "0:30:00", "AC", id_="z")
    log.submit("t1", "A", "0:30:00", "AC", id_="a")
    wanted = boards(log.events)
    assert [row["score"]["num_solved"] for row in wanted["jury"]["rows"]] == [3, 2, 1], "A counts twice"
    assert log.firsts() == {"A": "t3", "B": "t2", "C": "t1"}
    assert boards(back(tmp_path / "a.zip", files_of(log))) == wanted


@pytest.mark.parametrize("verification", [False, True])
def test_what_passed_the_pretests_and_failed_the_system_tests_comes_back_where_judgements_have_scores(
    tmp_path, verification
):
    log = contest_under("codeforces", verification=verification)
    log.recorded_at = START + HOUR
    one = log.submit("t1", "B", 10)
    log.judge(one, "AC", score=100)
    number = log.act(RejudgingCreated, submission_ids=(one,))
    log.judge(one, "WA", number, score=40)
    for judging in (0, number):
        log.on(SubmissionVerified, one, judging=judging)
    log.act(RejudgingApplied, rejudging=number)
    early = log.submit("t1", "B", 5)
    log.judge(early, "AC", score=100)
    log.on(SubmissionVerified, early, judging=0)
    wanted = boards(log.events)
    (cell,) = (one for one in wanted["jury"]["rows"][0]["problems"] if one["problem_id"] == "B")
    assert cell["score"] == 0, "the later one passed the pretests, so the earlier one counts no more"
    assert boards(back(tmp_path / "a.zip", files_of(log))) == wanted


@pytest.mark.parametrize("rule", ["extended-icpc", "codeforces", "ioi best"])
@pytest.mark.parametrize("scores", [{}, {"score": 5_000}])
def test_a_hack_that_was_undone_before_a_rejudging_comes_back_undone(tmp_path, rule, scores):
    log = contest_under(rule)
    log.recorded_at = START + HOUR
    one = log.submit("t1", "B", 10)
    log.judge(one, "AC", **scores)
    log.on(SubmissionHacked, one, by_team_id="t2", successful=True)
    log.override(one, "AC")
    number = log.act(RejudgingCreated, submission_ids=(one,))
    log.judge(one, "AC", number, **scores)
    log.act(RejudgingApplied, rejudging=number)
    wanted = boards(log.events)
    (row,) = (one for one in wanted["jury"]["rows"] if one["team_id"] == "t1")
    (cell,) = (one for one in row["problems"] if one["problem_id"] == "B")
    assert cell.get("solved") or cell["score"] > 0
    assert boards(back(tmp_path / "a.zip", files_of(log))) == wanted


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_comes_back_with_its_parameters_weights_and_settings(tmp_path, rule):
    log = contest_under(rule, verification=True, window=3 * HOUR)
    log.submit("t1", "A", 10, "AC")
    found = back(tmp_path / "a.zip", files_of(log))
    ours, theirs = found[0][1], log.events[0][1]
    for name in (*OWN, "rule", "parameters", "score_scale", "scoreboard_type", "verification", "window"):
        wanted = getattr(theirs, name)
        if name == "publish":
            assert wanted.items() <= ours.publish.items()
        else:
            assert getattr(ours, name) == wanted, name
    values = [(one.id, one.weight, one.max_score) for one in theirs.problems]
    assert [(one.id, one.weight, one.max_score) for one in ours.problems] == values


def test_the_promoted_rule_comes_back_and_what_the_jury_took_away_and_a_second_reading_brings_nothing(tmp_path):
    log = contest_under("icpc")
    log.recorded_at = START + HOUR
    one = log.submit("t1", "A", 10, "AC")
    number = log.act(GenerationOpened, rule="ioi", parameters={"mode": "last"}, fold_version=FOLD_VERSION)
    log.act(GenerationPromoted, expect="0", generation=str(number))
    log.act(AwardGiven, award=Award("winner", "Winner", ("t1",)), removed=True, reason="shared")
    log.act(PenaltyAdded, team_id="t1", by=MINUTE, reason="noise")
    log.ignore(one)
    files = files_of(log)
    assert json.loads(files["podium.json"])["rule"] == "icpc", "which `contest apply` compares"
    found = [event for _, event in back(tmp_path / "a.zip", files)]
    definition = next(event for event in found if isinstance(event, Definition))
    assert (definition.rule, definition.parameters) == ("ioi", {"mode": "last"})
    acts = {type(event).__name__: event for event in found if hasattr(event, "reason")}
    assert (acts["AwardGiven"].award.id, acts["AwardGiven"].removed) == ("winner", True)
    assert (acts["PenaltyAdded"].reason, acts["PenaltyAdded"].recorded_at) == ("noise", START + HOUR)
    assert acts["SubmissionIgnored"].ignored

    known = Known("feed", definition)
    for event in found:
        known.take(event)
    again = [event for _, event in back(tmp_path / "b.zip", files)]
    assert lacking(known, again, whole=True).events == ()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("podium.json", {"rule": "chess"}, "there is no scoring rule 'chess'"),
        ("podium.json", {"rule": "icpc", "parameters": {"speed": "1"}}, "speed"),
        ("podium.json", {"feedbak": "number"}, "podium.json: feedbak is not used; did you mean feedback?"),
        ("podium.json", {"problems": {"A": {"weight": -1}}}, "podium.json: problems: A: weight: expected a whole number"),
        ("podium-acts.json", {}, "podium-acts.json: contest: rule is missing"),
        ("podium-acts.json", {"acts": [{"type": "Dance"}]}, "acts: 1: type: expected one of PenaltyAdded"),
        ("podium-acts.json", {"acts": [{"type": "PenaltyAdded", "id": "x"}]}, "acts: 1: team_id is missing"),
        ("podium-acts.json", {"counting": {"j": {"score": 1.5}}}, "counting: j: score: expected a whole number"),
        ("podium-acts.json", {"submissions": [{}]}, "submissions: each has an id"),
        ("podium-acts.json", [], "podium-acts.json: expected an object, got list"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_one_of_them_is_named(tmp_path, name, content, says):
    files = files_of(contest_under("icpc"))
    if name == "podium.json":
        del files["podium-acts.json"]
    with pytest.raises((PackageError, RuleError, DataError), match="(?s).*" + says.replace("?", r"\?")):
        back(tmp_path / "a.zip", files | {name: dumped(content)})


def test_a_package_with_podium_yaml_alone_is_read_under_its_rule(tmp_path):
    (tmp_path / "contest.yaml").write_text("{id: c, name: C, duration: 5:00:00, scoreboard_type: score}")
    (tmp_path / "problems.json").write_text('[{"id": "a", "label": "A", "name": "A", "ordinal": 1, "max_score": 2.5}]')
    (tmp_path / "podium.yaml").write_text("{rule: codeforces, score_scale: 10, problems: {a: {weight: 3}, gone: {}}}")
    made = events_of(read_feed(tmp_path))[0]
    assert (made.rule, made.score_scale, made.problems[0].weight, made.problems[0].max_score) == (
        "codeforces",
        10,
        3,
        25,
    )
    (tmp_path / "podium.yaml").write_text("{public: false}")
    made = events_of(read_feed(tmp_path))[0]
    assert (made.rule, made.parameters["mode"], made.score_scale, made.public) == ("ioi", "best", 1000, False)
