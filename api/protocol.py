"""A connection that cannot be held by sending nothing, by sending for ever, or by never reading.

uvicorn bounds a connection between two requests only. Here are the bounds of a request's head; those of its body are in
`api/bounds.py`, of an answer that the client does not take in `api/impatience.py`, of a WebSocket in `api/sockets.py`; who
gives way where there are too many of them stands in `api/room.py`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from asyncio.events import TimerHandle
from functools import lru_cache
from typing import cast

from prometheus_client import Counter
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from api.answers import refusal
from api.bounds import BODY_S, CLOSE
from api.impatience import Impatient
from api.networks import address_of, network_of
from api.room import Room, room_of

__all__ = ["ARRIVED", "AT_ONCE", "BoundedProtocol"]

AT_ONCE = "podium.at_once"
"""The scope's extension by which a stream sends without the way through the application: `BoundedProtocol.at_once`."""
ARRIVED = "arrived"
"""What says in the request's state when its last byte came (UTC ms, real time), once all of it is there."""

REFUSED = Counter("podium_api_refused_connections_total", "Requests that came when there were too many connections")
UNREAD = Counter(
    "podium_api_unread_requests_total", "Requests that were no HTTP, too slow, or of too large a head", ["code"]
)

_logger = logging.getLogger("uvicorn.error.requests")
_logger.setLevel(logging.ERROR)  # its warnings are of what clients do, a line each time that they do it


_LATER = CLOSE | {"Retry-After": "5"}


class BoundedProtocol(Impatient, HttpToolsProtocol):
    """HTTP as uvicorn speaks it, within bounds."""

    MOST_HEAD = 32_768
    """Bytes of the request line and all headers, four times what nginx takes by default; and of what stands between or behind
    the pieces of a body, of which nothing is used."""
    MOST_HEADERS = 100
    """As many as Apache takes by default."""
    HEAD_S = 15.0
    """How long a head may take, from the connection or its first byte on: it is one packet."""
    REST_S = BODY_S
    """How long the rest of a body may take whose request has its answer: as long as all of it may."""

    _room: Room
    _running: RequestResponseCycle | None = None
    _most: int | None = None
    _late: TimerHandle | None = None
    _head = 0
    _beside = 0
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
        self._room = room_of(self.server_state)
        if self._full():
            self._room.make_room()
        self._room.wait_for(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left."""
        self._room.has_come(self)
        self._room.has_taken(self)
        self._forget_head()
        super().connection_lost(exc)
        if self._running is not None:  # uvicorn tells the last request that came, which may stand behind this one
            self._running.disconnected = True
            self._running.message_event.set()
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
        """A header is there. What stands behind a body is none: no proxy has looked at it."""
        if self._in_body:
            return
        if len(self.headers) >= self.MOST_HEADERS:
            raise ValueError("too many headers")  # to the parser, which says that the request is none
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._in_head, self._in_body, self._ended_head = False, True, True
        self._room.wait_for(self)  # the last in line, until all of its body is there
        self.app = _no_room if self._full() else self.config.loaded_app
        super().on_headers_complete()
        if self._running is None and not self.pipeline:
            self._running = self.cycle

    def on_body(self, body: bytes) -> None:
        """Some of a body is there."""
        self._beside = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there."""
        self._in_body, self._beside = False, 0
        if self._idle():  # it was answered before
            self._forget_head()
            if self.timeout_keep_alive_task is None and not self.transport.is_closing():
                later = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
                self.timeout_keep_alive_task = later
        else:
            self._room.has_come(self)
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
        self._room.has_come(self)
        self._forget_head()
        super().handle_websocket_upgrade()
        self._let_go()

    def on_response_complete(self) -> None:
        """An answer is written; where it was the last one, the connection is closed."""
        self._running = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()
        if self.transport.is_closing():
            self.hurry()
        elif self._idle():
            self._room.wait_for(self)
            if self._in_body:
                self._late = self.loop.call_later(self.REST_S, self._close)

    def pause_writing(self) -> None:
        """The client takes nothing more for now."""
        super().pause_writing()
        self._room.leaves_unread(self)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        self._room.has_taken(self)

    def unread(self) -> int:
        """Bytes of answers that the client has to take."""
        return self.transport.get_write_buffer_size()

    def network(self) -> str:
        """What is counted as one sender: the client, where a trusted proxy says who it is."""
        cycle = self._running or self.cycle
        return network_of(address_of(HTTPConnection(cast("Scope", cycle.scope)))) if cycle else ""

    def is_read(self) -> bool:
        """Whether what the client sends is taken."""
        return not self.flow.read_paused

    def give_way(self) -> None:
        """End the connection; who sends a request is told so, unless they would have to take something else first."""
        if self._in_body and not self._idle() and not self.unread():
            message = "this server has no room for a request that takes so long to come; try again later"
            self._refuse(503, message, _LATER)
        else:
            self.cut_off()

    def cut_off(self) -> None:
        """End the connection at once."""
        self.transport.abort()

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

    def _waits(self) -> bool:
        """Whether no request is under way: what comes is a head."""
        return not self._upgraded and (self._in_head or self._idle()) and not self._in_body

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _take(self, data: bytes) -> None:
        waited, self._ended_head = self._waits(), False
        self._beside = self._beside + len(data) if self._in_body else 0  # `on_body` begins anew
        super().data_received(data)
        if self._in_body and self._beside > self.MOST_HEAD:
            self._refuse(431, f"what stands beside the body is longer than {self.MOST_HEAD} bytes")
            return
        # what came behind another request is not counted: where in the data it began nobody says
        self._head = self._head + len(data) if waited and not self._ended_head else 0
        if self._waits():
            if (self._head or self._in_head) and self._late is None and not self.transport.is_closing():
                self._late = self.loop.call_later(self.HEAD_S, self._too_late)
        elif not self._idle():  # the rest of a body that was not waited for has a time of its own
            self._forget_head()

    def _too_late(self) -> None:
        if self._head:
            self._refuse(408, f"the headers took longer than {self.HEAD_S:g} s")
        else:  # a browser opens connections before it needs them
            self._close()

    def _refuse(self, status: int, message: str, headers: dict[str, str] = CLOSE) -> None:
        UNREAD.labels(str(status)).inc()
        if self._may_answer():
            answer = refusal(status, message, headers)
            told = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
            self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[status], told, bytes(answer.body)))
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
        self.cycle = self.scope = self.parser = self._running = None  # type: ignore[assignment]
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
    await refusal(503, "this server has no room for another connection; try again later", _LATER)(scope, receive, send)
