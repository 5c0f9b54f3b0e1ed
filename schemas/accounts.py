"""The topic `accounts`: one record a login, under its name."""

from __future__ import annotations

import dataclasses

from schemas.codec import codec
from schemas.errors import DecodeError
from schemas.events import Account

__all__ = ["SCOPES", "account_of", "reset", "scope_of", "standing", "succeeding"]

SCOPES = ("read", "submit", "clarify", "comment", "manage")
"""What a token may do: look; submit; write clarifications; write commentary; every other write."""

_OF = {"submissions": "submit", "clarifications": "clarify", "commentary": "comment"}


def scope_of(method: str, path: str) -> str:
    """The scope that a request takes: what is not known to be less takes the most. Pure."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return "read"
    parts = path.split("/")
    at = parts.index("contests") + 2 if "contests" in parts else len(parts)
    return _OF.get(parts[at], "manage") if at < len(parts) else "manage"


def account_of(username: str, value: bytes) -> Account:
    """The account in a record under this key. Pure.

    Raises:
        DecodeError: when it is none, or another's.
    """
    account = codec().decode(value)
    if not isinstance(account, Account) or account.username != username:
        raise DecodeError(f"{type(account).__name__} under the key {username!r}")
    return account


def standing(account: Account) -> tuple[str, ...]:
    """What a session of the account holds on to: another password, role or membership is another standing. Pure.

    Its name is not of it, nor is the order of its memberships.
    """
    return (account.password, account.role, *sorted(map(repr, account.memberships)))


def succeeding(old: Account | None, account: Account) -> Account:
    """The account as it is to be written in the place of the old one, whose sessions end where it was another. Pure.

    It was with another standing, or where its door is shut or opened; what ends so does not come back with an account
    that is again as it was.
    """
    if old is None:
        return account
    ends = standing(old) != standing(account) or old.disabled != account.disabled
    return dataclasses.replace(account, session=old.session + ends)


def reset(account: Account, hashed: str) -> Account:
    """The account with another password, of which this is `hash_password`: its sessions and tokens end. Pure.

    Its webhooks are switched off: whoever had the password may have made them. All else stays, also that it is disabled.
    """
    off = tuple(dataclasses.replace(one, active=False) for one in account.webhooks)
    return succeeding(account, dataclasses.replace(account, password=hashed, tokens=(), webhooks=off))
