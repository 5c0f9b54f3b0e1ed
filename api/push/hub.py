"""All live streams of a process: their number, a reader for each contest that is watched, and how they end."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Protocol

from prometheus_client import Gauge
from redis.asyncio import Redis

from api.accounts import Accounts
from api.push.connection import Connection
from api.push.frames import JOINS_A_SECOND, retry
from api.push.reader import ContestReader
from api.push.walk import walk
from api.view import View
from schemas.clock import Clock
from schemas.errors import DependencyError
from schemas.events import Account

__all__ = ["Hubs", "retry_ms"]

logger = logging.getLogger(__name__)

IDLE_S = 30.0
"""A contest that nobody watches any more is followed for so long: people reload pages."""
READY_S = 5.0
"""How long a joining client waits for a reader that has just been started."""

TOGETHER_S = 0.02
"""Changes of accounts are told of so long after the first of them: a command writes thousands."""

STREAMS = Gauge("podium_api_streams", "Live streams that are open")


def retry_ms(clients: int = 0) -> int:
    """When a client comes back that was cut off, with so many others: in one to five seconds, or more for many."""
    return 1000 + random.randrange(max(4001, 1000 * clients // JOINS_A_SECOND))  # noqa: S311  # spreads load, guards nothing


class Closes(Protocol):
    """A stream that can be ended."""

    def close(self) -> None:
        """Let the request that holds it end. Idempotent."""


class Hubs:
    """Readers by contest. For one event loop."""

    def __init__(self, view: View, redis: Redis, clock: Clock, most: int) -> None:
        self._view = view
        self._redis = redis
        self._clock = clock
        self._most = most
        self._open = 0
        self._closing = False
        self._readers: dict[str, tuple[ContestReader, asyncio.Task[None]]] = {}
        self._watched: dict[str, int] = {}
        self._of: dict[str, set[Closes]] = {}
        self._telling: asyncio.TimerHandle | None = None

    @property
    def closing(self) -> bool:
        """Whether the process is about to end."""
        return self._closing

    @asynccontextmanager
    async def watching(self, contest: str) -> AsyncIterator[ContestReader]:
        """Hold a place among the streams, and the contest's reader.

        Raises:
            DependencyError: when there is no place left, the process is about to end, or the view is away.
        """
        if self._closing or self._open >= self._most:
            raise DependencyError("this server serves no more live streams; try again later")
        self._open += 1
        self._watched[contest] = self._watched.get(contest, 0) + 1
        STREAMS.inc()
        try:
            reader = self._reader(contest)
            try:
                await asyncio.wait_for(reader.ready.wait(), READY_S)
            except TimeoutError:
                raise DependencyError("the live view does not answer; try again") from None
            yield reader
        finally:
            STREAMS.dec()
            self._open -= 1
            self._watched[contest] -= 1
            if self._watched[contest] == 0:
                asyncio.get_running_loop().call_later(IDLE_S, self._drop, contest)

    @contextmanager
    def belonging(self, connection: Closes, account: Account | None, accounts: Accounts) -> Iterator[None]:
        """Hold the stream open no longer than the account stays what it was when the stream was asked for."""
        if account is None:
            yield
            return
        mine = self._of.setdefault(account.username, set())
        mine.add(connection)
        try:
            # it may have changed while the stream was opened; whatever changes from here on is told
            if not accounts.current(account):
                connection.close()
            yield
        finally:
            mine.discard(connection)
            if not mine:
                self._of.pop(account.username, None)

    def account_changed(self, username: str) -> None:
        """End the streams of an account: who may still have them comes back."""
        for connection in self._of.get(username, ()):
            connection.close()
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(TOGETHER_S, self._tell_of_accounts)

    def _tell_of_accounts(self) -> None:
        self._telling = None
        for reader, _ in self._readers.values():
            reader.feed.accounts_changed()

    async def close(self) -> None:
        """Tell every client when to come back, and end the streams in slices."""
        self._closing, clients = True, self._open
        readers = list(self._readers.values())  # those that nobody watches may be dropped meanwhile
        for reader, task in readers:
            task.cancel()
            reader.feed.close()
            for channel in reader.channels:
                await walk(channel.connections, lambda connection: connection.push(retry(retry_ms(clients))))
                await walk(channel.connections, Connection.close)
                for connection in channel.connections:
                    connection.close()  # also those that do not read
        await asyncio.gather(*(task for _, task in readers), return_exceptions=True)
        self._readers.clear()

    def _reader(self, contest: str) -> ContestReader:
        found = self._readers.get(contest)
        if found is None or found[1].done():
            reader = ContestReader(contest, self._view, self._redis, self._clock)
            found = self._readers[contest] = reader, asyncio.create_task(reader.run())
            found[1].add_done_callback(partial(_ended, reader))
        return found[0]

    def _drop(self, contest: str) -> None:
        if self._watched.get(contest) == 0:
            del self._watched[contest]
            if found := self._readers.pop(contest, None):  # none after `close`
                found[1].cancel()


def _ended(reader: ContestReader, task: asyncio.Task[None]) -> None:
    """Of a reader that has failed nobody hears any more: its clients are let go, and come back to another one."""
    if task.cancelled() or (error := task.exception()) is None:
        return
    logger.error("contest %s: push fails, and begins anew", reader.contest, exc_info=error)
    reader.feed.close()
    for channel in reader.channels:
        for connection in channel.connections:
            connection.close()
