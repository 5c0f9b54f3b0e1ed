"""What an operator may do to a contest's times and freeze, checked against the contest as it is. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from podium.conduct.ends import refuse_behind_thaw, refuse_final
from podium.conduct.known import Known
from podium.conduct.times import said_moment, said_span
from schemas.errors import ConflictError, UsageError
from schemas.events import (
    Act,
    ContestExtended,
    IntervalRemoved,
    ScoreboardFrozen,
    ScoreboardUnfrozen,
    StartMoved,
    ThawScheduled,
)
from streams.scoring.clock import PAUSE_MS, merge_intervals

__all__ = [
    "Deed",
    "extend",
    "freeze",
    "move_start",
    "open_pause",
    "pause",
    "refuse_over",
    "remove_interval",
    "restore_interval",
    "resume",
    "thaw",
    "unfreeze",
]

CLOSE_MS = 30_000
"""So near to a freeze it is not put off any more: an act takes some seconds from here to the log."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Acts that are to be appended together: each one's type and its own fields. `told` says it in a sentence."""

    acts: tuple[tuple[type[Act], dict[str, Any]], ...]
    told: str

    @classmethod
    def of(cls, told: str, kind: type[Act], **fields: Any) -> Deed:
        """A deed of one act."""
        return cls(((kind, fields),), told)


def refuse_over(known: Known) -> None:
    """Refuse when nothing may change any more.

    Raises:
        ConflictError: when the contest has had its end of updates.
    """
    if known.state.is_over:
        raise ConflictError(
            f"contest {known.contest} is final, and was shown: nothing changes after its end of updates"
        )


def _running_until(known: Known, now: int, what: str) -> int:
    """The moment from which on nobody has time left.

    Raises:
        ConflictError: when it has come, or the start is not known.
    """
    refuse_over(known)
    start, end = known.state.clock.start, known.state.last_end
    if start is None or end is None:
        raise ConflictError(f"contest {known.contest} has no known start: {what} makes no sense yet")
    if now >= end:
        raise ConflictError(f"contest {known.contest} ended at {said_moment(end)}: {what} is not possible any more")
    return end


# ---- start, length, intervals ---------------------------------------------------------------------------------------


def move_start(known: Known, now: int, to: int | None) -> Deed:
    """Move the start; None: it is not known, the countdown stops.

    Raises:
        ConflictError: when the contest is finalized, or over, or has started and is to have no start.
        UsageError: when it starts then already.
    """
    refuse_over(known)
    refuse_final(known)
    start, end = known.state.clock.start, known.state.last_end
    if end is not None and now >= end:
        raise ConflictError(f"contest {known.contest} ended at {said_moment(end)}: its start cannot be moved any more")
    if to == start:
        raise UsageError(f"contest {known.contest} starts at {said_moment(start, 'no known time')} already")
    if to is not None:
        return Deed.of(f"the contest starts at {said_moment(to)}", StartMoved, start_time=to)
    if start is None or now >= start:
        raise ConflictError(f"contest {known.contest} has started: it can be paused, or its start moved to a moment")
    return Deed.of(
        f"the countdown stops with {said_span(start - now)} left",
        StartMoved,
        start_time=None,
        countdown_pause_time=start - now,
    )


def extend(known: Known, by: int) -> Deed:
    """Make the contest longer, or shorter when negative.

    Raises:
        ConflictError: when it is finalized, or would end behind its thaw.
        UsageError: for nothing, or when it would have no length left.
    """
    refuse_over(known)
    refuse_final(known)
    if not by:
        raise UsageError("a contest cannot be extended by nothing")
    clock, extra = known.state.clock, known.state.conduct.extra
    if clock.duration + by <= 0:
        raise UsageError(f"contest {known.contest} is {said_span(clock.duration)} long: nothing would be left")
    refuse_behind_thaw(known, replace(clock, duration=clock.duration + by), extra.values())
    return Deed.of(f"the contest is {said_span(abs(by))} {'longer' if by > 0 else 'shorter'}", ContestExtended, by=by)


def remove_interval(known: Known, start: int, end: int) -> Deed:
    """Have a wall-clock interval count for nobody.

    Raises:
        ConflictError: when the contest is finalized, would end behind its thaw, or has no known start.
        UsageError: when the interval is none, is removed already, or lies outside the contest.
    """
    refuse_over(known)
    refuse_final(known)
    begin, last = known.state.clock.start, known.state.last_end
    if begin is None or last is None:
        raise ConflictError(f"contest {known.contest} has no known start: there is nothing to remove yet")
    if start >= end:
        raise UsageError(f"the interval ends at {said_moment(end)}, which is not behind its beginning")
    if [start, end] in known.state.conduct.times.removed:
        raise UsageError("this interval is removed already")
    if end <= begin or start >= last:
        raise UsageError(
            f"the contest runs from {said_moment(begin)} to {said_moment(last)}, the interval lies outside"
        )
    clock, extra = known.state.clock, known.state.conduct.extra
    without = merge_intervals([*clock.removed, (start, end)])
    refuse_behind_thaw(known, replace(clock, removed=without), extra.values())
    return Deed.of(f"{said_span(end - start)} of wall-clock time do not count", IntervalRemoved, start=start, end=end)


