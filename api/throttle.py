"""Bounds on how often somebody does something: counted by `limits` in Redis, for all processes of the api together."""

from __future__ import annotations

import hashlib
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

from fastapi import HTTPException
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from api.places import Places
from api.view import View
from schemas.errors import DependencyError

__all__ = ["Throttle", "too_many"]

MINUTE_S = 60
OPENINGS = 4
"""Streams that an address may open in a minute, for each one that it may have open: people reload pages."""
RETRY_S = 5
"""After how long a place among the streams may be free again."""


def too_many(message: str, wait_s: int) -> HTTPException:
    """429: *message*, and when to come back."""
    return HTTPException(429, f"{message}; try again in {wait_s} seconds", {"Retry-After": str(wait_s)})


class Throttle:
    """Counts what was done in the last minute, by a window that slides. Without Redis each process counts for itself.

    Real time: a bound protects the machine, whatever time the contest tells. What is refused is not counted. Redis is
    given a hash of who does it: what people type where a login belongs may be their password.
    """

    def __init__(self, view: View, instance: str = "") -> None:
        """*instance* names the process among its like, and its successor after it; empty where that is not known."""
        self._view = view
        shared = RedisStorage(
            "async+redis://", implementation="redispy", key_prefix="tmp:limit", connection_pool=cast(Any, view.pool)
        )
        self._shared = SlidingWindowCounterRateLimiter(shared)
        self._alone = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._streams = Places(view, instance)
        self._open: Counter[str] = Counter()

    async def close(self) -> None:
        """Hold no place any more; the process ends."""
        await self._streams.close()

    async def take(self, what: str, who: str, most: int, cost: int = 1) -> int:
        """Count it, if it is not too much; 0, or the seconds after which it may be tried again."""
        item = _item(what, most)
        try:
            async with self._view.answering():
                return await _take(self._shared, item, _name(who), cost)
        except DependencyError:
            return await _take(self._alone, item, _name(who), cost)

    async def full(self, what: str, who: str, most: int) -> bool:
        """Whether one more would be too much. Counts nothing."""
        item = _item(what, most)
        try:
            async with self._view.answering():
                return not await self._shared.test(item, _name(who))
        except DependencyError:
            return not await self._alone.test(item, _name(who))

    async def refuse_over(self, what: str, who: str, most: int, message: str, cost: int = 1) -> None:
        """Count it, and return if it is not too much.

        Raises:
            HTTPException: 429 otherwise.
        """
        if wait_s := await self.take(what, who, most, cost):
            raise too_many(message, wait_s)

    @asynccontextmanager
    async def stream(self, contest: str, network: str, most: int) -> AsyncIterator[None]:
        """Hold a place among the streams of a contest that come from one network.

        How many are open, and how often they are opened, is counted for all processes.

        Raises:
            HTTPException: 429 when there are too many already, or were too many in this minute.
        """
        who, message = f"{contest}:{network}", "too many live streams from your address"
        name = _name(who)
        if not await self._streams.take(name, most):
            raise too_many(message, RETRY_S)
        try:
            await self.refuse_over("streams", who, OPENINGS * most, message)
            yield
        finally:
            self._streams.give_back(name)

    @contextmanager
    def holding(self, what: str, who: str, most: int, message: str, wait_s: int = RETRY_S) -> Iterator[None]:
        """Hold one of the places for this that somebody has in this process.

        Raises:
            HTTPException: 429 when all are taken.
        """
        key = f"{what}:{who}"
        if self._open[key] >= most:
            raise too_many(message, wait_s)
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]


def _item(what: str, most: int) -> RateLimitItem:
    return RateLimitItemPerMinute(most, namespace=what)


def _name(who: str) -> str:
    return hashlib.blake2b(who.encode(errors="surrogateescape"), digest_size=16).hexdigest()


async def _take(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, name: str, cost: int) -> int:
    if await limiter.hit(item, name, cost=cost):
        return 0
    if cost > 1:
        return MINUTE_S  # when so much is free again nobody knows before
    reset, _ = await limiter.get_window_stats(item, name)
    return min(MINUTE_S, max(1, math.ceil(reset - time.time())))
