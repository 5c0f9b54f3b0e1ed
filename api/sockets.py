"""A WebSocket that cannot be held by never reading, and fills neither memory nor logs, whatever its client says.

uvicorn's own answers pings without asking who reads the answers, waits without end for a client that has left something
unread, and writes lines for what clients do. Here are the bounds; those of the request that begins it are in `api/protocol.py`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode, Frame

from api.impatience import Impatient

__all__ = ["BoundedSocket"]

_logger = logging.getLogger("uvicorn.error.sockets")
_logger.setLevel(logging.ERROR)  # its other lines are of what clients do, a line or two each time that they do it


class BoundedSocket(Impatient, WebSocketsSansIOProtocol):
    """A WebSocket as uvicorn speaks it, within bounds."""

    PIECE = 1 << 16
    """Characters of a message that go out at once: a longer one goes in pieces, each when the client has room."""
    MOST_PIECES = 16
    """Pieces of a message of the client's; of pieces without a byte there could be any number."""
    MOST_SAID = 1 << 16
    """Bytes that a client may say within `SAID_S`: a ping and a pong each second, as large as they get, are a quarter of it."""
    SAID_S = 60.0

    _said = 0
    _since = 0.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As uvicorn makes it."""
        super().__init__(*args, **kwargs)
        self.logger = self.conn.logger = _logger

    def data_received(self, data: bytes) -> None:
        """Bytes of the client's: the request that begins the WebSocket as a whole, then frames."""
        now = self.loop.time()
        if now - self._since > self.SAID_S:
            self._since, self._said = now, 0
        self._said += len(data)
        if self._said > self.MOST_SAID:
            self._fail(CloseCode.POLICY_VIOLATION, f"more than {self.MOST_SAID} bytes within {self.SAID_S:g} s")
        else:
            super().data_received(data)
            if not self.handshake_initiated:  # what the library takes for no request: uvicorn waits for another one
                self.transport.write(b"".join(self.conn.data_to_send()))
                self.transport.close()
        if self.transport.is_closing():
            self.hurry()

    def handle_cont(self, event: Frame) -> None:
        """Another piece of a message."""
        if len(self.frames) >= self.MOST_PIECES:
            self._fail(CloseCode.MESSAGE_TOO_BIG, f"a message of more than {self.MOST_PIECES} pieces")
            return
        super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """A message is whole."""
        try:
            if self.curr_msg_data_type == "text":
                b"".join(self.frames).decode()
        except UnicodeDecodeError:
            self._fail(CloseCode.INVALID_DATA, "this is no UTF-8")
            return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """What came is no frame, or no message."""
        if self.conn.close_sent is None:  # the client was not let in yet: there is no frame to say so by
            self.transport.abort()
            return
        super().handle_parser_exception()

    def keepalive_timeout(self) -> None:
        """The client has not answered a ping: it has not read for so long, and will not read that it is closed."""
        self.transport.abort()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The application is done with the client."""
        super().on_task_complete(task)
        if not self.disconnected:
            self.hurry()

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application says, a long text piece by piece: it is neither copied nor held as a whole.

        Raises:
            ClientDisconnected: when nobody will read it.
        """
        text = cast("str | None", message.get("text")) or ""
        if len(text) <= self.PIECE:
            await self._room()
            await super().send(message)
            # a refusal ends the handshake: uvicorn would log that the application did nothing of the kind
            self.handshake_complete |= self.close_sent
            return
        for at in range(0, len(text), self.PIECE):
            await self._room()
            self._send_piece(text[at : at + self.PIECE].encode(), first=at == 0, last=at + self.PIECE >= len(text))

    async def _room(self) -> None:
        await self.writable.wait()
        if self.transport.is_closing():
            raise ClientDisconnected

    def _send_piece(self, data: bytes, *, first: bool, last: bool) -> None:
        try:
            (self.conn.send_text if first else self.conn.send_continuation)(data, last)
        except InvalidState:
            raise ClientDisconnected from None
        self.transport.write(b"".join(self.conn.data_to_send()))

    def _fail(self, code: CloseCode, reason: str) -> None:
        if not self.close_sent:
            self.conn.fail(code, reason)
            self.handle_parser_exception()
