"""The registrations: they are kept with the accounts that made them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from fastapi import HTTPException

from api.accounts import Accounts
from api.site import Site
from schemas.events import Account, AuditEntry, Webhook

__all__ = ["MOST", "add", "found", "listed", "refuse_full", "remove", "shown", "switch_off"]

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


def refuse_full(account: Account) -> None:
    """Go on only if the account may have another one.

    Raises:
        HTTPException: 403.
    """
    if len(account.webhooks) >= MOST:
        raise HTTPException(403, f"{MOST} webhooks are the most that an account may have; delete one")


async def add(site: Site, username: str, hook: Webhook, entry: AuditEntry) -> None:
    """Give the account another webhook, and return when this process knows it. Idempotent.

    Raises:
        HTTPException: 403, when the account has as many as it may.
        DependencyError: when the broker does not take it, or the account has gone.
    """

    def wanted(account: Account) -> tuple[Webhook, ...]:
        if any(one.id == hook.id for one in account.webhooks):
            return account.webhooks
        refuse_full(account)
        return (*account.webhooks, hook)

    await _change(site, username, wanted, entry)


async def remove(site: Site, username: str, id_: str, entry: AuditEntry) -> None:
    """Take the account's webhook away, if it is there still, and return when this process knows that.

    Raises:
        DependencyError: when the broker does not take it, or the account has gone.
    """
    await _change(site, username, lambda account: tuple(one for one in account.webhooks if one.id != id_), entry)


async def switch_off(site: Site, username: str, id_: str) -> None:
    """Call the account's webhook no more, if it is there still.

    Raises:
        DependencyError: when the broker does not take it, or the account has gone.
    """

    def wanted(account: Account) -> tuple[Webhook, ...]:
        return tuple(dataclasses.replace(one, active=False) if one.id == id_ else one for one in account.webhooks)

    await _change(site, username, wanted, site.audit.entry("webhooks", "", "switch webhook off", id_, 200))


async def _change(
    site: Site, username: str, wanted: Callable[[Account], tuple[Webhook, ...]], entry: AuditEntry
) -> None:
    """Write the account's webhooks as they are to be; as they are, nothing."""

    def change(account: Account) -> tuple[Account, AuditEntry] | None:
        hooks = wanted(account)
        if hooks == account.webhooks:
            return None
        at, by = entry.recorded_at, entry.account
        return dataclasses.replace(account, webhooks=hooks, recorded_at=at, recorded_by=by), entry

    await site.accounts.change(username, change)
