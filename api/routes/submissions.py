"""Submitting, and the files of a submission."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.access import Viewer
from api.admission import team_of
from api.answers import TAGGED, has, json
from api.collections import stored_submission
from api.identity import address_of, identify, refuse_foreign_pages, shows_credentials
from api.intake import parse, read_body
from api.look import ContestId, Looking, look_to_write
from api.site import site_of
from api.submit import Sent, submit
from api.versions import BASES, in_version
from clics.source_zip import zipped

__all__ = ["router"]

router = APIRouter(prefix="/contests/{contest_id}/submissions", tags=["submissions"], default_response_class=Response)

MAX_KEY = 255
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Anything of your own, at most 255 characters: a retry with the same key, at any server, is the same submission.",
    ),
]
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["problem_id", "language_id", "files"],
                    "properties": {
                        "problem_id": {"type": "string"},
                        "language_id": {"type": "string"},
                        "entry_point": {"type": "string"},
                        "team_id": {"type": "string"},
                        "files": {
                            "type": "array",
                            "items": {"type": "object", "properties": {"data": {"description": "a zip in base64"}}},
                        },
                    },
                }
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["problem_id", "language_id", "code"],
                    "properties": {
                        "problem_id": {"type": "string"},
                        "language_id": {"type": "string"},
                        "entry_point": {"type": "string"},
                        "code": {
                            "type": "string",
                            "format": "binary",
                            "description": "a source file; several are fine",
                        },
                    },
                }
            },
        },
    }
}


@router.post("", status_code=201, summary="Submit", openapi_extra=_BODY)
async def post(request: Request, contest_id: ContestId, key: Key = None) -> Response:
    """Submit as a team, or as an admin for one: with its time, or now as that team's proxy. 201 once the broker has it: from then on it cannot be lost.

    503 may mean that it was accepted: send it again with the same `Idempotency-Key`. A key with another body is 409.
    """
    return await _submit(request, contest_id, None, key)


@router.put("/{submission_id}", summary="Put a submission", openapi_extra=_BODY)
async def put(request: Request, contest_id: ContestId, submission_id: str) -> Response:
    """As an admin: a submission with its own id and time, for example from another system. Idempotent."""
    return await _submit(request, contest_id, submission_id, None)


async def _submit(request: Request, contest_id: str, submission_id: str | None, key: str | None) -> Response:
    begun = time.perf_counter()
    site = site_of(request)
    if not shows_credentials(request):
        raise HTTPException(401, "log in to submit")
    # the body first: when its last byte came is the submission's time, however long the password's check takes
    body = await read_body(request)
    at = site.clock.now_ms()
    caller = request.state.caller = await identify(request)
    if caller.account is None:
        raise HTTPException(401, "your session has ended; log in again")
    refuse_foreign_pages(request, caller)
    if key is not None and not (0 < len(key) <= MAX_KEY and key.isprintable()):
        raise HTTPException(400, f"Idempotency-Key: 1 to {MAX_KEY} printable characters")
    look = await look_to_write(request, contest_id)
    draft = await parse(request.headers, body)
    if submission_id is not None and draft.id not in (None, submission_id):
        raise HTTPException(409, "id: not the one in the URL")
    team = team_of(look.viewer, draft, put=submission_id is not None)
    # without a time it is the team's own, whoever sends it
    viewer = look.viewer if draft.time is not None else Viewer("team", team)
    answer = await submit(site, contest_id, Sent(draft, viewer, caller.name, team, key, at, begun))
    status = 201 if answer.new or submission_id is None else 200
    shown = in_version(look.version, "submissions", [answer.submission])[0]
    action = "submit" if submission_id is None else "put submission"
    site.audit.write(caller.name, address_of(request), action, f"{contest_id}/{shown['id']}", status)
    timing = ", ".join(f"{name};dur={value:.3f}" for name, value in answer.timing.items())
    headers = {"Location": f"{BASES[look.version]}/contests/{contest_id}/submissions/{shown['id']}"}
    return json(shown, status, headers | ({"Server-Timing": timing} if timing else {}))


@router.get("/{submission_id}/files", summary="The files of a submission, as a zip")
async def files(request: Request, look: Looking, submission_id: str) -> Response:
    """For its own team, the jury and analysts."""
    stored = await stored_submission(look, submission_id)
    shown = None if stored is None else look.see("submissions", stored)
    if stored is None or shown is None:
        raise HTTPException(404, f"submissions: there is no {submission_id!r}")
    if "files" not in shown:
        raise HTTPException(403, "the source is its team's and the jury's")
    tag = f'"{stored.facts["digest"]}"'
    headers = {
        "Content-Disposition": f'attachment; filename="{stored.object["id"]}.zip"',
        "Cache-Control": "private, no-cache",
        "Vary": TAGGED["Vary"],
        "ETag": tag,
    }
    if has(request, tag):
        return Response(None, 304, headers)
    event = await look.site.sources.submission(look.id, stored.facts["position"])
    return Response(zipped(event.files), headers=headers, media_type="application/zip")
