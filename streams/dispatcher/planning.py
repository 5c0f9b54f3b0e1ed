"""The planner's pure core: which judgings an event of the log asks for. Values of its table are small and JSON-able."""

from __future__ import annotations

from typing import Any

from schemas.definition import ChangedPackage
from schemas.errors import DataError
from schemas.events import (
    Definition,
    JudgingPaused,
    JudgingResumed,
    PositionSkipped,
    RejudgingCreated,
    Submission,
)
from schemas.topics import LANES
from schemas.work import JudgingWanted, PackagesWanted, PauseChanged
from streams.dispatcher.rejudgings import limits_in, limits_of, open_packages
from streams.scoring.acts import refused

__all__ = [
    "definition_value",
    "judged_here",
    "over",
    "packages_wanted",
    "pause_changed",
    "rejudging_number",
    "submission_value",
    "wanted",
    "without_skipped",
]


def definition_value(held: dict[str, Any] | None, position: int, event: Definition) -> dict[str, Any] | None:
    """What is kept of a definition: how its problems are judged. None when it takes no effect where it stands. Pure.

    A definition takes effect only when it changes the one that is current at its position, and the fold knows its rule.
    """
    current = -1 if held is None else held["definition"]
    fold_version = None if held is None else held["fold_version"]
    if current not in (position, event.changes) or refused(event, fold_version):
        return None
    return {
        "at": position if held is None else max(position, held["at"]),
        "definition": position,
        "before": _before(held, position),
        "fold_version": event.fold_version if fold_version is None else fold_version,
        "priority": event.priority,
        "score_scale": event.score_scale,
        "all_tests": event.all_tests,
        "languages": [language.id for language in event.languages],
        "problems": {problem.id: limits_in(problem) for problem in event.problems},
    } | _acts(held)


def _acts(held: dict[str, Any] | None) -> dict[str, Any]:
    """The acts that no definition undoes."""
    return {"rejudgings": held["rejudgings"]} if held is not None and "rejudgings" in held else {}


def _before(held: dict[str, Any] | None, position: int) -> dict[str, Any] | None:
    """What a definition replaces, for the case that the scorer skips it; the same when the definition is read again."""
    if held is None:
        return None
    if held["definition"] == position:
        before: dict[str, Any] | None = held["before"]
        return before
    return held | {"before": None}


def without_skipped(held: dict[str, Any] | None, position: int, event: PositionSkipped) -> dict[str, Any] | None:
    """What is kept of the definition before the one that a scorer has skipped; else what is held. Pure."""
    if held is None or (event.position, event.fold_version) != (held["definition"], held["fold_version"]):
        return held
    before: dict[str, Any] | None = held["before"]
    return None if before is None else before | _acts(held) | {"at": position}


def submission_value(position: int, event: Submission) -> dict[str, Any]:
    """What is kept of a submission, for a rejudging of it. Pure."""
    return {
        "at": position,
        "team": event.team_id,
        "problem": event.problem_id,
        "language": event.language_id,
        "submitted_at": event.submitted_at,
    }


def judged_here(definition: dict[str, Any] | None, problem_id: str) -> bool:
    """Whether submissions for the problem are judged by this podium: not where the problem has no package. Pure.

    Such are the problems of contests that were imported. Of what no definition has, `wanted` says what is wrong.
    """
    limits = limits_of(definition, problem_id) if definition else None
    return limits is None or bool(limits[0])


def rejudging_number(position: int, event: RejudgingCreated) -> int:
    """The rejudging's number: the position of its first chunk. Pure."""
    return event.rejudging if event.chunk else position


def wanted(
    definition: dict[str, Any] | None,
    submission: dict[str, Any],
    *,
    contest: str,
    submission_id: str,
    partition: int,
    recorded_at: int,
    recorded_by: str,
    cause: int | None = None,
    index: int = 0,
    judging: int = 0,
    lane: str = "live",
    changed: ChangedPackage | None = None,
) -> JudgingWanted:
    """The judging of a submission that an event asks for; by default the submission itself is that event. Pure.

    Raises:
        DataError: when the contest has no definition, the definition has no such problem or no package for it, or there
            is no such lane.
    """
    if lane not in LANES:
        raise DataError(f"contest {contest}: submission {submission_id}: no lane {lane!r}")
    if definition is None:
        raise DataError(f"contest {contest}: submission {submission_id} comes before any definition")
    limits = limits_of(definition, submission["problem"])
    if limits is None:
        raise DataError(f"contest {contest}: submission {submission_id} is for no problem: {submission['problem']}")
    if changed is not None and changed.problem_id == submission["problem"]:
        limits = limits_in(changed)
    if not limits[0]:
        raise DataError(
            f"contest {contest}: submission {submission_id}: problem {submission['problem']} has no package"
        )
    return JudgingWanted(
        recorded_at=recorded_at,
        recorded_by=recorded_by,
        contest=contest,
        partition=partition,
        position=submission["at"],
        cause=submission["at"] if cause is None else cause,
        index=index,
        submission_id=submission_id,
        team_id=submission["team"],
        problem_id=submission["problem"],
        language_id=submission["language"],
        submitted_at=submission["submitted_at"],
        judging=judging,
        lane=lane,
        priority=definition["priority"],
        package=limits[0],
        time_limit_ms=limits[1],
        memory_limit_mib=limits[2],
        output_limit_mib=limits[3],
        # a table's value may be older than this code: what it does not say is the event's default
        score_scale=definition.get("score_scale", 1),
        all_tests=definition.get("all_tests", False),
    )


def packages_wanted(
    contest: str, definition: dict[str, Any] | None, *, recorded_at: int, recorded_by: str
) -> PackagesWanted:
    """What judges should have ready: the definition's packages, those of open rejudgings, and the languages. Pure.

    Of a contest that is over only what is judged again; of None nothing.
    """
    packages: list[str] = []
    if definition is not None:
        found = () if definition.get("over") else (limits_of(definition, id_) for id_ in definition["problems"])
        packages = [limits[0] for limits in found if limits is not None and limits[0]]
        packages += open_packages(definition)
    return PackagesWanted(
        recorded_at=recorded_at,
        recorded_by=recorded_by,
        contest=contest,
        packages=tuple(dict.fromkeys(packages)),
        languages=tuple(definition.get("languages", ())) if definition is not None and packages else (),
    )


def over(held: dict[str, Any] | None, position: int) -> dict[str, Any] | None:
    """What is kept of a contest whose results are official: nobody need be ready for it, until it is defined anew. Pure."""
    return None if held is None else held | {"at": max(position, held["at"]), "over": True}


def pause_changed(
    event: JudgingPaused | JudgingResumed, *, partition: int, position: int, recorded_at: int, recorded_by: str
) -> PauseChanged:
    """What the queue is told of a pause or its end. Pure."""
    return PauseChanged(
        recorded_at=recorded_at,
        recorded_by=recorded_by,
        contest=event.contest,
        partition=partition,
        cause=position,
        problem_id=event.problem_id,
        language_id=event.language_id,
        paused=isinstance(event, JudgingPaused),
    )
