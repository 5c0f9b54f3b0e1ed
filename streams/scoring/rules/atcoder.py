"""The rule of AtCoder's contests: points first, then the time they took and five minutes an incorrect attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from streams.scoring.rules.interface import NO_HACKS, Attempt, CellScore, Hacks, RowScore, Scope, Task
from streams.scoring.rules.parameters import Parameters
from streams.scoring.rules.points import full, worth
from streams.scoring.verdicts import Outcome

__all__ = ["RULE", "AtCoder"]

_MINUTE = 60_000
_PRECISION = {"seconds": 1_000, "minutes": _MINUTE}


class AtCoder:
    """Points, and of equal points the lower penalty (docs/rules/atcoder.md).

    The contests' pages say: "Competitors are ranked first by total scores, then by penalties. The penalties are computed
    as (the time you spend to get your current score) + (5 minutes) * (the number of incorrect attempts)"
    (https://atcoder.jp/contests/abc440). An attempt is incorrect that came before the one that gives the points.

    Parameters: `penalty_minutes`, 5; `time_precision`, to which times are rounded down: seconds (default) or minutes.
    """

    scored = True
    monotone = True

    def __init__(self, scope: Scope, parameters: Mapping[str, str]) -> None:
        """Raises ValueError for a parameter that the rule does not have, or a value that it does not."""
        given = Parameters("atcoder", parameters, "penalty_minutes", "time_precision")
        self._scale = scope.score_scale
        self._penalty = given.whole("penalty_minutes", 5) * _MINUTE
        self._precision = _PRECISION[given.one_of("time_precision", *_PRECISION)]

    def cell(self, task: Task, attempts: Sequence[Attempt]) -> CellScore:
        """The first attempt with the most points, and the rejected ones before it; without points there is no penalty.

        As under the ICPC's rule, nothing counts behind the attempt that solves the problem, and what was rejected
        without penalty (a compile error, by default) not at all.
        """
        most = full(task, self._scale)
        gained = CellScore(score=0)
        judged = pending = rejected = 0
        for attempt in attempts:
            if attempt.outcome is Outcome.PENDING:
                pending += 1
                continue
            points = worth(task, attempt, self._scale)
            judged += attempt.outcome is not Outcome.FREE
            if points > (gained.score or 0):
                time = attempt.time - attempt.time % self._precision
                gained = CellScore(judged, pending, points >= most, time, points, rejected * self._penalty)
            rejected += attempt.outcome is Outcome.REJECTED
        return gained if gained.solved else replace(gained, num_judged=judged, num_pending=pending)

    def row(self, cells: Sequence[CellScore], added: int, hacks: Hacks = NO_HACKS) -> RowScore:
        """Most points first, then the least of time of the last gain and penalties, the jury's among them."""
        del hacks
        points = sum(cell.score or 0 for cell in cells)
        time = max((cell.time for cell in cells if cell.time is not None), default=None)
        total = added + (time or 0) + sum(cell.penalty for cell in cells)
        return RowScore((-points, total), sum(cell.solved for cell in cells), total, points, time)


RULE = AtCoder
