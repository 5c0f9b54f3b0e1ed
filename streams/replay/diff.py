"""What a result would change: its boards beside the active ones at the same position. Pure, but for `diff_result`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple, dataclass
from typing import Any

from schemas.errors import UsageError
from schemas.rows import AUDIENCES
from schemas.settings import Settings
from streams.refold import Progress
from streams.replay.marks import latest_marks
from streams.replay.result import Compared, Result, awards_of, compared, names_for
from streams.replay.truth import recompute, refuse_unknown
from streams.replay.whatif import WhatIf

__all__ = [
    "AwardChange",
    "BoardDiff",
    "CellChange",
    "Counts",
    "CountsChange",
    "Diff",
    "RowChange",
    "all_rows",
    "diff_boards",
    "diff_result",
]

Board = Mapping[str, Any]
"""A canonical scoreboard as JSON."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """A team's rank and score; None where it is not on the board (or holds no rank).

    Not `listed`: the team is not on the contest's own board. One that is out of competition is on its groups' boards,
    and its rank is the one among the rows of all teams.
    """

    team_id: str
    rank_before: int | None
    rank_after: int | None
    score_before: dict[str, Any] | None
    score_after: dict[str, Any] | None
    listed_before: bool
    listed_after: bool


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell as CLICS has it; None where its board has none."""

    team_id: str
    problem_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Of a problem over all rows, those of teams out of competition too: teams that tried, teams that solved it (or have points), judged and pending runs."""

    tried: int = 0
    solved: int = 0
    judged: int = 0
    pending: int = 0


@dataclass(frozen=True, slots=True)
class CountsChange:
    """A problem's counts."""

    problem_id: str
    before: Counts
    after: Counts

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Each count before and after, in the order of `Counts`."""
        return list(zip(astuple(self.before), astuple(self.after), strict=True))


@dataclass(frozen=True, slots=True)
class AwardChange:
    """Who has an award; nobody where it is empty."""

    award_id: str
    before: list[str]
    after: list[str]


@dataclass(frozen=True, slots=True)
class BoardDiff:
    """What differs between two boards of one audience. `order`: teams of one rank stand in another order."""

    audience: str
    rows: tuple[RowChange, ...]
    cells: tuple[CellChange, ...]
    counts: tuple[CountsChange, ...]
    awards: tuple[AwardChange, ...]
    order: bool

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.rows or self.cells or self.counts or self.awards or self.order)

    @property
    def ranks(self) -> tuple[RowChange, ...]:
        """The rows whose rank differs."""
        return tuple(
            row for row in self.rows if (row.rank_before, row.listed_before) != (row.rank_after, row.listed_after)
        )


@dataclass(frozen=True, slots=True)
class Diff:
    """A result beside the board of the generation that was active at its position.

    `marks` are the scorer's of that generation, beside the recomputation that is `before`: where they are not equal, the
    live board is not what the log says.
    """

    contest: str
    position: int
    generation: str
    rule: str
    parameters: dict[str, str]
    result: Result
    before: dict[str, dict[str, Any]]
    teams: dict[str, str]
    boards: tuple[BoardDiff, ...]
    marks: tuple[Compared, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing differs, and the scorer has the board that the log says."""
        return all(board.equal for board in self.boards) and all(mark.equal for mark in self.marks)

    def dump(self) -> dict[str, Any]:
        """The difference as JSON."""
        return {
            "contest": self.contest,
            "position": self.position,
            "equal": self.equal,
            "before": {"generation": self.generation, "rule": self.rule, "parameters": self.parameters},
            "after": {
                "generation": self.result.generation,
                "rule": self.result.rule,
                "parameters": self.result.parameters,
                "what_if": self.result.what_if.dump(),
            },
            "boards": {board.audience: asdict(board) | {"equal": board.equal} for board in self.boards},
            "marks": [asdict(mark) | {"equal": mark.equal} for mark in self.marks],
        }


