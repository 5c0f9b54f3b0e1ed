"""The records of `scoreboard-rows` that an event asks for, and the marks. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from schemas.rows import BatchClosed, Cell, FirstToSolve, Mark, ProjectionRecord, ScoreboardRow
from streams.scoring.canonical import digest_of, pieces
from streams.scoring.contest import Generation
from streams.scoring.fold import FOLD_VERSION, Effect
from streams.scoring.project import AUDIENCES, board, decided_first, generations, row
from streams.scoring.shown import Board
from streams.scoring.state import ContestState

__all__ = ["Stamp", "Taken", "key_of", "marks_of", "own_generations", "prepared", "rows_of", "taken"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """When records are written, in event time, and by which process."""

    recorded_at: int
    recorded_by: str


def own_generations(state: ContestState) -> list[Generation]:
    """The open generations that this version of the fold projects."""
    return [one for one in generations(state) if one.fold_version == FOLD_VERSION]


def rows_of(state: ContestState, position: int, effect: Effect, stamp: Stamp) -> Iterator[ProjectionRecord]:
    """The records that an event at *position* asks for, out of the state after it.

    Rows of whole boards form a batch: they wait in the sinks for the record that closes it, which comes last.
    """
    for generation in own_generations(state):
        for audience in AUDIENCES:
            if effect.everything:
                yield from _batch(_Board(state, generation, audience, position, stamp, batch=position))
            else:
                found = _Board(state, generation, audience, position, stamp)
                yield from found.records(effect.teams, effect.problems, effect.since)


def _batch(board_: _Board) -> Iterator[ProjectionRecord]:
    state, count = board_.state, 0
    teams = sorted(state.teams.keys() | state.of_team.keys())
    # problems that were withdrawn as well: nobody is their first to solve any longer
    for record in board_.records(teams, sorted(state.of_problem.keys() | {task.id for task in board_.tasks})):
        count += 1
        yield record
    if count:
        yield BatchClosed(**board_.common, count=count)


class _Board:
    """Makes the records of one generation's board for one audience."""

    def __init__(
        self,
        state: ContestState,
        generation: Generation,
        audience: str,
        position: int,
        stamp: Stamp,
        *,
        batch: int = 0,
    ) -> None:
        self.state = state
        self.tasks = state.contest.terms.tasks if state.contest.terms else ()
        self._generation = generation
        self._audience = audience
        self.common: dict[str, Any] = {
            "contest": state.contest_id,
            "recorded_at": stamp.recorded_at,
            "recorded_by": stamp.recorded_by,
            "generation": generation.id,
            "audience": audience,
            "position": position,
            "batch": batch,
        }

    def records(
        self, teams: Collection[str], problems: Iterable[str], since: tuple[int, int] | None = None
    ) -> Iterator[ProjectionRecord]:
        """The rows of these teams, and the first-to-solves of these problems that are not decided before *since*.

        One of these teams' own is written all the same: under some rules its time moves with a later submission.
        """
        for team_id in teams:
            found = row(self.state, self._generation, self._audience, team_id)
            yield ScoreboardRow(
                **self.common,
                team_id=team_id,
                listed=found.listed,
                ranked=found.ranked,
                sort_key=found.sort_key,
                tie_key=found.tie_key,
                num_solved=found.num_solved,
                total_time=found.total_time,
                score=found.score,
                time=found.time,
                # of the core's own class, with the same fields: copies of all cells are a tenth of the scorer's work
                cells=cast("tuple[Cell, ...]", found.cells),
            )
        for problem_id in problems:
            winner, decided = decided_first(self.state, self._generation, self._audience, problem_id)
            if since is not None and decided is not None and decided < since and winner.team_id not in teams:
                continue
            yield FirstToSolve(
                **self.common,
                problem_id=problem_id,
                team_id=winner.team_id,
                submission_id=winner.submission_id,
                time=winner.time,
            )

    def taken(self) -> Taken:
        """The board as it is now."""
        scale = self.state.contest.terms.score_scale if self.state.contest.terms else 1
        return Taken(self.common, board(self.state, self._generation, self._audience), scale)


@dataclass(frozen=True, slots=True)
class Taken:
    """A board at a position, of which a mark can be made at any later time."""

    common: dict[str, Any]
    board: Board
    score_scale: int

    def mark(self) -> Mark:
        """The digest of the board. Pure; a tenth of a second for a thousand teams."""
        found = digest_of(pieces(self.board.rows, self.board.firsts, score_scale=self.score_scale))
        return Mark(**self.common, digest=found, fold_version=FOLD_VERSION)


def prepared(state: ContestState) -> Iterator[None]:
    """Computes the rows of all boards, one at each step, for `taken` to find them; what changes meanwhile is computed again."""
    if state.contest.terms is None:
        return
    teams = list(state.teams.keys() | state.of_team.keys())
    for generation in own_generations(state):
        for audience in AUDIENCES:
            for team_id in teams:
                row(state, generation, audience, team_id)
                yield


def taken(state: ContestState, stamp: Stamp) -> list[Taken]:
    """Each board of the state, at the state's position."""
    return [
        _Board(state, generation, audience, state.position, stamp).taken()
        for generation in own_generations(state)
        for audience in AUDIENCES
    ]


def marks_of(state: ContestState, stamp: Stamp) -> list[Mark]:
    """A mark for each board of the state, at the state's position, for who need not give way to others meanwhile."""
    return [one.mark() for one in taken(state, stamp)]


def key_of(record: ProjectionRecord) -> str:
    """The record's key in `scoreboard-rows`: of records with one key the last stays when the topic is compacted."""
    board_key = f"{record.contest}|{record.generation}|{record.audience}"
    match record:
        case ScoreboardRow():
            return f"{board_key}|{record.team_id}"
        case FirstToSolve():
            return f"{board_key}|!first|{record.problem_id}"
        case BatchClosed():
            return f"{board_key}|!batch"
        case Mark():
            return f"{board_key}|!mark"
    raise TypeError(f"{type(record).__name__} has no place in scoreboard-rows")
