"""A connection that is cut off when its client leaves unread what it was sent: of it memory and a descriptor are held.

Who takes it slowly is waited for, however much was handed over at once.
"""

from __future__ import annotations

import asyncio
import fcntl
import struct
import termios
from asyncio.events import TimerHandle

__all__ = ["Impatient"]


class Impatient(asyncio.Protocol):
    """What the protocols of both kinds have in common; to be named before uvicorn's in the bases of one of them."""

    STALLED_S = 60.0
    """How long a client may leave unread what it was sent; a phone that slept comes back with a new connection."""
    LEAST = 65_536
    """Bytes that a client takes in that time of what waits for it, or else all of it: the slowest line is a hundred times faster."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _stalled: TimerHandle | None = None
    _left = 0
    _ends = False

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left."""
        self._calm()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client takes nothing more for now."""
        super().pause_writing()
        self._count_down()

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        if not (self._ends or self.transport.is_closing()):  # of what is left then nobody hears when it is read
            self._calm()

    def eof_received(self) -> None:
        """The client says no more: the connection is closed, once it has read what is left."""
        super().eof_received()
        self.hurry()

    def hurry(self) -> None:
        """Wait no longer for the client than while it reads what is left; to be called where a connection ends."""
        self._ends = True
        self._count_down()

    def _count_down(self) -> None:
        if self._stalled is None:
            self._left = self._untaken()
            self._stalled = self.loop.call_later(self.STALLED_S, self._look)

    def _look(self) -> None:
        self._stalled = None
        if self._left - self._untaken() < self.LEAST:
            self.transport.abort()
        else:
            self._count_down()

    def _untaken(self) -> int:
        """Bytes that wait here, and in the system's own buffer: that one takes in a megabyte at a time, however slow the client is."""
        found = self.transport.get_write_buffer_size()
        try:
            (queued,) = struct.unpack(
                "i", fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
            )
        except (OSError, ValueError):  # the connection has just ended
            return found
        return found + int(queued)

    def _calm(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
