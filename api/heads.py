"""HEAD as RFC 9110 (9.3.2) has it: what a GET would answer, without its body. No route need know of it."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Heads"]


class Heads:
    """Asks the application by GET, and goes no further than the head of its answer, be that endless."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        answered, asked = False, {**scope, "method": "GET"}

        async def head(message: Message) -> None:
            nonlocal answered
            if not answered and message["type"] == "http.response.start":
                scope["route"] = asked.get("route")  # by which requests are counted
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                answered = True
                asking.cancel()

        asking = asyncio.ensure_future(self._app(asked, receive, head))
        try:
            await asking
        except asyncio.CancelledError:
            if not answered:
                raise
