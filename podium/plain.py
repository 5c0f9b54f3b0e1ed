"""Text of others for the terminal: what it says is shown, what it would do to the terminal is not done."""

from __future__ import annotations

import re

from rich.text import Text

__all__ = ["plain"]

_BREAKS = re.compile(r"[\t\n\r]+")
_ACTING = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, which move the cursor, and marks that turn the direction of what follows."""


def plain(text: str, style: str = "") -> Text:
    """The text in one line, with no markup read in it and without its control characters. Pure."""
    return Text(_ACTING.sub("", _BREAKS.sub(" ", text)), style)
