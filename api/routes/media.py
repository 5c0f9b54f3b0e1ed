# the contest's id is taken by the dependency that looks it up
"""The pictures, videos and other files of contests, organizations, teams and persons, and podium's own mark."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api.about import LOGO
from api.answers import TAGGED, has
from api.inert import inert, inert_file
from api.look import Look, Looking
from clics.contest_media import PROPERTIES
from schemas.live import Stored

__all__ = ["router"]

router = APIRouter(default_response_class=Response)

_PUBLIC = {"Cache-Control": "public, max-age=300", "Vary": TAGGED["Vary"]}
_PRIVATE = {"Cache-Control": "private, max-age=300", "Vary": TAGGED["Vary"]}
"""A picture that is replaced is seen everywhere within five minutes."""

_LOGO_TAG = f'"{hashlib.sha256(LOGO).hexdigest()}"'
_LOGO_POLICY = inert("image/svg+xml", LOGO)


@router.get("/logo", tags=["API"], summary="podium's mark")
async def logo(request: Request) -> Response:
    """The logo of the data provider, which the API's information refers to."""
    headers = _PUBLIC | {"ETag": _LOGO_TAG, "Content-Security-Policy": _LOGO_POLICY}
    if has(request, _LOGO_TAG):
        return Response(None, 304, headers)
    return Response(LOGO, headers=headers, media_type="image/svg+xml")


def _of_contest(name: str) -> Callable[[Request, Look, str], Awaitable[Response]]:
    async def file(request: Request, look: Looking, filename: str) -> Response:
        """A picture of the contest."""
        return await _file(request, look, "contest", look.contest, name, filename)

    return file


def _of_object(type_: str) -> Callable[[Request, Look, str, str, str], Awaitable[Response]]:
    async def file(request: Request, look: Looking, object_id: str, name: str, filename: str) -> Response:
        """A file that the object refers to."""
        look = await look.deeper() if type_ == "persons" else look
        stored = await look.site.view.object(look.id, type_, object_id)
        if stored is None:
            raise HTTPException(404, f"{type_}: there is no {object_id!r}")
        return await _file(request, look, type_, stored, name, filename)

    return file


async def _file(request: Request, look: Look, type_: str, stored: Stored, name: str, filename: str) -> Response:
    """The file, for whoever sees the object with its reference.

    Raises:
        HTTPException: 404 where there is none for them.
        DependencyError: when the store does not have it.
    """
    shown = look.see(type_, stored)
    there = shown is not None and any(one["filename"] == filename for one in shown.get(name, ()))
    if not there or filename not in stored.facts["files"]:
        raise HTTPException(404, f"there is no {name} {filename!r}")
    digest, mime = stored.facts["files"][filename]
    everybody = look.viewer.role == "public" and not look.viewer.account and mime.startswith("image/")
    tag = f'"{digest}"'
    path = await asyncio.to_thread(look.site.media.path, digest)
    policy = await asyncio.to_thread(inert_file, mime, path)
    headers = (_PUBLIC if everybody else _PRIVATE) | {"ETag": tag, "Content-Security-Policy": policy}
    if has(request, tag):
        return Response(None, 304, headers)
    return FileResponse(path, headers=headers, media_type=mime)


for _type, _names in PROPERTIES.items():
    if _type == "contest":
        for _name in _names:
            router.add_api_route(
                f"/contests/{{contest_id}}/{_name}/{{filename}}",
                _of_contest(_name),
                tags=["contests"],
                name=f"{_name} of a contest",
                summary=f"A contest's {_name}",
            )
    else:
        router.add_api_route(
            f"/contests/{{contest_id}}/{_type}/{{object_id}}/{{name}}/{{filename}}",
            _of_object(_type),
            tags=[_type],
            name=f"file of {_type}",
            summary=f"A file of one of {_type}",
        )
