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

from api.proxies import Proxies
from tests.api.raw import HEAD, MEGABYTES, PIECES, REFUSED, UPLOAD, WHOLE, app, talk
from tests.api.serving import Hasty, deaf, serving, until
from tests.api.stages import CONTEST

LOOP = uvloop.new_event_loop


@pytest.fixture
async def port():
    async with serving(app) as (port, _):
        yield port


CHUNKED = b"POST /reads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
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
    "trailers without end": ([CHUNKED, b"0\r\nX: ", *[b"x" * 8000] * 5], b"HTTP/1.1 431 "),
    "an extension of a piece without end": ([CHUNKED, b"3;", *[b"x" * 8000] * 5], b"HTTP/1.1 431 "),
    "trailers without end behind an answer": (
        [CHUNKED.replace(b"/reads", b"/"), b"0\r\nX: ", *[b"x" * 8000] * 5],
        b"HTTP/1.1 200 ",
    ),
    "half a second request": ([HEAD + b"\r\n" + HEAD], b"HTTP/1.1 200 "),
}
BESIDE = "what stands beside the body is longer than 32768 bytes"
LONG = "the address and the headers are longer than 32768 bytes"
SAYS = {
    "half a head": "the headers took longer than 0.3 s",
    "an endless header": LONG,
    "an endless address": LONG,
    "an endless header in pieces": LONG,
    "trailers without end": BESIDE,
    "an extension of a piece without end": BESIDE,
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


async def test_what_stands_behind_a_body_says_nothing_of_who_sends_it():
    """A proxy may pass on trailers that it has not looked at."""
    found = []

    async def asked(scope, receive, send):
        found.append((scope["client"][0], scope["scheme"], dict(scope["headers"])))
        await app(scope, receive, send)

    lies = b"X-Forwarded-For: 10.9.9.9\r\nX-Forwarded-Proto: https\r\n\r\n"
    async with serving(Proxies(asked, trusted_hosts="127.0.0.1")) as (port, _):
        head = CHUNKED.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n")
        answer = await talk(port, head + b"3\r\nabc\r\n0\r\n" + lies + HEAD + b"Connection: close\r\n\r\n")
    assert answer.count(b" 200 ") == 2
    assert [one[:2] for one in found] == [("10.0.0.1", "http"), ("127.0.0.1", "http")]
    assert b"x-forwarded-proto" not in found[0][2]


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


async def test_a_client_that_takes_little_at_a_time_is_waited_for_though_its_system_holds_much_of_it(port, monkeypatch):
    monkeypatch.setattr(Hasty, "STALLED_S", 1.0)
    loop, client = asyncio.get_running_loop(), socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
    client.connect(("127.0.0.1", port))
    client.setblocking(False)
    client.sendall(HEAD.replace(b"/", b"/whole", 1) + b"Connection: close\r\n\r\n")
    found, until_then = 0, loop.time() + 4 * Hasty.STALLED_S
    while data := await asyncio.wait_for(loop.sock_recv(client, 1 << 16), 60):
        found += len(data)
        if loop.time() < until_then:
            await asyncio.sleep(0.1)
    client.close()
    assert found > WHOLE, "it took longer than nothing may be taken"


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
    await asyncio.sleep(2 * Hasty.HEAD_S)  # between requests the bound is that of idle connections
    writer.write(HEAD + b"Connection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 60)
    assert answer.startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_the_rest_of_a_body_that_was_not_waited_for_holds_no_connection(port, monkeypatch):
    monkeypatch.setattr(Hasty, "REST_S", 0.3)
    drips = [b"x"] * 100
    answer = await asyncio.wait_for(talk(port, UPLOAD % (b"", 1000), *drips, pause=0.02), 60)
    assert answer == b"" or answer.endswith(b"0\r\n\r\n"), "nothing is said behind the answer"


async def test_who_leaves_while_another_request_waits_behind_a_stream_has_left(caplog):
    """The stream ends, and nothing is written of it."""
    ended = []

    async def watched(scope, receive, send):
        await receive()
        leaves = asyncio.create_task(receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not leaves.done():  # it beats
            await send({"type": "http.response.body", "body": b"beat", "more_body": True})
            await asyncio.sleep(0.01)
        ended.append(leaves.result()["type"])

    async with serving(watched) as (port, server):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"\r\n" + HEAD + b"\r\n")
        await reader.readuntil(b"beat")
        writer.close()
        await until(lambda: ended)
        await until(lambda: not server.server_state.connections)
        assert not caplog.records, "what a client does is no line of the log"
    assert ended == ["http.disconnect"]


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
