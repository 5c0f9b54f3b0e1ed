"""What an event changes in a contest's objects: the difference that it makes to what derives from the state.

A view that keeps the state's parts beside the objects, and writes both at once, is at every moment exactly what a
prefix of the log says, whoever reads which part of the log how often.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from clics.derive import Derived, Key, configuration, derive, run_batch_id
from clics.fold import fold
from clics.state import State
from schemas import events
from schemas.live import TYPES

__all__ = ["Change", "Outcome", "apply"]

_STATE: Key = ("state", "state")
_RANK = {type_: rank for rank, type_ in enumerate(TYPES)}


@dataclass(frozen=True, slots=True)
class Change:
    """One object as it is from here on.

    `facts` None: it is gone. `stored` false: it has not changed, but readers hear of it (the runs of a rejudging that
    is applied). `notified` false: only facts have changed, or nobody may see it yet.
    """

    type: str
    id: str
    object: Any
    facts: dict[str, Any] | None
    stored: bool = True
    notified: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an event: changes in the order of references, and changed parts of the state.

    `numbered`: a submission and the number it got. `promoted`, `retired`: a generation.
    """

    changes: list[Change]
    parts: set[str]
    numbered: tuple[str, int] | None = None
    promoted: str | None = None
    retired: str | None = None


def apply(state: State, position: int, event: events.Event) -> Outcome:
    """Apply an event to the state, in place, and say what changed. Deterministic: no clock, no randomness, no I/O."""
    scope = _scope(state, event)
    active, generations = state.conduct.active, list(state.conduct.generations)
    before = derive(state, scope)
    parts = fold(state, position, event)
    if not parts:
        return Outcome([], parts)
    configured = isinstance(event, events.Definition | events.PositionSkipped)
    after = derive(state, {*scope, *configuration(state)} if configured else scope)
    changes = _difference(before, after)
    if isinstance(event, events.Runs):
        changes.append(_runs(state, position, event))
    numbered = (event.id, state.submissions[event.id].number) if isinstance(event, events.Submission) else None
    retired = next((one for one in generations if one not in state.conduct.generations), None)
    promoted = state.conduct.active if state.conduct.active != active else None
    return Outcome(changes, parts, numbered, promoted, retired)


def _scope(state: State, event: events.Event) -> set[Key]:
    """The keys of all objects that the event may change, and few others."""
    contest: set[Key] = {("contest", event.contest), _STATE}
    match event:
        case (
            events.Definition()
            | events.PositionSkipped()
            | events.StartMoved()
            | events.ContestExtended()
            | events.IntervalRemoved()
        ):
            kinds = {"clarifications", "commentary", *(["teams"] if _own_times(state, event) else [])}
            timed = {key for key in state.records if key[0] in kinds}
            first = set(state.records) if state.definition is None else set()
            return contest | set(configuration(state)) | _submissions(state, state.submissions) | timed | first
        case events.Team():
            return {("teams", event.id)} | _owned(state, {event.id})
        case events.TeamStarted() | events.TeamTimeExtended():
            return {("teams", event.team_id), *contest, *_submissions(state, state.of_team.get(event.team_id, ()))}
        case events.Group():
            teams = {t.id for t in state.of("teams") if isinstance(t, events.Team) and event.id in t.group_ids}
            return {("groups", event.id)} | {("teams", id_) for id_ in teams} | _owned(state, teams)
        case events.Organization():
            return {("organizations", event.id)}
        case events.Person():
            return {("persons", event.id)}
        case events.Clarification():
            answers = {
                key
                for key, one in state.records.items()
                if isinstance(one, events.Clarification) and one.reply_to_id == event.id
            }
            return {("clarifications", event.id)} | answers
        case events.Commentary():
            return {("commentary", event.id)}
        case events.AwardGiven():
            return {("awards", event.award.id)} | contest  # which says what awards were taken away
        case events.Submission():
            return {("submissions", event.id)}
        case (
            events.JudgingStarted()
            | events.Runs()
            | events.JudgingFaulted()
            | events.Judgement()
            | events.VerdictOverridden()
            | events.SubmissionIgnored()
            | events.SubmissionVerified()
            | events.SubmissionHacked()
        ):
            return {("submissions", event.submission_id)}
        case events.RejudgingApplied() | events.RejudgingReverted():
            number = event.rejudging
            judged = (s.id for s in state.submissions.values() if number in s.rejudgings or number in s.judgings)
            changed = [("problems", id_) for id_ in state.problems]  # it may put one of them on another package
            return {*_submissions(state, judged), *changed}
        case _:
            return contest


