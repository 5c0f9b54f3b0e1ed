"""Server-Sent Events: headers are the library's, what is sent when is the channel's; the request itself waits for the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from sse_starlette import EventSourceResponse
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.answers import refusal
from api.look import Look
from api.protocol import AT_ONCE
from api.push.connection import Connection
from api.push.frames import Frame, retry
from api.push.hub import retry_ms
from api.push.openings import Opened, Opening
from schemas.errors import DependencyError

__all__ = ["PushResponse"]

PIECE = 1 << 16
"""A greeting goes out piece by piece, each when the client has room: a join costs no copy of a whole snapshot."""


class PushResponse(EventSourceResponse):
    """A stream that its channel pushes into.

    Of the library's tasks for each stream none is begun, which take a hundred kilobytes together: one that waits for the
    client to leave is all that a stream costs beside its request, for there are thousands. The channel beats its heart.
    """

    def __init__(self, look: Look, opening: Opening) -> None:
        super().__init__(iter(()), ping=0, sep="\n")
        self._look, self._opening = look, opening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream; 503 where it cannot be opened, and only when to come back where the process is about to end."""
        at_once: Callable[[bytes], bool] = scope.get("extensions", {}).get(AT_ONCE, _never)

        def write(frame: Frame) -> Coroutine[Any, Any, None] | None:
            if at_once(frame.sse):
                return None
            return send({"type": "http.response.body", "body": frame.sse, "more_body": True})  # type: ignore[return-value]

        site, account = self._look.site, self._look.caller.account
        if site.hubs.closing:
            await self._come_back()(scope, receive, send)
            return
        opened: Opened | None = None
        try:
            async with self._look.place(scope), site.hubs.watching(self._look.id) as reader:
                opened = await self._opening(reader, write)
                leaving = asyncio.create_task(_left(receive, opened.connection))
                try:
                    with site.hubs.belonging(opened.connection, account, site.accounts):
                        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                        await _greet(opened, send)
                        opened.connection.free()
                        await opened.connection.done.wait()
                        await send({"type": "http.response.body", "body": b"", "more_body": False})
                finally:
                    leaving.cancel()
                    opened.close()
        except DependencyError as error:
            if opened is not None:
                raise
            full = refusal(503, str(error), {"Retry-After": "5"})
            await (self._come_back() if site.hubs.closing else full)(scope, receive, send)

    def _come_back(self) -> Response:
        """A browser gives up a stream that is refused; one that ends it asks for again, of whoever is there then."""
        headers = {"Cache-Control": "no-store"}
        return Response(retry(retry_ms()).sse, headers=headers, media_type=self.media_type)


def _never(_: bytes) -> bool:
    """Of a server that is not ours: everything goes the usual way."""
    return False


async def _greet(opened: Opened, send: Send) -> None:
    for frame in opened.take():
        for at in range(0, len(frame.sse), PIECE):
            await send({"type": "http.response.body", "body": frame.sse[at : at + PIECE], "more_body": True})


async def _left(receive: Receive, connection: Connection) -> None:
    """End the stream when its client leaves."""
    while (await receive())["type"] != "http.disconnect":
        pass
    connection.close()
