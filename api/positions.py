"""Read your writes: waiting until the view holds a position of the log."""

from __future__ import annotations

import asyncio

from api.view import View
from schemas.errors import DependencyError

__all__ = ["Positions"]

POLL_S = 0.004
"""The sink applies a record some ten milliseconds after it was written; one question a contest serves all who wait."""


class Positions:
    """Waits on behalf of requests; those of one contest share one poll of Redis. For one event loop."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._waiting: dict[str, list[tuple[int, asyncio.Future[bool]]]] = {}
        self._polls: dict[str, asyncio.Task[None]] = {}

    async def reached(self, contest: str, position: int, timeout_s: float) -> bool:
        """Whether the view held the position within the time; false also when Redis does not answer."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(contest, []).append((position, answer))
        if contest not in self._polls:
            self._polls[contest] = asyncio.create_task(self._poll(contest))
        try:
            return await asyncio.wait_for(answer, timeout_s)
        except TimeoutError:
            return False

    async def _poll(self, contest: str) -> None:
        try:
            while waiting := [(p, f) for p, f in self._waiting[contest] if not f.done()]:
                self._waiting[contest] = waiting
                held = await self._view.held(contest)
                for position, answer in waiting:
                    if position <= held and not answer.done():
                        answer.set_result(True)
                await asyncio.sleep(POLL_S)
        except DependencyError:
            pass
        finally:
            for _, answer in self._waiting.pop(contest, []):
                if not answer.done():
                    answer.set_result(False)
            del self._polls[contest]
