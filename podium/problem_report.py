"""What came of verifying a package, for people and as JSON. Pure: it prints nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from judge.expected import FACTOR, big_5, part_of
from judge.outcome import Outcome, TestRun
from judge.verify import DataReport, Report, SubmissionReport, TimeReport
from packages.globs import STATIC, Names
from packages.model import ProblemPackage
from packages.submissions import names_of
from podium.plain import plain

__all__ = ["Verified", "as_json", "for_people"]

_STYLES: Final = {"AC": "green", "CE": "yellow", "TLE": "yellow"}
_PLOT_WIDTH: Final = 61
"""Columns; the limit is in the middle, where twice the limit is at the end."""


@dataclass(slots=True)
class Verified:
    """The reports on one package, as far as they have come."""

    package: ProblemPackage
    submissions: list[SubmissionReport] = field(default_factory=list)
    data: DataReport = field(default_factory=lambda: DataReport(0, ()))
    time: TimeReport = field(default_factory=lambda: TimeReport(0, measured=False, bounds=()))

    def add(self, report: Report) -> None:
        """Take a report."""
        if isinstance(report, SubmissionReport):
            self.submissions.append(report)
            self.submissions.sort(key=lambda r: r.submission.name)
        elif isinstance(report, DataReport):
            self.data = report
        else:
            self.time = report

    @property
    def ok(self) -> bool:
        """Whether all that was judged is as the package says."""
        return self.data.ok and self.time.ok and all(report.ok for report in self.submissions)

    def counted(self, state: str) -> int:
        """How many submissions are `ok`, `wrong`, `skipped`, or `manual`: left to a person."""
        return sum(report.state == state for report in self.submissions)


def for_people(verified: Verified, *, tests: bool) -> Iterator[RenderableType]:
    """The table, a plot of the times against the limit, and what else there is to say; *tests*: a row for each test."""
    package = verified.package
    yield _table(verified, tests=tests)
    if verified.time.limit_ms:
        yield _plot(verified)
    yield plain(f"{verified.data.checked} inputs and outputs of the data checked")
    faults = [
        *(f"data: {fault}" for fault in verified.data.faults),
        *(f"time limit: {f}" for f in verified.time.faults),
    ]
    for fault in faults:
        yield plain(fault, "red")
    of_data = (f"data: {warning}" for warning in verified.data.warnings)
    for warning in (*package.warnings, *of_data, *verified.time.warnings):
        yield Text.assemble(("warning: ", "yellow"), plain(warning))
    for report in verified.submissions:
        name = report.submission.name
        yield from (plain(f"{name}: {fault}", "red") for fault in report.faults)
        if report.why:
            yield plain(f"{name}: {_STATES[report.state]}: {report.why}", "yellow")
        for warning in report.warnings:
            yield Text.assemble(("warning: ", "yellow"), plain(f"{name}: {warning}"))
    counts = [
        (verified.counted("ok"), "as expected"),
        (verified.counted("wrong"), "not as expected"),
        (verified.counted("skipped"), "skipped"),
        (verified.counted("manual"), "left to a person"),
    ]
    yield plain(f"submissions: {', '.join(f'{n} {what}' for n, what in counts if n) or 'none'}")


def _table(verified: Verified, *, tests: bool) -> Table:
    package, scoring = verified.package, verified.package.scoring
    limit = f"{verified.time.limit_ms} ms" if verified.time.limit_ms else "no time limit"
    origin = ", measured" if verified.time.measured and verified.time.limit_ms else ""
    title = f"{package.short_name}: {package.name} ({limit}{origin}; {package.limits.memory_mib} MiB)"
    table = Table(title=plain(title), title_justify="left")
    table.add_column("submission", no_wrap=True)
    table.add_column("language")
    table.add_column("tests", no_wrap=True)
    table.add_column("verdict")
    for name in (*(("score",) if scoring else ()), "CPU ms", "memory MiB"):
        table.add_column(name, justify="right")
    for name in ("expected", "ok"):
        table.add_column(name)
    names = names_of(package.test_cases, package.groups)
    group_of = {case.name: case.group for case in package.test_cases}
    groups: dict[str, list[str]] = {}
    for case in names.cases:
        groups.setdefault(group_of.get(case, case.removesuffix(STATIC)), []).append(case)
    for report in verified.submissions:
        for row in _rows(report, names, groups, tests=tests, scoring=scoring):
            table.add_row(*row)
    return table


def _rows(
    report: SubmissionReport, names: Names, groups: Mapping[str, Sequence[str]], *, tests: bool, scoring: bool
) -> Iterator[list[RenderableType]]:
    """The submission's row; one for each of its groups where it was run at all, and of its test cases, if wanted."""
    submission, outcome = report.submission, report.outcome
    runs = outcome.runs if outcome else ()
    yield [
        plain(submission.name),
        plain(submission.language),
        f"all {len(runs)}" if runs else "",
        _verdict(outcome.verdict) if outcome else Text("–"),
        *([_score(outcome.score) if outcome else ""] if scoring else []),
        *_used(runs),
        _expected(report),
        _state(report.state),
    ]
    if outcome is None or not runs:
        return
    by_test = {run.test: run for run in runs}
    for group, cases in groups.items():
        found = [by_test[case] for case in cases if case in by_test]
        yield [
            "",
            "",
            plain(f"{group} ({len(found)})"),
            _verdicts(found) if found else "not run",
            *_cell(outcome.group_scores.get(group), scoring),
            *_used(found),
            *_part(report, outcome, names, cases, group),
        ]
        for run in found if tests else ():
            yield [
                "",
                "",
                plain(f"  {run.test}"),
                _verdict(run.verdict),
                *_cell(run.score, scoring),
                *_used([run]),
                *_part(report, outcome, names, [run.test]),
            ]


