"""The live board as the operators' commands show it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from schemas.live_board import LiveBoard, read_board
from schemas.settings import Settings
from streams.scoring.canonical import canonical

__all__ = ["NamedBoard", "clics_scoreboard", "live_scoreboard", "named_board"]


@dataclass(frozen=True, slots=True)
class NamedBoard:
    """A board, and the objects that give it names."""

    board: LiveBoard
    contest: dict[str, Any]
    state: dict[str, Any]
    problems: list[dict[str, Any]]
    teams: dict[str, str]


def named_board(settings: Settings, contest: str, audience: str) -> NamedBoard:
    """Read the board with its names; errors as `schemas.live_board.read_board`'s. Reads only."""
    board = read_board(settings, contest, audience, types=("contest", "state", "problems", "teams"))
    of = board.objects
    return NamedBoard(
        board=board,
        contest=next(iter(of["contest"]), {}),
        state=next(iter(of["state"]), {}),
        problems=sorted(of["problems"], key=lambda problem: problem["ordinal"]),
        teams={team["id"]: team.get("display_name") or team["name"] for team in of["teams"]},
    )


def live_scoreboard(settings: Settings, contest: str, audience: str) -> bytes:
    """The canonical scoreboard of what Redis shows; see `streams.scoring.canonical`. Reads only."""
    board = read_board(settings, contest, audience)
    return canonical(board.rows, board.firsts)


def clics_scoreboard(named: NamedBoard) -> dict[str, Any]:
    """The board as the Contest API's scoreboard object. Pure."""
    found = json.loads(canonical(named.board.rows, named.board.firsts))
    return {"state": named.state, "rows": found["rows"]}
