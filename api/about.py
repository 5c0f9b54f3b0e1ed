"""What the API says of itself, and podium's own mark."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from api.version import VERSION

__all__ = ["LOGO", "LOGO_NAME", "about"]

LOGO_NAME = "podium.svg"
LOGO = (Path(__file__).parent / "web/icon.svg").read_bytes()

_LOGO = {
    "href": "logo",
    "filename": LOGO_NAME,
    "hash": hashlib.md5(LOGO, usedforsecurity=False).hexdigest(),
    "mime": "image/svg+xml",
    "width": 32,
    "height": 32,
}


def about(version: str) -> dict[str, Any]:
    """The Contest API's information about itself, in this version of it. Pure."""
    return {
        "version": version,
        "version_url": f"https://ccs-specs.icpc.io/{version}/contest_api",
        "provider": {"name": "podium", "version": VERSION, "logo": [_LOGO]},
    }
