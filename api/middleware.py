"""What surrounds every request, as plain ASGI: anything heavier would cost each message of each stream."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.identity import shows_credentials
from api.versions import BASES, version_of

__all__ = ["Surroundings"]

REQUESTS = Counter("podium_api_requests", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "podium_api_request_seconds",
    "Time to the beginning of the answer",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
TRANSPORT = "max-age=31536000"
"""A year: whoever has come by TLS once comes by nothing else."""
_PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match, Last-Event-ID",
    "Access-Control-Max-Age": "86400",
}


def _label(scope: Scope) -> str:
    """The path of the route that served the request, with the base under which it did."""
    path: str = getattr(scope.get("route"), "path", "other")
    base = BASES[version_of(HTTPConnection(scope))]
    versioned = path in ("", "/", "/contests") or path.startswith("/contests/")
    return f"{base}{path}" if versioned and scope["path"].startswith(base) else path


class Surroundings:
    """Headers for browsers, reading from other origins, and counts of requests."""

    def __init__(self, app: ASGIApp, broken: Callable[[Request, Exception], Response]) -> None:
        """*broken* makes the answer to a request that failed by a fault of ours."""
        self._app = app
        self._broken = broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        api = scope["path"].startswith("/api")
        if api and scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            # reading is open to every origin as nobody; with credentials, and writing, it is not
            headers = [(name.lower().encode(), value.encode()) for name, value in _PREFLIGHT.items()]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        begun, answered = time.perf_counter(), False

        async def surrounded(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", TRANSPORT)
                if headers.get("content-type") != "application/pdf":  # the browser's own viewer is a page of its own
                    headers.setdefault("Content-Security-Policy", POLICY)
                if api and not shows_credentials(HTTPConnection(scope)):
                    headers.setdefault("Access-Control-Allow-Origin", "*")
                route = _label(scope)
                REQUESTS.labels(scope["method"], route, message["status"]).inc()
                SECONDS.labels(scope["method"], route).observe(time.perf_counter() - begun)
            await send(message)

        try:
            await self._app(scope, receive, surrounded)
        except Exception as error:
            if answered:
                raise  # the client has half an answer: only the end of the connection says so
            await self._broken(Request(scope), error)(scope, receive, surrounded)
