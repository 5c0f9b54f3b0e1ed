"""Events into the state of a contest's objects."""

from __future__ import annotations

from clics.state import FIRST_HIDDEN, Hack, Override, State, Submitted
from schemas import events
from schemas.definition import Problem

__all__ = ["fold"]

ACCEPTED = "AC"
"""The precise verdict of a run that fails nothing."""

ONCE = (
    events.StartMoved,
    events.ContestExtended,
    events.TeamTimeExtended,
    events.ScoreboardFrozen,
    events.ScoreboardUnfrozen,
    events.ThawScheduled,
    events.Finalized,
    events.IntervalRemoved,
    events.JudgingPaused,
    events.JudgingResumed,
    events.RejudgingCreated,
    events.RejudgingApplied,
    events.RejudgingCancelled,
    events.RejudgingReverted,
    events.AwardGiven,
    events.ClarificationClaimed,
    events.ClarificationCategorised,
    events.GenerationOpened,
    events.GenerationPromoted,
    events.GenerationRetired,
)
"""Acts on the contest of which a repeat must not count.

The clock's transitions repeat harmlessly, and acts on a submission are remembered with it.
"""


def fold(state: State, position: int, event: events.Event) -> set[str]:
    """Apply an event to the state, in place; the parts that it changed. Deterministic.

    Of two records with one identity the first counts; what refers to nothing, and unknown kinds, change nothing.
    Neither does anything behind the event that closed the contest; that the scores skipped one is still noted.
    """
    state.position = position
    if state.conduct.closed is not None and not isinstance(event, events.PositionSkipped):
        return set()
    if isinstance(event, events.GenerationOpened) and state.definition is None:
        return set()  # the fold of the scores refuses it, and so does not know its id
    if isinstance(event, ONCE):
        if event.id in state.conduct.acts:
            return set()
        if event.id:
            state.conduct.acts.append(event.id)
    match event:
        case events.Submission():
            return _submission(state, position, event)
        case events.JudgingStarted() | events.Runs() | events.JudgingFaulted() | events.Judgement():
            return _judging(state, position, event)
        case (
            events.VerdictOverridden()
            | events.SubmissionIgnored()
            | events.SubmissionVerified()
            | events.SubmissionHacked()
        ):
            return _act_on_submission(state, position, event)
        case (
            events.Team()
            | events.Organization()
            | events.Group()
            | events.Person()
            | events.Clarification()
            | events.Commentary()
            | events.AwardGiven()
            | events.TeamStarted()
        ):
            return _record(state, event)
        case events.ClarificationClaimed() | events.ClarificationCategorised():
            return {"contest", *_clarification(state, event)}
        case events.RejudgingCreated():
            return {"contest", *_rejudging(state, position, event)}
        case _:
            before = state.problems
            changed = _conduct(state, position, event)
            # what a definition that the scores have skipped put problems on was never in force
            _taken_off(state, before, event.position if isinstance(event, events.PositionSkipped) else position)
            if state.conduct.closed is None and state.is_over:
                state.conduct.closed = position
            return {"contest"} if changed else set()


def _record(state: State, event: events.Event) -> set[str]:
    """What is an object by itself: the latest counts, of messages the first."""
    match event:
        case events.Team():
            key = ("teams", event.id)
        case events.Organization():
            key = ("organizations", event.id)
        case events.Group():
            key = ("groups", event.id)
        case events.Person():
            key = ("persons", event.id)
        case events.AwardGiven():
            state.records["awards", event.award.id] = event
            return {"contest", f"awards:{event.award.id}"}
        case events.Clarification() | events.Commentary():
            key = ("clarifications" if isinstance(event, events.Clarification) else "commentary", event.id)
            if key in state.records:
                return set()
        case events.TeamStarted():
            key = ("starts", event.team_id)
            if key in state.records:
                return set()
        case _:
            return set()
    state.keep(*key, event)
    return {":".join(key)}


def _clarification(state: State, event: events.ClarificationClaimed | events.ClarificationCategorised) -> set[str]:
    """What a judge does with a request beside answering it: the parts that keep who has claimed it, and its category."""
    id_ = event.clarification_id
    asked = state.records.get(("clarifications", id_))
    if not isinstance(asked, events.Clarification) or asked.from_team_id is None:
        return set()
    if isinstance(event, events.ClarificationCategorised):
        state.records["categories", id_] = event
        return {f"categories:{id_}"}
    held = state.records.get(("claims", id_))
    if event.instead_of != (held.recorded_by if held else ""):
        return set()
    if event.released:
        state.records.pop(("claims", id_), None)
    else:
        state.records["claims", id_] = event
    return {f"claims:{id_}"}


