"""What the repaired consumer, its tables and its guard count."""

from __future__ import annotations

from prometheus_client import Counter

from streams.metrics import DEAD_LETTERS, LAG, RETRIES

__all__ = ["DEAD_LETTERS", "IGNORED", "LAG", "REPAIRS", "RETRIES", "SEEKBACKS", "TABLE_DROPPED"]

SEEKBACKS = Counter("podium_faust_seekbacks", "Seeks back since a later record came than the next", ["app", "topic"])
REPAIRS = Counter("podium_faust_repairs", "Partitions read again from their prefix", ["app", "topic", "why"])
IGNORED = Counter("podium_faust_ignored", "Records handled by a member that no longer owned them", ["app", "topic"])
TABLE_DROPPED = Counter("podium_faust_table_dropped", "Late changelog records dropped", ["app", "table", "why"])
