"""Webhooks: whoever reads a contest with a tool may have it called back instead."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.access import may_see_contest, viewer_of
from api.answers import json, tagged
from api.arrival import arrival_of
from api.look import Who
from api.networks import address_of
from api.properties import PROPERTIES
from api.site import Site, site_of
from api.versions import BASES, version_of
from api.webhooks.accounts import AccountsTold
from api.webhooks.address import check_url
from api.webhooks.cursor import Cursors
from api.webhooks.registry import add, found, listed, refuse_full, remove, shown
from api.writing import identifiers, json_body, read_json, text, texts
from schemas.errors import DataError
from schemas.events import Account, Webhook
from schemas.ids import new_id
from schemas.live import Stored

__all__ = ["router"]

router = APIRouter(prefix="/webhooks", tags=["webhooks"], default_response_class=Response)

_MAY = ("admin", "jury", "analyst")
"""Who may have us call: those who run the contest and tell of it."""
_LONGEST_TOKEN = 500
_LIST = {"type": "array", "items": {"type": "string"}}
_BODY = json_body(
    {"url": {"type": "string"}, "token": {"type": "string"}, "endpoints": _LIST, "contest_ids": _LIST},
    required=["url", "token"],
    example={
        "url": "https://balloons.example/podium",
        "token": "my secret",
        "endpoints": ["submissions", "judgements"],
    },
)


async def _account(request: Request, account: Account | None) -> Account:
    """Who asks, as all that was written before has them.

    Raises:
        HTTPException: 401 for nobody, 403 for whom we are not to call.
    """
    if account is None:
        raise HTTPException(401, "log in to have webhooks")
    if account.role not in _MAY:
        raise HTTPException(403, "webhooks are for the jury, admins and analysts")
    site = site_of(request)
    await site.accounts.whole()  # its webhooks are part of it, and another process may have written one
    known = site.accounts.get(account.username)
    if known is None:
        raise HTTPException(401, "there is no such account any more")
    return known.account


@router.get("", summary="Webhooks")
async def all_of_them(request: Request, caller: Who) -> Response:
    """The caller's webhooks; an admin's are all."""
    account = await _account(request, caller.account)
    return tagged(request, [shown(one) for one in listed(site_of(request).accounts, account)])


@router.get("/{webhook_id}", summary="A webhook")
async def one_of_them(request: Request, caller: Who, webhook_id: str) -> Response:
    """One of them."""
    account = await _account(request, caller.account)
    _, hook = _found(site_of(request), account, webhook_id)
    return tagged(request, shown(hook))


@router.post("", status_code=201, summary="Register a webhook", openapi_extra=_BODY)
async def register(request: Request) -> Response:
    """Have a URL called with every change that this account sees from now on, in this version of the Contest API.

    Each call has the header `Webhook-Token`; 2xx says that its notifications need not come again.
    """
    account = await _account(request, (await arrival_of(request, "have webhooks")).account)
    site, version = site_of(request), version_of(request)
    body = read_json(request)
    body.refuse("id")
    url = body.take("url", _url, needed=True)
    token = body.take("token", text(_LONGEST_TOKEN), needed=True)
    endpoints = body.take("endpoints", texts) or ()
    contest_ids = body.take("contest_ids", identifiers) or ()
    body.done()
    assert url is not None
    assert token is not None
    if not token.isascii() or not token.isprintable():
        raise HTTPException(400, "token: expected a text that fits into a header: ASCII without control characters")
    if unknown := [one for one in endpoints if one not in PROPERTIES[version]]:
        raise HTTPException(400, f"endpoints: there is no {unknown[0]!r}")
    refuse_full(account)  # before others wait for its turn; what counts is what the turn finds
    since, seen = dict[str, int](), dict[str, Stored]()
    for id_ in contest_ids or await site.directory.contests():
        held, stored = await site.directory.contest_to_read(id_, wakes=False)
        if stored is not None:
            since[id_] = held
            if may_see_contest(viewer_of(account, id_), stored.facts):
                seen[id_] = stored
    if unknown := [one for one in contest_ids if one not in seen]:
        raise HTTPException(400, f"contest_ids: there is no {unknown[0]!r}")
    hook = Webhook(new_id(), version, url, token, endpoints, contest_ids, since)
    told = AccountsTold(site, hook)
    for id_, stored in seen.items():
        await told.begin(id_, viewer_of(account, id_), stored)
    entry = site.audit.entry(account.username, address_of(request), "register webhook", hook.id, 201)
    try:
        await add(site, account.username, hook, entry)
    except HTTPException:
        await Cursors(site.view).forget(hook.id)
        raise
    return json(shown(hook), 201, {"Location": f"{BASES[version]}/webhooks/{hook.id}"})


@router.delete("/{webhook_id}", status_code=204, summary="Delete a webhook")
async def delete(request: Request, webhook_id: str) -> Response:
    """Call it no more."""
    account = await _account(request, (await arrival_of(request, "have webhooks")).account)
    site = site_of(request)
    owner, hook = _found(site, account, webhook_id)
    entry = site.audit.entry(account.username, address_of(request), "delete webhook", hook.id, 204)
    await remove(site, owner.username, hook.id, entry)
    await Cursors(site.view).forget(hook.id)
    return Response(None, 204)


def _url(value: Any) -> str:
    if not isinstance(value, str):
        raise DataError("expected a URL")
    return check_url(value)


def _found(site: Site, account: Account, webhook_id: str) -> tuple[Account, Webhook]:
    there = found(site.accounts, account, webhook_id)
    if there is None:
        raise HTTPException(404, f"webhooks: there is no {webhook_id!r}")
    return there
