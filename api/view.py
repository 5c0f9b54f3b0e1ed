"""Reading the live view: the API never writes to it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from api.shared import Shared
from schemas.errors import DependencyError
from schemas.ids import CONTEST_PARTITIONS, partition_of
from schemas.live import (
    ASKED_KEY,
    Stored,
    deltas_key,
    firsts_key,
    ids_key,
    meta_key,
    objects_key,
    parse_most,
    parse_stored,
    revision_key,
    rows_key,
    witness_key,
)

__all__ = ["Base", "BoardState", "Progress", "View", "connect"]

CONNECTIONS = 32
"""A read takes well under a millisecond, so that many serve thousands of requests a second."""
TIMEOUT_S = 2.0
"""Longer than a live Redis ever takes; a submission waits for it once."""
AWAY_S = 1.0
"""For so long nobody else waits for a Redis that has just let somebody wait in vain."""
AWAY = "the live view does not answer; try again"


@dataclass(frozen=True, slots=True)
class Base:
    """What a board's revisions count from: how often another generation was promoted, and the epoch of the keys.

    As text it is public. The generation's own name is a position of the log, and would tell how much happened before.
    """

    promotions: int
    epoch: str

    def __str__(self) -> str:
        return f"{self.promotions}:{self.epoch}"


@dataclass(frozen=True, slots=True)
class BoardState:
    """A board at one revision, its rows and first-to-solves still as bytes; `base` is what its revisions count from."""

    generation: str
    base: Base
    revision: int
    rows: Mapping[bytes, bytes]
    firsts: Mapping[bytes, bytes]

    @property
    def token(self) -> str:
        """The public name of this state of the board."""
        return f"{self.base}:{self.revision}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a partition of `log` and of `scoreboard-rows` was read into Redis; -1: not at all.

    Of one contest also -1 while it holds less than the live sink once gave it: a copy was put back, or it is loaded
    anew. `away`: it is over, and most of it has left until somebody asks for it. `held`: the last position of the log
    that the contest holds.
    """

    log: int
    rows: int
    away: bool = False
    held: int = -1


