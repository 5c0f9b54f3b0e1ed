"""Refusals: what was wrong, told to the client, and to the audit where a door stayed shut or nothing was written."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import HTTPConnection
from starlette.responses import Response

from api.answers import refusal
from api.identity import Caller, WrongLoginError
from api.networks import address_of
from api.site import site_of

__all__ = ["refuse"]

_READS = ("GET", "HEAD", "OPTIONS")
_SHUT = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)


def refuse(
    connection: HTTPConnection, error: Exception, status: int, message: str, headers: dict[str, str] | None = None
) -> Response:
    """The answer to a request or a WebSocket that ends with this error; the one place that has refusals audited."""
    method = connection.scope.get("method", "")  # a WebSocket has none, and writes nothing
    if status in _SHUT or (method and method not in _READS):
        caller: Caller = getattr(connection.state, "caller", None) or Caller()
        wrong = isinstance(error, WrongLoginError)
        site_of(connection).audit.refused(
            error.username if isinstance(error, WrongLoginError) else caller.name,
            address_of(connection),
            "login" if wrong else f"{method or 'WebSocket'} refused",
            connection.url.path,
            status,
            message,
        )
    return refusal(status, message, headers)
