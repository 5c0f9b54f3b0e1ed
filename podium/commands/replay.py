"""`podium replay`: the log as a time machine."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from podium.jury.acting import reason_of
from podium.jury.asking import Contest, Reason
from podium.replay_show import difference, plan_table, result_lines
from schemas.errors import UsageError
from schemas.settings import Settings, load
from streams.replay import request_marks
from streams.replay.diff import diff_result
from streams.replay.files import folder, write_whole
from streams.replay.gc import collect, find_garbage
from streams.replay.html import page
from streams.replay.plan import ReplayPlan, make_plan, read_plan, write_plan
from streams.replay.promote import Promoted
from streams.replay.promote import promote as promote_result
from streams.replay.promote import rollback as roll_back
from streams.replay.result import read_result
from streams.replay.run import run_plan
from streams.replay.whatif import WhatIf, parse_known_at, parse_until, read_rules

__all__ = ["register"]

DIFFERENT = 3
"""The exit code when boards differ."""

app = typer.Typer(no_args_is_help=True, help="Contests, recomputed from the log: under other rules, at other times.")

Until = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="POSITION|TIME",
        help="The board as of then: a position of the log, a contest time (4:00:00), or a time with a zone.",
    ),
]
KnownAt = Annotated[
    str | None,
    typer.Option("--as-known-at", metavar="TIME", help="What the board was believed to be then: a time with a zone."),
]
Rules = Annotated[
    Path | None,
    typer.Option("--rules", metavar="FILE", help="What if these were the rules: a YAML file, see docs/operators.md."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For a machine.")]


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="replay")


@app.callback()
def _replay() -> None:
    """Contests, recomputed from the log: under other rules, at other times."""


@app.command("plan")
def plan(
    contest: Annotated[
        list[str] | None, typer.Option("--contest", "-c", help="A contest's id; may be repeated. Default: all.")
    ] = None,
    until: Until = None,
    as_known_at: KnownAt = None,
    rules: Rules = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Default: HOME/replays/plan-ID.json.")] = None,
    as_json: AsJson = False,
) -> None:
    """Freeze how far the log is read, and say what that is; `podium replay run` reads it."""
    settings = load()
    made, path = _plan(settings, contest or [], _what_if(until, as_known_at, rules), output)
    if as_json:
        print(json.dumps(made.dump() | {"file": str(path)}, ensure_ascii=False))
        return
    Console().print(plan_table(made))
    print(path)


@app.command("run")
def run(
    plan_or_contest: Annotated[str, typer.Argument(metavar="PLAN|CONTEST", help="A plan's file, or a contest's id.")],
    until: Until = None,
    as_known_at: KnownAt = None,
    rules: Rules = None,
    mark: Annotated[
        bool,
        typer.Option(
            "--mark", help="First append an act to the log that asks the scorer for marks of the board as it is."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Recompute a plan's contests, or one contest, into files; exit 3 when the scorer's marks have other boards.

    A run that is stopped or killed goes on where it was when its plan is run again.
    """
    settings = load()
    what_if = _what_if(until, as_known_at, rules)
    if plan_or_contest.endswith(".json") or Path(plan_or_contest).is_file():
        if mark or what_if != WhatIf():
            raise UsageError(
                "a plan says itself what is other: options belong to `podium replay plan`, or to a contest"
            )
        path = Path(plan_or_contest)
        made = read_plan(path)
    else:
        if mark:
            request_marks(settings, plan_or_contest, by=getpass.getuser(), reason="a replay")
        made, path = _plan(settings, [plan_or_contest], what_if, None)
    console = Console(stderr=True)
    try:
        with _bar(console, "replaying") as told:
            written = run_plan(settings, made, report=told)
    except KeyboardInterrupt:
        console.print(f"stopped; `podium replay run {path}` goes on where it was", highlight=False)
        raise
    results = [read_result(one, board=False) for one in written]
    if as_json:
        found = [
            {"contest": r.contest, "file": str(p), "digests": r.digests} for r, p in zip(results, written, strict=True)
        ]
        print(json.dumps(found, ensure_ascii=False))
    else:
        for result, file in zip(results, written, strict=True):
            for line in result_lines(result):
                print(line)
            print(f"  {file}")
    if not all(result.as_the_scorer for result in results):
        raise typer.Exit(DIFFERENT)


