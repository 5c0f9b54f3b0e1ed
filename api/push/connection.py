"""One client of a channel: a send that goes out at once costs no task; one that does not marks the client busy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from api.push.frames import Frame

__all__ = ["Channel", "Connection", "Write"]

Write = Callable[[Frame], Coroutine[Any, Any, None] | None]
"""Sends a frame on one connection: at once and then there is nothing to wait for, or waiting while the client's buffer is full."""


class Channel(Protocol):
    """What a connection belongs to."""

    connections: set[Connection]

    def catch_up(self, connection: Connection) -> None:
        """Push what the connection has not been given yet; it is not busy."""


class Connection:
    """A client and what it has been given.

    `cursor`, `seen` and `key` are the channel's to use. A busy client is passed over; when its buffer has drained it asks the
    channel to catch up, so nobody waits for it and nothing piles up but what the channel holds for all.
    `outsider`: to its client a contest that is not public does not exist.
    """

    __slots__ = ("_channel", "_write", "busy", "cursor", "done", "key", "outsider", "seen")

    def __init__(
        self,
        channel: Channel,
        write: Write,
        *,
        cursor: int = 0,
        seen: int = 0,
        key: str | None = None,
        outsider: bool = False,
    ) -> None:
        self._channel = channel
        self._write = write
        self.busy = True  # until it was greeted
        self.cursor = cursor
        self.seen = seen
        self.key = key
        self.outsider = outsider
        self.done = asyncio.Event()

    def free(self) -> None:
        """What was under way has been sent: the channel goes on."""
        self.busy = False
        if not self.done.is_set():
            self._channel.catch_up(self)

    def push(self, frame: Frame) -> None:
        """Send a frame. Not to be called while busy."""
        try:
            sending = self._write(frame)
        except Exception:  # the client is gone, whatever its transport calls that
            self.close()
            return
        if sending is None:
            return
        # A coroutine is stepped by hand: as long as the client reads, its send ends in the first step, and a task
        # and a switch to it for each client would cost more than the send.
        try:
            waiting = sending.send(None)
        except StopIteration:
            return
        except Exception:  # as above
            self.close()
            return
        self.busy = True
        self._wait(sending, waiting)

    def close(self) -> None:
        """Let the request that holds the connection end. Idempotent."""
        self.done.set()

    def _wait(self, sending: Coroutine[Any, Any, None], waiting: Any) -> None:
        if waiting is None:  # it gave way without waiting for anything
            asyncio.get_running_loop().call_soon(self._resume, sending)
            return
        waiting._asyncio_future_blocking = False  # noqa: SLF001  # what a task does with a future that it takes over
        waiting.add_done_callback(lambda _: self._resume(sending))

    def _resume(self, sending: Coroutine[Any, Any, None]) -> None:
        try:
            waiting = sending.send(None)
        except StopIteration:
            self.free()
        except Exception:  # as above
            self.close()
        else:
            self._wait(sending, waiting)
