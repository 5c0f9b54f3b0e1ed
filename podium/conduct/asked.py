"""Doing an operator's deed from the command line: what it would change, a question where it costs something, the result."""

from __future__ import annotations

import dataclasses
import getpass
import json
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from podium.conduct.deeds import Deed
from podium.conduct.known import Known, read_known
from podium.conduct.perform import Changed, Done, Who, perform, plan
from podium.jury.acting import reason_of
from podium.jury.asking import ask
from podium.plain import plain
from podium.tame import tame
from schemas.settings import load

__all__ = ["By", "DryRun", "Span", "Team", "do"]

By = Annotated[str, typer.Option("--by", help="Who acts; default: your name on this machine.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]
Team = Annotated[str, typer.Argument(help="The team's id.")]
Span = Annotated[str, typer.Argument(metavar="SPAN", help="How long: 10m, 1h30m, 90s, 0:10:00; -10m: less.")]


def do(
    contest: str,
    make: Callable[[Known, int], Deed],
    *,
    reason: str,
    by: str,
    dry_run: bool = False,
    yes: bool = False,
    as_json: bool = False,
) -> Done | None:
    """Say what would change, ask where submissions would be lost, do it, and say what came of it; None for a dry run.

    Raises:
        UsageError, ConflictError: when it makes no sense, by *make*; nothing is appended.
        DependencyError: when the broker does not answer.
    """
    who = Who(by or getpass.getuser(), reason_of(reason))
    settings = load()
    planned = plan(settings, read_known(settings, contest), make, who)
    if not as_json:
        print(f"contest {contest}: {tame(planned.deed.told)}")
        _show(planned.changes)
    if dry_run:
        if as_json:
            print(json.dumps({"changes": [dataclasses.asdict(one) for one in planned.changes], "lost": planned.lost}))
        else:
            print("nothing was changed (--dry-run)")
        return None
    shown, asked = planned.changes, 0
    while not yes and planned.lost > asked:
        asked = planned.lost
        ask(f"{asked} submissions that count would count no more. Go on?", yes=yes)
        # an act is stamped when it is done, not when it was asked about; and it is of the contest as that is now
        planned = plan(settings, read_known(settings, contest), make, who)
    done = perform(settings, planned)
    if as_json:
        print(json.dumps(dataclasses.asdict(done)))
        return done
    if done.changes != shown:
        print("the contest has changed meanwhile; what came of it:")
        _show(done.changes)
    where = "everybody sees it" if done.shown else "the live view does not show it yet: see podium status"
    print(f"done, at position {done.position}; {where}")
    return done


def _show(changes: tuple[Changed, ...]) -> None:
    table = Table("what", "now", "then")
    for one in changes:
        table.add_row(plain(one.what), plain(one.before), plain(one.after))
    Console(highlight=False).print(table)
