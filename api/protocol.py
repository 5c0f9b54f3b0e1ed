"""A connection that cannot be held by sending nothing, by sending for ever, or by never reading.

uvicorn bounds a connection between two requests only. Here are the bounds of a request's head; those of its body are in
`api/bounds.py`, of an answer that the client does not take in `api/impatience.py`, of a WebSocket in `api/sockets.py`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from asyncio.events import TimerHandle
from functools import lru_cache
from weakref import WeakKeyDictionary

from prometheus_client import Counter
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from api.answers import refusal
from api.bounds import BODY_S
from api.impatience import Impatient

__all__ = ["ARRIVED", "AT_ONCE", "BoundedProtocol"]

AT_ONCE = "podium.at_once"
"""The scope's extension by which a stream sends without the way through the application: `BoundedProtocol.at_once`."""
ARRIVED = "arrived"
"""What says in the request's state when its last byte came (UTC ms, real time), once all of it is there."""

REFUSED = Counter("podium_api_refused_connections_total", "Requests that came when there were too many connections")
GAVE_WAY = Counter(
    "podium_api_gave_way_total", "Connections that waited for their client and were closed to make room for others"
)
UNREAD = Counter(
    "podium_api_unread_requests_total", "Requests that were no HTTP, too slow, or of too large a head", ["code"]
)

_logger = logging.getLogger("uvicorn.error.requests")
_logger.setLevel(logging.ERROR)  # its warnings are of what clients do, a line each time that they do it


_WAITING: WeakKeyDictionary[ServerState, dict[BoundedProtocol, None]] = WeakKeyDictionary()
"""Of each server the connections whose client has to send something before anything can be done, those first that have
waited for longest: for a request, or for all of one."""


