"""What a feed holds, in a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from clics.feeds import Feed
from clics.times import format_reltime, format_time
from schemas.events import (
    AwardGiven,
    Clarification,
    Commentary,
    Definition,
    Event,
    Finalized,
    Group,
    Judgement,
    Organization,
    Person,
    Runs,
    Submission,
    Team,
    Transitioned,
    VerdictOverridden,
)

__all__ = ["summary"]


def summary(feed: Feed, found: Iterable[Event]) -> dict[str, Any]:
    """What the feed and its events come to. Pure; of a feed that has been read to its end."""
    found = list(found)
    (definition,) = (event for event in found if isinstance(event, Definition))
    counts = Counter(type(event) for event in found)
    verdicts: dict[str, str] = {}
    by_problem: dict[str, Counter[str]] = {problem.id: Counter() for problem in definition.problems}
    submitted: dict[str, str] = {}
    for event in found:
        if isinstance(event, Submission):
            submitted[event.id] = event.problem_id
        elif isinstance(event, Judgement | VerdictOverridden):
            verdicts[event.submission_id] = event.verdict or ""
    for id_, problem in submitted.items():
        by_problem.setdefault(problem, Counter())[verdicts.get(id_, "pending")] += 1
    start = definition.start_time
    return {
        "contest": {
            "id": definition.contest,
            "name": definition.name,
            "version": feed.version,
            "start_time": None if start is None else format_time(start),
            "duration": format_reltime(definition.duration),
            "scoreboard_freeze_duration": _length(definition.scoreboard_freeze_duration),
            "scoreboard_type": definition.scoreboard_type,
            "penalty_time": format_reltime(definition.penalty_time),
        },
        "state": {
            event.kind if isinstance(event, Transitioned) else "finalized": format_time(event.recorded_at)
            for event in found
            if isinstance(event, Transitioned | Finalized)
        },
        "counts": {
            "lines": feed.lines,
            "problems": len(definition.problems),
            "languages": len(definition.languages),
            "groups": counts[Group],
            "organizations": counts[Organization],
            "teams": counts[Team],
            "hidden teams": sum(isinstance(event, Team) and event.hidden for event in found),
            "persons": counts[Person],
            "submissions": counts[Submission],
            "judged": counts[Judgement],
            "judged again": counts[VerdictOverridden],
            "runs": sum(len(event.runs) for event in found if isinstance(event, Runs)),
            "clarifications": counts[Clarification],
            "commentary": counts[Commentary],
            "awards": counts[AwardGiven],
        },
        "problems": [
            {"id": one.id, "label": one.label, "name": one.name, "verdicts": dict(sorted(by_problem[one.id].items()))}
            for one in definition.problems
        ],
        "oddities": [
            {
                "kind": one.kind,
                "meaning": one.meaning,
                "count": one.count,
                "allowed": one.allowed,
                "first": [{"line": line, "what": what} for line, what in one.first],
            }
            for one in feed.oddities.found(feed.version)
        ],
    }


def _length(ms: int | None) -> str | None:
    return None if ms is None else format_reltime(ms)
