"""How long the jury's submissions take under a generous time limit, and beyond theirs; and what that says of the limit."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from judge.expected import FACTOR, big_5, time_of
from judge.outcome import Outcome, TestRun
from judge.pipeline import Judge
from judge.sandbox import Limits
from packages.model import JurySubmission, ProblemPackage, TestGroup, Timing
from packages.submissions import names_of
from packages.timing import LONGEST_MS, Bound, bounds_above, conflict, infer, too_long, violations

__all__ = ["TimeReport", "generous_ms", "only", "outlasting", "report_on"]


@dataclass(frozen=True, slots=True)
class TimeReport:
    """The time limit that all was judged by, whether it was measured here, and what is wrong with it.

    `limit_ms` is 0 where none could be found. Of the `bounding` submissions `judged` were judged; `measure` counts them.
    """

    limit_ms: int
    measured: bool
    bounds: tuple[Bound, ...]
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    bounding: int = 0
    judged: int = 0

    @property
    def ok(self) -> bool:
        """Whether it is as the format wants it."""
        return not self.faults


class _EnoughError(Exception):
    """A run has taken as long as anybody asks."""


def report_on(package: ProblemPackage, bounds: tuple[Bound, ...], limit_ms: int, *, measured: bool) -> TimeReport:
    """What there is to say of the time limit that all was judged by: in the legacy formats nothing of it is a fault. Pure."""
    strict, timing = package.format == "2025-09", package.timing
    if measured and strict:
        found = infer(timing, bounds, strict=True)
        wrong: tuple[str, ...] = (found.error,) if found.error else ()
    else:
        wrong = tuple(violations(timing, limit_ms, bounds))
    if measured:  # of a stated one the package itself tells
        told = too_long(len(package.test_cases), package.passes, limit_ms)
    else:
        told = "" if strict else conflict(timing, limit_ms, bounds)
    warnings = (*(() if strict else wrong), *((told,) if told else ()))
    return TimeReport(limit_ms, measured, bounds, wrong if strict else (), warnings)


def generous_ms(timing: Timing) -> int:
    """The time limit for submissions by which it is measured: what is slower would make it longer than podium allows."""
    return math.floor(LONGEST_MS / timing.ac_to_time_limit)


def outlasting(
    judge: Judge,
    slot: int,
    package: ProblemPackage,
    submission: JurySubmission,
    outcome: Outcome,
    limit_ms: int,
    check: Callable[[], None],
) -> dict[str, int]:
    """How long the tests that were too slow take under a limit as much higher as the format and a safe verdict ask.

    Of all that were too slow, and of those of each rule that bounds the limit from above, they are run one after the
    other until one takes that long; nothing where none was too slow.

    Raises:
        JudgeError: when the judge, or the jury's validator, failed.
        DependencyError: when the container engine does not answer, or the package's files have gone.
    """
    wanted_ms = math.ceil(limit_ms * max(FACTOR, package.timing.time_limit_to_tle))
    slow = {run.test: time_of(run) for run in outcome.runs if big_5(run.verdict) == "TLE"}
    times: dict[str, int] = {}

    def on_run(run: TestRun) -> None:
        times[run.test] = time_of(run)
        check()
        if times[run.test] >= wanted_ms:
            raise _EnoughError

    names = names_of(package.test_cases, package.groups)
    for tests in (*(names.cases_of(rule.tests) for rule in bounds_above(submission.requirements)), slow.keys()):
        mine = slow.keys() & tests
        if any((slow | times)[test] >= wanted_ms for test in mine) or mine <= times.keys():
            continue
        try:
            judge.judge(
                slot,
                only(package, mine - times.keys()),
                submission.program.sources(),
                submission.language,
                entry_point=submission.program.entry_point,
                limits=Limits.of_problem(wanted_ms, package.limits.memory_mib, package.limits.output_mib),
                all_tests=True,
                on_run=on_run,
            )
        except _EnoughError:
            continue
    return times


def only(package: ProblemPackage, names: Collection[str]) -> ProblemPackage:
    """The package with these test cases alone, and nothing to grade: what it is judged for is its time."""
    return replace(
        package,
        test_cases=tuple(case for case in package.test_cases if case.name in names),
        types=package.types - {"scoring"} | {"pass-fail"},
        groups=tuple(map(_ungraded, package.groups)),
        static_validator=None,
        grader=None,
    )


def _ungraded(group: TestGroup) -> TestGroup:
    legacy = replace(group.legacy, custom=False) if group.legacy else None
    return replace(group, require_pass=(), static_score=None, legacy=legacy)
