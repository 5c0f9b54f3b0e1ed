# the contest's id is taken by the function that looks it up
"""PATCH of a contest: its start, its thaw; beside it, of podium's own, the freeze by hand."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json
from api.look import ContestId, Look, look_at
from api.writing import (
    Body,
    Reason,
    append,
    audited,
    begin_to_write,
    identifier,
    insist_shown,
    json_body,
    moment,
    read_json,
    refuse_over,
    require,
    span,
    why,
)
from schemas.events import Act, ScoreboardFrozen, ScoreboardUnfrozen, StartMoved, ThawScheduled
from schemas.ids import new_id

__all__ = ["own", "router"]

router = APIRouter(default_response_class=Response)
own = APIRouter(prefix="/api", default_response_class=Response)

CLOSE_MS = 30_000
"""So near to a start, the old one or the new, nothing is moved any more: as the Contest API has it."""
_PATCH = json_body(
    {
        "id": {"type": "string"},
        "start_time": {"type": ["string", "null"]},
        "countdown_pause_time": {"type": ["string", "null"]},
        "scoreboard_thaw_time": {"type": "string"},
    },
    required=["id"],
    example={"id": "demo", "scoreboard_thaw_time": "2027-01-31T18:00:00+01:00"},
)


@router.patch(
    "/contests/{contest_id}", tags=["contests"], summary="Move the start, plan the thaw", openapi_extra=_PATCH
)
async def patch(request: Request, contest_id: ContestId, reason: Reason = "") -> Response:
    """With `start_time`, null for unknown, and then perhaps `countdown_pause_time`; or with `scoreboard_thaw_time`.

    A start is not moved within 30 seconds of it. A thaw in the past is one now, and answered with the contest; a planned
    one is answered with 204.
    """
    look = await begin_to_write(request, contest_id)
    body = read_json(request)
    named = body.take("id", identifier, needed=True)
    if named != contest_id:
        raise HTTPException(409, f"id: {named!r} is not the contest in the URL")
    starts, thaws = body.has("start_time") or body.has("countdown_pause_time"), body.has("scoreboard_thaw_time")
    if starts == thaws:
        raise HTTPException(400, "give either start_time or scoreboard_thaw_time")
    return await (_start if starts else _thaw)(request, look, body, why(look, reason))


async def _start(request: Request, look: Look, body: Body, reason: str) -> Response:
    require(look, "contest_start")
    if not body.has("start_time"):
        raise HTTPException(400, "start_time is missing")
    to, pause = body.take("start_time", moment), body.take("countdown_pause_time", span)
    body.done()
    if pause is not None and (to is not None or pause < 0):
        raise HTTPException(400, "countdown_pause_time: not negative, and only with a start_time of null")
    await refuse_over(look)
    start, now = look.contest.facts["start"], look.scene.now
    if start is not None and start - now <= CLOSE_MS:
        raise HTTPException(403, "the contest has started, or starts within 30 seconds")
    if to is not None and to - now <= CLOSE_MS:
        raise HTTPException(403, "start_time: in the past, or within 30 seconds")
    await _act(request, look, "move start", StartMoved, reason=reason, start_time=to, countdown_pause_time=pause)
    return await _shown(request, look)


async def _thaw(request: Request, look: Look, body: Body, reason: str) -> Response:
    require(look, "contest_thaw")
    to = body.take("scoreboard_thaw_time", moment, needed=True)
    assert to is not None
    body.done()
    await refuse_over(look)
    facts, now = look.contest.facts, look.scene.now
    if facts["thaw"] is not None:
        raise HTTPException(403, "the scoreboard is thawed already")
    if facts["freeze"] is None:
        raise HTTPException(403, "the contest has no freeze: there is nothing to thaw")
    if facts["last_end"] is None or to < facts["last_end"]:
        raise HTTPException(403, "scoreboard_thaw_time: before the contest's end")
    await _act(request, look, "plan thaw", ThawScheduled, reason=reason, thaw_time=max(to, now))
    return await _shown(request, look) if to < now else Response(status_code=204)


@own.put("/contests/{contest_id}/freeze", tags=["contests"], summary="Freeze the public board now")
async def freeze(request: Request, contest_id: ContestId, reason: Reason = "") -> Response:
    """From now on, whatever the contest's definition says; as an admin, while the contest runs."""
    look = await begin_to_write(request, contest_id)
    now = _running(look)
    if look.contest.facts["freeze"] is not None and look.contest.facts["freeze"] <= now:
        raise HTTPException(403, "the scoreboard is frozen already")
    await _act(request, look, "freeze", ScoreboardFrozen, reason=why(look, reason), at=now)
    return await _shown(request, look)


@own.delete("/contests/{contest_id}/freeze", tags=["contests"], summary="Lift the freeze")
async def unfreeze(request: Request, contest_id: ContestId, reason: Reason = "") -> Response:
    """While the contest runs, as an admin; what was hidden is shown. A freeze that is still to come, comes."""
    look = await begin_to_write(request, contest_id)
    now = _running(look)
    if look.contest.facts["freeze"] is None or look.contest.facts["freeze"] > now:
        raise HTTPException(403, "the scoreboard is not frozen")
    await _act(request, look, "lift the freeze", ScoreboardUnfrozen, reason=why(look, reason))
    return await _shown(request, look)


def _running(look: Look) -> int:
    """Now, in a contest that runs and that the caller may freeze."""
    require(look, "contest_thaw")
    facts, now = look.contest.facts, look.scene.now
    if facts["start"] is None or not facts["start"] <= now < facts["last_end"]:
        raise HTTPException(403, "the contest does not run")
    return now


async def _act(request: Request, look: Look, action: str, kind: type[Act], **fields: Any) -> None:
    stamp: dict[str, Any] = {"contest": look.id, "recorded_at": look.scene.now, "recorded_by": look.caller.name}
    held = await append(look, kind(**stamp, id=new_id(), **fields))
    audited(request, look, action, "contest", 200)
    insist_shown(held)


async def _shown(request: Request, look: Look) -> Response:
    """The contest as it is now."""
    now = await look_at(request, look.id)
    return json(now.tell("contest", [now.contest])[0])
