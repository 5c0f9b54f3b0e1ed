"""The live board as Redis has it, for the operators' commands."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import redis

from schemas import live
from schemas.errors import DataError, DependencyError
from schemas.settings import Settings
from streams.scoring.canonical import canonical

__all__ = ["LiveBoard", "clics_scoreboard", "live_scoreboard", "read_board"]


@dataclass(frozen=True, slots=True)
class LiveBoard:
    """A contest's active board for one audience, and the objects that give it names."""

    rows: list[live.LiveRow]
    firsts: list[live.LiveFirst]
    contest: dict[str, Any]
    state: dict[str, Any]
    problems: list[dict[str, Any]]
    teams: dict[str, str]
    mark: live.LiveMark | None


def read_board(settings: Settings, contest: str, audience: str) -> LiveBoard:
    """Read the board and its objects in one transaction. Reads only.

    Raises:
        DataError: when the contest is not in the view.
        DependencyError: when Redis does not answer.
    """
    try:
        with redis.Redis.from_url(settings.redis, socket_timeout=10) as client:
            meta = live.parse_meta(client.hgetall(live.meta_key(contest)))
            if meta is None:
                raise DataError(f"there is no contest {contest!r} in the live view")
            board = (contest, meta.active, audience)
            pipe = client.pipeline(transaction=True)
            pipe.hvals(live.rows_key(*board))
            pipe.hgetall(live.firsts_key(*board))
            pipe.get(live.mark_key(*board))
            for type_ in ("contest", "state", "problems", "teams"):
                pipe.hvals(live.objects_key(contest, type_))
            rows, firsts, mark, contests, states, problems, teams = pipe.execute()
    except redis.RedisError as error:
        raise DependencyError(f"Redis at {settings.redis}: {error}") from error
    return LiveBoard(
        rows=live.in_order(live.parse_row(data) for data in rows),
        firsts=[live.parse_first(problem.decode(), data) for problem, data in firsts.items()],
        contest=_one(contests),
        state=_one(states),
        problems=sorted((live.parse_stored(p).object for p in problems), key=lambda p: p["ordinal"]),
        teams={t["id"]: t.get("display_name") or t["name"] for t in (live.parse_stored(t).object for t in teams)},
        mark=live.parse_mark(mark) if mark else None,
    )


def _one(values: Iterable[bytes]) -> dict[str, Any]:
    return next((live.parse_stored(data).object for data in values), {})


def live_scoreboard(settings: Settings, contest: str, audience: str) -> bytes:
    """The canonical scoreboard of what Redis shows; see `streams.scoring.canonical`. Reads only."""
    board = read_board(settings, contest, audience)
    return canonical(board.rows, board.firsts)


def clics_scoreboard(board: LiveBoard) -> dict[str, Any]:
    """The board as the Contest API's scoreboard object."""
    found = json.loads(canonical(board.rows, board.firsts))
    return {"state": board.state, "rows": found["rows"]}
