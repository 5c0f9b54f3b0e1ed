"""Logging in and out, for people with browsers: by password, by OpenID Connect, by the address of a team's machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.address_login import account_at
from api.answers import json
from api.identity import Caller, check_password, is_secure, refuse_all_but_ours, refuse_foreign_pages
from api.intake import read_body
from api.look import Who
from api.networks import address_of
from api.sessions import COOKIE, LASTS_S, OIDC_COOKIE, OIDC_PATH
from api.site import site_of
from schemas.events import Account

if TYPE_CHECKING:
    from api.oidc import Provider  # its libraries take a second: loaded where a provider is set (api/server.py)

__all__ = ["router"]

router = APIRouter(prefix="/api/session", tags=["session"], default_response_class=Response)

_LOGIN = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["username", "password"],
                    "properties": {"username": {"type": "string"}, "password": {"type": "string"}},
                },
                "example": {"username": "team01", "password": "as it was handed out"},
            }
        },
    }
}


def _shown(account: Account | None) -> dict[str, Any]:
    if account is None:
        return {"account": None}
    teams = {m.contest: m.team_id for m in account.memberships}
    return {
        "account": {
            "username": account.username,
            "name": account.name or account.username,
            "role": account.role,
            "contests": teams,
        }
    }


def _begin(request: Request, account: Account, answer: Response, how: str) -> Response:
    """Give the answer a session of the account, and write it down."""
    site = site_of(request)
    site.audit.write(account.username, address_of(request), "login", "session", 200, how)
    answer.set_cookie(
        COOKIE,
        site.sessions.begin(account),
        max_age=LASTS_S,
        httponly=True,
        samesite="strict",
        secure=is_secure(request),
    )
    return answer


@router.get("", summary="Who is logged in")
async def who(request: Request, caller: Who) -> Response:
    """The account behind the request, null for the public; and by which ways one may log in beside a password.

    `openid_connect` is where a login at the site's provider begins, null where it has none. `address` says that this
    machine's address alone logs in: `POST /api/session/address`.
    """
    told = _shown(caller.account) | {"openid_connect": OIDC_PATH if site_of(request).provider else None}
    return json(told | {"address": caller.account is None and await account_at(request) is not None})


@router.post("", summary="Log in", openapi_extra=_LOGIN)
async def login(request: Request) -> Response:
    """Begin a session: its cookie is valid for a day, until the account changes, or until it is ended."""
    site = site_of(request)
    refuse_foreign_pages(request, Caller())
    try:
        data = orjson.loads(await read_body(request))
        username, password = data["username"], data["password"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise HTTPException(400, "send JSON with username and password") from None
    if not isinstance(username, str) or not isinstance(password, str):
        raise HTTPException(400, "username and password: expected texts")
    account = await check_password(site, request, username, password)
    return _begin(request, account, json(_shown(account)), "by password")


@router.post("/address", summary="Log in by this machine's address")
async def login_by_address(request: Request) -> Response:
    """Begin a session of the account whose contest has given it the address that the request comes from."""
    # the address alone is what lets somebody in: no page but ours may use it, by whatever name it reaches us
    refuse_all_but_ours(request)
    account = await account_at(request)
    if account is None:
        raise HTTPException(403, "no account is logged in by this address")
    return _begin(request, account, json(_shown(account)), "by address")


@router.get("/oidc", summary="Log in at the site's OpenID provider", response_class=RedirectResponse, status_code=302)
async def login_by_provider(request: Request) -> Response:
    """Send the browser to the provider, which sends it back."""
    return await _provider(request).begin(request, secure=is_secure(request))


@router.get("/oidc/callback", include_in_schema=False)
async def logged_in_by_provider(request: Request) -> Response:
    """Begin a session of the account whose login the provider says, and show the first page."""
    login = await _provider(request).finish(request)
    known = site_of(request).accounts.get(login)
    if known is None:
        raise HTTPException(403, f"the provider says that you are {login[:100]}; there is no such account here")
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(OIDC_COOKIE, path=OIDC_PATH, httponly=True, samesite="lax")
    return _begin(request, known.account, answer, "by OpenID Connect")


def _provider(request: Request) -> Provider:
    provider = site_of(request).provider
    if provider is None:
        raise HTTPException(404, "this site has no OpenID provider")
    return provider


@router.delete("", status_code=204, summary="Log out")
async def logout(request: Request, caller: Who) -> Response:
    """End this session."""
    refuse_foreign_pages(request, caller)
    if caller.account is not None:
        site_of(request).audit.write(caller.name, address_of(request), "logout", "session", 204)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer
