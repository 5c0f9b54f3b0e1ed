"""What the organizers do to a contest that is under way is told at once, whatever of it an object itself shows."""

import asyncio
import dataclasses
from typing import Any, cast

import orjson
import pytest

from api.push import reader
from api.push.connection import Connection
from api.push.frames import Frame
from api.push.sight import JURY
from api.view import Base, BoardState
from clics.state import State
from clics.view import apply
from schemas.clock import Clock
from schemas.definition import WORLD_FINALS_TYPES
from schemas.events import (
    Clarification,
    Definition,
    Event,
    Group,
    IntervalRemoved,
    Judgement,
    JudgingStarted,
    Run,
    Runs,
    Submission,
    Team,
    TeamTimeExtended,
    Transitioned,
)
from schemas.live import Stored, encode_was, feed_key, parse_stored
from streams.scoring.clock import PAUSE_MS
from tests.api.listeners import Listener, Live, turns
from tests.api.world import HOUR, now, problem
from tests.wait import LEAST_S


class Acts(Live):
    """A live view of what `clics.view` makes of a log, as the live sink writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, dict[bytes, bytes]] = {}
        self.followed, self.position = State("c"), 0
        self.start = now() - HOUR
        about = {"start_time": self.start, "duration": 5 * HOUR, "scoreboard_freeze_duration": HOUR}
        self.definition = Definition(
            **self.stamp(),
            changes=-1,
            name="c",
            judgement_types=WORLD_FINALS_TYPES,
            problems=(problem("A"),),
            feedback="full",
            **about,
        )
        self.tell(self.definition)
        self.tell(Group(**self.stamp(), id="g", name="Guests"))
        self.tell(Team(**self.stamp(), id="t1", name="One"))
        self.tell(Team(**self.stamp(), id="t2", name="Two", group_ids=("g",)))
        self.tell(Transitioned(**self.stamp(), id="s", kind="started", planned_at=self.start))

    def stamp(self) -> dict[str, Any]:
        return {"contest": "c", "recorded_at": now(), "recorded_by": "test"}

    def tell(self, event: Event) -> None:
        self.position += 1
        outcome = apply(self.followed, self.position, event)
        self.followed.position = self.position
        for number, change in enumerate(outcome.changes, 1):
            stored = None if change.facts is None else Stored(change.object, change.facts, self.position)
            was = None if change.was is None else Stored(*change.was, self.position)
            doc = b"" if stored is None else stored.encode()
            if change.stored:
                self.kept.setdefault(change.type, {})[change.id.encode()] = doc
            doc = b"" if change.type == "runs" else doc
            entry = {b"type": change.type.encode(), b"id": change.id.encode(), b"doc": doc}
            entry |= {b"was": encode_was(was, stored) if was else b"", b"push": b"1" if change.notified else b""}
            self.streams.setdefault(feed_key("c"), []).append((b"%d-%d" % (self.position, number), entry))

    def submit(self, team: str) -> dict[str, Any]:
        about = {"team_id": team, "problem_id": "pa", "language_id": "cpp", "submitted_at": now()}
        self.tell(Submission(**self.stamp(), id="s1", digest="d", files=(), account=team, zip_hash="z", **about))
        return about

    def define(self, **more: Any) -> None:
        at = self.followed.conduct.definition_position
        self.definition = dataclasses.replace(self.definition, changes=at, **more)
        self.tell(self.definition)

    async def raw(self, _: str, type_: str) -> dict[bytes, bytes]:
        self.answer(type_)
        return {id_: doc for id_, doc in self.kept.get(type_, {}).items() if doc}

    async def many(self, _: str, type_: str, ids: list[str]) -> list[Stored]:
        return [parse_stored(self.kept[type_][id_.encode()]) for id_ in ids]

    async def board(self, *_: Any) -> BoardState:
        return BoardState("0", Base(0, self.epoch), 0, {}, {})


@pytest.fixture
async def acts(monkeypatch):
    """The view, and its reader under way."""
    monkeypatch.setattr(reader, "TEAMS_S", 0.0)
    view = Acts()
    follower = reader.ContestReader("c", cast(Any, view), cast(Any, view), Clock())
    running = asyncio.create_task(follower.run())
    await asyncio.wait_for(follower.ready.wait(), LEAST_S)
    yield view, follower
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def joined(follower: reader.ContestReader, who: str = "t1") -> Listener:
    listener = Listener(follower.personal, who)
    assert await listener.greet() == ["state", "snapshot"]
    return listener


async def told(listener: Listener) -> tuple[str, Any]:
    """The next that is told, but for states."""
    async with asyncio.timeout(LEAST_S):
        while True:
            while listener.told:
                name, data = listener.told.pop(0)
                if name != "state":
                    return name, data
            listener.news.clear()
            await listener.news.wait()


class Spectator:
    """A client of the public's board."""

    def __init__(self) -> None:
        self.given: asyncio.Queue[Frame] = asyncio.Queue()
        self.told: list[dict[str, Any]] = []

    @classmethod
    async def of(cls, follower: reader.ContestReader) -> "Spectator":
        made, board = cls(), follower.boards["public"]
        connection = Connection(board, made.given.put)
        board.connections.add(connection)
        for frame in await board.greeting(connection, "", 1):
            await made.given.put(frame)
        connection.free()
        return made

    async def hears(self, name: str) -> Any:
        """The data of the next message with this name."""
        async with asyncio.timeout(LEAST_S):
            while True:
                while self.told:
                    found = self.told.pop(0)
                    if found["event"] == name:
                        return found["data"]
                self.told += map(orjson.loads, (await self.given.get()).texts)


