"""What an event changes in a contest's objects: the difference that it makes to what derives from the state.

A view that keeps the state's parts beside the objects, and writes both at once, is at every moment exactly what a
prefix of the log says, whoever reads which part of the log how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clics.commentary import named_by
from clics.derive import Derived, configuration, derive, run_batch_id
from clics.fold import fold
from clics.state import State
from schemas import events
from schemas.live import RANK, Key, withheld
from streams.scoring.award_settings import GROUP_WINNER

__all__ = ["Change", "Outcome", "apply", "runs_of"]

_STATE: Key = ("state", "state")


@dataclass(frozen=True, slots=True)
class Change:
    """One object as it is from here on, and as it was.

    `facts` None: it is gone; `was` None: it is new. `stored` false: it has not changed, but who sees what of it may have,
    with the contest or with a team's groups. `notified` false: the push has no news of it. Of runs a feed hears by their
    judgement, whose facts name the batches.
    """

    type: str
    id: str
    object: Any
    facts: dict[str, Any] | None
    was: tuple[Any, dict[str, Any]] | None = None
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
    groups = _groups(state, event)
    before = derive(state, scope)
    parts = fold(state, position, event)
    if not parts:
        return Outcome([], parts)
    configured = isinstance(event, events.Definition | events.PositionSkipped)
    after = derive(state, {*scope, *configuration(state)} if configured else scope)
    turn = _Turn.of(before, after, event.contest, groups ^ _groups(state, event))
    if others := turn.keys(state) - scope:
        again = derive(state, others)  # as they were before the event, since it does not change them
        before, after = before | again, after | again
    changes = _difference(before, after, turn)
    if isinstance(event, events.Runs):
        changes.append(runs_of(state, position, event))
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
            to_it = (key for key in state.messages if event.id in state.of_groups(key))
            of_it = [("groups", event.id), ("awards", f"{GROUP_WINNER}{event.id}"), *to_it]
            said = {one for key in of_it for one in _said(state, key)}
            return {("teams", id_) for id_ in teams} | _owned(state, teams) | said
        case events.Organization():
            return {("organizations", event.id)}
        case events.Person():
            return _said(state, ("persons", event.id))
        case events.Clarification():
            answers = {
                key
                for key in state.messages
                if isinstance(one := state.records[key], events.Clarification) and one.reply_to_id == event.id
            }
            return answers | _said(state, ("clarifications", event.id))
        case events.Commentary():
            return {("commentary", event.id)}
        case events.Submission():
            return _said(state, ("submissions", event.id))
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
    """What carries a team's being hidden: its submissions and messages, and who belongs to it."""
    owned = _submissions(state, (id_ for team in teams for id_ in state.of_team.get(team, ())))
    owned |= {("persons", id_) for team in teams for id_ in state.members.get(team, ())}
    for key in state.messages:
        match state.records[key]:
            case events.Clarification() as asked if teams & {asked.from_team_id, _asker(state, asked)}:
                owned.add(key)
            case events.Commentary() as said if any(teams & state.whose(named) for named in named_by(said)):
                owned.add(key)
    return owned


def _asker(state: State, one: events.Clarification) -> str | None:
    """The team whose message this one answers."""
    asked = state.records.get(("clarifications", one.reply_to_id or ""))
    return asked.from_team_id if isinstance(asked, events.Clarification) else None


def _said(state: State, key: Key) -> set[Key]:
    """The object, and what is said of it."""
    return {key, *(("commentary", id_) for id_ in state.said_of.get(key, ()))}


_OF_RUNS = ("start", "removed", "publish", "feedback")
"""What a judgement's runs are made of and shown by, beside the judgement."""
_SECRET = ("problems", "submissions", "judgements", "clarifications", "commentary")
"""What is, or may refer to, what nobody sees before the start; of awards the live sink knows."""
_LIVE = ("desktop", "webcam", "audio")
_NOWHEN: Mapping[str, Any] = {"start": None, "freeze": None, "thaw": None, "came": None} | dict.fromkeys(_OF_RUNS)