class BoundedProtocol(Impatient, HttpToolsProtocol):
    """HTTP as uvicorn speaks it, within bounds."""

    MOST_HEAD = 32_768
    """Bytes of the request line and all headers: four times what nginx takes by default."""
    MOST_HEADERS = 100
    """As many as Apache takes by default."""
    HEAD_S = 15.0
    """How long a head may take, from the connection or its first byte on: it is one packet."""
    REST_S = BODY_S
    """How long the rest of a body may take whose request has its answer: as long as all of it may."""

    _waiting: dict[BoundedProtocol, None]
    _most: int | None = None
    _late: TimerHandle | None = None
    _head = 0
    _in_head = False
    _in_body = False
    _ended_head = False
    _upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come. Where there are as many as may be, another gives way whose client is waited for."""
        self.logger = _logger
        super().connection_made(transport)
        # uvicorn's own answer has no JSON and no Retry-After, and each is a line of the log
        self._most, self.limit_concurrency = self.limit_concurrency, None
        self._late = self.loop.call_later(self.HEAD_S, self._too_late)
        self._waiting = _WAITING.setdefault(self.server_state, {})
        if self._full():
            self._make_room()
        self._waiting[self] = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left."""
        self._waiting.pop(self, None)
        self._forget_head()
        super().connection_lost(exc)
        self._let_go()

    def data_received(self, data: bytes) -> None:
        """Bytes of a request. What may be a head is parsed no further than a head may go."""
        room = max(0, self.MOST_HEAD - self._head)
        if self._waits() and len(data) > room:
            self._take(data[:room])
            if self._upgraded or self.transport.is_closing():  # what comes behind has no place here any more
                return
            if self._in_head:
                self._refuse(431, f"the address and the headers are longer than {self.MOST_HEAD} bytes")
                return
            data = data[room:]
        self._take(data)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_head = True
        super().on_message_begin()
        self.scope["extensions"] = {AT_ONCE: self.at_once}  # type: ignore[dict-item]  # uvicorn names those it has itself

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header is there."""
        if len(self.headers) >= self.MOST_HEADERS:
            raise ValueError("too many headers")  # to the parser, which says that the request is none
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._in_head, self._in_body, self._ended_head = False, True, True
        self._waiting.pop(self, None)
        self._waiting[self] = None  # the last in line, until all of its body is there
        self.app = _no_room if self._full() else self.config.loaded_app
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there."""
        self._in_body = False
        if self._idle():  # it was answered before
            self._forget_head()
        else:
            self._waiting.pop(self, None)
            self.cycle.scope["state"][ARRIVED] = time.time_ns() // 1_000_000
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's text, which says nothing more
        """The parser takes what has come for no request."""
        many = self._in_head and len(self.headers) >= self.MOST_HEADERS
        self._refuse(400, f"there are more than {self.MOST_HEADERS} headers" if many else "this is no HTTP/1.1 request")

    def handle_websocket_upgrade(self) -> None:
        """Another protocol goes on here, with bounds of its own; not while the client has an answer to take that we bound."""
        if not self._idle() or self.flow.write_paused:
            self._refuse(400, "a WebSocket begins when the answer before it has come")
            return
        self._upgraded = True
        self._waiting.pop(self, None)
        self._forget_head()
        super().handle_websocket_upgrade()
        self._let_go()

    def on_response_complete(self) -> None:
        """An answer is written; where it was the last one, the connection is closed."""
        super().on_response_complete()
        if self.transport.is_closing():
            self.hurry()
        elif self._idle():
            self._waiting[self] = None
            if self._in_body:
                self._late = self.loop.call_later(self.REST_S, self._close)

    def timeout_keep_alive_handler(self) -> None:
        """No other request has come."""
        self._close()

    def at_once(self, body: bytes) -> bool:
        """Send a piece of the answer under way, without the way through the application; false where `send` has to be asked.

        That is where the client is slow or gone, or the answer goes out in no pieces. It saves a fifth of a delivery's CPU time.
        """
        cycle = self.cycle
        # `_idle`, without a call: this is done for each client at each delta
        if cycle is None or cycle.response_complete or cycle.disconnected or not cycle.chunked_encoding:
            return False
        if self.flow.write_paused:
            return False
        self.transport.write(_chunk(body))
        return True

    def _full(self) -> bool:
        return self._most is not None and len(self.connections) > self._most

    def _make_room(self) -> None:
        """Close the connection whose client has been waited for for longest, as nginx does: a hundred cost whoever holds them nothing.

        Who has not taken all of an answer yet comes behind the others.
        """
        first = next(iter(self._waiting), None)
        one = next((one for one in self._waiting if not one.transport.get_write_buffer_size()), first)
        if one is not None:
            del self._waiting[one]
            GAVE_WAY.inc()
            one._give_way()  # noqa: SLF001  # of its own class

    def _give_way(self) -> None:
        if self._in_body and not self._idle():
            self._refuse(503, "this server has no room for a request that takes so long to come; try again later")
        else:
            self.transport.abort()

    def _waits(self) -> bool:
        """Whether no request is under way: what comes is a head."""
        return not self._upgraded and (self._in_head or self._idle()) and not self._in_body

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _take(self, data: bytes) -> None:
        waited, self._ended_head = self._waits(), False
        super().data_received(data)
        # what came behind another request is not counted: where in the data it began nobody says
        self._head = self._head + len(data) if waited and not self._ended_head else 0
        if self._waits():
            if self._late is None and not self.transport.is_closing():
                self._late = self.loop.call_later(self.HEAD_S, self._too_late)
        elif not self._idle():  # the rest of a body that was not waited for has a time of its own
            self._forget_head()

    def _too_late(self) -> None:
        if self._head:
            self._refuse(408, f"the headers took longer than {self.HEAD_S:g} s")
        else:  # a browser opens connections before it needs them
            self._close()

    def _refuse(self, status: int, message: str) -> None:
        UNREAD.labels(str(status)).inc()
        if self._may_answer():
            answer = refusal(status, message, {"Connection": "close"})
            headers = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
            self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[status], headers, bytes(answer.body)))
            if self.cycle is not None:
                self.cycle.disconnected = True  # the application says nothing behind that
        self._close()

    def _close(self) -> None:
        self.transport.close()
        self.hurry()

    def _may_answer(self) -> bool:
        """Whether what is written now falls into the midst of no other answer, and is taken for none."""
        in_body = not self._idle() and not self.pipeline and self.cycle.more_body
        return self._idle() or (in_body and not self.cycle.response_started)

    def _let_go(self) -> None:
        """Break the rings that the requests and the parser make with this one: the collector finds none of what lived long."""
        self.cycle = self.scope = self.parser = None  # type: ignore[assignment]
        self.pipeline.clear()

    def _forget_head(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


@lru_cache(8)  # as many channels may be sending to all of their clients in turn
def _chunk(body: bytes) -> bytes:
    """A piece of an answer as HTTP/1.1 has it. Pure."""
    return b"%x\r\n%b\r\n" % (len(body), body)


async def _no_room(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in place of the application: there are as many connections as the process may have."""
    REFUSED.inc()
    headers = {"Retry-After": "5", "Connection": "close"}
    await refusal(503, "this server has no room for another connection; try again later", headers)(scope, receive, send)