@app.command("diff")
def diff(
    result: Annotated[Path, typer.Argument(help="A result's file.")],
    as_json: AsJson = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with pictures that needs nothing else.")
    ] = None,
) -> None:
    """Compare a result with the active board at the same position; exit 3 when anything differs, 0 when nothing does."""
    found = read_result(result)
    console = Console(stderr=True)
    with _bar(console, "recomputing the active board") as told:
        made = diff_result(load(), found, progress=told)
    if html is not None:
        text = page(made).encode()
        write_whole(html, lambda file: file.write(text))
    if as_json:
        print(json.dumps(made.dump(), ensure_ascii=False))
    else:
        Console().print(difference(made))
    if not made.equal:
        raise typer.Exit(DIFFERENT)


@app.command("promote")
def promote(
    result: Annotated[Path, typer.Argument(help="A result's file; only a rule and its parameters can be promoted.")],
    expect: Annotated[str, typer.Option("--expect", metavar="ACTIVE", help="The generation that is active now.")],
    reason: Reason = "",
) -> None:
    """Make a result's rules those of the live board: proved first, then swapped in one step, for every viewer."""
    why = reason_of(reason)
    found = read_result(result)
    _tell(promote_result(load(), found, expect, by=getpass.getuser(), reason=why, say=_say))


@app.command("rollback")
def rollback(contest: Contest, reason: Reason = "") -> None:
    """Promote the generation that was active before, by the same proof."""
    _tell(roll_back(load(), contest, by=getpass.getuser(), reason=reason_of(reason), say=_say))


@app.command("gc")
def gc(
    contest: Annotated[
        list[str] | None, typer.Option("--contest", "-c", help="Whose generations; may be repeated. Default: all.")
    ] = None,
    days: Annotated[float, typer.Option("--days", min=0, help="Files that are older are deleted.")] = 7.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Delete old plans, results and checkpoints, and retire the generations that are open and not active."""
    settings = load()
    garbage = find_garbage(settings, contest or [], days)
    for path in garbage.files:
        print(f"{'would delete' if dry_run else 'deleting'} {path}")
    for one in garbage.generations:
        hint = ": there is no rollback to it any more" if one.rollback else ""
        print(f"{'would retire' if dry_run else 'retiring'} generation {one.generation} of contest {one.contest}{hint}")
    if not garbage.files and not garbage.generations:
        print("nothing to do")
    if not dry_run:
        collect(settings, garbage, by=getpass.getuser())


# ---- what the commands share ----------------------------------------------------------------------------------------


def _what_if(until: str | None, as_known_at: str | None, rules: Path | None) -> WhatIf:
    parts = [read_rules(rules)] if rules is not None else []
    parts += [parse_until(until)] if until is not None else []
    parts += [parse_known_at(as_known_at)] if as_known_at is not None else []
    return WhatIf.load({name: value for part in parts for name, value in part.dump().items()})


def _plan(settings: Settings, contests: list[str], what_if: WhatIf, output: Path | None) -> tuple[ReplayPlan, Path]:
    with _bar(Console(stderr=True), "planning") as told:
        made = make_plan(settings, contests, what_if, progress=told)
    path = output or folder(settings) / f"plan-{made.id}.json"
    write_plan(made, path)
    return made, path


@contextmanager
def _bar(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda read, total: bar.update(task, completed=read, total=total)


class _Rate(ProgressColumn):
    """Events a second."""

    def render(self, task: Task) -> Text:
        """How fast it is, once that is known."""
        return Text("" if task.speed is None else f"{task.speed:,.0f} events/s")


def _say(line: str) -> None:
    print(f"  {line}")


def _tell(done: Promoted) -> None:
    print(
        f"contest {done.contest}: generation {done.after} is the active one from position {done.position} on, instead of "
        f"{done.before}; proved at position {done.proved}"
    )
