"""Any feed, sent again, in any order that the specification allows, cut off anywhere: the same board."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clics.feeds import Follower, events, read_feed
from clics.feeds.checks import validate
from clics.times import format_reltime
from podium.feeds.append import BY, bring
from podium.feeds.shadow import Shadow
from schemas.codec import codec
from schemas.errors import DataError
from schemas.events import Definition
from tests.feeds.small import (
    CONFIGURATION,
    END,
    LIVE,
    VERSIONS,
    judgement,
    ndjson,
    read,
    rows,
    state,
    submission,
    written,
)
from tests.unit.feed_log import FeedLog

quick = settings(max_examples=50, derandomize=True, deadline=None, database=None)
times = st.integers(0, 18_100_000).map(format_reltime)


@st.composite
def contests(draw):
    """What is told of a contest with random submissions, some judged twice, some deleted again."""
    told = [*CONFIGURATION, state(started="0:00:00")]
    for number in range(draw(st.integers(0, 12))):
        time = draw(times)
        one = submission(str(number), draw(st.sampled_from("123")), draw(st.sampled_from("ab")), time)
        told.append(one)
        for again in range(draw(st.integers(0, 2))):
            id_, verdict = f"{number}-{again}", draw(st.sampled_from(["AC", "WA", "CE", "JE"]))
            told.append(judgement(id_, one[1], None, time))
            told.append(judgement(id_, one[1], verdict, time, draw(times)))
        if draw(st.integers(0, 6)) == 0:
            told.append(("submissions", one[1], None))
    if draw(st.booleans()):
        told += [state(started="0:00:00", frozen="4:00:00"), *END[1:4]]
    return told


def mixed(draw, told):
    """Another order, in which every object comes to the same end: its own lines keep theirs, the last may come again."""
    places = draw(st.permutations(range(len(told))))
    lines = defaultdict(list)
    for type_, id_, one in told:
        lines[type_, id_].append((type_, id_, one))
    order = [told[place][:2] for place in places]
    found = [lines[key].pop(0) for key in order]
    last = {(type_, id_): n for n, (type_, id_, _) in enumerate(found)}
    for key in draw(st.lists(st.sampled_from(sorted(last)), max_size=10)):
        found.insert(draw(st.integers(last[key] + 1, len(found))), found[last[key]])
        last = {(type_, id_): n for n, (type_, id_, _) in enumerate(found)}
    return found


def boards(found):
    return {audience: rows(found, audience) for audience in ("public", "jury")}


def followed(notifications):
    follower = Follower("tiny", by="test")
    found = [event for change in read_feed(ndjson(notifications)).changes() for event in follower.take(change)]
    return [*found, *follower.finish()]


@quick
@given(st.data())
def test_sent_again_and_in_any_order(data):
    told = data.draw(contests())
    again = mixed(data.draw, told)
    expected = read(written(told))[1]
    assert read(written(again))[1] == expected
    version = data.draw(st.sampled_from(VERSIONS))
    assert boards(read(written(again, version))[1]) == boards(expected)
    assert boards(followed(written(told, version))) == boards(expected)
    assert boards(followed(written(again, version))) == boards(expected)


@st.composite
def changed(draw, told):
    """The objects of a feed as they may be later: some gone, some with another verdict, some current no more."""
    now = []
    for type_, id_, one in {one[:2]: one for one in told}.values():
        other = {}
        if one is not None and type_ in ("submissions", "judgements"):
            match draw(st.integers(0, 7)):
                case 0:
                    continue
                case 1 if "judgement_type_id" in one:
                    other = {"judgement_type_id": draw(st.sampled_from(["AC", "WA", "CE"]))}
                case 2 if type_ == "judgements":
                    other = {"current": False}
        now.append((type_, id_, one and one | other))
    return now


def brought(log, told):
    feed = read_feed(ndjson(written(told)))
    bring(None, "tiny", list(events(feed.changes(), "tiny", by=BY)), log)


def shadowed(log, told):
    one = Shadow(None, "tiny", log, packages={}, fetch=lambda _: b"")
    for change in read_feed(ndjson(written(told))).changes():
        one.take(change)
    one.end()


@quick
@given(st.data())
def test_whatever_changed_meanwhile_the_log_comes_to_what_the_feed_shows_now(data):
    was = [one for one in data.draw(contests()) if one[0] != "state"] + [state(started="0:00:00")]
    now = data.draw(changed(was))
    ways = data.draw(st.lists(st.sampled_from([brought, shadowed]), min_size=2, max_size=3))
    with pytest.MonkeyPatch.context() as patch:
        log = FeedLog(patch)
        for way, told in zip(ways, (was, now, was), strict=False):
            way(log, told)
            assert rows(log.of["tiny"]) == rows(read(written(told))[1])
        last = len(log.of["tiny"])
        way(log, told)
        assert log.kinds("tiny", last) == []


anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(1 << 62), 1 << 62),
        st.floats(allow_nan=False),
        st.sampled_from(
            [
                *("", "x", "no id", "1", "a", "2026-03-01T10:00:00Z", "0001-01-01T00:00:00Z", "9999999999:00:00"),
                *("999999999:00:00", "-0:00:01", "\x00", "é"),
            ]
        ),
    ),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "x", "time"]), inner, max_size=2)
    ),
    max_leaves=3,
)


@settings(max_examples=80, derandomize=True, deadline=None, database=None)
@given(st.data())
def test_no_value_breaks_a_reader(data):
    """Whatever stands where a value should: a board comes of it, or one line that says why none does."""
    notifications = written((*CONFIGURATION, *LIVE, *END), data.draw(st.sampled_from(VERSIONS)))
    for _ in range(data.draw(st.integers(1, 3))):
        one = data.draw(st.sampled_from(notifications))
        if isinstance(one.get("data"), dict) and data.draw(st.integers(0, 5)):
            one = one["data"]
        if one:
            one[data.draw(st.sampled_from(sorted(one)))] = data.draw(anything)
    lines = ndjson(notifications)
    with suppress(DataError):
        rows(read(notifications)[1])
    follower = Follower("tiny", by="test")
    found = [event for change in read_feed(lines).changes() for event in follower.take(change)] + follower.finish()
    if any(isinstance(event, Definition) for event in found):
        rows(found)
    codec_ = codec()
    assert all(codec_.decode(codec_.encode(event)) == event for event in found)
    list(validate(read_feed(lines)))


@quick
@given(st.data())
def test_cut_off_anywhere(data):
    lines = ndjson(written(data.draw(contests())))
    whole = b"".join(lines)
    at = data.draw(st.integers(len(lines[0]), len(whole)))
    cut = whole[:at].splitlines(keepends=True)
    feed = read_feed(cut)
    found = list(events(feed.changes(), "tiny", by="test", oddities=feed.oddities))
    complete = [line for line, full in zip(cut, lines, strict=False) if line.strip() == full.strip()]
    again = read_feed(complete)
    assert found == list(events(again.changes(), "tiny", by="test"))
    assert feed.oddities.count("truncated line") == len(cut) - len(complete)
    assert feed.oddities.count("broken line") == 0
