"""A board out of the live view, as one moment has it: for the operators' commands and the auditor."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import redis

from schemas import live
from schemas.addresses import redacted
from schemas.errors import DamagedError, DataError, DependencyError
from schemas.ids import partition_of
from schemas.settings import Settings

__all__ = ["LiveBoard", "RestingError", "RetiredError", "read_board"]

BACK_S = 60.0
"""A contest that has left the view is read again from the log at some ten thousand events a second."""

_NOT_OURS = (ValueError, KeyError, TypeError, AttributeError)
"""What the parsers raise for bytes that are no JSON, or JSON of another shape."""


class RestingError(DataError):
    """The contest is over, and has left the live view until somebody asks for it."""


class RetiredError(DataError):
    """The generation that was asked for has been retired: the live view has none of it."""


@dataclass(frozen=True, slots=True)
class LiveBoard:
    """A contest's board of one generation for one audience.

    `mark` is the scorer's latest that has come here, `newest` the position of the newest row (-1 without one), and
    `objects` the contest's objects of the types that were asked for, as the jury may see them, with their facts.
    """

    generation: str
    rows: list[live.LiveRow]
    firsts: list[live.LiveFirst]
    mark: live.LiveMark | None
    newest: int
    applied: int
    objects: dict[str, list[live.Stored]]


def read_board(
    settings: Settings,
    contest: str,
    audience: str,
    *,
    generation: str | None = None,
    types: Sequence[str] = (),
    wake: bool = True,
    indexed: bool = False,
) -> LiveBoard:
    """Read the board, and the contest's objects of some of `live.TYPES`, in one transaction.

    A contest that has left the view is asked for, with *wake*; it, and one that is being healed, are waited for.

    Args:
        settings: where Redis is.
        contest: its id.
        audience: public or jury.
        generation: whose board; None: the active one's.
        types: of the objects.
        wake: as above.
        indexed: whether the board's index is read, too, and must be that of its rows.

    Raises:
        DamagedError: when a value in Redis does not parse, or the index is another.
        DataError: when the contest is not in the view; RestingError when it has left, and is not to be woken;
            RetiredError when the generation was retired.
        DependencyError: when Redis does not answer.
    """
    try:
        # longer than Redis is ever blocked, by the biggest batch or by writing its file
        with redis.Redis.from_url(settings.redis, socket_timeout=10) as client:
            while True:
                meta = _there(client, contest, wake=wake)
                shown = meta.active if generation is None else generation
                board = (contest, shown, audience)
                pipe = client.pipeline(transaction=True)
                pipe.hmget(live.meta_key(contest), "active", "rows", "away", f"retired:{shown}")
                pipe.hvals(live.rows_key(*board))
                pipe.hgetall(live.firsts_key(*board))
                pipe.get(live.mark_key(*board))
                pipe.hvals(live.row_positions_key(*board))
                if indexed:
                    pipe.hgetall(live.members_key(*board))
                    pipe.zrange(live.index_key(*board), 0, -1, withscores=True)
                for type_ in types:
                    pipe.hvals(live.objects_key(contest, type_))
                (active, applied, away, retired), rows, firsts, mark, positions, *more = pipe.execute()
                if away is None and (generation is not None or (active or b"0").decode() == meta.active):
                    break  # else another one was promoted in between, and this one may be retired; or it has left
    except redis.RedisError as error:
        raise DependencyError(f"Redis at {redacted(settings.redis)}: {error}") from error
    if retired is not None:
        raise RetiredError(f"contest {contest}: generation {shown} was retired")
    index, objects = (more[:2], more[2:]) if indexed else (None, more)
    found = zip(types, objects, strict=True)
    try:
        parsed = [live.parse_row(data) for data in rows]
        if index is not None:
            _check_index(parsed, *index)
        return LiveBoard(
            generation=shown,
            rows=live.in_order(parsed),
            firsts=[live.parse_first(problem.decode(), data) for problem, data in firsts.items()],
            mark=live.parse_mark(mark) if mark else None,
            newest=max(map(int, positions), default=-1),
            applied=int(applied or -1),
            objects={type_: [live.parse_stored(one) for one in stored] for type_, stored in found},
        )
    except _NOT_OURS as error:
        raise _damaged(contest, error) from error


def _check_index(rows: Iterable[live.LiveRow], members: dict[bytes, bytes], index: list[tuple[bytes, float]]) -> None:
    """Raises ValueError where the sorted set and its members are not those of the rows."""
    wanted = {row.team_id.encode(): live.index_member(row) for row in rows if row.listed}
    if members != wanted or index != [(member, 0.0) for member in sorted(wanted.values())]:
        raise ValueError("the index of the board is not that of its rows")


def _there(client: redis.Redis, contest: str, *, wake: bool) -> live.Meta:
    """The contest's meta hash, once the view holds of it what it once held."""
    deadline = time.monotonic() + BACK_S
    while True:
        pipe = client.pipeline(transaction=True)
        pipe.hgetall(live.meta_key(contest))
        pipe.hget(live.witness_key(partition_of(contest)), f"c:{contest}")
        found, most = pipe.execute()
        try:
            meta = live.parse_meta(found)
            log, rows = live.parse_most(most)
        except _NOT_OURS as error:
            raise _damaged(contest, error) from error
        if meta is None:
            raise DataError(f"there is no contest {contest!r} in the live view")
        if meta.away and not wake:
            raise RestingError(f"contest {contest} is over and has left the live view until somebody asks for it")
        if not meta.away and meta.log >= log and meta.rows >= rows:
            return meta
        if time.monotonic() > deadline:
            raise DependencyError(f"the live view does not get contest {contest} back; see the live sink's log")
        if meta.away:
            client.zadd(live.ASKED_KEY, {contest: time.time_ns() // 1_000_000})
        time.sleep(0.1)


def _damaged(contest: str, error: Exception) -> DamagedError:
    return DamagedError(
        f"contest {contest}: a value in Redis is not as podium writes it ({type(error).__name__}: {error}); "
        f"`podium contest reload {contest} --reason TEXT` makes the contest anew"
    )
