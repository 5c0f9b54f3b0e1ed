"""Boards out of a state: one generation's rule, as one audience may see it.

`jury` sees everything; `public` sees what was submitted at or after the freeze as pending until the thaw, whatever has
become of it: a rejudging, a verdict by hand, a hack. A team is on both boards when it has an entry, was not removed,
and belongs to the contest's main group where one is named. A hidden team (its own doing or a group's) is on the jury's
board alone, and holds no rank; a disqualified team is shown without a rank, behind all others. Teams without a rank are
nobody's first to solve. A team that does not belong to the main group, out of competition, has a row that is not listed
but tells its score: it is on the boards of its groups (`ranking.of_group`).

Where the contest says that verdicts are verified, a judging that is not verified is pending on both boards; a verdict
given by hand needs no second look. A successful hack makes an accepted submission a rejected one, whatever comes of
rejudgings, until a verdict is given by hand behind it.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from streams.scoring.canonical import canonical
from streams.scoring.contest import Generation
from streams.scoring.shown import Board, Cell, First, Row
from streams.scoring.state import ContestState
from streams.scoring.verdicts import Outcome
from streams.scoring.view import View

__all__ = [
    "AUDIENCES",
    "Board",
    "Cell",
    "First",
    "Row",
    "active",
    "board",
    "decided_first",
    "find",
    "first",
    "generations",
    "row",
    "tie_key",
]

AUDIENCES = ("public", "jury")

_UNRANKED = 1
"""Stands first in the sort key of a row without a rank: no rule's sort key begins with a positive number."""


def generations(state: ContestState) -> tuple[Generation, ...]:
    """The open generations; none before the first definition. Pure."""
    return state.contest.generations


def active(state: ContestState) -> str:
    """The id of the active generation. Pure."""
    return state.contest.active


def find(state: ContestState, generation_id: str) -> Generation | None:
    """The open generation of this id. Pure."""
    return next((one for one in state.contest.generations if one.id == generation_id), None)


def row(state: ContestState, generation: Generation, audience: str, team_id: str) -> Row:
    """A team's row. Pure.

    Raises:
        ValueError: when the contest has no definition, or for a rule that does not exist.
    """
    view = _view(state, generation, audience)
    known = view.rows.get(team_id)
    if known is None:
        known = view.rows[team_id] = _row(state, view, team_id)
    return known


def _row(state: ContestState, view: View, team_id: str) -> Row:
    team = state.teams.get(team_id)
    listed = team is not None and view.lists(team)
    ranks = team is not None and view.ranks(team)
    if team is None or not (listed or ranks):
        return Row(team_id, False, False, (_UNRANKED,), team_id, 0, 0, None, None, ())
    scored = view.cells(team_id)
    score = view.score([one.score for one in scored], team)
    return Row(
        team_id=team_id,
        listed=listed,
        ranked=ranks,
        sort_key=score.sort_key if ranks else (_UNRANKED, *score.sort_key),
        tie_key=tie_key(team.name, team.id),
        num_solved=score.num_solved,
        total_time=score.total_time,
        score=score.score,
        time=score.time,
        cells=tuple([one.shown for one in scored]),
    )


def first(state: ContestState, generation: Generation, audience: str, problem_id: str) -> First:
    """Who solved the problem first: the earliest accepted submission of the ranked teams, if that is certain.

    It is not while an earlier submission (by time, then by position in the log) is pending of another ranked team: not
    judged, not verified where that is needed, a judging error, or hidden by the freeze. An ignored one does not count.
    Nor does an earlier one of the same team: it is the first, whatever comes of that. Pure. Nobody for a problem that
    the contest does not have (any longer).

    Raises:
        ValueError: as `row`.
    """
    return decided_first(state, generation, audience, problem_id)[0]


def decided_first(
    state: ContestState, generation: Generation, audience: str, problem_id: str
) -> tuple[First, tuple[int, int] | None]:
    """`first`, and the submission (time, position) that decides it: no later one makes a difference. Pure.

    None: any submission to the problem may.

    Raises:
        ValueError: as `row`.
    """
    view = _view(state, generation, audience)
    if not view.has(problem_id):
        return First(problem_id), None
    timed = state.of_problem.get(problem_id, ())
    settled = view.settled(problem_id)
    waiting: str | None = None
    winner, decided = First(problem_id), None
    for place in range(settled, len(timed)):
        submitted, team_id = timed[place], timed[place].team_id
        outcome = view.outcome(submitted)[0] if view.races(team_id, submitted) else Outcome.REJECTED
        if outcome is Outcome.ACCEPTED or outcome is Outcome.PENDING:
            if waiting is not None and waiting != team_id:
                decided = submitted.when  # whoever is next, one of the two is another team
                break
            if outcome is Outcome.ACCEPTED:
                time = view.cell(team_id, problem_id).shown.time
                winner, decided = First(problem_id, team_id, submitted.id, time), submitted.when
                break
            waiting = team_id
        elif waiting is None:
            settled = place + 1
    if settled:
        view.settle(problem_id, settled, timed[settled - 1].when)
    return winner, decided


def board(state: ContestState, generation: Generation, audience: str) -> Board:
    """The whole board; empty before the first definition. Pure.

    Raises:
        ValueError: for a rule that does not exist.
    """
    if state.contest.terms is None:
        return Board((), ())
    teams = sorted(state.teams.keys() | state.of_team.keys())
    return Board(
        tuple(row(state, generation, audience, team_id) for team_id in teams),
        tuple(first(state, generation, audience, task.id) for task in state.contest.terms.tasks),
    )


def scoreboard(state: ContestState, generation: Generation, audience: str) -> bytes:
    """The canonical scoreboard of a board; that of nobody before the first definition. Pure.

    Raises:
        ValueError: for a rule that does not exist.
    """
    found = board(state, generation, audience)
    scale = state.contest.terms.score_scale if state.contest.terms else 1
    return canonical(found.rows, found.firsts, score_scale=scale)


def _view(state: ContestState, generation: Generation, audience: str) -> View:
    key = generation.id, audience
    found = state.views.get(key)
    if isinstance(found, View) and found.generation == generation:
        return found
    if audience not in AUDIENCES:
        raise ValueError(f"there is no audience {audience!r}")
    view = state.views[key] = View(state, generation, audience)
    return view


@lru_cache(1 << 14)
def tie_key(name: str, team_id: str) -> str:
    """What orders rows of equal sort keys: the name without accents and case, then the name, then the id. Pure."""
    plain = unicodedata.normalize("NFKD", name)
    bare = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return f"{bare}\0{name}\0{team_id}"
