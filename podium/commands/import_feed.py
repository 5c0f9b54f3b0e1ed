"""`podium import`: a contest of another system onto this podium's log."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from clics.feeds import Oddity
from podium.commands.transfer import bar_of
from podium.feeds.append import Brought, bring
from podium.feeds.read import Read, read_contest_of
from podium.plain import plain
from schemas.errors import UsageError
from schemas.producer import Producer
from schemas.settings import load

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to the command line."""
    root.command("import")(import_)


def import_(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FEED|URL|DIR", help="An event feed, a contest package (folder or zip), or the URL of a contest."
        ),
    ],
    contest: Annotated[str | None, typer.Option("--contest", help="The contest's id here; default: its own.")] = None,
    speed: Annotated[
        float | None, typer.Option("--speed", min=0.001, help="Let it pass so many times as fast as it did.")
    ] = None,
    at_once: Annotated[bool, typer.Option("--at-once", help="Append everything at once; the default.")] = False,
    user: Annotated[
        str | None, typer.Option("--user", help="Log in with this name; the password is asked for.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was done as JSON.")] = False,
) -> None:
    """Read a contest of another system onto the log; what is there already is not appended again."""
    if speed is not None and at_once:
        raise UsageError("--speed and --at-once exclude each other")
    settings = load()
    with bar_of(quiet=as_json) as told:
        read = read_contest_of(source, contest, user, lambda lines: told(f"reading, {lines} lines", lines, 0))
        with Producer(settings) as producer:
            brought = bring(settings, read.contest, read.events, producer, whole=read.whole, speed=speed, progress=told)
    if as_json:
        print(json.dumps(_report(read, brought), ensure_ascii=False))
        return
    same = brought.events - (brought.appended - brought.made_up)
    made_up = f", {brought.made_up} of them for what the feed has no more or shows otherwise" if brought.made_up else ""
    print(
        f"contest {read.contest}: {read.lines} lines of Contest API {read.version}, {brought.events} events, "
        f"{brought.appended} appended{made_up}" + (f", {same} were there already" if same > 0 else "")
    )
    if read.goes_on:
        print(
            "its feed goes on, and was read until all had come that there was; the same command reads what has come since, "
            "`podium shadow run` follows it"
        )
    if brought.final and brought.appended:
        print("its results were final on the log before, and shown: what was appended now counts no more")
    console = Console()
    _tell_oddities(console, read.oddities)
    if brought.unchanged:
        some = ", ".join(brought.unchanged[:5])
        console.print(
            f"{len(brought.unchanged)} facts are otherwise in the feed now than on the log, where the first counts: {some}",
            markup=False,
        )


def _tell_oddities(console: Console, oddities: tuple[Oddity, ...]) -> None:
    """Print what was odd about a feed, as a table; nothing when nothing was."""
    if not oddities:
        return
    table = Table("what was odd", "times", "lines", "what it means", title_justify="left")
    for one in oddities:
        lines = ", ".join(str(line) for line in one.lines if line)
        table.add_row(plain(one.kind), str(one.count), lines, plain(one.meaning))
    console.print(table)


def _report(read: Read, brought: Brought) -> dict[str, object]:
    return {
        "contest": read.contest,
        "version": read.version,
        "lines": read.lines,
        "events": brought.events,
        "appended": brought.appended,
        "made_up": brought.made_up,
        "final": brought.final,
        "goes_on": read.goes_on,
        "unchanged": list(brought.unchanged),
        "oddities": [asdict(one) for one in read.oddities],
    }
