"""Clients of a WebSocket that never read, never stop, or say what is none: over raw sockets, against the server's own protocol."""

import asyncio
import contextlib
import logging
import socket

import pytest
import uvloop
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

from tests.api.serving import Hasty, HastySocket, deaf, serving, until

LOOP = uvloop.new_event_loop
TEXT = "é" + "aé€𝄞" * 200_000
"""Some megabytes, and no bound of a piece falls between two characters' bytes."""
MEGABYTES = 64
NEARLY_FULL = 60_000
"""Bytes left unread with which some more make the server wait: it does from 65 536 on."""


class Server:
    """An application, the connections that were made with it, and which of them it knows to have ended."""

    def __init__(self):
        self.made, self.ended, self.most = [], [], 0
        self.go_on = asyncio.Event()
        self.close_timeout = 10.0
        server = self

        class Watched(HastySocket):
            def connection_made(self, transport):
                super().connection_made(transport)
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
                server.made.append(self)
                self.close_timeout = server.close_timeout

            def pause_writing(self):
                super().pause_writing()
                server.most = max(server.most, self.transport.get_write_buffer_size())

        self.protocol = Watched

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            if scope["path"] == "/endless":
                while (await receive())["type"] != "http.disconnect":
                    pass
                self.ended.append(scope["path"])
            await send({"type": "http.response.body", "body": b"done" if scope["path"] == "/" else bytes(4 << 20)})
            return
        websocket = WebSocket(scope, receive, send)
        try:
            if scope["path"] == "/refused":
                await websocket.send_denial_response(JSONResponse({}, 403))
                return
            if scope["path"] == "/late":
                await self.go_on.wait()
            await websocket.accept()
            for _ in range(MEGABYTES if scope["path"] == "/many" else 0):
                await websocket.send_text("x" * (1 << 20))
            if scope["path"] == "/large":
                await websocket.send_text(TEXT)
                await websocket.send_text("and then")
            if scope["path"] in ("/nearly", "/closes"):
                await self.fill()
            if scope["path"] == "/closes":
                await websocket.send_text("x" * NEARLY_FULL)
                await websocket.close()
                return
            while (await websocket.receive())["type"] != "websocket.disconnect":
                await websocket.send_text("still here")
        finally:
            self.ended.append(scope["path"])

    async def fill(self):
        """Send until the client's system takes no more, and something is left here, but no more than may be."""
        (protocol,) = self.made
        for _ in range(50):  # the client's system takes in some of it, and no more at last
            while not protocol.transport.get_write_buffer_size():
                await protocol.send({"type": "websocket.send", "text": "x" * 4096})
            await asyncio.sleep(0.001)
        assert protocol.writable.is_set()


@pytest.fixture
def app():
    return Server()


@pytest.fixture
async def port(app):
    async with serving(app, ws=app.protocol) as (port, _):
        yield port


def handshake(path="/", *more):
    key = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    return b"GET %b HTTP/1.1\r\nHost: x\r\n%b%b%b\r\n" % (path.encode(), upgrade, key, b"".join(more))


def framed(opcode, data=b"", *, fin=True):
    """A frame of a client, masked with zeroes."""
    assert len(data) < 126
    return bytes([fin << 7 | opcode, 0x80 | len(data), 0, 0, 0, 0]) + data


CONT, SAYS, CLOSE, PING = 0, 1, 8, 9


@contextlib.asynccontextmanager
async def opened(port, path="/"):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(handshake(path))
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        yield reader, writer
    finally:
        writer.close()


