"""`podium feed`: event feeds and contest packages of any system, as files; no server is needed."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from clics.feeds import VERSIONS, Feed, Oddity, read_feed
from clics.feeds.checks import validate as faults_of
from clics.feeds.export import EXPORTED
from clics.feeds.older import scoreboard_of
from podium.board import render
from podium.feeds.board import FeedBoard, board_of, events_of, rules_of
from podium.feeds.compare import differences, read_scoreboard
from podium.feeds.export import exported
from podium.feeds.summary import summary as summary_of
from podium.plain import plain
from podium.tame import tame
from schemas.errors import DataError, UsageError
from schemas.rows import AUDIENCES
from schemas.settings import load

__all__ = ["register"]

INVALID = 1
"""The exit code when a feed is not what its version asks for, or is odd and --strict was given."""

DIFFERENT = 3
"""The exit code when two boards differ."""

app = typer.Typer(no_args_is_help=True, help="Event feeds and contest packages as files, without a server.")

Source = Annotated[
    Path, typer.Argument(help="An event feed (NDJSON), or a contest package: a folder or a zip; - for standard input.")
]
Sources = Annotated[list[Path], typer.Argument(help="Event feeds or contest packages, as for the other commands.")]
Version = Annotated[
    str | None, typer.Option("--version", help=f"What it speaks: {', '.join(VERSIONS)}; detected unless given.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="What is odd and not allowed in its version is an error: exit 1.")
]
At = Annotated[
    str | None,
    typer.Option("--at", help="A contest time such as 4:00:00, or a time with a zone: the board as it was known then."),
]
Audience = Annotated[str, typer.Option("--audience", help="public, or jury: what the freeze hides, too.")]
Rules = Annotated[str | None, typer.Option("--rules", help="A file of rules as for `podium replay`, or a rule's name.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="feed")


@app.callback()
def _feed() -> None:
    """Event feeds and contest packages as files, without a server."""


@app.command("validate")
def validate(sources: Sources, version: Version = None, strict: Strict = False, as_json: AsJson = False) -> None:
    """Say line by line what its version does not allow; exit 1 when there is anything."""
    refused = False
    for source in sources:
        with _reading(source, version) as feed:
            faults = list(faults_of(feed))
        errors = sum(fault.error for fault in faults)
        refused = refused or errors > 0 or (strict and bool(faults))
        if as_json:
            found = [dataclasses.asdict(fault) for fault in faults]
            print(json.dumps({"feed": feed.name, "version": feed.version, "faults": found}))
            continue
        for fault in faults:
            print(tame(f"{fault}" if fault.error else f"{fault} (allowed)"))
        print(
            f"{tame(feed.name)}: {feed.version}, {feed.lines} lines, {errors} errors, "
            f"{len(faults) - errors} kinds of what its version does not have"
        )
    if refused:
        raise typer.Exit(INVALID)


@app.command("summary")
def summary(sources: Sources, version: Version = None, strict: Strict = False, as_json: AsJson = False) -> None:
    """Say what it holds: contest, times, counts, verdicts by problem, and what is odd about it."""
    feeds = []
    for source in sources:
        with _reading(source, version) as feed:
            found = summary_of(feed, events_of(feed))
        feeds.append(feed)
        if as_json:
            print(json.dumps(found, ensure_ascii=False))
        else:
            _print_summary(found)
    _refuse_odd(feeds, strict=strict)


@app.command("scoreboard")
def scoreboard(
    source: Source,
    at: At = None,
    audience: Audience = "public",
    rules: Rules = None,
    version: Version = None,
    strict: Strict = False,
    written: Annotated[
        str, typer.Option("--as", help=f"The version of what is printed: {' or '.join(EXPORTED)}.")
    ] = EXPORTED[-1],
    table: Annotated[bool, typer.Option("--table", help="A table for people in place of JSON.")] = False,
) -> None:
    """Print its board as the Contest API's scoreboard, at any moment and under any rules."""
    if written not in EXPORTED:
        raise UsageError(f"--as {written}: there are {' and '.join(EXPORTED)}")
    feed, found = _board(source, version, at, audience, rules)
    if table:
        Console().print(
            render(found.scoreboard, found.contest, found.problems, found.teams, clock=found.clock, firsts=found.firsts)
        )
    else:
        print(json.dumps(scoreboard_of(found.scoreboard, written), ensure_ascii=False))
    _refuse_odd([feed], strict=strict)


