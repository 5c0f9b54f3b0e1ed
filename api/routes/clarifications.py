# the contest's id is taken by the function that looks it up
"""Asking the jury, and the jury's answers and announcements."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json
from api.collections import found_one, kept_as
from api.look import ContestId, Look
from api.versions import BASES, NEWEST, in_version
from api.writing import (
    Body,
    append,
    audited,
    begin_to_write,
    exist,
    identifier,
    identifiers,
    insist_shown,
    json_body,
    moment,
    read_json,
    refuse_over,
    require,
    span,
    text,
)
from clics import objects
from clics.clarifications import LONGEST
from clics.scoreboard import contest_clock
from schemas.events import Clarification
from schemas.ids import new_id

__all__ = ["router"]

router = APIRouter(
    prefix="/contests/{contest_id}/clarifications", tags=["clarifications"], default_response_class=Response
)

_PROPERTIES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "problem_id": {"type": ["string", "null"]},
    "reply_to_id": {"type": ["string", "null"]},
    "from_team_id": {"type": ["string", "null"]},
    "to_team_ids": {"type": ["array", "null"], "items": {"type": "string"}, "description": "since 2026-01"},
    "to_group_ids": {"type": ["array", "null"], "items": {"type": "string"}, "description": "since 2026-01"},
    "to_team_id": {"type": ["string", "null"], "description": "before 2026-01"},
    "time": {"type": ["string", "null"], "description": "an admin's"},
    "contest_time": {"type": ["string", "null"], "description": "beside a time, from which it follows"},
}
_NEW = json_body(_PROPERTIES, required=["text"], example={"text": "Can I assume the asteroids are round?"})
_WHOLE = json_body(
    {"id": {"type": "string"}, **_PROPERTIES},
    required=["id", "text", "time"],
    example={
        "id": "site-2-17",
        "from_team_id": "01",
        "text": "Is there any printer paper left?",
        "time": "2027-01-31T10:20:00+01:00",
    },
)


Category = Annotated[
    str | None,
    Query(max_length=100, description="podium's own: what a team's request is about, other than a problem"),
]


@router.post("", status_code=201, summary="Ask, answer, announce", openapi_extra=_NEW)
async def post(request: Request, contest_id: ContestId, category: Category = None) -> Response:
    """As a team: ask. As a judge: answer or announce. As an admin also for a team, or with the message's own time."""
    look = await begin_to_write(request, contest_id)
    may = require(look, "post_clar", "proxy_clar", "admin_clar")
    body = read_json(request)
    body.refuse("id")
    return await _write(request, look, body, new_id(), may, category=category)


@router.put("/{clarification_id}", summary="Put a message", openapi_extra=_WHOLE)
async def put(request: Request, contest_id: ContestId, clarification_id: str) -> Response:
    """As an admin: a message as a GET gives it, with its own id and time, for example from another system. Idempotent."""
    look = await begin_to_write(request, contest_id)
    may = require(look, "admin_clar")
    body = read_json(request)
    id_ = body.take("id", identifier, needed=True)
    if id_ != clarification_id:
        raise HTTPException(409, "id: not the one in the URL")
    body.take("time", moment, needed=True)
    assert id_ is not None
    return await _write(request, look, body, id_, may, status=200)


async def _write(
    request: Request,
    look: Look,
    body: Body,
    id_: str,
    may: frozenset[str],
    *,
    status: int = 201,
    category: str | None = None,
) -> Response:
    event = await _event(look, body, id_, may)
    if category is not None:
        event = dataclasses.replace(event, category=_category(look, event, category))
    await refuse_over(look)
    made = objects.clarification(event, contest_clock(look.contest.facts))
    there = await _refuse_other(look, made)
    mine = look.viewer.team
    if mine is not None and not there:
        most = look.contest.facts["limits"]["clarifications"]
        await look.site.throttle.refuse_over("clarifications", f"{look.id}:{mine}", most, "too many messages")
    if not there:
        held, put = await append(look, event), status == 200
        if put and held:
            await _refuse_other(look, made)  # of two that came at once the first in the log counts
        audited(request, look, "clarification", id_, status)
        if put:
            insist_shown(held)  # until then nobody knows whether it is the first
    shown = await found_one(look, "clarifications", id_)
    location = f"{BASES[look.version]}/contests/{look.id}/clarifications/{id_}"
    told = shown or next(iter(in_version(look.version, "clarifications", [made])), made)
    return json(told, status, {"Location": location})


