"""A feed as one client reads it: from a line on, as far as the log has come, in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import orjson

from api.access import may_see_contest
from api.feed.lines import Ground, Line, after, batches_of, in_order, lines
from api.feed.source import Read, Source
from api.feed.tokens import Place, Tokens
from schemas.live import FeedEntry

__all__ = ["Feed"]

PIECE = 1 << 16
"""Bytes that are handed on at once: the client takes them when it has room, and so long nothing else is read."""


class Feed:
    """Where a client is in its feed. What fails is asked for again from there, so a lost view costs no line.

    `over`: the end of updates was told, nothing comes behind it. `soon`: what comes next is being written.
    """

    def __init__(self, source: Source, ground: Ground, tokens: Tokens, since: Place | None) -> None:
        self._source = source
        self._tokens = tokens
        self._before_all = ground
        self._ground: Ground | None = ground if since is None else None
        self._last = -1 if since is None else since.position - 1
        self._place = since or Place(-1, 0)
        self.over = False
        self.soon = False

    @property
    def closed(self) -> bool:
        """Whether the contest no longer exists for the reader."""
        scene = None if self._ground is None else self._ground.scene
        return scene is not None and not may_see_contest(self._before_all.viewer, scene.contest)

    async def news(self) -> AsyncGenerator[bytes, None]:
        """The lines from here on, up to the end of what there is, in pieces.

        Raises:
            DependencyError: while the view is away or not whole; call it again.
        """
        while not self.over:
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
        self.soon = False  # what is written behind the end of updates is told to nobody

    async def _small(self, ground: Ground, read: Read) -> AsyncGenerator[bytes, None]:
        """Positions whose entries are at hand."""
        grounds, names = [ground], set[str]()
        for _, entries in read.positions:
            grounds.append(after(grounds[-1], entries))
            names.update(name for one in entries for name in batches_of(grounds[-2], grounds[-1], one))
        batches = await self._source.batches(names)
        ready = bytearray()
        for (position, entries), before, now in zip(read.positions, grounds, grounds[1:], strict=False):
            found = (line for entry in entries for line in lines(before, now, entry, batches))
            for encoded in self._encoded(position, 0, in_order(found)):
                ready += encoded
                if len(ready) >= PIECE:
                    yield bytes(ready)
                    ready.clear()
            self._last, self._ground = position, now
            if self.over:
                break
        self._last = max(self._last, read.last)
        if ready:
            yield bytes(ready)

    async def _large(self, before: Ground, position: int) -> AsyncGenerator[bytes, None]:
        """A position with more entries than fit: what `in_order` does in passes over them, slice by slice."""
        ground = before
        async for entries in self._source.slices(position):
            ground = after(ground, entries)
        number = 0
        for turn in ("updates", "gone", "state"):
            async with aclosing(self._source.slices(position, backwards=turn == "gone")) as slices:
                async for entries in slices:
                    for entry in entries:
                        found = await self._lines(before, ground, entry)
                        if turn == "gone":
                            some = [one for one in reversed(found) if one.data is None]
                        else:
                            some = [
                                one
                                for one in found
                                if one.data is not None and (one.type == "state") == (turn == "state")
                            ]
                        if encoded := b"".join(self._encoded(position, number, some)):
                            yield encoded
                        number += len(some)
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
