"""The registrations: they are kept with the accounts that made them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from api.accounts import Accounts
from api.site import Site
from schemas.events import Account, Webhook

__all__ = ["MOST", "found", "kept", "listed", "shown", "store"]

MOST = 20
"""Webhooks of one account: a system has a few."""


def shown(hook: Webhook) -> dict[str, Any]:
    """The Contest API's object; the token is its maker's secret. Pure."""
    return {
        "id": hook.id,
        "url": hook.url,
        "endpoints": list(hook.endpoints),
        "contest_ids": list(hook.contest_ids),
        "active": hook.active,
    }


def listed(accounts: Accounts, account: Account) -> list[Webhook]:
    """The webhooks that an account sees: its own, an admin all, by id."""
    of = accounts.all() if account.role == "admin" else [account]
    return sorted((hook for one in of for hook in one.webhooks), key=lambda hook: hook.id)


def found(accounts: Accounts, account: Account, id_: str) -> tuple[Account, Webhook] | None:
    """A webhook that an account sees, with the account that made it."""
    of = accounts.all() if account.role == "admin" else [account]
    return next(((one, hook) for one in of for hook in one.webhooks if hook.id == id_), None)


def kept(account: Account, hooks: Mapping[str, Webhook | None]) -> Account:
    """The account with these of its webhooks as they are to be; None: gone. Pure."""
    left = [hook for one in account.webhooks if (hook := hooks.get(one.id, one)) is not None]
    new = [hook for id_, hook in hooks.items() if hook is not None and id_ not in {one.id for one in account.webhooks}]
    return dataclasses.replace(account, webhooks=(*left, *new))


async def store(site: Site, username: str, hooks: Mapping[str, Webhook | None], by: str) -> None:
    """Write these webhooks of an account, and return when this process knows them.

    Raises:
        DependencyError: when the broker does not take it, or the account has gone.
    """
    await site.accounts.change(
        username,
        lambda account: dataclasses.replace(kept(account, hooks), recorded_at=site.clock.now_ms(), recorded_by=by),
    )
