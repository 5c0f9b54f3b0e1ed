"""`podium contest`: put a contest package onto the log; beside it the commands of other modules."""

from __future__ import annotations

import getpass
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from clics.api_advice import api_advice
from clics.contest_package import ContestPackage, ProblemFile, read_contest_package
from judge.image import needed
from packages.files import unpack_zip
from packages.grading import steps
from packages.media import folder_media
from packages.model import ProblemPackage
from packages.read import read_package
from packages.store import folder_store
from packages.timing import too_long
from podium.commands import acts, contest_reload, results, team_acts, transfer
from podium.contest import Plan, apply_plan, faults, make_plan, max_score
from podium.judged import LeftBehind
from podium.package_facts import told_of
from podium.plain import plain
from podium.publication import advice, too_early
from podium.stack.docker import ask_for_languages
from schemas.clock import Clock
from schemas.definition import Problem
from schemas.errors import PackageError
from schemas.producer import Producer
from schemas.settings import Settings, load

__all__ = ["apply_package", "register"]

app = typer.Typer(no_args_is_help=True, help="Contests: their files, how they are run, and how they end.")
for _module in (results, acts, team_acts, contest_reload, transfer):
    _module.add_to(app)


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="contest")


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The package's folder; of a zip, a copy that goes in the end and has the zip's name."""
    if path.is_dir() or not path.exists():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="podium-contest-") as scratch:
        root = Path(scratch, path.stem)
        root.mkdir()
        unpack_zip(path, root, ("contest.json", "contest.yaml"))
        yield root


class _Problems:
    """Finds and checks the problem packages of a contest package; `inside`: none of them may lie elsewhere."""

    def __init__(self, settings: Settings, *, inside: bool) -> None:
        self._settings, self._inside = settings, inside
        self._found: dict[str, ProblemPackage] = {}
        self._limits: dict[str, int] = {}
        self._score_scale = 1
        self._counts_points = False
        self.warnings: list[str] = []

    def faults(self, package: ContestPackage) -> list[str]:
        """What is wrong with them. Reads only."""
        errors = []
        self._score_scale = package.contest.get("score_scale", 1)
        self._counts_points = package.contest["scoreboard_type"] == "score"
        now_ms = Clock.parse(self._settings.clock).now_ms()
        for file in package.problems:
            try:
                self._found[file.id] = found = read_package(self._path(package.root, file))
                self._limits[file.id] = self._time_limit(file, found)
            except PackageError as error:
                errors += [f"problems: {file.id}: {line}" for line in str(error).splitlines()]
                continue
            if early := too_early(found, package.contest):
                errors.append(f"problems: {file.id}: {early}")
            self.warnings += [f"{file.id}: {one}" for one in advice(found, package.contest, now_ms)]
        return errors

    def _time_limit(self, file: ProblemFile, found: ProblemPackage) -> int:
        """Milliseconds: the contest's, else the package's own, else the one that was measured for it."""
        own, by = found.limits.time_limit_ms, found.timing.stated
        kept = folder_store(self._settings).kept_limit(found.digest)
        if kept is not None and not own:
            own, by = kept.time_limit_ms, f"its submissions ({kept.because})"
        if kept is None and own and found.format == "2025-09":
            self.warnings.append(
                f"{file.id}: its time limit, {own} ms by {by}, was not held against its submissions; `podium problem add` does"
            )
        if kept is not None and kept.lacking:
            self.warnings.append(f"{file.id}: {kept.lacking}")
        limit = file.time_limit_ms or own
        if not limit:
            raise PackageError(
                f"{found.short_name}: states no time limit, and none was measured yet: `podium problem add` does, or "
                "give time_limit here"
            )
        if own not in (0, limit):
            self.warnings.append(
                f"{file.id}: the contest's time limit, {limit} ms, counts, not that of the package, {own} ms by {by}"
            )
        if why := too_long(len(steps(found)), found.passes, limit):
            self.warnings.append(f"{file.id}: {why}")
        return limit

    def _path(self, root: Path, file: ProblemFile) -> Path:
        if file.package is not None:
            path = root / file.package
            if self._inside and not path.resolve().is_relative_to(root.resolve()):
                raise PackageError(f"package: {file.package} leads out of the zip")
            if not path.exists():
                raise PackageError(f"package: there is no {file.package}")
            return path
        folder = root / "problems" / file.id
        zips = sorted(folder.glob("*.zip"))
        named = [one for one in zips if one.stem in (file.id, "package")]
        only = zips if len(zips) == 1 else []
        for path in (folder.with_name(f"{file.id}.zip"), *named, *only, folder):
            if path.exists():
                return path
        raise PackageError(f"package: there is neither problems/{file.id} nor problems/{file.id}.zip")

    def problem(self, file: ProblemFile) -> Problem:
        """The problem as the definition will have it."""
        found = self._found[file.id]
        return Problem(
            id=file.id,
            label=file.label,
            name=file.name or found.name,
            ordinal=file.ordinal,
            package=found.digest,
            time_limit_ms=self._limits[file.id],
            memory_limit_mib=found.limits.memory_mib,
            output_limit_mib=found.limits.output_mib,
            test_data_count=len(steps(found)),
            rgb=file.rgb,
            color=file.color,
            weight=file.weight,
            max_score=max_score(found, counts_points=self._counts_points, score_scale=self._score_scale),
            withdrawn=file.withdrawn,
            **told_of(found, file.id),
        )

    def languages(self) -> set[str]:
        """What the jury's programs that judge submissions are written in."""
        return {language for package in self._found.values() for language in needed.of_jury(package)}

    def put(self) -> None:
        """Keep them in the store; harmless where nothing comes of the contest, as nothing refers to them then."""
        store = folder_store(self._settings)
        for one in self._found.values():
            store.put(one)


