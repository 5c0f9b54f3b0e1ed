"""A team's own time: when it begins and ends, and beginning it, in a contest where each team has a window of its own."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.admission import closed, refuse_rehearsal
from api.answers import json
from api.arrival import arrival_of
from api.look import ContestId, Look, Looking, look_at
from api.networks import address_of
from api.submit import WAIT_S
from clics.times import reltime_or_none, time_or_none
from schemas.errors import DependencyError, ProduceTimeoutError
from schemas.events import TeamStarted
from schemas.ids import new_id
from schemas.live import Stored

__all__ = ["router"]

router = APIRouter(prefix="/api/contests/{contest_id}/start", tags=["contests"], default_response_class=Response)

BEGINNINGS = 10
"""Tries a minute of one team: what begins is written once, and again only while the live view is behind."""


@router.get("", summary="When the caller's team begins and ends")
async def own_time(look: Looking) -> Response:
    """The times of the team that the account acts for; none of the Contest API's endpoints.

    `window` is how long each team has from its own start, null where all start with the contest; `start_time` and
    `end_time` are null before the team has begun.
    """
    return json(_told(look.contest, await _team(look)))


@router.post("", status_code=201, summary="Begin the own time of the caller's team")
async def begin(request: Request, contest_id: ContestId) -> Response:
    """Begin now, where each team has a window of its own. 201; 200 with the first beginning's times where it has begun.

    It cannot be undone. 503 may mean that it has begun: send it again, of two the first counts.
    """
    await arrival_of(request, "begin")
    look = await look_at(request, contest_id)
    site, at = look.site, look.scene.now
    team = await _team(look)
    if look.contest.facts["window"] is None:
        raise HTTPException(403, "teams have no windows of their own in this contest: all start with it")
    if not team.facts["waits"]:
        return json(_told(look.contest, team))
    refuse_rehearsal(look.contest.facts, real_time=site.clock.is_real)
    if why := _not_now(look, at):
        raise HTTPException(403, why)
    id_ = str(team.object["id"])
    await site.throttle.refuse_over("begin", f"{look.id}:{id_}", BEGINNINGS, "too many tries")
    act = TeamStarted(
        contest=look.id,
        recorded_at=at,
        recorded_by=look.caller.name,
        id=new_id(),
        reason="begun by the team itself",
        team_id=id_,
        start_time=at,
    )
    try:
        position = await site.producer.append_async(act)
    except ProduceTimeoutError as error:
        raise ProduceTimeoutError("your time may have begun; send it again: of two the first counts") from error
    site.audit.write(look.caller.name, address_of(request), "begin", f"{look.id}/{id_}", 201)
    # another of this team may have come before: the log decides, and the view has read it
    if not await site.positions.reached(look.id, position, WAIT_S) or (begun := await _team(look)).facts["waits"]:
        raise DependencyError("your beginning is written, and shown in a moment; ask again")
    return json(_told(look.contest, begun), 201)


async def _team(look: Look) -> Stored:
    """The team that the caller acts for, as the view has it now."""
    if look.viewer.role != "team" or look.viewer.team is None:
        raise HTTPException(
            403, "this account acts for no team in this contest; `podium contest begin` begins a team's time"
        )
    team = await look.site.view.object(look.id, "teams", look.viewer.team)
    if team is None or team.facts["removed"]:
        raise HTTPException(404, f"there is no team {look.viewer.team!r} in this contest")
    return team


def _not_now(look: Look, at: int) -> str:
    """Why nobody can begin at this time; empty when they can. Unlike submissions, nobody begins after the end."""
    end = look.contest.facts["end"]
    return closed(look.contest, look.viewer, at) or ("the contest is over" if end is not None and at >= end else "")


def _told(contest: Stored, team: Stored) -> dict[str, Any]:
    facts = contest.facts
    own = team.facts["times"] or (facts["start"], facts["end"])
    start, end = (None, None) if team.facts["waits"] else own
    return {
        "team_id": team.object["id"],
        "window": reltime_or_none(facts["window"]),
        "start_time": time_or_none(start),
        "end_time": time_or_none(end),
    }