def _part(
    report: SubmissionReport, outcome: Outcome, names: Names, cases: Sequence[str], group: str = ""
) -> tuple[RenderableType, RenderableType]:
    """What is expected of a group or a test case, and whether it is so; empty where no rule is for it."""
    part = part_of(report.submission, names, outcome, frozenset(cases), group)
    return ("", "") if part is None else (plain(part.expected), _state("ok" if part.ok else "wrong"))


def _cell(score: Fraction | None, scoring: bool) -> list[str]:
    return [_score(score)] if scoring else []


def _score(score: Fraction | None) -> str:
    return "" if score is None else f"{float(score):g}"


def _used(runs: Sequence[TestRun]) -> tuple[str, str]:
    """The CPU time of the slowest run, and the memory of the largest."""
    if not runs:
        return "", ""
    return str(max(run.cpu_ms for run in runs)), f"{max(run.memory_kib for run in runs) / 1024:.1f}"


def _expected(report: SubmissionReport) -> str:
    submission = report.submission
    words = [" or ".join(sorted(submission.expected)) or "–"]
    bounds = [submission.score, *(r.score for r in submission.requirements if not r.tests)]
    words += [f"{low}" if low == high else f"{low}–{high}" for low, high in filter(None, bounds)]
    return ", ".join(words)


_STATES: Final = {"ok": "yes", "wrong": "no", "skipped": "skipped", "manual": "not judged"}
_STATE_STYLES: Final = {"ok": "green", "wrong": "red", "skipped": "yellow", "manual": "yellow"}


def _state(state: str) -> Text:
    return Text(_STATES[state], _STATE_STYLES[state])


def _verdict(verdict: str) -> Text:
    return Text(verdict, _STYLES.get(big_5(verdict), "red"))


def _verdicts(runs: Sequence[TestRun]) -> Text:
    """The verdicts in the order of judging, those that follow each other counted."""
    several = [(verdict, len(list(found))) for verdict, found in itertools.groupby(run.verdict for run in runs)]
    return Text(" ").join(
        Text(f"{n}×{verdict}" if n > 1 else verdict, _STYLES.get(big_5(verdict), "red")) for verdict, n in several
    )


