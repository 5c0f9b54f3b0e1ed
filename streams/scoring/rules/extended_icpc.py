"""The extended ICPC rule of Codeforces' educational rounds: the ICPC's with ten minutes an attempt, and hacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from streams.scoring.rules.icpc import Icpc
from streams.scoring.rules.interface import NO_HACKS, Attempt, CellScore, Hacks, RowScore, Scope, Task
from streams.scoring.rules.parameters import Parameters

__all__ = ["RULE", "ExtendedIcpc"]


class ExtendedIcpc:
    """Solved problems and penalty time (docs/rules/extended-icpc.md).

    "The penalty for each incorrect submission until the submission with a full solution is 10 minutes", and whoever
    wants to may hack for twelve hours after the end (https://codeforces.com/topic/86156); "hacks do not give additional
    points", and after them "all solutions will be tested on the updated set of tests" (the announcement of Codeforces
    Round 640). Ranks are equal where solved problems and penalty time are: unlike under
    the ICPC's rule the last accepted submission decides nothing.

    Parameters: `penalty_minutes`, 10; `hacks`, `none` (default: they decide nothing) or `tie` (of equal teams the one
    with more successful hacks stands first, then the one with fewer that failed).
    """

    scored = False
    monotone = True

    def __init__(self, scope: Scope, parameters: Mapping[str, str]) -> None:
        """Raises ValueError for a parameter that the rule does not have, or a value that it does not."""
        given = Parameters("extended-icpc", parameters, "penalty_minutes", "hacks")
        self._icpc = Icpc(replace(scope, penalty_time=given.whole("penalty_minutes", 10) * 60_000), {})
        self._hacks = given.one_of("hacks", "none", "tie") == "tie"

    def cell(self, task: Task, attempts: Sequence[Attempt]) -> CellScore:
        """The ICPC's cell."""
        return self._icpc.cell(task, attempts)

    def row(self, cells: Sequence[CellScore], added: int, hacks: Hacks = NO_HACKS) -> RowScore:
        """Most solved first, then least total time; then, if the contest says so, by hacks."""
        found = self._icpc.row(cells, added)
        key = (-found.num_solved, found.total_time)
        return replace(found, sort_key=(*key, -hacks.successful, hacks.unsuccessful) if self._hacks else key)


RULE = ExtendedIcpc
