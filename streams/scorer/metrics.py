"""What the scorer counts."""

from __future__ import annotations

from prometheus_client import Counter

__all__ = ["EVENTS", "MARKS", "MARKS_FAILED", "RELOADS", "SKIPPED"]

EVENTS = Counter("podium_scorer_events", "Events folded, redelivered ones included", ["type"])
SKIPPED = Counter("podium_scorer_skipped", "Positions at which the fold failed; their contests are degraded")
RELOADS = Counter("podium_scorer_reloads", "Contests folded again from the log", ["why"])
MARKS = Counter("podium_scorer_marks", "Marks written")
MARKS_FAILED = Counter("podium_scorer_marks_failed", "Marks that could not be taken or written")
