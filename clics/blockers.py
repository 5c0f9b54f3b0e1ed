"""What keeps a contest from being made final: CCS requirements, Finalizing the Contest, and what podium adds.

The requirements name a contest that still runs, submissions without a judgement, judging errors and unanswered
clarification requests. podium adds verdicts that have to be verified, where the contest says so, rejudgings that are
neither applied nor cancelled, and verdicts of another package than their problem's that nobody has left so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clics.clarifications import messages
from clics.state import State, Submitted
from clics.times import format_time
from clics.verdicts import JUDGING_ERROR, published
from schemas.definition import Problem
from schemas.events import Definition, Team

__all__ = ["Blocker", "blockers"]


@dataclass(frozen=True, slots=True)
class Blocker:
    """One reason why the contest cannot be made final.

    `kind` is what sort of one; `what` names the thing (a submission by its number, a message by its id), `why` says
    what is with it, `cure` what to do.
    """

    kind: str
    what: str
    why: str
    cure: str


def blockers(state: State, now: int) -> list[Blocker]:
    """Every reason why the contest cannot be made final at *now*, event time in UTC ms. Pure.

    Submissions that count for nothing are none: ignored ones, those made before the start or after the end, those of a
    team that was removed or to a problem that was withdrawn.
    """
    definition = state.definition
    if definition is None:
        return [Blocker("definition", state.contest, "the contest has no definition", "podium contest apply")]
    return [
        *_running_contest(state, now),
        *_of_submissions(state, definition),
        *_unanswered(state),
        *_rejudgings(state),
    ]


def _running_contest(state: State, now: int) -> Iterator[Blocker]:
    end = state.last_end
    if end is None:
        yield Blocker("not over", "the contest", "its start is not known", "podium contest start")
    elif now < end:
        yield Blocker("not over", "the contest", f"somebody has time until {format_time(end)}", "wait for the end")
    elif ("ended", state.clock.end) not in state.conduct.passed:
        yield Blocker(
            "not over", "the contest", "the clock has not written down its end", "see that podium's clock runs"
        )


def _of_submissions(state: State, definition: Definition) -> Iterator[Blocker]:
    problems = state.problems
    for one in sorted(state.submissions.values(), key=lambda one: one.number):
        problem = problems.get(one.problem)
        if problem is not None and _counts(state, one, problem):
            yield from _of_submission(state, definition, one, problem)


def _counts(state: State, one: Submitted, problem: Problem) -> bool:
    team = state.records.get(("teams", one.team))
    clock = state.clock_of(one.team)
    in_time = clock is not None and clock.start is not None and 0 <= clock.contest_time(one.at) < clock.duration
    here = isinstance(team, Team) and not team.removed and not problem.withdrawn
    return here and in_time and not one.ignored


def _of_submission(state: State, definition: Definition, one: Submitted, problem: Problem) -> Iterator[Blocker]:
    what = f"submission {one.number} ({one.id}; team {one.team}, problem {one.problem})"
    judging, verdict = state.shown(one)
    if verdict is None and one.fault is not None:
        yield Blocker("judging error", what, one.fault, _by_hand(state, one))
    elif verdict is None and judging is not None:
        yield Blocker("running", what, "it is being judged", "wait for its verdict")
    elif verdict is None:
        paused = [pause for pause in state.conduct.paused if pause[0] in (None, one.problem)]
        paused = [pause for pause in paused if pause[1] in (None, one.language)]
        why = "judging of it is paused" if paused else "it waits for a judge"
        yield Blocker(
            "pending", what, why, f"podium judge resume {state.contest}" if paused else "wait for its verdict"
        )
    elif (told := published(verdict, definition)) in (None, JUDGING_ERROR):
        why = "a judging error" if told else f"the contest has no judgement type for {verdict}"
        yield Blocker("judging error", what, why, _by_hand(state, one))
    elif judging is not None and state.strayed(one, problem):
        on = f"on package {judging.package[:12]}" if judging.package else "by another system"
        why = f"it was judged {on}, and problem {problem.id} is on {problem.package[:12]}"
        yield Blocker("another package", what, why, f"podium rejudge create {state.contest} --id {one.number}")
    elif definition.verification and judging is not None and not judging.verified:
        yield Blocker(
            "unverified", what, f"{verdict} is not verified", f"podium submission verify {state.contest} {one.number}"
        )


def _by_hand(state: State, one: Submitted) -> str:
    return f"podium rejudge create, or podium verdict set {state.contest} {one.number} VERDICT"


def _unanswered(state: State) -> Iterator[Blocker]:
    """Requests of teams to which the jury owes an answer."""
    for one in messages(state):
        if one.waits:
            asked = one.record
            what = f"clarification {asked.id} of team {asked.from_team_id}"
            cure = f"podium clar answer {state.contest} {asked.id}"
            yield Blocker("clarification", what, "nobody has answered it", cure)


def _rejudgings(state: State) -> Iterator[Blocker]:
    for number, stage in state.conduct.rejudgings.items():
        if stage == "created":
            what = f"rejudging {number}"
            yield Blocker(
                "rejudging",
                what,
                "it is neither applied nor cancelled",
                f"podium rejudge apply|cancel {state.contest} {number}",
            )
