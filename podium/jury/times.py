"""A moment as a person types it: a time with a zone, or contest time."""

from __future__ import annotations

from clics.state import State
from clics.times import parse_reltime, parse_time
from schemas.errors import DataError, UsageError

__all__ = ["moment"]


def moment(state: State, text: str, option: str) -> int:
    """UTC ms of `2026-11-24T10:00:00+01:00`, or of a contest time such as `1:30:00`. Pure.

    Raises:
        UsageError: when it is neither, or the contest has no start.
    """
    try:
        return parse_time(text)
    except DataError:
        pass
    try:
        found = state.clock.moment(parse_reltime(text))
    except DataError:
        raise UsageError(
            f"{option} {text}: expected a time with a zone such as 2026-11-24T10:00:00+01:00, or a contest time such as 1:30:00"
        ) from None
    if found is None:
        raise UsageError(f"{option} {text}: the contest has no start yet, so that this is no moment")
    return found
