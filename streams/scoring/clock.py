"""A contest's times as they are after all acts: contest time, end, freeze."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["PAUSE_MS", "ContestClock", "merge_intervals"]

PAUSE_MS = 365 * 86_400_000
"""A pause is an interval removed up to then, until it is resumed: no pause is longer."""


def merge_intervals(intervals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same time as sorted intervals that do not touch. Pure."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


@dataclass(frozen=True, slots=True)
class ContestClock:
    """Start in UTC ms (None: not known), length in ms of contest time, merged intervals that do not count."""

    start: int | None
    duration: int
    removed: tuple[tuple[int, int], ...] = ()

    def contest_time(self, at: int) -> int:
        """Contest time in ms at a moment, negative before the start; 0 while the start is not known.

        Within a removed interval it stands still.
        """
        if self.start is None:
            return 0
        passed = at - self.start
        if passed > 0:
            for start, end in self.removed:
                passed -= max(0, min(end, at) - max(start, self.start))
        return passed

    def moment(self, contest_time: int) -> int | None:
        """The first moment at which so much contest time has passed; None while the start is not known."""
        if self.start is None:
            return None
        moment = self.start + contest_time
        for start, end in self.removed:
            begin = max(start, self.start)
            if begin < end and begin < moment:
                moment += end - begin
        return moment

    @property
    def end(self) -> int | None:
        """The moment the contest ends: a submission made then is too late."""
        return self.moment(self.duration)

    def counts(self, at: int) -> bool:
        """Whether a submission made at this moment counts: at the start or later, and before the end."""
        start, end = self.start, self.end
        return start is not None and end is not None and start <= at < end
