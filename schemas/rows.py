"""The records of `scoreboard-rows`: rows of every open generation, in two audiences, and the scorer's marks."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.events import Event

__all__ = ["AUDIENCES", "BatchClosed", "Cell", "FirstToSolve", "Mark", "ProjectionRecord", "ScoreboardRow"]

AUDIENCES = ("public", "jury")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionRecord(Event):
    """A record about one generation's board for one audience at a position of the log.

    `batch` is 0, or the position of the event that changed all rows: such records wait in the sinks for the batch's
    closing mark and are swapped in together.
    """

    generation: str
    audience: str
    position: int
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """A problem's cell of a row: CLICS's problem data; `time` in ms of contest time, `score` scaled."""

    problem_id: str
    num_judged: int
    num_pending: int
    solved: bool
    time: int | None = None
    score: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreboardRow(ProjectionRecord):
    """A team's row. Rows are ordered by (sort_key, tie_key), both ascending; equal sort keys share a rank.

    `listed` false: the row is not on this audience's board: of a hidden or removed team it tells nothing, and `ranked` is
    false too; of a team out of competition, which is on its groups' boards alone, it is whole. `ranked` false: shown, but
    holds no rank (disqualified). `total_time` and `time` in ms, `time` of the last improvement; None without one.
    """

    team_id: str
    listed: bool
    ranked: bool
    sort_key: tuple[int, ...]
    tie_key: str
    num_solved: int
    total_time: int
    score: int | None = None
    time: int | None = None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstToSolve(ProjectionRecord):
    """Who solved the problem first; team None: nobody yet, or it is not certain."""

    problem_id: str
    team_id: str | None
    submission_id: str | None = None
    time: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchClosed(ProjectionRecord):
    """All `count` records of the batch have been written: swap."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark(ProjectionRecord):
    """The SHA-256, hexadecimal, of the canonical scoreboard as the scorer has it at the position."""

    digest: str
    fold_version: int
