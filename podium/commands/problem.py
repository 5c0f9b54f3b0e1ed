"""`podium problem`: verify packages with the sandbox, put them into the store, show what they say."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Self

import typer
from rich.console import Console
from rich.live import Live

from judge.image import needed
from judge.image.build import ensure_image, ensure_images, images_of
from judge.languages import LANGUAGES
from judge.pipeline import Judge
from judge.pool import Pool
from judge.verify import Progress, TimeReport, measure, verify
from packages.model import ProblemPackage
from packages.read import read_package
from packages.store import FolderStore, KeptLimit, folder_store
from podium.plain import plain
from podium.problem_report import Verified, as_json, for_people
from podium.problem_show import Shown, listed, short, summary, whole
from podium.problem_show import for_people as shown_for_people
from podium.stack.docker import ask_for_languages, ensure_docker
from podium.tame import tame
from schemas.errors import ConfigError, DependencyError, PackageError, UsageError
from schemas.settings import Settings, load

__all__ = ["register"]

app = typer.Typer(no_args_is_help=True, help="Problem packages: verify them, put them in the store.")

_WIDTH = 120
"""Columns where there is no terminal to ask."""

_SKIPPED = 3
"""The exit code where all that was judged held, and something was not judged."""

Packages = Annotated[list[Path], typer.Argument(help="Problem packages: folders or zips.", metavar="PACKAGE…")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a package.")]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", min=1, help="Submissions judged at a time; by default one a core.", metavar="N")
]
_JOBS = os.cpu_count() or 1


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
    json_: AsJson = False,
    jobs: Jobs = _JOBS,
    tests: Annotated[bool, typer.Option("--tests", help="A row for each test.")] = False,
    allow_skipped: Annotated[
        bool, typer.Option("--allow-skipped", help="Exit 0 also when a submission's language is not here.")
    ] = False,
) -> int:
    """Judge each package's own submissions on all tests, and compare with what it says of them.

    Exit 0: everything held. 1: something is not as the package says. 3: all that was judged held, and a submission was
    skipped, since this judge does not have its language.
    """
    found = _read(packages)
    console = _console(stderr=json_)
    settings = load()
    lacking = _lacking(settings, console, found)
    done = []
    with _judge(settings, jobs) as judge:
        for package in found:
            verified = _verify(judge, package, jobs, console, lacking)
            done.append(verified)
            if json_:
                print(json.dumps(as_json(verified)), flush=True)
            else:
                console.print(*for_people(verified, tests=tests), sep="\n")
    good, skipped = [one.ok for one in done], sum(one.counted("skipped") for one in done)
    if not json_:
        console.print(
            f"[green]all {sum(good)} packages are as they say[/]"
            if all(good)
            else f"[red]{len(good) - sum(good)} of {len(good)} packages are not as they say[/]"
        )
        if skipped:
            console.print(f"[yellow]skipped, since this judge does not have their languages: {skipped}[/]")
    if not all(good):
        return 1
    return _SKIPPED if skipped and not allow_skipped else 0


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr)
    if not console.is_terminal:
        console.width = _WIDTH
    return console


@contextmanager
def _judge(settings: Settings, slots: int) -> Iterator[Judge]:
    """A judge with containers of its own, of which it leaves none behind."""
    with Pool(settings, owner=f"verify-{os.getpid()}", slots=slots) as pool:
        yield Judge(pool)


def _lacking(settings: Settings, console: Console, packages: list[ProblemPackage]) -> frozenset[str]:
    """Make the images with the languages of these packages. Returns the languages that this judge lacks nevertheless.

    Raises:
        PodiumError: when an image cannot be made that more than the jury's submissions need, or there is no engine.
    """

    def say(line: str) -> None:
        console.print(line, highlight=False)

    ensure_docker(settings)
    ensure_images(settings, say, {one for package in packages for one in needed.of_programs(package)})
    if "extra" in images_of({one for package in packages for one in needed.of_submissions(package)}):
        try:
            ensure_image(settings, say, "extra")
        except (ConfigError, DependencyError) as error:
            console.print(plain(str(error), "yellow"))
            return frozenset(one.id for one in LANGUAGES.values() if one.image == "extra")
    return frozenset()


class _Line:
    """What is under way, in one line for people at a terminal; into a pipe or a file goes nothing of it."""

    def __init__(self, console: Console, package: ProblemPackage) -> None:
        self._package = package
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._shown = console.is_terminal
        self.done = 0

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def say(self, now: Progress) -> None:
        """A run has ended."""
        if self._shown:
            what = f"{self._package.short_name}: {self.done} of {len(self._package.submissions)} submissions"
            where = f"{now.submission.name}, test {now.run.ordinal} of {len(self._package.test_cases)}"
            self._live.update(plain(f"{what}; {where}: {now.run.verdict}"), refresh=True)


def _verify(judge: Judge, package: ProblemPackage, slots: int, console: Console, lacking: frozenset[str]) -> Verified:
    verified = Verified(package)
    with _Line(console, package) as line, closing(verify(judge, package, slots, line.say, lacking)) as reports:
        for report in reports:
            verified.add(report)
            line.done = len(verified.submissions)
    return verified


@app.command("add")
def add(
    packages: Packages,
    json_: AsJson = False,
    jobs: Jobs = _JOBS,
    again: Annotated[
        bool | None,
        typer.Option(
            "--measure/--no-measure",
            help="Judge what bounds each time limit, also measured and legacy ones; or judge nothing.",
            show_default="what the format demands",
        ),
    ] = None,
) -> None:
    """Check packages and put them into the store; print their digests and limits.

    A time limit that a package does not state is measured here, with the sandbox. One that a package of 2025-09 states is
    held against its submissions here: where it breaks the format's inequalities, the package is refused. For a legacy package
    that is done with --measure alone, and gives warnings: its format has no inequalities. What was judged is kept beside the
    package, and not judged again without --measure.
    """
    found = _read(packages)
    for package in found:
        for warning in package.warnings:
            print(f"warning: {tame(warning)}", file=sys.stderr)
    settings = load()
    store = folder_store(settings)
    wanted = [p for p in found if again or (again is None and _demands(p, store))]
    try:
        limits = _judged(settings, wanted, jobs) if wanted else {}
    except (ConfigError, DependencyError) as error:
        raise type(error)(f"{error}; with --no-measure packages are added unjudged") from error
    for package in found:
        store.put(package)
        if package.digest in limits:
            store.keep_limit(package.digest, limits[package.digest])
    languages = {language for package in found for language in needed.of_jury(package)}
    ask_for_languages(settings, languages, lambda line: print(line, file=sys.stderr))
    for package in found:
        shown = _shown(package, store)
        if json_:
            print(json.dumps(summary(shown)))
        else:
            print(*short(shown), sep="\n")


def _demands(package: ProblemPackage, store: FolderStore) -> bool:
    """Whether its time limit must be judged, and was not yet: there is none, or the format bounds what is stated."""
    demanded = not package.limits.time_limit_ms or package.format == "2025-09"
    return demanded and store.kept_limit(package.digest) is None


def _judged(settings: Settings, packages: list[ProblemPackage], slots: int) -> dict[str, KeptLimit]:
    """The time limit of each package by its digest: measured, or the stated one, held against its submissions.

    Raises:
        PackageError: naming the package for which there is none, or whose is wrong, and why.
    """
    console = _console(stderr=True)
    limits = {}
    lacking = _lacking(settings, console, packages)
    with _judge(settings, slots) as judge:
        for package in packages:
            with _Line(console, package) as line:
                report = measure(judge, package, slots, line.say, lacking)
            for warning in report.warnings:
                console.print(plain(f"{package.short_name}: {warning}", "yellow"))
            limits[package.digest] = KeptLimit(report.limit_ms, _because(report), report.judged, report.bounding)
    return limits


def _because(report: TimeReport) -> str:
    slowest = max((b for b in report.bounds if b.kind == "lower"), key=lambda b: b.ms, default=None)
    if slowest is None:  # of a stated limit alone: without one nothing could be measured
        return "nothing that was judged bounds it from below"
    return f"{slowest.submission} takes {slowest.ms} ms for {slowest.test}"


def _shown(package: ProblemPackage, store: FolderStore) -> Shown:
    return Shown(package, store.kept_limit(package.digest))


@app.command("list")
def list_command(json_: AsJson = False) -> int:
    """Print the packages that are in the store. Exit 1 when one of them cannot be read."""
    store = folder_store(load())
    found, bad = [], 0
    for digest in store.digests():
        try:
            found.append(_shown(read_package(store.path(digest)), store))
        except PackageError as error:
            print(f"podium: {tame(str(error))}", file=sys.stderr)
            bad = 1
    if json_:
        for one in found:
            print(json.dumps(summary(one)))
    elif found:
        _console(stderr=False).print(listed(found))
    else:
        print("there is no package in the store; `podium problem add` puts one there")
    return bad


@app.command("show")
def show(
    package: Annotated[str, typer.Argument(help="A folder or zip, or the digest of a package in the store.")],
    json_: AsJson = False,
) -> None:
    """Print what a package says: limits and where they come from, groups, tests, programs, submissions, warnings."""
    store = folder_store(load())
    shown = _shown(read_package(_found(package, store)), store)
    if json_:
        print(json.dumps(whole(shown)))
    else:
        console = _console(stderr=False)
        for part in shown_for_people(shown):
            console.print(part)


def _found(named: str, store: FolderStore) -> Path:
    """The folder or zip of this name; else the one package of the store whose digest begins so.

    Raises:
        UsageError: when there is none, or more than one.
    """
    if Path(named).exists():
        return Path(named)
    digest = store.find(named)
    if digest is None:
        raise UsageError(f"there is no folder or file {named}, and no package in the store whose digest begins so")
    return store.path(digest)
