"""The topic `audit`: every write and every refused door."""

from __future__ import annotations

import logging
from concurrent.futures import Future

from schemas.clock import Clock
from schemas.events import AuditEntry
from schemas.producer import Producer

__all__ = ["Audit"]

logger = logging.getLogger(__name__)

DETAIL = 300
"""Characters of a detail: a refusal's message, not what somebody sent."""


class Audit:
    """Appends entries without waiting: a request is not refused because its entry is late. At most once."""

    def __init__(self, producer: Producer, clock: Clock, instance: str) -> None:
        self._producer = producer
        self._clock = clock
        self._instance = instance

    def write(  # an entry's fields, in their order
        self, account: str, address: str, action: str, target: str, status: int, detail: str = ""
    ) -> None:
        """Say who came from where, what they wanted, and what they were answered."""
        entry = AuditEntry(
            recorded_at=self._clock.now_ms(),
            recorded_by=self._instance,
            account=account[:DETAIL],
            address=address,
            action=action,
            target=target[:DETAIL],
            status=status,
            detail=detail[:DETAIL],
        )
        self._producer.send("audit", account[:DETAIL] or address, entry).add_done_callback(_written)


def _written(entry: Future[int]) -> None:
    if error := entry.exception():
        logger.error("an audit entry is lost: %s", error)