def _own_times(state: State, event: events.Event) -> bool:
    """Whether a team has other times than the contest, before the event or after it."""
    definitions = (state.definition, state.replaced, event if isinstance(event, events.Definition) else None)
    return bool(state.conduct.extra) or any(one is not None and one.window is not None for one in definitions)


def _submissions(state: State, ids: Iterable[str]) -> set[Key]:
    return {("submissions", id_) for id_ in ids if id_ in state.submissions}


def _owned(state: State, teams: set[str]) -> set[Key]:
    """What carries a team's being hidden: its submissions and messages."""
    owned = _submissions(state, (id_ for team in teams for id_ in state.of_team.get(team, ())))
    for key, record in state.records.items():
        match record:
            case events.Clarification() if teams & {record.from_team_id, _asker(state, record)}:
                owned.add(key)
            case events.Commentary() if teams & {*state.named_by(record), *_submitters(state, record)}:
                owned.add(key)
    return owned


def _asker(state: State, one: events.Clarification) -> str | None:
    """The team whose message this one answers."""
    asked = state.records.get(("clarifications", one.reply_to_id or ""))
    return asked.from_team_id if isinstance(asked, events.Clarification) else None


def _submitters(state: State, one: events.Commentary) -> set[str]:
    """The teams of the submissions that a commentary names."""
    return {state.submissions[id_].team for id_ in one.submission_ids if id_ in state.submissions}


def _difference(before: Derived, after: Derived) -> list[Change]:
    changes: list[Change] = []
    dropped: list[Change] = []
    for (type_, id_), (made, facts) in after.items():
        was, had = before.get((type_, id_), (None, None))
        if (made, facts) == (was, had):
            continue
        visible = facts.get("visible", True)
        # to the teams and the public: a rejudging that is applied, a verdict that the jury has verified
        appears = visible and (had is None or not had.get("visible", True) or _settles(had, facts))
        changes.append(Change(type_, id_, made, facts, notified=visible and (appears or made != was)))
        if appears and had is not None:
            # its runs, which nobody of them saw until now
            changes += [Change("runs", batch, None, {}, stored=False) for batch in facts["runs"]]
        # another attempt's runs have the same ids as those that it replaces
        old = set(had["runs"]).difference(facts["runs"]) if had and "runs" in had else set()
        dropped += [Change("runs", batch, None, None, notified=False) for batch in sorted(old)]
    changes.sort(key=lambda change: (_RANK[change.type], change.id))
    gone = [key for key in before if key not in after]
    gone.sort(key=lambda key: (-_RANK[key[0]], key[1]))
    return changes + dropped + [Change(type_, id_, None, None) for type_, id_ in gone]


def _settles(had: dict[str, Any], facts: dict[str, Any]) -> bool:
    return bool(facts.get("settled", False)) and not had.get("settled", True)


def _runs(state: State, position: int, event: events.Runs) -> Change:
    """A batch of runs stays a batch: ordinal, precise verdict, end and CPU time of each; readers expand it."""
    submitted = state.submissions[event.submission_id]
    judgement = state.judgement_id(event.submission_id, event.judging)
    facts = {
        "team": submitted.team,
        "problem": submitted.problem,
        "at": submitted.at,
        "submission": submitted.id,
        "judging": event.judging,
        "attempt": event.attempt,
        "judgement": judgement,
        "samples": [run.ordinal for run in event.runs if run.test.startswith("sample/")],
    }
    batch = [[run.ordinal, run.judgement_type_id, run.ended_at, run.cpu_ms] for run in event.runs]
    visible = state.was_applied(event.judging)
    return Change("runs", run_batch_id(judgement, position), batch, facts, notified=visible)
