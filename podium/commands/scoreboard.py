"""`podium scoreboard`: a contest's board, in the terminal or as CLICS has it."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from podium.board import render
from podium.live_board import clics_scoreboard, named_board
from schemas.clock import Clock
from schemas.errors import UsageError
from schemas.rows import AUDIENCES
from schemas.settings import load

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to the command line."""
    root.command("scoreboard")(scoreboard)


def scoreboard(
    contest: Annotated[str, typer.Argument(help="The contest's id.")],
    audience: Annotated[str, typer.Option(help="public, or jury: what the freeze hides, too.")] = "public",
    group: Annotated[str | None, typer.Option(help="Only this group's teams, ranked among themselves.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The CLICS scoreboard.")] = False,
) -> None:
    """Print the board."""
    if audience not in AUDIENCES:
        raise UsageError(f"--audience {audience}: there are {' and '.join(AUDIENCES)}")
    settings = load()
    named = named_board(settings, contest, audience)
    found = clics_scoreboard(named, Clock.parse(settings.clock).now_ms(), group)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    firsts = {first.problem_id: first.team_id for first in named.board.firsts}
    Console().print(render(found, named.contest, named.problems, named.teams, clock=named.clock, firsts=firsts))
