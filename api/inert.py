"""The policy of a file that somebody has given us: opened by itself it runs no script, is of no origin, loads nothing."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from clics.images import styles_of

__all__ = ["INERT", "inert", "inert_file"]

INERT = "default-src 'none'; sandbox"
MOST = 40
"""Styles of a picture that are allowed: each takes fifty bytes of a header, and a gateway takes some thousands."""
_REMEMBERED = 4096
"""Pictures: those of the largest contest, and some."""


def inert(mime: str, data: bytes) -> str:
    """The policy of these bytes. Pure.

    Styles inside an SVG are part of the picture: just those that are there are allowed, where they are not too many.
    """
    styles = styles_of(data) if mime == "image/svg+xml" else frozenset[str]()
    if not styles or len(styles) > MOST:
        return INERT
    digests = (base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in sorted(styles))
    allowed = " ".join(f"'sha256-{one}'" for one in digests)
    return f"default-src 'none'; style-src 'unsafe-hashes' {allowed}; sandbox"  # also those of attributes


@lru_cache(_REMEMBERED)
def inert_file(mime: str, path: Path) -> str:
    """The policy of a file of the store, which is named after what it holds and never changes."""
    return inert(mime, path.read_bytes() if mime == "image/svg+xml" else b"")
