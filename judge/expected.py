"""What came of a jury's submission against what its package says of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from judge.outcome import Outcome, TestRun
from packages.expectations import ALL
from packages.globs import Names
from packages.model import JurySubmission, ProblemPackage, Requirement
from packages.submissions import names_of
from schemas.definition import BIG_5

__all__ = ["FACTOR", "Part", "big_5", "cramped", "faults_of", "hangs", "misses_the_best", "part_of", "time_of"]

FACTOR: Final = 2
"""A verdict should not change on a machine that is this many times faster or slower."""

_SLACK: Final = Fraction(1, 10**6)
"""Between scores, in points: a third of a hundred cannot be written as a decimal number."""


def big_5(verdict: str) -> str:
    """The verdict that expectations speak of: AC, WA, TLE, RTE, CE."""
    return BIG_5.get(verdict, verdict)


def time_of(run: TestRun) -> int:
    """The milliseconds that count against the time limit: of one that was idle for too long, its real time."""
    return run.wall_ms if run.verdict != "TLE" and big_5(run.verdict) == "TLE" else run.cpu_ms


def faults_of(package: ProblemPackage, submission: JurySubmission, outcome: Outcome) -> Iterator[str]:
    """Each way in which the outcome, of all tests, is not what the package requires of the submission."""
    verdict = big_5(outcome.verdict)
    if verdict not in submission.expected:
        said = outcome.compiler_output.strip().partition("\n")[0] if verdict == "CE" else ""
        yield f"{outcome.verdict}, expected {' or '.join(sorted(submission.expected))}{said and f': {said[:200]}'}"
        return
    if verdict == "CE":
        return
    names = names_of(package.test_cases, package.groups)
    for requirement in submission.requirements:
        cases, groups = names.cases_of(requirement.tests), names.groups_of(requirement.tests)
        yield from _unmet(requirement, names, cases, groups, outcome)
    if submission.score is not None:
        yield from _outside("", outcome.score, submission.score, "@EXPECTED_SCORE@")
    if submission.partial and outcome.score is not None and outcome.score == _best(package):
        yield f"its score, {_shown(outcome.score)}, is the best one: partially_accepted is for others"


@dataclass(frozen=True, slots=True)
class Part:
    """What the rules of submissions.yaml ask of a test case or a test data group, in words, and whether it is so."""

    expected: str
    ok: bool


def part_of(
    submission: JurySubmission, names: Names, outcome: Outcome, tests: frozenset[str], group: str = ""
) -> Part | None:
    """What the rules that name test cases ask of *tests*, which are a *group* or a single one; None where none asks anything.

    A rule counts that is for all of them. What it asks of its test cases together, as that one of them is slow, and of a
    group, its score, counts only where these are all that it is for, and that group.
    """
    words: list[str] = []
    ok = True
    for requirement in submission.requirements:
        covered = names.cases_of(requirement.tests) if requirement.tests else frozenset()
        if not tests or not tests <= covered:
            continue
        groups = names.groups_of(requirement.tests) & {group}
        mine = requirement if tests == covered else replace(requirement, required=ALL, message="")
        mine = mine if groups else replace(mine, score=None)
        words += _asked(mine)
        ok = ok and not any(True for _ in _unmet(mine, names, tests, groups, outcome))
    return Part(", ".join(dict.fromkeys(words)), ok) if words else None


def _asked(requirement: Requirement) -> Iterator[str]:
    if requirement.permitted != ALL:
        yield " or ".join(sorted(requirement.permitted))
    if not requirement.permitted <= requirement.required:
        yield f"some {' or '.join(sorted(requirement.required))}"
    if requirement.score is not None:
        yield _range(requirement.score)
    if requirement.message:
        yield repr(requirement.message)


def misses_the_best(package: ProblemPackage, submission: JurySubmission, outcome: Outcome) -> str:
    """In a legacy package, where an accepted submission may have any score: that it is not the best one, or nothing."""
    best = _best(package)
    if submission.partial or submission.expected != {"AC"} or best is None or outcome.score in (None, best):
        return ""
    return f"its score, {_shown(outcome.score)}, is not the best one, {_shown(best)}"


def hangs(outcome: Outcome, times: Mapping[str, int], limit_ms: int) -> str:
    """That the verdict would be another one under a time limit not twice as high or low; or nothing.

    `times` are the milliseconds of each test case, of those that were too slow as far as they were let run.
    """
    slow = big_5(outcome.verdict) == "TLE"
    over = {run.test for run in outcome.runs if big_5(run.verdict) == "TLE"}
    mine = {test: ms for test, ms in times.items() if (test in over) == slow}
    if not mine:
        return ""
    test = max(mine, key=lambda one: mine[one])
    if slow and mine[test] < FACTOR * limit_ms:
        return f"is too slow by less than a factor of {FACTOR}: {mine[test]} ms for {test} of {limit_ms} ms"
    if not slow and mine[test] * FACTOR > limit_ms:
        return f"is fast enough by less than a factor of {FACTOR}: {mine[test]} ms for {test} of {limit_ms} ms"
    return ""


def cramped(outcome: Outcome, limit_mib: int, extra_mib: int) -> str:
    """That the verdict would be another one under half the memory limit; or nothing.

    *extra_mib* is what the language's runtime may have beside it. How much more one would take that met the limit nobody
    has seen, and what is MLE already stays so under less.
    """
    if outcome.verdict == "MLE" or not outcome.runs:
        return ""
    run = max(outcome.runs, key=lambda one: one.memory_kib)
    used_mib = run.memory_kib / 1024 - extra_mib
    if used_mib * FACTOR <= limit_mib:
        return ""
    return f"has enough memory by less than a factor of {FACTOR}: {used_mib:.0f} MiB for {run.test} of {limit_mib} MiB"


def _unmet(
    requirement: Requirement, names: Names, cases: Collection[str], groups: Collection[str], outcome: Outcome
) -> Iterator[str]:
    """What of the rule is not so, of these test cases and groups of those that it is for."""
    runs = [run for run in outcome.runs if run.test in cases]
    verdicts = {big_5(run.verdict): run for run in reversed(runs)}
    for verdict in sorted(set(verdicts) - requirement.permitted):
        yield f"{verdicts[verdict].test}: {verdicts[verdict].verdict} is not permitted by {requirement.source}"
    left = [case for case in names.cases if case in set(cases) - {run.test for run in runs}]
    if left and requirement.permitted == {"AC"}:
        # "all test cases in the group are treated as having received a verdict that is not accepted"
        yield f"{left[0]} was not run, since its group requires another one: not permitted by {requirement.source}"
    got = {*verdicts, *(("RTE", "TLE", "WA") if left else ())}
    if cases and not requirement.required & got:
        yield f"no test case gets {' or '.join(sorted(requirement.required))}, as {requirement.source} requires"
    if requirement.message and not any(requirement.message in run.said for run in runs):
        yield f"no judgemessage says {requirement.message!r}, as {requirement.source} requires"
    if requirement.score is not None:
        if not requirement.tests:
            yield from _outside("", outcome.score, requirement.score, requirement.source)
        for group in sorted(groups) if requirement.tests else ():
            yield from _outside(f"{group}: ", outcome.group_scores.get(group), requirement.score, requirement.source)


def _outside(where: str, score: Fraction | None, bounds: tuple[Decimal, Decimal], source: str) -> Iterator[str]:
    if score is None:
        yield f"{where}has no score, and {source} requires one"
    elif not Fraction(bounds[0]) - _SLACK <= score <= Fraction(bounds[1]) + _SLACK:
        yield f"{where}score {_shown(score)}, expected {_range(bounds)} by {source}"


def _range(bounds: tuple[Decimal, Decimal]) -> str:
    low, high = bounds
    return f"{low}" if low == high else f"{low} to {high}"


def _best(package: ProblemPackage) -> Fraction | None:
    """The best score that a legacy package says there is; None where it says none."""
    root = next((group.legacy for group in package.groups if group.name == "" and group.legacy), None)
    if root is None or not package.scoring:
        return None
    best = root.range[1]
    return Fraction(best) if best is not None else None


def _shown(score: Fraction | None) -> str:
    return "–" if score is None else f"{float(score):g}"
