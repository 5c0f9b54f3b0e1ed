"""Messages as the bytes that go out: encoded once, whoever gets them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

__all__ = ["HEARTBEAT_S", "JOINS_A_SECOND", "Frame", "frame", "joined", "message", "reset", "retry"]

HEARTBEAT_S = 15.0
"""Shorter than the 30 to 60 s after which proxies drop a silent connection."""

JOINS_A_SECOND = 2000
"""Clients that one process takes on: after a reset they come back spread over so much time."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A message, or several in order: as Server-Sent Events, and as texts of a WebSocket."""

    sse: bytes
    texts: tuple[str, ...]


def frame(event: str, data: bytes, id_: str | None = None) -> Frame:
    """One message; *data* is JSON without line breaks. Pure."""
    name = event.encode()
    head = b"" if id_ is None else b"id: " + id_.encode() + b"\n"
    token = b"" if id_ is None else b'"id":' + orjson.dumps(id_) + b","
    return Frame(
        head + b"event: " + name + b"\ndata: " + data + b"\n\n",
        ((b'{"event":"' + name + b'",' + token + b'"data":' + data + b"}").decode(),),
    )


def message(event: str, data: Any, id_: str | None = None) -> Frame:
    """One message whose data is encoded here. Pure."""
    return frame(event, orjson.dumps(data), id_)


def joined(frames: Iterable[Frame]) -> Frame:
    """Several messages as one, to be sent at once. Pure."""
    all_ = list(frames)
    if len(all_) == 1:
        return all_[0]
    return Frame(b"".join(one.sse for one in all_), tuple(text for one in all_ for text in one.texts))


def reset(clients: int) -> Frame:
    """That the client has to begin anew, as so many others: within which time, so that not all come at once. Pure."""
    return message("reset", {"within_ms": 1000 * clients // JOINS_A_SECOND})


def retry(milliseconds: int) -> Frame:
    """How long an EventSource waits before it connects again; a WebSocket has no such thing. Pure."""
    return Frame(b"retry: %d\n\n" % milliseconds, ())
