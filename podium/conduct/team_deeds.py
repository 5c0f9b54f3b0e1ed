"""What an operator may do to teams and awards, checked against the contest as it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from podium.conduct.deeds import Deed, refuse_over
from podium.conduct.ends import refuse_behind_thaw
from podium.conduct.known import Known
from podium.conduct.times import said_moment, said_span
from schemas.definition import Award
from schemas.errors import ConflictError, UsageError
from schemas.events import AwardGiven, PenaltyAdded, TeamDisqualified, TeamStarted, TeamTimeExtended
from schemas.ids import check_id
from streams.scoring.awards import Award as ScoredAward
from streams.scoring.awards import of_state
from streams.scoring.fold import FOLD_VERSION
from streams.scoring.project import active, find

__all__ = ["award", "awards_of", "begin", "compute_award", "disqualify", "extra_time", "penalty", "remove_award"]

_ZERO = "nothing would change: give a span that is not zero"


def extra_time(known: Known, team: str, by: int) -> Deed:
    """Let the contest end later for one team, or earlier when negative.

    Raises:
        ConflictError: when the contest is finalized, or the team's time would end behind its thaw.
        UsageError: when there is no such team, or for nothing.
    """
    refuse_over(known)
    if known.state.conduct.finalized is not None:
        raise ConflictError(f"contest {known.contest} is finalized: nobody's time changes")
    found = known.team(team)
    if not by:
        raise UsageError(_ZERO)
    extra = known.state.conduct.extra
    refuse_behind_thaw(known, known.state.clock, (extra | {found.id: extra.get(found.id, 0) + by}).values())
    word = "more" if by > 0 else "less"
    return Deed.of(
        f"team {found.id} has {said_span(abs(by))} {word}: the contest ends then for it alone",
        TeamTimeExtended,
        team_id=found.id,
        by=by,
    )


def begin(known: Known, team: str, at: int) -> Deed:
    """Begin a team's own window; what it has submitted before counts for nothing.

    Raises:
        ConflictError: when the contest is over, or the team has begun already.
        UsageError: when there is no such team, the contest has no windows, or does not run then.
    """
    refuse_over(known)
    found, state = known.team(team), known.state
    window = state.definition.window if state.definition else None
    if window is None:
        raise UsageError(
            f"contest {known.contest} has no windows: podium.yaml has no `window`, all teams start with it"
        )
    own, start, end = state.clock_of(found.id), state.clock.start, state.clock.end
    if own is not None:
        raise ConflictError(f"team {found.id} has begun at {said_moment(own.start)} already")
    if start is None or end is None or not start <= at < end:
        raise UsageError(
            f"the contest does not run at {said_moment(at)}: from {said_moment(start)} to {said_moment(end)} it does"
        )
    told = f"team {found.id} has {said_span(window)} from {said_moment(at)} on"
    return Deed.of(told, TeamStarted, team_id=found.id, start_time=at)


def penalty(known: Known, team: str, by: int) -> Deed:
    """Add penalty time to a team's, or take some away when negative.

    Raises:
        ConflictError: when the contest is over.
        UsageError: when there is no such team, or for nothing.
    """
    refuse_over(known)
    found = known.team(team)
    if not by:
        raise UsageError(_ZERO)
    word = "more" if by > 0 else "less"
    told = f"team {found.id} has {said_span(abs(by))} {word} of penalty time"
    return Deed.of(told, PenaltyAdded, team_id=found.id, by=by)


def disqualify(known: Known, team: str, *, undo: bool) -> Deed:
    """Take a team out of the ranking, or back in.

    Raises:
        ConflictError: when the contest is over.
        UsageError: when there is no such team, or it is so already.
    """
    refuse_over(known)
    found = known.team(team)
    part = known.scores.teams.get(found.id)
    now = part is not None and part.disqualified
    if now != undo:
        raise UsageError(f"team {found.id} is {'disqualified already' if now else 'not disqualified'}")
    told = f"team {found.id} is {'in the ranking again' if undo else 'out of the ranking'}"
    return Deed.of(told, TeamDisqualified, team_id=found.id, disqualified=not undo)


def awards_of(known: Known, audience: str, now: int) -> tuple[ScoredAward, ...]:
    """The contest's awards under its active generation, as an audience may see them at *now*. Pure.

    Raises:
        UsageError: when the generation is of another fold version than this podium's.
    """
    generation = find(known.scores, active(known.scores))
    if generation is not None and generation.fold_version != FOLD_VERSION:
        raise UsageError(
            f"contest {known.contest}: generation {generation.id} is of fold version {generation.fold_version}, and this "
            f"podium folds by version {FOLD_VERSION}"
        )
    return () if generation is None else of_state(known.scores, generation, audience, now, known.names())


def award(known: Known, now: int, id_: str, citation: str, teams: Iterable[str]) -> Deed:
    """Give an award by hand, instead of the one of this id or beside the others; without a citation that of the former.

    Raises:
        ConflictError: when the contest is over.
        UsageError: when there is no such team, or a new award has no citation.
        DataError: when the id is none.
    """
    refuse_over(known)
    there = {one.id: one for one in awards_of(known, "jury", now)}
    if id_ not in there:  # a computed one may be longer than an id: a problem's or a group's is in it
        check_id(id_, "the award")
    words = citation or (there[id_].citation if id_ in there else "")
    if not words.strip():
        raise UsageError(f"award {id_} is a new one: say what for, --citation TEXT")
    ids = tuple(dict.fromkeys(known.team(team).id for team in teams))
    told = f"award {id_}, {words}: {', '.join(ids) or 'nobody'}; it is the jury's own from now on"
    return Deed.of(told, AwardGiven, award=Award(id_, words, ids))


def compute_award(known: Known, id_: str) -> Deed:
    """Give an award back to podium: what the jury did to it counts no more.

    Raises:
        ConflictError: when the contest is over.
        UsageError: when the jury did nothing to it.
    """
    refuse_over(known)
    if id_ not in known.scores.contest.awards:
        there = ", ".join(known.scores.contest.awards) or "none"
        raise UsageError(f"award {id_} is as podium computes it; by hand are: {there}")
    return Deed.of(f"award {id_} is again as podium computes it", AwardGiven, award=Award(id_, ""), computed=True)


def remove_award(known: Known, now: int, id_: str) -> Deed:
    """Take an award away: also one that podium computes, which stays away.

    Raises:
        ConflictError: when the contest is over.
        UsageError: when there is no such award; those that are there are told.
    """
    refuse_over(known)
    there = {one.id: one for one in awards_of(known, "jury", now)}
    if id_ not in there:
        raise UsageError(f"contest {known.contest} has no award {id_!r}; it has {', '.join(there) or 'none'}")
    gone = Award(id_, there[id_].citation)
    return Deed.of(f"award {id_} is given to nobody and does not show", AwardGiven, award=gone, removed=True)
