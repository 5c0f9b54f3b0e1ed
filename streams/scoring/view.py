"""What an audience sees of teams and submissions under a generation's rule: what the rows of one board have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from streams.scoring.clock import ContestClock
from streams.scoring.contest import Generation
from streams.scoring.parts import Judged, Submitted, Team
from streams.scoring.rules import NO_HACKS, Attempt, CellScore, Hacks, RowScore, Scope, make_rule
from streams.scoring.shown import Cell, Row
from streams.scoring.state import ContestState
from streams.scoring.verdicts import Outcome, Outcomes

__all__ = ["View"]


class Scored(NamedTuple):
    """A cell's score, and what of it is shown."""

    score: CellScore
    shown: Cell

    @classmethod
    def of(cls, problem_id: str, score: CellScore) -> Scored:
        """The score of a cell of this problem."""
        return cls(score, Cell(problem_id, score.num_judged, score.num_pending, score.solved, score.time, score.score))


class Times(NamedTuple):
    """A team's clock, with its start and end; a team that has not started has neither."""

    clock: ContestClock
    start: int | None
    end: int | None

    @classmethod
    def of(cls, clock: ContestClock | None) -> Times:
        found = clock or ContestClock(None, 0)
        return cls(found, found.start, found.end)


class View:
    """What rows of one board have in common: computed once for each state of the contest's own part.

    It remembers rows as well, until an event asks for them again.
    """

    def __init__(self, state: ContestState, generation: Generation, audience: str) -> None:
        contest = state.contest
        if contest.terms is None:
            raise ValueError("the contest has no definition")
        self.generation = generation
        self.tasks = contest.terms.tasks
        self._state = state
        self._jury = audience == "jury"
        self._group = contest.terms.group_id
        self._times = Times.of(contest.clock)
        self._own_times = contest.terms.window is not None or bool(contest.extra)
        self._times_of: dict[str, tuple[int | None, Times]] = {}
        self._hidden_from = contest.freeze if not self._jury and contest.thawed is None else None
        self._applied = contest.applied
        self._verification = contest.terms.verification
        self._outcomes = Outcomes(contest.terms.types, contest.terms.publish)
        duration, window = contest.clock.duration, contest.terms.window
        length = duration if window is None else min(window, duration)
        scope = Scope(contest.terms.penalty_time, length, contest.terms.score_scale)
        self._rule = make_rule(generation.rule, scope, generation.parameters)
        self.rows: dict[str, Row] = {}
        self._settled: dict[str, tuple[int, tuple[int, int]]] = {}
        self._by_id = {task.id: task for task in self.tasks}
        # a cell's score as of its position and its team's times: nothing else changes it while this view lasts
        self._known: dict[tuple[str, str], tuple[int, Times, Scored]] = {}
        self._empty = {task.id: Scored.of(task.id, self._rule.cell(task, ())) for task in self.tasks}

    def forget(self, teams: Iterable[str], problems: Iterable[str], since: tuple[int, int] | None) -> None:
        """The rows of these teams may have changed, and submissions to these problems: the one made at *since* alone."""
        for team_id in teams:
            self.rows.pop(team_id, None)
        for problem_id in problems:
            settled = self._settled.get(problem_id)
            if settled is not None and (since is None or since <= settled[1]):
                del self._settled[problem_id]

    # ---- teams ---------------------------------------------------------------------------------------------------

    def _hidden(self, team: Team) -> bool:
        if team.hidden or not team.group_ids:
            return team.hidden
        groups = self._state.groups
        return any(groups[id_].hidden for id_ in team.group_ids if id_ in groups)

    def lists(self, team: Team) -> bool:
        """Whether its row is on the contest's own board, as the audience sees it."""
        belongs = self._group is None or self._group in team.group_ids
        return belongs and team.known and not team.removed and (self._jury or not self._hidden(team))

    def ranks(self, team: Team) -> bool:
        """Whether it holds a rank, on the contest's own board or on those of its groups."""
        return team.known and not team.removed and not team.disqualified and not self._hidden(team)

    def times(self, team_id: str) -> Times:
        """The same object as long as the team's times are the same."""
        if not self._own_times:
            return self._times
        team = self._state.teams.get(team_id)
        started = team.start if team else None
        known = self._times_of.get(team_id)
        if known is None or known[0] != started:
            known = self._times_of[team_id] = started, Times.of(self._state.contest.clock_of(team_id, started))
        return known[1]

    # ---- the first to solve a problem ------------------------------------------------------------------------------

    def races(self, team_id: str, submitted: Submitted) -> bool:
        """Whether the submission may be the first that solves its problem: it counts, and its team holds a rank."""
        if not self.counts(submitted, self.times(team_id)):
            return False
        team = self._state.teams.get(team_id)
        return team is not None and self.lists(team) and self.ranks(team)

    def settled(self, problem_id: str) -> int:
        """How many of the problem's earliest submissions are known not to solve it, whatever comes of later ones."""
        return self._settled.get(problem_id, (0, None))[0]

    def settle(self, problem_id: str, count: int, last: tuple[int, int]) -> None:
        """So many are, up to the one made at *last* (time, position): they need not be looked at again."""
        self._settled[problem_id] = count, last

    # ---- submissions ---------------------------------------------------------------------------------------------

    def counts(self, submitted: Submitted, times: Times) -> bool:
        """Whether it is one of the team's attempts: made while the team had time, and not ignored."""
        start, end = times.start, times.end
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

    def attempt(self, submitted: Submitted, times: Times) -> Attempt:
        """The submission as a rule is given it."""
        time = times.clock.contest_time(submitted.at)
        outcome, judged = self.outcome(submitted)
        if outcome is Outcome.PENDING:
            return Attempt(time, outcome)
        first = submitted.judging(0)
        passed = first is not None and self._outcomes[first.verdict] is Outcome.ACCEPTED
        if judged is None:
            return Attempt(time, outcome, passed=passed)
        return Attempt(time, outcome, judged.score, judged.group_scores, passed)

    def outcome(self, submitted: Submitted) -> tuple[Outcome, Judged | None]:
        """What became of it, and the judging that says so: None while it is pending, and when it was hacked."""
        judged = self._shown(submitted)
        if judged is None:
            return Outcome.PENDING, None
        outcome = self._outcomes[judged.verdict]
        if outcome is Outcome.PENDING:
            return outcome, None
        if submitted.hacks and outcome is Outcome.ACCEPTED:
            by_hand = -1 if submitted.override is None else submitted.override[0]
            if any(hack.successful and hack.position > by_hand for hack in submitted.hacks):
                return Outcome.REJECTED, None
        return outcome, judged

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
            return submitted.override[1]
        if self._verification and number not in submitted.verified:
            return None
        return submitted.judging(number)

    def hacks(self, team_id: str) -> Hacks:
        """The hacks of submissions that are there, to problems that the contest has, and that the audience may see."""
        found = self._state.hacked_by.get(team_id)
        if not found:
            return NO_HACKS
        seen = (
            one
            for (_, problem_id, _), one in found.items()
            if one.first and one.position >= 0 and self.has(problem_id) and not self._hides(one)
        )
        ended = [hack.successful for one in seen for hack in one.hacks if hack.team_id == team_id]
        return Hacks(sum(ended), len(ended) - sum(ended))

    # ---- scores --------------------------------------------------------------------------------------------------

    def has(self, problem_id: str) -> bool:
        """Whether the contest has the problem."""
        return problem_id in self._by_id

    def cell(self, team_id: str, problem_id: str) -> Scored:
        """The score of a cell, computed again only when the cell or its team's times have changed."""
        return self._scored(team_id, problem_id, self.times(team_id))

    def _scored(self, team_id: str, problem_id: str, times: Times) -> Scored:
        key = team_id, problem_id
        cell = self._state.cells.get(key)
        if cell is None:
            return self._empty[problem_id]
        known = self._known.get(key)
        if known is not None and known[0] == cell.position and known[1] is times:
            return known[2]
        attempts = [self.attempt(one, times) for one in cell.in_order() if self.counts(one, times)]
        scored = Scored.of(problem_id, self._rule.cell(self._by_id[problem_id], attempts))
        self._known[key] = cell.position, times, scored
        return scored

    def cells(self, team_id: str) -> list[Scored]:
        """The scores of a team's cells, in the order of the problems."""
        times = self.times(team_id)
        return [self._scored(team_id, task.id, times) for task in self.tasks]

    def score(self, scores: list[CellScore], team: Team) -> RowScore:
        """The score of a team's row."""
        return self._rule.row(scores, sum(team.penalties.values()), self.hacks(team.id))
