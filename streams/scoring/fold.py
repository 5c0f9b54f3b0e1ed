"""The fold: one event of a contest's log into its state.

Each event changes exactly one part, so whatever prefix of the parts' writes survives a crash is the state at a position
of the log, and reading on from any earlier position gives the same state again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from streams.scoring import acts
from streams.scoring.contest import FOLD_VERSION
from streams.scoring.parts import Cell, Group, Hack, Judged, RejudgingChunk, Submitted, Team
from streams.scoring.state import ContestState

__all__ = ["FOLDED", "FOLD_VERSION", "Effect", "apply"]


class Effect(NamedTuple):
    """What an event asks for: parts to keep, and the rows and first-to-solves to write, or the whole boards.

    It follows from the event and the state after it, never from a difference: read again, the event asks for the same.
    Where `since` is given, nothing but the submission made then (time, position) has changed: a first-to-solve that is
    decided by earlier ones is what it was.
    """

    changed: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    everything: bool = False
    since: tuple[int, int] | None = None


_NOTHING = Effect()
_QUIET = Effect(("contest",))
_EVERYTHING = Effect(("contest",), everything=True)


def apply(state: ContestState, position: int, event: Any) -> Effect:
    """Take the event at this position of the log into the state, in place.

    Idempotent by position: a part that is at or past it stays as it is, and the effect is the same. Deterministic.
    Events that scores do not depend on change nothing, and nothing does behind the event that closed the contest: no
    late judgement, no act, no generation. What was skipped is still noted: that is the fold's own business.

    Raises:
        ValueError: for a scoring rule, or a parameter of one, that does not exist; the state is as it was.
    """
    name = type(event).__name__
    change = _CHANGES.get(name)
    closed = state.contest.closed
    if change is None or (closed is not None and position > closed and name != "PositionSkipped"):
        return _NOTHING
    effect = change(state, position, event)
    if effect.everything:
        state.views.clear()
    state.forget(effect.teams, effect.problems, effect.since)
    return effect


# ---- submissions and judgings ---------------------------------------------------------------------------------------


def _cell(state: ContestState, event: Any) -> Cell:
    cell = state.cells.get((event.team_id, event.problem_id))
    if cell is None:
        cell = Cell(event.team_id, event.problem_id)
        state.add_cell(cell)
    return cell


def _of_cell(cell: Cell, submitted: Submitted | None, *, hacks: bool = False) -> Effect:
    """The cell and, with *hacks*, whoever tried to hack the submission: whether it is there is in their rows."""
    teams: tuple[str, ...] = (cell.team_id,)
    if hacks and submitted is not None and submitted.hacks:
        teams = tuple(dict.fromkeys((cell.team_id, *(hack.team_id for hack in submitted.hacks))))
    since = (submitted.at, submitted.position) if submitted is not None and submitted.position >= 0 else None
    return Effect((cell.key,), teams, (cell.problem_id,), since=since)


def _submission(state: ContestState, position: int, event: Any) -> Effect:
    cell = _cell(state, event)
    if position > cell.position:
        submitted = cell.of(event.id)
        if submitted.position < 0:
            submitted.position, submitted.at = position, event.submitted_at
            state.index(cell, submitted)
        cell.position = position
    return _of_cell(cell, cell.submissions.get(event.id), hacks=True)


def _judgement(state: ContestState, position: int, event: Any) -> Effect:
    cell = _cell(state, event)
    if position > cell.position:
        cell.of(event.submission_id).judge(event.judging, event.verdict, event.score, event.group_scores)
        cell.position = position
    return _of_cell(cell, cell.submissions.get(event.submission_id))


def _overridden(state: ContestState, position: int, event: Any) -> Effect:
    cell = _cell(state, event)
    if position > cell.position:
        submitted = cell.of(event.submission_id)
        if event.id not in submitted.acts:
            submitted.acts += (event.id,)
            said = None if event.verdict is None else Judged(event.verdict, event.score, event.group_scores)
            submitted.override = None if said is None else (position, said)
        cell.position = position
    return _of_cell(cell, cell.submissions.get(event.submission_id))


def _ignored(state: ContestState, position: int, event: Any) -> Effect:
    cell = _cell(state, event)
    if position > cell.position:
        submitted = cell.of(event.submission_id)
        if event.id not in submitted.acts:
            submitted.acts += (event.id,)
            submitted.ignored = event.ignored
        cell.position = position
    return _of_cell(cell, cell.submissions.get(event.submission_id))


def _verified(state: ContestState, position: int, event: Any) -> Effect:
    cell = _cell(state, event)
    if position > cell.position:
        submitted = cell.of(event.submission_id)
        if event.id not in submitted.acts:
            submitted.acts += (event.id,)
            submitted.verified += (event.judging,)
        cell.position = position
    return _of_cell(cell, cell.submissions.get(event.submission_id))


def _hacked(state: ContestState, position: int, event: Any) -> Effect:
    cell = _cell(state, event)
    submitted = cell.of(event.submission_id)
    if position > cell.position:
        if event.id not in submitted.acts:
            submitted.acts += (event.id,)
            submitted.hacks += (Hack(position, event.by_team_id, event.successful),)
            state.index_hacks(cell, submitted)
        cell.position = position
    return _of_cell(cell, submitted, hacks=True)


def _rejudging(state: ContestState, position: int, event: Any) -> Effect:
    chunk = state.chunks.get(event.id)
    if chunk is None:
        number = position if event.chunk == 0 else event.rejudging
        chunk = RejudgingChunk(event.id, number, position, tuple(event.submission_ids))
        state.add_chunk(chunk)
    # it shows with an act that applies the rejudging behind it, never by itself: no row depends on it
    return Effect((f"rejudging:{event.id}",)) if chunk.position == position else _NOTHING


# ---- teams and groups -----------------------------------------------------------------------------------------------


def _of_team(state: ContestState, team_id: str) -> Effect:
    return Effect((f"team:{team_id}",), (team_id,), tuple(state.of_team.get(team_id, ())))


def _team_part(state: ContestState, team_id: str) -> Team:
    team = state.teams.get(team_id)
    if team is None:
        team = state.teams[team_id] = Team(team_id)
    return team


def _team(state: ContestState, position: int, event: Any) -> Effect:
    team = _team_part(state, event.id)
    if position > team.position:
        team.known, team.name, team.group_ids = True, event.name, tuple(event.group_ids)
        team.hidden, team.removed = event.hidden, event.removed
        team.position = position
    return _of_team(state, event.id)


def _penalty(state: ContestState, position: int, event: Any) -> Effect:
    team = _team_part(state, event.team_id)
    if position > team.position:
        team.penalties.setdefault(event.id, event.by)
        team.position = position
    return _of_team(state, event.team_id)


def _disqualified(state: ContestState, position: int, event: Any) -> Effect:
    team = _team_part(state, event.team_id)
    if position > team.position:
        if event.id not in team.acts:
            team.acts.append(event.id)
            team.disqualified = event.disqualified
        team.position = position
    return _of_team(state, event.team_id)


def _started(state: ContestState, position: int, event: Any) -> Effect:
    team = _team_part(state, event.team_id)
    if position > team.position:
        if team.start is None:
            team.start = event.start_time
        team.position = position
    return _of_team(state, event.team_id)


def _team_extended(state: ContestState, position: int, event: Any) -> Effect:
    # kept with the contest, since the thaw waits for it
    _keep(state, position, event)
    return Effect(("contest",), (event.team_id,), tuple(state.of_team.get(event.team_id, ())))


def _group(state: ContestState, position: int, event: Any) -> Effect:
    group = state.groups.get(event.id)
    if group is None:
        group = state.groups[event.id] = Group(event.id)
    if position > group.position:
        group.hidden, group.position = event.hidden, position
    concerned = any(event.id in team.group_ids for team in state.teams.values())
    return Effect((f"group:{event.id}",), everything=concerned)


# ---- the contest ----------------------------------------------------------------------------------------------------


def _contest(effect: Effect) -> Callable[[ContestState, int, Any], Effect]:
    def change(state: ContestState, position: int, event: Any) -> Effect:
        if position > state.contest.position:
            acts.apply(state.contest, position, event)
            state.views.clear()
        return effect

    return change


def _transitioned(state: ContestState, position: int, event: Any) -> Effect:
    # of what the clock comes past, only the thaw shows on a board: the others are in the times
    return (_show if event.kind == "thawed" else _keep)(state, position, event)


_show, _keep = _contest(_EVERYTHING), _contest(_QUIET)

_CHANGES: dict[str, Callable[[ContestState, int, Any], Effect]] = {
    "Submission": _submission,
    "Judgement": _judgement,
    "VerdictOverridden": _overridden,
    "SubmissionIgnored": _ignored,
    "SubmissionVerified": _verified,
    "SubmissionHacked": _hacked,
    "RejudgingCreated": _rejudging,
    "Team": _team,
    "Group": _group,
    "PenaltyAdded": _penalty,
    "TeamDisqualified": _disqualified,
    "TeamStarted": _started,
    "TeamTimeExtended": _team_extended,
    "Transitioned": _transitioned,
    **dict.fromkeys(
        (
            "Definition",
            "StartMoved",
            "ContestExtended",
            "ScoreboardFrozen",
            "ScoreboardUnfrozen",
            "IntervalRemoved",
            "RejudgingApplied",
            "RejudgingReverted",
            "GenerationOpened",
        ),
        _show,
    ),
    **dict.fromkeys(
        (
            "ThawScheduled",
            "RejudgingCancelled",
            "Finalized",
            "AwardGiven",
            "PositionSkipped",
            "GenerationPromoted",
            "GenerationRetired",
        ),
        _keep,
    ),
}

FOLDED: frozenset[str] = frozenset(_CHANGES)
"""The names of the events that scores depend on; a reader passes over the others without decoding them."""
