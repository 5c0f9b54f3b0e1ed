"""A contest's awards as each audience's board implies them, event by event: a pure function of the log's prefix.

Until the contest has ended only who was first to solve a problem is told; of what depends on the whole board only that
it will be given (`team_ids` null: not being updated, as the Contest API has it). From the end on everything follows
the audience's board, under the active generation. While the board is frozen the public is told nothing of what the jury
has given by hand, nor of B: both may tell what the board does not.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from prometheus_client import Counter

from clics import objects
from clics.derive import moment
from clics.state import State
from clics.view import Change
from schemas import events
from streams.scoring.award_settings import GROUP_WINNER, AwardSettings
from streams.scoring.awards import Award, Names, awards, names_of, with_acts
from streams.scoring.contest import Generation
from streams.scoring.fold import Effect, apply
from streams.scoring.project import AUDIENCES, active, decided_first, find, row
from streams.scoring.shown import First, Row
from streams.scoring.state import ContestState

__all__ = ["Awards", "Told", "breaks", "difference"]

logger = logging.getLogger(__name__)

BROKEN = Counter("podium_live_awards_broken", "Events that the awards of a contest could not take")

Made = tuple[dict[str, Any], dict[str, Any]]
"""An award and its access facts."""


class Told(NamedTuple):
    """All awards of each audience by id, as they were told; `begun`: the contest had begun then."""

    awards: dict[str, dict[str, Made]]
    begun: bool


_FIRST = "first-to-solve-"
_HONORS = ("highest-honors", "high-honors", "honors", "honorable-mention")

_CONDUCT = (
    events.Definition,
    events.PositionSkipped,
    events.Group,
    events.AwardGiven,
    events.StartMoved,
    events.ContestExtended,
    events.IntervalRemoved,
    events.ScoreboardFrozen,
    events.ScoreboardUnfrozen,
    events.Transitioned,
    events.Finalized,
    events.GenerationPromoted,
)
"""What may change awards without changing the board."""


class Awards:
    """The awards of one contest; `scores` is what the boards are projected from, after the last event taken.

    `told` is what was told of them last, `left_out` are positions that the scores are known to be without.
    """

    def __init__(self, state: State, scores: ContestState, left_out: Iterable[int] = ()) -> None:
        self.scores = scores
        self.left_out = set(left_out)
        self._generation: Generation | None = None
        self._firsts: dict[tuple[str, str], First] = {}
        self._rows: dict[str, dict[str, Row]] = {}
        self._follow(Effect(everything=True))
        self.told = self._tell(state)

    def take(self, state: State, position: int, event: events.Event) -> tuple[list[Change], tuple[str, ...]]:
        """Take an event that the objects' *state* has taken: the awards that change, and the parts of `scores` to keep.

        Raises:
            Exception: where a projection fails: nothing can be told from here on.
        """
        try:
            effect = apply(self.scores, position, event)
        except Exception as error:  # the fold is pure: the scorer has left the event out as well
            breaks(self.scores.contest_id, position, error)
            self.left_out.add(position)
            return [], ()
        moved = self._follow(effect)
        if not moved and not self._concerns(state, event):
            return [], effect.changed
        before, self.told = self.told, self._tell(state)
        return list(difference(before, self.told)), effect.changed

    def _concerns(self, state: State, event: events.Event) -> bool:
        """Whether the event may change awards that no board tells of."""
        if isinstance(event, _CONDUCT):
            return True
        if isinstance(event, events.Team | events.Organization):  # its name, its groups; whether it is hidden
            return self._ended or any(key[0] == "awards" for key in state.records)
        return False

    @property
    def _ended(self) -> bool:
        """Whether the clock has noted the end of the contest, as it is planned now."""
        return self.scores.contest.clock.end in self.scores.contest.ended

    # ---- boards ---------------------------------------------------------------------------------------------------

    def _follow(self, effect: Effect) -> bool:
        """Bring rows and first-to-solves up to date; whether any is another one now."""
        scores = self.scores
        generation, terms = find(scores, active(scores)), scores.contest.terms
        if generation is None or terms is None:
            moved = bool(self._firsts)
            self._generation, self._firsts, self._rows = None, {}, {}
            return moved
        everything = effect.everything or generation != self._generation
        self._generation = generation
        tasks = [task.id for task in terms.tasks]
        problems = tasks if everything else [id_ for id_ in effect.problems if id_ in tasks]
        moved = self._first_to_solve(generation, problems)
        if everything and (stale := [key for key in self._firsts if key[1] not in tasks]):
            moved = True
            for key in stale:
                del self._firsts[key]
        if not self._ended:
            self._rows.clear()
            return moved
        for audience in AUDIENCES:
            rows, teams = self._rows.get(audience), effect.teams
            if everything or rows is None:
                rows, teams = {}, tuple(sorted(scores.teams.keys() | scores.of_team.keys()))
            for team_id in teams:
                found = row(scores, generation, audience, team_id)
                moved |= rows.get(team_id) != found
                rows[team_id] = found
            self._rows[audience] = rows
        return moved

    def _first_to_solve(self, generation: Generation, problems: list[str]) -> bool:
        moved = False
        for audience in AUDIENCES:
            for problem_id in problems:
                found = decided_first(self.scores, generation, audience, problem_id)[0]
                known = self._firsts.get((audience, problem_id))
                moved |= known is None or known.team_id != found.team_id
                self._firsts[audience, problem_id] = found
        return moved

    # ---- what is told ---------------------------------------------------------------------------------------------

    def _tell(self, state: State) -> Told:
        """All awards, as they are now."""
        terms = self.scores.contest.terms
        if terms is None or self._generation is None or state.definition is None:
            return Told({audience: {} for audience in AUDIENCES}, _begun(state))
        settings = AwardSettings.parse(terms.awards)
        return Told({audience: self._of(state, settings, audience) for audience in AUDIENCES}, _begun(state))

    def _of(self, state: State, settings: AwardSettings, audience: str) -> dict[str, Made]:
        contest = self.scores.contest
        told = audience == "jury" or contest.thawed is not None or not contest.times.has_frozen
        firsts = [first for (whose, _), first in self._firsts.items() if whose == audience]
        names, rows = self._names(state, audience), self._rows.get(audience, {}).values()
        computed = awards(rows, firsts, settings, names, b=contest.b if told else 0)
        if not self._ended:
            computed = tuple(_to_be_given(computed, settings, names, scores=_scores(state)))
        by_hand = {
            id_: None if one is None else Award(id_, one[0], tuple(one[1])) for id_, one in contest.awards.items()
        }
        by_hand = by_hand if told else {}
        return {
            one.id: _made(state, one, audience, telling=self._ended or one.id.startswith(_FIRST) or one.id in by_hand)
            for one in with_acts(computed, by_hand)
        }

    def _names(self, state: State, audience: str) -> Names:
        problems = (one for one in state.problems.values() if not one.withdrawn)
        groups = (one for one in state.of("groups") if isinstance(one, events.Group) and not one.removed)
        return names_of(
            problems=({"id": one.id, "label": one.label, "ordinal": one.ordinal} for one in problems),
            groups=({"id": one.id, "name": one.name} for one in groups if audience == "jury" or not one.hidden),
            organizations=_entries(state, "organizations", objects.organization) if self._ended else (),
            teams=_entries(state, "teams", objects.team) if self._ended else (),
        )


def _to_be_given(computed: Iterable[Award], settings: AwardSettings, names: Names, *, scores: bool) -> Iterator[Award]:
    """What the contest will give, as far as that is known before its end; *scores*: it counts points."""
    yield from (one for one in computed if not (scores and one.id in _HONORS))
    if "group-winner" in settings.given:
        for id_, name in sorted(names.groups.items()):
            yield Award(f"{GROUP_WINNER}{id_}", f"Winner of group {name}")


def _scores(state: State) -> bool:
    return state.definition is not None and state.definition.scoreboard_type == "score"


def _begun(state: State) -> bool:
    start, now = state.clock.start, moment(state)
    return start is not None and now is not None and now >= start


def _entries(state: State, type_: str, made: Any) -> Iterator[dict[str, Any]]:
    return (made(one) for one in state.of(type_) if not getattr(one, "removed", False))


def _made(state: State, one: Award, audience: str, *, telling: bool) -> Made:
    teams = list(one.team_ids) if telling else None
    hidden = [team for team in teams or () if state.hidden(team)]
    facts = {"hidden": state.unheard_of(("awards", one.id)), "audience": audience, "hidden_teams": hidden}
    return {"id": one.id, "citation": one.citation, "team_ids": teams}, facts


def difference(before: Told, after: Told) -> Iterator[Change]:
    """What has changed; where the contest has begun, or no longer has, also what has not: problems are no longer, or again, secret."""
    again = before.begun != after.begun
    for audience in AUDIENCES:
        was, now = before.awards[audience], after.awards[audience]
        for id_ in sorted(now):
            if was.get(id_) != now[id_]:
                yield Change("awards", f"{audience}:{id_}", *now[id_], was=was.get(id_), notified=False)
            elif again:
                yield Change("awards", f"{audience}:{id_}", *now[id_], was=now[id_], stored=False, notified=False)
        for id_ in sorted(was.keys() - now.keys(), reverse=True):
            yield Change("awards", f"{audience}:{id_}", None, None, was=was[id_], notified=False)


def breaks(contest: str, position: int, error: Exception) -> None:
    """Say that an event could not be taken. The scorer says so in the log; here it must not cost an object."""
    logger.error("contest %s: its awards cannot take the event at %d", contest, position, exc_info=error)
    BROKEN.inc()
