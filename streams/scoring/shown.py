"""What a board shows: cells, rows, first-to-solves."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Board", "Cell", "First", "Row"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A problem's cell of a row: CLICS's problem data; `time` in ms of contest time, `score` scaled."""

    problem_id: str
    num_judged: int
    num_pending: int
    solved: bool
    time: int | None = None
    score: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A team's row; the fields of `schemas.rows.ScoreboardRow`.

    One that is not listed is that of a team of other groups than the main one; or, without a rank, it tells nothing.
    """

    team_id: str
    listed: bool
    ranked: bool
    sort_key: tuple[int, ...]
    tie_key: str
    num_solved: int
    total_time: int
    score: int | None
    time: int | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class First:
    """Who solved a problem first; team None: nobody yet, or it is not certain."""

    problem_id: str
    team_id: str | None = None
    submission_id: str | None = None
    time: int | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """The rows of all teams, listed or not, by id, and the first-to-solves in the order of the problems."""

    rows: tuple[Row, ...]
    firsts: tuple[First, ...]