def apply_package(settings: Settings, path: Path, *, dry_run: bool = False, console: Console | None = None) -> Plan:
    """Validate the contest package whole, print what would change and, unless *dry_run*, change it.

    Raises:
        PackageError: with a line for each thing that is wrong; nothing was changed.
        ConflictError: when the contest was changed meanwhile; nothing is in force of what was asked, though its
            problem packages and pictures are in the store.
    """
    console = console or Console()
    with _unpacked(path) as root:
        problems = _Problems(settings, inside=root != path)
        package = read_contest_package(root, lambda found: [*faults(settings, found), *problems.faults(found)])
        for warning in (*package.warnings, *api_advice(package), *problems.warnings):
            console.print("[yellow]warning:[/]", plain(warning))
        plan = make_plan(settings, package, problems.problem, by=getpass.getuser())
        for conflict in plan.conflicts:
            console.print("[yellow]an act holds:[/]", plain(conflict))
        _tell(console, plan.left_behind)
        if not plan.changes:
            console.print(f"contest {plan.contest}: nothing to change", markup=False)
            return plan
        table = Table("what", "before", "after", title=plain(f"contest {plan.contest}"), title_justify="left")
        for change in plan.changes:
            table.add_row(plain(change.what), plain(change.before), plain(change.after))
        console.print(table)
        if dry_run:
            console.print("nothing was changed (--dry-run)")
            return plan
        problems.put()
        pictures = folder_media(settings)
        for digest, file in package.media.items():
            pictures.put(digest, file)
        ask_for_languages(
            settings,
            {*problems.languages(), *(language.id for language in package.contest["languages"])},
            lambda line: console.print(line, markup=False),
        )
        with Producer(settings) as producer:
            left = apply_plan(settings, plan, producer)
    _tell(console, [one for one in left if one not in plan.left_behind])
    plan = replace(plan, left_behind=left)
    console.print(f"contest {plan.contest}: {len(plan.changes)} changes are on the log", markup=False)
    return plan


def _tell(console: Console, left: Iterable[LeftBehind]) -> None:
    for one in left:
        console.print("[yellow]judged on another package:[/]", plain(one.told))


@app.command("apply")
def apply(
    path: Annotated[Path, typer.Argument(help="A CLICS contest package: a folder or a zip.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say what changes as JSON; all else is on standard error.")
    ] = False,
) -> None:
    """Check a contest package whole, say what would change, and put it onto the log."""
    plan = apply_package(load(), path, dry_run=dry_run, console=Console(stderr=True) if as_json else None)
    if as_json:
        print(json.dumps(_as_json(plan) | {"applied": bool(plan.changes) and not dry_run}))


def _as_json(plan: Plan) -> dict[str, Any]:
    """What `--json` says of a plan; no password is in it. Pure."""
    return {
        "contest": plan.contest,
        "changes": [asdict(one) for one in plan.changes],
        "conflicts": plan.conflicts,
        "left_behind": [asdict(one) | {"command": one.command} for one in plan.left_behind],
    }
