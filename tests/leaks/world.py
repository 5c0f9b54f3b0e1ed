"""A contest's world in this process: its log in memory, the scorer's fold, the live view in Redis, the api over it.

All but Kafka is real, and everything is deterministic: an event is applied and what follows from it is in Redis before
the next one comes. The worlds of two contests have a database of Redis each, so that both may have one name.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import redis
from fastapi import FastAPI

from api.accounts import Accounts, Known
from api.app import make_app
from api.audit import Audit
from api.directory import Directory
from api.doorkeeper import Doorkeeper
from api.lists import Lists
from api.positions import Positions
from api.push.hub import Hubs
from api.scoreboard import Scoreboards
from api.sealed import Sealer
from api.sessions import Sessions
from api.site import Site
from api.statements import Statements
from api.throttle import Throttle
from api.view import Progress, View, connect
from packages.media import media_of
from schemas.accounts import SCOPES
from schemas.clock import Clock
from schemas.codec import codec
from schemas.events import Account, AuditEntry, Event, MarkRequested, Membership, Runs, Submission, Token
from schemas.ids import CONTEST_PARTITIONS, partition_of
from schemas.live import Stored, meta_key
from schemas.settings import Settings
from streams.live.rest import Rest
from streams.live.store import Store
from streams.live.view import LOG, ROWS, LiveView
from streams.loop import Record
from streams.refold import Folded
from streams.scorer.rows import Stamp, key_of, marks_of, rows_of
from streams.scoring.fold import apply
from streams.scoring.state import ContestState
from tests.leaks.client import Channel, listen

__all__ = ["CONTEST", "TOKENS", "World"]

CONTEST = "leaks"
EPOCH = "e" * 16
"""The epoch of both worlds' keys; it is drawn at random, and says nothing."""
LATER = 98
"""Positions of the log before the contest: so that positions of two and of three digits matter."""

TOKENS: dict[str, tuple[str, str | None]] = {
    # token, which is the login too: role, team
    "first-of-t1": ("team", "t1"),
    "other-of-t1": ("team", "t1"),
    "first-of-t4": ("team", "t4"),
    "the-analyst": ("analyst", None),
    "jury-member": ("jury", None),
}


class StillClock(Clock):
    """The story's time."""

    now = 0

    def now_ms(self) -> int:
        return StillClock.now


class Following:
    """Redis as the push reader has it: it wakes when all that follows from an event is there.

    An event's objects and its rows are written one after the other, and a reader that Redis itself wakes may be given
    both at once or not: that is a matter of moments, and decides what goes out as one message.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._news = asyncio.Event()
        self._waits = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    @property
    def idle(self) -> bool:
        """Whether the reader has taken all that is there, and waits."""
        return self._waits and not self._news.is_set()

    def wake(self) -> None:
        """There is more."""
        self._news.set()

    async def xread(self, keys: dict[str, str], *, count: int, block: int) -> Any:
        assert block, "the reader waits for news"
        while not (found := await self._client.xread(keys, count=count)):
            self._waits = True
            try:
                await self._news.wait()
            finally:
                self._waits = False
            self._news.clear()
        return found


class Seal(Sealer):
    """The world's seal, which knows its tokens again."""

    _opens = Sealer.open  # as it is, whatever a test makes of it

    def __init__(self, secret: str) -> None:
        super().__init__(secret)
        self._whose: dict[bytes, str] = {}
        self._hidden: dict[bytes, bytes] = {}

    def seal(self, whose: str, data: bytes) -> str:
        token = super().seal(whose, data)
        self._whose[token.encode()] = whose
        return token

    def hidden(self, text: bytes) -> bytes:
        """The length of a token that is sealed; anything else as it is."""
        found = self._hidden.get(text)
        if found is None:
            whose = self._whose.get(text)
            opens = whose is not None and self._opens(whose, text.decode()) is not None
            found = self._hidden[text] = b"<sealed>%d" % len(text) if opens else text
        return found


class Appending:
    """A producer that appends to the world's log; of its other records nobody asks."""

    def __init__(self, add: Callable[[Event], int]) -> None:
        self._add = add

    async def append_async(self, event: Event) -> int:
        return self._add(event)

    def send(self, *_: Any) -> Future[int]:
        done: Future[int] = Future()
        done.set_result(0)
        return done


class Sources:
    """Submissions and runs by their positions, from memory."""

    def __init__(self, log: dict[int, Event]) -> None:
        self._log = log

    async def submission(self, _: str, position: int) -> Submission:
        return cast(Submission, self._log[position])

    async def runs(self, _: str, position: int) -> Runs:
        return cast(Runs, self._log[position])


class WholeDirectory(Directory):
    """Of a world without a broker: its view has taken whatever was written."""

    async def _whole(self, contest: str) -> tuple[int, Progress, Stored | None]:
        progress, stored = await self._view.contest(contest)
        return progress.log + 1, progress, stored


