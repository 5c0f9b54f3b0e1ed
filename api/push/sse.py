"""Server-Sent Events: headers, disconnects and shutdown are the library's; what is sent when is the channel's."""

from __future__ import annotations

from sse_starlette import EventSourceResponse
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.answers import refusal
from api.look import Look
from api.push.frames import Frame, retry
from api.push.hub import retry_ms
from api.push.openings import Opened, Opening
from schemas.errors import DependencyError

__all__ = ["PushResponse"]

PIECE = 1 << 16
"""A greeting goes out piece by piece, each when the client has room: a join costs no copy of a whole snapshot."""


class PushResponse(EventSourceResponse):
    """A stream that its channel pushes into; the request's task only waits for the end."""

    def __init__(self, look: Look, opening: Opening) -> None:
        super().__init__(iter(()), ping=0, sep="\n")
        self._look, self._opening = look, opening
        self._opened: Opened | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream; 503 where it cannot be opened."""

        async def write(frame: Frame) -> None:
            await send({"type": "http.response.body", "body": frame.sse, "more_body": True})

        site, account = self._look.site, self._look.caller.account
        if site.hubs.closing:
            # a browser gives up a stream that is refused; one that ends it asks for again, of whoever is there then
            told = Response(retry(retry_ms()).sse, headers={"Cache-Control": "no-store"}, media_type=self.media_type)
            await told(scope, receive, send)
            return
        try:
            async with site.hubs.watching(self._look.id) as reader:
                self._opened = await self._opening(reader, write)
                try:
                    with site.hubs.belonging(self._opened.connection, account, site.accounts):
                        await super().__call__(scope, receive, send)
                finally:
                    self._opened.close()
        except DependencyError as error:
            if self._opened is not None:
                raise
            await refusal(503, str(error), {"Retry-After": "5"})(scope, receive, send)

    async def _stream_response(self, send: Send) -> None:
        assert self._opened is not None
        opened, greeting = self._opened, self._opened.greeting.sse
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for at in range(0, len(greeting), PIECE):
            await send({"type": "http.response.body", "body": greeting[at : at + PIECE], "more_body": True})
        opened.connection.free()
        await opened.connection.done.wait()
        self.active = False
        await send({"type": "http.response.body", "body": b"", "more_body": False})
