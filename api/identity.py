"""Who sends a request: HTTP Basic, a bearer token, a session's cookie, or nobody."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.requests import HTTPConnection

from api.doorkeeper import TooManyChecksError
from api.networks import address_of, network_of
from api.sessions import COOKIE
from api.site import Site, site_of
from api.throttle import too_many
from schemas.accounts import scope_of
from schemas.events import Account

__all__ = [
    "Caller",
    "WrongLoginError",
    "check_password",
    "identify",
    "is_foreign",
    "is_secure",
    "refuse_all_but_ours",
    "refuse_foreign_pages",
    "shows_credentials",
]

PASSWORDS = 20
"""Passwords checked a minute for one login from one network: people mistype, programs that guess need millions. A right
one is remembered, and not checked again."""
WRONG_OF_LOGIN = 60
"""Wrong passwords a minute for one login, from wherever: somebody guesses with many machines."""
WRONG_OF_NETWORK = 300
"""Wrong passwords a minute from one network, for whatever logins: a hall full of teams mistypes less."""
SLOWED = 3
"""Passwords checked a minute for one login from one network while somebody guesses: so many are left to everybody, so
nobody is locked out by what others do elsewhere or with other logins."""


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


def is_secure(connection: HTTPConnection) -> bool:
    """Whether the client speaks TLS, with us or with a proxy before us."""
    return connection.url.scheme in ("https", "wss") or site_of(connection).settings.url.startswith("https:")


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
        found = site.accounts.by_token(hashlib.sha256(value.strip().encode()).hexdigest())
        if found is None:
            raise WrongLoginError("", "there is no such token")
        holder, token = found
        needed = scope_of(connection.scope.get("method", "GET"), connection.url.path)
        if needed not in token.scopes:
            connection.state.caller = Caller(holder, "bearer")  # whose door stays shut
            raise HTTPException(403, f"the token {token.name!r} may {', '.join(token.scopes)}, and this takes {needed}")
        return Caller(holder, "bearer")
    if scheme:
        # whatever it is, it may be a secret
        raise WrongLoginError("", "Authorization: log in with HTTP Basic, a bearer token or a session")
    cookie = connection.cookies.get(COOKIE)
    account = site.sessions.account(cookie) if cookie else None
    return Caller(account, "cookie") if account else Caller()


async def check_password(site: Site, connection: HTTPConnection, username: str, password: str) -> Account:
    """The account with this login and password.

    Raises:
        HTTPException: 401 when they are wrong, 429 after too many wrong ones.
    """
    account = site.doorkeeper.remembered(username, password)
    if account is not None:
        return account
    network, throttle = network_of(address_of(connection)), site.throttle
    wrong = (("wrong/login", username, WRONG_OF_LOGIN), ("wrong/network", network, WRONG_OF_NETWORK))

    async def wait() -> int:
        guessed = [await throttle.full(*one) for one in wrong]
        most = SLOWED if any(guessed) else PASSWORDS
        # counted before it is checked: of a hundred guesses at once most are not checked at all
        return await throttle.take("login", f"{username}@{network}", most)

    try:
        account = await site.doorkeeper.check(username, password, network, wait)
    except TooManyChecksError as error:
        raise too_many("too many passwords", error.wait_s) from None
    if account is None:
        for one in wrong:
            await throttle.take(*one)
        # who has no account here may have typed a password where a login belongs
        raise WrongLoginError(username if site.accounts.exists(username) else "", "wrong login or password")
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


def refuse_all_but_ours(connection: HTTPConnection) -> None:
    """Let only pages of the site's own address write, not of a name that somebody else has given this server.

    Raises:
        HTTPException: 403 for all others.
    """
    ours = urlsplit(site_of(connection).settings.url).netloc
    if urlsplit(connection.headers.get("origin", "")).netloc != ours:
        raise HTTPException(403, f"only pages of {ours} (PODIUM_URL) may do that")


def is_foreign(connection: HTTPConnection) -> bool:
    """Whether a page of another origin made the request."""
    origin = connection.headers.get("origin")
    ours = {connection.headers.get("host", ""), urlsplit(site_of(connection).settings.url).netloc}
    return origin is not None and urlsplit(origin).netloc not in ours
