"""The canonical scoreboard out of the history."""

from __future__ import annotations

from clickhouse_connect.driver.client import Client

from schemas.history import board
from streams.scoring.canonical import canonical

__all__ = ["scoreboard"]


def scoreboard(
    client: Client,
    contest: str,
    *,
    audience: str,
    generation: str = "",
    rule: str = "icpc",
    at_ms: int | None = None,
    as_of: int | None = None,
    upto: int | None = None,
    frozen: bool | None = None,
) -> bytes:
    """The canonical scoreboard of a contest by SQL over its facts; the arguments and errors are `schemas.history.board`'s.

    With no more than *audience*, *generation* and *upto* it equals the fold's at that position, byte for byte.
    """
    found = board(
        client,
        contest,
        audience=audience,
        generation=generation,
        rule=rule,
        at_ms=at_ms,
        as_of=as_of,
        upto=upto,
        frozen=frozen,
    )
    return canonical(found.rows, found.firsts, score_scale=found.score_scale)