def restore_interval(known: Known, start: int, end: int) -> Deed:
    """Have a removed interval count again.

    Raises:
        ConflictError: when the contest is finalized.
        UsageError: when that interval is not removed; those that are, are told.
    """
    refuse_over(known)
    refuse_final(known)
    removed = known.state.conduct.times.removed
    if [start, end] not in removed:
        there = "; ".join(f"{said_moment(one)} to {said_moment(other)}" for one, other in removed) or "none"
        raise UsageError(f"this interval is not removed; removed are: {there}")
    return Deed.of(
        f"{said_span(end - start)} of wall-clock time count again", IntervalRemoved, start=start, end=end, restored=True
    )


def open_pause(known: Known, now: int) -> int | None:
    """Since when the contest is paused; None when it is not. Pure."""
    return next(
        (start for start, end in known.state.conduct.times.removed if end - start == PAUSE_MS and start <= now < end),
        None,
    )


def pause(known: Known, now: int) -> Deed:
    """Stop contest time, for everybody, until it is resumed.

    Raises:
        ConflictError: when the contest does not run, or is paused already.
    """
    _running_until(known, now, "a pause")
    start = known.state.clock.start
    if start is None or now < start:
        raise ConflictError(f"contest {known.contest} has not started: move its start instead")
    if (since := open_pause(known, now)) is not None:
        raise ConflictError(f"contest {known.contest} is paused since {said_moment(since)}")
    return Deed.of("contest time stands still from now on", IntervalRemoved, start=now, end=now + PAUSE_MS)


def resume(known: Known, now: int) -> Deed:
    """Let contest time go on: what was paused is removed, and no more.

    Raises:
        ConflictError: when the contest is not paused.
    """
    since = open_pause(known, now)
    if since is None:
        raise ConflictError(f"contest {known.contest} is not paused")
    # in this order: at no position of the log does the contest jump ahead
    return Deed(
        (
            (IntervalRemoved, {"start": since, "end": now}),
            (IntervalRemoved, {"start": since, "end": since + PAUSE_MS, "restored": True}),
        ),
        f"contest time goes on; the pause of {said_span(now - since)} does not count",
    )


# ---- freeze and thaw ------------------------------------------------------------------------------------------------


def freeze(known: Known, now: int, at: int | None) -> Deed:
    """Freeze the public board, now or at another moment of the contest.

    Raises:
        ConflictError: when the contest does not run, or is frozen already, or so soon that it cannot be put off.
        UsageError: when the moment is not in the contest.
    """
    end = _running_until(known, now, "a freeze")
    start, frozen = known.state.clock.start, known.state.freeze
    if frozen is not None and frozen <= now:
        raise ConflictError(f"contest {known.contest} is frozen since {said_moment(frozen)}")
    moment = now if at is None else at
    if moment == frozen:
        raise UsageError(f"contest {known.contest} is frozen from {said_moment(moment)} anyway")
    if start is None or not start <= moment < end:
        raise UsageError(f"the contest runs from {said_moment(start)} to {said_moment(end)}: it is frozen in between")
    if frozen is not None and frozen - now <= CLOSE_MS and moment > frozen:
        # it may stand in the log when the freeze has come, and is void there: what is hidden stays hidden
        raise ConflictError(f"contest {known.contest} is frozen within 30 seconds: too late to put that off")
    return Deed.of(f"the public board is frozen from {said_moment(moment)}", ScoreboardFrozen, at=moment)


def unfreeze(known: Known, now: int) -> Deed:
    """Lift the freeze while the contest runs; what was hidden is shown.

    Raises:
        ConflictError: when the contest does not run, or is not frozen.
    """
    frozen = known.state.freeze
    if known.state.last_end is not None and now >= known.state.last_end:
        refuse_over(known)
        raise ConflictError(f"contest {known.contest} is over: thaw it, there is no freeze to lift while it runs")
    _running_until(known, now, "lifting the freeze")
    if frozen is None or frozen > now:
        planned = f"; a freeze is planned for {said_moment(frozen)}" if frozen is not None else ""
        raise ConflictError(f"contest {known.contest} is not frozen{planned}")
    return Deed.of("the freeze is lifted: what it hid is shown", ScoreboardUnfrozen)


def thaw(known: Known, to: int | None) -> Deed:
    """Plan the thaw; None: none is planned.

    Raises:
        ConflictError: when the contest was thawed, or has nothing to thaw; when no thaw is planned that could be
            cancelled; when the thaw is to come while the contest runs.
        UsageError: when it is planned for then already.
    """
    state = known.state
    refuse_over(known)
    if state.conduct.thawed is not None:
        raise ConflictError(
            f"contest {known.contest} was thawed at {said_moment(state.conduct.thawed)}: that cannot be taken back"
        )
    if to is None and state.thaw_time is None:
        raise ConflictError(f"contest {known.contest} has no planned thaw")
    if to is None:
        return Deed.of("the thaw is not planned any more", ThawScheduled, thaw_time=None)
    if state.freeze is None:
        raise ConflictError(f"contest {known.contest} has no freeze: there is nothing to thaw")
    end = state.last_end
    if end is None or to < end:
        raise ConflictError(
            f"contest {known.contest} runs until {said_moment(end)}, and is thawed then at the earliest; "
            "`podium contest unfreeze` lifts the freeze before"
        )
    if to == state.thaw_time:
        raise UsageError(f"the thaw is planned for {said_moment(to)} already")
    return Deed.of(f"the public board is thawed at {said_moment(to)}", ThawScheduled, thaw_time=to)
