"""Two boards side by side: the rows and cells in which they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from clics.times import format_reltime, parse_reltime
from schemas.errors import DataError

__all__ = ["Difference", "differences", "read_scoreboard"]

_ROW = ("rank", "num_solved", "total_time", "score")
_CELL = ("num_judged", "num_pending", "solved", "score", "time")


@dataclass(frozen=True, slots=True)
class Difference:
    """A team's value, or that of one of its cells, on the one board and on the other."""

    team_id: str
    problem_id: str | None
    what: str
    first: str
    second: str


class _Row(NamedTuple):
    values: dict[str, Any]
    cells: dict[str, dict[str, Any]]


def read_scoreboard(found: Any, name: str) -> dict[str, _Row]:
    """The rows of a scoreboard of the Contest API, of any version, by team.

    Times are milliseconds: whole numbers are the minutes that versions before 2026-01 have. A cell without a judged or
    pending submission says nothing, and is left out.

    Raises:
        DataError: when it is no scoreboard.
    """
    try:
        rows = {str(row["team_id"]): _row(row) for row in found["rows"]}
        count = len(found["rows"])
    except (KeyError, TypeError, AttributeError, DataError) as error:
        raise DataError(f"{name}: no scoreboard of the Contest API: {error}") from None
    if len(rows) < count:
        raise DataError(f"{name}: a team has two rows")
    return rows


def _row(row: Mapping[str, Any]) -> _Row:
    score = row["score"]
    values = {
        "rank": row["rank"],
        "num_solved": score.get("num_solved"),
        "total_time": _time(score.get("total_time")),
        "score": score.get("score"),
    }
    cells = {}
    for cell in row.get("problems") or ():
        if cell["num_judged"] or cell["num_pending"]:
            solved = cell.get("solved")
            cells[str(cell["problem_id"])] = {
                "num_judged": cell["num_judged"],
                "num_pending": cell["num_pending"],
                "solved": solved,
                "score": cell.get("score"),
                "time": _time(cell.get("time")) if solved or cell.get("score") else None,
            }
    return _Row(values, cells)


def _time(value: Any) -> int | None:
    if value is None:
        return None
    return value * 60_000 if isinstance(value, int) else parse_reltime(value)


def differences(first: Mapping[str, _Row], second: Mapping[str, _Row]) -> Iterator[Difference]:
    """Where the boards differ: teams that only one has, then rows and cells, in the order of the first board. Pure."""
    for team, mine in first.items():
        other = second.get(team)
        if other is None:
            yield Difference(team, None, "row", "there", "not there")
            continue
        yield from _values(team, None, _ROW, mine.values, other.values)
        for problem in dict.fromkeys([*mine.cells, *other.cells]):
            yield from _values(team, problem, _CELL, mine.cells.get(problem, {}), other.cells.get(problem, {}))
    for team in second.keys() - first.keys():
        yield Difference(team, None, "row", "not there", "there")


def _values(
    team: str, problem: str | None, names: tuple[str, ...], first: Mapping[str, Any], second: Mapping[str, Any]
) -> Iterator[Difference]:
    for name in names:
        one, other = first.get(name), second.get(name)
        if one != other:
            yield Difference(team, problem, name, _shown(name, one), _shown(name, other))


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "–"
    return format_reltime(value) if name in ("time", "total_time") else str(value).lower()
