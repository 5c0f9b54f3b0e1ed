"""The net under the consumer: which partition has lost a record, and when a process no longer gets anywhere. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from faust.types import TP

from streams._faust.progress import Progress

__all__ = ["IN_VAIN", "OVERTAKEN", "STILL_S", "Net"]

STILL_S = 8.0
"""A partition with records of which none is handed out for so long, while the queue has room, is not fetched."""

OVERTAKEN = 4096
"""Nor is one, if the handler takes so many records of others: several times what queue and fetch hold."""

IN_VAIN = 3
"""So many times a partition is read again from one place before its standing still ends the process."""


class Net:
    """Watches every partition's progress. Not every way in which Faust loses a record is known: none needs to be."""

    def __init__(self, limit_s: float) -> None:
        """*limit_s*: for how long a partition with records may stand still; session plus rebalance time."""
        self._limit_s = limit_s
        self._turns: dict[str, int] = {}
        self._work: Counter[str] = Counter()
        self._waits: dict[TP, tuple[int, int]] = {}
        self._seen: dict[Any, tuple[Any, float]] = {}

    def took(self, topic: str, turn: int) -> None:
        """The topic's handler takes the record with this turn: all with earlier turns are handled, or lost."""
        self._turns[topic] = turn

    def worked(self, topic: str) -> None:
        """The topic's handler gets on with the record that it has: all timers that wait for it begin anew."""
        self._work[topic] += 1

    def repaired(self, tp: TP) -> None:
        """The partition is read again."""
        self._waits.pop(tp, None)
        self._seen.pop(("unfetched", tp), None)

    def forget(self) -> None:
        """A rebalance: everything begins anew."""
        self._waits.clear()
        self._seen.clear()

    def lost(
        self, progresses: Mapping[TP, Progress], lags: Mapping[TP, int], now: float, *, full: bool
    ) -> Iterable[tuple[TP, str]]:
        """The partitions to be read again from their prefix, and why. *full*: the handlers' queues hold the fetch back."""
        for tp, progress in progresses.items():
            if not lags[tp] or progress.turn is not None:
                self._waits.pop(tp, None)
            if not lags[tp] or progress.turn is not None or full:
                self._seen.pop(("unfetched", tp), None)
            if not lags[tp]:
                continue
            if progress.hole or (progress.turn is not None and progress.turn < self._turns.get(tp.topic, 0)):
                yield tp, "passed over"
            elif progress.turn is None and self._unfetched(tp, progress.next, now, full=full):
                yield tp, "not fetched"

    def _unfetched(self, tp: TP, to_fetch: int, now: float, *, full: bool) -> bool:
        """Whether nothing is handed out of a partition with records, and nothing else explains it."""
        turn = self._turns.get(tp.topic, 0)
        if self._waits.get(tp, (-1, 0))[0] != to_fetch:
            self._waits[tp] = (to_fetch, turn)
        if turn - self._waits[tp][1] > OVERTAKEN:
            return True
        return not full and self._seconds(("unfetched", tp), to_fetch, now) > STILL_S

    def stuck(self, progresses: Mapping[TP, Progress], lags: Mapping[TP, int], now: float, *, full: bool) -> str | None:
        """Why the process must end, if it must: a partition has records and stands still for too long.

        One that only waits for its turn behind others does not stand still, nor one whose handler reports progress.
        """
        reason = None
        for tp, progress in progresses.items():
            work = self._work[tp.topic]
            topic_s = self._seconds(tp.topic, (self._turns.get(tp.topic, 0), work), now)
            still_s = self._seconds(tp, (progress.prefix, bool(lags[tp]), work), now)
            if not lags[tp] or progress.turn is not None or full:
                self._seen.pop(("starved", tp), None)
                starved_s = 0.0
            else:
                starved_s = self._seconds(("starved", tp), progress.prefix, now)
            in_vain = topic_s > self._limit_s or progress.rewinds >= IN_VAIN
            if lags[tp] and ((still_s > self._limit_s and in_vain) or starved_s > self._limit_s):
                reason = f"{tp.topic} {tp.partition} has {lags[tp]} records and stands still at {progress.prefix}"
        return reason

    def stuck_in_rebalance(self, at: tuple[int, ...], now: float) -> str | None:
        """Why the process must end, if it must: *at*, which tells how far a rebalance has come, does not change."""
        if self._seconds("rebalance", at, now) > self._limit_s:
            return "the rebalance or the recovery of the tables stands still"
        return None

    def _seconds(self, key: Any, value: Any, now: float) -> float:
        """Seconds since *key* was first seen with this *value* without another in between."""
        seen = self._seen.get(key)
        if seen is None or seen[0] != value:
            self._seen[key] = (value, now)
            return 0.0
        return now - seen[1]
