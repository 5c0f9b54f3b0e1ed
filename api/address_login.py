"""Logging in by the address of a machine, as the accounts of a contest package may say it."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from api.networks import address_of
from api.proxies import came_directly
from api.site import site_of
from schemas.events import Account

__all__ = ["account_at"]


async def account_at(connection: HTTPConnection) -> Account | None:
    """The one account that a contest logs in by itself at the address that the request comes from.

    None where there are two: an address says then only which room somebody is in. None where a proxy that nobody
    trusts stands between: its address is not the client's.

    Raises:
        DependencyError: when the view is away.
    """
    site, address = site_of(connection), address_of(connection)
    if not address or not came_directly(connection):
        return None
    allowed = set()
    for username, contest in site.accounts.at(address):
        stored = await site.directory.contest_to_write(contest)
        if stored is not None and stored.facts["address_login"]:
            allowed.add(username)
    known = site.accounts.get(allowed.pop()) if len(allowed) == 1 else None
    return None if known is None else known.account
