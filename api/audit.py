"""The topic `audit`: every write and every refused door, as many of those as tell of an attack without being one."""

from __future__ import annotations

import logging
import time
from collections import Counter
from concurrent.futures import Future

from schemas.clock import Clock
from schemas.events import AuditEntry
from schemas.producer import Producer

__all__ = ["Audit"]

logger = logging.getLogger(__name__)

DETAIL = 300
"""Characters of a detail: a refusal's message, not what somebody sent."""


REFUSALS = 60
"""Entries a minute for doors refused to one address."""
ALL_REFUSALS = 1200
"""The same for all addresses: they go through the producer that takes the submissions."""
MINUTE_S = 60.0


class Audit:
    """Appends entries without waiting: a request is not refused because its entry is late. At most once.

    For one event loop.
    """

    def __init__(self, producer: Producer, clock: Clock, instance: str) -> None:
        self._producer = producer
        self._clock = clock
        self._instance = instance
        self._since = 0.0
        self._refused: Counter[str] = Counter()
        self._left_out = 0

    def refused(self, account: str, address: str, action: str, target: str, status: int, detail: str) -> None:
        """As `write`, of a door that stayed shut; what is too much in this minute is counted, and told as one.

        Real time, and counted by this process alone: it must hold when everything else is away.
        """
        now = time.monotonic()
        if now - self._since >= MINUTE_S:
            self.close()
            self._since = now
            self._refused.clear()
        if self._refused.total() >= ALL_REFUSALS or self._refused[address] >= REFUSALS:
            self._left_out += 1
            return
        self._refused[address] += 1
        self.write(account, address, action, target, status, detail)

    def close(self) -> None:
        """Say how many entries were left out."""
        if self._left_out:
            self.write("", "", "refused", "doors", 429, f"{self._left_out} more were refused within a minute")
            self._left_out = 0

    def write(  # an entry's fields, in their order
        self, account: str, address: str, action: str, target: str, status: int, detail: str = ""
    ) -> None:
        """Say who came from where, what they wanted, and what they were answered."""
        entry = self.entry(account, address, action, target, status, detail)
        self._producer.send("audit", entry.account or address, entry).add_done_callback(_written)

    def entry(  # as `write`
        self, account: str, address: str, action: str, target: str, status: int, detail: str = ""
    ) -> AuditEntry:
        """What `write` writes, for who writes it together with what it tells of."""
        return AuditEntry(
            recorded_at=self._clock.now_ms(),
            recorded_by=self._instance,
            account=account[:DETAIL],
            address=address,
            action=action,
            target=target[:DETAIL],
            status=status,
            detail=detail[:DETAIL],
        )


def _written(entry: Future[int]) -> None:
    if error := entry.exception():
        logger.error("an audit entry is lost: %s", error)