def _submission(state: State, position: int, event: events.Submission) -> set[str]:
    if event.id in state.submissions:
        return set()
    hidden = state.hidden(event.team_id)
    if hidden:
        state.hidden_count += 1
    else:
        state.count += 1
    submitted = Submitted(
        id=event.id,
        number=FIRST_HIDDEN - 1 + state.hidden_count if hidden else state.count,
        position=position,
        team=event.team_id,
        problem=event.problem_id,
        language=event.language_id,
        at=event.submitted_at,
        entry_point=event.entry_point,
        account=event.account,
        digest=event.digest,
        zip_hash=event.zip_hash,
    )
    state.add(submitted)
    return {"hidden-count" if hidden else "count", f"s:{event.id}"}


def _judging(
    state: State,
    position: int,
    event: events.JudgingStarted | events.Runs | events.JudgingFaulted | events.Judgement,
) -> set[str]:
    submitted = state.submissions.get(event.submission_id)
    if submitted is None:
        return set()
    judging = submitted.judgings.get(event.judging)
    open_ = judging is None or judging.verdict is None
    match event:
        case events.JudgingStarted() if judging is None:
            submitted.begin(event.judging, event.attempt, event.started_at)
        case events.JudgingStarted() if judging is not None and open_ and event.attempt >= judging.attempt:
            # a killed judge's task comes to another as the same attempt
            judging.begin(event.attempt, event.started_at)
        case events.Runs() if judging is not None and judging.attempt == event.attempt and event.runs:
            failed = next((run.ordinal for run in event.runs if run.judgement_type_id != ACCEPTED), None)
            judging.ran(event.runs[0].ordinal, position, failed)
        case events.JudgingFaulted() if open_ and event.final and event.judging == 0:
            submitted.fault = event.why  # a rejudging shows nothing before it is applied, its faults included
        case events.Judgement() if open_:
            if judging is None:
                judging = submitted.begin(event.judging, event.attempt, event.started_at)
            elif judging.attempt != event.attempt:
                # an attempt that was given up finished first: its runs are not those in the view
                judging.begin(event.attempt, event.started_at)
            judging.verdict, judging.score = event.verdict, event.score
            judging.group_scores = list(event.group_scores)
            judging.ended_at, judging.cpu_ms, judging.position = event.ended_at, event.max_cpu_ms, position
            judging.package = event.package
            if event.judging == 0:
                submitted.fault = None
        case _:
            return set()
    return {f"s:{submitted.id}"}


def _act_on_submission(
    state: State,
    position: int,
    event: events.VerdictOverridden | events.SubmissionIgnored | events.SubmissionVerified | events.SubmissionHacked,
) -> set[str]:
    submitted = state.submissions.get(event.submission_id)
    if submitted is None or event.id in submitted.acts:
        return set()
    submitted.acts.append(event.id)
    match event:
        case events.VerdictOverridden(verdict=None):
            for override in submitted.overrides:
                override.holds = False
        case events.VerdictOverridden(verdict=str(verdict)):
            submitted.overrides.append(
                Override(
                    act=event.id,
                    position=position,
                    verdict=verdict,
                    at=event.recorded_at,
                    by=event.recorded_by,
                    score=event.score,
                    group_scores=list(event.group_scores),
                )
            )
        case events.SubmissionIgnored():
            submitted.ignored = event.ignored
        case events.SubmissionVerified():
            submitted.verified.append(event.judging)
            if (judging := submitted.judgings.get(event.judging)) is not None:
                judging.verified = True
        case events.SubmissionHacked(successful=True):
            submitted.hacks.append(Hack(event.id, position, event.recorded_at, event.recorded_by))
    return {f"s:{submitted.id}"}


