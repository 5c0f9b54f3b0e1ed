"""When a mark is due: each minute while a contest changes, and as soon as it has been quiet for a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Marks"]

QUIET_S = 1.0
"""A contest that has not changed for so long is worth a mark: it covers the newest position."""

LONGEST_S = 60.0
"""A contest that changes all the time has a mark at least so often."""


class Taking(NamedTuple):
    """Marks that were taken: at which position, and when."""

    position: int
    when: float


NEVER = Taking(-1, float("-inf"))


class Marks:
    """Paces the marks, in real time. What a mark says depends on nothing here."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._changed: dict[str, float] = {}
        self._taken: dict[str, Taking] = {}

    def changed(self, contest: str) -> None:
        """The contest has changed just now."""
        self._changed[contest] = self._now()

    def due(self, contest: str, position: int) -> bool:
        """Whether the state at this position is worth a mark now."""
        marked, when = self._taken.get(contest, NEVER)
        if position == marked:
            return False
        now = self._now()
        return now - self._changed.get(contest, float("-inf")) >= QUIET_S or now - when >= LONGEST_S

    def taken(self, contest: str, position: int) -> Taking:
        """The marks at this position are taken now."""
        self._taken[contest] = taking = Taking(position, self._now())
        return taking

    def is_newest(self, contest: str, taking: Taking) -> bool:
        """Whether none were taken since."""
        return self._taken.get(contest) is taking

    def failed(self, contest: str, taking: Taking) -> None:
        """The marks could not be written: they are due again."""
        if self.is_newest(contest, taking):
            del self._taken[contest]