@app.command("compare")
def compare(
    first: Source,
    second: Annotated[
        Path, typer.Argument(help="Another feed or package, or a scoreboard of the Contest API as JSON.")
    ],
    at: At = None,
    audience: Audience = "public",
    rules: Rules = None,
    version: Version = None,
    as_json: AsJson = False,
) -> None:
    """Show the rows and cells in which two boards differ; exit 3 when any do. *--at* and *--rules* are for feeds."""
    _, mine = _board(first, version, at, audience, rules)
    one = read_scoreboard(mine.scoreboard, str(first))
    document = _scoreboard_file(second)
    if document is None:
        document = _board(second, None, at, audience, rules)[1].scoreboard
    found = list(differences(one, read_scoreboard(document, str(second))))
    if as_json:
        print(json.dumps([dataclasses.asdict(difference) for difference in found]))
    elif found:
        table = Table("team", "problem", "what")
        for path in (first, second):
            table.add_column(plain(path.name))
        for d in found:
            name = mine.teams.get(d.team_id, "")
            table.add_row(
                plain(f"{d.team_id} {name}"), plain(d.problem_id or ""), d.what, plain(d.first), plain(d.second)
            )
        Console().print(table)
        print(f"{len({d.team_id for d in found})} of {len(one)} rows differ")
    else:
        print(f"{len(one)} rows, all equal")
    if found:
        raise typer.Exit(DIFFERENT)


@app.command("export")
def export(
    contest: Annotated[str, typer.Argument(help="The id of a contest on this podium's log.")],
    audience: Annotated[str, typer.Option("--audience", help="public, or jury: everything.")] = "public",
    version: Annotated[str, typer.Option("--version", help=f"What it speaks: {' or '.join(EXPORTED)}.")] = EXPORTED[-1],
) -> None:
    """Print the event feed of a contest of our own, as it is now; the only one of these commands that needs the log."""
    _check_audience(audience)
    if version not in EXPORTED:
        raise UsageError(f"--version {version}: there are {' and '.join(EXPORTED)}")
    for line in exported(load(), contest, version=version, audience=audience):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


# ---- reading --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _reading(source: Path, version: str | None) -> Iterator[Feed]:
    """The feed, with a bar on standard error while it is read."""
    if version is not None and version not in VERSIONS:
        raise UsageError(f"--version {version}: there are {', '.join(VERSIONS)}")
    if str(source) == "-":
        yield read_feed(sys.stdin.buffer.readlines(), version=version)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"reading {tame(source.name)}", total=None)
        yield read_feed(
            source, version=version, progress=lambda done, size: bar.update(task, completed=done, total=size)
        )


def _board(
    source: Path, version: str | None, at: str | None, audience: str, rules: str | None
) -> tuple[Feed, FeedBoard]:
    _check_audience(audience)
    what_if = rules_of(rules)
    with _reading(source, version) as feed:
        found = events_of(feed)
    return feed, board_of(found, at=at, audience=audience, what_if=what_if)


def _check_audience(audience: str) -> None:
    if audience not in AUDIENCES:
        raise UsageError(f"--audience {audience}: there are {' and '.join(AUDIENCES)}")


def _scoreboard_file(path: Path) -> Any | None:
    """The scoreboard that a file holds; None where it is a feed or a package."""
    if not path.is_file():
        return None
    try:
        found = orjson.loads(path.read_bytes())
    except ValueError:
        return None
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    return found if isinstance(found, dict) and "rows" in found else None


def _refuse_odd(feeds: Iterable[Feed], *, strict: bool) -> None:
    odd = [one for feed in feeds for one in feed.oddities.found(feed.version) if not one.allowed]
    if strict and odd:
        for one in odd:
            print(f"podium: {tame(_told(one))}", file=sys.stderr)
        raise typer.Exit(INVALID)


def _told(one: Oddity) -> str:
    line, what = one.first[0]
    return f"{one.kind}: {one.meaning} ({one.count}; first: {f'line {line}: ' if line else ''}{what})"


def _print_summary(found: dict[str, Any]) -> None:
    contest = found["contest"]
    print(tame(f"{contest['id']}: {contest['name']}"))
    rest = {name: value for name, value in contest.items() if name not in ("id", "name") and value is not None}
    for name, value in (rest | found["state"]).items():
        print(f"  {name:<27} {value}")
    print("  " + ", ".join(f"{count:,} {name}" for name, count in found["counts"].items() if count))
    verdicts = sorted({verdict for problem in found["problems"] for verdict in problem["verdicts"]})
    console = Console()
    table = Table("", "problem")
    for verdict in verdicts:
        table.add_column(plain(verdict), justify="right")
    for problem in found["problems"]:
        counts = (str(problem["verdicts"].get(verdict, "")) for verdict in verdicts)
        table.add_row(plain(problem["label"]), plain(problem["name"]), *counts)
    console.print(table)
    for one in found["oddities"]:
        first = one["first"][0]
        seen = f"line {first['line']}: {first['what']}" if first["line"] else first["what"]
        allowed = ", which its version allows" if one["allowed"] else ""
        print(tame(f"  odd: {one['kind']}, {one['count']:,} times{allowed}: {one['meaning']}; first: {seen}"))
