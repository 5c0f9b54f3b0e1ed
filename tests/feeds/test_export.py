"""Feeds that we write: valid under the Contest API's own JSON schemas, and read back to the same boards."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clics.feeds import events, read_feed
from clics.feeds.checks import validate
from clics.feeds.export import Happened, feed
from clics.feeds.older import scoreboard_of
from clics.state import State
from clics.times import parse_time
from podium.feeds.board import board_of, events_of, rules_of
from schemas.definition import Award, Language
from schemas.errors import DataError
from schemas.events import (
    AwardGiven,
    Clarification,
    ContestExtended,
    Finalized,
    Group,
    IntervalRemoved,
    ScoreboardFrozen,
    StartMoved,
    SubmissionHacked,
    Team,
    Transitioned,
)
from streams.scoring.canonical import canonical
from streams.scoring.project import active, board, find
from tests.api.strict import ONE, validators
from tests.contest_log import HOUR, MINUTE, START, ContestLog, fold, judgement_types
from tests.feeds.small import exported
from tests.feeds.test_own_files import RULES, contest_under
from tests.streams import live_events as make

BOTH = ("2023-06", "2026-01")


def finished(log):
    """The story with how it ended, a question to groups, an award, and what others may have written."""
    more = [
        make.make(Group, "c1", id="north", name="North", type="region"),
        make.make(Clarification, "c1", id="a9", to_team_ids=("t1", "t2"), reply_to_id="q0", text="!", asked_at=START),
        make.make(Clarification, "c1", id="all", text="All!", asked_at=START),
        make.make(Clarification, "c1", id="g9", to_group_ids=("site",), text="!", asked_at=START),
        make.make(Clarification, "c1", id="ga", reply_to_id="g9", text="!!", asked_at=START + 1),
        make.act(AwardGiven, "w", award=Award("best", "Best", ("t1", "t1"))),
    ]
    return [(position, event) for position, event in enumerate([*log, *more])]


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("audience", ["jury", "public"])
def test_every_line_fits_its_schema_and_has_no_property_beside_it(version, audience):
    checked = set()
    for seed in range(4):
        log = finished(make.story("c1", seed, 120))
        lines = fitting(exported(log, "c1", version=version, audience=audience), version)
        checked |= {name for name, _ in lines}
    assert checked >= {*ONE.values()} - {"account"} - ({"award"} if audience == "public" else set())


def fitting(lines, version):
    """The feed's objects with the names of their schemas; all fit them, and so do the feed and the boards that it comes to."""
    validator, lines, told = validators(version), list(lines), []
    for line in lines:
        one = json.loads(line, parse_float=Decimal)
        name = ONE.get(one["type"], one["type"])
        validator(name).validate(one["data"])
        validator("event-feed").validate(one)
        told.append((name, one["data"]))
    feed = read_feed(lines, version=version)
    assert [str(fault) for fault in validate(feed) if fault.error] == []
    assert [one.kind for one in feed.oddities.found(version) if not one.allowed] == []
    found = events_of(feed)
    for audience in ("jury", "public"):
        fitting_board(found, version, audience)
    return told


def fitting_board(found, version, audience):
    """The board of a feed's events, which fits its schema."""
    shown = board_of(found, at=None, audience=audience, what_if=rules_of(None))
    made = json.loads(json.dumps(scoreboard_of(shown.scoreboard, version)), parse_float=Decimal)
    validators(version)("scoreboard").validate(made)
    return made


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("rule", RULES)
def test_a_feed_under_every_rule_and_its_board_with_points_fit_the_schemas(rule, version):
    log = contest_under(rule, languages=(Language("cpp", "C++", ("cc",)),))
    log.define(public=True)
    log.recorded_at = START + 10 * MINUTE
    passing = RULES[rule][0] in ("icpc", "extended-icpc")
    scores = [{}] * 4 if passing else [
        {"score": 4_000, "group_scores": (1_000, 3_000)}, {"score": 10_000, "group_scores": (4_000, 6_000)},
        {"score": 50}, {"score": 0}]  # fmt: skip
    for number, (team, problem_id, verdict) in enumerate(
        [("t1", "A", "WA"), ("t1", "A", "AC"), ("t2", "B", "AC"), ("t2", "C", "CE")]
    ):
        log.recorded_at += 7 * MINUTE
        id_ = log.submit(team, problem_id, 0, at=log.recorded_at, id_=f"{problem_id}{number}")
        log.judge(id_, verdict, **scores[number])
    log.on(SubmissionHacked, "B2", by_team_id="t1", successful=False)
    log.submit("t3", "A", 290, "AC")
    log.submit("t3", "B", 20)
    for audience in ("jury", "public"):
        told = fitting(exported(log.events, "c1", version=version, audience=audience), version)
        judged = [one for name, one in told if name == "judgement" and one.get("judgement_type_id")]
        assert len(judged) >= 3
        assert any("score" in one for one in judged) is not passing
        made = fitting_board([event for _, event in log.events], version, audience)
        assert all(("score" in row["score"]) is not passing for row in made["rows"])
        assert passing or any(row["score"]["score"] for row in made["rows"])


