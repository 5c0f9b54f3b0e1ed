"""Channels without Redis: the beat goes on, and each hears of its own, again only what it has not heard."""

import asyncio
import contextlib
from functools import partial
from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from api.push import hub, reader
from api.push.connection import Connection
from api.push.frames import message
from api.push.hub import Hubs
from api.push.personal import PersonalChannel
from api.push.sight import JURY
from api.push.walk import walk
from api.sealed import Sealer
from schemas.clock import Clock
from schemas.errors import DependencyError
from schemas.live import Stored, feed_key
from tests.api.listeners import (
    SEALER,
    Kept,
    Listener,
    Live,
    clarification,
    heard,
    judgement,
    notification,
    picture,
    turns,
)

LATER = 1 << 50
"""A start that is far away."""


class Away:
    """A Redis that does not answer."""

    async def hmget(self, *_):
        raise RedisConnectionError("away")


async def test_the_beat_does_not_stop_with_redis(monkeypatch):
    monkeypatch.setattr(reader, "HEARTBEAT_S", 0.01)
    followed = reader.ContestReader("c", None, Away(), Clock())
    told = asyncio.Queue()
    for channel in followed.channels:
        connection = Connection(channel, told.put)
        connection.busy = False
        channel.connections.add(connection)
    running = asyncio.create_task(followed.run())
    try:
        for _ in range(6):
            frame = await asyncio.wait_for(told.get(), 60)
            assert frame.sse.startswith(b"event: clock")
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_a_heartbeat_of_many_leaves_room_for_others_in_between(monkeypatch):
    monkeypatch.setattr(reader, "HEARTBEAT_S", 4.0)
    monkeypatch.setattr(reader, "SPREAD", 1.0)
    followed, told = reader.ContestReader("c", None, Away(), Clock()), asyncio.Queue()
    many = [Connection(followed.personal, told.put) for _ in range(4 * reader.BEAT)]
    for connection in many:
        connection.busy = False
    followed.personal.connections.update(many)
    running = asyncio.create_task(followed.run())
    try:
        for _ in range(2):
            for _ in range(reader.BEAT):
                await asyncio.wait_for(told.get(), 60)
            assert told.empty()
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_a_client_whose_connection_fails_ends_its_own_stream_alone():
    """uvloop's transport says so by an error of its own as soon as it is written to."""
    followed, told = reader.ContestReader("c", None, Away(), Clock()), []

    def fails(_):
        raise RuntimeError("the handler is closed")

    connections = [Connection(followed.personal, write) for write in (fails, told.append)]
    for connection in connections:
        connection.busy = False
    await walk(connections, partial(Connection.push, frame=message("clock", {})))
    assert [one.done.is_set() for one in connections] == [True, False]
    assert len(told) == 1


@pytest.fixture
async def followed(monkeypatch):
    """A view, its reader under way, and a team that listens."""
    monkeypatch.setattr(reader, "BACKOFF_S", (0.001, 0.001))
    monkeypatch.setattr(reader, "AGAIN_S", 0.001)
    live = Live()
    follower = reader.ContestReader("c", cast(Any, live), cast(Any, live), Clock())
    running = asyncio.create_task(follower.run())
    await asyncio.wait_for(follower.ready.wait(), 60)
    listener = Listener(follower.personal, "t1")
    assert await listener.greet() == ["state", "snapshot"]
    yield live, listener
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.mark.parametrize("away", ["organizations", "runs"])
async def test_what_comes_while_redis_goes_away_is_told_when_it_is_back(followed, away):
    live, listener = followed
    live.away = {away}
    live.changed(Stored({}, {}, 6), "state")
    live.state["frozen"] = "now"
    live.changed(Stored({"id": "j-t1.1"}, {}, 7), "runs")
    live.changed(judgement(8, "t1", judgement_type_id="WA"), "judgements")
    await turns(live, away)
    live.away = set()
    assert await heard(listener, "progress") == ["state", "notice", "judgement", "progress"]


async def test_a_view_that_is_made_anew_is_told_of_when_all_is_there_again(followed):
    live, listener = followed
    live.changed(judgement(8, "t1", judgement_type_id="WA"), "judgements")
    assert await heard(listener, "judgement") == ["judgement"]
    # the state has not come back yet: to nobody the contest starts a second time
    live.epoch, live.position, live.state, entries = "e2", 7, {}, live.streams.pop(feed_key("c"))
    await turns(live, "held")
    live.position, live.state, live.streams = 8, {"started": "now"}, {feed_key("c"): entries}
    live.changed(judgement(9, "t1", judgement_type_id="AC"), "judgements")
    assert await heard(listener, "judgement") in (["judgement"], ["snapshot", "judgement"]), (
        "as it came before the load or after"
    )


