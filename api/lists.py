"""Lists as everybody sees them, encoded once for what they are made of: a thousand spectators cost one."""

from __future__ import annotations

from collections import OrderedDict

__all__ = ["Lists"]

REMEMBERED_BYTES = 64_000_000
"""Of all lists together: the submissions and judgements of the contests that are looked at."""

Key = tuple[str, str, str, tuple[bool, bool]]
"""Contest, version, type, whether the contest has started and whether it is frozen."""


class Lists:
    """Remembers the JSON of a list and what it was made of: a position of the log, a board. For one event loop."""

    def __init__(self) -> None:
        self._made: OrderedDict[Key, tuple[str, bytes]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key, made_of: str) -> bytes | None:
        """The list as it was made of this."""
        made = self._made.get(key)
        return made[1] if made is not None and made[0] == made_of else None

    def keep(self, key: Key, made_of: str, body: bytes) -> None:
        """Remember a list that was read after the view was found to hold this, or what came behind it."""
        old = self._made.pop(key, None)
        self._bytes += len(body) - (len(old[1]) if old else 0)
        self._made[key] = made_of, body
        while self._bytes > REMEMBERED_BYTES:
            self._bytes -= len(self._made.popitem(last=False)[1][1])
