"""How many bodies of one account are read at a time: each is held in memory until all of it is there."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

__all__ = ["AT_ONCE", "MOST", "RETRY_S", "Bodies"]

AT_ONCE = 8
"""Bodies of one account that are read at a time, the largest of them 16 MB together: a team sends one, a tool some."""
MOST = 200
"""Requests of one account whose bodies are read or wait for it: each holds a connection, and a tool has a dozen."""
RETRY_S = 1
"""When one more may be tried: most bodies are there at once."""


class Bodies:
    """Whose bodies are being read: of one account some at a time, and the next when one of them is there."""

    def __init__(self) -> None:
        self._of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def of(self, username: str) -> asyncio.Semaphore:
        """To be held while a body of the account is read."""
        found = self._of.get(username)
        if found is None:
            found = self._of[username] = asyncio.Semaphore(AT_ONCE)
        return found
