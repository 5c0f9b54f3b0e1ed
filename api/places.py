"""Places of which somebody may hold so many at a time, counted in Redis for all processes of the api together.

Each process says in a hash of its own how many places of whom it holds, and proves by a lease that it lives: what a killed
one held is nobody's when the lease is over, or when its successor of the same name asks for the first time. A process asks
for all who wait in one question, so that thousands who come at once cost few; what it holds and nobody uses any more it
gives out again by itself, until it tells Redis.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import Counter
from typing import Any, cast

from api.shared import Shared
from api.view import View
from schemas.errors import DependencyError
from schemas.live import PLACES_KEY

__all__ = ["Places"]

RENEW_S = 2.0
"""Between two renewals of the lease. So long at most a place that was given back is taken for held elsewhere."""
LEASE_MS = 10_000
"""A process that has not renewed its lease for so long was killed, or stands still."""

_EXCHANGE = """
local me, lease, instance = ARGV[1], ARGV[2], ARGV[3]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local answer = {redis.call('EXISTS', KEYS[2])}
redis.call('ZADD', KEYS[1], now + lease, me)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local others = {}
for _, api in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if instance ~= '' and api ~= me and string.sub(api, 1, #instance) == instance then
    redis.call('ZREM', KEYS[1], api)
    redis.call('DEL', KEYS[1] .. ':' .. api)
  elseif api ~= me then
    others[#others + 1] = KEYS[1] .. ':' .. api
  end
end
redis.call('HSET', KEYS[2], '', 1)
for at = 4, #ARGV, 4 do
  local who, held, wanted, most = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  if wanted > 0 then
    local room = most - held
    for _, other in ipairs(others) do room = room - (redis.call('HGET', other, who) or 0) end
    held = held + math.max(0, math.min(wanted, room))
  end
  if held > 0 then redis.call('HSET', KEYS[2], who, held) else redis.call('HDEL', KEYS[2], who) end
  answer[#answer + 1] = held
end
redis.call('PEXPIRE', KEYS[2], lease)
return answer
"""
"""Renews the lease, and puts in place of what the hash says of somebody what the process holds now, with as many of the
places that it wants as there are. The answer: whether the hash was there, and how many places of each it holds then.

The hash's field without a name says that it is there while nothing is held.
"""


class Places:
    """The places that a process holds, and whose. For one event loop. Without Redis each process counts for itself."""

    def __init__(self, view: View, instance: str = "") -> None:
        """*instance* names the process among its like, and its successor after it; empty where that is not known."""
        self._view = view
        self._succeeds = f"{instance}:" if instance else ""
        self._me = f"{instance}:{secrets.token_hex(8)}"
        self._held: Counter[str] = Counter()
        self._known: dict[str, int] = {}
        self._wanted: Counter[str] = Counter()
        self._most: dict[str, int] = {}
        self._changed: set[str] = set()
        self._shared = Shared()
        self._renewing: asyncio.Task[None] | None = None
        self._over = False

    async def take(self, who: str, most: int) -> bool:
        """Take one of somebody's places, if not all are taken; none once the process ends."""
        if self._over:
            return False
        while self._held[who] >= self._known.get(who, 0) or self._held[who] >= most:
            if self._held[who] >= most:
                return False
            try:
                full = await self._ask(who, most)
            except DependencyError:
                if self._held[who] >= most:
                    return False
                break
            if self._held[who] >= self._known.get(who, 0) and who in full:
                return False
        self._held[who] += 1
        if self._held[who] > self._known.get(who, 0):
            self._changed.add(who)  # Redis is told when it is back
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew())
        return True

    def give_back(self, who: str) -> None:
        """Give back a place that was taken."""
        self._held[who] -= 1
        if not self._held[who]:
            del self._held[who]
        self._changed.add(who)

    async def close(self) -> None:
        """Hold nothing any more; the process ends."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        self._over = True
        with contextlib.suppress(DependencyError):
            await self._shared.ask("", self._exchange)

    async def _ask(self, who: str, most: int) -> frozenset[str]:
        """Ask for one more place; of whom there were too few for all who waited."""
        self._wanted[who] += 1
        self._most[who] = most
        try:
            return await self._shared.ask("", self._exchange)
        finally:
            # until here, so that an exchange behind this one counts the place as wanted, which is not held yet
            self._wanted[who] -= 1
            if not self._wanted[who]:
                del self._wanted[who], self._most[who]
            self._changed.add(who)  # who was cancelled has not taken it

    async def _renew(self) -> None:
        """Renew the lease while there is anything to be held or told."""
        while self._held or self._known:
            await asyncio.sleep(RENEW_S)
            with contextlib.suppress(DependencyError):
                await self._shared.ask("", self._exchange)

    async def _exchange(self) -> frozenset[str]:
        """Tell Redis what has changed, and hear of what is wanted; of whom there were too few.

        One at a time: what is told later is newer.
        """
        if self._over:
            await self._retire()
            return frozenset()
        about = {who: (self._held[who], self._wanted[who]) for who in self._changed | self._wanted.keys()}
        arguments: list[str | int] = [self._me, LEASE_MS, self._succeeds]
        for who, (held, wanted) in about.items():
            arguments += [who, held, wanted, self._most.get(who, 0)]
        self._changed.clear()
        try:
            async with self._view.answering(awaited=bool(self._wanted)) as redis:
                keys = [PLACES_KEY, f"{PLACES_KEY}:{self._me}"]
                there, *found = await cast(Any, redis.register_script(_EXCHANGE)(keys, arguments))
        except DependencyError:
            self._changed |= about.keys()
            raise
        self._succeeds = ""
        for who, known in zip(about, found, strict=True):
            self._known[who] = known
            if not known:
                del self._known[who]
            if self._held[who] > known:
                self._changed.add(who)  # taken meanwhile, out of what Redis was told to be given back
        if not there:  # the first time, or Redis was emptied
            self._changed |= self._held.keys() - about.keys()
        return frozenset(who for who, known in zip(about, found, strict=True) if known < sum(about[who]))

    async def _retire(self) -> None:
        async with self._view.answering() as redis:
            await redis.zrem(PLACES_KEY, self._me)
            await redis.delete(f"{PLACES_KEY}:{self._me}")
