"""Moments and spans as operators write and read them."""

from __future__ import annotations

import re

from clics.times import format_reltime, format_time, parse_reltime, parse_time
from schemas.errors import DataError, UsageError

__all__ = ["moment", "said_moment", "said_span", "span"]

_SPAN = re.compile(r"([+-]?)(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?", re.ASCII)
_LONGEST_MS = 366 * 86_400_000
"""Nobody means to move a contest by more than a year."""


def span(text: str, what: str) -> int:
    """A span such as 10m, 1h30m, 90s, -20m or 0:10:00, in milliseconds; *what* it is for is named in the error.

    Raises:
        UsageError: when it is none, or more than a year.
    """
    found = _SPAN.fullmatch(text)
    if found and any(found.groups()[1:]):
        sign, *parts = found.groups()
        hours, minutes, seconds = (int(part or 0) for part in parts)
        ms = (hours * 3600 + minutes * 60 + seconds) * 1000
        ms = -ms if sign == "-" else ms
    else:
        try:
            ms = parse_reltime(text.removeprefix("+"))
        except DataError:
            raise UsageError(f"{what}: expected a span such as 10m, 1h30m, 90s or 0:10:00, got {text!r}") from None
    if abs(ms) > _LONGEST_MS:
        raise UsageError(f"{what}: {text} is more than a year")
    return ms


def moment(text: str, what: str) -> int:
    """A moment with a zone, in UTC milliseconds; *what* it is for is named in the error.

    Raises:
        UsageError: when it is none.
    """
    try:
        return parse_time(text)
    except DataError as error:
        raise UsageError(f"{what}: {error}") from None


def said_moment(ms: int | None, nothing: str = "–") -> str:
    """A moment for a person: UTC, with milliseconds only where there are any. Pure."""
    return nothing if ms is None else format_time(ms).replace("T", " ").replace(".000Z", "Z")


def said_span(ms: int) -> str:
    """A span for a person. Pure."""
    return format_reltime(ms)
