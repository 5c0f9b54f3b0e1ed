"""One reader of Redis a contest and process: deltas and notifications to the contest's channels.

It follows three streams with their ids as cursors, so a connection that breaks loses nothing. What the streams belong
to (the active generation, the epoch of the keys) is asked after each read and before what was read is passed on.
Another generation: whoever watches a board is given the new one. Another epoch: the channels begin anew, when all is
there again that this reader has told of; until then clients keep what they have.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from prometheus_client import Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.feed.followers import Followers
from api.push.board import BoardChannel
from api.push.connection import Connection
from api.push.frames import HEARTBEAT_S, message
from api.push.kept import EVENTS
from api.push.personal import PersonalChannel
from api.push.picture import Picture
from api.push.ring import LENGTH
from api.push.walk import walk
from api.view import Base, View
from schemas.clock import Clock
from schemas.errors import DependencyError
from schemas.live import (
    deltas_key,
    feed_key,
    meta_key,
    objects_key,
    parse_notifications,
    parse_stored,
    revision_key,
)

__all__ = ["ContestReader"]

logger = logging.getLogger(__name__)

BLOCK_MS = 1000
"""Longest wait for news; another epoch on a quiet contest is noticed after so long."""
COUNT = 500
"""Entries of a stream in one read."""
BACKOFF_S = (0.1, 2.0)
"""First and longest wait for Redis: nobody notices its restart."""
AGAIN_S = 0.25
"""Between two looks at a view that has nothing of the contest, or less than it had."""
TEAMS_S = 1.0
"""Teams that change one by one, as while a contest is set up, are shown together."""

_SHOWN = frozenset({"contest", "state", "problems"})
_TEAMS = frozenset({"teams", "organizations", "groups"})

BEAT = 128
"""Clients that are told the time at one moment: a millisecond or two."""
SPREAD = 1 / 3
"""The part of the time between two heartbeats over which one is spread: who comes last now and first then waits for so much more,
twenty seconds in all."""

RESETS = Counter("podium_api_push_resets", "Boards that began anew, but for the jury's by itself", ["why"])
SWAPS = Counter("podium_api_push_swaps", "Promotions after which all who watched were given the new generation's board")
DELTAS = Counter("podium_api_push_deltas", "Deltas of public boards passed on")
"""Of the public's alone: /metrics is open, and a count of the jury's would tell of each verdict that the freeze hides."""


class ContestReader:
    """Feeds the channels of one contest until it is cancelled."""

    def __init__(self, contest: str, view: View, redis: Redis, clock: Clock) -> None:
        self.contest = contest
        self._view = view
        self._redis = redis
        self._clock = clock
        self._base: tuple[str, Base] | None = None
        self._feed = "0-0"
        self._due: float | None = None
        self._batches: list[str] = []
        self.boards = {name: BoardChannel(contest, name, view, clock) for name in ("public", "jury")}
        self.personal = PersonalChannel(contest, view, clock)
        self.feed = Followers()
        self.ready = asyncio.Event()

    @property
    def channels(self) -> tuple[BoardChannel | PersonalChannel, ...]:
        """All channels of the contest."""
        return (*self.boards.values(), self.personal)

    async def run(self) -> None:
        """Follow the contest; Redis away is waited for. The beat has a timer of its own: it does not stop with Redis."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._heartbeat())

    async def _follow(self) -> None:
        backoff = BACKOFF_S[0]
        while True:
            try:
                await self._turn()
                backoff = BACKOFF_S[0]
            except (RedisError, OSError, DependencyError) as error:
                logger.warning("contest %s: push waits for the live view: %s", self.contest, error)
                await asyncio.sleep(backoff)
                backoff = min(2 * backoff, BACKOFF_S[1])

    async def _turn(self) -> None:
        if self._base is None:
            await self._begin()
            if self._base is None:
                await asyncio.sleep(AGAIN_S)
                return
        generation = self._base[0]
        keys: dict[str, str] = {
            deltas_key(self.contest, generation, name): f"{board.ring.head}-0" for name, board in self.boards.items()
        }
        keys[feed_key(self.contest)] = self._feed
        news = await cast(Any, self._redis.xread(cast(Any, keys), count=COUNT, block=BLOCK_MS)) or []
        found = {key.decode(): entries for key, entries in news}
        entries = found.get(feed_key(self.contest), [])
        told = parse_notifications(entries, EVENTS)
        # asked for before anything is taken: when Redis goes away here, all that was read comes again
        picture = await self._shown_now({fields[b"type"].decode() for _, fields in entries})
        base = await self._ask()
        if base is None:
            return  # the view was lost a moment ago: what clients have is all that there is
        if base != self._base:
            if base[1].epoch == self._base[1].epoch:
                await self._swap(base)
                return
            RESETS.labels("base").inc()
            self._base = None
            return
        if picture is not None:
            self._due = None
            self._show(picture)  # before the rows that came with it: it says how much of them may be told
        moved = [
            board
            for name, board in self.boards.items()
            if self._take(board, found.get(deltas_key(self.contest, generation, name), [])) or picture is not None
        ]
        if entries:
            self._feed = entries[-1][0].decode()
            self.feed.wake()
        for one in told:
            if one.type in EVENTS:
                self.personal.tell(one)
        self._batches += [one.id for one in told if one.type == "runs"]
        for board in moved:
            await board.walk()
        await self._runs()
        await self.personal.walk()

    async def _ask(self) -> tuple[str, Base] | None:
        """The active generation now, and what revisions count from."""
        asked = self._redis.hmget(meta_key(self.contest), "active", "promotions", "epoch")
        active, promotions, epoch = await cast(Any, asked)
        return None if epoch is None else ((active or b"0").decode(), Base(int(promotions or 0), epoch.decode()))

    async def _begin(self) -> None:
        """Take the view as it is now, and follow it from there."""
        base = await self._ask()
        # until all is there again that clients were told of, they keep what they have: part of it is no news
        if base is None or await self._view.held(self.contest) < int(self._feed.partition("-")[0]):
            return
        last = await cast(Any, self._redis.xrevrange(feed_key(self.contest), count=1))
        feed = last[0][0].decode() if last else "0-0"
        heads = await self._heads(base[0])
        recent = [
            await self._view.deltas(self.contest, base[0], name, max(0, head - LENGTH))
            for name, head in zip(self.boards, heads, strict=True)
        ]
        whole, picture = await self._picture()
        if picture is None or not whole or base != await self._ask():
            return  # of an event that is there in part nothing is shown
        self._base, self._feed = base, feed
        self._batches.clear()
        for board, head in zip(self.boards.values(), heads, strict=True):
            board.rebase(base[1], head)
        self.personal.rebase()
        self._show(picture)
        for board, found in zip(self.boards.values(), recent, strict=True):
            board.refill(found)
        for channel in self.channels:
            await channel.walk()
        self.feed.wake()  # of what came meanwhile there was no news
        self.ready.set()

    async def _swap(self, base: tuple[str, Base]) -> None:
        """Another generation was promoted: its boards replace those that are shown; all else goes on where it was."""
        for board, head in zip(self.boards.values(), await self._heads(base[0]), strict=True):
            if not await board.swap(base[1], head):
                return  # and another one since: the next turn sees it
        self._base = base
        SWAPS.inc()
        for board in self.boards.values():
            await board.walk()

    async def _heads(self, generation: str) -> list[int]:
        """The revisions of a generation's boards."""
        return [
            int(await cast(Any, self._redis.get(revision_key(self.contest, generation, name))) or 0)
            for name in self.boards
        ]

    def _take(self, board: BoardChannel, entries: list[tuple[bytes, Mapping[bytes, bytes]]]) -> bool:
        """Put deltas into the board's ring; whether there were any."""
        for id_, fields in entries:
            revision = int(id_.partition(b"-")[0])
            if revision != board.ring.head + 1:
                # so far behind that the stream no longer reaches back: whoever watches this board needs a snapshot
                board.skip(revision)
                if board.audience == "public":
                    RESETS.labels("gap").inc()
                continue
            board.append(revision, fields[b"d"])
            if board.audience == "public":
                DELTAS.inc()
        return bool(entries)

    async def _shown_now(self, kinds: set[str]) -> Picture | None:
        """What the contest is shown with from now on, where something of these types has changed, be it facts alone.

        Of an event that is there in part nothing is shown: a contest would be paused whose teams' own times go on.
        """
        now = asyncio.get_running_loop().time()
        if kinds & _SHOWN:
            self._due = now
        elif kinds & _TEAMS and self._due is None:
            self._due = now + TEAMS_S
        if self._due is None or now < self._due:
            return None
        whole, picture = await self._picture()
        return picture if whole else None

    async def _runs(self) -> None:
        """Look up the tests that were run, where somebody may hear of them: the notifications do not say which."""
        if wanted := self.personal.wanted(self._batches):
            for batch in await self._view.many(self.contest, "runs", wanted):
                self.personal.ran(batch)
        self._batches.clear()

    def _show(self, picture: Picture) -> None:
        for board in self.boards.values():
            board.show(picture)
        self.personal.show(picture)

    async def _picture(self) -> tuple[bool, Picture | None]:
        """Whether the view holds no event in part, and what the contest is shown with as of one moment."""
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.hexists(meta_key(self.contest), "part")
        for type_ in ("contest", "state", "problems", "teams", "organizations"):
            pipeline.hgetall(objects_key(self.contest, type_))
        part, *objects = await pipeline.execute()
        found = [{id_.decode(): parse_stored(value) for id_, value in one.items()} for one in objects]
        contest = found[0].get(self.contest)
        return not part, None if contest is None else Picture(contest, found[1].get("state"), *found[2:])

    async def _heartbeat(self) -> None:
        """Tell the time to everybody: proxies keep the connection, and clients see that it lives.

        A slice after the other, for all at once would hold up a delta for as long as a delta takes.
        """
        while True:
            await asyncio.sleep(HEARTBEAT_S * (1 - SPREAD))
            everybody = [one for channel in self.channels for one in channel.connections]
            slices = [everybody[at : at + BEAT] for at in range(0, len(everybody), BEAT)] or [[]]
            for some in slices:
                told = message("clock", {"now": self._clock.now_ms(), "rate": self._clock.rate})
                await walk(some, partial(Connection.push, frame=told))
                await asyncio.sleep(HEARTBEAT_S * SPREAD / len(slices))
