# the contest's id is taken by the dependency that looks it up
"""Problem packages for judges, statements for people."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api.answers import TAGGED, has, tagged, tagged_bytes
from api.inert import INERT, inert
from api.look import Look, Looking
from api.site import Site, site_of
from api.statements import Document
from api.versions import BASES
from schemas.errors import DataError, DependencyError
from schemas.live import Stored

__all__ = ["documents", "router"]

router = APIRouter(default_response_class=Response)
documents = APIRouter(
    prefix="/contests/{contest_id}/problems/{problem_id}", tags=["problems"], default_response_class=Response
)

_KEPT = {"Cache-Control": "private, max-age=60", "Vary": TAGGED["Vary"]}
"""A document changes with its package only."""


@router.get("/packages/{digest}", tags=["packages"], summary="A problem package")
async def package(request: Request, digest: str) -> Response:
    """The zip with this SHA-256; for judge hosts, with their bearer token."""
    site = site_of(request)
    if not _is_judge(site, request):
        raise HTTPException(401, "packages are for judge hosts: send their token as a bearer token")
    folder = site.statements.folder()
    if folder is None:
        raise HTTPException(404, "this server keeps no packages")
    try:
        path = folder.path(digest)
    except DataError as error:
        raise HTTPException(400, str(error)) from None
    if not path.is_file():
        raise HTTPException(404, f"package {digest} is not in the store")
    return FileResponse(path, media_type="application/zip", headers={"Cache-Control": "private, immutable"})


@router.get("/packages/media/{digest}", tags=["packages"], summary="A file of the store")
async def file(request: Request, digest: str) -> Response:
    """The file with this SHA-256, for another podium that has this one's store; with a judge's bearer token."""
    site = site_of(request)
    if not _is_judge(site, request):
        raise HTTPException(401, "the store is for judge hosts: send their token as a bearer token")
    try:
        path = site.media.path(digest)
    except DataError as error:
        raise HTTPException(400, str(error)) from None
    except DependencyError as error:
        raise HTTPException(404, str(error)) from None
    headers = {"Cache-Control": "private, immutable", "Content-Security-Policy": INERT}
    return FileResponse(path, media_type="application/octet-stream", headers=headers)


def _is_judge(site: Site, request: Request) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return False
    if site.settings.judge_token and hmac.compare_digest(token.encode(), site.settings.judge_token.encode()):
        return True
    found = site.accounts.by_token(hashlib.sha256(token.encode()).hexdigest())
    return found is not None and found[0].role in ("judge", "admin") and "read" in found[1].scopes


@documents.get("/package", summary="A problem's package")
async def package_of(request: Request, look: Looking, problem_id: str) -> Response:
    """The zip of the problem's package, for the jury."""
    problem = await _seen(look, problem_id)
    if "package" not in (look.see("problems", problem) or {}):
        raise HTTPException(403, "the packages are the jury's")
    digest, tag = problem.facts["package"], f'"{problem.facts["package"]}"'
    headers = _KEPT | {"ETag": tag, "Content-Disposition": f'attachment; filename="{problem_id}.zip"'}
    if has(request, tag):
        return Response(None, 304, headers)
    return FileResponse(await look.site.statements.zip(digest), media_type="application/zip", headers=headers)


@documents.get("/statement", summary="A problem's statement")
async def statement(request: Request, look: Looking, problem_id: str) -> Response:
    """A page with the problem's samples, or a PDF."""
    problem = await _problem(look, problem_id)
    base = _base(look, problem_id)
    try:
        found = await look.site.statements.statement(
            problem.facts["package"], problem.facts["statement"], problem.object, base
        )
    except DataError as error:
        raise HTTPException(404, str(error)) from None
    return _document(request, found)


@documents.get("/statement/{name}", summary="An image")
async def image(request: Request, look: Looking, problem_id: str, name: str) -> Response:
    """An image of the statement."""
    problem = await _problem(look, problem_id)
    try:
        found = await look.site.statements.image(problem.facts["package"], problem.facts["statement"], name)
    except DataError as error:
        raise HTTPException(404, str(error)) from None
    return _document(request, found)


@documents.get("/attachments", summary="What there is to download")
async def attachments(request: Request, look: Looking, problem_id: str) -> Response:
    """The samples and the package's attachments: a list of names with their addresses."""
    problem = await _problem(look, problem_id)
    found = await look.site.statements.downloads(problem.facts["package"], _base(look, problem_id))
    listed = [{"filename": name, "href": url.removeprefix(f"{BASES[look.version]}/")} for name, url in found]
    answer = tagged(request, listed)
    answer.headers.update(_KEPT)
    return answer


@documents.get("/attachments/{name:path}", summary="An attachment")
async def attachment(request: Request, look: Looking, problem_id: str, name: str) -> Response:
    """A file of the package's attachments."""
    problem = await _problem(look, problem_id)
    told = look.tell("problems", [problem])[0].get("attachments", ())
    href = f"contests/{look.id}/problems/{problem_id}/attachments/{quote(name)}"
    mime = next((one["mime"] for one in told if one["href"] == href), "application/octet-stream")
    try:
        found = await look.site.statements.attachment(problem.facts["package"], name, mime)
    except DataError as error:
        raise HTTPException(404, str(error)) from None
    return _document(request, found, filename=name.rpartition("/")[2])


@documents.get("/samples.zip", summary="The samples as files")
async def samples(request: Request, look: Looking, problem_id: str) -> Response:
    """A zip with what a team may have of each sample."""
    problem = await _problem(look, problem_id)
    try:
        found = await look.site.statements.samples(problem.facts["package"])
    except DataError as error:
        raise HTTPException(404, str(error)) from None
    return _document(request, found, filename=f"{problem_id}-samples.zip")


def _base(look: Look, problem_id: str) -> str:
    return f"{BASES[look.version]}/contests/{look.id}/problems/{problem_id}"


async def _seen(look: Look, problem_id: str) -> Stored:
    stored = await look.site.view.object(look.id, "problems", problem_id)
    if stored is None or look.see("problems", stored) is None:
        raise HTTPException(404, f"problems: there is no {problem_id!r}")
    return stored


async def _problem(look: Look, problem_id: str) -> Stored:
    stored = await _seen(look, problem_id)
    if stored.facts["statement"] is None:
        raise HTTPException(404, f"problem {problem_id} has no statement")
    return stored


def _document(request: Request, found: Document, *, filename: str | None = None) -> Response:
    """The document, shown, or saved under a name: names in packages have letters, digits and "._-" only."""
    saved = {} if filename is None else {"Content-Disposition": f'attachment; filename="{filename}"'}
    answer = tagged_bytes(request, found.content, media_type=found.mime)
    # an image or an attachment is a file that somebody has given us; the pages are our own
    ours = found.mime.startswith(("text/html; charset", "application/pdf"))
    policy = {} if ours else {"Content-Security-Policy": inert(found.mime, found.content)}
    answer.headers.update(_KEPT | saved | policy)
    return answer
