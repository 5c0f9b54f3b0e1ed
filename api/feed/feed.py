"""A feed as one client reads it: from a line on, as far as the log has come, in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import orjson

from api.feed.lines import Ground, Line, Turn, after, batches_of, in_order, in_turn, lines
from api.feed.source import Read, Source
from api.feed.tokens import Place, Tokens
from schemas.live import FeedEntry

__all__ = ["Feed"]

PIECE = 1 << 16
"""Bytes that are handed on at once: the client takes them when it has room, and so long nothing else is read."""


class Feed:
    """Where a client is in its feed. What fails is asked for again from there, so a lost view costs no line.

    Of a contest that is not theirs any more a client hears that it is gone, and what lies behind that only when it is
    theirs again. So what they hear is always a beginning of the same feed, however slowly they read.

    `over`: the end of updates was told, nothing comes behind it. `soon`: what comes next is being written. `closed`: the
    contest does not exist for the client.
    """

    def __init__(self, source: Source, ground: Ground, tokens: Tokens, since: Place | None) -> None:
        self._source = source
        self._tokens = tokens
        self._before_all = ground
        self._ground: Ground | None = ground if since is None else None
        self._last = -1 if since is None else since.position - 1
        self._place = since or Place(-1, 0)
        self._theirs_at = -1
        self.over = False
        self.soon = False
        self.closed = False

    async def news(self) -> AsyncGenerator[bytes, None]:
        """The lines from here on, up to the end of what there is, in pieces.

        Raises:
            DependencyError: while the view is away or not whole; call it again.
        """
        self.closed = False
        while not self.over and not self.closed:
            if self._ground is None:
                self._ground = await self._source.ground(self._before_all, self._last + 1)
            read = await self._source.behind(self._last)
            self.soon = read.soon
            if read.large is not None:
                async with aclosing(self._large(self._ground, read.large)) as pieces:
                    async for piece in pieces:
                        yield piece
            elif read.last == self._last:
                return
            else:
                async with aclosing(self._small(self._ground, read)) as pieces:
                    async for piece in pieces:
                        yield piece
        self.soon = False  # what is written behind that is not told

    async def _end(self, grounds: Iterable[tuple[int, Ground]]) -> int | None:
        """The first of these positions, each with the ground after it, that takes the contest from the client.

        None where there is none, and where the contest is the client's again in the view as it is now.
        """
        gone = [position for position, ground in grounds if not ground.there]
        if gone and gone[-1] > self._theirs_at:
            held, now = await self._source.now(self._before_all, gone[-1])
            if not now.there:
                return gone[0]
            self._theirs_at = held
        return None

    async def _small(self, ground: Ground, read: Read) -> AsyncGenerator[bytes, None]:
        """Positions whose entries are at hand."""
        grounds, names = [ground], set[str]()
        for _, entries in read.positions:
            grounds.append(after(grounds[-1], entries))
            names.update(name for one in entries for name in batches_of(grounds[-2], grounds[-1], one))
        batches = await self._source.batches(names)
        positions = [position for position, _ in read.positions]
        end = await self._end(zip(positions, grounds[1:], strict=True))
        ready = bytearray()
        for (position, entries), before, now in zip(read.positions, grounds, grounds[1:], strict=False):
            self.closed = position == end
            found = [line for entry in entries for line in lines(before, now, entry, batches)]
            for encoded in self._encoded(position, 0, in_turn(found, Turn.LEAVING) if self.closed else in_order(found)):
                ready += encoded
                if len(ready) >= PIECE:
                    yield bytes(ready)
                    ready.clear()
            if self.closed:
                break
            self._last, self._ground = position, now
            if self.over:
                break
        if not self.closed:
            self._last = max(self._last, read.last)
        if ready:
            yield bytes(ready)

    async def _large(self, before: Ground, position: int) -> AsyncGenerator[bytes, None]:
        """A position with more entries than fit: what `in_order` does in passes over them, slice by slice."""
        ground = before
        async for entries in self._source.slices(position):
            ground = after(ground, entries)
        self.closed = await self._end([(position, ground)]) is not None
        number = 0
        for turn in Turn:
            if (self.closed and turn is not Turn.LEAVING) or (ground.there and turn is Turn.LEAVING):
                continue
            async with aclosing(self._source.slices(position, backwards=turn is Turn.GONE)) as slices:
                async for entries in slices:
                    for entry in entries:
                        some = in_turn(await self._lines(before, ground, entry), turn)
                        if encoded := b"".join(self._encoded(position, number, some)):
                            yield encoded
                        number += len(some)
        if not self.closed:
            self._last, self._ground = position, ground

    async def _lines(self, before: Ground, ground: Ground, entry: FeedEntry) -> list[Line]:
        return lines(before, ground, entry, await self._source.batches(batches_of(before, ground, entry)))

    def _encoded(self, position: int, number: int, found: Iterable[Line]) -> Iterable[bytes]:
        """The lines behind the first *number* of a position as JSON, but for those that the client has."""
        for line in found:
            number += 1
            self.over = self.over or (line.type == "state" and bool(line.data.get("end_of_updates")))
            if (position, number) <= self._place:
                continue
            self._place = Place(position, number)
            told = {"type": line.type, "id": line.id, "data": line.data, "token": self._tokens.name(position, number)}
            yield orjson.dumps(told) + b"\n"
