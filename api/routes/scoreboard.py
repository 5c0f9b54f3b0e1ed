"""The scoreboard, and the streams that keep a browser's copy of it alive."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from api.access import audience_of, started
from api.answers import has, tagged, unchanged
from api.identity import Caller, is_foreign
from api.look import ContestId, Look, Looking, look_at
from api.push.openings import Opening, board_opening, personal_opening
from api.push.sight import JURY
from api.push.sse import PushResponse
from api.push.websocket import serve
from api.refusals import refuse
from clics.feeds.older import scoreboard_of
from clics.scoreboard import contest_clock, scoreboard
from schemas.errors import DependencyError

__all__ = ["router", "streams"]


class _Quick(APIRoute):
    """Answers what thousands ask for at one moment, with nothing said beside the path, before it is made a call.

    What the framework makes of a request costs more than the answer.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See APIRoute."""
        called, quick = super().get_route_handler(), _QUICK.get(self.name)
        if quick is None:
            return called

        async def handler(request: Request) -> Response:
            answer = None if request.scope["query_string"] else await quick(request)
            return await called(request) if answer is None else answer

        return handler


async def _same(request: Request) -> Response | None:
    """304 for who has the board already: programs of spectators ask each second or so, and this is nearly always it."""
    if "if-none-match" not in request.headers:
        return None
    look = await look_at(request, request.path_params["contest_id"])
    audience = audience_of(look.viewer)
    stated = await look.site.view.state(look.id)
    at = await _last(look, audience)
    board = await look.site.view.revision(look.id, audience)
    tag = None if at is None else f'"{_tag(look, audience, board.token, stated, at)}"'
    return unchanged(tag) if tag is not None and has(request, tag) else None


async def _joined(request: Request) -> Response:
    """The public's stream: after a restart all come back at once."""
    look = await look_at(request, request.path_params["contest_id"])
    return PushResponse(look, board_opening("public", _last_id(request), look.viewer))


_QUICK: dict[str, Callable[[Request], Awaitable[Response | None]]] = {"get_scoreboard": _same, "stream": _joined}
"""By the route's name."""

router = APIRouter(prefix="/contests/{contest_id}", default_response_class=Response, route_class=_Quick)
streams = APIRouter(prefix="/api/contests/{contest_id}", default_response_class=Response, route_class=_Quick)
"""podium's own: they are of no version of the Contest API."""

Audience = Annotated[
    str | None, Query(pattern="^(public|jury)$", description="public or jury; default: as the caller may see it")
]

Whole = Annotated[bool, Query(description="a snapshot in any case, before what was missed")]


def _audience(look: Look, audience: str | None) -> str:
    """Which board the caller gets; the jury's own by default, unless they ask for the public's.

    Raises:
        HTTPException: 403 for those who ask for the jury's and are none.
    """
    if audience == "jury" and not look.viewer.sees_all:
        raise HTTPException(403, "the jury's board is the jury's")
    return audience or audience_of(look.viewer)


@router.get("/scoreboard", tags=["scoreboard"], summary="Scoreboard")
async def get_scoreboard(
    request: Request,
    look: Looking,
    audience: Audience = None,
    group_id: Annotated[str | None, Query(description="only this group's teams, ranked among themselves")] = None,
) -> Response:
    """The active board; the public's as long as the caller is not of the jury."""
    chosen = _audience(look, audience)
    members: frozenset[str] = frozenset()
    if group_id is not None:
        group = await look.site.view.object(look.id, "groups", group_id)
        if group is None or (await look.deeper()).see("groups", group) is None:
            raise HTTPException(400, f"group_id: there is no group {group_id!r}")
        teams = await look.everything("teams")
        members = frozenset(id_ for id_, team in teams.items() if group_id in team.object["group_ids"])
    stated = await look.site.view.state(look.id)
    at = await _last(look, chosen)
    token, rows = await look.site.scoreboards.rows(
        look.id, chosen, look.contest.facts["score_scale"], group_id, members
    )
    if _blank(look, chosen):
        # a cell a problem would tell their ids and their number
        rows = [row | {"problems": []} for row in rows]
    tag = _tag(look, chosen, token, stated, at) if group_id is None and at is not None else None
    made = scoreboard(rows, stated, look.contest.facts, look.scene.now if at is None else at)
    return tagged(request, scoreboard_of(made, look.version), tag)


