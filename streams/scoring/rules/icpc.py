"""The ICPC rule: problems solved, penalty time, last accepted submission (CCS requirements, Scoring Data Generation)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streams.scoring.rules.interface import Attempt, CellScore, RowScore, Scope, Task
from streams.scoring.verdicts import Outcome

__all__ = ["Icpc"]

_PRECISION = {"minutes": 60_000, "seconds": 1_000}


class Icpc:
    """Solved problems and penalty time.

    Parameters: `time_precision`, to which contest times are rounded down: minutes (default) or seconds;
    `penalty_minutes`, instead of the contest's penalty time.
    """

    def __init__(self, scope: Scope, parameters: Mapping[str, str]) -> None:
        """Raises ValueError for a parameter that the rule does not have."""
        unknown = sorted(parameters.keys() - {"time_precision", "penalty_minutes"})
        if unknown:
            raise ValueError(f"the rule icpc has no parameter {unknown[0]!r}")
        precision = parameters.get("time_precision", "minutes")
        if precision not in _PRECISION:
            raise ValueError(f"icpc: time_precision is minutes or seconds, not {precision!r}")
        self._precision = _PRECISION[precision]
        self._penalty = scope.penalty_time
        if (minutes := parameters.get("penalty_minutes")) is not None:
            if not (minutes.isascii() and minutes.isdigit()):
                raise ValueError(f"icpc: penalty_minutes is a whole number, not {minutes!r}")
            self._penalty = int(minutes) * 60_000

    def cell(self, task: Task, attempts: Sequence[Attempt]) -> CellScore:
        """Everything up to the first accepted attempt; what comes after it counts nowhere.

        A rejected attempt without penalty (a compile error, by default) is not counted among the judged ones either,
        as in the ICPC tools.
        """
        del task
        pending = rejected = 0
        for attempt in attempts:
            outcome = attempt.outcome
            if outcome is Outcome.PENDING:
                pending += 1
                continue
            if outcome is Outcome.ACCEPTED:
                time = attempt.time - attempt.time % self._precision
                return CellScore(rejected + 1, pending, True, time, None, time + rejected * self._penalty)
            if outcome is Outcome.REJECTED:
                rejected += 1
        return CellScore(rejected, pending)

    def row(self, cells: Sequence[CellScore], added: int) -> RowScore:
        """Most solved first, then least total time, then the earliest last accepted submission."""
        times = [cell.time for cell in cells if cell.time is not None]
        total = added + sum(cell.penalty for cell in cells)
        last = max(times, default=None)
        return RowScore((-len(times), total, last or 0), len(times), total, None, last)
