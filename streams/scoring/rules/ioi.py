"""The rule of the olympiads: points of problems, added up; `mode` says which points a problem gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest

from streams.scoring.rules.interface import NO_HACKS, Attempt, CellScore, Hacks, RowScore, Scope, Task
from streams.scoring.rules.parameters import Parameters
from streams.scoring.rules.points import full, worth
from streams.scoring.verdicts import Outcome

__all__ = ["RULE", "Ioi"]

Points = Callable[[Task, Sequence[Attempt]], tuple[int, int | None]]
"""The points of a problem's judged attempts in their order, and when they were reached; None while there are none."""


class Ioi:
    """Points (docs/rules/ioi.md).

    `mode` is `subtasks` (IOI since 2017: the sum, over the subtasks, of the best score of each in any submission),
    `best` (the submission with the most points) or `last` (the last submission). `ties` is `shared` (equal points are
    an equal rank, as at the IOI) or `time` (the earlier last improvement stands before the later).
    """

    scored = True

    def __init__(self, scope: Scope, parameters: Mapping[str, str]) -> None:
        """Raises ValueError for a parameter that the rule does not have, or a value that it does not."""
        given = Parameters("ioi", parameters, "mode", "ties")
        self._scale = scope.score_scale
        modes: dict[str, Points] = {"subtasks": self._subtasks, "best": self._best, "last": self._last}
        mode = given.one_of("mode", *modes)
        self._points = modes[mode]
        self._by_time = given.one_of("ties", "shared", "time") == "time"
        self.monotone = mode != "last"

    def cell(self, task: Task, attempts: Sequence[Attempt]) -> CellScore:
        """The points of a problem; every judged attempt is counted, whatever became of it."""
        judged = [one for one in attempts if one.outcome is not Outcome.PENDING]
        points, time = self._points(task, judged)
        return CellScore(
            num_judged=len(judged),
            num_pending=len(attempts) - len(judged),
            solved=0 < full(task, self._scale) <= points,
            time=time,
            score=points,
        )

    def row(self, cells: Sequence[CellScore], added: int, hacks: Hacks = NO_HACKS) -> RowScore:
        """Most points first. There is no penalty time and there are no hacks."""
        del added, hacks
        points = sum(cell.score or 0 for cell in cells)
        time = max((cell.time for cell in cells if cell.time is not None), default=None)
        key = (-points, time or 0) if self._by_time else (-points,)
        return RowScore(key, sum(cell.solved for cell in cells), 0, points, time)

    # ---- modes ---------------------------------------------------------------------------------------------------

    def _best(self, task: Task, judged: Sequence[Attempt]) -> tuple[int, int | None]:
        points, time = 0, None
        for attempt in judged:
            got = worth(task, attempt, self._scale)
            if got > points:
                points, time = got, attempt.time
        return points, time

    def _subtasks(self, task: Task, judged: Sequence[Attempt]) -> tuple[int, int | None]:
        """Never less than the best attempt, which counts alone where attempts have no scores of subtasks.

        Added up they are never more than the problem's maximum: attempts that were judged on packages with other subtasks
        have parts of another whole. An attempt whose score is void (rejected in a legacy package, or by the jury's hand)
        has no subtasks either.
        """
        points, time, weight = 0, None, max(task.weight, 0)
        most = None if task.max_score is None else full(task, self._scale)
        best: list[int] = []
        for attempt in judged:
            groups = () if attempt.score is None else attempt.group_scores
            best = [max(had, got, 0) for had, got in zip_longest(best, groups, fillvalue=0)]
            added = sum(best) * weight
            got = max(added if most is None else min(added, most), worth(task, attempt, self._scale))
            if got > points:
                points, time = got, attempt.time
        return points, time

    def _last(self, task: Task, judged: Sequence[Attempt]) -> tuple[int, int | None]:
        points = worth(task, judged[-1], self._scale) if judged else 0
        return points, judged[-1].time if points else None


RULE = Ioi