class KnownAccounts(Accounts):
    """Accounts that nobody writes elsewhere, and what the audit was told of them."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.entries: list[AuditEntry] = []

    async def whole(self) -> None:
        """They are."""

    async def change(self, username: str, change: Callable[[Account], tuple[Account, AuditEntry] | None]) -> None:
        """Known as soon as it is written."""
        if (written := change(self._known[username].account)) is None:
            return
        made, entry = written
        self.entries.append(entry)
        self._known[username] = Known(made, f"0.{id(made)}")
        self._changes += 1


def _nothing_skipped(contest: str, position: int) -> Folded:
    raise AssertionError(f"{contest} at {position}: no scorer skips anything here")


class World:
    """One of the two contests. To be used inside one event loop, and closed."""

    def __init__(self, url: str, home: Path, contest: str = CONTEST) -> None:
        self.contest = contest
        self.partition = partition_of(contest)
        self.log: dict[int, Event] = {}
        self.end = LATER
        self.projected: list[Any] = []
        self.scores = ContestState(contest)
        self.redis = redis.Redis.from_url(url)
        self.redis.flushdb()
        self.store = Store(url)
        self.live = LiveView(
            self.store, self._bury, lambda _: self.end, Rest(self.store, lambda: 0, 1), _nothing_skipped
        )
        self.live.starts([self.partition])
        settings = Settings(home=home, redis=url)
        reads, self._blocking = connect(url), connect(url)
        self._reads, self.following = reads, Following(self._blocking)
        view, clock, accounts = View(reads), StillClock(), self._accounts(settings)
        producer = cast(Any, Appending(self.add))
        self.sealer = Seal("secret")
        self.site = Site(
            settings=settings,
            clock=clock,
            view=view,
            directory=WholeDirectory(settings, view, dict.fromkeys(range(CONTEST_PARTITIONS), (0, 0))),
            positions=Positions(view),
            scoreboards=Scoreboards(view),
            producer=producer,
            accounts=accounts,
            doorkeeper=Doorkeeper(accounts, b"key"),
            sessions=Sessions("secret", accounts),
            sealer=self.sealer,
            audit=Audit(producer, clock, "api"),
            throttle=Throttle(view),
            sources=cast(Any, Sources(self.log)),
            statements=Statements(settings),
            media=media_of(settings),
            lists=Lists(),
            hubs=Hubs(view, cast(Any, self.following), clock, 1000),
        )

    @cached_property
    def app(self) -> FastAPI:
        """The api over it: who has one of their own does without."""
        return make_app(self.site)

    def _accounts(self, settings: Settings) -> Accounts:
        accounts = KnownAccounts(settings)
        accounts._unread.clear()
        for token, (role, team) in TOKENS.items():
            digest = hashlib.sha256(token.encode()).hexdigest()
            about = {
                "role": role,
                "memberships": (Membership(self.contest, team),),
                "tokens": (Token("tool", digest, SCOPES, 0),),
            }
            account = Account(recorded_at=0, recorded_by="test", username=token, **about)
            accounts._known[token] = Known(account, "0.0")
            accounts._tokens[digest] = token
        return accounts

    def _bury(self, record: Record, error: Exception) -> None:
        raise AssertionError(f"{record} is buried") from error

    # ---- the log --------------------------------------------------------------------------------------------------

    def add(self, event: Event, position: int | None = None) -> int:
        """Append an event, at a position behind all others; when this returns, Redis holds what follows from it."""
        position = self.end if position is None else position
        self.log[position], self.end = event, position + 1
        stamp = Stamp(event.recorded_at, "scorer")
        if isinstance(event, MarkRequested):
            records = list(marks_of(self.scores, stamp))
        else:
            records = list(rows_of(self.scores, position, apply(self.scores, position, event), stamp))
        batch = [Record(LOG, self.partition, position, self.contest.encode(), codec().encode(event))]
        for record in records:
            key = key_of(record).encode()
            batch.append(Record(ROWS, self.partition, len(self.projected), key, codec().encode(record)))
            self.projected.append(record)
        assert self.live.apply(self.partition, batch)
        self.redis.hset(meta_key(self.contest), "epoch", EPOCH)
        self.following.wake()
        return position

    # ---- what is watched ------------------------------------------------------------------------------------------

    def listen(self, path: str, token: str | None, *, socket: bool = False) -> Channel:
        """Open a stream of the contest and leave it open."""
        return listen(self.app, f"/api/contests/{self.contest}/{path}", token, socket=socket)

    async def quiet(self) -> None:
        """Return when the push has passed on all that is in Redis, and waits for more, and so do its clients."""
        found = self.site.hubs._readers.get(self.contest)
        while found is not None:
            reader, task = found
            assert not task.done(), task.result()
            if (
                self.following.idle
                and reader.feed.idle
                and not any(connection.busy for channel in reader.channels for connection in channel.connections)
            ):
                return
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Close everything."""
        await self.site.hubs.close()
        await self.site.throttle.close()
        self.site.doorkeeper.close()
        await self._reads.aclose()
        await self._blocking.aclose()
        self.store.close()
        self.redis.flushdb()
        self.redis.close()
