"""What every consumer counts, whatever library it reads with."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

__all__ = ["DEAD_LETTERS", "LAG", "RETRIES"]

LAG = Gauge("podium_lag", "Records of the partition that are not handled", ["app", "topic", "partition"])
DEAD_LETTERS = Counter("podium_dead_letters", "Records sent to the dead letters", ["app", "topic"])
RETRIES = Counter("podium_retries", "Retries in place because a dependency did not answer", ["app"])
