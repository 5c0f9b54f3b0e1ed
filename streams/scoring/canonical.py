"""The canonical scoreboard: what *equal* means wherever podium compares boards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Protocol

from streams.scoring.ranking import Sortable, everybody, of_group, ranked

__all__ = ["AnyCell", "AnyFirst", "AnyRow", "board_rows", "canonical", "digest", "digest_of", "pieces", "reltime"]


class AnyCell(Protocol):
    """A cell of a board: of the core, of `scoreboard-rows` or of the live view."""

    @property
    def problem_id(self) -> str:
        """Whose cell of the row it is."""

    @property
    def num_judged(self) -> int:
        """How many attempts have been judged."""

    @property
    def num_pending(self) -> int:
        """How many are pending."""

    @property
    def solved(self) -> bool:
        """Whether the problem is solved."""

    @property
    def time(self) -> int | None:
        """Contest time in ms of the attempt that gives the cell its score."""

    @property
    def score(self) -> int | None:
        """Scaled; None where solved problems are counted."""


class AnyRow(Sortable, Protocol):
    """A row of such a board."""

    @property
    def num_solved(self) -> int:
        """How many problems are solved."""

    @property
    def total_time(self) -> int:
        """Penalty time in ms."""

    @property
    def score(self) -> int | None:
        """Scaled; None where solved problems are counted."""

    @property
    def time(self) -> int | None:
        """Contest time in ms of the last improvement."""

    @property
    def cells(self) -> tuple[Any, ...]:
        """The cells (AnyCell), in the order of the problems."""


class AnyFirst(Protocol):
    """Who solved a problem of such a board first."""

    @property
    def problem_id(self) -> str:
        """Which problem."""

    @property
    def team_id(self) -> str | None:
        """Who; None: nobody yet, or it is not certain."""


def canonical(rows: Iterable[AnyRow], firsts: Iterable[AnyFirst], *, score_scale: int = 1) -> bytes:
    """The board's bytes: CLICS rows and first-to-solve awards, minified JSON with sorted keys, UTF-8. Pure.

    Rows and first-to-solves come in any order and may be those of the core, of `scoreboard-rows` or of the live view.
    Rows of teams out of competition stand apart, as `unlisted` and only where there are any, each with its rank among
    the rows of all teams: with that the order on the board of any group follows from the bytes.
    """
    return b"".join(pieces(rows, firsts, score_scale=score_scale))


def pieces(rows: Iterable[AnyRow], firsts: Iterable[AnyFirst], *, score_scale: int = 1) -> Iterator[bytes]:
    """The same bytes a row at a time. Pure.

    Whoever makes them beside other work keeps it waiting for no longer than a row takes: JSON is written in one go.
    """
    rows = list(rows)
    awards = [
        {"id": f"first-to-solve-{first.problem_id}", "team_ids": [first.team_id]}
        for first in firsts
        if first.team_id is not None
    ]
    yield b'{"awards":' + _JSON.encode(sorted(awards, key=lambda award: str(award["id"]))).encode()
    yield b',"rows":['
    yield from _listed(_row(rank, row, score_scale) for rank, row in ranked(rows))
    if any(row.ranked and not row.listed for row in rows):
        yield b'],"unlisted":['
        yield from _listed(_row(rank, row, score_scale) for rank, row in everybody(rows) if not row.listed)
    yield b"]}"


_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _listed(made: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """The elements of a JSON list."""
    between = b""
    for one in made:
        yield between + _JSON.encode(one).encode()
        between = b","


def board_rows(
    rows: Iterable[AnyRow], *, score_scale: int = 1, members: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """The CLICS rows of the board, in its order; with *members*, the teams of a group, those of that group's board. Pure.

    A row without a rank has no `rank`. Rows come as to `canonical`.
    """
    found = ranked(rows) if members is None else of_group(rows, members)
    return [_row(rank, row, score_scale) for rank, row in found]


def digest(board: bytes) -> str:
    """The SHA-256 of a canonical scoreboard, hexadecimal. Pure."""
    return digest_of((board,))


def digest_of(board: Iterable[bytes]) -> str:
    """The same of its pieces, in their order. Pure."""
    found = hashlib.sha256()
    for piece in board:
        found.update(piece)
    return found.hexdigest()


def reltime(ms: int) -> str:
    """Milliseconds as the Contest API's RELTIME: h:mm:ss, with .mmm only where it is not zero. Pure."""
    sign, ms = ("-", -ms) if ms < 0 else ("", ms)
    seconds, rest = divmod(ms, 1000)
    fraction = f".{rest:03d}" if rest else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def _row(rank: int | None, row: AnyRow, scale: int) -> dict[str, Any]:
    score: dict[str, Any] = {"time": None if row.time is None else reltime(row.time)}
    if row.score is None:
        score |= {"num_solved": row.num_solved, "total_time": reltime(row.total_time)}
    else:
        score["score"] = _decimal(row.score, scale)
    found: dict[str, Any] = {
        "problems": [_cell(cell, scale) for cell in row.cells],
        "score": score,
        "team_id": row.team_id,
    }
    if rank is not None:
        found["rank"] = rank
    return found


def _cell(cell: AnyCell, scale: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "num_judged": cell.num_judged,
        "num_pending": cell.num_pending,
        "problem_id": cell.problem_id,
    }
    if cell.score is None:
        found["solved"] = cell.solved
    else:
        found["score"] = _decimal(cell.score, scale)
    if cell.time is not None:
        found["time"] = reltime(cell.time)
    return found


def _decimal(scaled: int, scale: int) -> int | float:
    # a quotient of two integers is the nearest float, and its shortest form is the same everywhere
    return scaled // scale if scaled % scale == 0 else scaled / scale
