"""Text of others for a terminal: what it says stays, what it would do to the terminal goes."""

from __future__ import annotations

import re

__all__ = ["tame"]

_BREAKS = re.compile("[\t\n\r\u2028\u2029]+")
_ACTING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, which move the cursor, and marks that turn the direction of what follows."""


def tame(text: str) -> str:
    """The text in one line without its control characters. What is no text, as in a file's name, is escaped. Pure."""
    return _ACTING.sub("", _BREAKS.sub(" ", text)).encode(errors="backslashreplace").decode()
