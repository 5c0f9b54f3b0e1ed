"""What a scoring rule is given and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from streams.scoring.verdicts import Outcome

__all__ = ["Attempt", "CellScore", "RowScore", "Rule", "Scope", "Task"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a contest says to every rule: penalty time and length in ms, how scores are scaled."""

    penalty_time: int
    duration: int
    score_scale: int


@dataclass(frozen=True, slots=True)
class Task:
    """A problem as a rule sees it; `max_score` is scaled."""

    id: str
    weight: int
    max_score: int | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A submission as the audience may see it: contest time in ms, outcome, and scaled scores where there are any."""

    time: int
    outcome: Outcome
    score: int | None = None
    group_scores: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CellScore:
    """A cell: what is shown (time in ms, score scaled), and `penalty`, what it adds to the row's total time in ms."""

    num_judged: int = 0
    num_pending: int = 0
    solved: bool = False
    time: int | None = None
    score: int | None = None
    penalty: int = 0


@dataclass(frozen=True, slots=True)
class RowScore:
    """A row's score. Rows are ordered by `sort_key`, ascending: its first number is never positive."""

    sort_key: tuple[int, ...]
    num_solved: int
    total_time: int
    score: int | None
    time: int | None


class Rule(Protocol):
    """A way of scoring. Pure: equal arguments give equal answers."""

    def cell(self, task: Task, attempts: Sequence[Attempt]) -> CellScore:
        """The cell of one team's counted attempts at a problem, in their order."""

    def row(self, cells: Sequence[CellScore], added: int) -> RowScore:
        """The row of a team's cells; *added* is the penalty time in ms that the jury added."""