async def _refuse_other(look: Look, made: dict[str, Any]) -> bool:
    """Whether the message is there; go on only if none with another content has its id.

    Raises:
        HTTPException: 409.
        DependencyError: when the view is away.
    """
    there = await look.site.view.object(look.id, "clarifications", made["id"])
    if there is not None and there.object != made:
        raise HTTPException(409, f"there is a message {made['id']!r} with another content")
    return there is not None


async def _event(look: Look, body: Body, id_: str, may: frozenset[str]) -> Clarification:
    """The message that the body says, checked against the contest and against what the caller may do.

    Raises:
        HTTPException: 400, 403.
    """
    team, at = _sender(look, body, may), _time(body, may)
    to_teams, to_groups = _recipients(look, body, team)
    if look.version != NEWEST and look.viewer.team is None and at is None and (team is None or to_teams):
        raise HTTPException(400, "in 2023-06 a message of the jury's has a time, one for a team from_team_id alone")
    problem, asked = body.take("problem_id", identifier), body.take("reply_to_id", identifier)
    said = body.take("text", text(LONGEST), needed=True)
    body.done()
    assert said is not None
    await exist(look, "problem_id", "problems", [problem] if problem else [])
    reply = None if asked is None else await kept_as(look, asked)
    await exist(look, "reply_to_id", "clarifications", [reply] if reply else [])
    await exist(look, "from_team_id", "teams", [team] if team else [])
    await exist(look, "to_team_ids", "teams", to_teams)
    await exist(look, "to_group_ids", "groups", to_groups)
    now = look.scene.now
    return Clarification(
        contest=look.id,
        recorded_at=now,
        recorded_by=look.caller.name,
        id=id_,
        from_team_id=team,
        to_team_ids=to_teams,
        to_group_ids=to_groups,
        reply_to_id=reply,
        problem_id=problem,
        text=said,
        asked_at=now if at is None else at,
    )


def _sender(look: Look, body: Body, may: frozenset[str]) -> str | None:
    """The team that asks, None for the jury."""
    given = body.take("from_team_id", identifier)
    if look.viewer.team is not None:
        if given not in (None, look.viewer.team):
            raise HTTPException(403, f"from_team_id: this account acts for team {look.viewer.team}")
        return look.viewer.team
    if given is not None and "proxy_clar" not in may and "admin_clar" not in may:
        raise HTTPException(400, "from_team_id: a judge writes for no team")
    return given


def _time(body: Body, may: frozenset[str]) -> int | None:
    """When it was said, where that is the caller's to give; the contest's time beside it follows from it."""
    if "admin_clar" not in may:
        body.refuse("time", "contest_time")
        return None
    at, of_contest = body.take("time", moment), body.take("contest_time", span)
    if at is None and of_contest is not None:
        raise HTTPException(400, "contest_time: it follows from the time; give that")
    return at


def _category(look: Look, event: Clarification, category: str) -> str:
    there: list[str] = look.contest.facts["categories"]
    found = next((one for one in there if one.casefold() == category.casefold()), None)
    if event.from_team_id is None:
        raise HTTPException(400, "category: a team's request has one, and no other message")
    if found is None:
        raise HTTPException(400, f"category: expected {', '.join(there)}, or a problem_id in the message")
    return found


def _recipients(look: Look, body: Body, team: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Teams and groups, none of which is everybody; before there were lists of them, one team."""
    if look.version == NEWEST:
        teams, groups = body.take("to_team_ids", identifiers), body.take("to_group_ids", identifiers)
    else:
        one = body.take("to_team_id", identifier)
        teams, groups = None if one is None else (one,), None
    if teams is None and groups is None:
        return (), ()
    if team is not None:
        raise HTTPException(400, "to_team_ids, to_group_ids: a team writes to the jury alone")
    if not teams and not groups:
        raise HTTPException(400, "to_team_ids, to_group_ids: nobody would get it; leave both out to write to all")
    return teams or (), groups or ()
