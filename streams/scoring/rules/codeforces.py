"""The rule of Codeforces' rounds: points that a problem loses by the minute and the wrong attempt, and hacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streams.scoring.rules.interface import NO_HACKS, Attempt, CellScore, Hacks, RowScore, Scope, Task
from streams.scoring.rules.parameters import Parameters
from streams.scoring.rules.points import full
from streams.scoring.verdicts import Outcome

__all__ = ["RULE", "Codeforces"]

_MINUTE = 60_000
_LOST_IN_ALL = 480
"""Thousandths of its points that a problem loses over a contest of any length: 1/250 a minute for two hours."""


class Codeforces:
    """Points (docs/rules/codeforces.md).

    A problem of x points that is solved in minute t, after w wrong attempts, gives max(30 % of x, x - x·t/250 - 50·w)
    points in a contest of two hours (https://codeforces.com/blog/entry/456, points 3 to 5, and
    https://codeforces.com/blog/entry/4088); in one of d minutes it loses 120·x·t/(250·d), rounded down
    (https://codeforces.com/blog/entry/133094). A successful hack gives 100 points, an unsuccessful one takes 50.

    The last attempt counts that passed the pretests, which are the first judging: each attempt before it is a wrong
    one. It must also pass what comes after them: hacks, and the system tests, which are a rejudging that is applied.

    Parameters: `decay`, the thousandths of its points that a problem loses a minute, instead of 480 over the contest;
    `minimum`, 30, the percent that stay; `penalty`, 50, `hack`, 100, and `failed_hack`, 50, in points.
    """

    scored = False
    monotone = False
    """Whoever solves a problem again gets the points of the later time."""

    def __init__(self, scope: Scope, parameters: Mapping[str, str]) -> None:
        """Raises ValueError for a parameter that the rule does not have, or a value that it does not."""
        given = Parameters("codeforces", parameters, "decay", "minimum", "penalty", "hack", "failed_hack")
        decay = given.whole("decay", 0, most=1000)
        # lost in a minute: this share of the points, numerator and denominator
        self._loss = (decay, 1000) if "decay" in parameters else (_LOST_IN_ALL * _MINUTE, 1000 * max(scope.duration, 1))
        self._minimum = given.whole("minimum", 30, most=100)
        self._scale = scope.score_scale
        self._penalty = given.whole("penalty", 50) * self._scale
        self._hack = given.whole("hack", 100) * self._scale
        self._failed_hack = given.whole("failed_hack", 50) * self._scale

    def cell(self, task: Task, attempts: Sequence[Attempt]) -> CellScore:
        """The points of the attempt that counts, none if it no longer stands; attempts behind it count nowhere.

        What was rejected without penalty (a compile error, by default) is no attempt.
        """
        judged = pending = counted = 0
        final: Attempt | None = None
        for attempt in attempts:
            if attempt.outcome is Outcome.PENDING:
                pending += 1
                continue
            judged += attempt.outcome is not Outcome.FREE
            if attempt.passed or attempt.outcome is Outcome.ACCEPTED:
                final, counted = attempt, judged
        if final is None or final.outcome is not Outcome.ACCEPTED:
            return CellScore(judged, pending, score=0)
        minute = final.time // _MINUTE
        points = self._points(full(task, self._scale), minute, counted - 1)
        return CellScore(counted, pending, True, minute * _MINUTE if points else None, points)

    def _points(self, most: int, minute: int, wrong: int) -> int:
        share, of = self._loss
        left = most - most * minute * share // of - wrong * self._penalty
        return max(left, most * self._minimum // 100)

    def row(self, cells: Sequence[CellScore], added: int, hacks: Hacks = NO_HACKS) -> RowScore:
        """Most points first, and equal points are an equal rank; failed hacks may take a team below zero."""
        del added
        points = sum(cell.score or 0 for cell in cells)
        points += hacks.successful * self._hack - hacks.unsuccessful * self._failed_hack
        time = max((cell.time for cell in cells if cell.time is not None), default=None)
        # the first number of a sort key is never positive
        return RowScore((0, -points), sum(cell.solved for cell in cells), 0, points, time)


RULE = Codeforces
