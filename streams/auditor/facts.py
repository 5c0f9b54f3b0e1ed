"""The facts that the history keeps of a contest's log: the rows that the log stands for, and how those there differ.

A fact is a row of a table that derives from the log alone. Its columns are numbers, or become numbers: a text the CRC-32 of
its bytes, a list and a map those of what they hold. The CRC-32 of these numbers, as ClickHouse writes a tuple, stands for the
row, and how many different rows there are of a table's page of positions, and the sum of theirs, for the page. So all tables
answer by one question that names no view, and whose answer is small, however many rows there are. A wrong row is taken for a
right one once in some four thousand million.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.errors import DependencyError
from schemas.events import Event, PositionSkipped, Runs
from streams.history_sink.rows import COLUMNS, LOG_TABLES, log_rows
from streams.scoring.fold import FOLD_VERSION

__all__ = ["Facts", "unlike_facts"]

IN_TURN = ("runs", "sources")
"""The tables that hold most of all rows: each audit compares those of a stretch of the contest's records."""

PAGE = 1000
"""So many positions of the log are compared as one, and named where their rows differ."""

NAMED = 3
"""So many pages that differ are named, the others are counted."""

Pages = dict[tuple[str, int], tuple[int, int]]
"""Of each table's page how many rows there are, and the sum of what stands for each."""

_WITHIN = {"problems": 2, "judgement_types": 2, "languages": 2, "sources": 3, "runs": 4, "rejudgings": 3}
"""The column that tells rows of one position apart, of the tables that have several."""


class Facts:
    """The facts that the log stands for, of a contest's records in their order, before the position `end`.

    `records` counts the records so far. Positions that are `left_out` are compared with nothing: the history must be
    without them, or may have either of two rows.
    """

    def __init__(self, end: int) -> None:
        self.end = end
        self.records = 0
        self.left_out: set[int] = set()
        self.stretch: tuple[int, int] | None = None
        self._pages: defaultdict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])

    def take(self, position: int, event: Event, *, in_turn: bool) -> None:
        """The contest's next record; with *in_turn* it belongs to the stretch of which every row is compared."""
        if position >= self.end:
            return
        self.records += 1
        if in_turn:
            self.stretch = (self.stretch[0] if self.stretch else position, position)
        if isinstance(event, PositionSkipped) and event.fold_version == FOLD_VERSION:
            self.left_out.add(event.position)
        found = self._rows(position, event, in_turn=in_turn)
        if found is None:
            self.left_out.add(position)
            return
        for table, sums in found.items():
            page = self._pages[table, position // PAGE]
            page[0] += len(sums)
            page[1] += sum(sums)

    def leave_out(self, position: int, event: Event) -> None:
        """A record that was taken counts no longer: a position that is left out was named behind it."""
        if position >= self.end:
            return
        stretch = self.stretch or (0, -1)
        found = self._rows(position, event, in_turn=stretch[0] <= position <= stretch[1])
        for table, sums in (found or {}).items():
            page = self._pages[table, position // PAGE]
            page[0] -= len(sums)
            page[1] -= sum(sums)

    def pages(self) -> Pages:
        """What the history should have."""
        return {key: (count, total) for key, (count, total) in self._pages.items() if count}

    def _rows(self, position: int, event: Event, *, in_turn: bool) -> Mapping[str, set[int]] | None:
        """What stands for the rows of a record, by table; None where the history may have one of two in one place."""
        if isinstance(event, Runs) and not in_turn:
            return {}  # most of what there is
        found: defaultdict[str, set[int]] = defaultdict(set)
        places: defaultdict[str, set[Any]] = defaultdict(set)
        for table, row in log_rows(position, event):
            if table not in IN_TURN or in_turn:
                found[table].add(crc32(f"({','.join(map(number, row))})".encode()))
                places[table].add(row[_WITHIN[table]] if table in _WITHIN else None)
        if any(len(sums) != len(places[table]) for table, sums in found.items()):
            return None
        return found


def number(value: Any) -> str:
    """A column's value as numbers, in ClickHouse's words. Pure."""
    if isinstance(value, str):
        return str(crc32(value.encode()))
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(int(value))
    if isinstance(value, bytes):
        return str(crc32(value))
    pairs = isinstance(value, Mapping)
    return f"[{','.join(map(number, value.items() if pairs else value))}]"


# ---- what the history has -------------------------------------------------------------------------------------------


def unlike_facts(client: Client, contest: str, facts: Facts) -> str:
    """Which facts of the history are not those of the log, in words; nothing where all are. Reads only.

    Raises:
        DependencyError: when the history does not answer.
    """
    low, high = facts.stretch or (1, 0)
    given = {"contest": contest, "end": facts.end, "out": sorted(facts.left_out), "low": low, "high": high}
    try:
        types = {(table, name): type_ for table, name, type_ in client.query(_TYPES).result_rows}
        found = client.query(_question(types), parameters=given).result_rows
    except ClickHouseError as error:
        raise DependencyError(f"the history's facts of {contest}: {error}") from error
    return _words(facts.pages(), {(table, page): (count, total) for table, page, count, total in found})


def _words(truth: Pages, found: Pages) -> str:
    wrong = sorted(key for key in truth.keys() | found.keys() if truth.get(key) != found.get(key))
    named = [f"{table} of positions {page * PAGE} to {page * PAGE + PAGE - 1}" for table, page in wrong[:NAMED]]
    more = f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
    return ", ".join(named) + more


_TYPES = "SELECT table, name, type FROM system.columns WHERE database = 'podium'"


def _question(types: Mapping[tuple[str, str], str]) -> str:
    return " UNION ALL ".join(_asked(table, types) for table in LOG_TABLES)


def _asked(table: str, types: Mapping[tuple[str, str], str]) -> str:
    row = ", ".join(_number(f"`{name}`", types.get((table, name), "")) for name in COLUMNS[table])
    turn = " AND position BETWEEN {low:UInt64} AND {high:UInt64}" if table in IN_TURN else ""
    # of a row that was written twice both may be there until they are merged
    return (
        f"SELECT '{table}', intDiv(position, {PAGE}) AS page, count(), sum(crc) FROM ("  # noqa: S608  # constants
        f"SELECT DISTINCT position, CRC32(toString(tuple({row}))) AS crc FROM podium.{table} "
        f"WHERE contest = {{contest:String}} AND position < {{end:UInt64}} "
        f"AND NOT has({{out:Array(UInt64)}}, position){turn}) GROUP BY page"
    )


def _number(column: str, type_: str) -> str:
    """A column of a type as numbers, as `number` has its value."""
    inner = type_.removeprefix("LowCardinality(").removeprefix("Nullable(")
    if inner.startswith("DateTime64"):
        return f"toUnixTimestamp64Milli({column})"
    if inner.startswith("Array("):
        return f"arrayMap(x -> {_number('x', inner.removeprefix('Array('))}, {column})"
    if inner.startswith("Map("):
        of = inner.removeprefix("Map(").partition(", ")[2]
        pair = f"[toInt64(CRC32(k)), toInt64({_number('v', of)})]"
        return f"arrayMap((k, v) -> {pair}, mapKeys({column}), mapValues({column}))"
    if inner.startswith("String"):
        return f"CRC32({column})"
    return f"toUInt8({column})" if inner.startswith("Bool") else column