def test_a_feed_in_another_version_is_refused():
    with pytest.raises(DataError, match="a feed is written in version 2023-06 or 2026-01, not 2020-03"):
        next(feed(Happened(State("c1")), version="2020-03"))
    with pytest.raises(DataError, match="the log holds no definition of a contest 'c1'"):
        next(feed(Happened(State("c1"))))


# ---- there and back -------------------------------------------------------------------------------------------------


def canonical_of(found, audience, position=None):
    state = fold(found)
    shown = board(state, find(state, active(state)), audience)
    return canonical(shown.rows, shown.firsts)


def back(lines):
    feed = read_feed(lines)
    return list(enumerate(events(feed.changes(), "c1", by="test")))


@pytest.mark.parametrize("seed", range(25))
def test_a_story_comes_back_to_the_same_boards(seed):
    log = list(enumerate(make.story("c1", seed, 100)))
    for version in BOTH:
        read = back(exported(log, "c1", version=version, audience="jury"))
        for audience in ("jury", "public"):
            assert canonical_of(read, audience) == canonical_of(log, audience)
        assert canonical_of(back(exported(log, "c1", version=version, audience="public")), "public") == canonical_of(
            log, "public"
        )


TEAMS, PROBLEMS = ("t1", "t2", "t3"), "AB"
moments = st.integers(-5, 320).map(lambda minute: START + minute * MINUTE)


@st.composite
def contests(draw):
    """Contests with what a feed has words for: rejudged and ignored submissions, hidden teams, moved and lost time."""
    log = ContestLog(
        teams=(),
        judgement_types=draw(st.sampled_from([(), judgement_types(AC=False, WA=True, CE=False)])),
        main_scoreboard_group_id=draw(st.sampled_from([None, None, "main"])),
        scoreboard_thaw_time=None,
    )
    log.group("main")
    for team in TEAMS:
        log.team(team, hidden=draw(st.integers(0, 5)) == 0, group_ids=("main",) if draw(st.integers(0, 5)) else ())
    for _ in range(draw(st.integers(0, 25))):
        log.recorded_at = draw(moments)
        kind = draw(st.integers(0, 11))
        submitted = [event.id for _, event in log.events if type(event).__name__ == "Submission"]
        if kind < 6 or not submitted:
            at = draw(moments) + draw(st.integers(0, 59_999))
            log.submit(draw(st.sampled_from(TEAMS)), draw(st.sampled_from(PROBLEMS)), 0, draw(st.sampled_from(["AC", "WA", "CE", "JE", "TLE", None])), at=at)  # fmt: skip
        elif kind < 8:
            log.override(draw(st.sampled_from(submitted)), draw(st.sampled_from(["AC", "WA", None])))
        elif kind == 8:
            log.ignore(draw(st.sampled_from(submitted)), ignored=draw(st.booleans()))
        elif kind == 9:
            cls, fields = draw(st.sampled_from([
                (IntervalRemoved, {"start": START + 30 * MINUTE, "end": START + 47 * MINUTE}),
                (ContestExtended, {"by": 10 * MINUTE}),
                (StartMoved, {"start_time": START + 3 * MINUTE}),
                (ScoreboardFrozen, {"at": START + 200 * MINUTE}),
            ]))  # fmt: skip
            log.act(cls, **fields)
        elif kind == 10:
            log.act(Team, id=draw(st.sampled_from(TEAMS)), name="Other", removed=True)
    ended = draw(st.integers(0, 3))
    state = log.state().contest
    clock, log.recorded_at = state.clock, state.clock.end + HOUR
    if ended > 0:
        log.act(Transitioned, kind="started", planned_at=clock.start)
        log.act(Transitioned, kind="frozen", planned_at=state.freeze)
        log.act(Transitioned, kind="ended", planned_at=clock.end)
    if ended > 1:
        from schemas.events import ThawScheduled

        log.act(ThawScheduled, thaw_time=clock.end + HOUR)
        log.act(Transitioned, kind="thawed", planned_at=clock.end + HOUR)
    if ended > 2:
        log.act(Finalized)
    return log


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(contests(), st.sampled_from(BOTH))
def test_any_contest_comes_back_to_the_same_boards(log, version):
    def shown(log):
        found = json.loads(canonical_of(log, "public"))
        return found if version == "2026-01" else found | {"unlisted": None}

    read = back(exported(log.events, "c1", version=version, audience="jury"))
    # 2023-06 has no main group: who is not in it is hidden there, and on the jury's board for that
    if version == "2026-01" or log.state().contest.terms.group_id is None:
        assert canonical_of(read, "jury") == canonical_of(log.events, "jury")
    # nor has a feed a word for what is ignored, which the public sees as pending while it is frozen
    if not any(type(event).__name__ == "SubmissionIgnored" for _, event in log.events):
        assert shown(read) == shown(log.events)
    seen = back(exported(log.events, "c1", version=version, audience="public"))
    assert shown(seen) == shown(log.events)