def _conduct(state: State, position: int, event: events.Event) -> bool:
    """The definition and acts on the whole contest: whether anything came of it."""
    conduct = state.conduct
    match event:
        case events.Definition():
            if event.changes != conduct.definition_position:
                return False
            conduct.times.define(event.recorded_at, event.start_time, event.duration, event.scoreboard_freeze_duration)
            if state.definition is None:
                conduct.fold_version = event.fold_version
            state.replaced, conduct.replaced_position = state.definition, conduct.definition_position
            state.definition, conduct.definition_position = event, position
        case events.StartMoved():
            conduct.times.move(event.recorded_at, event.start_time, event.countdown_pause_time)
        case events.ContestExtended():
            conduct.times.extend(event.recorded_at, event.by)
        case events.TeamTimeExtended():
            conduct.extra[event.team_id] = conduct.extra.get(event.team_id, 0) + event.by
        case events.ScoreboardFrozen() if conduct.thawed is None:
            conduct.times.freeze_by_hand(event.recorded_at, event.at)
        case events.ScoreboardUnfrozen() if conduct.thawed is None and _has_time(state, event.recorded_at):
            conduct.times.unfreeze(event.recorded_at)
        case events.ThawScheduled() if conduct.thawed is None:
            conduct.thaw_time = [event.thaw_time]
        case events.ScoreboardFrozen() | events.ScoreboardUnfrozen() | events.ThawScheduled():
            pass  # the contest was thawed, or is over: void, but its id is taken
        case events.Transitioned():
            passed = (event.kind, event.planned_at)
            if passed in conduct.passed or (event.kind == "thawed" and event.planned_at != state.planned_thaw):
                return False
            conduct.passed.append(passed)
            if event.kind == "thawed":
                conduct.thawed = event.planned_at
            else:
                conduct.times.note(event.planned_at)
        case events.Finalized():
            conduct.finalized, conduct.b = event.recorded_at, event.b
        case events.IntervalRemoved(restored=True):
            conduct.times.restore(event.start, event.end)
        case events.IntervalRemoved():
            conduct.times.remove(event.recorded_at, event.start, event.end)
        case events.JudgingPaused() | events.JudgingResumed():
            pause = [event.problem_id, event.language_id]
            if isinstance(event, events.JudgingPaused):
                conduct.paused += [] if pause in conduct.paused else [pause]
            elif pause in conduct.paused:
                conduct.paused.remove(pause)
        case events.PositionSkipped():
            conduct.degraded = True
            if (event.position, event.fold_version) == (conduct.definition_position, conduct.fold_version):
                # the scores are without it, and so is who changes the one before it
                conduct.times.undefine()
                state.definition, conduct.definition_position = state.replaced, conduct.replaced_position
                state.replaced, conduct.replaced_position = None, -1
                conduct.fold_version = event.fold_version if state.definition else None
        case events.RejudgingApplied() | events.RejudgingCancelled() | events.RejudgingReverted():
            _decide(state, position, event)
        case events.GenerationOpened() | events.GenerationPromoted() | events.GenerationRetired():
            _generation(state, position, event)
        case _:
            return False
    return True


def _taken_off(state: State, before: dict[str, Problem], position: int) -> None:
    """Keep which packages problems were on before and are on no more; one of another system's has none."""
    for problem in state.problems.values():
        held = before.get(problem.id)
        if held is not None and held.package and problem.package and held.package != problem.package:
            state.conduct.taken_off.setdefault(problem.id, {})[held.package] = position


def _has_time(state: State, at: int) -> bool:
    """Whether a team still has time at this moment."""
    end = state.last_end
    return end is None or at < end


def _rejudging(state: State, position: int, event: events.RejudgingCreated) -> set[str]:
    number = position if event.chunk == 0 else event.rejudging
    state.conduct.rejudgings.setdefault(str(number), "created")
    if event.chunk == 0:
        state.conduct.rejudging_acts.setdefault(str(number), event.id)
    found = [state.submissions[id_] for id_ in event.submission_ids if id_ in state.submissions]
    for submitted in found:
        submitted.rejudgings.setdefault(number, position)
    return {f"s:{submitted.id}" for submitted in found}


def _decide(
    state: State,
    position: int,
    event: events.RejudgingApplied | events.RejudgingCancelled | events.RejudgingReverted,
) -> None:
    conduct, number = state.conduct, str(event.rejudging)
    match event, conduct.rejudgings.get(number):
        case events.RejudgingApplied(), "created" | "reverted":
            conduct.rejudgings[number] = "applied"
            conduct.applied.append([event.rejudging, position])
            if event.changed is not None:
                conduct.changed.append((event.rejudging, event.changed))
                put = [event.changed.problem_id, event.changed.package]
                conduct.put_on += [] if put in conduct.put_on else [put]
        case events.RejudgingCancelled(), "created":
            conduct.rejudgings[number] = "cancelled"
        case events.RejudgingCancelled(), "reverted":
            conduct.rejudgings[number] = "retired"
        case events.RejudgingReverted(), "applied":
            conduct.rejudgings[number] = "reverted"
            conduct.applied = [found for found in conduct.applied if found[0] != event.rejudging]
            conduct.changed = [found for found in conduct.changed if found[0] != event.rejudging]


def _generation(
    state: State, position: int, event: events.GenerationOpened | events.GenerationPromoted | events.GenerationRetired
) -> None:
    conduct = state.conduct
    match event:
        case events.GenerationOpened():
            conduct.generations.append(str(position))
        case events.GenerationPromoted(expect=conduct.active, generation=generation) if (
            generation in conduct.generations and generation != conduct.active
        ):
            conduct.active = generation
            conduct.promotions += 1
        case events.GenerationRetired(generation=generation) if generation in conduct.generations:
            if generation != conduct.active:
                conduct.generations.remove(generation)
