"""Records that no consumer of ours can use: kept with their bytes, where they came from and why."""

from __future__ import annotations

from concurrent.futures import Future

from schemas.producer import Producer
from schemas.topics import MAX_MESSAGE_BYTES

__all__ = ["dead_letter"]

ROOM = 8192
"""Bytes of a record that are not its value: key, headers, framing."""


def dead_letter(
    producer: Producer,
    app: str,
    *,
    topic: str,
    partition: int,
    position: int,
    key: bytes | None,
    value: bytes | None,
    error: Exception,
) -> Future[int]:
    """Send a record to `dead-letters`; the future is done once the broker has it. At least once.

    Key and value stay untouched, the headers `x-dlq-…` say where the record stood, why it came here and who sent it. A
    value that leaves no room for the headers is left out: it is still at its position.
    """
    why = str(error)
    if value is not None and len(value) + len(key or b"") > MAX_MESSAGE_BYTES - ROOM:
        why, value = f"{why} (its {len(value)} bytes are too many to be copied)", b""
    headers = {
        "x-dlq-topic": topic,
        "x-dlq-partition": str(partition),
        "x-dlq-offset": str(position),
        "x-dlq-exception": type(error).__name__,
        "x-dlq-message": why[:1000],
        "x-dlq-app": app,
    }
    return producer.send("dead-letters", key, value, headers=[(name, text.encode()) for name, text in headers.items()])
