"""Boards out of a state: one generation's rule, as one audience may see it.

`jury` sees everything; `public` sees what was submitted at or after the freeze as pending until the thaw. A team is on
both boards when it has an entry, was not removed, and belongs to the contest's main group where one is named. A hidden
team (its own doing or a group's) is on the jury's board alone, and holds no rank; a disqualified team is shown without
a rank, behind all others. Teams without a rank are nobody's first to solve.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from streams.scoring.canonical import canonical
from streams.scoring.contest import Generation
from streams.scoring.parts import Judged, Submitted, Team
from streams.scoring.rules import Attempt, CellScore, RowScore, Scope, make_rule
from streams.scoring.state import ContestState
from streams.scoring.verdicts import Outcome, Outcomes

__all__ = [
    "AUDIENCES",
    "Board",
    "Cell",
    "First",
    "Row",
    "active",
    "board",
    "find",
    "first",
    "generations",
    "row",
    "tie_key",
]

AUDIENCES = ("public", "jury")

_UNRANKED = 1
"""Stands first in the sort key of a row without a rank: no rule's sort key begins with a positive number."""


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
    """A team's row; the fields of `schemas.rows.ScoreboardRow`. One that is not listed tells nothing of the team."""

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
    team = state.teams.get(team_id)
    if team is None or not view.lists(team):
        return Row(team_id, False, False, (_UNRANKED,), team_id, 0, 0, None, None, ())
    scores = view.cells(team_id)
    score = view.score(scores, team)
    ranks = view.ranks(team)
    return Row(
        team_id=team_id,
        listed=True,
        ranked=ranks,
        sort_key=score.sort_key if ranks else (_UNRANKED, *score.sort_key),
        tie_key=tie_key(team.name, team.id),
        num_solved=score.num_solved,
        total_time=score.total_time,
        score=score.score,
        time=score.time,
        cells=tuple(
            Cell(task.id, c.num_judged, c.num_pending, c.solved, c.time, c.score)
            for task, c in zip(view.tasks, scores, strict=True)
        ),
    )


def first(state: ContestState, generation: Generation, audience: str, problem_id: str) -> First:
    """Who solved the problem first: the earliest accepted submission, if no earlier one of another team is pending.

    Pure. Nobody for a problem that the contest does not have (any longer).

    Raises:
        ValueError: as `row`.
    """
    view = _view(state, generation, audience)
    if not view.has(problem_id):
        return First(problem_id)
    waiting: str | None = None
    for _, _, team_id, submitted in state.of_problem.get(problem_id, ()):
        if not view.counts(submitted):
            continue
        team = state.teams.get(team_id)
        if team is None or not view.ranks(team):
            continue
        outcome = view.outcome(submitted)
        if outcome is Outcome.ACCEPTED:
            if waiting is not None and waiting != team_id:
                break
            return First(problem_id, team_id, submitted.id, view.cell(team_id, problem_id).time)
        if outcome is Outcome.PENDING:
            if waiting is not None and waiting != team_id:
                break  # whoever is next, one of the two is another team
            waiting = team_id
    return First(problem_id)


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


