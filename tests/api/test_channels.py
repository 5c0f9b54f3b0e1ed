"""Channels without Redis: the beat goes on, and each team hears of its own."""

import asyncio

import orjson
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from api.push import reader
from api.push.connection import Connection
from api.push.own import OwnChannel
from schemas.clock import Clock
from schemas.live import Notification, Stored


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
            frame = await asyncio.wait_for(told.get(), 10)
            assert frame.sse.startswith(b"event: clock")
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


class Kept:
    """A view with one submission of team t1."""

    async def raw(self, _, type_):
        facts = {"hidden": False, "team": "t1", "number": 1, "late": False}
        stored = Stored({"id": "s1"}, facts, 5)
        return {b"s1": stored.encode()} if type_ == "submissions" else {}


async def test_only_its_team_and_the_jury_hear_that_something_is_gone():
    channel = OwnChannel("c", Kept(), Clock())
    channel.show({"start": 0, "freeze": None, "thaw": None}, {})
    heard = {}
    for team in ("t1", "t2", ""):
        frames = heard[team] = []

        async def write(frame, frames=frames):
            frames.append(orjson.loads(frame.texts[0])["event"])

        connection = Connection(channel, write, key=team)
        channel.connections.add(connection)
        await channel.greeting(connection, 1000)
        connection.free()
    channel.tell(Notification("6-0", "submissions", "s1", None))
    assert heard == {"t1": ["removed"], "t2": [], "": ["removed"]}
    channel.rebase()
    assert all(frames[-1] == "reset" for frames in heard.values())
