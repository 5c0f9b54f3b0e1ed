"""The FastAPI application: routes, refusals, surroundings."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from api.bounds import Bounds
from api.heads import Heads
from api.middleware import Surroundings
from api.proxies import Proxies
from api.refusals import refuse
from api.routes import (
    awards,
    clarifications,
    contest_times,
    contests,
    event_feed,
    media,
    messages,
    packages,
    pages,
    passwords,
    remarks,
    scoreboard,
    session,
    start,
    submissions,
    webhooks,
)
from api.site import Site
from api.version import VERSION
from api.versions import BASES
from schemas.errors import ConflictError, DataError, DependencyError, ProduceTimeoutError

__all__ = ["make_app"]

logger = logging.getLogger(__name__)

_ABOUT = """Paths and JSON under `/api` follow the CLICS Contest API 2026-01, under `/api/2023-06` that older version. Beside
them: sessions for browsers, streams that push the scoreboard and a team's own submissions, problem packages for judges.
Log in with HTTP Basic, a bearer token, or a session's cookie. Every refusal is a JSON object with `code` and `message`."""


def make_app(site: Site) -> FastAPI:
    """The application over these parts."""
    app = FastAPI(
        title="podium",
        version=VERSION,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.site = site
    # the last one is the outermost: who asks is known before anything else
    app.add_middleware(Heads)
    app.add_middleware(Bounds)
    app.add_middleware(Surroundings, broken=_broken)
    app.add_middleware(Proxies, trusted_hosts=site.settings.trusted_proxies)
    # routes are tried in this order: first what thousands ask for
    app.include_router(scoreboard.streams)
    for base in BASES.values():
        app.include_router(scoreboard.router, prefix=base)
    for router in (
        start.router,
        contest_times.own,
        messages.router,
        packages.router,
        passwords.router,
        contests.own,
        session.router,
        pages.router,
    ):
        app.include_router(router)
    for base in BASES.values():
        for router in (
            submissions.router,
            clarifications.router,
            awards.router,
            remarks.router,
            contest_times.router,
            event_feed.router,
            packages.documents,
            contests.router,
            media.router,
            webhooks.router,
        ):
            app.include_router(router, prefix=base)
    app.add_exception_handler(StarletteHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ConflictError, _conflict)
    app.add_exception_handler(DataError, _bad_data)
    app.add_exception_handler(DependencyError, _later)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.UNAUTHORIZED and request.headers.get("sec-fetch-mode") in (None, "navigate"):
        # a browser asks the person for a password: not when a script of the page was refused, which asks by itself
        headers["WWW-Authenticate"] = 'Basic realm="podium", charset="UTF-8"'
    message = str(error.detail)
    if not isinstance(error, HTTPException):  # the framework's own: no such path, no such method
        message = {404: "there is nothing at this address", 405: f"{request.method} is not possible here"}.get(
            error.status_code, message
        )
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(_possible(request))  # the framework's own is of one of the routes alone
    return refuse(request, error, error.status_code, message, headers)


def _possible(request: Request) -> list[str]:
    """The methods that this address knows (RFC 9110, 15.5.6)."""
    routes = [one for one in iter_route_contexts(request.app.routes) if one.matches(request.scope)[0] is not Match.NONE]
    methods = {method for one in routes for method in one.methods or ()}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return refuse(request, error, 400, f"{first['loc'][-1]}: {first['msg']}")


async def _conflict(request: Request, error: Exception) -> Response:
    return refuse(request, error, 409, str(error))


async def _bad_data(request: Request, error: Exception) -> Response:
    return refuse(request, error, 400, str(error))


async def _later(request: Request, error: Exception) -> Response:
    if isinstance(error, DependencyError) and not isinstance(error, ProduceTimeoutError):
        logger.warning("%s", error)
    return refuse(request, error, 503, str(error) or "try again", {"Retry-After": "1"})


def _broken(request: Request, error: Exception) -> Response:
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refuse(request, error, 500, "something is wrong on our side; it has been written down")
