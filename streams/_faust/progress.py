"""The way of one partition through an app: which record may be handed out next, and how far everything is handled."""

from __future__ import annotations

from collections import deque
from typing import Any, Protocol

__all__ = ["STALE", "Handed", "Progress"]

STALE = -1
"""No generation of a consumer group: Faust's streams skip a message that carries it."""


class Handed(Protocol):
    """What Progress needs of a message."""

    offset: int
    generation_id: Any


class Progress:
    """Hands out a partition's records strictly in order, and counts as handled only what has no hole before it.

    Agents take the records of a partition one after another, so one that arrives at the handler while an earlier one
    is not handled means that Faust has lost the earlier one: that is a `hole`, and `rewind` is the way out of it.
    """

    __slots__ = ("_handed", "hole", "next", "prefix", "rewinds", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.next = start
        """The only offset that may be handed out now."""
        self.prefix = start
        """The first offset not handled: what may be committed."""
        self.hole = False
        self.rewinds = 0
        """How often it was begun again at this prefix."""
        self._handed: deque[tuple[int, Handed]] = deque()

    @property
    def turn(self) -> int | None:
        """The turn of the first record that was handed out and is not handled; None when none is."""
        return self._handed[0][0] if self._handed else None

    def hand_out(self, message: Handed, turn: int) -> None:
        """The record at `next` goes to the streams; turns count all that an app hands out."""
        self._handed.append((turn, message))
        self.next = message.offset + 1

    def expects(self, offset: int) -> bool:
        """Whether the record may be handled now: all before it are, and it is not."""
        self.hole = self.hole or offset > self.prefix
        return offset == self.prefix

    def handled(self) -> None:
        """The record at the prefix was handled."""
        self.prefix += 1
        self.rewinds = 0
        while self._handed and self._handed[0][1].offset < self.prefix:
            self._handed.popleft()

    def rewind(self, low: int = 0) -> int:
        """Begin again at the prefix (at *low* where the topic no longer goes back so far): what to seek to.

        Records on their way through the streams become stale: they are skipped there and handed out again.
        """
        for _, message in self._handed:
            message.generation_id = STALE
        self._handed.clear()
        self.prefix = self.next = max(self.prefix, low)
        self.hole = False
        self.rewinds += 1
        return self.prefix