def _plot(verified: Verified) -> Group:
    """A line for each submission, a mark for each test at its time: from nothing to twice the limit and beyond."""
    limit = verified.time.limit_ms
    half = _PLOT_WIDTH // 4
    ruler = [" "] * _PLOT_WIDTH
    names = [report.submission.name for report in verified.submissions if report.times]
    if not names:
        return Group()
    width = max(map(len, names))
    for at, mark in ((half, "½"), (2 * half, "1"), (_PLOT_WIDTH - 1, str(FACTOR))):
        ruler[at] = mark
    lines = [Text(f"{'times the limit'.rjust(width)} {''.join(ruler)}", "dim")]
    lines += [
        Text.assemble(plain(report.submission.name.rjust(width)), " ", _line(report, limit, half))
        for report in verified.submissions
        if report.times
    ]
    return Group(*lines)


def _line(report: SubmissionReport, limit_ms: int, half: int) -> Text:
    verdicts = {run.test: run.verdict for run in report.outcome.runs} if report.outcome else {}
    marks: dict[int, list[str]] = {}
    for test, ms in report.times:
        at = min(_PLOT_WIDTH - 1, ms * 2 * half // limit_ms)
        marks.setdefault(at, []).append(verdicts.get(test, "TLE"))
    line = Text()
    for at in range(_PLOT_WIDTH):
        here = marks.get(at, [])
        if here:
            worst = next((one for one in here if one != "AC"), "AC")
            density = "·" if len(here) == 1 else "•" if len(here) < 4 else "●"
            line.append(density, _STYLES.get(big_5(worst), "red"))
        else:
            line.append("│" if at == 2 * half else "┊" if at in (half, _PLOT_WIDTH - 1) else " ", "dim")
    return line


def as_json(verified: Verified) -> dict[str, Any]:
    """The reports as a JSON object; times in milliseconds, scores as numbers."""
    package, time = verified.package, verified.time
    return {
        "package": package.short_name,
        "digest": package.digest,
        "ok": verified.ok,
        "skipped": verified.counted("skipped"),
        "time_limit": {
            "ms": time.limit_ms or None,
            "measured": time.measured,
            "stated": package.timing.stated or None,
            "faults": list(time.faults),
            "warnings": list(time.warnings),
            "bounds": [
                {"kind": b.kind, "submission": b.submission, "rule": b.source, "test": b.test, "ms": b.ms}
                for b in time.bounds
            ],
        },
        "data": {
            "checked": verified.data.checked,
            "faults": list(verified.data.faults),
            "warnings": list(verified.data.warnings),
        },
        "warnings": list(package.warnings),
        "submissions": [_submission_as_json(report) for report in verified.submissions],
    }


def _submission_as_json(report: SubmissionReport) -> dict[str, Any]:
    submission, outcome = report.submission, report.outcome
    times = dict(report.times)
    return {
        "name": submission.name,
        "language": submission.language,
        "state": report.state,
        "why": report.why or None,
        "verdict": outcome.verdict if outcome else None,
        "score": _number(outcome.score) if outcome else None,
        "group_scores": {name: _number(score) for name, score in outcome.group_scores.items()} if outcome else {},
        "expected": sorted(submission.expected),
        "ok": report.state == "ok",
        "faults": list(report.faults),
        "warnings": list(report.warnings),
        "compile_ms": outcome.compile_ms if outcome else None,
        "tests": [
            {
                "name": run.test,
                "verdict": run.verdict,
                "score": _number(run.score),
                "cpu_ms": run.cpu_ms,
                "wall_ms": run.wall_ms,
                "time_ms": times.get(run.test),
                "memory_kib": run.memory_kib,
                "message": run.message,
            }
            for run in (outcome.runs if outcome else ())
        ],
    }


def _number(score: Fraction | None) -> float | None:
    return None if score is None else float(score)
