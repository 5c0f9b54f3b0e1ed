"""A judge host as the queue knows it: what it last said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from schemas.work import HostReported, Lacking

__all__ = ["Host"]


@dataclass(slots=True)
class Host:
    """A judge host as it last reported, `seen_ms` in real time; its slots below `live_slots` take nothing of bulk.

    `state` and `why` are the report's: a host that is paused or sick takes no tasks. `busy` are the slots that
    run a task or help another one, `live_busy` those of them below `live_slots`.
    """

    slots: int
    seen_ms: int
    state: str
    why: str
    running: int
    busy: int
    live_slots: int
    live_busy: int
    lacks: tuple[Lacking, ...]

    @classmethod
    def of(cls, report: HostReported, seen_ms: int) -> Self:
        """What a report says."""
        busy = [*(running.slot for running in report.running), *report.helping]
        return cls(
            slots=report.slots,
            seen_ms=seen_ms,
            state=report.state,
            why=report.why,
            running=len(report.running),
            busy=len(busy),
            live_slots=min(report.live_slots, report.slots),
            live_busy=sum(slot < report.live_slots for slot in busy),
            lacks=report.lacks,
        )

    @property
    def out(self) -> bool:
        """Whether it takes no tasks. One that waits for something for one task takes others."""
        return self.state in ("paused", "sick")

    def takes(self, lane: str) -> int:
        """Its slots for tasks of this lane, idle or not; none where the host takes no tasks."""
        if self.out:
            return 0
        return self.slots - self.live_slots if lane == "bulk" else self.slots

    def idle(self, lane: str) -> int:
        """Those of them that run nothing."""
        if self.out:
            return 0
        return self.takes(lane) - (self.busy - self.live_busy if lane == "bulk" else self.busy)
