"""Lists as everybody sees them, encoded once for each position of the log: a thousand spectators cost one."""

from __future__ import annotations

from collections import OrderedDict

__all__ = ["Lists"]

REMEMBERED_BYTES = 64_000_000
"""Of all lists together: the submissions and judgements of the contests that are looked at."""

Key = tuple[str, str, bool]
"""Contest, type, whether the contest has started."""


class Lists:
    """Remembers the JSON of a list as of a position of the log. For one event loop."""

    def __init__(self) -> None:
        self._made: OrderedDict[Key, tuple[int, bytes]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key, held: int) -> bytes | None:
        """The list as it was made while the view held this position of the contest."""
        made = self._made.get(key)
        return made[1] if made is not None and made[0] == held else None

    def keep(self, key: Key, held: int, body: bytes) -> None:
        """Remember a list that was read after the view was found to hold the position."""
        old = self._made.pop(key, None)
        self._bytes += len(body) - (len(old[1]) if old else 0)
        self._made[key] = held, body
        while self._bytes > REMEMBERED_BYTES:
            self._bytes -= len(self._made.popitem(last=False)[1][1])
