"""Contests at rest: one finalized long ago leaves Redis, and comes back from the log when somebody asks for it.

What says that it exists stays: its meta hash, which is marked `away` and keeps its positions, and the objects `contest`
and `state`. Readers that meet the mark write the contest and the time into `tmp:asked`; a contest that was asked for, or
has something new in the log, is dropped like one that is reloaded, and so is read again from the log.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from prometheus_client import Counter

from streams.live.store import Answer, Held, Store

__all__ = ["Rest"]

logger = logging.getLogger(__name__)

ASKED_MS = 86_400_000
"""A contest that somebody asked for stays for a day: they will look again."""
EVERY_S = 60.0
"""How often it is looked who may leave: nobody waits for that. And how often those that were asked for come back, at
most: the whole partition is read again for them, and its other contests wait meanwhile."""

LEFT = Counter("podium_live_left", "Contests that left Redis")
WOKEN = Counter("podium_live_woken", "Contests that came back into Redis")


class Rest:
    """Says who leaves and who comes back. *now_ms* is the contests' clock, *keep_ms* how long a finalized one stays."""

    def __init__(self, store: Store, now_ms: Callable[[], int], keep_ms: int) -> None:
        self._store = store
        self._now_ms = now_ms
        self._keep_ms = keep_ms
        self._looked: dict[int, float] = {}
        self._woke: dict[int, float] = {}

    def turn(self, partition: int, held: Mapping[str, Held]) -> list[str]:
        """Let those leave who may; gives those that shall come back now. Call it often.

        Raises:
            DependencyError: when Redis is away.
        """
        away = [contest for contest, one in held.items() if one.away]
        due = time.monotonic() - self._looked.get(partition, -EVERY_S) >= EVERY_S
        if not away and not due:
            return []
        asked = self._store.asked(ASKED_MS)
        if due:
            self._looked[partition] = time.monotonic()
            for contest, one in held.items():
                if one.finalized is not None and not one.away and contest not in asked:
                    self._leave(contest, one)
        wanted = [contest for contest in away if contest in asked]
        if not wanted or time.monotonic() - self._woke.get(partition, -EVERY_S) < EVERY_S:
            return []
        self._woke[partition] = time.monotonic()
        return wanted

    def _leave(self, contest: str, held: Held) -> None:
        assert held.finalized is not None
        if self._now_ms() - held.finalized < self._keep_ms:
            return
        if self._store.leave(contest, held) is Answer.APPLIED:
            held.away = True
            LEFT.inc()
            logger.info("contest %s is over and leaves Redis; it comes back when it is asked for", contest)

    def wake(self, contest: str, log_end: int) -> None:
        """Drop what is left of a contest that is away: it is read again from the log up to its end, *log_end*."""
        self._store.drop(contest, log_end - 1)
        WOKEN.inc()
        logger.info("contest %s comes back into Redis", contest)