async def snapshot(follower: reader.ContestReader) -> dict[str, Any]:
    """What a new spectator is shown."""
    board = follower.boards["public"]
    greeting = await board.greeting(Connection(board, lambda _: None), "", 1)
    return cast(dict[str, Any], orjson.loads(greeting[1].texts[0])["data"])


async def test_a_pause_its_end_and_extra_time_are_told(acts):
    view, follower = acts
    one, begin = await joined(follower), now() - 5
    view.tell(IntervalRemoved(**view.stamp(), id="p", start=begin, end=begin + PAUSE_MS, reason="fire"))
    assert await told(one) == ("notice", {"kind": "paused"})
    assert (await snapshot(follower))["times"]["removed"] == [[begin, begin + PAUSE_MS]]
    view.tell(TeamTimeExtended(**view.stamp(), id="x", team_id="t1", by=600_000, reason="late"))
    assert await told(one) == ("notice", {"kind": "extended", "by": 600_000})
    view.tell(
        IntervalRemoved(**view.stamp(), id="r", start=begin, end=begin + PAUSE_MS, restored=True, reason="false alarm")
    )
    assert await told(one) == ("notice", {"kind": "resumed"})
    assert (await snapshot(follower))["times"]["removed"] == []


async def test_a_countdown_that_stops_takes_no_time_from_a_team_that_has_more_than_others(acts):
    view, follower = acts
    view.define(start_time=view.start + 2 * HOUR)
    view.tell(TeamTimeExtended(**view.stamp(), id="x", team_id="t1", by=600_000, reason="late"))
    one = await joined(follower)
    view.define(start_time=None)
    assert await told(one) == ("notice", {"kind": "rescheduled", "start": None})
    view.define(start_time=view.start + 3 * HOUR)
    assert await told(one) == ("notice", {"kind": "rescheduled", "start": view.start + 3 * HOUR})
    view.tell(TeamTimeExtended(**view.stamp(), id="y", team_id="t1", by=60_000, reason="late"))
    assert await told(one) == ("notice", {"kind": "extended", "by": 60_000})


@pytest.mark.parametrize("act", ["team hidden", "team removed", "group hidden"])
async def test_a_team_that_is_hidden_is_shown_to_nobody(acts, act):
    view, follower = acts
    spectator = await Spectator.of(follower)
    assert set((await spectator.hears("snapshot"))["teams"]) == {"t1", "t2"}
    match act:
        case "group hidden":
            view.tell(Group(**view.stamp(), id="g", name="Guests", hidden=True))
        case _:
            gone = {"hidden": act == "team hidden", "removed": act == "team removed"}
            view.tell(Team(**view.stamp(), id="t2", name="Two", group_ids=("g",), **gone))
    assert set((await spectator.hears("teams"))["teams"]) == {"t1"}
    assert set((await snapshot(follower))["teams"]) == {"t1"}


