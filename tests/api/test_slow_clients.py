"""Clients that send nothing, send for ever, or never read: over raw sockets, against the server's own protocol."""

import asyncio
import contextlib
import json
import socket

import pytest
import uvloop
from prometheus_client import REGISTRY
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from api.protocol import AT_ONCE
from tests.api.serving import Hasty, deaf, serving, until
from tests.api.stages import CONTEST

LOOP = uvloop.new_event_loop
MEGABYTES = 64
PIECES = 4000
"""Of eight kilobytes each: more than the buffers of a connection hold."""
WHOLE = 16 << 20
"""Bytes of an answer in one piece."""
REFUSED: list[int] = []
"""Pieces that could not be sent at once."""


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.send", "text": "still here"})
        return
    assert scope["type"] == "http"
    headers = [(b"content-length", b"%d" % WHOLE)] if scope["path"] == "/whole" else []
    if scope["path"] != "/reads":
        await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/whole":
        await send({"type": "http.response.body", "body": bytes(WHOLE)})
        return
    if scope["path"] == "/large":
        for _ in range(MEGABYTES):
            await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})
    if scope["path"] == "/pieces":
        at_once = scope["extensions"][AT_ONCE]
        for number in range(PIECES):
            piece = {"type": "http.response.body", "body": b"%08d" % number * 1000, "more_body": True}
            if not at_once(piece["body"]):
                REFUSED.append(number)
                await send(piece)
    if scope["path"] == "/nearly":
        transport = scope["extensions"][AT_ONCE].__self__.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        for _ in range(50):  # the client's system takes in some of it, and no more at last
            while not transport.get_write_buffer_size() and not transport.is_closing():
                await send({"type": "http.response.body", "body": bytes(4096), "more_body": True})
            await asyncio.sleep(0.001)
    if scope["path"] == "/reads":
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/slow":
        await asyncio.sleep(0.6)
    await send({"type": "http.response.body", "body": b"done"})


@pytest.fixture
async def port():
    async with serving(app) as (port, _):
        yield port


