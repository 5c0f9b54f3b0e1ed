"""Values out of the objects of others: what is none of its kind is noted, and is as if it were missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clics.feeds.model import Object
from clics.feeds.oddities import Oddities
from clics.times import is_time, parse_reltime, parse_time
from schemas.errors import DataError

__all__ = ["Values"]

_MOST = 1 << 53
"""The largest number that every JSON reader keeps; no time, score or count comes near."""

_CLOSE_MS = 1000
"""Time and contest time that differ by no more were rounded by their system, each in its own way."""


class Values:
    """Reads values, and notes those that cannot be read."""

    def __init__(self, oddities: Oddities) -> None:
        self.oddities = oddities

    def bad(self, found: Object, name: str) -> None:
        """Note a value that is none of its kind."""
        self.oddities.add("bad value", 0, f"{found.get('id', '')}: {name}: {found.get(name)!r}")

    def text(self, found: Object, name: str) -> str | None:
        """A text; a number is taken as it is written."""
        value = found.get(name)
        if value is None or value.__class__ is str:
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        self.bad(found, name)
        return None

    def texts(self, found: Object, name: str) -> tuple[str, ...]:
        """A list of texts."""
        value = found.get(name)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        self.bad(found, name)
        return ()

    def kept(self, found: Object, name: str, read: Callable[[Any], str]) -> str | None:
        """An object, as *read* says that the log keeps it."""
        value = found.get(name)
        try:
            return None if value is None else read(value)
        except DataError:
            self.bad(found, name)
            return None

    def flag(self, found: Object, name: str, *, default: bool) -> bool:
        """True or false."""
        value = found.get(name)
        if isinstance(value, bool):
            return value
        if value is not None:
            self.bad(found, name)
        return default

    def number(self, found: Object, name: str, scale: int = 1) -> int | None:
        """A number that is not negative, times *scale* and rounded."""
        value = found.get(name)
        if value is None:
            return None
        # in this order neither NaN nor infinity passes
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value * scale < _MOST:
            self.bad(found, name)
            return None
        return round(value * scale)

    def time(self, found: Object, name: str) -> int | None:
        """A TIME in UTC milliseconds."""
        value = found.get(name)
        try:
            return None if value is None else parse_time(value)
        except (DataError, TypeError):
            self.bad(found, name)
            return None

    def reltime(self, found: Object, name: str) -> int | None:
        """A RELTIME in milliseconds."""
        value = found.get(name)
        try:
            return None if value is None else parse_reltime(value)
        except (DataError, TypeError):
            self.bad(found, name)
            return None

    def length(self, found: Object, name: str) -> int | None:
        """A RELTIME that is not negative, in milliseconds."""
        ms = self.reltime(found, name)
        if ms is not None and ms < 0:
            self.bad(found, name)
            return None
        return ms

    def moment(self, found: Object, prefix: str, start: int | None) -> int | None:
        """When it was: UTC milliseconds of `<prefix>time` and `<prefix>contest_time`, of which scores follow the latter.

        A contest time of whole seconds says less than a time with milliseconds in that second, which counts then.
        """
        return self.moments(found, prefix, start)[0]

    def moments(self, found: Object, prefix: str, start: int | None) -> tuple[int | None, int | None]:
        """The same, and what `<prefix>time` says alone: that of the clock on the wall."""
        told, within = self.time(found, f"{prefix}time"), self.reltime(found, f"{prefix}contest_time")
        if within is None or start is None:
            return told, told
        moment = start + within
        if not is_time(moment):
            self.bad(found, f"{prefix}contest_time")
            return told, told
        if told is None:
            return moment, None
        if within % 1000 == 0 and moment <= told < moment + 1000:
            return told, told
        if abs(told - moment) > _CLOSE_MS:
            self.oddities.add("times disagree", 0, f"{found.get('id', '')}: {prefix}time by {told - moment} ms")
        return moment, told
