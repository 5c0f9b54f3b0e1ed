"""The Contest API's TIME and RELTIME, to and from milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from schemas.errors import DataError

__all__ = ["format_reltime", "format_time", "is_time", "parse_reltime", "parse_time", "reltime_or_none", "time_or_none"]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::\d\d)?)", re.ASCII)
"""Of the forms of ISO 8601 the Contest API's alone, but for the number of digits behind the seconds."""

_RELTIME = re.compile(r"(-?)(\d{1,9}):([0-5]\d):([0-5]\d)(?:\.(\d{1,3}))?", re.ASCII)
"""Nine digits of hours, a hundred thousand years: as many as give milliseconds that every JSON reader keeps (2^53), and more
than lie between any two TIMEs."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)
_FIRST, _END = ((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).days * 86_400_000 for year in (1000, 3000))
"""UTC ms of the years that the Contest API's schemas know: four digits, of which the first is 1 or 2."""

_QUOTED = 80
"""Characters of what is no time, as an error repeats them: it may be as long as a request."""


def format_time(ms: int) -> str:
    """UTC milliseconds as a TIME, e.g. 2026-11-24T10:00:00.000Z. Pure."""
    # a quarter of what strftime takes: a sink formats several for each record
    return (_NAIVE_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds") + "Z"


def is_time(ms: int) -> bool:
    """Whether `format_time` of these UTC milliseconds is a TIME: they are in the years 1000 to 2999. Pure."""
    return _FIRST <= ms < _END


def time_or_none(ms: int | None) -> str | None:
    """A TIME, or None where there is none. Pure."""
    return None if ms is None else format_time(ms)


def parse_time(text: str) -> int:
    """A TIME with a zone, in the years 1000 to 2999 of UTC, as UTC milliseconds.

    Raises:
        DataError: when it is no such time.
    """
    try:
        if not _TIME.fullmatch(text):
            raise ValueError("another form")
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DataError(
            f"expected a time with a zone such as 2026-11-24T10:00:00+01:00, got {text[:_QUOTED]!r}"
        ) from None
    # integers all the way: a float of seconds loses the last millisecond
    delta = moment - _EPOCH
    ms = (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000
    if not is_time(ms):
        raise DataError(f"expected a time in the years 1000 to 2999, got {text[:_QUOTED]!r}")
    return ms


def format_reltime(ms: int) -> str:
    """Milliseconds as a RELTIME: h:mm:ss, with .mmm only where it is not zero. Pure."""
    sign, ms = ("-", -ms) if ms < 0 else ("", ms)
    seconds, rest = divmod(ms, 1000)
    fraction = f".{rest:03d}" if rest else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def reltime_or_none(ms: int | None) -> str | None:
    """A RELTIME, or None where there is none. Pure."""
    return None if ms is None else format_reltime(ms)


def parse_reltime(text: str) -> int:
    """A RELTIME of at most nine digits of hours, as milliseconds.

    Raises:
        DataError: when it is no such time.
    """
    found = _RELTIME.fullmatch(text)
    if not found:
        raise DataError(f"expected a duration such as 5:00:00, got {text[:_QUOTED]!r}")
    sign, hours, minutes, seconds, fraction = found.groups()
    ms = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int((fraction or "0").ljust(3, "0"))
    return -ms if sign else ms
