"""Text of others for the terminal, by way of rich."""

from __future__ import annotations

from rich.text import Text

from podium.tame import tame

__all__ = ["plain"]


def plain(text: str, style: str = "") -> Text:
    """The text in one line, with no markup read in it and without its control characters. Pure."""
    return Text(tame(text), style)
