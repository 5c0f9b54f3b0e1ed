"""What a scoring rule is given and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from streams.scoring.verdicts import Outcome

__all__ = ["NO_HACKS", "Attempt", "CellScore", "Hacks", "RowScore", "Rule", "Scope", "Task"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a contest says to every rule: penalty time and length in ms, how scores are scaled.

    The length is that of the contest with its extensions, or of each team's own window where there are windows.
    """

    penalty_time: int
    duration: int
    score_scale: int


@dataclass(frozen=True, slots=True)
class Task:
    """A problem as a rule sees it; `max_score` is scaled. One of weight 0 or less is to count for nothing."""

    id: str
    weight: int
    max_score: int | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A submission as the audience may see it: contest time in ms, outcome, and scaled scores where there are any.

    The time is the team's own where teams have windows. A submission that was hacked is rejected. `passed`: its first
    judging accepted it, whatever shows now; False for a pending one.
    """

    time: int
    outcome: Outcome
    score: int | None = None
    group_scores: tuple[int, ...] = ()
    passed: bool = False


@dataclass(frozen=True, slots=True)
class CellScore:
    """A cell: what is shown (time in ms, score scaled), and what it adds to its row.

    `penalty` is what it adds to the total time in ms, `worth` what it adds to the number of solved problems.
    """

    num_judged: int = 0
    num_pending: int = 0
    solved: bool = False
    time: int | None = None
    score: int | None = None
    penalty: int = 0
    worth: int = 0


class Hacks(NamedTuple):
    """How many submissions of others a team has hacked, as the audience may see it, and how often it failed."""

    successful: int = 0
    unsuccessful: int = 0


NO_HACKS = Hacks()


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

    @property
    def scored(self) -> bool:
        """Whether it asks for the attempts' scores, and not for their outcomes alone."""

    @property
    def monotone(self) -> bool:
        """Whether a team's further attempt, later than all its others, never makes its sort key greater."""

    def cell(self, task: Task, attempts: Sequence[Attempt]) -> CellScore:
        """The cell of one team's counted attempts at a problem, in their order."""

    def row(self, cells: Sequence[CellScore], added: int, hacks: Hacks = NO_HACKS) -> RowScore:
        """The row of a team's cells; *added* is the penalty time in ms that the jury added, or took when negative."""