async def test_nobody_is_shown_a_contest_with_an_event_that_is_there_in_part(followed):
    live, listener = followed
    live.epoch, live.part, live.state = "e2", True, {"started": "now", "frozen": "now"}
    await turns(live, "contest")
    assert listener.names() == []
    live.part, live.state = False, {"started": "now", "frozen": "now", "ended": "now"}
    assert await heard(listener, "state") == ["state", "notice", "notice"]


async def test_who_comes_while_an_event_is_there_in_part_waits_and_then_is_asked_to_come_again(monkeypatch):
    monkeypatch.setattr(reader, "AGAIN_S", 0.001)
    monkeypatch.setattr(hub, "READY_S", 0.01)
    live = Live()
    live.part = True
    hubs = Hubs(cast(Any, live), cast(Any, live), cast(Any, Clock()), 10)
    with pytest.raises(DependencyError, match="try again"):
        async with hubs.watching("c"):
            pass
    monkeypatch.setattr(hub, "READY_S", 60.0)
    joining = asyncio.create_task(joined(hubs))
    await turns(live, "contest")
    assert not joining.done()
    live.part, live.state = False, {"started": "now", "frozen": "now"}
    assert (await joining)[0]["state"] == live.state
    await hubs.close()


async def joined(hubs):
    """What a team that comes is told first."""
    async with hubs.watching("c") as reader_:
        listener = Listener(reader_.personal, "t1")
        await listener.greet()
        return listener.data


async def test_who_listens_to_a_reader_that_fails_is_let_go_and_comes_back_to_another(caplog):
    live = Live()
    hubs = Hubs(cast(Any, live), cast(Any, live), cast(Any, Clock()), 10)
    async with hubs.watching("c") as reader_:
        listener, follower = Listener(reader_.personal, "t1"), reader_.feed.join()
        await listener.greet()
        live.broken = ValueError("what nobody thought of")
        await asyncio.wait_for(listener.connection.done.wait(), 60)
        assert follower.done
        live.broken = None
        async with hubs.watching("c") as other:
            assert other is not reader_
            assert await Listener(other.personal, "t1").greet(listener.last) == ["state"]
    assert "what nobody thought of" in caplog.text
    await hubs.close()


async def test_an_end_lets_everybody_go_though_another_contest_is_dropped_meanwhile(monkeypatch):
    monkeypatch.setattr(hub, "IDLE_S", 0.0)
    live = Live()
    hubs = Hubs(cast(Any, live), cast(Any, live), cast(Any, Clock()), 10)
    async with contextlib.AsyncExitStack() as watched:
        reader_ = await watched.enter_async_context(hubs.watching("c"))
        listener = Listener(reader_.personal, "t1")
        await listener.greet()
        async with hubs.watching("other"):
            pass  # its reader is dropped as soon as the loop is free
        await hubs.close()
        assert listener.connection.done.is_set()


async def test_what_is_told_while_a_view_cannot_be_read_is_kept():
    live = Live()
    channel = PersonalChannel("c", cast(Any, live), Clock())
    channel.show(picture())
    live.away = {"clarifications"}
    listener = Listener(channel, "t1")
    with pytest.raises(DependencyError):
        await listener.greet()
    channel.tell(notification(None, position=8, id_="j-t1"))
    live.away, live.judgement = set(), None
    await listener.greet()
    assert listener.data[-1]["judgements"] == [], "it was read before it went"


async def test_what_comes_while_all_is_read_is_told_of():
    facts = {"team": "t1", "hidden": False, "visible": True, "settled": True, "at": 1, "number": 6, "late": False}
    submission = Stored({"id": "s"}, facts | {"account": ""}, 6)

    class Moving(Kept):
        """The view goes on behind each answer: a submission, and its judging."""

        async def whole(self, contest, *types):
            answer = await super().whole(contest, *types)
            self.objects |= {"submissions": [submission], "judgements": [judgement(5), judgement(7, id="j")]}
            return answer

    channel = PersonalChannel("c", cast(Any, Moving(judgements=[judgement(5)])), Clock())
    channel.show(picture())
    one = Listener(channel, "t1")
    assert await one.greet() == ["state", "snapshot"]
    channel.tell(notification(submission, "submissions"))
    channel.tell(notification(judgement(7, id="j")))
    await channel.walk()
    assert one.names() == ["submission", "judgement"]


