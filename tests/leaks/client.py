"""A client of an ASGI application in this process: every byte of an answer, every message of a stream, as they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Answer", "Channel", "fetch", "listen"]

App = Callable[[dict[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

ENDLESS = (b"text/event-stream", b"application/x-ndjson", b"multipart/")
"""Beginnings of the content types of answers that may have no end."""


@dataclass(frozen=True)
class Answer:
    """Status, headers in their order, and the body: of an endless answer what had come when all was quiet."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Channel:
    """A request or a WebSocket that is open: `sent` are the messages of the application so far."""

    def __init__(self, app: App, scope: dict[str, Any], first: dict[str, Any]) -> None:
        self.sent: list[dict[str, Any]] = []
        self._first: dict[str, Any] | None = first
        self._left = asyncio.Event()
        self.begun = asyncio.Event()
        """Set when the answer is whole, or has begun and may have no end."""
        self._gone = {"type": scope["type"] + ".disconnect", "code": 1000}
        self.task = asyncio.create_task(self._serve(app, scope))
        self.task.add_done_callback(lambda _: self.begun.set())

    async def _serve(self, app: App, scope: dict[str, Any]) -> None:
        await app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        first, self._first = self._first, None
        if first is not None:
            return first
        await self._left.wait()
        return self._gone

    async def _send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        type_ = dict(message.get("headers", ())).get(b"content-type", b"")
        if message["type"] == "websocket.send" or type_.startswith(ENDLESS):
            self.begun.set()

    async def close(self) -> None:
        """Leave, and wait until the application has noticed."""
        self._left.set()
        await self.task


def listen(
    app: App,
    path: str,
    token: str | None,
    *,
    socket: bool = False,
    method: str = "GET",
    body: bytes = b"",
    **headers: str,
) -> Channel:
    """Ask for a path, as whom the token says; a *socket*: by a WebSocket. Or send a *body* there by another *method*."""
    url = urlsplit(path)
    given = headers | ({"authorization": f"Bearer {token}"} if token else {}) | {"host": "test"}
    scope: dict[str, Any] = {
        "type": "websocket" if socket else "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws" if socket else "http",
        "path": url.path,
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "root_path": "",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
        "client": ("192.0.2.1", 1),
        "server": ("test", 80),
        "state": {},
    }
    if socket:
        return Channel(
            app,
            scope | {"subprotocols": [], "extensions": {"websocket.http.response": {}}},
            {"type": "websocket.connect"},
        )
    return Channel(app, scope | {"method": method}, {"type": "http.request", "body": body, "more_body": False})


async def fetch(
    app: App,
    path: str,
    token: str | None,
    quiet: Callable[[], Awaitable[None]],
    **how: Any,
) -> Answer:
    """The whole answer; of an endless one what it begins with, until it is *quiet*. *how*: as `listen` has it."""
    channel = listen(app, path, token, **how)
    await channel.begun.wait()
    if not channel.task.done():
        await quiet()
        said = list(channel.sent)
        await channel.close()
    else:
        said = channel.sent
        channel.task.result()
    return _answer(said)


def _answer(said: list[dict[str, Any]]) -> Answer:
    status, headers, body = 0, (), b""
    for message in said:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            status = message["status"]
            headers = tuple((name.decode(), value.decode()) for name, value in message["headers"])
        elif message["type"] == "websocket.send":
            body += message["text"].encode() + b"\n"
        else:
            body += message.get("body", b"")
    return Answer(status, headers, body)
