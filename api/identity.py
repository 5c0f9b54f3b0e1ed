"""Who sends a request: HTTP Basic, a bearer token, a session's cookie, or nobody."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.requests import HTTPConnection

from api.doorkeeper import TooManyChecksError
from api.sessions import COOKIE
from api.site import Site, site_of
from schemas.events import Account

__all__ = [
    "Caller",
    "WrongLoginError",
    "address_of",
    "check_password",
    "identify",
    "is_foreign",
    "refuse_foreign_pages",
    "shows_credentials",
]

PASSWORDS = 20
"""Passwords checked a minute for one login from one address: people mistype, programs that guess need millions. A right
one is remembered, and not checked again."""


class WrongLoginError(HTTPException):
    """401: somebody claims to be *username* and does not show it."""

    def __init__(self, username: str, why: str) -> None:
        super().__init__(401, why)
        self.username = username


@dataclass(frozen=True, slots=True)
class Caller:
    """The account behind a request, None for the public, and how it said so: basic, bearer, cookie or nothing."""

    account: Account | None = None
    how: str = ""

    @property
    def name(self) -> str:
        """The login, empty for the public."""
        return self.account.username if self.account else ""


def address_of(connection: HTTPConnection) -> str:
    """Where the request comes from."""
    return connection.client.host if connection.client else ""


def shows_credentials(connection: HTTPConnection) -> bool:
    """Whether the request claims to come from somebody."""
    return "authorization" in connection.headers or COOKIE in connection.cookies


async def identify(connection: HTTPConnection) -> Caller:
    """The caller. A cookie that no longer holds is nobody's; wrong credentials in a header are refused.

    Raises:
        HTTPException: 401 for wrong credentials, 429 after too many of them.
        DependencyError: when too many logins wait.
    """
    site = site_of(connection)
    scheme, _, value = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        username, password = _basic(value)
        return Caller(await check_password(site, connection, username, password), "basic")
    if scheme.lower() == "bearer":
        account = site.accounts.by_token(hashlib.sha256(value.strip().encode()).hexdigest())
        if account is None:
            raise WrongLoginError("", "there is no such token")
        return Caller(account, "bearer")
    if scheme:
        raise WrongLoginError("", f"{scheme[:20]!r}: log in with HTTP Basic, a bearer token or a session")
    cookie = connection.cookies.get(COOKIE)
    account = site.sessions.account(cookie) if cookie else None
    return Caller(account, "cookie") if account else Caller()


async def check_password(site: Site, connection: HTTPConnection, username: str, password: str) -> Account:
    """The account with this login and password.

    Raises:
        HTTPException: 401 when they are wrong, 429 after too many wrong ones.
    """
    who = f"{username[:100]}@{address_of(connection)}"
    account = site.doorkeeper.remembered(username, password)
    if account is not None:
        return account

    async def may() -> bool:
        # counted before it is checked: of a hundred guesses at once most are not checked at all
        return not await site.throttle.exceeded("login", who, PASSWORDS)

    try:
        account = await site.doorkeeper.check(username, password, may)
    except TooManyChecksError:
        raise HTTPException(429, "too many passwords; wait a minute", {"Retry-After": "60"}) from None
    if account is None:
        raise WrongLoginError(username, "wrong login or password")
    return account


def _basic(value: str) -> tuple[str, str]:
    try:
        username, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # no base64, no ASCII, or no UTF-8 in it
        colon = ""
    if not colon:
        raise WrongLoginError("", "the Authorization header is not HTTP Basic as RFC 7617 has it")
    return username, password


def refuse_foreign_pages(connection: HTTPConnection, caller: Caller) -> None:
    """Let no other site's page write in the name of somebody who is logged in here.

    A browser says where a page is from; programs that send neither Origin nor a cookie are no browsers.

    Raises:
        HTTPException: 403 when the request was made by a page of another origin.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        if caller.how != "cookie" or connection.headers.get("sec-fetch-site") in ("same-origin", "none"):
            return
        raise HTTPException(403, "a write with a session's cookie must say its Origin")
    if is_foreign(connection):
        raise HTTPException(403, f"pages of {origin[:100]} may not write here")


def is_foreign(connection: HTTPConnection) -> bool:
    """Whether a page of another origin made the request."""
    origin = connection.headers.get("origin")
    ours = {connection.headers.get("host", ""), urlsplit(site_of(connection).settings.url).netloc}
    return origin is not None and urlsplit(origin).netloc not in ours
