"""Sessions: signed cookies that carry a login and what its account was then; what ends them is another account."""

from __future__ import annotations

import hashlib
import os
import secrets

from itsdangerous import BadSignature, URLSafeTimedSerializer

from api.accounts import Accounts
from schemas.accounts import standing
from schemas.errors import ConfigError
from schemas.events import Account
from schemas.settings import Settings

__all__ = ["COOKIE", "OIDC_COOKIE", "OIDC_PATH", "Sessions", "secret_of"]

COOKIE = "podium_session"
LASTS_S = 24 * 3600
"""Longer than any contest; whoever is at a shared machine logs out."""
OIDC_COOKIE = "podium_oidc"
"""What a login at the site's provider needs until it comes back."""
OIDC_PATH = "/api/session/oidc"
"""Where such a login begins; its cookie is for there alone."""


def secret_of(settings: Settings) -> str:
    """The key of cookies and public tokens: `PODIUM_SECRET`, or HOME/secret, which is made where it is missing.

    Raises:
        ConfigError: when the file can be neither read nor made.
    """
    if settings.secret:
        return settings.secret
    path = settings.home / "secret"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # whole or not at all: another process of the api may be making it at this moment
            fresh = path.with_name(f"secret.{os.getpid()}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(descriptor, secrets.token_hex(32).encode())
            os.close(descriptor)
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink(missing_ok=True)
        return path.read_text()
    except OSError as error:
        raise ConfigError(f"PODIUM_SECRET: not set, and {path}: {error.strerror}") from error


class Sessions:
    """Makes cookies' values and reads them."""

    def __init__(self, secret: str, accounts: Accounts) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt=COOKIE)
        self._accounts = accounts

    def begin(self, account: Account) -> str:
        """The value of the account's cookie."""
        return str(self._signer.dumps([account.username, _state(account)]))

    def account(self, cookie: str) -> Account | None:
        """Whose session it is; None for one that is forged, too old, or was ended."""
        try:
            username, state = self._signer.loads(cookie, max_age=LASTS_S)
        except (BadSignature, ValueError, TypeError):
            return None
        known = self._accounts.get(username)
        return known.account if known and _state(known.account) == state else None


def _state(account: Account) -> str:
    """Names what a session holds on to: another session number or standing is another name. Pure."""
    parts = (str(account.session), *standing(account))
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
