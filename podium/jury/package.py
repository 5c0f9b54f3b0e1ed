"""The package that a rejudging judges on: found in the store, and what it makes of its problem in the contest."""

from __future__ import annotations

from packages.grading import steps
from packages.model import ProblemPackage
from packages.read import read_package
from packages.store import FolderStore
from podium.contest import max_score
from podium.package_facts import told_of
from schemas.definition import ChangedPackage, Problem
from schemas.errors import DataError, PackageError, UsageError
from schemas.events import Definition

__all__ = ["changed_package"]


def changed_package(store: FolderStore, definition: Definition, problem: Problem, named: str) -> ChangedPackage:
    """The contest's problem on the package of the store whose digest begins so. Reads only.

    A limit that is the present package's own becomes that of the new one; one that the contest has set itself stays.

    Raises:
        UsageError: when there is no such package, or more than one; when it is the problem's already; when the problem
            would be worth another score on it, or have none: that is the contest's definition's business.
        PackageError: when the package is damaged, or has no time limit.
    """
    digest = store.find(named)
    if digest is None:
        raise UsageError(
            f"--package {named}: the store has no package whose digest begins so; `podium problem add` adds one"
        )
    found = read_package(store.path(digest))
    if found.digest == problem.package:
        raise UsageError(f"problem {problem.id} is on package {found.digest[:12]} already; leave --package out")
    counts_points = definition.scoreboard_type == "score"
    worth = max_score(found, counts_points=counts_points, score_scale=definition.score_scale)
    if worth != problem.max_score:
        raise UsageError(
            f"package {found.digest[:12]} scores up to {_points(worth)}, problem {problem.id} of the contest up to "
            f"{_points(problem.max_score)}: put the package into the contest's files, then `podium contest apply`"
        )
    try:
        before = read_package(store.path(problem.package))
    except DataError:
        before = None  # it has left the store: whose limits the contest has cannot be told, and they stay
    return ChangedPackage(
        problem_id=problem.id,
        package=found.digest,
        time_limit_ms=_time_limit(store, problem, before, found),
        memory_limit_mib=_of(
            problem.memory_limit_mib, before.limits.memory_mib if before else None, found.limits.memory_mib
        ),
        output_limit_mib=_of(
            problem.output_limit_mib, before.limits.output_mib if before else None, found.limits.output_mib
        ),
        test_data_count=len(steps(found)),
        **told_of(found, problem.id),
    )


def _of(contest: int, before: int | None, after: int) -> int:
    return after if before == contest else contest


def _time_limit(store: FolderStore, problem: Problem, before: ProblemPackage | None, found: ProblemPackage) -> int:
    if before is None or _time(store, before) != problem.time_limit_ms:
        return problem.time_limit_ms
    after = _time(store, found)
    if after is None:
        raise PackageError(
            f"{found.short_name}: states no time limit, and none was measured yet: `podium problem add` does"
        )
    return after


def _points(units: int | None) -> str:
    return "no score" if units is None else f"{units} units"


def _time(store: FolderStore, package: ProblemPackage) -> int | None:
    """Milliseconds: what the package states, else what was measured for it."""
    kept = store.kept_limit(package.digest)
    return package.limits.time_limit_ms or (kept.time_limit_ms if kept else None)
