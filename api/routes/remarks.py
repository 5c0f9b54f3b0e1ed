"""Commentary: remarks on the contest for presentations."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.access import started
from api.answers import json
from api.collections import found_one
from api.look import ContestId, Look
from api.versions import BASES
from api.writing import (
    append,
    audited,
    begin_to_write,
    exist,
    identifiers,
    json_body,
    read_json,
    refuse_over,
    require,
    text,
    texts,
)
from clics import objects
from clics.clarifications import LONGEST
from clics.commentary import JURYS, named_by, names_problem
from clics.scoreboard import contest_clock
from schemas.events import Commentary
from schemas.ids import new_id

__all__ = ["router"]

router = APIRouter(prefix="/contests/{contest_id}/commentary", tags=["commentary"], default_response_class=Response)

_LIST = {"type": ["array", "null"], "items": {"type": "string"}}
_BODY = json_body(
    {
        "message": {"type": "string"},
        **dict.fromkeys(("tags", "team_ids", "problem_ids", "submission_ids"), _LIST),
    },
    required=["message"],
    example={"message": "{teams:01} takes the lead", "tags": ["accepted-winner"], "team_ids": ["01"]},
)


@router.post("", status_code=201, summary="Comment", openapi_extra=_BODY)
async def post(request: Request, contest_id: ContestId) -> Response:
    """As an analyst, a judge or an admin. What is said of teams in the freeze is the jury's and its author's until the thaw."""
    look = await begin_to_write(request, contest_id)
    require(look, "post_comment")
    body = read_json(request)
    body.refuse("id", "time", "contest_time", "source_id")
    message, tags = body.take("message", text(LONGEST), needed=True), body.take("tags", texts) or ()
    named: dict[str, Any] = {
        name: body.take(name, identifiers) or () for name in ("team_ids", "problem_ids", "submission_ids")
    }
    body.done()
    assert message is not None
    for name, ids in named.items():
        await exist(look, name, f"{name.removesuffix('_ids')}s", ids)
    await refuse_over(look)
    now = look.scene.now
    event = Commentary(
        contest=look.id,
        recorded_at=now,
        recorded_by=look.caller.name,
        id=new_id(),
        message=message,
        tags=tags,
        said_at=now,
        **named,
    )
    await _insist_seen(look, event)
    await append(look, event)
    audited(request, look, "comment", event.id, 201)
    made = objects.commentary(event, contest_clock(look.contest.facts))
    location = f"{BASES[look.version]}/contests/{look.id}/commentary/{event.id}"
    return json(await found_one(look, "commentary", event.id) or made, 201, {"Location": location})


async def _insist_seen(look: Look, event: Commentary) -> None:
    """Go on only if the author sees what the message names: else they would not see the commentary.

    Raises:
        HTTPException: 400.
    """
    named: dict[str, list[str]] = {}
    for type_, id_ in sorted(named_by(event)):
        named.setdefault(type_, []).append(id_)
    if not look.viewer.sees_all:
        if names_problem(event) and not started(look.scene):
            raise HTTPException(400, "message: before the start there is no problem to be named")
        if not JURYS.isdisjoint(named):
            raise HTTPException(
                400, "message: only the jury names a judgement, a run or an account; name the submission"
            )
    for type_, ids in named.items():
        if type_ in ("runs", "awards"):  # which the view keeps by other keys than their ids
            for id_ in ids:
                if await found_one(look, type_, id_) is None:
                    raise HTTPException(400, f"message: there is no {id_!r}")
        elif type_ != "accounts":  # of which the view has none
            await exist(look, "message", type_, ids)
