"""How far each webhook has acknowledged each contest; and which process of the site makes the calls.

Both are in Redis under names of their own. A Redis that was lost costs repeated calls from the registration on: none is
left out.
"""

from __future__ import annotations

from typing import Any, cast

import orjson

from api.feed.tokens import Place
from api.view import View
from schemas.events import Webhook

__all__ = ["Cursors"]

_LEADER = "tmp:webhooks"
LEASE_MS = 15_000
"""A process that has not said for so long that it makes the calls has ended, or is stuck."""
_ALL_OF_IT = 1 << 31
"""More lines than a position has."""
_RENEW = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) else return 0 end"
)


class Cursors:
    """Reads and writes them."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def lead(self, me: str) -> bool:
        """Whether this process is the one that makes the calls, from here on for a lease's time.

        Raises:
            DependencyError: when Redis is away.
        """
        async with self._view.answering() as redis:
            if await redis.set(_LEADER, me, nx=True, px=LEASE_MS):
                return True
            return bool(await cast(Any, redis.eval(_RENEW, 1, _LEADER, me, str(LEASE_MS))))

    async def retire(self, me: str) -> None:
        """Let another process make the calls at once.

        Raises:
            DependencyError: when Redis is away.
        """
        async with self._view.answering() as redis:
            if await redis.get(_LEADER) == me.encode():
                await redis.delete(_LEADER)

    async def place(self, hook: Webhook, contest: str) -> Place | None:
        """The last line that the webhook need not hear again; None: it hears all.

        Raises:
            DependencyError: when Redis is away.
        """
        async with self._view.answering() as redis:
            found = await cast(Any, redis.hget(f"webhook:{hook.id}", contest))
        if found is not None:
            position, _, line = found.decode().partition(".")
            return Place(int(position), int(line))
        return Place(hook.since[contest], _ALL_OF_IT) if contest in hook.since else None

    async def move(self, hook: Webhook, contest: str, place: Place) -> None:
        """It has heard up to here.

        Raises:
            DependencyError: when Redis is away.
        """
        async with self._view.answering() as redis:
            await cast(Any, redis.hset(f"webhook:{hook.id}", contest, f"{place.position}.{place.line}"))

    async def kept(self, id_: str, contest: str) -> dict[str, str]:
        """The accounts of a contest that the webhook has heard of, each with the digest of what it has heard.

        Raises:
            DependencyError: when Redis is away.
        """
        async with self._view.answering() as redis:
            found = await cast(Any, redis.hget(f"webhook:{id_}:accounts", contest))
        known: dict[str, str] = orjson.loads(found) if found else {}
        return known

    async def keep(self, id_: str, contest: str, accounts: dict[str, str]) -> None:
        """It has heard of these.

        Raises:
            DependencyError: when Redis is away.
        """
        async with self._view.answering() as redis:
            await cast(Any, redis.hset(f"webhook:{id_}:accounts", contest, orjson.dumps(accounts)))

    async def forget(self, id_: str) -> None:
        """It is gone.

        Raises:
            DependencyError: when Redis is away.
        """
        async with self._view.answering() as redis:
            await redis.delete(f"webhook:{id_}", f"webhook:{id_}:accounts")
