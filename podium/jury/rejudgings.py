"""What may be done with a rejudging where the log stands: refusals, each with its reason. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from clics.state import Submitted
from podium.jury.record import Record, Rejudging
from schemas.definition import ChangedPackage
from schemas.errors import ConflictError, UsageError

__all__ = [
    "NAMED",
    "missing_reason",
    "not_on_package",
    "overlaps",
    "package_without",
    "refuse_apply",
    "refuse_cancel",
    "refuse_extend",
    "refuse_overlap",
    "refuse_revert",
    "set_of",
    "strayed",
]

NAMED = 10
"""So many ids stand in a message; there may be thousands."""


def set_of(record: Record, rejudging: Rejudging) -> list[Rejudging]:
    """The rejudgings of the same set of repeats, itself among them, in the order of the log."""
    return [one for one in record.rejudgings.values() if one.set_ == rejudging.set_]


def overlaps(record: Record, submission_ids: Collection[str], *, set_: int = 0) -> dict[int, list[str]]:
    """The open rejudgings that have any of these submissions, and which; those of the set of repeats *set_* aside."""
    found: dict[int, list[str]] = {}
    for number, other in record.rejudgings.items():
        if record.status(number) == "created" and other.set_ != set_:
            both = [id_ for id_ in submission_ids if id_ in other.submission_ids]
            if both:
                found[number] = both
    return found


def refuse_overlap(
    record: Record, submission_ids: Collection[str], *, set_: int = 0, before: int | None = None
) -> None:
    """Refuse submissions that an open rejudging has (one that was created earlier than *before*, where that is given).

    Raises:
        ConflictError: naming those rejudgings, and their submissions.
    """
    found = overlaps(record, submission_ids, set_=set_)
    lines = [
        f"rejudging {number} is open and has {len(ids)} of these submissions: {_some(record, ids)}; apply or cancel it first"
        for number, ids in found.items()
        if before is None or number < before
    ]
    if lines:
        raise ConflictError("\n".join(lines))


def _some(record: Record, ids: Collection[str]) -> str:
    submissions = record.state.submissions
    named = [str(submissions[id_].number) if id_ in submissions else id_ for id_ in list(ids)[:NAMED]]
    return f"number {', '.join(named)}{', …' if len(ids) > NAMED else ''}"


def missing_reason(record: Record, rejudging: Rejudging) -> str:
    """Why the rejudging has not judged all of its submissions; empty when it has."""
    if not rejudging.complete:
        return (
            f"rejudging {rejudging.number} lacks {rejudging.declared - len(rejudging.chunks)} of {rejudging.declared} parts "
            "of its list: whoever created it was interrupted; cancel it, and create another one"
        )
    missing = record.missing(rejudging)
    if not missing:
        return ""
    errors = [id_ for id_ in missing if (id_, rejudging.number) in record.faulted]
    beside = f", {len(errors)} of them by a judging error ({_some(record, errors)})" if errors else ""
    return (
        f"rejudging {rejudging.number} has no judgement yet of {len(missing)} of its {len(rejudging.submission_ids)} "
        f"submissions{beside}: {_some(record, missing)}"
    )


def refuse_apply(record: Record, rejudging: Rejudging) -> None:
    """Refuse to apply what cannot be: cancelled, applied already, not judged whole, or overlapping an earlier open one.

    One with a package must have every submission to its problem that was judged on another package: it puts the problem
    on that package, and there would be verdicts of two.

    Raises:
        ConflictError: with the reason.
    """
    number, status = rejudging.number, record.status(rejudging.number)
    if status == "cancelled":
        raise ConflictError(f"rejudging {number} was cancelled: it is never applied; create another one")
    if status == "applied":
        raise ConflictError(f"rejudging {number} is applied already")
    record.refuse_final("a change of verdicts")
    if reason := missing_reason(record, rejudging):
        raise ConflictError(reason)
    refuse_overlap(record, rejudging.submission_ids, set_=rejudging.set_, before=number)
    if rejudging.changed is not None:
        left = not_on_package(record, rejudging, rejudging.changed)
        if left:
            raise ConflictError(
                f"{len(left)} submissions to problem {rejudging.changed.problem_id} were judged on another package and are "
                f"not in rejudging {number}: {_some(record, [one.id for one in left])}; `podium rejudge extend` adds them"
            )


def not_on_package(record: Record, rejudging: Rejudging, changed: ChangedPackage) -> list[Submitted]:
    """The submissions to its problem outside of a rejudging whose verdict comes from another package than its own."""
    found = []
    for one in record.state.submissions.values():
        if one.problem == changed.problem_id and one.id not in rejudging.submission_ids:
            judged = record.judged.get((one.id, record.judging(one)))
            if judged is not None and judged.package != changed.package:
                found.append(one)
    return found


def strayed(record: Record, problem_id: str | None, ids: Collection[str] = ()) -> list[Submitted]:
    """The submissions whose verdict is of a package that their problem is no longer on, and was not left so.

    Args:
        record: the contest's record.
        problem_id: of all submissions to this problem; None: of none.
        ids: and of these.
    """
    state, found = record.state, []
    problems = state.problems
    for one in state.submissions.values():
        problem = problems.get(one.problem)
        if problem and (one.problem == problem_id or one.id in ids) and state.strayed(one, problem):
            found.append(one)
    return found


def package_without(record: Record, rejudging: Rejudging) -> str | None:
    """The package that its problem would be on without it; None where it has none of its own, or the problem is gone."""
    if rejudging.changed is None:
        return None
    conduct = record.state.conduct
    others = [found for found in conduct.changed if found[0] != rejudging.number]
    without = dataclasses.replace(record.state, conduct=dataclasses.replace(conduct, changed=others))
    problem = without.problems.get(rejudging.changed.problem_id)
    return problem.package if problem else None


def refuse_cancel(record: Record, rejudging: Rejudging) -> None:
    """Refuse to cancel what is applied, or cancelled already; nothing counts behind the end of updates, nor does this.

    Raises:
        ConflictError: with the reason.
    """
    status = record.status(rejudging.number)
    if status == "applied":
        raise ConflictError(f"rejudging {rejudging.number} is applied: `podium rejudge revert` takes it back")
    if status == "cancelled":
        raise ConflictError(f"rejudging {rejudging.number} is cancelled already")
    record.refuse_final("a change of rejudgings")


def refuse_revert(record: Record, rejudging: Rejudging) -> None:
    """Refuse to revert what is not applied, and a package that the contest's files have: they would keep the problem on it.

    Raises:
        ConflictError: with the reason.
    """
    status = record.status(rejudging.number)
    if status != "applied":
        raise ConflictError(f"rejudging {rejudging.number} is {status}, not applied: there is nothing to revert")
    record.refuse_final("a change of verdicts")
    changed, definition = rejudging.changed, record.state.definition
    if changed is None or definition is None or package_without(record, rejudging) != changed.package:
        return
    if any((one.id, one.package) == (changed.problem_id, changed.package) for one in definition.problems):
        raise ConflictError(
            f"the contest's files have package {changed.package[:12]} for problem {changed.problem_id}: earlier verdicts would "
            "show again, and new submissions be judged on it all the same. Take the earlier package into the files and "
            f"`podium contest apply` them, which leaves the problem where rejudging {rejudging.number} has put it; then revert"
        )


def refuse_extend(record: Record, rejudging: Rejudging) -> ChangedPackage:
    """Refuse to add submissions to what is not open, or has no package of its own; the package.

    Raises:
        UsageError: when it has no package: what came in since was judged with the one in force.
        ConflictError: when it is not open.
    """
    status = record.status(rejudging.number)
    if status != "created":
        raise ConflictError(f"rejudging {rejudging.number} is {status}: nothing can be added to it")
    record.refuse_final("a change of rejudgings")
    if rejudging.changed is None:
        raise UsageError(
            f"rejudging {rejudging.number} judges on the package in force: what came in since needs no rejudging for it"
        )
    return rejudging.changed