async def talk(port, *parts, pause=0.0):
    """What the server answers to these bytes until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            with contextlib.suppress(ConnectionError, RuntimeError):  # uvloop's, for a connection that was closed
                writer.write(part)
                await writer.drain()
            await asyncio.sleep(pause)
        found = b""
        with contextlib.suppress(ConnectionError):
            while data := await asyncio.wait_for(reader.read(1 << 16), 60):
                found += data
        return found
    finally:
        writer.close()


HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
UPLOAD = b"POST /%b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
CLOSED = {
    "nothing at all": ([], b""),
    "half a head": ([HEAD], b"HTTP/1.1 408 "),
    "empty lines": ([b"\r\n"], b""),
    "an endless header": ([HEAD + b"X: " + b"x" * 40_000], b"HTTP/1.1 431 "),
    "an endless address": ([b"GET /" + b"x" * 40_000], b"HTTP/1.1 431 "),
    "an endless header in pieces": ([HEAD + b"X: ", *[b"x" * 8000] * 6], b"HTTP/1.1 431 "),
    "more headers than anybody has": (
        [HEAD + b"".join(b"X%d: y\r\n" % n for n in range(150)) + b"\r\n"],
        b"HTTP/1.1 400 ",
    ),
    "no HTTP": ([b"\x16\x03\x01\x02\x00hello"], b"HTTP/1.1 400 "),
    "a body that is none": ([HEAD.replace(b"GET", b"POST") + b"Transfer-Encoding: chunked\r\n\r\nx"], b"HTTP/1.1 400 "),
    "a protocol that nobody speaks": ([HEAD + b"Connection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n"], b"HTTP/1.1 200 "),
    "half a second request": ([HEAD + b"\r\n" + HEAD], b"HTTP/1.1 200 "),
}
LONG = "the address and the headers are longer than 32768 bytes"
SAYS = {
    "half a head": "the headers took longer than 0.3 s",
    "an endless header": LONG,
    "an endless address": LONG,
    "an endless header in pieces": LONG,
    "more headers than anybody has": "there are more than 100 headers",
    "no HTTP": "this is no HTTP/1.1 request",
    "a body that is none": "this is no HTTP/1.1 request",
}


@pytest.mark.parametrize("what", CLOSED)
async def test_a_connection_is_not_held_by(port, what, caplog):
    parts, begins = CLOSED[what]
    answer = await talk(port, *parts)
    assert answer.startswith(begins)
    if b" 4" in begins:
        head, _, body = answer.partition(b"\r\n\r\n")
        headers = head.split(b"\r\n")
        assert b"content-type: application/json" in headers
        assert b"content-length: %d" % len(body) in headers, "and nothing behind it"
        told = json.loads(body)
        assert told["code"] == int(begins.split()[1])
        assert told["message"] == SAYS[what]
    assert not caplog.records, "a flood of requests is none of lines in the log"


async def test_a_head_that_drips_is_not_waited_for(port):
    drips = [bytes([one]) for one in HEAD + b"X-Long: xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]
    answer = await talk(port, *drips, pause=0.02)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408 "), "what is sent after the end may lose the answer"


async def test_a_client_that_does_not_read_is_cut_off(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
    writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.sleep(1.0)  # the client sleeps, which is the attack
    found = 0
    with contextlib.suppress(ConnectionError):
        while data := await asyncio.wait_for(reader.read(1 << 20), 60):
            found += len(data)
    writer.close()
    assert 0 < found < MEGABYTES << 20


async def test_a_client_that_takes_a_large_answer_slowly_gets_all_of_it(port, monkeypatch):
    monkeypatch.setattr(Hasty, "STALLED_S", 2.0)  # a busy machine may keep both from it for a while
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 17)
    writer.write(HEAD.replace(b"/", b"/whole", 1) + b"Connection: close\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    found = 0
    while data := await asyncio.wait_for(reader.read(1 << 18), 60):
        found += len(data)
        await asyncio.sleep(0.08)  # the line is slow
    writer.close()
    assert found == WHOLE, "it took longer than nothing may be taken"


@pytest.mark.parametrize(
    ("head", "then"), [(b"", b""), (b"Connection: close\r\n", b""), (b"", HEAD), (b"", b"\r\n"), (b"", None)]
)
async def test_a_connection_that_has_ended_is_not_held_by_who_does_not_read_the_rest(head, then):
    async with serving(app, timeout_keep_alive=0.3) as (port, server):
        with contextlib.closing(deaf(port)) as client:
            client.sendall(HEAD.replace(b"/", b"/nearly", 1) + head + b"\r\n")
            await until(lambda: server.server_state.total_requests)
            with contextlib.suppress(ConnectionError):
                client.sendall(then) if then is not None else client.shutdown(socket.SHUT_WR)
            await until(lambda: not server.server_state.connections)


async def test_pieces_sent_at_once_come_whole_and_in_order_and_none_at_once_to_who_does_not_read(port, monkeypatch):
    monkeypatch.setattr(Hasty, "STALLED_S", 60.0)  # who reads in the same process may be kept from it for a while
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
    writer.write(b"GET /pieces HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await until(lambda: REFUSED)
    assert REFUSED[0] > 0, "as long as there was room they went at once"
    found = b""
    while data := await asyncio.wait_for(reader.read(1 << 20), 60):
        found += data
    writer.close()
    told = b"".join(b"%x\r\n%b\r\n" % (8000, b"%08d" % number * 1000) for number in range(PIECES))
    assert found.partition(b"\r\n\r\n")[2] == told + b"4\r\ndone\r\n0\r\n\r\n"
    assert len(REFUSED) < PIECES / 2, "who reads again is sent to at once again"


def room_for(monkeypatch, most):
    """Let the server have so many connections."""
    monkeypatch.setattr(Hasty, "_most", property(lambda _: most, lambda _, __: None))


async def test_a_connection_too_many_is_told_when_to_come_back(port, monkeypatch, caplog):
    room_for(monkeypatch, 1)
    reader, first = await asyncio.open_connection("127.0.0.1", port)
    first.write(HEAD.replace(b"/", b"/slow", 1) + b"\r\n")
    await reader.readuntil(b"\r\n\r\n")
    answer = (await talk(port, HEAD + b"\r\n")).decode()
    assert b"done" in await reader.readuntil(b"0\r\n\r\n"), "a request that is under way does not give way"
    first.close()
    assert answer.startswith("HTTP/1.1 503 ")
    assert "\r\nretry-after: 5\r\n" in answer.lower()
    assert json.loads(answer.partition("\r\n\r\n")[2])["code"] == 503
    assert not caplog.records, "a flood of requests is none of lines in the log"


async def test_connections_without_a_request_keep_nobody_out(monkeypatch):
    """Some that were served and wait for another request, some that say nothing, some whose head or body never ends."""
    monkeypatch.setattr(Hasty, "HEAD_S", 60)
    room_for(monkeypatch, 8)
    gone = []
    begin = {"served": HEAD + b"\r\n", "in its head": HEAD, "silent": b"", "in its body": UPLOAD % (b"reads", 50)}

    async def held(number, port, kind):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begin[kind])
        if kind == "served":
            await reader.readuntil(b"0\r\n\r\n")
        return asyncio.create_task(closes(reader, writer, number, kind))

    async def closes(reader, writer, number, kind):
        with contextlib.suppress(ConnectionError):
            assert (await reader.read()).startswith(b"HTTP/1.1 503 " if kind == "in its body" else b"")
        gone.append(number)
        writer.close()

    async with serving(app, timeout_keep_alive=60) as (port, server):
        kinds = [*begin] * 2
        waiting = []
        for number, kind in enumerate(kinds):
            waiting.append(await held(number, port, kind))
            await until(lambda number=number: len(server.server_state.connections) == number + 1)
        for number in range(len(kinds)):
            assert b" 200 " in await talk(port, HEAD + b"Connection: close\r\n\r\n")
            await until(lambda number=number: len(gone) >= min(1, number))
        assert gone == [0], "the one that has waited longest is enough, for who comes and goes"
        others = [await asyncio.open_connection("127.0.0.1", port) for _ in kinds]
        for reader, writer in others:
            writer.write(HEAD.replace(b"/", b"/slow", 1) + b"\r\n")
            assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        await asyncio.gather(*waiting)
        assert gone == list(range(len(kinds))), "in the order in which they came"
        for reader, writer in others:
            assert b"done" in await reader.readuntil(b"0\r\n\r\n")
            writer.close()


async def test_who_does_not_take_an_answer_keeps_nobody_out(monkeypatch):
    monkeypatch.setattr(Hasty, "STALLED_S", 60)
    room_for(monkeypatch, 3)
    async with serving(app, timeout_keep_alive=60) as (port, server):
        with contextlib.ExitStack() as held:
            for number in range(3):
                held.enter_context(contextlib.closing(deaf(port))).sendall(HEAD.replace(b"/", b"/nearly", 1) + b"\r\n")
                await until(lambda number=number: server.server_state.total_requests == number + 1)
            for _ in range(3):
                assert b" 200 " in await talk(port, HEAD + b"Connection: close\r\n\r\n")


@pytest.mark.parametrize("size", [20_000, 100_000])
async def test_the_rest_of_a_body_that_was_not_waited_for_is_no_head(port, size):
    """Sent for longer than a head may take: the next request on the connection is served as if nothing had been."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(UPLOAD % (b"", size))
        assert b"done" in await reader.readuntil(b"0\r\n\r\n")
        for _ in range(10):
            writer.write(bytes(size // 10))
            await writer.drain()
            await asyncio.sleep(0.05)
    writer.write(HEAD)
    await asyncio.sleep(0.05)
    writer.write(b"Connection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 60)
    assert answer.startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_the_rest_of_a_body_that_was_not_waited_for_holds_no_connection(port, monkeypatch):
    monkeypatch.setattr(Hasty, "REST_S", 0.3)
    drips = [b"x"] * 100
    answer = await asyncio.wait_for(talk(port, UPLOAD % (b"", 1000), *drips, pause=0.02), 60)
    assert answer == b"" or answer.endswith(b"0\r\n\r\n"), "nothing is said behind the answer"


async def test_who_sends_as_people_do_is_served(port):
    body = b"x" * 100_000
    large = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert b"done" in await talk(port, large + body), "a body in one piece with its head is no head"
    slow = HEAD.replace(b"/", b"/slow", 1)
    answer = await talk(port, slow + b"\r\n", HEAD + b"Connection: close\r\n\r\n")
    assert answer.count(b"done") == 2, "the time of an answer is not the time of a head"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(HEAD + b"\r\n")
        assert b"done" in await reader.readuntil(b"0\r\n\r\n")
        await asyncio.sleep(0.2)  # between requests the bound is that of idle connections
    writer.close()


async def test_a_websocket_has_bounds_of_its_own(port):
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + upgrade + b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(0.5)
    writer.write(b"\x81\x82\0\0\0\0hi")
    assert b"still here" in await asyncio.wait_for(reader.readuntil(b"here"), 60)
    writer.close()


@pytest.mark.parametrize("path", ["scoreboard/stream", "event-feed"])
async def test_a_stream_that_is_asked_for_with_a_body_is_refused_and_holds_no_place(contest, path):
    contest.to("running")
    head = f"GET /api/contests/{CONTEST}/{path} HTTP/1.1\r\nHost: x\r\n".encode()
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    async with serving(contest.app, timeout_keep_alive=60) as (port, _):
        for request in (
            chunked + b"%x\r\n%b" % (100_001, bytes(100_001)),
            chunked + b"0\r\n\r\n",
            head + b"Content-Length: 5\r\n\r\n",
            head + b"Content-Length: 05\r\n\r\nhello",
            head.replace(b"GET", b"HEAD") + b"Content-Length: 5\r\n\r\n",
        ):
            assert (await talk(port, request)).startswith(b"HTTP/1.1 400 ")
            assert contest.site.hubs._open == 0
        for none in (b"", b"Content-Length: 0\r\n", b"Content-Length: 00\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head + none + b"\r\n")
            assert await reader.readexactly(13) == b"HTTP/1.1 200 "
            assert contest.site.hubs._open == 1
            writer.close()
            await until(lambda: contest.site.hubs._open == 0)


async def test_a_login_that_breaks_off_is_no_fault_of_ours(contest, caplog):
    def counted(status):
        labels = {"method": "POST", "route": "/api/session", "status": str(status)}
        return REGISTRY.get_sample_value("podium_api_requests_total", labels) or 0

    contest.to("running")
    before = counted(400), counted(500)
    async with serving(contest.app) as (port, _):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        writer.close()
        await until(lambda: (counted(400), counted(500)) != before)
    assert (counted(400), counted(500)) == (before[0] + 1, before[1])
    assert not caplog.records


def test_the_api_has_these_bounds(world):
    host, _, port = world.address(1).rpartition(":")
    with socket.create_connection((host, int(port)), 10) as raw:
        raw.sendall(HEAD + b"X: " + b"x" * 40_000)
        assert raw.recv(100).startswith(b"HTTP/1.1 431 ")
    c = world.contest("bounded")
    world.appears(c)
    for said, code in (("x" * 5000, 1009), ("x" * 70_000, 1008)):
        with connect(f"ws://{host}:{port}/api/contests/{c}/scoreboard/stream") as open_:
            open_.recv(10)
            open_.send(said)
            with pytest.raises(ConnectionClosed) as caught:
                list(open_)
            assert caught.value.rcvd.code == code
    assert "connection open" not in world.log("api-1")
