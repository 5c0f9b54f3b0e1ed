"""Accounts as objects of the Contest API: for lists, for single ones, and for feeds."""

from __future__ import annotations

import dataclasses
from typing import Any

from api.access import Scene, Viewer, viewer_of, visible
from api.accounts import Accounts
from schemas.events import Account
from schemas.ids import account_id

__all__ = ["account_of", "accounts_of"]

_TYPES = {"jury": "judge", "public": "staff"}
"""Roles that CLICS calls otherwise; who is nothing in a contest is somebody's staff there."""


def accounts_of(accounts: Accounts, contest: str, viewer: Viewer, scene: Scene) -> list[dict[str, Any]]:
    """The accounts that somebody sees: the jury the contest's but those of judge hosts, everybody else their own."""
    found = accounts.of(contest) if viewer.sees_all else _own(accounts, viewer)
    shown = (_shown(one, contest, viewer, scene) for one in found if one.role != "judge")
    return sorted((one for one in shown if one is not None), key=lambda one: str(one["username"]))


def account_of(accounts: Accounts, contest: str, viewer: Viewer, scene: Scene) -> dict[str, Any] | None:
    """The account of whoever looks, as it is now; None for nobody."""
    return next((_shown(one, contest, viewer, scene) for one in _own(accounts, viewer)), None)


def _own(accounts: Accounts, viewer: Viewer) -> list[Account]:
    known = accounts.get(viewer.account) if viewer.account else None
    return [known.account] if known else []


def _shown(account: Account, contest: str, viewer: Viewer, scene: Scene) -> dict[str, Any] | None:
    mine = next((one for one in account.memberships if one.contest == contest), None)
    # whose door is shut is what they were
    role = viewer_of(dataclasses.replace(account, disabled=False), contest).role
    told = {
        "id": account_id(account.username),
        "username": account.username,
        "name": account.name,
        "type": _TYPES.get(role, role),
        "ip": mine.ip if mine else None,
        "team_id": mine.team_id if mine else None,
        "person_id": mine.person_id if mine else None,
    }
    given = {key: value for key, value in told.items() if value is not None}
    return visible(viewer, "accounts", given, {"account": account.username}, scene)
