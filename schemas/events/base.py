"""What every record has."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Event",
    "Record",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every record says: when it was written, in event time, and by whom (a process's instance or an account)."""

    recorded_at: int
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Record):
    """A record of one contest."""

    contest: str
