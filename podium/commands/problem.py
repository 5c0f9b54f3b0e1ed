"""`podium problem`: verify packages with the sandbox, put them into the store, list what is there."""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from judge.image.build import ensure_image
from judge.pipeline import Judge
from judge.pool import Pool
from judge.verify import DataReport, Progress, SubmissionReport, verify
from packages.model import ProblemPackage
from packages.read import read_package
from packages.store import folder_store
from podium.stack.docker import ensure_docker
from schemas.errors import PackageError
from schemas.settings import Settings, load

__all__ = ["register"]

app = typer.Typer(no_args_is_help=True, help="Problem packages: verify them, put them in the store.")

_WIDTH = 120
"""Columns where there is no terminal to ask."""

_STYLES = {"AC": "green", "CE": "yellow", "TLE": "yellow", "ILE": "yellow"}

Packages = Annotated[list[Path], typer.Argument(help="Problem packages: folders or zips.", metavar="PACKAGE…")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a package.")]


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="problem")


def _read(paths: list[Path]) -> list[ProblemPackage]:
    """All of them, or what is wrong with any of them."""
    packages, errors = [], []
    for path in paths:
        try:
            packages.append(read_package(path))
        except PackageError as error:
            errors.append(str(error))
    if errors:
        raise PackageError("\n".join(errors))
    return packages


@app.command("verify")
def verify_command(
    packages: Packages,
    as_json: AsJson = False,
    slots: Annotated[int, typer.Option(min=1, help="Submissions judged at a time; by default one a core.")] = (
        os.cpu_count() or 1
    ),
) -> int:
    """Judge each package's own submissions on all tests, and compare with what it says of them. Exit 1 on a difference."""
    found = _read(packages)
    console = Console(stderr=as_json)
    if not console.is_terminal:
        console.width = _WIDTH
    settings = load()
    with _judge(settings, console, slots) as judge:
        good = [_verify(judge, package, slots, console, as_json=as_json) for package in found]
    if not as_json:
        right = sum(good)
        console.print(
            f"[green]all {right} packages are as they say[/]"
            if all(good)
            else f"[red]{len(good) - right} of {len(good)} packages are not as they say[/]"
        )
    return 0 if all(good) else 1


@contextmanager
def _judge(settings: Settings, console: Console, slots: int) -> Iterator[Judge]:
    """A judge with containers of its own, which leaves none behind."""
    ensure_docker(settings)
    ensure_image(settings, lambda line: console.print(line, highlight=False))
    with Pool(settings, owner=f"verify-{os.getpid()}", slots=slots) as pool:
        yield Judge(pool)


def _verify(judge: Judge, package: ProblemPackage, slots: int, console: Console, *, as_json: bool) -> bool:
    for warning in package.warnings:
        console.print(Text.assemble(("warning: ", "yellow"), warning))
    table = _table(package)
    reports: list[SubmissionReport] = []
    data = DataReport(0, ())
    # live only for people: into a pipe or a file goes the table when it is whole
    with Live(console=console, auto_refresh=False, transient=True) as live:
        runs: dict[str, str] = {}

        def progress(now: Progress) -> None:
            runs[now.submission.name] = f"{runs.get(now.submission.name, '')} {now.run.verdict}"
            if console.is_terminal:
                done = f"{package.short_name}: {len(reports)} of {len(package.submissions)}"
                live.update(Text(f"{done}  {now.submission.name}{runs[now.submission.name]}"), refresh=True)

        for report in verify(judge, package, slots, progress):
            if isinstance(report, DataReport):
                data = report
            else:
                reports.append(report)
    reports.sort(key=lambda r: r.submission.name)
    for report in reports:
        _row(table, report)
    faults = [*(f"data: {fault}" for fault in data.faults), *_slow(package, reports)]
    if as_json:
        print(json.dumps(_as_json(package, reports, data)))
    else:
        console.print(table)
        console.print(f"{data.checked} inputs and outputs of the data checked", highlight=False)
        for fault in faults:
            console.print(Text(fault, "red"))
    return data.ok and all(report.ok for report in reports)


def _table(package: ProblemPackage) -> Table:
    limits = package.limits
    title = f"{package.short_name}: {package.name} ({limits.time_limit_ms} ms, {limits.memory_mib} MiB)"
    table = Table(title=title, title_justify="left")
    for name in ("submission", "language", "verdict", "tests"):
        table.add_column(name, no_wrap=name == "submission")
    for name in ("CPU ms", "memory MiB"):
        table.add_column(name, justify="right")
    for name in ("expected", "ok"):
        table.add_column(name)
    return table


