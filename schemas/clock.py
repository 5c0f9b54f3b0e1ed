"""The clock port: event time for every process, real or, for rehearsals, faster (`PODIUM_CLOCK=START@RATE`)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["Clock"]


@dataclass(frozen=True, slots=True)
class Clock:
    """Maps real time to event time: `event = start + (real - anchor) * rate`.

    Event fields are stamped through it; Kafka's timestamps, timeouts, limits and measured run times are real time.
    The default is real time itself.
    """

    anchor_ms: int = 0
    start_ms: int = 0
    rate: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Clock:
        """Read `START@RATE`: START is an ISO 8601 time with a zone at which event time equals real time.

        The map has no state, so every process that is given the same text tells the same time, restarted or not.

        Raises:
            ValueError: when the text is neither empty nor of that form.
        """
        if not text:
            return cls()
        start, at, rate = text.rpartition("@")
        try:
            moment = datetime.fromisoformat(start)
            factor = float(rate)
            if not at or moment.tzinfo is None or not 0 < factor <= 10_000:
                raise ValueError("no zone, or no rate")
            ms = int(moment.astimezone(UTC).timestamp() * 1000)
        except (ValueError, OverflowError):  # the latter where UTC is before the year 1 or after 9999
            raise ValueError(f"expected START@RATE such as 2026-01-01T10:00:00Z@100, got {text!r}") from None
        return cls(ms, ms, factor)

    @property
    def is_real(self) -> bool:
        """Whether event time is real time."""
        return self.rate == 1.0 and self.anchor_ms == self.start_ms

    def now_ms(self) -> int:
        """Event time now, in UTC milliseconds."""
        return self.event_ms(time.time_ns() // 1_000_000)

    def event_ms(self, real_ms: int) -> int:
        """The event time of a real time, both in UTC milliseconds."""
        return int(self.start_ms + (real_ms - self.anchor_ms) * self.rate)

    def real_ms(self, event_ms: int) -> int:
        """The real time of an event time, both in UTC milliseconds."""
        return int(self.anchor_ms + (event_ms - self.start_ms) / self.rate)
