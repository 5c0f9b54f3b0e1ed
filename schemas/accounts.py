"""The topic `accounts`: one record a login, under its name."""

from __future__ import annotations

from schemas.codec import codec
from schemas.errors import DecodeError
from schemas.events import Account

__all__ = ["account_of"]


def account_of(username: str, value: bytes) -> Account:
    """The account in a record under this key. Pure.

    Raises:
        DecodeError: when it is none, or another's.
    """
    account = codec().decode(value)
    if not isinstance(account, Account) or account.username != username:
        raise DecodeError(f"{type(account).__name__} under the key {username!r}")
    return account