def _row(table: Table, report: SubmissionReport) -> None:
    submission, outcome = report.submission, report.outcome
    verdict = outcome.verdict if outcome else "–"
    verdicts = itertools.groupby(run.verdict for run in (outcome.runs if outcome else ()))
    counted = [(one, len(list(group))) for one, group in verdicts]
    tests = Text(" ").join(Text(f"{n}×{one}" if n > 1 else one, _STYLES.get(one, "red")) for one, n in counted)
    table.add_row(
        submission.name,
        submission.language,
        Text(verdict, _STYLES.get(verdict, "red")),
        tests,
        str(outcome.max_cpu_ms) if outcome else "",
        f"{outcome.max_memory_kib / 1024:.1f}" if outcome else "",
        " or ".join(sorted(submission.expected)),
        Text("yes", "green") if report.ok else Text("; ".join(report.faults), "red"),
    )


def _slow(package: ProblemPackage, reports: list[SubmissionReport]) -> Iterator[str]:
    """Accepted submissions that leave less room than the package's own multiplier asks for: told, and no difference."""
    limits = package.limits
    for report in reports:
        if report.outcome is None or report.submission.expected != {"AC"}:
            continue
        needed = report.outcome.max_cpu_ms * limits.ac_to_time_limit
        if needed > limits.time_limit_ms:
            name = report.submission.name
            yield f"{name} takes {report.outcome.max_cpu_ms} ms: the time limit should be at least {needed:.0f} ms"


def _as_json(package: ProblemPackage, reports: list[SubmissionReport], data: DataReport) -> dict[str, Any]:
    return {
        "package": package.short_name,
        "digest": package.digest,
        "ok": data.ok and all(report.ok for report in reports),
        "data": {"checked": data.checked, "faults": list(data.faults)},
        "warnings": list(package.warnings),
        "submissions": [
            {
                "name": report.submission.name,
                "language": report.submission.language,
                "verdict": report.outcome.verdict if report.outcome else None,
                "expected": sorted(report.submission.expected),
                "ok": report.ok,
                "faults": list(report.faults),
                "compile_ms": report.outcome.compile_ms if report.outcome else None,
                "tests": [
                    {
                        "name": run.test,
                        "verdict": run.verdict,
                        "cpu_ms": run.cpu_ms,
                        "wall_ms": run.wall_ms,
                        "memory_kib": run.memory_kib,
                        "message": run.message,
                    }
                    for run in (report.outcome.runs if report.outcome else ())
                ],
            }
            for report in reports
        ],
    }


@app.command("add")
def add(packages: Packages, as_json: AsJson = False) -> None:
    """Check packages and put them into the store; print their digests and limits."""
    found = _read(packages)
    store = folder_store(load())
    for package in found:
        store.put(package)
    _print(found, as_json=as_json)


@app.command("list")
def list_command(as_json: AsJson = False) -> int:
    """Print the packages that are in the store. Exit 1 when one of them cannot be read."""
    store = folder_store(load())
    bad = 0
    for digest in store.digests():
        try:
            _print([read_package(store.path(digest))], as_json=as_json)
        except PackageError as error:
            print(f"podium: {error}", file=sys.stderr)
            bad = 1
    return bad


def _print(packages: list[ProblemPackage], *, as_json: bool) -> None:
    if as_json:
        for package in packages:
            print(json.dumps(_summary(package)))
        return
    for package in packages:
        limits = package.limits
        print(f"{package.digest}  {package.name}")
        print(
            f"    {limits.time_limit_ms} ms, {limits.memory_mib} MiB of memory, {limits.output_mib} MiB of output, "
            f"{limits.code_kib} KiB of source; {len(package.test_cases)} tests; format {package.format}"
        )


def _summary(package: ProblemPackage) -> dict[str, Any]:
    limits = package.limits
    return {
        "digest": package.digest,
        "name": package.name,
        "uuid": package.uuid,
        "format": package.format,
        "tests": len(package.test_cases),
        "time_limit_ms": limits.time_limit_ms,
        "memory_mib": limits.memory_mib,
        "output_mib": limits.output_mib,
        "code_kib": limits.code_kib,
        "validation_time_s": limits.validation_time_s,
        "validation_memory_mib": limits.validation_memory_mib,
        "validation_output_mib": limits.validation_output_mib,
    }