async def test_each_hears_of_its_own_and_the_jury_of_all():
    view = Kept(judgements=[judgement(5), judgement(6, "t2")], clarifications=[clarification(7, "to t2", "t2")])
    channel = PersonalChannel("c", cast(Any, view), Clock())
    channel.show(picture())
    one, two, jury = (Listener(channel, who) for who in ("t1", "t2", JURY))
    for listener, judgements, messages in ((one, ["j-t1"], []), (two, ["j-t2"], ["to t2"]), (jury, None, ["to t2"])):
        assert await listener.greet() == ["state", "snapshot"]
        snapshot = listener.data[-1]
        assert [j["id"] for j in snapshot["judgements"]] == (judgements or ["j-t1", "j-t2"])
        assert [m["id"] for m in snapshot["clarifications"]] == messages
    # a judging error is news for the jury alone; what looks as before is none for anybody
    for stored in (judgement(8), judgement(9, judgement_type_id="JE"), judgement(10, judgement_type_id="AC")):
        channel.tell(notification(stored))
        await channel.walk()
    assert (one.names(), two.names(), jury.names()) == (["judgement"], [], ["judgement"] * 2)
    # messages: to a group, from a team, to all; and one of which only what the jury knows has changed
    for stored in (
        clarification(11, "to g1", groups=("g1",)),
        clarification(12, "from t2", team="t2"),
        clarification(13, "to all"),
        clarification(14, "from t2", team="t2"),
    ):
        channel.tell(notification(stored, "clarifications"))
    await channel.walk()
    assert [one.names(), [found["id"] for found in one.data]] == [["clarification"] * 2, ["to g1", "to all"]]
    assert [two.names(), {found["id"] for found in two.data}] == [["clarification"] * 2, {"from t2", "to all"}]
    assert len(jury.names()) == 3
    channel.tell(notification(None, position=15, id_="j-t1"))
    await channel.walk()
    assert (one.names(), two.names(), jury.names()) == (["removed"], [], ["removed"])


async def test_a_client_goes_on_where_it_was_whatever_has_become_of_the_view():
    channel = PersonalChannel("c", cast(Any, Kept(judgements=[judgement(5)])), Clock())
    channel.show(picture())
    one = Listener(channel, "t1")
    await one.greet()
    seen = one.last
    channel.tell(notification(judgement(8, judgement_type_id="WA")))
    channel.tell(notification(clarification(9, "news"), "clarifications"))
    channel.show(picture(started="now", frozen="now"))
    await channel.walk()
    assert one.names() == ["state", "notice", "notice", "judgement", "clarification"]
    assert [found["kind"] for found in one.data[1:3]] == ["started", "frozen"]
    # another process, with what the view holds: the same is missed, in the same order, or nothing. What is gone cannot be
    # told there, and what has changed may have come in its place: all there is comes first
    view = Kept(judgements=[judgement(8, judgement_type_id="WA")], clarifications=[clarification(9, "news")])
    other = PersonalChannel("c", cast(Any, view), Clock())
    other.show(picture(started="now", frozen="now"))
    missed = ["state", "snapshot", "notice", "notice", "judgement", "clarification"]
    assert await Listener(other, "t1").greet(seen) == missed
    assert await Listener(other, "t1").greet(one.last) == ["state"]
    # a token of somebody else, of another site, of a log that goes further than this one: everything
    for listener, held in ((Listener(other, "t2"), 1000), (Listener(other, "t1", Sealer("x")), 1000), (None, 8)):
        assert await (listener or Listener(other, "t1")).greet(one.last, held=held) == ["state", "snapshot"]
    # the view is made anew, and is told again from the start: nobody hears anything twice, or is sent away
    view.objects = {}
    channel.rebase()
    channel.show(picture(started="now", frozen="now"))
    await channel.walk()
    await channel._loading
    channel.tell(notification(judgement(8, judgement_type_id="WA")))
    await channel.walk()
    assert one.names() == []
    channel.tell(notification(judgement(10, judgement_type_id="AC")))
    await channel.walk()
    assert one.names() == ["judgement"]


@pytest.mark.parametrize("size", [0, 60, 90])
async def test_whoever_comes_with_an_id_of_another_build_begins_anew(size):
    channel = PersonalChannel("c", cast(Any, Kept(judgements=[judgement(5)])), Clock())
    channel.show(picture())
    one = Listener(channel, "t1")
    await one.greet()
    whose = "notifications/c/t1"
    said = SEALER.open(whose, one.last)
    assert len(said) not in (size, 0)
    back = Listener(channel, "t1")
    assert await back.greet(SEALER.seal(whose, said.ljust(size, b"x")[:size])) == ["state", "snapshot"]
    assert await Listener(channel, "t1").greet(back.last) == ["state"], "and has one of this build from then on"


