"""Awards by hand, for admins: given, changed, taken away."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json
from api.collections import found_one
from api.look import ContestId, Look, look_at
from api.versions import BASES
from api.writing import (
    Body,
    Reason,
    append,
    audited,
    begin_to_write,
    exist,
    identifier,
    identifiers,
    insist_shown,
    json_body,
    read_json,
    refuse_over,
    text,
    why,
)
from schemas.definition import Award
from schemas.errors import DataError
from schemas.events import AwardGiven
from schemas.ids import check_id, new_id

__all__ = ["router"]

router = APIRouter(prefix="/contests/{contest_id}/awards", tags=["awards"], default_response_class=Response)

LONGEST = 1000
"""Characters of a citation."""
_PROPERTIES = {"citation": {"type": "string"}, "team_ids": {"type": "array", "items": {"type": "string"}}}
_NEW = json_body(_PROPERTIES, required=_PROPERTIES, example={"citation": "Best team costumes", "team_ids": ["01"]})
_WHOLE = json_body(
    {"id": {"type": "string"}, **_PROPERTIES},
    required=["id", *_PROPERTIES],
    example={"id": "best-costumes", "citation": "Best team costumes", "team_ids": ["01"]},
)
_CHANGE = json_body(_PROPERTIES, example={"citation": "Best costumes of all"})


@router.post("", status_code=201, summary="Give an award", openapi_extra=_NEW)
async def post(request: Request, contest_id: ContestId, reason: Reason = "") -> Response:
    """A new one, with an id of the server's."""
    look, body = await _begin(request, contest_id)
    body.refuse("id")
    award = Award(new_id(), _citation(body, needed=True), await _teams(look, body, needed=True))
    return await _give(request, look, body, award, reason, 201)


@router.put("/{award_id}", summary="Put an award", openapi_extra=_WHOLE)
async def put(request: Request, contest_id: ContestId, award_id: str, reason: Reason = "") -> Response:
    """A new one with this id, or in the place of that one: podium computes it no more. Idempotent."""
    look, body = await _begin(request, contest_id)
    if body.take("id", identifier_of_award, needed=True) != award_id:
        raise HTTPException(409, "id: not the one in the URL")
    if await found_one(look, "awards", award_id) is None:
        try:  # a computed one may be longer than an id: a problem's or a group's is in it
            check_id(award_id, "id")
        except DataError as error:
            raise HTTPException(400, str(error)) from None
    award = Award(award_id, _citation(body, needed=True), await _teams(look, body, needed=True))
    return await _give(request, look, body, award, reason, 200)


@router.patch("/{award_id}", summary="Change an award", openapi_extra=_CHANGE)
async def patch(request: Request, contest_id: ContestId, award_id: str, reason: Reason = "") -> Response:
    """Its citation, its teams, or both; podium computes it no more."""
    look, body = await _begin(request, contest_id)
    if body.take("id", identifier_of_award) not in (None, award_id):
        raise HTTPException(409, "id: not the one in the URL")
    old = await _there(look, award_id)
    for name in ("citation", "team_ids"):
        if body.has(name) and body.data[name] is None:
            raise HTTPException(400, f"{name} must not be null")
    if old["team_ids"] is None and not body.has("team_ids"):
        raise HTTPException(400, "team_ids: podium has not given this award yet; who has it is to be said with it")
    teams = await _teams(look, body, needed=False) if body.has("team_ids") else tuple(old["team_ids"])
    award = Award(award_id, _citation(body, needed=False) or old["citation"], teams)
    return await _give(request, look, body, award, reason, 200)


@router.delete("/{award_id}", status_code=204, summary="Take an award away")
async def delete(request: Request, contest_id: ContestId, award_id: str, reason: Reason = "") -> Response:
    """Nobody has it, also where podium would compute it."""
    look = await _admin(request, contest_id)
    old = await _there(look, award_id)
    held = await _append(look, Award(award_id, old["citation"]), reason, removed=True)
    audited(request, look, "take award", award_id, 204)
    insist_shown(held)
    return Response(status_code=204)


def identifier_of_award(value: Any) -> str:
    """Reads an award's id; one that podium computes may be longer than others."""
    if not isinstance(value, str):
        return identifier(value)
    return value


async def _admin(request: Request, contest_id: str) -> Look:
    look = await begin_to_write(request, contest_id)
    if look.viewer.role != "admin":
        raise HTTPException(403, "awards are an admin's to give")
    await refuse_over(look)
    return look


async def _begin(request: Request, contest_id: str) -> tuple[Look, Body]:
    return await _admin(request, contest_id), read_json(request)


def _citation(body: Body, *, needed: bool) -> str:
    return body.take("citation", text(LONGEST), needed=needed) or ""


async def _teams(look: Look, body: Body, *, needed: bool) -> tuple[str, ...]:
    ids = body.take("team_ids", identifiers, needed=needed) or ()
    await exist(look, "team_ids", "teams", ids)
    return ids


async def _there(look: Look, award_id: str) -> dict[str, Any]:
    found: dict[str, Any] | None = await found_one(look, "awards", award_id)
    if found is None:
        raise HTTPException(404, f"awards: there is no {award_id!r}")
    return found


async def _give(request: Request, look: Look, body: Body, award: Award, reason: str, status: int) -> Response:
    body.done()
    held = await _append(look, award, reason, removed=False)
    audited(request, look, "give award", award.id, status)
    insist_shown(held)
    shown = await found_one(await look_at(request, look.id), "awards", award.id)
    made = {"id": award.id, "citation": award.citation, "team_ids": list(award.team_ids)}
    location = f"{BASES[look.version]}/contests/{look.id}/awards/{award.id}"
    return json(shown or made, status, {"Location": location} if status == 201 else {})


async def _append(look: Look, award: Award, reason: str, *, removed: bool) -> bool:
    stamp: dict[str, Any] = {"contest": look.id, "recorded_at": look.scene.now, "recorded_by": look.caller.name}
    return await append(look, AwardGiven(**stamp, id=new_id(), reason=why(look, reason), award=award, removed=removed))
