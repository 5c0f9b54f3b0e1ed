"""A contest's times: what was said of them, in the order of the log, and what follows. Scores and objects both keep one.

An interval that is restored leaves no trace (CCS requirements, Removing time intervals: "restoring the contest to the state
it had prior"): the act that removed it goes, and what follows is computed from the acts that are left, as if neither had been
there. What was decided meanwhile stays decided: a freeze that was lifted in time, a thaw, the end of updates.

A freeze that has come stays, and what comes first is decided by the log: when it was recorded is what an act's own machine
says, some moments before the act stands there. What the clock has noted before it has come before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from streams.scoring.clock import PAUSE_MS, ContestClock, merge_intervals

__all__ = ["ContestTimes"]

_Kind = Literal["defined", "moved", "extended", "removed"]

_BEFORE_ALL = -(1 << 62)


@dataclass(slots=True)
class ContestTimes:
    """The times that a contest has after all that was said of them. Deterministic; each call is told in the log's order.

    `changes` is what its JSON keeps, a list each: when it was recorded (what was noted before it, if that is later), what it
    is, its values. *defined* has the start, the length and that of the freeze (0: none), *moved* the start and what is left
    of a countdown that was stopped, *extended* by how much, *removed* start and end. `by_hand` are the acts that froze the
    board or lifted its freeze: when it was recorded, from when on the board is frozen (None lifts the freeze), and whether it
    lifted the planned freeze. `noted` is the latest moment that the clock has noted.

    Bound: a definition and an act have one entry each, of at most five values, and a removed interval that was restored has
    none. All of them are written by people, some dozens in a contest.
    """

    changes: list[list[Any]] = field(default_factory=list)
    by_hand: list[list[Any]] = field(default_factory=list)
    noted: int = _BEFORE_ALL
    clock: ContestClock = field(init=False, compare=False)
    """Derived, as are all below. A contest without a definition has not begun and has no length."""
    removed: list[list[int]] = field(init=False, compare=False)
    """The intervals that are removed, each with its start and end."""
    moved: tuple[int | None, int | None] | None = field(init=False, compare=False)
    """The start that an act has moved, and what is left of the countdown that it stopped, in ms."""
    _defined: tuple[int | None, int, int] | None = field(init=False, compare=False)
    _extended: int = field(init=False, compare=False)
    _came: int | None = field(init=False, compare=False)

    def __post_init__(self) -> None:
        self.by_hand = [list(one) for one in self.by_hand]
        self._make(self.changes)

    def _make(self, changes: Iterable[list[Any]]) -> None:
        self.changes, self.removed, self.moved = [], [], None
        self.clock, self._defined, self._extended, self._came = ContestClock(None, 0), None, 0, None
        for at, kind, *values in changes:
            self._change(at, kind, *values)

    def dump(self) -> dict[str, Any]:
        """What `load` takes, as JSON of its own."""
        changes, by_hand = ([list(one) for one in said] for said in (self.changes, self.by_hand))
        return {"changes": changes, "by_hand": by_hand, "noted": self.noted}

    @classmethod
    def load(cls, data: dict[str, Any]) -> ContestTimes:
        """The times from their JSON, which is left alone."""
        return cls(data["changes"], data["by_hand"], data["noted"])

    # ---- what is said of them --------------------------------------------------------------------------------------

    def note(self, moment: int) -> None:
        """The clock has noted that this moment has come: of a start, a freeze or an end that was planned for then."""
        self.noted = max(self.noted, moment)

    def define(self, recorded_at: int, start: int | None, duration: int, freeze_duration: int | None) -> None:
        """A definition that is in force from now on."""
        self._say(recorded_at, "defined", start, duration, freeze_duration or 0)

    def undefine(self) -> None:
        """The latest definition was none: the one before it is in force, as if there had been no other."""
        self._without(max(place for place, one in enumerate(self.changes) if one[1] == "defined"))

    def move(self, recorded_at: int, start: int | None, countdown_left: int | None) -> None:
        """The start is at another moment, whatever definitions say."""
        self._say(recorded_at, "moved", start, countdown_left)

    def extend(self, recorded_at: int, by: int) -> None:
        """The contest is longer, or shorter."""
        self._say(recorded_at, "extended", by)

    def remove(self, recorded_at: int, start: int, end: int) -> None:
        """The interval of wall-clock time does not count.

        Who resumes a pause removes what it lasted until then, and restores the pause. So what begins with a pause and ends
        when it is recorded counts from when the pause was recorded: contest time has stood still since.
        """
        pauses = [place for place, one in enumerate(self.changes) if one[1:] == ["removed", start, start + PAUSE_MS]]
        if pauses and end == recorded_at:
            paused, lasted = self.changes[pauses[-1]], [self.changes[pauses[-1]][0], "removed", start, end]
            self._make([*self.changes[: pauses[-1]], paused, lasted, *self.changes[pauses[-1] + 1 :]])
        else:
            self._say(recorded_at, "removed", start, end)

    def restore(self, start: int, end: int) -> None:
        """The interval was never removed; of several removals of it the latest. Nothing where there is none."""
        found = [place for place, one in enumerate(self.changes) if one[1:] == ["removed", start, end]]
        if found:
            self._without(found[-1])

    def freeze_by_hand(self, recorded_at: int, at: int) -> None:
        """The public board is frozen from this moment on; nothing where it is frozen: what is hidden stays hidden.

        An act that was recorded before a freeze that has come meanwhile may still hide more than that, and nothing less.
        """
        freeze = self.freeze
        shows = freeze is not None and self.has_frozen and at >= freeze
        if not self._frozen(recorded_at) and not shows:
            self.by_hand.append([recorded_at, at, False])

    def unfreeze(self, recorded_at: int) -> None:
        """The freeze is lifted, and with it the planned one if that has come; nothing where the board is not frozen."""
        if self._frozen(recorded_at):
            planned = self.planned_freeze
            self.by_hand.append([recorded_at, None, planned is not None and planned <= recorded_at])

    def _frozen(self, moment: int) -> bool:
        return self.freeze is not None and self.freeze <= moment

    def _without(self, place: int) -> None:
        self._make(self.changes[:place] + self.changes[place + 1 :])

    def _say(self, recorded_at: int, kind: _Kind, *values: Any) -> None:
        self._change(max(recorded_at, self.noted), kind, *values)

    def _change(self, at: int, kind: _Kind, *values: Any) -> None:
        start, freeze = self.clock.start, self.planned_freeze
        if start is not None and freeze is not None and at >= max(freeze, start):
            self._came = max(freeze, start)
        self.changes.append([at, kind, *values])
        match kind:
            case "defined":
                self._defined = (values[0], values[1], values[2])
            case "moved":
                self.moved = (values[0], values[1])
            case "extended":
                self._extended += values[0]
            case "removed":
                self.removed.append([values[0], values[1]])
        if self._defined is not None:
            begin, duration, _ = self._defined
            self.clock = ContestClock(
                self.moved[0] if self.moved else begin,
                duration + self._extended,
                merge_intervals((first, last) for first, last in self.removed),
            )

    # ---- what follows ----------------------------------------------------------------------------------------------

    @property
    def planned_freeze(self) -> int | None:
        """The freeze as defined: it moves with the end, but not once it has come; what is hidden stays hidden.

        So neither a definition nor an act moves it that is recorded at or after the freeze, or stands behind the clock's
        record of it. A start behind the freeze means that nothing has come yet.
        """
        start, came = self.clock.start, self._came
        if start is not None and came is not None and came >= start:
            return came
        if self._defined is None or self._defined[2] <= 0:
            return None
        return self.clock.moment(self.clock.duration - self._defined[2])

    @property
    def has_frozen(self) -> bool:
        """Whether the freeze has come, as far as the log says.

        By an act whose moment had come when it was recorded, or because the clock has noted that moment, or a later one: a
        freeze may move to an earlier one, where an interval is restored.
        """
        freeze = self.freeze
        recorded_at, at, _ = self._frozen_by_hand or (0, None, False)
        return freeze is not None and (freeze <= self.noted or (at is not None and at <= recorded_at))

    @property
    def _frozen_by_hand(self) -> list[Any] | None:
        """The act by which the board is frozen; as of the planned freeze, nothing of it has come where the start is behind it."""
        start, last = self.clock.start, self.by_hand[-1] if self.by_hand else None
        return last if last and start is not None and last[1] is not None and last[1] >= start else None

    @property
    def freeze(self) -> int | None:
        """From when on the public board is frozen: by act, else as defined, but not by a freeze that was lifted.

        A lift is of the planned freeze if that had come then, and of no other, whatever moves the end later.
        """
        if (by_hand := self._frozen_by_hand) is not None:
            return int(by_hand[1])
        planned = self.planned_freeze
        lifted = (recorded_at for recorded_at, _, of_planned in self.by_hand if of_planned)
        return None if planned is not None and any(planned <= at for at in lifted) else planned

    # ---- what if ---------------------------------------------------------------------------------------------------

    def as_of(self, moment: int) -> ContestTimes:
        """Without the acts on the freeze that came later: what was lifted or frozen then was not yet."""
        here = [one for one in self.by_hand if one[0] <= moment or (one[1] is not None and one[1] <= moment)]
        return ContestTimes(self.changes, here, self.noted)

    def with_freeze(self, freeze_duration: int) -> ContestTimes:
        """As if all definitions had had a freeze of this length (0: none), and nobody had frozen or lifted by hand."""
        changes = [[*one[:4], freeze_duration] if one[1] == "defined" else one for one in self.changes]
        return ContestTimes(changes, noted=self.noted)