@dataclass(frozen=True, slots=True)
class _Turn:
    """What an event makes others see of objects that it does not change.

    By the contest's facts as they were and as they are, by its main group, or by the groups that a team has joined or left.
    """

    had: Mapping[str, Any]
    has: Mapping[str, Any]
    regrouped: bool
    groups: frozenset[str]

    @classmethod
    def of(cls, before: Derived, after: Derived, contest: str, groups: frozenset[str]) -> _Turn:
        """What is between the two; *groups*: which a team has joined or left."""
        key = "contest", contest
        if key not in before or key not in after:
            return cls(_NOWHEN, _NOWHEN, False, groups)  # a first definition changes everything that it shows
        (was, had), (now, has) = before[key], after[key]
        regrouped = was.get("main_scoreboard_group_id") != now.get("main_scoreboard_group_id")
        return cls(had, has, regrouped, groups)

    @property
    def begins(self) -> bool:
        """Whether the contest has begun, or has not begun any longer."""
        return _begun(self.had) != _begun(self.has)

    @property
    def freezes(self) -> bool:
        """Whether the public's board was frozen, or is frozen no longer."""
        return _frozen(self.had) != _frozen(self.has)

    def hides(self, at: int) -> bool:
        """Whether what became of a submission made then is withheld, or is withheld no longer."""
        return withheld(self.had, at) != withheld(self.has, at)

    def keys(self, state: State) -> set[Key]:
        """The keys of the objects concerned, and some others; what changes with the contest's times is not among them."""
        types = {"teams"} if self.freezes or self.regrouped else set()
        submissions: Iterable[str] = ()
        if any(self.had[name] != self.has[name] for name in ("freeze", "thaw")):
            types.add("commentary")
            submissions = (one.id for one in state.submissions.values() if self.hides(one.at))
        if self.groups:
            types |= {"clarifications", "commentary", "groups"}
        if self.begins:
            types |= {"clarifications", "commentary"}
            submissions = state.submissions
        found = {key for key in state.records if key[0] in types} if types else set()
        return found | _submissions(state, submissions) | (set(configuration(state)) if self.begins else set())

    def concerns(self, type_: str, found: Any, facts: Mapping[str, Any]) -> bool:
        """Whether somebody may see otherwise an object that has not changed."""
        if self.begins and type_ in _SECRET:
            return True
        match type_:
            case "judgements":
                return any(self.had[name] != self.has[name] for name in _OF_RUNS) or self.hides(facts["at"])
            case "commentary":
                secret = self.hides(facts["at"]) or any(self.hides(at) for _, at in facts["of"].values())
                return secret or any(self._reaches_others(one) for one in facts["messages"])
            case "teams":
                return self.regrouped or (self.freezes and any(name in found for name in _LIVE))
            case "groups":
                return facts["hidden"] and found["id"] in self.groups
            case "clarifications" if self.groups:
                return any(self._reaches_others(one) for one in (facts, facts["reply"]) if one is not None)
        return False

    def _reaches_others(self, message: Mapping[str, Any]) -> bool:
        """Whether a message, by its facts, goes to a group that a team has joined or left."""
        return not self.groups.isdisjoint(message["to_groups"] or ())


def _begun(facts: Mapping[str, Any]) -> bool:
    return facts["start"] is not None and facts["came"] is not None and facts["came"] >= facts["start"]


def _frozen(facts: Mapping[str, Any]) -> bool:
    return facts["came"] is not None and withheld(facts, facts["came"])


def _groups(state: State, event: events.Event) -> frozenset[str]:
    """The groups that a team is in whose entry this is."""
    found = state.records.get(("teams", event.id)) if isinstance(event, events.Team) else None
    return frozenset(found.group_ids if isinstance(found, events.Team) else ())


def _difference(before: Derived, after: Derived, turn: _Turn) -> list[Change]:
    changes: list[Change] = []
    for (type_, id_), (made, facts) in after.items():
        found = before.get((type_, id_))
        if found is not None and found == (made, facts):
            if turn.concerns(type_, made, facts):
                changes.append(Change(type_, id_, made, facts, found, stored=False, notified=False))
            continue
        was, had = found or (None, None)
        visible = facts.get("visible", True)
        # to the teams and the public: a rejudging that is applied, a verdict that the jury has verified
        appears = visible and (had is None or not had.get("visible", True) or _settles(had, facts))
        changes.append(Change(type_, id_, made, facts, found, notified=visible and (appears or made != was)))
    changes.sort(key=lambda change: (RANK[change.type], change.id))
    gone = [key for key in before if key not in after]
    gone.sort(key=lambda key: (-RANK[key[0]], key[1]))
    return changes + [Change(type_, id_, None, None, before[type_, id_]) for type_, id_ in gone]


def _settles(had: dict[str, Any], facts: dict[str, Any]) -> bool:
    return bool(facts.get("settled", False)) and not had.get("settled", True)


def runs_of(state: State, position: int, event: events.Runs) -> Change:
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
    return Change("runs", run_batch_id(judgement, position), batch, facts, notified=state.was_applied(event.judging))
