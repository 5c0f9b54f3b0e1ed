"""Whether a contest's board is frozen, by what was told of it so far, and the acts that freeze or lift it otherwise. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.events import Definition, Event, ScoreboardFrozen, ScoreboardUnfrozen, Submission, Transitioned
from streams.scoring.times import ContestTimes

__all__ = ["Freezes", "Lift", "SetFreeze"]


class Lift(NamedTuple):
    """The freeze is lifted, by an act that is recorded at this moment."""

    recorded_at: int


class SetFreeze(NamedTuple):
    """The board is frozen from *at* on, by an act that is recorded at this moment."""

    recorded_at: int
    at: int


@dataclass(slots=True)
class Freezes:
    """Takes events in the order of a log, and has what they come to of the freeze, as a fold of that log has it.

    `thawed`: from there on no act changes it. `submitted` is the moment of the latest submission (-1: none). Beside them it
    keeps the contest's times, when it was last told to be frozen, and the latest lift.
    """

    thawed: bool = False
    submitted: int = -1
    _times: ContestTimes = field(default_factory=ContestTimes)
    _told: int | None = None
    _lifted: int | None = None

    def take(self, event: Event) -> None:
        """Another event; what says nothing of a freeze changes nothing."""
        match event:
            case Submission():
                self.submitted = max(self.submitted, event.submitted_at)
            case Definition():
                self._times.define(
                    event.recorded_at, event.start_time, event.duration, event.scoreboard_freeze_duration
                )
            case Transitioned(kind="thawed"):
                self.thawed = True
            case Transitioned():
                self._times.note(event.planned_at)
                if event.kind == "frozen":
                    self._told = event.planned_at
            case ScoreboardFrozen() if not self.thawed:
                self._times.freeze_by_hand(event.recorded_at, event.at)
                if event.at <= event.recorded_at:
                    self._told = event.at
            case ScoreboardUnfrozen() if not self.thawed and self._has_time(event.recorded_at):
                self._times.unfreeze(event.recorded_at)
                self._lifted = _later(event.recorded_at, self._lifted)

    @property
    def at(self) -> int | None:
        """From when on the board is frozen, be that to come or not; None: it is not, and will not be."""
        return self._times.freeze

    @property
    def came(self) -> int | None:
        """The same, where it was told that it is frozen: a freeze of the whole contest has not come by its start."""
        at = self.at
        return at if at is not None and self._told is not None and at <= self._told else None

    def hides(self, moment: int) -> bool:
        """Whether what was submitted at this moment is hidden, or will be."""
        at = self.at
        return not self.thawed and at is not None and moment >= at

    def otherwise(self, to: int | None, *, lift: bool, came: bool) -> Iterator[Lift | SetFreeze]:
        """The acts that freeze the board from *to* on, where it is not: behind a *lift*, which may be all there is.

        An act is recorded at the moment of which it says something, also where that is told later: what it does depends
        on what held then. What was lifted at a moment does not freeze again at that or an earlier one, unless it *came*.
        There are none where the lift would show what the freeze behind it hides: between the two, all is shown. Nor are
        there any behind a thaw.
        """
        at, lifted = self.at, self._lifted
        if self.thawed:
            return
        if lift and at is not None and self._has_time(at):
            if to is not None and at < to <= self.submitted:
                return
            planned = self._times.planned_freeze
            if planned is not None and planned <= self._times.noted:
                # it has come, and the one before it lies earlier: without that it would be in force again
                at = max(at, planned)
            yield Lift(at)
            lifted, at = _later(at, lifted), None
        if to is None or to == at:
            return
        if at is not None and to > at:
            # one act that puts it off, recorded before it came: between a lift and another freeze all would be shown
            yield SetFreeze(at - 1, to)
        elif came:
            yield SetFreeze(to, to)
        elif lifted is None or to > lifted:
            # recorded before it comes: until then nobody is told that the board is frozen
            yield SetFreeze(to - 1 if lifted is None else lifted, to)

    def _has_time(self, moment: int) -> bool:
        end = self._times.clock.end
        return end is None or moment < end


def _later(moment: int, other: int | None) -> int:
    return moment if other is None else max(moment, other)
