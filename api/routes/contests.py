# ruff: noqa: FAST003  # the contest's id is taken by the dependency that looks it up
"""The API itself, contests, and what a contest is made of, in each version of the Contest API."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from api.about import about
from api.access import Scene, may_see_contest, started, viewer_of, visible
from api.account_objects import account_of, accounts_of
from api.answers import TAGGED, has, json, tagged, tagged_bytes
from api.collections import COLLECTIONS, found_one, listed, runs
from api.look import Look, Looking, Who
from api.networks import address_of, network_of
from api.properties import ID_PROPERTIES, access_object
from api.push.picture import times_of
from api.site import site_of
from api.versions import in_version, version_of
from schemas.live import withheld

__all__ = ["own", "router"]

router = APIRouter(default_response_class=Response)
own = APIRouter(prefix="/api", default_response_class=Response)
"""podium's own: of no version of the Contest API."""

AT_ONCE = 1_000_000
"""Bytes of a list that is made before it is sent: some thousands of runs. A longer one is read while the client takes it."""
WHOLE = 20
"""Lists of a contest's runs that are made and sent at a time for one address: for each of them, whatever fits its filter, all
judgements are read. Programs ask for them, and need one."""
LASTS_S = 3600.0
"""So long a list of runs may take: a million of them, some 200 MB, at half a megabit. Who takes nothing is cut off sooner
(`api/impatience.py`)."""
_JSON = "application/json"


@router.get("", tags=["API"], summary="About this API")
@router.get("/", include_in_schema=False)
async def information(request: Request) -> Response:
    """Version and provider."""
    return tagged(request, about(version_of(request)))


@router.get("/contests", tags=["contests"], summary="Contests")
async def contests(request: Request, caller: Who) -> Response:
    """The contests that exist for the caller, the latest start first."""
    site, now, version = site_of(request), site_of(request).clock.now_ms(), version_of(request)
    wanted = _wanted(request, version, "contest")
    shown = []
    for id_, stored in (await site.directory.contests()).items():
        viewer = viewer_of(caller.account, id_)
        if may_see_contest(viewer, stored.facts):
            contest = visible(viewer, "contest", stored.object, stored.facts, Scene.at(stored.facts, now))
            shown.append((-(stored.facts["start"] or 1 << 62), id_, contest))
    in_order = (contest for _, _, contest in sorted(shown, key=lambda one: one[:2]))
    return tagged(request, [one for one in in_version(version, "contest", in_order) if _fits(one, wanted)])


@router.get("/contests/{contest_id}", tags=["contests"], summary="A contest")
async def contest(request: Request, look: Looking) -> Response:
    """One contest, with its times as they are after all acts."""
    return tagged(request, look.tell("contest", [look.contest])[0])


@router.get("/contests/{contest_id}/access", tags=["contests"], summary="What the caller may see and do")
async def access(request: Request, look: Looking) -> Response:
    """Capabilities, endpoints and properties."""
    return tagged(
        request, access_object(look.version, look.viewer, look.contest.object, look.contest.facts["feedback"])
    )


@router.get("/contests/{contest_id}/state", tags=["contests"], summary="State")
async def state(request: Request, look: Looking) -> Response:
    """Started, frozen, ended, thawed, finalized, as far as it has come."""
    stored = await look.site.view.object(look.id, "state", "state")
    if stored is None:
        await look.still()
    return tagged(request, stored.object if stored else {})


@own.get("/contests/{contest_id}/times", tags=["contests"], summary="What a countdown needs")
async def times(look: Looking) -> Response:
    """Contest, state, times in ms after all acts, and the server's clock; none of the Contest API's endpoints."""
    stored = await look.site.view.object(look.id, "state", "state")
    facts, clock = look.contest.facts, look.site.clock
    return json(
        {
            "contest": look.contest.object,
            "state": stored.object if stored else {},
            "times": times_of(facts),
            "clock": {"now": clock.now_ms(), "rate": clock.rate},
        }
    )


@router.get("/contests/{contest_id}/account", tags=["accounts"], summary="The caller's account")
async def account(request: Request, look: Looking) -> Response:
    """The account that the request comes from; 404 for the public."""
    await _whole(look)
    mine = account_of(look.site.accounts, look.id, look.viewer, look.scene)
    if mine is None:
        raise HTTPException(404, "you are not logged in")
    return tagged(request, mine)


@router.get("/contests/{contest_id}/accounts", tags=["accounts"], summary="Accounts")
async def accounts(request: Request, look: Looking) -> Response:
    """The accounts of a contest, without secrets; for jury and admins, others see their own."""
    wanted = _wanted(request, look.version, "accounts")
    return tagged(request, [one for one in await _accounts(look) if _fits(one, wanted)])


@router.get("/contests/{contest_id}/accounts/{object_id}", tags=["accounts"], summary="An account")
async def one_account(request: Request, look: Looking, object_id: str) -> Response:
    """One account."""
    for found in await _accounts(look):
        if found["id"] == object_id:
            return tagged(request, found)
    raise HTTPException(404, f"there is no account {object_id!r}")


async def _whole(look: Look) -> None:
    """Return when what any process has told of accounts is known here."""
    if look.viewer.account:
        await look.site.accounts.whole()


async def _accounts(look: Look) -> list[dict[str, Any]]:
    """The accounts that the caller sees."""
    await _whole(look)
    return accounts_of(look.site.accounts, look.id, look.viewer, look.scene)


@router.get("/contests/{contest_id}/runs", tags=["runs"], summary="Runs")
async def list_runs(request: Request, look: Looking) -> Response:
    """The runs, sent as they are read where there are many: those of a whole contest may be millions."""
    wanted = _wanted(request, look.version, "runs")
    tag = None
    if look.viewer.sees_all:
        # the jury may know a position; its change tells others that something has happened
        made_of = repr((look.id, look.version, look.held, sorted(wanted.items()))).encode()
        tag = hashlib.blake2b(made_of, digest_size=16).hexdigest()
        if has(request, f'"{tag}"'):
            return Response(None, 304, _weak(tag))
    return _Runs(request, look, wanted, tag)


async def _parts(found: AsyncIterator[list[Any]], wanted: dict[str, str]) -> AsyncGenerator[bytes, None]:
    """A list as JSON, in pieces."""
    yield b"["
    comma = b""
    async for some in found:
        if fits := [one for one in some if _fits(one, wanted)]:
            yield comma + orjson.dumps(fits)[1:-1]
            comma = b","
    yield b"]"


class _Runs(Response):
    """A list of runs, made when it is sent; a long one is sent as fast as the client takes it.

    Its address has few places for those of a whole contest, however little is shown: how much was read to make one may
    neither be without a bound nor be told by whether there was a place.
    """

    def __init__(self, request: Request, look: Look, wanted: dict[str, str], tag: str | None) -> None:
        super().__init__()
        self._request, self._look, self._wanted, self._tag = request, look, wanted, tag

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; 429 where the address has too many."""
        look, network = self._look, network_of(address_of(self._request))
        if "judgement_id" in self._wanted:
            await self._send([self._wanted["judgement_id"]], scope, receive, send)
            return
        with look.site.throttle.holding("runs", network, WHOLE, "too many lists of runs for your address"):
            await self._send(await look.ids("judgements"), scope, receive, send)

    async def _send(self, ids: list[str], scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(TimeoutError):  # half an answer: the connection ends, which says so
            async with asyncio.timeout(LASTS_S), aclosing(_parts(runs(self._look, ids), self._wanted)) as parts:
                await (await self._made(parts))(scope, receive, send)

    async def _made(self, parts: AsyncGenerator[bytes, None]) -> Response:
        """All of it, or what there is of a long one with the rest to come: which one, what is shown decides alone."""
        begun, tag = bytearray(), self._tag
        async for part in parts:
            begun += part
            if len(begun) > AT_ONCE:
                return StreamingResponse(
                    _joined(bytes(begun), parts), 200, TAGGED if tag is None else _weak(tag), _JSON
                )
        return (
            tagged_bytes(self._request, bytes(begun)) if tag is None else Response(bytes(begun), 200, _weak(tag), _JSON)
        )


async def _joined(begun: bytes, rest: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    yield begun
    async for part in rest:
        yield part


def _weak(tag: str) -> dict[str, str]:
    """The headers of what is read anew for each who asks: it may be a little newer than its tag."""
    return TAGGED | {"ETag": f'W/"{tag}"'}


def _wanted(request: Request, version: str, type_: str) -> dict[str, str]:
    """The properties that the client filters by: all must be so, an empty one null."""
    return {k: v for k, v in request.query_params.items() if k in ID_PROPERTIES[version].get(type_, ())}


def _fits(one: dict[str, Any], wanted: dict[str, str]) -> bool:
    return all((one.get(name) or "") == value for name, value in wanted.items())


def _list_route(type_: str) -> Callable[[Request, Look], Awaitable[Response]]:
    async def objects(request: Request, look: Looking) -> Response:
        wanted = _wanted(request, look.version, type_)
        if look.viewer.role != "public":
            return tagged(request, [one for one in await listed(look, type_) if _fits(one, wanted)])
        body = await _for_all(look, type_)
        if wanted:  # 40 ms for 34,000 submissions, where another made from the view takes 300
            return tagged(request, [one for one in orjson.loads(body) if _fits(one, wanted)])
        return tagged_bytes(request, body)

    return objects


async def _for_all(look: Look, type_: str) -> bytes:
    """The public's list, made once at each position of the log: what everybody sees depends on that alone."""
    moment = (started(look.scene), withheld(look.contest.facts, look.scene.now))
    key, lists, made_of = (look.id, look.version, type_, moment), look.site.lists, str(look.held)
    body = lists.get(key, made_of)
    if body is None:
        body = orjson.dumps(await listed(look, type_))
        lists.keep(key, made_of, body)
    return body


def _one_route(type_: str) -> Callable[[Request, Look, str], Awaitable[Response]]:
    async def one(request: Request, look: Looking, object_id: str) -> Response:
        found = await found_one(look, type_, object_id)
        if found is None:
            # what was answered with 201 is there for whoever asks any process from then on
            await look.site.directory.insist_whole(look.id)
            found = await found_one(look, type_, object_id)
        if found is None:
            raise HTTPException(404, f"{type_}: there is no {object_id!r}")
        return tagged(request, found)

    return one


for _type in COLLECTIONS:
    _path = f"/contests/{{contest_id}}/{_type}"
    _name = _type.capitalize().replace("-", " ")
    if _type != "runs":
        router.add_api_route(_path, _list_route(_type), tags=[_type], name=f"list {_type}", summary=_name)
    router.add_api_route(
        f"{_path}/{{object_id}}", _one_route(_type), tags=[_type], name=f"one of {_type}", summary=f"One of {_type}"
    )