async def all_of(reader):
    """What comes until the connection ends."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while data := await asyncio.wait_for(reader.read(1 << 20), 60):
            found += data
    return found


def closed_with(data):
    """The code of the frame that closes the connection: the last one."""
    return int.from_bytes(data.rpartition(b"\x88")[2][1:3], "big")


# ---- who does not read ------------------------------------------------------------------------------------------------


async def test_who_sends_pings_without_end_and_reads_no_answer_is_cut_off(app, port):
    client = deaf(port)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(client, handshake())
    assert b" 101 " in await loop.sock_recv(client, 500)

    async def flood():
        while True:
            await loop.sock_sendall(client, framed(PING, bytes(125)) * 100)

    with contextlib.closing(client), pytest.raises(ConnectionError):
        await asyncio.wait_for(flood(), 60)
    await until(lambda: app.ended)
    assert app.most < 1 << 20, "it takes no memory to speak of"


async def test_who_reads_but_pings_without_end_is_told_that_it_is_too_much(port, monkeypatch):
    monkeypatch.setattr(HastySocket, "STALLED_S", 60.0)  # who reads in the same process may be kept from it for a while
    async with opened(port) as (reader, writer):
        for _ in range(20):
            writer.write(framed(PING, bytes(125)) * 100)
        assert closed_with(await all_of(reader)) == 1008


async def test_a_client_that_pings_as_clients_do_goes_on(port):
    async with opened(port) as (reader, writer):
        for number in range(200):
            writer.write(framed(PING, b"%03d" % number))
            assert await reader.readexactly(5) == b"\x8a\x03%03d" % number
        writer.write(framed(SAYS, b"hello"))
        assert await reader.readexactly(12) == b"\x81\x0astill here"


@pytest.mark.parametrize("path", ["/many", "/large"])
async def test_who_reads_nothing_is_cut_off_and_its_place_is_free(app, port, path):
    with contextlib.closing(deaf(port)) as client:
        client.sendall(handshake(path))
        await until(lambda: app.ended == [path])
    assert 0 < app.most < 1 << 20, "what is not read is not held either"


async def test_a_long_message_comes_whole_and_in_order(port, monkeypatch):
    monkeypatch.setattr(HastySocket, "STALLED_S", 60.0)  # as above
    async with connect(f"ws://127.0.0.1:{port}/large", max_size=None, compression=None) as client:
        assert await client.recv() == TEXT
        assert await client.recv() == "and then"


async def test_who_answers_no_ping_is_cut_off_whatever_it_has_left_unread(app, monkeypatch):
    monkeypatch.setattr(HastySocket, "STALLED_S", 60.0)
    pings = {"ws_ping_interval": 0.1, "ws_ping_timeout": 0.3}
    async with serving(app, ws=app.protocol, **pings) as (port, _):
        with contextlib.closing(deaf(port)) as client:
            client.sendall(handshake("/nearly"))
            await until(lambda: app.ended == ["/nearly"])


@pytest.mark.parametrize("last", [framed(CLOSE, b"\x03\xe8"), framed(SAYS, b"\xff"), None], ids=["close", "bad", "eof"])
async def test_who_ends_a_connection_and_does_not_read_is_waited_for_no_longer_than_others(app, last):
    async with serving(app, ws=app.protocol) as (port, server):
        with contextlib.closing(deaf(port)) as client:
            client.sendall(handshake("/nearly"))
            await until(lambda: app.made and app.made[0].transport.get_write_buffer_size())
            client.sendall(last) if last else client.shutdown(socket.SHUT_WR)
            await until(lambda: app.ended == ["/nearly"])
            await until(lambda: not server.server_state.connections)


async def test_who_reads_a_little_of_what_is_left_of_an_ended_connection_is_waited_for_no_longer(app, monkeypatch):
    monkeypatch.setattr(HastySocket, "STALLED_S", 1.0)
    app.close_timeout = 2.0
    loop = asyncio.get_running_loop()
    async with serving(app, ws=app.protocol) as (port, server):
        with contextlib.closing(deaf(port)) as client:
            client.setblocking(False)
            await loop.sock_sendall(client, handshake("/closes"))
            await until(lambda: app.ended == ["/closes"])
            (protocol,) = app.made
            with contextlib.suppress(ConnectionError):  # a slow machine may have cut it off already
                await loop.sock_sendall(client, framed(PING, bytes(125)) * 120)
                await until(lambda: not (protocol.writable.is_set() and server.server_state.connections))
                while not protocol.writable.is_set() and await loop.sock_recv(client, 4096):
                    pass
                await loop.sock_sendall(client, framed(PING, bytes(125)) * 250)
            await until(lambda: not server.server_state.connections)


# ---- what is none -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (framed(SAYS, b"\xff\xfe"), 1007),
        (framed(SAYS, b"\xc3", fin=False) + framed(CONT, b"\x28"), 1007),
        (framed(SAYS, b"", fin=False) + framed(CONT, b"", fin=False) * 500, 1009),
        (framed(SAYS, bytes(100), fin=False) + framed(CONT, bytes(100), fin=False) * 50, 1009),
        (framed(3), 1002),
    ],
    ids=["no UTF-8", "no UTF-8 in two pieces", "pieces without end", "too large in pieces", "no frame"],
)
async def test_what_is_no_message_ends_the_connection_and_is_none_of_the_logs(port, caplog, frames, code):
    caplog.set_level(logging.INFO)
    async with opened(port) as (reader, writer):
        writer.write(frames)
        assert closed_with(await all_of(reader)) == code
    assert lines(caplog) == []


def lines(caplog):
    return [one.getMessage() for one in caplog.records]


async def test_what_comes_in_pieces_is_one_message(port):
    async with opened(port) as (reader, writer):
        writer.write(framed(SAYS, b"\xc3", fin=False) + framed(PING, b"!") + framed(CONT, b"\xa9"))
        assert await reader.readexactly(3) == b"\x8a\x01!"
        assert await reader.readexactly(12) == b"\x81\x0astill here"


async def test_openings_and_refusals_and_ends_are_no_lines_of_the_log(port, caplog):
    caplog.set_level(logging.INFO)
    async with opened(port) as (_, writer):
        writer.write(framed(CLOSE))
    for request, begins in (
        (handshake("/refused"), b"HTTP/1.1 403 "),
        (handshake().replace(b"Version: 13", b"Version: 12"), b"HTTP/1.1 400 "),
        (handshake().replace(b"AAAA", b"!"), b"HTTP/1.1 400 "),
        (handshake("/", b"X: %b\r\n" % (b"x" * 9000)), b"HTTP/1.1 431 "),
        (handshake("/" + "x" * 9000), b"HTTP/1.1 414 "),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        assert (await all_of(reader)).startswith(begins)
        writer.close()
    assert lines(caplog) == []


@pytest.mark.parametrize(
    "early", [framed(3), framed(CLOSE), framed(SAYS, b"\xff"), framed(PING, bytes(125)) * 1000, b""]
)
async def test_who_says_something_before_it_was_let_in_or_leaves_is_none_of_the_logs(app, port, caplog, early):
    caplog.set_level(logging.INFO)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(handshake("/late"))
    await until(lambda: app.made)
    writer.write(early)
    if not early:
        writer.close()
    await until(app.made[0].transport.is_closing)
    app.go_on.set()
    await until(lambda: app.ended)
    await all_of(reader)
    writer.close()
    assert lines(caplog) == []


async def test_an_application_that_fails_is_in_the_log(app, port, caplog, monkeypatch):
    async def fails():
        raise ZeroDivisionError

    monkeypatch.setattr(app, "fill", fails)
    async with opened(port, "/nearly") as (reader, _):
        await all_of(reader)
    assert [one.exc_info[0] for one in caplog.records] == [ZeroDivisionError]


async def test_a_websocket_does_not_begin_in_the_midst_of_another_answer(app, port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n" + handshake())
    assert b" 101 " not in await all_of(reader)
    await until(lambda: app.ended == ["/endless"])
    writer.close()
    with contextlib.closing(deaf(port)) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n" + handshake())
        found = b""
        with contextlib.suppress(ConnectionError):
            while data := await asyncio.to_thread(client.recv, 1 << 20):
                found += data
        assert b" 101 " not in found, "nobody would count what is left unread"
    assert app.made == []


@pytest.mark.parametrize(
    "second", [handshake(), b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["WebSocket", "stream"]
)
@pytest.mark.parametrize("whole", [True, False], ids=["at once", "in two"])
async def test_behind_the_request_that_begins_a_websocket_no_other_one_begins(app, whole, second):
    padding = [b"X-Padding-%02d: %b\r\n" % (number, b"x" * 490) for number in range(63)]
    first, last = handshake("/", *padding)[:-2], b"\r\n"
    filled = last + bytes(Hasty.MOST_HEAD - len(first + last))
    async with serving(app, ws=app.protocol) as (port, server):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(first + filled + second if whole else first)
        if not whole:
            await until(lambda: [one._head for one in server.server_state.connections] == [len(first)])
            writer.write(filled + second)
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(framed(CLOSE))
        assert b"HTTP/" not in await all_of(reader)
        writer.close()
        await until(lambda: not server.server_state.connections)
    assert len(app.made) == 1
