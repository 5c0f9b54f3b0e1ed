"""What an act on a rejudging would change: verdicts, ranks, who was first to solve, awards. For the jury's eyes alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import Any

from clics.fold import fold
from clics.state import Submitted
from podium.jury.record import Record, Rejudging
from podium.jury.rejudgings import strayed
from podium.jury.selection import PENDING
from schemas.events import RejudgingApplied, RejudgingReverted
from streams.names import names_in
from streams.scoring.awards import Names, of_state
from streams.scoring.fold import apply
from streams.scoring.project import AUDIENCES, active, board, find
from streams.scoring.ranking import everybody, ranked
from streams.scoring.state import ContestState

__all__ = ["BoardDifference", "Difference", "RankMove", "VerdictChange", "difference"]


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A submission whose verdict changes; `by_hand`: what shows until now is a verdict by hand."""

    number: int
    submission_id: str
    team_id: str
    problem_id: str
    before: str
    after: str
    by_hand: bool


@dataclass(frozen=True, slots=True)
class RankMove:
    """A row of a board as it was and as it would be: rank (None: none), problems solved, total time in ms or score.

    Not `listed`: the team is out of competition, on the boards of its groups; its rank is the one among all teams' rows.
    """

    team_id: str
    before: tuple[int | None, int, int]
    after: tuple[int | None, int, int]
    listed: bool


@dataclass(frozen=True, slots=True)
class BoardDifference:
    """What changes on the board of one audience: rows; first-to-solves and other awards, by id, from whom to whom.

    `scored`: rows have a score, no total time.
    """

    audience: str
    scored: bool
    ranks: tuple[RankMove, ...]
    firsts: dict[str, tuple[str | None, str | None]]
    awards: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changes. `matrix` counts the rejudging's submissions by verdict before and after, unchanged ones too.

    `unverified` of its verdicts, in a contest that verifies, count only once somebody has looked at them: the boards are
    without them. `strayed` are the numbers of its submissions whose verdict would be of a package that their problem is no
    longer on: they keep the contest from being made final.
    """

    rejudging: int
    act: str
    matrix: Counter[tuple[str, str]]
    changes: tuple[VerdictChange, ...]
    unverified: int
    strayed: tuple[int, ...]
    boards: tuple[BoardDifference, ...]

    def to_json(self) -> dict[str, Any]:
        """The difference as JSON."""
        return {
            "rejudging": self.rejudging,
            "act": self.act,
            "matrix": [
                {"before": before, "after": after, "count": count}
                for (before, after), count in sorted(self.matrix.items())
            ],
            "changes": [
                {
                    "number": one.number,
                    "submission_id": one.submission_id,
                    "team_id": one.team_id,
                    "problem_id": one.problem_id,
                    "before": one.before,
                    "after": one.after,
                    "by_hand": one.by_hand,
                }
                for one in self.changes
            ],
            "unverified": self.unverified,
            "strayed": list(self.strayed),
            "boards": {
                one.audience: {
                    "ranks": [
                        {"team_id": m.team_id, "before": list(m.before), "after": list(m.after), "listed": m.listed}
                        for m in one.ranks
                    ],
                    "first_to_solve": {id_: list(pair) for id_, pair in one.firsts.items()},
                    "awards": {id_: [list(teams) for teams in pair] for id_, pair in one.awards.items()},
                }
                for one in self.boards
            },
        }


def difference(
    record: Record, scores: ContestState, rejudging: Rejudging, act: RejudgingApplied | RejudgingReverted, now: int
) -> Difference:
    """What the act would change if it came next.

    Takes over *record* and *scores*, which are of the same log: afterwards the act is in them. Deterministic.

    Args:
        record: the contest's record.
        scores: the scores' state after the same log.
        rejudging: the rejudging that the act is about.
        act: the act.
        now: event time, UTC ms.
    """
    state = record.state
    submissions = [state.submissions[id_] for id_ in rejudging.submission_ids if id_ in state.submissions]
    before = [(record.shown(one), not isinstance(state.effective(one), int)) for one in submissions]
    names = names_in(state)
    boards_before = [_Board(scores, audience, now, names) for audience in AUDIENCES]
    position = max(record.end, scores.position + 1)
    fold(state, position, act)
    apply(scores, position, act)
    matrix: Counter[tuple[str, str]] = Counter()
    changes = []
    for one, (verdict, by_hand) in zip(submissions, before, strict=True):
        pair = (verdict or PENDING, record.shown(one) or PENDING)
        matrix[pair] += 1
        if pair[0] != pair[1] or by_hand != (not isinstance(state.effective(one), int)):
            changes.append(VerdictChange(one.number, one.id, one.team, one.problem, *pair, by_hand))
    boards = [was.until(_Board(scores, was.audience, now, names)) for was in boards_before]
    unverified = sum(_waits(record, one) for one in submissions)
    left = tuple(one.number for one in strayed(record, None, rejudging.submission_ids))
    return Difference(rejudging.number, type(act).__name__, matrix, tuple(changes), unverified, left, tuple(boards))


def _waits(record: Record, one: Submitted) -> bool:
    """Whether the verdict that shows counts only once it is verified."""
    effective, definition = record.state.effective(one), record.state.definition
    judging = one.judgings.get(effective) if isinstance(effective, int) else None
    return definition is not None and definition.verification and judging is not None and not judging.verified


class _Board:
    """The board of an audience under the active generation, as far as it is compared."""

    def __init__(self, scores: ContestState, audience: str, now: int, names: Names) -> None:
        self.audience = audience
        self.scored = False
        self.rows: dict[str, tuple[int | None, int, int]] = {}
        self.listed: set[str] = set()
        self.firsts: dict[str, str | None] = {}
        self.awards: dict[str, tuple[str, ...]] = {}
        generation = find(scores, active(scores))
        if generation is None:
            return
        found = board(scores, generation, audience)
        self.listed = {row.team_id for row in found.rows if row.listed}
        unlisted = ((rank, row) for rank, row in everybody(found.rows) if not row.listed)
        for rank, row in chain(ranked(found.rows), unlisted):
            self.scored = row.score is not None
            points = row.total_time if row.score is None else row.score
            self.rows[row.team_id] = (rank, row.num_solved, points)
        self.firsts = {first.problem_id: first.team_id for first in found.firsts}
        given = of_state(scores, generation, audience, now, names)
        self.awards = {one.id: one.team_ids for one in given if not one.id.startswith("first-to-solve-")}

    def until(self, after: _Board) -> BoardDifference:
        nothing = (None, 0, 0)
        moves = [
            RankMove(team, self.rows.get(team, nothing), row, team in after.listed)
            for team, row in after.rows.items()
            if self.rows.get(team, nothing) != row
        ]
        firsts = {
            id_: (self.firsts.get(id_), team) for id_, team in after.firsts.items() if self.firsts.get(id_) != team
        }
        awards = {
            id_: (self.awards.get(id_, ()), after.awards.get(id_, ()))
            for id_ in [*after.awards, *(one for one in self.awards if one not in after.awards)]
            if self.awards.get(id_, ()) != after.awards.get(id_, ())
        }
        return BoardDifference(self.audience, after.scored, tuple(moves), firsts, awards)
