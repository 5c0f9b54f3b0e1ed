"""Bounds on what a request may send, before anything of it is parsed: the length of its address, its bytes, its time."""

from __future__ import annotations

import asyncio

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.refusals import refuse

__all__ = ["BODY_S", "CLOSE", "MOST_ADDRESS", "Bounds", "most_bytes"]

MOST_ADDRESS = 8_000
"""Bytes of path and query: the longest that podium's own pages ask for has some hundred."""
MOST_SUBMITTED = 2_000_000
"""Bytes of a submission's body: its files have half of that at most, base64 takes a third more, a form has headers."""
MOST_LOGIN = 10_000
"""Bytes of a login: a name and a password of at most a thousand characters."""
MOST = 100_000
"""Bytes of any other body: the longest message of a clarification is a tenth of it."""
BODY_S = 60.0
"""How long a body may take: the largest one at 270 kbit/s."""
CLOSE = {"Connection": "close"}
"""What else the client would send is not wanted."""


def most_bytes(path: str) -> int:
    """Bytes that the body of a request to this path may have. Pure."""
    if path.startswith("/api/session"):
        return MOST_LOGIN
    parts = path.rstrip("/").split("/")
    return MOST_SUBMITTED if "submissions" in parts[-2:] else MOST


class Bounds:
    """Lets an application read no more of a body, and for no longer, than its path allows."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, most = Headers(scope=scope), most_bytes(scope["path"])
        length, chunked = headers.get("content-length", "0"), "transfer-encoding" in headers
        sends, error = chunked or length.strip("0") != "", None
        if len(scope["path"]) + len(scope["query_string"]) > MOST_ADDRESS:
            error = HTTPException(414, f"the address is longer than {MOST_ADDRESS} bytes", CLOSE)
        elif not (length.isascii() and length.isdigit()):
            error = HTTPException(400, "Content-Length is no number", CLOSE)
        elif int(length[:20]) > most:
            error = _too_large(most)
        elif scope["method"] in ("GET", "HEAD") and sends:
            # a stream waits for its client to leave: in the place of that a body would come, or never end
            error = HTTPException(400, f"a {scope['method']} has no body", CLOSE)
        if error is not None:
            answer = refuse(Request(scope), error, error.status_code, error.detail, CLOSE)
            await answer(scope, receive, send)
        elif sends:
            await self._app(scope, _Body(receive, most), send)
        else:
            await self._app(scope, receive, send)


class _Body:
    """What `receive` gives, as long as it keeps within its bounds."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._read = 0
        self._whole = False
        self._until = asyncio.get_running_loop().time() + BODY_S

    async def __call__(self) -> Message:
        """The next message.

        Raises:
            HTTPException: 413 when the body is too large, 408 when it takes too long.
        """
        if self._whole:
            return await self._receive()  # all that may still come is that the client leaves
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, f"the request took longer than {BODY_S:g} seconds to arrive", CLOSE) from None
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            if self._read > self._most:
                raise _too_large(self._most)
            self._whole = not message.get("more_body", False)
        return message


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"the request is larger than {most} bytes", CLOSE)
