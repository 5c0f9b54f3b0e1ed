"""How a contest went, told late or otherwise than before: followed or read whole, the public sees the same."""

from __future__ import annotations

import pytest

from clics.derive import derive
from clics.feeds import Follower, read_feed
from clics.state import State
from clics.times import format_time, parse_reltime
from clics.view import apply
from schemas.errors import DataError
from schemas.events import Definition
from tests.feeds.small import CONFIGURATION, START, contest, judgement, ndjson, read, rows, state, submission, written

SOLVED = (submission("1", "1", "a", "3:40:00"), judgement("11", "1", "AC", "3:40:01", "3:40:05"))
LATER = (submission("2", "2", "b", "4:10:00"), judgement("12", "2", "AC", "4:10:01", "4:10:05"))


def followed(told):
    follower = Follower("tiny", by="test")
    found = [event for change in read_feed(ndjson(written(told))).changes() for event in follower.take(change)]
    return [*found, *follower.finish()]


def objects(found):
    """The contest's objects as the live view comes to them."""
    shown = State("tiny")
    for position, event in enumerate(found):
        apply(shown, position, event)
    return derive(shown, [("state", "state")])


LAST = {
    "it froze before the planned moment": (
        state(started="0:00:00", frozen="3:30:00"), ["1 1 0 0 a+1?", "1 2 0 0 b+1?", "1 3 0 0 a+1?"]),
    "it froze behind the planned moment": (
        state(started="0:00:00", frozen="4:05:00"), ["1 1 1 220 a=1/220", "2 2 0 0 b+1?", "2 3 0 0 a+1?"]),
    "it froze behind that, and behind what was submitted in between": (
        state(started="0:00:00", frozen="4:10:30"), ["1 1 1 220 a=1/220", "2 2 0 0 b+1?", "2 3 0 0 a+1?"]),
    "it did not freeze": (
        state(started="0:00:00", ended="5:00:00"), ["1 1 1 220 a=1/220", "2 2 1 250 b=1/250", "3 3 0 0 a:1"]),
}  # fmt: skip


@pytest.mark.parametrize(("told", "public"), LAST.values(), ids=LAST)
def test_a_freeze_that_is_told_last_hides_the_same_as_one_that_is_told_in_time(told, public):
    late = submission("3", "3", "a", "4:59:00"), judgement("13", "3", "WA", "4:59:01", "5:00:12")
    feed = [*SOLVED, *LATER, *late]
    assert rows(read(written([*CONFIGURATION, *feed, told]))[1], "public") == public
    assert rows(followed([*CONFIGURATION, *feed, told]), "public") == public
    assert rows(followed([*CONFIGURATION, told, *feed]), "public") == public


def test_at_no_moment_is_shown_what_a_freeze_that_came_later_than_planned_hides():
    planned = "4:00:00"
    feed = [*CONFIGURATION, *SOLVED, *LATER, state(started="0:00:00", frozen="4:05:00")]
    found = followed(feed)
    defined = next(place for place, event in enumerate(found, 1) if isinstance(event, Definition))
    shown = {row for end in range(defined, len(found) + 1) for row in rows(found[:end], "public")}
    assert not any("b=1" in row for row in shown)
    for one in (found, read(written(feed))[1]):
        assert objects(one)["state", "state"][0]["frozen"] == format_time(START + parse_reltime(planned))


def test_a_freeze_that_is_planned_for_earlier_once_it_has_come_stays():
    came = {"started": "0:00:00", "frozen": "3:50:00.5"}
    before, end = state(**came), state(**came, ended="5:00:00")
    replanned = contest(scoreboard_freeze_duration="1:10:00.000")
    feed = [*CONFIGURATION, before, replanned, *SOLVED, *LATER]
    hidden = ["1 1 1 220 a=1/220", "2 2 0 0 b+1?", "2 3 0 0"]
    for more in ((), (end,)):
        assert rows(followed([*feed, *more]), "public") == hidden
    assert rows(read(written([*feed, end]))[1], "public") == hidden


def test_a_freeze_that_came_as_planned_and_then_otherwise_stays():
    """The end was put off by so much that the freeze came as planned, and then was not."""
    came, put_off = {"started": "0:00:00", "frozen": "4:05:00"}, {"ended": "5:10:00"}
    feed = [*CONFIGURATION, state(**came, **put_off), state(**came), *SOLVED, *LATER]
    assert rows(followed(feed), "public") == ["1 1 1 220 a=1/220", "2 2 0 0 b+1?", "2 3 0 0"]


@pytest.mark.parametrize("duration", ["50000000:00:00", "99999999:00:00", "999999999:00:00", "87841:00:00"])
def test_a_contest_that_is_longer_than_any_has_no_length(duration):
    thawed = state(started="0:00:00", frozen="4:00:00", ended="5:00:00", thawed="6:00:00")
    feed = [contest(duration=duration), *CONFIGURATION[1:], *SOLVED, thawed]
    with pytest.raises(DataError, match="how long it is"):
        read(written(feed))
    assert not any(isinstance(event, Definition) for event in followed(feed))


def test_a_contest_that_ends_behind_all_calendars_has_no_length():
    late = contest(start_time="2999-12-31T20:00:00Z")
    with pytest.raises(DataError, match="how long it is"):
        read(written([late, *CONFIGURATION[1:]]))
    assert not any(isinstance(event, Definition) for event in followed([late, *CONFIGURATION[1:], *SOLVED]))


def test_the_longest_contest_is_shown():
    longest = contest(duration="87840:00:00", scoreboard_freeze_duration=None)
    told = [
        longest,
        *CONFIGURATION[1:],
        *SOLVED,
        state(started="0:00:00", ended="87840:00:00", finalized="87840:00:01"),
    ]
    for found in (followed(told), read(written(told))[1]):
        assert objects(found)["state", "state"][0]["finalized"] == format_time(START + parse_reltime("87840:00:01"))
