"""What the planner keeps of a contest's rejudgings: which are applied, which never will be, what they put problems on.

It stands under `rejudgings` in the planner's value of the contest, JSON-able and small: `at` (the last act taken),
`applied` and `cancelled` (numbers), `changed` (for each applied one with a package, in the order of the acts: its number,
the problem, and package and limits as in `problems`), `open` (number and package of each one that is judged on another
package and not decided yet). The same acts take effect as in the fold; a test says so. From that and the definition follows
on which package a problem is judged under which limits, and what the queue is told when that changes. Pure.
"""

from __future__ import annotations

from typing import Any

from schemas.definition import ChangedPackage, Problem
from schemas.events import RejudgingApplied, RejudgingCancelled, RejudgingCreated, RejudgingReverted
from schemas.work import PackageReplaced

__all__ = ["Decision", "decided", "is_cancelled", "limits_in", "limits_of", "open_packages", "opened", "replaced"]

Decision = RejudgingApplied | RejudgingCancelled | RejudgingReverted

_NONE: dict[str, Any] = {"at": -1, "applied": [], "cancelled": [], "changed": [], "open": []}


def limits_in(said: Problem | ChangedPackage) -> list[Any]:
    """Package and limits, as they stand in the planner's values."""
    return [said.package, said.time_limit_ms, said.memory_limit_mib, said.output_limit_mib]


def limits_of(definition: dict[str, Any], problem_id: str) -> list[Any] | None:
    """Package and limits of a problem: by the act that came last, else the definition's; None where it has none.

    Where the definition has the act's package, its limits hold (as in `schemas.definition.ChangedPackage`).
    """
    defined: list[Any] | None = definition["problems"].get(problem_id)
    changed: list[list[Any]] = [
        limits for _, id_, limits in definition.get("rejudgings", _NONE)["changed"] if id_ == problem_id
    ]
    return changed[-1] if changed and defined is not None and changed[-1][0] != defined[0] else defined


def is_cancelled(definition: dict[str, Any] | None, number: int) -> bool:
    """Whether nobody will look at the rejudging."""
    return definition is not None and number in definition.get("rejudgings", _NONE)["cancelled"]


def open_packages(definition: dict[str, Any]) -> tuple[str, ...]:
    """The packages of the rejudgings that are not decided yet."""
    found: list[list[Any]] = definition.get("rejudgings", _NONE).get("open", [])
    return tuple(package for _, package in found)


def opened(held: dict[str, Any] | None, position: int, number: int, event: RejudgingCreated) -> dict[str, Any] | None:
    """What is kept once a rejudging with a package of its own is asked for.

    None where nothing changes: it has no such package, it is known, or it was decided when this was read before.
    """
    if held is None or event.changed is None:
        return None
    acts = _NONE | held.get("rejudgings", {})
    one = [number, event.changed.package]
    if acts["at"] >= position or one in acts["open"]:
        return None
    kept = acts | {"open": [*acts["open"], one]}
    return held | {"at": max(position, held["at"]), "rejudgings": kept}


def decided(held: dict[str, Any] | None, position: int, event: Decision) -> dict[str, Any] | None:
    """What is kept after the act at this position.

    None where the act changes nothing: it is void, or had been taken, and carried out, when it was read before; or the
    contest has no definition.
    """
    if held is None:
        return None
    acts = _NONE | held.get("rejudgings", {})
    number, applied, cancelled, changed = event.rejudging, acts["applied"], acts["cancelled"], acts["changed"]
    if acts["at"] >= position:
        return None
    match event:
        case RejudgingApplied() if number not in applied and number not in cancelled:
            applied = [*applied, number]
            if event.changed is not None:
                changed = [*changed, [number, event.changed.problem_id, limits_in(event.changed)]]
        case RejudgingCancelled() if number not in applied and number not in cancelled:
            cancelled = [*cancelled, number]
        case RejudgingReverted() if number in applied:
            applied = [one for one in applied if one != number]
            changed = [one for one in changed if one[0] != number]
        case _:
            return None
    still = [one for one in acts["open"] if one[0] != number]
    kept = {"at": position, "applied": applied, "cancelled": cancelled, "changed": changed, "open": still}
    return held | {"at": max(position, held["at"]), "rejudgings": kept}


def replaced(
    before: dict[str, Any] | None, after: dict[str, Any] | None, contest: str, **stamp: Any
) -> list[PackageReplaced]:
    """What the queue is told where a problem has another package or other limits from here on: what waits has them too.

    Args:
        before: what was kept of the contest.
        after: what is kept of it.
        contest: its id.
        stamp: `partition`, `cause`, `recorded_at` and `recorded_by` of the records.
    """
    found: list[PackageReplaced] = []
    if after is None:
        return found
    for problem_id in after["problems"]:
        limits = limits_of(after, problem_id)
        held = limits_of(before, problem_id) if before is not None else None  # None also where it was away meanwhile
        if limits is None or not limits[0] or limits == held:
            continue
        package, time, memory, output = limits
        record = PackageReplaced(
            contest=contest,
            index=len(found),
            problem_id=problem_id,
            package=package,
            time_limit_ms=time,
            memory_limit_mib=memory,
            output_limit_mib=output,
            **stamp,
        )
        found.append(record)
    return found
