"""A connection that follows a feed: lines as they come, and a newline where nothing has come for a while."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.account_objects import accounts_of
from api.answers import refusal
from api.feed.feed import Feed
from api.feed.followers import Follower
from api.look import Look
from api.push.frames import HEARTBEAT_S
from schemas.errors import DependencyError

__all__ = ["MEDIA_TYPE", "FeedResponse"]

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/x-ndjson"
SOON_S = 0.02
"""A large event is written in several steps of some milliseconds each."""
AWAY_S = 0.5
"""How long a feed waits for a view that is away or being rebuilt, before it looks again."""


class FeedResponse(StreamingResponse):
    """A feed until its client goes, the process ends, or the account behind it changes.

    It does not end by itself, unless it was asked to end with what there is.

    Every quarter of a minute without a line there is a newline (the Contest API demands one every two minutes), so that
    proxies keep the connection and both sides see that it lives.

    Accounts are of a topic of their own, and of no contest's log. So they have no tokens: each connection is told of all
    of them at its beginning, and then of those that change.
    """

    def __init__(self, look: Look, feed: Feed, *, resumed: bool, ends: bool) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(self._body(), 200, headers, MEDIA_TYPE)
        self._look, self._feed = look, feed
        self._follower = Follower()
        self._accounts: dict[str, Any] = {}
        self._told_of_accounts = False
        self._begun = not resumed
        self._ends = ends

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the feed; 503 where no more streams are served, 429 where no more to this address."""
        site, account = self._look.site, self._look.caller.account
        begun = False
        try:
            async with self._look.place(scope), site.hubs.watching(self._look.id) as reader:
                self._follower = reader.feed.join()
                try:
                    with site.hubs.belonging(self._follower, account, site.accounts):
                        begun = True
                        await self._serve(receive, send)
                finally:
                    reader.feed.leave(self._follower)
        except DependencyError as error:
            if begun:
                raise
            await refusal(503, str(error), {"Retry-After": "5"})(scope, receive, send)

    async def _serve(self, receive: Receive, send: Send) -> None:
        """Send until there is no more, or the client has left: a feed may have nothing to send for hours."""

        async def left() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            self._follower.close()

        leaving = asyncio.create_task(left())
        try:
            await self.stream_response(send)
        finally:
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)

    async def _body(self) -> AsyncGenerator[bytes, None]:
        feed, follower, told = self._feed, self._follower, time.monotonic()
        while not follower.done:
            wait, whole = max(0.0, told + HEARTBEAT_S - time.monotonic()), True
            if follower.accounts and self._begun and not feed.over:
                try:
                    changed = await self._accounts_changed()
                except DependencyError:
                    changed, wait, whole = b"", min(wait, AWAY_S), False  # what else there is does not wait for them
                if changed:
                    yield changed
            try:
                async with aclosing(feed.news()) as news:
                    async for piece in news:
                        yield piece
                        told = time.monotonic()
                        if follower.done:
                            return
            except DependencyError as error:
                logger.info("contest %s: a feed waits: %s", self._look.id, error)
                wait, whole = min(wait, AWAY_S), False
            if feed.closed:
                return
            if not self._begun:
                self._begun = True  # whoever comes back at the end of updates hears of nothing behind it
                continue
            if self._ends and whole and not feed.soon:
                return
            await follower.wait(min(wait, SOON_S) if feed.soon else wait)
            if time.monotonic() - told >= HEARTBEAT_S:
                yield b"\n"
                told = time.monotonic()

    async def _accounts_changed(self) -> bytes:
        """The accounts as they are now: those that were not told on this connection, or otherwise.

        At first as the log of accounts has them: another process may have told this client of more than is known here.
        """
        look = self._look
        if not self._told_of_accounts and look.viewer.account:
            await look.site.accounts.whole()
        self._follower.accounts, self._told_of_accounts = False, True
        now = {one["id"]: one for one in accounts_of(look.site.accounts, look.id, look.viewer, look.scene)}
        lines = [
            *(
                {"type": "accounts", "id": id_, "data": one}
                for id_, one in now.items()
                if self._accounts.get(id_) != one
            ),
            *({"type": "accounts", "id": id_, "data": None} for id_ in self._accounts if id_ not in now),
        ]
        self._accounts = now
        return b"".join(orjson.dumps(line) + b"\n" for line in lines)
