"""Order, ranks and ties: from sort keys alone, in one place, for every rule and every reader."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Protocol, TypeVar

__all__ = ["Sortable", "everybody", "of_group", "ranked"]


class Sortable(Protocol):
    """What a row must have to be ranked."""

    @property
    def team_id(self) -> str:
        """Whose row it is."""

    @property
    def listed(self) -> bool:
        """Whether the row is on the board."""

    @property
    def ranked(self) -> bool:
        """Whether the row holds a rank."""

    @property
    def sort_key(self) -> tuple[int, ...]:
        """What the rule orders by, ascending."""

    @property
    def tie_key(self) -> str:
        """What orders rows of equal rank; no two are equal."""


R = TypeVar("R", bound=Sortable)


def ranked(rows: Iterable[R]) -> Iterator[tuple[int | None, R]]:
    """The listed rows in the board's order, each with its rank. Pure.

    Equal sort keys share a rank and leave as many empty behind them. A row that holds no rank (None) takes none away.
    """
    return _in_order(row for row in rows if row.listed)


def of_group(rows: Iterable[R], members: Collection[str]) -> Iterator[tuple[int | None, R]]:
    """The board of a group whose teams are *members*: its rows in order, with their ranks inside the group. Pure.

    Teams out of competition are on it, too: their rows hold a rank, and are not listed on the contest's own board.
    """
    return everybody(row for row in rows if row.team_id in members)


def everybody(rows: Iterable[R]) -> Iterator[tuple[int | None, R]]:
    """The rows of all teams in order, listed or out of competition, with their ranks among each other. Pure."""
    return _in_order(row for row in rows if row.listed or row.ranked)


def _in_order(rows: Iterable[R]) -> Iterator[tuple[int | None, R]]:
    place = rank = 0
    key: tuple[int, ...] | None = None
    for row in sorted(rows, key=lambda row: (row.sort_key, row.tie_key)):
        if not row.ranked:
            yield None, row
            continue
        place += 1
        if row.sort_key != key:
            key, rank = row.sort_key, place
        yield rank, row
