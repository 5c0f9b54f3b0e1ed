"""The time limit and the jury's submissions: what bounds it, what it must be, and what of a stated one is wrong. Pure.

2025-09 (Problem timing, Timelimit inference): with T the slowest run over the test cases that a rule applies to,
T × ac_to_time_limit <= time limit for each rule that permits no TLE, and time limit × time_limit_to_tle <= T for each
rule that requires one. Without a stated limit it is the smallest multiple of time_resolution that satisfies all of
them, and an error where there is none.

Legacy: the texts name time_multiplier and time_safety_margin and no formula. problemtools (checks/submissions.py) takes
the slowest accepted submission times the first, rounded up to whole seconds, at least one; it judges at the second
times that as well, and warns where a verdict differs. So the margin is a warning here, and never an error.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from packages.globs import Names
from packages.model import JurySubmission, Requirement, Timing
from schemas.topics import TASK_LOCK_MS

__all__ = [
    "JUDGING_MS",
    "LONGEST_MS",
    "Bound",
    "TimeLimit",
    "bounds_above",
    "bounds_below",
    "bounds_of",
    "conflict",
    "idle_ms",
    "infer",
    "too_long",
    "violations",
]

LONGEST_MS: Final = 60_000
"""The longest time limit: a judge must notice within minutes that a slot is stuck."""

JUDGING_MS: Final = TASK_LOCK_MS * 3 // 4
"""Of a whole judging: no run begins later. A slot that holds its task for longer than the lock loses it to another; what
is left of the lock is for the run that is under way then, of minutes at most, and for the report."""

_FAR: Final = 2
"""A stated limit that is so many times what the multipliers give is told: the field's measure for a limit that is safe on
another machine. What is below that is how fast this one is, and how the seconds were rounded."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A time limit is bounded by this submission, from below or from above, by its slowest run under a rule: `ms`.

    `test` is that run's test case, `source` says which rule it is.
    """

    kind: Literal["lower", "upper"]
    submission: str
    source: str
    test: str
    ms: int


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """What was made of the bounds: `ms` is 0 where no time limit satisfies them, and `error` says why."""

    ms: int
    error: str = ""
    slowest: Bound | None = None
    """What bounds it from below."""
    fastest: Bound | None = None
    """What bounds it from above."""


def bounds_below(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """Those that permit no TLE: what they apply to must be faster than the limit."""
    return tuple(
        r for r in requirements if r.time_limit == "lower" or (r.time_limit is None and "TLE" not in r.permitted)
    )


def bounds_above(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """Those that require a TLE and nothing else: what they apply to must be slower than the limit."""
    return tuple(r for r in requirements if r.time_limit == "upper" or (r.time_limit is None and r.required == {"TLE"}))


def bounds_of(submission: JurySubmission, names: Names, times: Mapping[str, int]) -> tuple[Bound, ...]:
    """The bounds that a submission sets, by the milliseconds that it took for each test case that was run."""
    found = []
    kinds: tuple[tuple[Literal["lower", "upper"], Sequence[Requirement]], ...] = (
        ("lower", bounds_below(submission.requirements)),
        ("upper", bounds_above(submission.requirements)),
    )
    for kind, requirements in kinds:
        for requirement in requirements:
            run = [test for test in names.cases if test in times and test in names.cases_of(requirement.tests)]
            if run:
                test = max(run, key=lambda one: times[one])
                found.append(Bound(kind, submission.name, requirement.source, test, times[test]))
    return tuple(found)


def infer(timing: Timing, bounds: Iterable[Bound], *, strict: bool) -> TimeLimit:
    """The time limit that follows from the bounds; *strict*: those from above are an error where it exceeds them."""
    slowest, fastest = _extremes(bounds)
    if slowest is None:
        return TimeLimit(0, "no submission that was run bounds the time limit from below")
    steps = max(1, math.ceil(slowest.ms * _exact(timing.ac_to_time_limit) / timing.resolution_ms))
    limit = steps * timing.resolution_ms
    if limit > LONGEST_MS:
        error = (
            f"{_lower(timing, slowest)}, so that the limit would be {limit / 1000:g} s: podium allows "
            f"{LONGEST_MS / 1000:g} s"
        )
        return TimeLimit(0, error, slowest, fastest)
    if strict and fastest is not None and not _below(timing, limit, fastest):
        error = (
            f"no multiple of {timing.resolution_ms} ms is a time limit: {_lower(timing, slowest)}, and "
            f"{_upper(timing, fastest)}"
        )
        return TimeLimit(0, error, slowest, fastest)
    return TimeLimit(limit, "", slowest, fastest)


def violations(timing: Timing, limit_ms: int, bounds: Iterable[Bound]) -> list[str]:
    """Each way in which a time limit is not as the bounds would have it; of one that is stated, also where."""
    slowest, fastest = _extremes(bounds)
    found = []
    said = f"the time limit, {limit_ms} ms" + (f" by {timing.stated}" if timing.stated else "")
    if slowest is not None and slowest.ms * _exact(timing.ac_to_time_limit) > limit_ms:
        found.append(f"{said}, is too low: {_lower(timing, slowest)}")
    if fastest is not None and not _below(timing, limit_ms, fastest):
        found.append(f"{said}, is too high: {_upper(timing, fastest)}")
    return found


def conflict(timing: Timing, limit_ms: int, bounds: Iterable[Bound]) -> str:
    """That the multipliers of a legacy package give far less than the time limit that it states; else nothing.

    What they give more is one of the `violations`.
    """
    found = infer(timing, bounds, strict=False)
    if not timing.stated or found.slowest is None or not found.ms or limit_ms <= _FAR * found.ms:
        return ""
    return (
        f"{timing.stated} is {limit_ms} ms, and time_multiplier gives {found.ms} ms: {_lower(timing, found.slowest)}; "
        "the first one counts"
    )


def idle_ms(limit_ms: int) -> int:
    """How long a run may be idle under a time limit: twice that and a second."""
    return 2 * limit_ms + 1000


def too_long(cases: int, passes: int, limit_ms: int) -> str:
    """That a judge may have no time for so many test cases under this limit; nothing where it has, or there is no limit.

    The longest run is an idle one; what validators take comes to that.
    """
    most_ms = cases * passes * idle_ms(limit_ms)
    if not limit_ms or most_ms <= JUDGING_MS:
        return ""
    return (
        f"{cases} test cases may take up to {most_ms // 60_000} minutes at {limit_ms} ms each, where a submission idles; a "
        f"judging that takes more than {JUDGING_MS // 60_000} is a judging error"
    )


def _extremes(bounds: Iterable[Bound]) -> tuple[Bound | None, Bound | None]:
    every = list(bounds)
    return (
        max((b for b in every if b.kind == "lower"), key=lambda b: b.ms, default=None),
        min((b for b in every if b.kind == "upper"), key=lambda b: b.ms, default=None),
    )


def _below(timing: Timing, limit_ms: int, bound: Bound) -> bool:
    return limit_ms * _exact(timing.time_limit_to_tle) <= bound.ms


def _lower(timing: Timing, bound: Bound) -> str:
    least = math.ceil(bound.ms * _exact(timing.ac_to_time_limit))
    return f"{_took(bound)}, times {timing.ac_to_time_limit:g} is {least} ms"


def _upper(timing: Timing, bound: Bound) -> str:
    most = math.floor(bound.ms / _exact(timing.time_limit_to_tle))
    return f"{_took(bound)}, divided by {timing.time_limit_to_tle:g} is {most} ms"


def _took(bound: Bound) -> str:
    return f"{bound.submission} takes {bound.ms} ms for {bound.test}"


def _exact(multiplier: float) -> Fraction:
    """The number as it was written: 1.1 is eleven tenths."""
    return Fraction(str(multiplier))