def _blank(look: Look, audience: str) -> bool:
    return audience == "public" and not started(look.scene)


async def _last(look: Look, audience: str) -> int | None:
    """The time of the event after which the board is made, UTC ms; before all of them that of the start, if it is known."""
    told = await look.site.scoreboards.heard(look.id, audience, look.held, look.scene)
    start: int | None = look.contest.facts["start"]
    return start if told is None else told


def _tag(look: Look, audience: str, token: str, state: dict[str, Any], at: int) -> str:
    """What names a whole board as its audience sees it: its revision, whether it may show problems, state and times."""
    shown = f"{token}:blank" if _blank(look, audience) else token
    beside = orjson.dumps([state, at, contest_clock(look.contest.facts).contest_time(at)])
    return f"{audience}:{shown}:{hashlib.blake2b(beside, digest_size=8).hexdigest()}"


def _last_id(connection: HTTPConnection) -> str:
    """The message that the client had last: a browser's EventSource says so by itself when it comes back."""
    return connection.headers.get("last-event-id") or connection.query_params.get("last_event_id", "")


@streams.get("/scoreboard/stream", tags=["scoreboard"], summary="The scoreboard as it moves (Server-Sent Events)")
async def stream(request: Request, look: Looking, audience: Audience = None) -> Response:
    """Server-Sent Events: `snapshot`, then `delta`s; `state`, `teams` and `clock` as they change; `reset`: come back.

    Another `snapshot` takes the place of all before it: the board is scored by other rules from then on.

    With the header `Last-Event-ID` (or `last_event_id=`) only the deltas that were missed, where they are still there.
    """
    chosen = audience and _audience(look, audience)
    return PushResponse(look, board_opening(chosen or "public", _last_id(request), look.viewer))


@streams.get("/notifications", tags=["notifications"], summary="What is one's own (Server-Sent Events)")
async def notifications(request: Request, look: Looking, whole: Whole = False) -> Response:
    """Server-Sent Events: `snapshot`, then each `submission`, `judgement` and `clarification` of the caller's as it changes.

    `progress`: how many tests are judged; `notice`: the contest starts, is frozen, thawed, longer, over. With the header
    `Last-Event-ID` (or `last_event_id=`) what was missed, instead of a snapshot. The jury gets everybody's.
    """
    return PushResponse(look, _personal(look, request, whole=whole))


def _personal(look: Look, connection: HTTPConnection, *, whole: bool) -> Opening:
    team = JURY if look.viewer.sees_all else look.viewer.team
    if team is None:
        raise HTTPException(403 if look.caller.account else 401, "log in as a team of this contest")
    return personal_opening(look.site.sealer, team, _last_id(connection), look.held, whole=whole)


@streams.websocket("/scoreboard/stream")
async def socket(websocket: WebSocket, contest_id: ContestId, audience: Audience = None) -> None:
    """The scoreboard's messages over a WebSocket."""

    def opening(look: Look) -> Opening:
        chosen = audience and _audience(look, audience)
        return board_opening(chosen or "public", _last_id(websocket), look.viewer)

    await _serve(websocket, contest_id, opening)


@streams.websocket("/notifications")
async def own_socket(websocket: WebSocket, contest_id: ContestId, whole: Whole = False) -> None:
    """What is one's own over a WebSocket."""
    await _serve(websocket, contest_id, lambda look: _personal(look, websocket, whole=whole))


async def _serve(websocket: WebSocket, contest_id: str, opening: Callable[[Look], Opening]) -> None:
    if is_foreign(websocket):
        # a browser sends credentials along, whosever page it shows; as nobody, everybody may watch
        websocket.state.caller = Caller()
    try:
        look = await look_at(websocket, contest_id)
        opened = opening(look)
        async with look.place(websocket.scope):
            await serve(websocket, look, opened)
    except HTTPException as refused:
        headers = dict(refused.headers or {})
        await websocket.send_denial_response(refuse(websocket, refused, refused.status_code, refused.detail, headers))
    except DependencyError as error:
        await websocket.send_denial_response(refuse(websocket, error, 503, str(error), {"Retry-After": "5"}))
