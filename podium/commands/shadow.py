"""`podium shadow`: follow another system's contest, judge its submissions here, and compare."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from podium.feeds.http import Primary
from podium.feeds.mirror import shadow_id
from podium.feeds.official import Beside, read_official
from podium.feeds.packaged import packages_in
from podium.feeds.read import login_of
from podium.feeds.shadow import Shadow, Told, follow
from podium.feeds.side import Sides, sides
from podium.plain import plain
from podium.replay_show import counts_and_awards
from schemas.errors import DataError, UsageError
from schemas.ids import check_id
from schemas.producer import Producer
from schemas.rows import AUDIENCES
from schemas.settings import load
from streams.replay.html import cell_text, score_text

__all__ = ["register"]

DIFFERENT = 3
"""The exit code when verdicts or boards differ."""

FOR_EVER = 0.0
"""A record that was given up would be a hole in what was said: a broker that is away is waited for."""

app = typer.Typer(no_args_is_help=True, help="Contests of other systems, followed while they run and judged here too.")


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="shadow")


@app.callback()
def _shadow() -> None:
    """Contests of other systems, followed while they run and judged here too."""


@app.command("run")
def run(
    url: Annotated[str, typer.Argument(help="The contest's URL: …/contests/ID, or an API that has one contest.")],
    contest: Annotated[str | None, typer.Option("--contest", help="The contest's id here; default: theirs.")] = None,
    packages: Annotated[
        Path | None,
        typer.Option("--packages", help="A folder of problem packages, each named by its problem's id or label."),
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", help="Log in with this name; the password is asked for.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was done as JSON.")] = False,
) -> None:
    """Follow a contest until nothing comes any more: theirs into ID, what is judged here into ID.shadow."""
    settings, console = load(), Console(stderr=True)

    def say(line: str) -> None:
        if not as_json:
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    found = packages_in(settings, packages) if packages is not None else {}
    with Primary(url, login_of(user), told=say) as primary, Producer(settings, timeout_s=FOR_EVER) as producer:
        try:
            id_ = check_id(contest or primary.contest, "contest")
            ours = shadow_id(id_)
        except DataError as error:
            raise UsageError(f"{error}; give one with --contest") from error
        say(f"following {primary.contest} into {id_}; {len(found)} problem packages are here, judged in {ours}")
        with console.status("") as status:
            shadow = Shadow(settings, id_, producer, packages=found, fetch=primary.file)
            told = follow(primary, shadow, lambda now: status.update(_line(now)))
    if as_json:
        print(json.dumps({"contest": id_, **asdict(told)}))
        return
    print(_line(told))
    for why, count in Counter(told.not_judged.values()).most_common():
        print(f"  {count} submissions are not judged here: {why}")


def _line(told: Told) -> str:
    return f"{told.lines} lines, {told.said} events of theirs, {told.judged} of ours"


@app.command("diff")
def diff(
    contest: Annotated[str, typer.Argument(help="The contest's id: that of what the other system said.")],
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="URL|FILE|DIR",
            help="Also compare what they show themselves: the URL of their contest, a scoreboard's JSON, or a folder with "
            "scoreboard.json and awards.json.",
        ),
    ] = None,
    audience: Annotated[
        str, typer.Option("--audience", help="Whose board of ours stands beside theirs: jury or public.")
    ] = "jury",
    user: Annotated[
        str | None, typer.Option("--user", help="Log in there with this name; the password is asked for.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show where their verdicts and board and ours differ; exit 3 when any do.

    Without --against their board is what our rules make of their verdicts.
    """
    if audience not in AUDIENCES:
        raise UsageError(f"--audience {audience}: there are {' and '.join(AUDIENCES)}")
    official = None if against is None else read_official(against, user)
    found = sides(load(), contest, official, audience)
    if as_json:
        differing = [asdict(one) for one in found.verdicts if one.differ]
        said = {
            "contest": contest,
            "submissions": len(found.verdicts),
            "verdicts": differing,
            "board": asdict(found.board),
            "official": found.official and asdict(found.official),
        }
        print(json.dumps(said, ensure_ascii=False))
    else:
        _show(found)
    if not found.equal:
        raise typer.Exit(DIFFERENT)


def _show(found: Sides) -> None:
    console = Console()
    differing = [one for one in found.verdicts if one.differ]
    table = Table("submission", "team", "problem", "language", "theirs", "ours", title="verdicts", title_justify="left")
    for one in differing:
        ours = one.ours or ("pending" if one.here else "not judged here")
        cells = (one.submission_id, one.team_id, one.problem_id, one.language_id, one.theirs or "pending", ours)
        table.add_row(*map(plain, cells))
    if differing:
        console.print(table)
    board = found.board
    if board.rows or board.cells:
        rows = Table("team", "problem", "theirs", "ours", title="board of the jury", title_justify="left")
        for row in board.rows:
            theirs, ours = score_text(row.score_before), score_text(row.score_after)
            rows.add_row(
                plain(row.team_id), "", f"{row.rank_before or '–'}: {theirs}", f"{row.rank_after or '–'}: {ours}"
            )
        for cell in board.cells:
            rows.add_row(plain(cell.team_id), plain(cell.problem_id), cell_text(cell.before), cell_text(cell.after))
        console.print(rows)
    for part in counts_and_awards(board, {}, ("theirs", "ours")):
        console.print(part)
    if board.order:
        print("teams of one rank stand in another order")
    if found.official is not None:
        _show_official(console, found.official)
    print(
        f"contest {found.contest}: {len(found.verdicts)} submissions, {len(differing)} verdicts differ; on the board "
        f"{len(board.rows)} rows, {len(board.cells)} cells, the counts of {len(board.counts)} problems and "
        f"{len(board.awards)} awards"
    )


def _show_official(console: Console, found: Beside) -> None:
    if found.board:
        table = Table("team", "problem", "what", "theirs", "ours", title="what they show", title_justify="left")
        for one in found.board:
            table.add_row(*map(plain, (one.team_id, one.problem_id or "", one.what, one.first, one.second)))
        console.print(table)
    if found.awards:
        table = Table("award", "theirs", "ours", title="their awards", title_justify="left")
        for award in found.awards:
            table.add_row(
                *map(plain, (award.award_id, *(", ".join(i) or "nobody" for i in (award.before, award.after))))
            )
        console.print(table)
    awards = "it tells no awards" if found.awards is None else f"{len(found.awards)} awards differ"
    print(f"{found.where}: {len(found.board)} values of the scoreboard differ, {awards}")
