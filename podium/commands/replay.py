"""`podium replay`: a contest recomputed from the log."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from schemas.errors import UsageError
from schemas.settings import load
from streams.replay import Run, replay_run, request_marks

__all__ = ["register"]

DIFFERENT = 3
"""The exit code when scorer and recomputation do not agree."""

app = typer.Typer(no_args_is_help=True, help="Contests, recomputed from the log into files.")


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="replay")


@app.callback()
def _replay() -> None:
    """Contests, recomputed from the log into files."""


@app.command("run")
def run(
    contest: Annotated[str, typer.Argument(help="The contest's id.")],
    until: Annotated[
        int | None, typer.Option("--until", min=0, help="The last position of the log that counts.")
    ] = None,
    generation: Annotated[
        str | None, typer.Option("--generation", help="Another generation than the active one.")
    ] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="What if this were the rule?")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", help="NAME=VALUE of --rule; repeatable.")
    ] = None,
    mark: Annotated[
        bool,
        typer.Option(
            "--mark", help="First append an act to the log that asks the scorer for marks of the board as it is."
        ),
    ] = False,
) -> None:
    """Recompute a contest into a file and compare it with the scorer's marks; exit 3 when they differ."""
    parameters = _parameters(parameter or [])
    if parameters and rule is None:
        raise UsageError("--parameter belongs to --rule")
    settings = load()
    if mark:
        request_marks(settings, contest)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(f"replaying {contest}", total=None)
        done = replay_run(
            settings,
            contest,
            until_position=until,
            generation=generation,
            rule=rule,
            parameters=parameters,
            progress=lambda read, total: bar.update(task, completed=read, total=total),
        )
    if not _tell(done):
        raise typer.Exit(DIFFERENT)


def _parameters(given: list[str]) -> dict[str, str]:
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not name or not equals:
            raise UsageError(f"--parameter {one}: expected NAME=VALUE")
        found[name] = value
    return found


def _tell(done: Run) -> bool:
    """Say what came out; whether the scorer agrees."""
    replayed = done.replayed
    rate = replayed.position / done.seconds if done.seconds else 0
    print(
        f"contest {replayed.contest}: {replayed.events} events up to position {replayed.position} "
        f"in {done.seconds:.1f} s ({rate:,.0f} positions/s)"
    )
    for audience, digest in replayed.digests.items():
        print(f"  {audience:<7} {digest}")
    if replayed.skipped:
        print(f"  skipped {', '.join(map(str, replayed.skipped))}: the fold fails there, the contest is degraded")
    for one in done.compared:
        mark = one.mark
        says = "as the scorer had it" if one.equal else f"DIFFERENT: the scorer had {mark.digest}, this is {one.digest}"
        print(f"  generation {mark.generation}, {mark.audience}, at position {mark.position}: {says}")
    if not done.compared:
        print("  the scorer has left no mark up to there: nothing to compare with")
    print(f"  {done.path}")
    return all(one.equal for one in done.compared)
