"""Accounts as objects of the Contest API: for lists, for single ones, and for feeds."""

from __future__ import annotations

from typing import Any

from api.look import Look
from schemas.events import Account
from schemas.ids import account_id
from schemas.live import Stored

__all__ = ["account_of_caller", "accounts_of"]

_TYPES = {"jury": "judge", "public": "staff"}
"""Roles that CLICS calls otherwise; who is nothing else is somebody's staff."""


def accounts_of(look: Look) -> list[dict[str, Any]]:
    """The accounts that the caller sees: the jury the contest's but those of judge hosts, everybody else their own."""
    mine = look.caller.account
    found = look.site.accounts.of(look.id) if look.viewer.sees_all else [mine] if mine else []
    shown = (_stored(one, look.id) for one in found if one.role != "judge")
    return sorted(look.see_all("accounts", shown), key=lambda one: str(one["username"]))


def account_of_caller(look: Look, account: Account) -> dict[str, Any]:
    """The caller's own account."""
    found: dict[str, Any] = look.see_all("accounts", [_stored(account, look.id)])[0]
    return found


def _stored(account: Account, contest: str) -> Stored:
    mine = next((one for one in account.memberships if one.contest == contest), None)
    shown = {
        "id": account_id(account.username),
        "username": account.username,
        "name": account.name,
        "type": _TYPES.get(account.role, account.role),
        "ip": mine.ip if mine else None,
        "team_id": mine.team_id if mine else None,
        "person_id": mine.person_id if mine else None,
    }
    return Stored({key: value for key, value in shown.items() if value is not None}, {"account": account.username}, -1)
