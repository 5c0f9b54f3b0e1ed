"""Tokens that say where a reader is and tell nobody else what that is: positions of the log, sealed with the site's secret."""

from __future__ import annotations

import base64
import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

__all__ = ["Sealer"]

MOST = 400
"""Characters of the longest token that is looked at; ours are shorter."""


class Sealer:
    """Seals and opens. The same data gives the same token (AES-SIV), whichever process of the site is asked."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESSIV(hashlib.blake2b(secret.encode(), digest_size=32, person=b"podium tokens").digest())

    def seal(self, whose: str, data: bytes) -> str:
        """A token that opens for *whose* alone: text fit for a URL and a header."""
        return base64.urlsafe_b64encode(self._cipher.encrypt(data, [whose.encode()])).rstrip(b"=").decode()

    def open(self, whose: str, token: str) -> bytes | None:
        """What was sealed; None for what is no token, or somebody else's."""
        if not 0 < len(token) <= MOST or not token.isascii():
            return None
        try:
            sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            return self._cipher.decrypt(sealed, [whose.encode()])
        except (ValueError, InvalidTag):
            return None
