"""The pages: files as they lie in `api/web`, and the process's health."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, HTTPException
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api.answers import json
from api.site import site_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False, default_response_class=Response)

WEB = Path(__file__).parents[1] / "web"
MIME = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


def _file(name: str) -> Response:
    path = WEB / name
    if path.parent != WEB or not path.is_file() or path.suffix not in MIME:
        raise HTTPException(404, "there is no such page")
    # asked for again each time: a page and its parts are always of one version
    return FileResponse(path, media_type=MIME[path.suffix], headers={"Cache-Control": "no-cache"})


@router.get("/")
@router.get("/contests/{rest:path}")
@router.get("/login")
async def page() -> Response:
    """The one page; which view it shows is in its address."""
    return _file("index.html")


@router.get("/docs")
async def docs() -> Response:
    """The API's documentation."""
    return _file("docs.html")


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """A part of the pages."""
    return _file(name)


@router.get("/favicon.ico")
async def favicon() -> Response:
    """The icon where browsers look for it."""
    return _file("icon.svg")


@router.get("/healthz")
async def healthz() -> Response:
    """The process answers."""
    return json({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """The process has read the accounts to their end."""
    ready = site_of(request).accounts.ready
    return json({"status": "ok" if ready else "not yet"}, 200 if ready else 503)


@router.get("/metrics")
async def metrics() -> Response:
    """What Prometheus asks for."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
