"""The canonical scoreboards out of the history."""

from __future__ import annotations

from collections.abc import Collection

from clickhouse_connect.driver.client import Client

from schemas.history import boards
from schemas.rows import AUDIENCES
from streams.scoring.canonical import canonical

__all__ = ["scoreboards"]


def scoreboards(
    client: Client,
    contest: str,
    *,
    audiences: Collection[str] = AUDIENCES,
    generation: str = "",
    rule: str = "icpc",
    at_ms: int | None = None,
    as_of: int | None = None,
    upto: int | None = None,
    frozen: bool | None = None,
) -> dict[str, bytes]:
    """The canonical scoreboards of a contest, by audience, by SQL over its facts.

    The arguments and errors are those of `schemas.history.boards`. With no more than *audiences*, *generation* and *upto*
    they equal the fold's at that position, byte for byte.
    """
    found = boards(
        client,
        contest,
        audiences=audiences,
        generation=generation,
        rule=rule,
        at_ms=at_ms,
        as_of=as_of,
        upto=upto,
        frozen=frozen,
    )
    return {audience: canonical(one.rows, one.firsts, score_scale=one.score_scale) for audience, one in found.items()}
