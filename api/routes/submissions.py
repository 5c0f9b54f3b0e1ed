"""Submitting, and the files of a submission."""

from __future__ import annotations

import base64
import time
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.access import Viewer
from api.admission import team_of
from api.answers import TAGGED, has, json
from api.arrival import arrival_of
from api.collections import stored_submission
from api.intake import Draft, parse
from api.look import ContestId, Look, Looking, look_to_write
from api.networks import address_of
from api.site import Site, site_of
from api.submit import Sent, submit
from api.versions import BASES, in_version
from api.writing import json_body
from clics.source_zip import zipped
from schemas.definition import FileData
from schemas.ids import account_id

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
_PROPERTIES: dict[str, dict[str, Any]] = {
    "problem_id": {"type": "string"},
    "language_id": {"type": "string"},
    "entry_point": {"type": ["string", "null"]},
    "team_id": {"type": "string", "description": "an admin's, or the team's own"},
    "time": {"type": "string", "description": "an admin's"},
    "contest_time": {"type": "string", "description": "beside a time, from which it follows"},
    "account_id": {"type": "string", "description": "an admin's, or one's own"},
    "files": {
        "type": "array",
        "items": {"type": "object", "properties": {"data": {"description": "a zip in base64"}}},
    },
}
_SOURCE = zipped([FileData("main.py", b"print(sum(map(int, input().split())))\n")])
_EXAMPLE: dict[str, Any] = {
    "problem_id": "apples",
    "language_id": "python3",
    "files": [{"data": base64.b64encode(_SOURCE).decode(), "mime": "application/zip"}],
}
_FORM = {
    "type": "object",
    "required": ["problem_id", "language_id", "code"],
    "properties": {
        **{name: {"type": "string"} for name in ("problem_id", "language_id", "entry_point", "team_id")},
        "code": {"type": "string", "format": "binary", "description": "a source file; several are fine"},
    },
}
_NEEDED = ("problem_id", "language_id", "files")
_NEW = json_body(_PROPERTIES, required=_NEEDED, example=_EXAMPLE)
_NEW["requestBody"]["content"]["multipart/form-data"] = {"schema": _FORM}
_WHOLE = json_body(
    {"id": {"type": "string"}, **_PROPERTIES},
    required=["id", "team_id", "time", *_NEEDED],
    example={"id": "site-2-17", "team_id": "01", "time": "2027-01-31T10:20:00+01:00", **_EXAMPLE},
)


@router.post("", status_code=201, summary="Submit", openapi_extra=_NEW)
async def post(request: Request, contest_id: ContestId, key: Key = None) -> Response:
    """Submit as a team, or as an admin for one: with its time, or now as that team's proxy. 201 once the broker has it: from then on it cannot be lost.

    503 may mean that it was accepted: send it again with the same `Idempotency-Key`. A key with another body is 409.
    """
    return await _submit(request, contest_id, None, key)


@router.put("/{submission_id}", summary="Put a submission", openapi_extra=_WHOLE)
async def put(request: Request, contest_id: ContestId, submission_id: str) -> Response:
    """As an admin: a submission with its own id and time, for example from another system. Idempotent."""
    return await _submit(request, contest_id, submission_id, None)


async def _submit(request: Request, contest_id: str, submission_id: str | None, key: str | None) -> Response:
    begun = time.perf_counter()
    site = site_of(request)
    arrival = await arrival_of(request, "submit")
    if key is not None and not (0 < len(key) <= MAX_KEY and key.isprintable()):
        raise HTTPException(400, f"Idempotency-Key: 1 to {MAX_KEY} printable characters")
    look = await look_to_write(request, contest_id)
    draft = await parse(request.headers, arrival.body)
    if submission_id is not None and draft.id not in (None, submission_id):
        raise HTTPException(409, "id: not the one in the URL")
    team = team_of(look.viewer, draft, put=submission_id is not None)
    # without a time it is the team's own, whoever sends it
    viewer = look.viewer if draft.time is not None else Viewer("team", team)
    account = _account(site, look, draft, look.caller.name)
    answer = await submit(site, contest_id, Sent(draft, viewer, account, team, key, arrival.at, begun))
    status = 201 if answer.new or submission_id is None else 200
    shown = in_version(look.version, "submissions", [answer.submission])[0]
    action = "submit" if submission_id is None else "put submission"
    site.audit.write(look.caller.name, address_of(request), action, f"{contest_id}/{shown['id']}", status)
    timing = ", ".join(f"{name};dur={value:.3f}" for name, value in answer.timing.items())
    headers = {"Location": f"{BASES[look.version]}/contests/{contest_id}/submissions/{shown['id']}"}
    return json(shown, status, headers | ({"Server-Timing": timing} if timing else {}))


def _account(site: Site, look: Look, draft: Draft, name: str) -> str:
    """The login of the account that is to have sent it: the caller's, or the one that an admin passes on.

    Raises:
        HTTPException: 403 for somebody else's, 400 for nobody's.
    """
    if draft.account_id in (None, account_id(name)):
        return name
    if look.viewer.role != "admin":
        raise HTTPException(403, "account_id: not the account that sends this")
    for account in site.accounts.of(look.id):
        if account_id(account.username) == draft.account_id:
            return account.username
    raise HTTPException(400, f"account_id: there is no {draft.account_id!r}")


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
