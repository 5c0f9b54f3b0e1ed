"""New passwords by the jury, for who has forgotten their own or lost it to somebody. podium's own, under `/api` alone."""

from __future__ import annotations

import asyncio
import dataclasses

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.access import viewer_of
from api.account_objects import accounts_of
from api.answers import json
from api.look import Look
from api.networks import address_of
from api.writing import begin_to_write
from schemas.accounts import reset
from schemas.events import Account, AuditEntry
from schemas.passwords import hash_password, new_password

__all__ = ["may_reset", "router"]

router = APIRouter(prefix="/api", tags=["accounts"], default_response_class=Response)

_SHOWN = {
    "description": "The password, this once",
    "content": {"application/json": {"example": {"username": "team01", "password": "k7mq2wxh9rtc"}}},
}


def may_reset(caller: Account, account: Account) -> bool:
    """Whether somebody may give an account a new password, and with that may act as it. Pure.

    An admin any; the jury those of teams, where all contests of the account are theirs. With that a judge may submit as the
    team: the audit says who gave the password.
    """
    if caller.role == "admin":
        return True
    theirs = all(viewer_of(caller, one.contest).role == "jury" for one in account.memberships)
    return account.role == "team" and bool(account.memberships) and theirs


@router.post(
    "/contests/{contest_id}/accounts/{object_id}/password",
    summary="Give an account a new password",
    responses={200: _SHOWN},
)
async def reset_password(request: Request, contest_id: str, object_id: str) -> Response:
    """Make a new password and show it, this once. The account's sessions, tokens and live streams end at once.

    For an admin any account that they see; for the jury those of the teams of their contests.
    """
    look = await begin_to_write(request, contest_id)
    if not look.viewer.sees_all:
        raise HTTPException(403, "new passwords are given by the jury and by admins")
    username = await _username(look, object_id)
    password = new_password()
    hashed = await asyncio.to_thread(hash_password, password)
    entry = look.site.audit.entry(
        look.caller.name, address_of(request), "reset password", f"{look.id}/accounts/{object_id}", 200
    )

    def change(account: Account) -> tuple[Account, AuditEntry]:
        if look.caller.account is None or not may_reset(look.caller.account, account):
            raise HTTPException(
                403, "the jury gives passwords to teams alone, whose contests are all theirs; ask an admin"
            )
        at, by = entry.recorded_at, entry.account
        return dataclasses.replace(reset(account, hashed), recorded_at=at, recorded_by=by), entry

    await look.site.accounts.change(username, change)
    return json({"username": username, "password": password})


async def _username(look: Look, account_id: str) -> str:
    """The login of an account that the caller sees.

    Raises:
        HTTPException: 404 where there is none, 409 for one that is disabled: nobody could log in with the password.
    """
    accounts = look.site.accounts
    await accounts.whole()
    seen = accounts_of(accounts, look.id, look.viewer, look.scene)
    username: str | None = next((one["username"] for one in seen if one["id"] == account_id), None)
    if username is None:
        raise HTTPException(404, f"accounts: there is no {account_id!r}")
    if accounts.get(username) is None:
        raise HTTPException(409, f"account {username} is disabled; `podium account enable` opens its door again")
    return username
