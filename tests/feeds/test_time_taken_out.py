"""Contest time is taken out of the source: its clock on the wall and contest time part, and the copy hides what it hides."""

from __future__ import annotations

import itertools

import pytest

from clics.times import format_time, parse_reltime
from tests.feeds.brought import followed, imported
from tests.feeds.small import CONFIGURATION, START, contest, judgement, rows, state, submission
from tests.unit.feed_log import FeedLog

STARTED = {"started": "0:00:00"}
RUNNING = (*CONFIGURATION, state(**STARTED))
WAYS = ((imported,), (followed,), (imported, followed), (followed, imported))


def solved(number, team_id, problem_id, wall, within):
    """A team solves a problem: the time on the wall, and that of the contest."""
    id_ = str(number)
    made, judged = submission(id_, team_id, problem_id, within), judgement(f"1{id_}", id_, "AC", within)
    moment = format_time(START + parse_reltime(wall))
    made[2]["time"] = judged[2]["start_time"] = judged[2]["end_time"] = moment
    return made, judged


def freeze(length):
    """The contest's object with the freeze that is in force, as podium tells it."""
    return contest(scoreboard_freeze_duration=length)


def frozen(wall, **more):
    return state(**STARTED, frozen=wall, **more)


BEFORE = solved(1, "1", "a", "2:50:00", "2:50:00")
HIDDEN = ["1 1 1 170 a=1/170", "2 2 0 0 b+1?", "2 3 0 0"]
SOLVED = solved(2, "2", "b", "3:40:00", "3:10:00")
LATER = solved(2, "2", "b", "4:40:00", "4:10:00")

TOLD = {
    "frozen by hand in a pause": [
        [*RUNNING, *BEFORE, freeze("2:00:00"), frozen("3:20:00")], SOLVED],
    "the same, and the contest's object comes behind": [
        [*RUNNING, *BEFORE, frozen("3:20:00"), freeze("2:00:00")], SOLVED],
    "the same, of a system whose contest object tells the plan": [
        [*RUNNING, *BEFORE, frozen("3:20:00")], SOLVED],
    "the same, and what it hides comes before that it is frozen": [
        [*RUNNING, *BEFORE, SOLVED[0], frozen("3:20:00")], SOLVED[1:]],
    "frozen by hand behind the pause, as the plan says at last": [
        [*RUNNING, *BEFORE, frozen("3:35:00")], [freeze("1:55:00"), *SOLVED]],
    "frozen as planned, shortly behind a pause": [
        [*RUNNING, *BEFORE, frozen("4:30:00")], LATER],
    "frozen as planned, and contest time lost shows elsewhere": [
        [*RUNNING, *solved(1, "1", "a", "3:20:00", "2:50:00"), frozen("4:30:00")], LATER],
    "an interval is removed while it is frozen": [
        [*RUNNING, *BEFORE, frozen("4:00:00")], [freeze("2:00:00"), *solved(2, "2", "b", "4:20:00", "3:20:00")]],
    "an interval is removed while it is frozen, and the contest's object tells the plan": [
        [*RUNNING, *BEFORE, frozen("4:00:00")], solved(2, "2", "b", "4:20:00", "3:20:00")],
    "a team has a window of its own": [
        [*RUNNING, *BEFORE, frozen("4:00:00")], solved(2, "2", "b", "4:40:00", "2:55:00")],
}  # fmt: skip
told_of = pytest.mark.parametrize("stages", TOLD.values(), ids=TOLD)
ways = pytest.mark.parametrize("way", WAYS, ids=lambda way: " then ".join(one.__name__ for one in way))


@pytest.fixture
def log(monkeypatch):
    return FeedLog(monkeypatch)


def shown(found):
    """All that the public has been shown since the teams were there."""
    return {row for end in range(len(CONFIGURATION), len(found) + 1) for row in rows(found[:end], "public")}


@told_of
@ways
def test_at_no_moment_does_the_copy_show_what_the_source_hides(log, stages, way):
    told = []
    for more, reads in zip(stages, itertools.cycle(way)):
        told += more
        reads(log, told)
    for reads in (*way, *way):
        reads(log, told)
    assert rows(log.of["tiny"], "public") == HIDDEN
    assert not any("b=1" in row for row in shown(log.of["tiny"]))
    held = len(log.of["tiny"])
    for reads in (*way, *way):
        reads(log, told)
    assert log.kinds("tiny", held) == [], "a second time changes nothing"


@told_of
@pytest.mark.parametrize("reads", [imported, followed])
def test_the_thaw_and_nothing_before_shows_it_to_who_reads_all_at_once(log, stages, reads):
    told = [one for more in stages for one in more]
    reads(log, told)
    assert rows(log.of["tiny"], "public") == HIDDEN
    assert not any("b=1" in row for row in shown(log.of["tiny"]))
    came = next(one for type_, _, one in reversed(told) if type_ == "state")
    over = state(ended="6:00:00", thawed="6:10:00", finalized="6:30:00", end_of_updates="6:30:00")
    over[2].update(came)
    reads(log, [*told, over])
    assert rows(log.of["tiny"], "public") == rows(log.of["tiny"])
    assert any("b=1" in row for row in rows(log.of["tiny"]))