def test_the_public_feed_tells_nothing_that_is_frozen():
    log = ContestLog(scoreboard_thaw_time=None)
    log.submit("t1", "A", "4:30:00", "AC", id_="late")
    log.submit("t2", "A", "1:00:00", "WA", id_="early")
    log.recorded_at = START + 4 * HOUR + 45 * MINUTE
    log.ignore("late")
    lines = [json.loads(line) for line in exported(log.events, "c1", version="2026-01", audience="public")]
    assert {one["data"]["submission_id"] for one in lines if one["type"] == "judgements"} == {"early"}
    assert {one["id"] for one in lines if one["type"] == "submissions"} == {"early", "late"}
    assert not [one for one in lines if one["type"] == "awards"]


def test_the_public_feed_has_no_award_of_a_hidden_group():
    log = ContestLog(scoreboard_freeze_duration=None)
    for group, hidden in (("guests", True), ("north", False)):
        log.act(Group, id=group, name=group.title(), hidden=hidden)
        log.act(AwardGiven, award=Award(f"group-winner-{group}", f"Winner of {group.title()}", ("t1",)))
    log.submit("t1", "A", "1:00:00", "AC")
    of_groups = {}
    for audience in ("public", "jury"):
        lines = [json.loads(line) for line in exported(log.events, "c1", version="2026-01", audience=audience)]
        ids = {one["id"] for one in lines if one["type"] == "awards"}
        of_groups[audience] = {id_ for id_ in ids if id_.startswith("group-winner")}
    assert of_groups == {"public": {"group-winner-north"}, "jury": {"group-winner-guests", "group-winner-north"}}


def test_lines_are_in_the_order_of_their_times_and_the_end_is_last():
    log = ContestLog()
    log.submit("t1", "A", "1:00:00", "AC")
    log.recorded_at = START + 7 * HOUR
    for kind, at in (("started", 0), ("frozen", 4), ("ended", 5), ("thawed", 6)):
        log.act(Transitioned, kind=kind, planned_at=START + at * HOUR)
    log.act(Finalized)
    lines = [json.loads(line) for line in exported(log.events, "c1", version="2026-01", audience="jury")]
    assert lines[-1]["type"] == "state"
    assert lines[-1]["data"]["end_of_updates"] is not None
    states = [one["data"] for one in lines if one["type"] == "state"]
    assert [sum(at is not None for at in state.values()) for state in states] == [1, 2, 3, 4, 5, 6]
    times = [parse_time(one["data"]["time"]) for one in lines if one["type"] == "submissions"]
    assert times == sorted(times)
    assert [one["id"] for one in lines if one["type"] == "awards"][:1] == ["winner"]
