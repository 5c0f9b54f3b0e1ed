"""Feeds that count points: what a submission is worth is what the judgement that counts says, however often it was judged."""

from __future__ import annotations

import json

import pytest

from clics.feeds import Follower, read_feed
from podium.feeds.board import board_of, events_of, rules_of
from schemas.events import Judgement, RejudgingApplied, RejudgingCreated, VerdictOverridden
from tests.contest_log import ContestLog, board_bytes, fold, problem
from tests.feeds.brought import followed, imported
from tests.feeds.small import CONFIGURATION, contest, exported, judgement, ndjson, state, submission, written
from tests.feeds.small import problem as told_problem
from tests.unit.feed_log import FeedLog

POINTS = (
    contest(scoreboard_type="score", scoreboard_freeze_duration=None),
    *CONFIGURATION[1:5],
    told_problem("a", 1, max_score=100),
    *CONFIGURATION[7:],
    state(started="0:00:00"),
)


def judged(*attempts, current=True):
    """A submission of team 1 with judgements of these verdicts and scores; the last one is the current one."""
    told = []
    for n, (verdict, score) in enumerate(attempts, 1):
        more = {"current": n == len(attempts)} if current else {}
        worth = {} if score is None else {"score": score}
        told.append(judgement(f"j{n}", "1", verdict, f"0:0{n}:00", f"0:0{n}:30", **worth, **more))
    return [*POINTS, submission("1", "1", "a", "0:00:30"), *told]


TWICE = {
    "accepted twice, with more": ([("AC", 40), ("AC", 60)], 60),
    "rejected twice, with more": ([("WA", 40), ("WA", 60)], 60),
    "accepted in the end, not with all": ([("WA", 0), ("AC", 60)], 60),
    "rejected in the end, not with nothing": ([("AC", 100), ("WA", 60)], 60),
    "with less": ([("WA", 60.125), ("WA", 59.5)], 59.5),
    "with nothing": ([("WA", 60), ("WA", 0)], 0),
    "accepted with all that there is": ([("AC", 40), ("AC", None)], 100),
    "thrice": ([("WA", 40), ("WA", 60), ("WA", 40)], 40),
}
twice = pytest.mark.parametrize(("attempts", "worth"), TWICE.values(), ids=TWICE)


def points(found):
    """What team 1 has, on the boards that the events come to, whose positions they tell or that stand one behind the other."""
    log = found if isinstance(found[0], tuple) else list(enumerate(found))
    state_ = fold(log, log[0][1].contest)
    boards = [json.loads(board_bytes(state_, audience)) for audience in ("jury", "public")]
    (has,) = {row["score"]["score"] for board in boards for row in board["rows"] if row["team_id"] in ("1", "t1")}
    return has


@pytest.fixture
def log(monkeypatch):
    return FeedLog(monkeypatch)


@twice
@pytest.mark.parametrize("current", [True, False], ids=["2026-01", "before there was current"])
def test_a_submission_that_was_judged_again_has_the_score_of_the_judgement_that_counts(attempts, worth, current):
    told = ndjson(written(judged(*attempts, current=current)))
    whole = events_of(read_feed(told))
    follower = Follower("tiny", by="test")
    line_by_line = [event for change in read_feed(told).changes() for event in follower.take(change)]
    assert points(whole) == points([*line_by_line, *follower.finish()]) == worth
    shown = board_of(whole, at=None, audience="public", what_if=rules_of(None)).scoreboard["rows"][0]
    assert (shown["team_id"], shown["score"]["score"]) == ("1", worth)


@twice
@pytest.mark.parametrize("first", [imported, followed])
@pytest.mark.parametrize("then", [imported, followed])
def test_a_score_that_has_changed_in_the_source_is_made_up_for_once(log, first, then, attempts, worth):
    first(log, judged(*attempts[:-1]))
    before = points(log.of["tiny"])
    then(log, judged(*attempts))
    assert points(log.of["tiny"]) == worth != before
    held = len(log.of["tiny"])
    for again in (first, then):
        again(log, judged(*attempts))
    assert log.kinds("tiny", held) == []
    then(log, judged(*attempts[:-1]))
    assert points(log.of["tiny"]) == before


@pytest.mark.parametrize("how", [imported, followed])
def test_another_score_under_the_same_id_is_made_up_for(log, how):
    how(log, judged(("WA", 40), ("WA", 60)))
    for score in (70, 60, 70):
        how(log, judged(("WA", 40), ("WA", score)))
        assert points(log.of["tiny"]) == score
    held = len(log.of["tiny"])
    how(log, judged(("WA", 45), ("WA", 70)))
    assert log.kinds("tiny", held) == [], "what showed before shows no more"
    how(log, judged(("WA", 80)))
    assert points(log.of["tiny"]) == 80


def test_a_score_that_changes_while_it_is_followed(log):
    told = [*judged(("WA", 40)), judgement("j1", "1", "WA", "0:01:00", "0:01:30", score=50)]
    followed(log, told)
    assert points(log.of["tiny"]) == 50
    held = len(log.of["tiny"])
    followed(log, told)
    assert log.kinds("tiny", held) == []
    assert imported(log, told).appended == 0


def test_what_was_imported_is_exported_with_its_scores(log):
    imported(log, judged(("WA", 40), ("WA", 60)))
    lines = exported(list(enumerate(log.of["tiny"])), "tiny", version="2026-01", audience="jury")
    assert points(events_of(read_feed(lines))) == 60


def test_a_rejudging_of_our_own_comes_back_with_its_score():
    ours = ContestLog(["t1"], scoreboard_type="score", scoreboard_freeze_duration=None)
    ours.define(
        rule="ioi",
        parameters={"mode": "best", "ties": "time"},
        problems=(problem("A", 1, max_score=100),),
        score_scale=1,
    )
    id_ = ours.submit("t1", "A", 5)
    ours.judge(id_, "WA", score=40)
    number = ours.act(RejudgingCreated, submission_ids=(id_,), chunks=1)
    ours.judge(id_, "WA", number, score=60)
    ours.act(RejudgingApplied, rejudging=number)
    assert points(ours.events) == 60
    back = events_of(read_feed(exported(ours.events, "c1", version="2026-01", audience="jury")))
    assert points(back) == 60
    assert [one.score for one in back if isinstance(one, Judgement | VerdictOverridden)] == [40_000, 60_000]
