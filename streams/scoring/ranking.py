"""Order, ranks and ties: from sort keys alone, in one place, for every rule and every reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

__all__ = ["Sortable", "ranked"]


class Sortable(Protocol):
    """What a row must have to be ranked."""

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
    place = rank = 0
    key: tuple[int, ...] | None = None
    for row in sorted((row for row in rows if row.listed), key=lambda row: (row.sort_key, row.tie_key)):
        if not row.ranked:
            yield None, row
            continue
        place += 1
        if row.sort_key != key:
            key, rank = row.sort_key, place
        yield rank, row
