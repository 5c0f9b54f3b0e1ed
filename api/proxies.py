"""Proxies before the api: whose word on who the client is, and whether it speaks TLS, is taken."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

__all__ = ["Proxies", "came_directly"]

_PEER = "podium.peer"


class Proxies(ProxyHeadersMiddleware):
    """uvicorn's reading of X-Forwarded-For and X-Forwarded-Proto, from trusted proxies; remembers who really connected."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        """Serve one request."""
        scope[_PEER] = scope.get("client")
        await super().__call__(scope, receive, send)  # type: ignore[arg-type]


def came_directly(connection: HTTPConnection) -> bool:
    """Whether the client's address is known: it connected itself, or a trusted proxy says where it is from."""
    told = any(name in connection.headers for name in ("x-forwarded-for", "forwarded", "via"))
    return not told or connection.scope.get("client") != connection.scope.get(_PEER)