async def test_who_had_nothing_that_has_changed_is_told_what_is_new_alone():
    view = Kept(judgements=[judgement(5)])
    channel = PersonalChannel("c", cast(Any, view), Clock())
    channel.show(picture())
    one = Listener(channel, "t1")
    await one.greet()
    view.objects |= {"clarifications": [clarification(9, "news")]}
    other = PersonalChannel("c", cast(Any, view), Clock())
    other.show(picture())
    assert await Listener(other, "t1").greet(one.last) == ["state", "clarification"]
    assert await Listener(other, "t1").greet(one.last, whole=True) == ["state", "snapshot", "clarification"]


@pytest.mark.parametrize("who", ["t1", JURY])
async def test_what_is_gone_is_told_by_whoever_did_not_see_it_go(who):
    view = Kept(judgements=[judgement(5, judgement_type_id="WA"), judgement(6, "t2")])
    channel = PersonalChannel("c", cast(Any, view), Clock())
    channel.show(picture())
    one = Listener(channel, who)
    await one.greet()
    view.objects = {"judgements": [judgement(6, "t2")], "clarifications": [clarification(9, "news")]}
    # another process
    other = PersonalChannel("c", cast(Any, view), Clock())
    other.show(picture())
    back = Listener(other, who)
    assert await back.greet(one.last) == ["state", "snapshot", "clarification"]
    assert [found["id"] for found in back.data[1]["judgements"]] == (["j-t2"] if who == JURY else [])
    again = Listener(other, who)
    assert await again.greet(back.last) == ["state"], "once"
    # this process, whose view was made anew meanwhile
    channel.rebase()
    await channel.walk()
    await channel._loading
    await channel.walk()
    assert one.names() == ["snapshot", "clarification"]
    # it goes while they are away, and this process sees it go
    channel.tell(notification(judgement(11, judgement_type_id="AC", id="j2")))
    await channel.walk()
    seen = one.last
    channel.tell(notification(None, position=12, id_="j2"))
    assert await Listener(channel, who).greet(seen) == ["state", "removed"]


async def test_a_message_that_names_a_problem_is_told_at_the_start():
    about = clarification(5, "about a")
    messages = [Stored(about.object, about.facts | {"problem": "a"}, 5), clarification(6, "general")]
    view = Kept(clarifications=messages)
    channel = PersonalChannel("c", cast(Any, Kept()), Clock())
    channel.show(picture(begins=LATER))
    one = Listener(channel, "t1")
    await one.greet()
    for message_ in messages:
        channel.tell(notification(message_, "clarifications"))
    await channel.walk()
    assert (one.names(), one.data[0]["text"]) == (["clarification"], "general")
    seen = one.last
    channel.show(picture(started="now"))
    await channel.walk()
    assert one.names() == ["state", "notice", "clarification"]
    assert one.data[-1]["text"] == "about a"
    # another process: whoever was there at the start has it, and whoever was not has not
    other = PersonalChannel("c", cast(Any, view), Clock())
    other.show(picture(started="now"))
    assert await Listener(other, "t1").greet(one.last) == ["state"]
    late = Listener(other, "t1")
    assert await late.greet(seen) == ["state", "notice", "clarification"]
    assert late.data[-1]["text"] == "about a"


async def test_a_message_to_a_group_is_told_to_who_joins_it():
    messages = [clarification(5, "to g1", groups=("g1",)), clarification(6, "to g2", groups=("g2",))]
    view = Kept(clarifications=messages)
    channel = PersonalChannel("c", cast(Any, view), Clock())
    channel.show(picture())
    two = Listener(channel, "t2")
    await two.greet()
    seen = two.last
    for groups in (("g2",), ("g1", "g2")):
        channel.show(picture(groups=groups))
        await channel.walk()
    assert two.names() == ["clarification"] * 2
    assert [found["text"] for found in two.data] == ["to g2", "to g1"]
    other = PersonalChannel("c", cast(Any, view), Clock())
    other.show(picture(groups=("g1", "g2")))
    assert await Listener(other, "t2").greet(two.last) == ["state"]
    assert await Listener(other, "t2").greet(seen) == ["state", "clarification", "clarification"]


