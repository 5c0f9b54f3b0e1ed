"""Where records stood in one log and stand in another."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from concurrent.futures import Future

__all__ = ["Moves"]


class Moves:
    """Old positions and new ones, in order; new ones that are still on their way to the broker are waited for.

    Sixteen bytes a record: a contest of a million events fits into 16 MB.
    """

    def __init__(self, at_once: int) -> None:
        """*at_once*: how many records may be on their way."""
        self._old, self._new = array("q"), array("q")
        self._coming: deque[Future[int]] = deque()
        self._at_once = at_once

    def stands(self, old: int, new: int) -> None:
        """The record that stood at *old* stands at *new*."""
        self._old.append(old)
        self._new.append(new)

    def comes(self, old: int, new: Future[int]) -> None:
        """The record that stood at *old* is on its way."""
        self._old.append(old)
        self._coming.append(new)
        while len(self._coming) > self._at_once:
            self._arrive()

    def of(self, old: int) -> int:
        """The new position of what stood at *old*.

        What names no record of this contest named nothing then, and names nothing now: it becomes a number below -1,
        the same for the same, that no record can ever have.

        Raises:
            what the sending raised.
        """
        at = bisect_left(self._old, old)
        if at == len(self._old) or self._old[at] != old:
            return old if old < 0 else -2 - old
        while at >= len(self._new):
            self._arrive()
        return self._new[at]

    def settle(self) -> None:
        """Wait for all that is on its way.

        Raises:
            what the sending raised.
        """
        while self._coming:
            self._arrive()

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last new position."""
        return self._new[0], self._new[-1]

    def _arrive(self) -> None:
        self._new.append(self._coming.popleft().result())
