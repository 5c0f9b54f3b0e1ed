"""The ICPC rule: problems solved, penalty time, last accepted submission (CCS requirements, Scoring Data Generation)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from streams.scoring.rules.interface import NO_HACKS, Attempt, CellScore, Hacks, RowScore, Scope, Task
from streams.scoring.rules.parameters import Parameters
from streams.scoring.verdicts import Outcome

__all__ = ["RULE", "Icpc"]

_PRECISION = {"minutes": 60_000, "seconds": 1_000}


class Icpc:
    """Solved problems and penalty time. A problem of weight w counts as w solved ones, with its penalty time once.

    Parameters: `time_precision`, to which contest times are rounded down: minutes (default) or seconds;
    `penalty_minutes`, instead of the contest's penalty time.
    """

    scored: ClassVar[bool] = False
    monotone: ClassVar[bool] = True

    def __init__(self, scope: Scope, parameters: Mapping[str, str]) -> None:
        """Raises ValueError for a parameter that the rule does not have, or a value that it does not."""
        given = Parameters("icpc", parameters, "time_precision", "penalty_minutes")
        self._precision = _PRECISION[given.one_of("time_precision", *_PRECISION)]
        self._penalty = scope.penalty_time
        if "penalty_minutes" in parameters:
            self._penalty = given.whole("penalty_minutes", 0) * 60_000

    def cell(self, task: Task, attempts: Sequence[Attempt]) -> CellScore:
        """Everything up to the first accepted attempt; what comes after it counts nowhere.

        A rejected attempt without penalty (a compile error, by default) is not counted among the judged ones either,
        as in the ICPC tools.
        """
        pending = rejected = 0
        for attempt in attempts:
            outcome = attempt.outcome
            if outcome is Outcome.PENDING:
                pending += 1
                continue
            if outcome is Outcome.ACCEPTED:
                time = attempt.time - attempt.time % self._precision
                cost, worth = (time + rejected * self._penalty, task.weight) if task.weight > 0 else (0, 0)
                return CellScore(rejected + 1, pending, True, time, None, cost, worth)
            if outcome is Outcome.REJECTED:
                rejected += 1
        return CellScore(rejected, pending)

    def row(self, cells: Sequence[CellScore], added: int, hacks: Hacks = NO_HACKS) -> RowScore:
        """Most solved first, then least total time, then the earliest last accepted submission.

        The time that the jury added is an integer, potentially negative, of which the requirements say no bound: a
        total may be below zero.
        """
        del hacks
        counted = [cell for cell in cells if cell.worth]
        solved, total = sum(cell.worth for cell in counted), added + sum(cell.penalty for cell in counted)
        last = max((cell.time for cell in counted if cell.time is not None), default=None)
        return RowScore((-solved, total, last or 0), solved, total, None, last)


RULE = Icpc
