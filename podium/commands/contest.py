"""`podium contest`: apply a contest package, list the contests, show one's clock."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from clics.contest_package import ContestPackage, ProblemFile, read_contest_package
from packages.model import ProblemPackage
from packages.read import read_package
from packages.store import folder_store
from podium.contest import Plan, apply_plan, make_plan
from schemas.definition import Problem
from schemas.errors import PackageError
from schemas.producer import Producer
from schemas.settings import Settings, load

__all__ = ["apply_package", "register"]

app = typer.Typer(no_args_is_help=True, help="Contests: what their files say, put onto the log.")


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="contest")


def _resolved(package: ContestPackage) -> tuple[list[ProblemPackage], dict[str, Problem]]:
    """Each problem's package, and the problem by its id as the definition will have it. Reads only."""
    packages: list[ProblemPackage] = []
    problems: dict[str, Problem] = {}
    for file in package.problems:
        found = read_package(_package_path(package, file))
        packages.append(found)
        problems[file.id] = Problem(
            id=file.id,
            label=file.label,
            name=file.name or found.name,
            ordinal=file.ordinal,
            package=found.digest,
            time_limit_ms=file.time_limit_ms or found.limits.time_limit_ms,
            memory_limit_mib=found.limits.memory_mib,
            output_limit_mib=found.limits.output_mib,
            test_data_count=len(found.test_cases),
            rgb=file.rgb,
            color=file.color,
            weight=file.weight,
            statement=found.statement,
        )
    return packages, problems


def _package_path(package: ContestPackage, file: ProblemFile) -> Path:
    base = package.root if package.root.is_dir() else package.root.parent
    if file.package is not None:
        path = base / file.package
    else:
        path = base / "problems" / file.id
        inside = sorted(path.glob("*.zip")) if path.is_dir() else []
        path = inside[0] if len(inside) == 1 else path
    if not path.exists():
        raise PackageError(f"problems: {file.id}: package: there is no {path}")
    return path


def apply_package(settings: Settings, root: Path, *, dry_run: bool = False, console: Console | None = None) -> Plan:
    """Validate the contest package whole, print what would change and, unless *dry_run*, change it.

    Raises:
        PackageError: with a line for each thing that is wrong; nothing was changed.
        ConflictError: when the contest was changed meanwhile; nothing is in force of what was asked.
    """
    console = console or Console()
    package = read_contest_package(root)
    for warning in package.warnings:
        console.print(f"[yellow]warning:[/] {warning}")
    packages, problems = _resolved(package)
    plan = make_plan(settings, package, lambda file: problems[file.id], by=getpass.getuser())
    if not plan.changes:
        console.print(f"contest {plan.contest}: nothing to change")
        return plan
    table = Table("what", "before", "after", title=f"contest {plan.contest}", title_justify="left")
    for change in plan.changes:
        table.add_row(change.what, change.before, change.after)
    console.print(table)
    if dry_run:
        console.print("nothing was changed (--dry-run)")
        return plan
    store = folder_store(settings)
    for problem in packages:
        store.put(problem)
    with Producer(settings) as producer:
        apply_plan(settings, plan, producer)
    console.print(f"contest {plan.contest}: {len(plan.changes)} changes are on the log")
    return plan


@app.command("apply")
def apply(
    path: Annotated[Path, typer.Argument(help="A CLICS contest package: a folder or a zip.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Check a contest package whole, say what would change, and put it onto the log."""
    apply_package(load(), path, dry_run=dry_run)
