"""How many bodies of one account are read at a time: each is held in memory until all of it is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from api.throttle import too_many

__all__ = ["AT_ONCE", "MOST", "Bodies"]

AT_ONCE = 8
"""Bodies of one account that are read at a time, the largest of them 16 MB together: a team sends one, a tool some."""
MOST = 200
"""Requests of one account whose bodies are read or wait for it: each holds a connection, and a tool has a dozen."""
RETRY_S = 1
"""When one more may be tried: most bodies are there at once."""


@dataclass(slots=True)
class _Account:
    reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    asked: int = 0


class Bodies:
    """Whose bodies are being read: of one account some at a time, and the next when one of them is there."""

    def __init__(self) -> None:
        self._of: dict[str, _Account] = {}

    @asynccontextmanager
    async def of(self, username: str) -> AsyncIterator[None]:
        """To be held while a body of the account is read.

        Raises:
            HTTPException: 429 when too many of its requests wait for that.
        """
        account = self._of.setdefault(username, _Account())
        if account.asked >= MOST:
            raise too_many("too many of your requests come at once", RETRY_S)
        account.asked += 1
        try:
            async with account.reading:
                yield
        finally:
            account.asked -= 1
            if not account.asked:
                del self._of[username]
