"""The live board as the operators' commands show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clics.scoreboard import contest_clock, scoreboard
from schemas.errors import DataError, UsageError
from schemas.live_board import LiveBoard, read_board
from schemas.settings import Settings
from streams.scoring.canonical import board_rows, canonical
from streams.scoring.clock import ContestClock

__all__ = ["NamedBoard", "clics_scoreboard", "live_scoreboard", "named_board"]


@dataclass(frozen=True, slots=True)
class NamedBoard:
    """A board, and the objects that give it names; `groups` are the members of each group."""

    board: LiveBoard
    contest: dict[str, Any]
    facts: dict[str, Any]
    state: dict[str, Any]
    problems: list[dict[str, Any]]
    teams: dict[str, str]
    groups: dict[str, frozenset[str]]

    @property
    def clock(self) -> ContestClock:
        """The contest's times."""
        return contest_clock(self.facts)


def named_board(settings: Settings, contest: str, audience: str) -> NamedBoard:
    """Read the board with its names; errors as `schemas.live_board.read_board`'s. Reads only."""
    board = read_board(settings, contest, audience, types=("contest", "state", "problems", "teams", "groups"))
    of = {type_: [one.object for one in found] for type_, found in board.objects.items()}
    return NamedBoard(
        board=board,
        contest=of["contest"][0] if of["contest"] else {},
        facts=_facts(contest, board),
        state=of["state"][0] if of["state"] else {},
        problems=sorted(of["problems"], key=lambda problem: problem["ordinal"]),
        teams={team["id"]: team.get("display_name") or team["name"] for team in of["teams"]},
        groups={
            group["id"]: frozenset(team["id"] for team in of["teams"] if group["id"] in team["group_ids"])
            for group in of["groups"]
        },
    )


def live_scoreboard(settings: Settings, contest: str, audience: str) -> bytes:
    """The canonical scoreboard of what Redis shows; see `streams.scoring.canonical`. Reads only."""
    board = read_board(settings, contest, audience, types=("contest",))
    return canonical(board.rows, board.firsts, score_scale=_facts(contest, board)["score_scale"])


def clics_scoreboard(named: NamedBoard, now: int, group: str | None = None) -> dict[str, Any]:
    """The board as the Contest API's scoreboard object as of *now*, event time in UTC ms. Pure.

    With a *group* it is the board of that group's teams, with their ranks among themselves.

    Raises:
        UsageError: when the contest has no such group.
    """
    if group is not None and group not in named.groups:
        raise UsageError(f"--group {group}: the contest has {', '.join(sorted(named.groups)) or 'no groups'}")
    members = None if group is None else named.groups[group]
    found = board_rows(named.board.rows, score_scale=named.facts["score_scale"], members=members)
    return scoreboard(found, named.state, named.facts, now)


def _facts(contest: str, board: LiveBoard) -> dict[str, Any]:
    """The contest's facts: a contest that has events and no definition has none."""
    if not board.objects["contest"]:
        raise DataError(f"contest {contest!r} has no definition in the live view yet")
    return board.objects["contest"][0].facts
