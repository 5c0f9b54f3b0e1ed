"""Where a contest's end stays: it is finalized behind it, or thawed. Of acts and of files alike. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from clics.state import State
from podium.conduct.known import Known
from podium.conduct.times import said_moment
from schemas.errors import ConflictError
from streams.scoring.clock import ContestClock

__all__ = ["behind_thaw", "final", "refuse_behind_thaw", "refuse_final"]


def final(state: State) -> str:
    """Why no end moves: the results were finalized behind it; empty where they were not."""
    return f"contest {state.contest} is finalized: its length stays" if state.conduct.finalized is not None else ""


def behind_thaw(state: State, clock: ContestClock, extra: Iterable[int]) -> str:
    """Why the contest cannot have this clock, and single teams this *extra* time; empty where it can.

    All was shown with the thaw: nobody may have time behind it, nor an end that is not known.
    """
    thawed, end = state.conduct.thawed, clock.moment(clock.duration + max((0, *extra)))
    if thawed is None or (end is not None and end <= thawed):
        return ""
    return f"contest {state.contest} was thawed at {said_moment(thawed)}: nobody's time can end behind that"


def refuse_final(known: Known) -> None:
    """Refuse what would move an end that the results were finalized behind.

    Raises:
        ConflictError: when they were.
    """
    if why := final(known.state):
        raise ConflictError(why)


def refuse_behind_thaw(known: Known, clock: ContestClock, extra: Iterable[int]) -> None:
    """Refuse an end that this clock and the *extra* time of single teams would put behind the thaw.

    Raises:
        ConflictError: when a team would have time after the contest was thawed.
    """
    if why := behind_thaw(known.state, clock, extra):
        raise ConflictError(why)
