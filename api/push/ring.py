"""The latest deltas of a board, for clients that are a little behind."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import orjson

from api.push.frames import Frame, frame, joined

__all__ = ["LENGTH", "Ring", "merged"]

LENGTH = 512
"""Deltas kept: at four a second, two minutes of a client that does not read."""
COARSE = 16
"""Merging begins at a multiple of this, and further back of a quarter to a half of how far back it is: a client gets up to
half as many deltas that it had, and a ring full of clients that are each as far behind as no other costs 12 merges, not 512.
There are that many at each delta where somebody asks for all of them on purpose."""
JOIN = 4
"""Up to so many deltas are sent as they were; more are merged into one."""


def merged(deltas: Sequence[bytes]) -> bytes:
    """One delta that does what these do in order: the newest state of each row and each first-to-solve. Pure."""
    rows: dict[str, Any] = {}
    firsts: dict[str, Any] = {}
    for delta in deltas:
        found = orjson.loads(delta)
        rows |= {row["team_id"]: row for row in found["rows"]}
        firsts |= found["firsts"]
    return orjson.dumps({"rows": list(rows.values()), "firsts": firsts})


class Ring:
    """Deltas of one board under one token prefix (what its revisions count from), by revision without holes."""

    def __init__(self, prefix: str, head: int) -> None:
        self.prefix = prefix
        self.head = head
        self._deltas: deque[tuple[bytes, Frame]] = deque(maxlen=LENGTH)
        self._made: dict[int, Frame] = {}
        self.last: Frame | None = None
        """The latest delta."""

    def append(self, revision: int, delta: bytes) -> None:
        """Add the next revision's delta."""
        assert revision == self.head + 1
        self.head = revision
        self.last = frame("delta", delta, f"{self.prefix}:{revision}")
        self._deltas.append((delta, self.last))
        self._made.clear()

    def reaches(self, revision: int, most: int = LENGTH) -> bool:
        """Whether the ring has all that came after a revision, and that is no more than so many deltas."""
        return self.head - revision <= min(most, len(self._deltas))

    def since(self, revision: int) -> Frame | None:
        """What a client that has this revision lacks; None when the ring does not reach back so far."""
        if not self.reaches(revision):
            return None
        behind = self.head - revision
        count = behind if behind <= JOIN else behind + revision % max(COARSE, 1 << behind.bit_length() - 2)
        made = self._made.get(count)
        if made is None:
            # made once for all clients that are as far behind
            last = list(self._deltas)[-count:]
            if behind <= JOIN:
                made = joined(one for _, one in last)
            else:
                made = frame("delta", merged([delta for delta, _ in last]), f"{self.prefix}:{self.head}")
            self._made[count] = made
        return made
