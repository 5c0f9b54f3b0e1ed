"""Logging in and out, for people with browsers."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json
from api.identity import Caller, address_of, check_password, refuse_foreign_pages
from api.look import Who
from api.sessions import COOKIE, LASTS_S
from api.site import site_of
from schemas.events import Account

__all__ = ["router"]

router = APIRouter(prefix="/api/session", tags=["session"], default_response_class=Response)

MAX_BODY = 10_000
_LOGIN = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["username", "password"],
                    "properties": {"username": {"type": "string"}, "password": {"type": "string"}},
                }
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


@router.get("", summary="Who is logged in")
async def who(caller: Who) -> Response:
    """The account behind the request, null for the public."""
    return json(_shown(caller.account))


@router.post("", summary="Log in", openapi_extra=_LOGIN)
async def login(request: Request) -> Response:
    """Begin a session: its cookie is valid for a day, until the account changes, or until it is ended."""
    site = site_of(request)
    refuse_foreign_pages(request, Caller())
    if int(request.headers.get("content-length") or MAX_BODY + 1) > MAX_BODY:
        raise HTTPException(413, "that is no login")
    try:
        data = orjson.loads(await request.body())
        username, password = data["username"], data["password"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise HTTPException(400, "send JSON with username and password") from None
    if not isinstance(username, str) or not isinstance(password, str):
        raise HTTPException(400, "username and password: expected texts")
    account = await check_password(site, request, username, password)
    site.audit.write(account.username, address_of(request), "login", "session", 200)
    answer = json(_shown(account))
    answer.set_cookie(
        COOKIE,
        site.sessions.begin(account),
        max_age=LASTS_S,
        httponly=True,
        samesite="strict",
        secure=site.settings.url.startswith("https:"),
    )
    return answer


@router.delete("", status_code=204, summary="Log out")
async def logout(request: Request, caller: Who) -> Response:
    """End this session."""
    refuse_foreign_pages(request, caller)
    if caller.account is not None:
        site_of(request).audit.write(caller.name, address_of(request), "logout", "session", 204)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer
