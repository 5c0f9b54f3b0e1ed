# ruff: noqa: FAST003  # the contest's id is taken by the dependency that looks it up
"""The API itself, contests, and what a contest is made of, in each version of the Contest API."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.about import about
from api.access import Scene, may_see_contest, started, viewer_of, visible
from api.account_objects import account_of_caller, accounts_of
from api.answers import TAGGED, has, json, tagged, tagged_bytes
from api.collections import COLLECTIONS, found_one, listed, runs
from api.look import Look, Looking, Who
from api.properties import ID_PROPERTIES, access_object
from api.push.picture import times_of
from api.site import site_of
from api.versions import in_version, version_of
from schemas.live import withheld

__all__ = ["own", "router"]

router = APIRouter(default_response_class=Response)
own = APIRouter(prefix="/api", default_response_class=Response)
"""podium's own: of no version of the Contest API."""

AT_ONCE = 8_000_000
"""Bytes of a list that is made before it is sent: some ten thousand runs."""


@router.get("", tags=["API"], summary="About this API")
@router.get("/", include_in_schema=False)
async def information(request: Request) -> Response:
    """Version and provider."""
    return tagged(request, about(version_of(request)))


@router.get("/contests", tags=["contests"], summary="Contests")
async def contests(request: Request, caller: Who) -> Response:
    """The contests that exist for the caller, the latest start first."""
    site, now = site_of(request), site_of(request).clock.now_ms()
    shown = []
    for id_, stored in (await site.directory.contests()).items():
        viewer = viewer_of(caller.account, id_)
        if may_see_contest(viewer, stored.facts):
            contest = visible(viewer, "contest", stored.object, stored.facts, Scene.at(stored.facts, now))
            shown.append((-(stored.facts["start"] or 1 << 62), id_, contest))
    in_order = (contest for _, _, contest in sorted(shown, key=lambda one: one[:2]))
    return tagged(request, in_version(version_of(request), "contest", in_order))


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
    if look.caller.account is None:
        raise HTTPException(404, "you are not logged in")
    return tagged(request, account_of_caller(look, look.caller.account))


@router.get("/contests/{contest_id}/accounts", tags=["accounts"], summary="Accounts")
async def accounts(request: Request, look: Looking) -> Response:
    """The accounts of a contest, without secrets; for jury and admins, others see their own."""
    wanted = _wanted(request, look, "accounts")
    return tagged(request, [one for one in accounts_of(look) if _fits(one, wanted)])


@router.get("/contests/{contest_id}/accounts/{object_id}", tags=["accounts"], summary="An account")
async def one_account(request: Request, look: Looking, object_id: str) -> Response:
    """One account."""
    for found in accounts_of(look):
        if found["id"] == object_id:
            return tagged(request, found)
    raise HTTPException(404, f"there is no account {object_id!r}")


@router.get("/contests/{contest_id}/runs", tags=["runs"], summary="Runs")
async def list_runs(request: Request, look: Looking) -> Response:
    """The runs, sent as they are read where there are many: those of a whole contest may be millions."""
    wanted = _wanted(request, look, "runs")
    digest = hashlib.blake2b(digest_size=16)
    if look.viewer.sees_all:
        # the jury may know a position; its change tells others that something has happened
        digest.update(repr((look.id, look.version, look.held, sorted(wanted.items()))).encode())
        if has(request, f'"{digest.hexdigest()}"'):
            return Response(None, 304, _weak(digest.hexdigest()))
    if "judgement_id" in wanted:
        judgements = await look.site.view.many(look.id, "judgements", [wanted["judgement_id"]])
    else:
        judgements = list((await look.everything("judgements")).values())

    async def body() -> AsyncIterator[bytes]:
        yield b"["
        comma = b""
        async for some in runs(look, judgements):
            if fits := [one for one in some if _fits(one, wanted)]:
                yield comma + orjson.dumps(fits)[1:-1]
                comma = b","
        yield b"]"

    if not look.viewer.sees_all:
        small = bytearray()
        async for part in body():
            digest.update(part)
            if len(small) <= AT_ONCE:
                small += part
        if len(small) <= AT_ONCE:
            return tagged_bytes(request, bytes(small))
        if has(request, f'"{digest.hexdigest()}"'):
            return Response(None, 304, _weak(digest.hexdigest()))
    return StreamingResponse(body(), headers=_weak(digest.hexdigest()), media_type="application/json")


def _weak(tag: str) -> dict[str, str]:
    """The headers of what is read anew for each who asks: it may be a little newer than its tag."""
    return TAGGED | {"ETag": f'W/"{tag}"'}


def _wanted(request: Request, look: Look, type_: str) -> dict[str, str]:
    """The properties that the client filters by: all must be so, an empty one null."""
    return {k: v for k, v in request.query_params.items() if k in ID_PROPERTIES[look.version].get(type_, ())}


def _fits(one: dict[str, Any], wanted: dict[str, str]) -> bool:
    return all((one.get(name) or "") == value for name, value in wanted.items())


def _list_route(type_: str) -> Callable[[Request, Look], Awaitable[Response]]:
    async def objects(request: Request, look: Looking) -> Response:
        wanted = _wanted(request, look, type_)
        for_all = look.viewer.role == "public" and not wanted
        moment = (started(look.scene), withheld(look.contest.facts, look.scene.now))
        key, lists = (look.id, look.version, type_, moment), look.site.lists
        made_of = str(look.held)  # what everybody sees depends on the log alone
        if for_all and (body := lists.get(key, made_of)) is not None:
            return tagged_bytes(request, body)
        body = orjson.dumps([one for one in await listed(look, type_) if _fits(one, wanted)])
        if for_all:
            lists.keep(key, made_of, body)
        return tagged_bytes(request, body)

    return objects


def _one_route(type_: str) -> Callable[[Request, Look, str], Awaitable[Response]]:
    async def one(request: Request, look: Looking, object_id: str) -> Response:
        found = await found_one(look, type_, object_id)
        if found is None:
            await look.still()
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
