"""Where a reader of a personal stream is: up to where they were told, and what they knew. As bytes always as many. Pure."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from api.push.notices import CAME, Standing

__all__ = ["Mark", "Outlook", "Place"]

Place = tuple[int, int, str]
"""Where a change stands among all of its contest: position in the log, and type and id of what changed there."""

_MARK = struct.Struct(">BqqqbILL40s")
_NONE = -1
_BITS = {name: 1 << at for at, name in enumerate((*CAME, "paused"))}
_BEGUN = 1 << len(_BITS)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What decides, beside an object itself, what somebody sees of it: of messages, and of a team's own judgements.

    Whether problems may be named, and their groups; and what a team is told of its own (the jury is told all: empty).
    """

    begun: bool = False
    groups: frozenset[str] = frozenset()
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to where somebody was told; how the contest stood, and their outlook, when they were.

    `had`: how many submissions and judgements they had.
    """

    place: Place
    standing: Standing
    outlook: Outlook
    had: int

    def encode(self) -> bytes:
        """As bytes."""
        flags = sum(_BITS[name] for name in self.standing.came) | (_BEGUN if self.outlook.begun else 0)
        start, length = (_NONE if value is None else value for value in (self.standing.start, self.standing.length))
        position, rank, id_ = self.place
        groups, feedback = _digest(self.outlook.groups), _digest([self.outlook.feedback])
        return _MARK.pack(flags, start, length, position, rank, self.had, groups, feedback, id_.encode()[:40])

    @classmethod
    def parse(cls, data: bytes, now: Outlook) -> Self | None:
        """What `encode` made; None for bytes of another size: another build's.

        Of groups and feedback it says only whether they were those of *now*: else none is known.
        """
        if len(data) != _MARK.size:
            return None
        flags, start, length, position, rank, had, groups, feedback, id_ = _MARK.unpack(data)
        known = Standing(
            frozenset(name for name, bit in _BITS.items() if flags & bit),
            None if start == _NONE else start,
            None if length == _NONE else length,
        )
        outlook = Outlook(
            bool(flags & _BEGUN),
            now.groups if _digest(now.groups) == groups else frozenset(),
            now.feedback if _digest([now.feedback]) == feedback else "",
        )
        return cls((position, rank, id_.rstrip(b"\0").decode()), known, outlook, had)


def _digest(names: Iterable[str]) -> int:
    return zlib.crc32("\n".join(sorted(names)).encode())
