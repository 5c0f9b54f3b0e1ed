"""Rows on their way to the broker: the next event need not wait for them, a commit does."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future

from schemas.producer import Producer
from schemas.rows import ProjectionRecord
from streams._faust import end_process
from streams.scorer.rows import key_of

__all__ = ["Outbox"]

MOST = 5000
"""Records on their way at a time: a thaw of thousands of teams must not fill the producer's queue."""


class Outbox:
    """Sends records in order. What was sent and did not arrive ends the process: nothing may be committed behind it."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._sent: deque[Future[int]] = deque()

    async def send(self, records: Iterable[ProjectionRecord], partition: int) -> None:
        """Hand these records of `scoreboard-rows` to the producer, in order.

        Raises:
            DependencyError: when it takes no more; nothing behind that record was handed over.
        """
        for record in records:
            sent = self._producer.send("scoreboard-rows", key_of(record), record, partition=partition)
            if sent.done() and (error := sent.exception()) is not None:
                raise error
            self._sent.append(sent)
            if len(self._sent) > MOST:
                await self._until(MOST // 2)
        while self._sent and self._sent[0].done():
            _check(self._sent.popleft())

    async def delivered(self) -> None:
        """Wait until the broker has every record that was sent so far."""
        await self._until(0)

    async def _until(self, left: int) -> None:
        for sent in list(self._sent)[: max(0, len(self._sent) - left)]:
            if not sent.done():
                await asyncio.wait([asyncio.wrap_future(sent)])
            _check(sent)
        while self._sent and self._sent[0].done():
            self._sent.popleft()


def _check(sent: Future[int]) -> None:
    if (error := sent.exception()) is not None:
        end_process(f"rows did not reach the broker: {error}")
