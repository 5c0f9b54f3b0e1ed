"""Questions that many ask at once, asked once: an answer is never older than the request that gets it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar, cast

__all__ = ["Shared"]

T = TypeVar("T")


class _Turn:
    """A question that is about to be asked, or under way."""

    __slots__ = ("asked", "task")

    def __init__(self) -> None:
        self.asked = False
        self.task: asyncio.Task[Any] | None = None


class Shared:
    """Whoever comes before a question has been asked shares its answer; who comes later waits for the next one.

    So a thousand requests at one moment cost two questions, and each sees all that was written before it came. For one
    event loop.
    """

    def __init__(self) -> None:
        self._turns: dict[Hashable, _Turn] = {}

    async def ask(self, key: Hashable, question: Callable[[], Awaitable[T]]) -> T:
        """The answer to a question that was asked after this call. What it raises, all who share it get."""
        turn = self._turns.get(key)
        if turn is None or turn.asked:
            before = None if turn is None else turn.task
            turn = self._turns[key] = _Turn()
            turn.task = asyncio.create_task(self._ask(key, turn, before, question))
            turn.task.add_done_callback(_seen)
        assert turn.task is not None
        # one who leaves takes nobody's answer away
        return cast(T, await asyncio.shield(turn.task))

    async def _ask(
        self, key: Hashable, turn: _Turn, before: asyncio.Task[Any] | None, question: Callable[[], Awaitable[T]]
    ) -> T:
        if before is not None:
            await asyncio.wait([before])  # meanwhile others come
        turn.asked = True
        try:
            return await question()
        finally:
            if self._turns.get(key) is turn:
                del self._turns[key]


def _seen(task: asyncio.Task[Any]) -> None:
    """Take note of a failure: those who asked may all have left."""
    if not task.cancelled():
        task.exception()