async def test_a_start_that_is_moved_and_moved_back_takes_nothing_from_a_team():
    view = Kept(judgements=[judgement(5)])
    channel = PersonalChannel("c", cast(Any, view), Clock())
    channel.show(picture())
    one = Listener(channel, "t1")
    await one.greet()
    had = []
    for start in (LATER, 0):
        channel.show(picture(begins=start))
        await channel.walk()
        await channel._loading
        await channel.walk()
        assert "snapshot" in one.names()
        (snapshot,) = [data for data in one.data if "judgements" in data]
        had.append(len(snapshot["judgements"]))
    assert had == [0, 1]


async def test_another_feedback_begins_a_teams_stream_anew_and_not_the_jurys():
    ended = {"judgement_type_id": "WA", "end_time": "now", "max_run_time": 1.5}
    view = Kept(judgements=[judgement(5, **ended)])
    channel = PersonalChannel("c", cast(Any, view), Clock())
    channel.show(picture())
    one, jury = Listener(channel, "t1"), Listener(channel, JURY)
    for listener in (one, jury):
        await listener.greet()
    seen, jurys = one.last, jury.last
    for feedback, times in (("full", 1.5), ("samples", None)):
        channel.show(picture(feedback))
        await channel.walk()
        assert one.names() == ["snapshot"]
        assert [found.get("max_run_time") for found in one.data[0]["judgements"]] == [times]
        assert await Listener(channel, "t1").greet(one.last) == ["state"], "who comes back was told"
    assert jury.names() == []
    other = PersonalChannel("c", cast(Any, view), Clock())
    other.show(picture("samples"))
    assert await Listener(other, "t1").greet(one.last) == ["state"]
    assert await Listener(other, "t1").greet(seen) == ["state", "snapshot"], "it changed while they were away"
    assert await Listener(other, JURY).greet(jurys) == ["state"]


async def test_who_does_not_read_is_given_the_newest_of_each_and_holds_nobody_up():
    channel = PersonalChannel("c", cast(Any, Kept()), Clock())
    channel.show(picture())
    slow, quick = Listener(channel, "t1"), Listener(channel, "t1")
    for listener in (slow, quick):
        await listener.greet()
    slow.gate.clear()
    for position, verdict in enumerate(("WA", "TLE", "AC"), 10):
        channel.tell(notification(judgement(position, judgement_type_id=verdict)))
        await channel.walk()
    assert quick.names() == ["judgement"] * 3
    slow.gate.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert slow.names() == ["judgement"] * 2, "the one that was under way, and the newest"
    assert slow.data[-1]["judgement_type_id"] == "AC"


@pytest.mark.parametrize(
    ("feedback", "told"),
    [
        ("verdict", []),
        ("samples", [{"judged": 1}, {"judged": 1}]),
        ("groups", [{"judged": 1}, {"judged": 1}]),
        ("number", [{"judged": 2, "tests": 9}, {"judged": 4, "tests": 9}]),
        ("full", [{"judged": 2, "tests": 9}, {"judged": 4, "tests": 9}]),
    ],
)
async def test_how_many_tests_are_judged_is_told_as_far_as_the_contests_feedback_goes(feedback, told):
    channel = PersonalChannel("c", cast(Any, Kept(judgements=[judgement(5), judgement(6, "t2")])), Clock())
    channel.show(picture(feedback))
    one, jury = Listener(channel, "t1"), Listener(channel, JURY)
    for listener in (one, jury):
        await listener.greet()
    assert channel.wanted(["j-t1.7", "j-t2.8", "unknown.9"]) == ["j-t1.7", "j-t2.8"]
    for position, ordinals, samples in ((7, [1, 2], [1]), (9, [3, 4], [])):
        facts = {"judgement": "j-t1", "attempt": 1, "samples": samples, "problem": "a"}
        channel.ran(Stored([[ordinal, "AC", 0, 0] for ordinal in ordinals], facts, position))
        await channel.walk()
    about = {"judgement_id": "j-t1", "submission_id": "s-t1"}
    assert one.names() == ["progress"] * len(told)
    assert one.data == [about | found for found in told]
    assert jury.names() == ["progress"] * 2
    late = Listener(channel, "t1")
    await late.greet()
    assert late.data[-1]["progress"] == [about | found for found in told[-1:]]
    channel.tell(notification(judgement(10, judgement_type_id="AC", end_time="now")))
    await channel.walk()
    assert one.names() == ["judgement"]
    await late.greet()
    assert late.data[-1]["progress"] == []