async def test_what_the_feedback_tells_no_more_is_not_told(acts):
    view, follower = acts
    view.submit("t1")
    about = {"submission_id": "s1", "judging": 0, "attempt": 1}
    view.tell(JudgingStarted(**view.stamp(), **about, host="h", started_at=now()))
    one = await joined(follower)
    runs = [Run(n, "AC", 1, 1, 1, now(), test=f"secret/{n}") for n in (1, 2)]
    view.tell(Runs(**view.stamp(), **about, runs=tuple(runs[:1])))
    assert (await told(one))[0] == "progress"
    view.define(feedback="verdict")
    assert (await told(one))[0] == "snapshot"
    view.tell(Runs(**view.stamp(), **about, runs=tuple(runs[1:])))
    view.tell(Clarification(**view.stamp(), id="m", text="That was all", asked_at=now()))
    assert (await told(one))[0] == "clarification"
    assert one.told == [], "no progress behind it"


async def test_who_sees_no_contest_that_is_not_public_is_let_go(acts):
    view, follower = acts
    board = follower.boards["public"]
    outsider, team = (Connection(board, lambda _: None, outsider=out) for out in (True, False))
    for connection in (outsider, team):
        board.connections.add(connection)
        await board.greeting(connection, "", 1)
        assert not connection.done.is_set()
    view.define(public=False)
    await asyncio.wait_for(outsider.done.wait(), LEAST_S)
    assert not team.done.is_set()
    late = Connection(board, lambda _: None, outsider=True)
    assert len(await board.greeting(late, "", 1)) == 1, "no snapshot for who was let in a moment before"
    assert late.done.is_set()


async def test_what_the_jury_sees_no_more_is_gone_at_once(acts):
    view, follower = acts
    about = view.submit("t2")
    times = {"judging": 0, "attempt": 1, "started_at": now(), "ended_at": now()}
    view.tell(Judgement(**view.stamp(), submission_id="s1", verdict="WA", **about, **times))
    jury = await joined(follower, JURY)
    view.tell(Team(**view.stamp(), id="t2", name="Two", group_ids=("g",), removed=True))
    gone = [await told(jury), await told(jury)]
    assert [(name, data["type"]) for name, data in gone] == [("removed", "submissions"), ("removed", "judgements")]


async def test_of_an_event_that_is_there_in_part_nothing_is_shown(acts):
    view, follower = acts
    one, begin = await joined(follower), now() - 5
    view.tell(TeamTimeExtended(**view.stamp(), id="x", team_id="t1", by=600_000, reason="late"))
    assert await told(one) == ("notice", {"kind": "extended", "by": 600_000})
    # the contest is paused, and the team's own times are those of before
    before, view.part = view.kept["teams"].copy(), True
    view.tell(IntervalRemoved(**view.stamp(), id="p", start=begin, end=begin + PAUSE_MS, reason="fire"))
    after, view.kept["teams"] = view.kept["teams"], before
    await turns(view, "contest")
    view.kept["teams"], view.part = after, False
    assert await told(one) == ("notice", {"kind": "paused"})
    view.tell(TeamTimeExtended(**view.stamp(), id="y", team_id="t1", by=60_000, reason="late"))
    assert await told(one) == ("notice", {"kind": "extended", "by": 60_000}), "and nothing in between"


async def test_rows_that_come_with_the_start_are_told_whole(acts):
    """A start that was moved ahead by mistake and is moved back makes the rows what they were."""
    view, follower = acts
    spectator = await Spectator.of(follower)
    view.define(start_time=now() + HOUR)
    while (await spectator.hears("state"))["problems"]:
        pass
    view.define(start_time=view.start)
    row = {"team_id": "t1", "listed": True, "cells": [{"problem_id": "pa"}]}
    delta = orjson.dumps({"rows": [row], "firsts": {}})
    view.streams.setdefault("{c}:d:0:public", []).append((b"1-0", {b"d": delta}))
    assert (await spectator.hears("delta"))["rows"] == [row]
