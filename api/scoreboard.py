"""The Contest API's scoreboard out of the live view."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from api.view import BoardState, View
from schemas.live import LiveFirst, LiveRow, parse_first, parse_row
from streams.scoring.canonical import board_rows

__all__ = ["Scoreboards", "firsts_of", "rows_of"]

REMEMBERED = 32
"""Boards kept as made: the two audiences of the contests that are looked at, and a few groups."""


def rows_of(board: BoardState) -> list[LiveRow]:
    """The rows in no order, those of teams out of competition among them. Pure."""
    return [parse_row(value) for value in board.rows.values()]


def firsts_of(board: BoardState) -> list[LiveFirst]:
    """Who solved which problem first. Pure."""
    return [parse_first(problem.decode(), value) for problem, value in board.firsts.items()]


class Scoreboards:
    """Makes scoreboards, and remembers them by revision: a thousand spectators cost one."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._made: OrderedDict[tuple[str, str, str | None], tuple[str, list[Any]]] = OrderedDict()

    async def rows(
        self, contest: str, audience: str, scale: int, group: str | None, members: frozenset[str]
    ) -> tuple[str, list[Any]]:
        """The board's token and its CLICS rows; of one group, ranked among themselves, where *group* is given.

        Raises:
            DependencyError: when the view is away.
        """
        key = (contest, audience, group)
        if group is None and key in self._made:
            token, rows = self._made[key]
            if (await self._view.revision(contest, audience)).token == token:
                return token, rows
        board = await self._view.board(contest, audience)
        of = None if group is None else members
        made: list[Any] = board_rows(rows_of(board), score_scale=scale, members=of)
        self._made[key] = (board.token, made)
        self._made.move_to_end(key)
        if len(self._made) > REMEMBERED:
            self._made.popitem(last=False)
        return board.token, made