def diff_result(settings: Settings, result: Result, *, progress: Progress | None = None) -> Diff:
    """Recompute the active generation's boards at the result's position, and compare. Reads only.

    Raises:
        UsageError: when the log does not reach so far, or holds no such contest; the generation is of another fold.
        DataError: when the beginning of the log is gone, or it holds what this podium cannot read.
        DependencyError: when the brokers do not answer.
    """
    latest = [mark for mark in latest_marks(settings, result.contest).values() if mark.position <= result.position]
    truth = recompute(
        settings,
        result.contest,
        until_position=result.position,
        at={mark.position for mark in latest},
        progress=progress,
    )
    refuse_unknown(truth.folded)
    if truth.position < result.position or truth.generation is None:
        raise UsageError(
            f"the log of contest {result.contest} ends at {truth.position}, before the result's position "
            f"{result.position}: the result is of another log"
        )
    active = truth.generation
    marks = compared((mark for mark in latest if mark.generation == active.id), truth.folded)
    before = {audience: json.loads(board) for audience, board in truth.boards.items()}
    names = names_for(settings, truth.folded, WhatIf())
    awards = awards_of(truth.state, active, WhatIf(), names)
    return Diff(
        contest=result.contest,
        position=result.position,
        generation=active.id,
        rule=active.rule,
        parameters=dict(active.parameters),
        result=result,
        before=before,
        teams={id_: team.name for id_, team in truth.state.teams.items()} | result.teams,
        boards=tuple(
            diff_boards(audience, before[audience], result.boards[audience], awards[audience], result.awards[audience])
            for audience in AUDIENCES
        ),
        marks=marks,
    )


def diff_boards(
    audience: str,
    before: Board,
    after: Board,
    awards_before: Mapping[str, list[str]],
    awards_after: Mapping[str, list[str]],
) -> BoardDiff:
    """What differs between two canonical scoreboards and their awards. Pure.

    The boards tell who solved what first also where the contest gives no awards for that: these count, too.
    """
    old = {row["team_id"]: row for row in all_rows(before)}
    new = {row["team_id"]: row for row in all_rows(after)}
    listed = [{row["team_id"] for row in board["rows"]} for board in (before, after)]
    teams = list(dict.fromkeys([*new, *old]))  # in the order of the board that would be
    rows, cells = [], []
    for team in teams:
        was, is_ = old.get(team), new.get(team)
        ranks = [row.get("rank") if row else None for row in (was, is_)]
        scores = [row["score"] if row else None for row in (was, is_)]
        shown, would_be = (team in there for there in listed)
        if ranks[0] != ranks[1] or scores[0] != scores[1] or shown != would_be:
            rows.append(RowChange(team, ranks[0], ranks[1], scores[0], scores[1], shown, would_be))
        one, other = _cells(was), _cells(is_)
        cells += [
            CellChange(team, problem, one.get(problem), other.get(problem))
            for problem in dict.fromkeys([*one, *other])
            if one.get(problem) != other.get(problem)
        ]
    counts_before, counts_after = _counts(before), _counts(after)
    counts = [
        CountsChange(problem, counts_before.get(problem, Counts()), counts_after.get(problem, Counts()))
        for problem in dict.fromkeys([*counts_before, *counts_after])
        if counts_before.get(problem) != counts_after.get(problem)
    ]
    given = {one.award_id: one for one in _awards(awards_before, awards_after)}
    firsts = {one.award_id: one for one in _awards(_firsts(before), _firsts(after))}
    awards = given | firsts | given  # where both differ, the contest's award is the one that is told
    order = not (rows or cells) and [*old] != [*new]
    return BoardDiff(audience, tuple(rows), tuple(cells), tuple(counts), tuple(awards.values()), order)


def all_rows(board: Board) -> list[dict[str, Any]]:
    """The rows of a canonical scoreboard, those of teams out of competition behind the others. Pure."""
    return [*board["rows"], *board.get("unlisted", ())]


def _awards(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> Iterator[AwardChange]:
    for award in dict.fromkeys([*before, *after]):
        was, is_ = before.get(award, []), after.get(award, [])
        if was != is_:
            yield AwardChange(award, was, is_)


def _firsts(board: Board) -> dict[str, list[str]]:
    return {award["id"]: award["team_ids"] for award in board["awards"]}


def _cells(row: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """The cells of a row by problem, without the problem's id."""
    if row is None:
        return {}
    return {
        cell["problem_id"]: {name: value for name, value in cell.items() if name != "problem_id"}
        for cell in row["problems"]
    }


def _counts(board: Board) -> dict[str, Counts]:
    found: dict[str, Counts] = {}
    for row in all_rows(board):
        for cell in row["problems"]:
            was = found.get(cell["problem_id"], Counts())
            judged, pending = cell["num_judged"], cell["num_pending"]
            found[cell["problem_id"]] = Counts(
                was.tried + bool(judged + pending),
                was.solved + bool(cell.get("solved") or cell.get("score")),
                was.judged + judged,
                was.pending + pending,
            )
    return found