def connect(url: str, *, connections: int = CONNECTIONS) -> Redis:
    """A client whose requests fail within seconds: a Redis that does not answer is a 503, not a hanging request."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=TIMEOUT_S,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        # once more, at once: connections kept from before a restart of Redis are dead
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )
    return Redis.from_pool(pool)


class View:
    """Typed reads; every method raises DependencyError when Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._shared = Shared()
        self._away_until = 0.0

    @property
    def pool(self) -> ConnectionPool:
        """The connections, for a library that asks Redis by itself, inside `answering`."""
        return self._redis.connection_pool

    @asynccontextmanager
    async def answering(self, *, awaited: bool = True) -> AsyncIterator[Redis]:
        """Redis, for a few questions. One that did not answer in time is not asked again for a second.

        *awaited*: somebody waits for the answer; else nobody is kept from asking by one that did not come.

        Raises:
            DependencyError: when Redis is away.
        """
        if time.monotonic() < self._away_until:
            raise DependencyError(AWAY)
        try:
            yield self._redis
        except (RedisError, OSError) as error:
            if awaited and isinstance(error, RedisTimeoutError):
                self._away_until = time.monotonic() + AWAY_S
            raise DependencyError(AWAY) from error

    async def held(self, contest: str) -> int:
        """The last position of the log that the view holds of the contest; -1: none."""
        async with self.answering():
            return _position(await cast(Any, self._redis.hget(meta_key(contest), "log")))

    async def contests(self) -> tuple[dict[int, Progress], list[str]]:
        """How far each partition was read into this Redis, and the ids of all contests that it must hold."""
        async with self.answering():
            pipeline = self._redis.pipeline(transaction=False)
            for partition in range(CONTEST_PARTITIONS):
                pipeline.hgetall(witness_key(partition))
            found = await pipeline.execute()
        read = {
            partition: Progress(_position(one.get(b"log")), _position(one.get(b"rows")))
            for partition, one in enumerate(found)
        }
        return read, sorted(field[2:].decode() for one in found for field in one if field.startswith(b"c:"))

    async def contest_objects(self, contests: list[str]) -> list[tuple[Stored | None, bool]]:
        """The contests' own objects, each with whether most of the contest has left, in one question."""
        async with self.answering():
            pipeline = self._redis.pipeline(transaction=False)
            for contest in contests:
                pipeline.hget(objects_key(contest, "contest"), contest)
                pipeline.hexists(meta_key(contest), "away")
            found = await pipeline.execute()
        return [(parse_stored(one) if one else None, away) for one, away in zip(found[::2], found[1::2], strict=True)]

    async def contest(self, contest: str) -> tuple[Progress, Stored | None]:
        """How far the contest's partition was read into this Redis, and the contest's own object as of then."""
        return await self._shared.ask(("contest", contest), lambda: self._contest(contest))

    async def _contest(self, contest: str) -> tuple[Progress, Stored | None]:
        async with self.answering():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hmget(witness_key(partition_of(contest)), "log", "rows", f"c:{contest}")
            pipeline.hmget(meta_key(contest), "log", "rows", "away")
            pipeline.hget(objects_key(contest, "contest"), contest)
            (log, rows, most), (held_log, held_rows, away), found = await pipeline.execute()
        most_log, most_rows = parse_most(most)
        progress = Progress(
            -1 if _position(held_log) < most_log else _position(log),
            -1 if _position(held_rows) < most_rows else _position(rows),
            away is not None,
            _position(held_log),
        )
        return progress, parse_stored(found) if found else None

    async def ask_for(self, contest: str) -> None:
        """Have a contest that is away brought back: what the live sink looks for."""
        async with self.answering():
            await self._redis.zadd(ASKED_KEY, {contest: time.time_ns() // 1_000_000})

    async def object(self, contest: str, type_: str, id_: str) -> Stored | None:
        """One object."""
        async with self.answering():
            found = await cast(Any, self._redis.hget(objects_key(contest, type_), id_))
        return parse_stored(found) if found else None

    async def look(self, contest: str, wanted: Iterable[tuple[str, str]]) -> tuple[int, list[Stored | None]]:
        """How far the view holds the contest (-1: nothing, or it has left), and objects at exactly that moment."""
        async with self.answering():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hmget(meta_key(contest), "log", "away")
            for type_, id_ in wanted:
                pipeline.hget(objects_key(contest, type_), id_)
            (held, away), *answers = await pipeline.execute()
        return _position(held if away is None else None), [
            parse_stored(answer) if answer else None for answer in answers
        ]

    async def state(self, contest: str) -> dict[str, Any]:
        """The contest's state as CLICS has it, empty where there is none yet."""
        found = await self._shared.ask(("state", contest), lambda: self.object(contest, "state", "state"))
        return found.object if found else {}

    async def whole(self, contest: str, *types: str) -> tuple[int, list[dict[bytes, bytes]]]:
        """How far the view holds the contest (-1: nothing), and at exactly that moment all objects of each of the types.

        Objects are by their id, as bytes for `parse_stored`.
        """
        async with self.answering():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hget(meta_key(contest), "log")
            for type_ in types:
                pipeline.hgetall(objects_key(contest, type_))
            held, *found = await pipeline.execute()
        return _position(held), found

    async def ids(self, contest: str, type_: str) -> tuple[int, list[str]]:
        """How far the view holds the contest (-1: nothing), and the ids of a type's objects at exactly that moment."""
        async with self.answering():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hget(meta_key(contest), "log")
            pipeline.hkeys(objects_key(contest, type_))
            held, found = await pipeline.execute()
        return _position(held), [id_.decode() for id_ in found]

    async def many(self, contest: str, type_: str, ids: list[str]) -> list[Stored]:
        """Those of the named objects of a type that are there."""
        if not ids:
            return []
        async with self.answering():
            answers = await cast(Any, self._redis.hmget(objects_key(contest, type_), ids))
        return [parse_stored(answer) for answer in answers if answer]

    async def id_of(self, contest: str, number: str) -> str | None:
        """The id of the submission with this number."""
        async with self.answering():
            found = await cast(Any, self._redis.hget(ids_key(contest), number))
        return found.decode() if found else None

    async def revision(self, contest: str, audience: str) -> BoardState:
        """Which revision of the contest's board is there, without its rows."""
        return await self._shared.ask((audience, contest), lambda: self._board(contest, audience, rows=False))

    async def board(self, contest: str, audience: str) -> BoardState:
        """The contest's active board, all of it at one revision."""
        return await self._board(contest, audience, rows=True)

    async def deltas(
        self, contest: str, generation: str, audience: str, after: int, most: int = 1000
    ) -> list[tuple[int, bytes]]:
        """The board's deltas that are still there after a revision, each with its revision."""
        async with self.answering():
            key = deltas_key(contest, generation, audience)
            found = await cast(Any, self._redis.xrange(key, f"({after}-0", "+", count=most))
        return [(int(id_.partition(b"-")[0]), fields[b"d"]) for id_, fields in found]

    async def _board(self, contest: str, audience: str, *, rows: bool) -> BoardState:
        async with self.answering():
            generation = await cast(Any, self._redis.hget(meta_key(contest), "active"))
            while True:
                active = (generation or b"0").decode()
                pipeline = self._redis.pipeline(transaction=True)
                pipeline.hmget(meta_key(contest), "epoch", "active", "promotions")
                pipeline.get(revision_key(contest, active, audience))
                if rows:
                    pipeline.hgetall(rows_key(contest, active, audience))
                    pipeline.hgetall(firsts_key(contest, active, audience))
                (epoch, now, promotions), revision, *boards = await pipeline.execute()
                if now == generation:
                    break
                generation = now  # another one was promoted in between
        found = boards or [{}, {}]
        base = Base(int(promotions or 0), (epoch or b"").decode())
        return BoardState(active, base, int(revision or 0), found[0], found[1])


def _position(found: bytes | None) -> int:
    return -1 if found is None else int(found)
