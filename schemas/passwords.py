"""Passwords that podium makes, and hashes: argon2id with 19 MiB, two passes and one lane, some 27 ms of a core a check."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["MAX_PASSWORD", "hash_password", "new_password", "verify_password"]

MAX_PASSWORD = 1024
"""Characters of a password: longer ones are refused before any work is done on them."""

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Those that nobody takes for another when they are read from paper."""
_LENGTH = 12
"""Letters of a password that podium makes: 59 bits, which nobody guesses through the door in the age of the universe."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)


def new_password() -> str:
    """A password that nobody can guess, and everybody can read out."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with a salt of its own: two calls give two hashes."""
    return _HASHER.hash(password)


def verify_password(hashed: str, password: str) -> bool:
    """Whether the password is the one that was hashed; false for anything that is no argon2 hash. Pure."""
    if len(password) > MAX_PASSWORD:
        return False
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
