"""A log and its twin: the same contest but for what became of submissions that the public never learns of."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from clics.fold import fold
from clics.state import State
from schemas.events import (
    Event,
    Judgement,
    JudgingFaulted,
    JudgingStarted,
    Run,
    Runs,
    Submission,
    SubmissionHacked,
    SubmissionIgnored,
    SubmissionVerified,
    VerdictOverridden,
)
from schemas.references import moved

VERDICTS = ("AC", "WA", "TLE", "RTE", "CE", "JE", "MLE", "APE", "XX")

OUTCOMES = (
    Judgement,
    JudgingStarted,
    Runs,
    JudgingFaulted,
    VerdictOverridden,
    SubmissionHacked,
    SubmissionIgnored,
    SubmissionVerified,
)
"""The events that say what became of a submission."""

Log = list[tuple[int, Event]]


@dataclass(frozen=True)
class Step:
    """An event at its position; `shared`: the twin has it too, at a position of its own."""

    position: int
    event: Event
    shared: bool


def withheld_throughout(log: Log) -> set[str]:
    """The submissions of which the public knows no outcome at any position from the first outcome on."""
    state, known, told, exposed = State("c1"), dict[str, int](), set[str](), set[str]()
    for position, event in log:
        fold(state, position, event)
        if isinstance(event, Submission):
            known.setdefault(event.id, event.submitted_at)
        elif isinstance(event, OUTCOMES):
            told.add(event.submission_id)
        frozen = state.freeze is not None and state.conduct.thawed is None
        exposed |= {id_ for id_, at in known.items() if id_ in told and not (frozen and at >= state.freeze)}
        # what is told of a submission before its record is in the log is told of something that nobody knows
        exposed |= told - known.keys()
    return known.keys() - exposed


def twins(log: Log, secret: Collection[str], seed: int) -> tuple[list[Step], list[Step]]:
    """The log, and one in which other things became of the *secret* submissions, at other positions throughout."""
    drawn = random.Random(seed)
    first, second = list[Step](), list[Step]()
    places = dict[int, int]()
    end = 10_000  # no number of the first log is a position of the second
    for position, event in log:
        end += drawn.choice((1, 1, 2, 7, 1000))
        shared = not (isinstance(event, OUTCOMES) and event.submission_id in secret)
        first.append(Step(position, event, shared))
        if shared:
            places[position] = end
        there = moved(event, lambda named: places.get(named, named))
        if shared:
            second.append(Step(end, there, shared=True))
            continue
        for other in _others(drawn, there):
            second.append(Step(end, other, shared=False))
            end += drawn.choice((1, 3))
    return first, second


def _others(drawn: random.Random, event: Event) -> list[Any]:
    """What happens instead: nothing, the same otherwise, or more."""
    found: list[Any] = [event]
    match event:
        case Judgement():
            found = [_judged(drawn, event)]
        case VerdictOverridden():
            found = [replace(event, verdict=drawn.choice((None, *VERDICTS)), score=drawn.choice((None, 0, 1000)))]
        case SubmissionIgnored():
            found = [replace(event, ignored=not event.ignored)]
        case SubmissionHacked():
            found = [replace(event, successful=not event.successful)]
    if drawn.random() < 0.3:
        found = []
    if isinstance(event, Judgement) and drawn.random() < 0.5:
        found += _more(drawn, event)
    return found


def _judged(drawn: random.Random, event: Judgement) -> Judgement:
    late = drawn.randrange(100_000)
    return replace(
        event,
        verdict=drawn.choice(VERDICTS),
        started_at=event.started_at + late,
        ended_at=event.ended_at + late,
        max_cpu_ms=late,
        score=drawn.choice((None, 1, 60)),
        group_scores=drawn.choice(((), (20, 40), event.group_scores)),
        attempt=drawn.choice((1, 2)),
    )


def _more(drawn: random.Random, event: Judgement) -> list[Any]:
    said = {"contest": event.contest, "recorded_at": event.recorded_at, "recorded_by": "test"}
    of = {"submission_id": event.submission_id, "team_id": event.team_id, "problem_id": event.problem_id}
    judged = {"submission_id": event.submission_id, "judging": event.judging, "attempt": event.attempt}
    id_ = f"secret-{drawn.getrandbits(60)}"
    runs = tuple(Run(n, drawn.choice(VERDICTS), n, n, n, event.ended_at) for n in range(1, drawn.randrange(2, 6)))
    return drawn.sample(
        [
            VerdictOverridden(**said, **of, id=id_, verdict=drawn.choice(VERDICTS)),
            SubmissionIgnored(**said, **of, id=id_),
            SubmissionHacked(**said, **of, id=id_, by_team_id="t2", successful=drawn.random() < 0.5),
            SubmissionVerified(**said, **of, id=id_, judging=event.judging),
            JudgingStarted(**said, **judged, host="h", started_at=event.started_at),
            Runs(**said, **judged, runs=runs),
            JudgingFaulted(**said, **judged, host="h", why="no container", final=True),
        ],
        drawn.randrange(1, 4),
    )
