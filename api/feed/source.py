"""The live view's stream of a contest's changes, read in bounded pieces: whole positions, or one that is too large.

Nothing is read of a position that the view does not hold whole. What was read is checked in the same transaction: a view
that was lost meanwhile is an error, never an end.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from api.feed.lines import Ground, after
from api.view import View
from schemas.errors import DependencyError
from schemas.live import FeedEntry, Stored, feed_key, meta_key, objects_key, parse_entry, parse_stored, turns_key

__all__ = ["Read", "Source"]

COUNT = 100
"""Entries of one read, and more than a position has that is read at once: some hundred kilobytes."""
SLICE = 50
"""Entries at a time of a larger one: a judgement may have hundreds of runs."""

Entries = list[tuple[bytes, Mapping[bytes, bytes]]]


@dataclass(frozen=True, slots=True)
class Read:
    """What lies behind a position: the entries of the next ones, up to `last`, all that is there of them.

    `large`: instead, a position with so many that they are to be read slice by slice. `soon`: more is being written.
    """

    last: int
    positions: list[tuple[int, list[FeedEntry]]]
    large: int | None = None
    soon: bool = False


class Source:
    """A contest's entries. Every method raises DependencyError while the view is away, being rebuilt, or fetched.

    *wakes*: somebody waits, so that a contest that has left the view is brought back.
    """

    def __init__(self, view: View, contest: str, *, wakes: bool = True) -> None:
        self._view = view
        self._contest = contest
        self._wakes = wakes

    async def behind(self, position: int) -> Read:
        """The next entries behind a position (-1: from the beginning)."""
        held, found = await self._range(position, f"{position + 1}-0", "+", COUNT)
        whole = [one for one in found if _position(one) <= held]
        soon = len(whole) < len(found)
        if not whole:
            return Read(position, [], soon=soon)
        last = _position(whole[-1])
        if len(whole) == COUNT:  # there may be more of the last position
            if _position(whole[0]) == last:
                return Read(position, [], large=last)
            whole = [one for one in whole if _position(one) < last]
            last = _position(whole[-1])
        positions: dict[int, list[FeedEntry]] = {}
        for id_, fields in whole:
            if (entry := parse_entry(id_, fields)) is not None:
                positions.setdefault(entry.position, []).append(entry)
        return Read(last, list(positions.items()), soon=soon)

    async def slices(self, position: int, *, backwards: bool = False) -> AsyncGenerator[list[FeedEntry], None]:
        """The entries of one position, a few at a time."""
        low, high = f"{position}-0", str(position)
        while True:
            _, found = await self._range(position, low, high, SLICE, backwards=backwards)
            if not found:
                return
            yield [entry for one in found if (entry := parse_entry(*one)) is not None]
            edge = f"({found[-1][0].decode()}"
            low, high = (low, edge) if backwards else (edge, high)

    async def backwards(self, held: int, behind: int) -> AsyncGenerator[list[FeedEntry], None]:
        """The entries behind a position (-1: all), up to the position *held*, the latest first, a few at a time."""
        low, high = f"{behind + 1}-0", str(held)
        while True:
            _, found = await self._range(held, low, high, SLICE, backwards=True)
            if found:
                yield [entry for one in found if (entry := parse_entry(*one)) is not None]
            if len(found) < SLICE:
                return
            high = f"({found[-1][0].decode()}"

    async def batches(self, names: Iterable[str]) -> dict[str, Stored]:
        """These batches of runs."""
        wanted = list(dict.fromkeys(names))
        if not wanted:
            return {}
        async with self._view.answering() as redis:
            found = await cast(Any, redis.hmget(objects_key(self._contest, "runs"), wanted))
        if not all(found):
            raise DependencyError("the live view was lost a moment ago")
        return {name: parse_stored(one) for name, one in zip(wanted, found, strict=True)}

    async def ground(self, ground: Ground, position: int) -> Ground:
        """The ground before a position: *ground* is the one before all."""
        fields = ["contest", f"teams:{ground.viewer.team}"]
        async with self._view.answering() as redis:
            turns = await cast(Any, redis.hmget(turns_key(self._contest), fields))
        for ids in turns:
            earlier = [one for one in (ids or b"").split() if int(one.partition(b"-")[0]) < position]
            if earlier:
                id_ = earlier[-1].decode()
                _, found = await self._range(position, id_, id_, 1)
                if not found:
                    raise DependencyError("the live view was lost a moment ago")
                ground = after(ground, [entry for one in found if (entry := parse_entry(*one)) is not None])
        return ground

    async def now(self, ground: Ground, position: int) -> tuple[int, Ground]:
        """How far the view holds the contest, this position at least, and the ground there: *ground* is the one before all.

        What is asked for is the contest alone: of the viewer's groups it does not know.
        """
        async with self._view.answering() as redis:
            pipeline = redis.pipeline(transaction=True)
            pipeline.hmget(meta_key(self._contest), "log", "away")
            pipeline.hmget(objects_key(self._contest, "contest"), self._contest)
            (held, away), (found,) = await pipeline.execute()
        held = await self._insist(held, away, position)
        stored = parse_stored(found) if found else None
        return held, after(ground, [FeedEntry(held, "contest", self._contest, stored, None)])

    async def _range(
        self, position: int, low: str, high: str, count: int, *, backwards: bool = False
    ) -> tuple[int, Entries]:
        """The last position that the view holds, and entries between two ids, in a view that holds this *position*."""
        key = feed_key(self._contest)
        async with self._view.answering() as redis:
            pipeline = redis.pipeline(transaction=True)
            pipeline.hmget(meta_key(self._contest), "log", "away")
            if backwards:
                pipeline.xrevrange(key, high, low, count=count)
            else:
                pipeline.xrange(key, low, high, count=count)
            (held, away), found = await pipeline.execute()
        return await self._insist(held, away, position), found

    async def _insist(self, held: bytes | None, away: bytes | None, position: int) -> int:
        """The last position that the view holds; go on only with a contest that is there up to this *position*."""
        if away is not None:
            if self._wakes:
                await self._view.ask_for(self._contest)
            raise DependencyError("the contest is long over, and has left the view until it is fetched")
        if held is None or int(held) < position:
            raise DependencyError("the live view is being rebuilt")
        return int(held)


def _position(entry: tuple[bytes, Mapping[bytes, bytes]]) -> int:
    return int(entry[0].partition(b"-")[0])