class _View:
    """What rows of one board have in common: computed once for each state of the contest's own part."""

    def __init__(self, state: ContestState, generation: Generation, audience: str) -> None:
        contest = state.contest
        if contest.terms is None:
            raise ValueError("the contest has no definition")
        self.generation = generation
        self.tasks = contest.terms.tasks
        self._state = state
        self._jury = audience == "jury"
        self._group = contest.terms.group_id
        self._clock = contest.clock
        self._start = self._clock.start
        self._end = self._clock.end
        self._hidden_from = contest.freeze if not self._jury and contest.thawed is None else None
        self._applied = contest.applied
        self._outcomes = Outcomes(contest.terms.types, contest.terms.publish)
        scope = Scope(contest.terms.penalty_time, self._clock.duration, contest.terms.score_scale)
        self._rule = make_rule(generation.rule, scope, generation.parameters)
        self._by_id = {task.id: task for task in self.tasks}
        # a cell's score as of its position: nothing but the cell changes it while this view lasts
        self._known: dict[tuple[str, str], tuple[int, CellScore]] = {}
        self._empty = {task.id: self._rule.cell(task, ()) for task in self.tasks}

    # ---- teams ---------------------------------------------------------------------------------------------------

    def _hidden(self, team: Team) -> bool:
        if team.hidden:
            return True
        groups = self._state.groups
        return any(groups[id_].hidden for id_ in team.group_ids if id_ in groups)

    def _belongs(self, team: Team) -> bool:
        return team.known and not team.removed and (self._group is None or self._group in team.group_ids)

    def lists(self, team: Team) -> bool:
        return self._belongs(team) and (self._jury or not self._hidden(team))

    def ranks(self, team: Team) -> bool:
        return self._belongs(team) and not team.disqualified and not self._hidden(team)

    # ---- submissions ---------------------------------------------------------------------------------------------

    def counts(self, submitted: Submitted) -> bool:
        start, end = self._start, self._end
        return (
            submitted.first
            # what the public cannot see yet is pending, whatever the jury has done with it
            and (not submitted.ignored or self._hides(submitted))
            and start is not None
            and end is not None
            and start <= submitted.at < end
        )

    def _hides(self, submitted: Submitted) -> bool:
        return self._hidden_from is not None and submitted.at >= self._hidden_from

    def attempt(self, submitted: Submitted) -> Attempt:
        time, judged = self._clock.contest_time(submitted.at), self._shown(submitted)
        if judged is None:
            return Attempt(time, Outcome.PENDING)
        return Attempt(time, self._outcomes[judged.verdict], judged.score, judged.group_scores)

    def outcome(self, submitted: Submitted) -> Outcome:
        judged = self._shown(submitted)
        return Outcome.PENDING if judged is None else self._outcomes[judged.verdict]

    def _shown(self, submitted: Submitted) -> Judged | None:
        """The judging that shows: the one named by the latest act in force, or the initial one; none while frozen."""
        if self._hides(submitted):
            return None
        latest, number = -1, 0
        if self._applied:
            mine = self._state.rejudgings_of.get(submitted.id, {})
            for rejudging, position in self._applied:
                if position > latest and mine.get(rejudging, position) < position:
                    latest, number = position, rejudging
        if submitted.override is not None and submitted.override[0] > latest:
            return Judged(submitted.override[1])
        return submitted.judgings.get(number)

    # ---- scores --------------------------------------------------------------------------------------------------

    def has(self, problem_id: str) -> bool:
        return problem_id in self._by_id

    def cell(self, team_id: str, problem_id: str) -> CellScore:
        key = team_id, problem_id
        cell = self._state.cells.get(key)
        if cell is None:
            return self._empty[problem_id]
        known = self._known.get(key)
        if known is not None and known[0] == cell.position:
            return known[1]
        attempts = [self.attempt(one) for one in cell.in_order() if self.counts(one)]
        score = self._rule.cell(self._by_id[problem_id], attempts)
        self._known[key] = cell.position, score
        return score

    def cells(self, team_id: str) -> list[CellScore]:
        return [self.cell(team_id, task.id) for task in self.tasks]

    def score(self, scores: list[CellScore], team: Team) -> RowScore:
        return self._rule.row(scores, sum(team.penalties.values()))


def _view(state: ContestState, generation: Generation, audience: str) -> _View:
    key = generation.id, audience
    found = state.views.get(key)
    if isinstance(found, _View) and found.generation == generation:
        return found
    if audience not in AUDIENCES:
        raise ValueError(f"there is no audience {audience!r}")
    view = state.views[key] = _View(state, generation, audience)
    return view


def tie_key(name: str, team_id: str) -> str:
    """What orders rows of equal sort keys: the name without accents and case, then the name, then the id. Pure."""
    plain = unicodedata.normalize("NFKD", name)
    bare = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return f"{bare}\0{name}\0{team_id}"
