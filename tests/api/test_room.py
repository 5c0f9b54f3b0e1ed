"""Who gives way where a server is full: of connections, or of what its clients leave unread. Over raw sockets."""

import asyncio
import contextlib
import json

import pytest
import uvloop

from api.proxies import Proxies
from api.room import Room
from tests.api.raw import HEAD, UPLOAD, WHOLE, app, talk
from tests.api.serving import Hasty, deaf, serving, until

LOOP = uvloop.new_event_loop
CLOSE = b"Connection: close\r\n\r\n"


def asks(path):
    """The head of a request for it, up to its end."""
    return HEAD.replace(b"/", path, 1)


def room_for(monkeypatch, most):
    """Let the server have so many connections."""
    monkeypatch.setattr(Hasty, "_most", property(lambda _: most, lambda _, __: None))


async def test_a_connection_too_many_is_told_when_to_come_back(monkeypatch, caplog):
    room_for(monkeypatch, 1)
    async with serving(app) as (port, _):
        reader, first = await asyncio.open_connection("127.0.0.1", port)
        first.write(asks(b"/slow") + b"\r\n")
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
            assert b" 200 " in await talk(port, HEAD + CLOSE)
            await until(lambda number=number: len(gone) >= min(1, number))
        assert gone == [0], "the one that has waited longest is enough, for who comes and goes"
        others = [await asyncio.open_connection("127.0.0.1", port) for _ in kinds]
        for reader, writer in others:
            writer.write(asks(b"/slow") + b"\r\n")
            assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        await asyncio.gather(*waiting)
        assert gone == list(range(len(kinds))), "in the order in which they came"
        for reader, writer in others:
            assert b"done" in await reader.readuntil(b"0\r\n\r\n")
            writer.close()


@pytest.mark.parametrize("behind", [b"", UPLOAD % (b"reads", 50)])
async def test_who_does_not_take_an_answer_keeps_nobody_out(monkeypatch, behind):
    """Nor does who begins another request behind it, whose refusal they would not take either."""
    monkeypatch.setattr(Hasty, "STALLED_S", 60)
    room_for(monkeypatch, 3)
    async with serving(app, timeout_keep_alive=60) as (port, server):
        with contextlib.ExitStack() as held:
            for number in range(3):
                client = held.enter_context(contextlib.closing(deaf(port)))
                client.sendall(asks(b"/nearly") + b"\r\n")
                await until(lambda number=number: server.server_state.total_requests == number + 1)
                client.sendall(behind)
                await until(lambda: not behind or all(one._in_body for one in server.server_state.connections))
            for _ in range(3):
                assert b" 200 " in await talk(port, HEAD + CLOSE)


async def test_a_body_that_waits_to_be_read_does_not_give_way(monkeypatch):
    """All of it was sent: what is waited for is not its client."""
    room_for(monkeypatch, 1)
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def waits(scope, receive, send):
        asked.set()
        await go_on.wait()
        read = 0
        while (message := await receive()).get("more_body"):
            read += len(message["body"])
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"%d" % (read + len(message["body"]))})

    size = 200_000
    async with serving(waits) as (port, server):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(UPLOAD % (b"", size) + bytes(size))
        await asked.wait()
        await until(lambda: all(one.flow.read_paused for one in server.server_state.connections))
        assert b" 503 " in await talk(port, HEAD + CLOSE), "there is nobody who could give way"
        go_on.set()
        assert b" 201 " in await reader.readuntil(b"%d\r\n0\r\n\r\n" % size)
        writer.close()


async def test_answers_that_nobody_takes_fill_no_memory_and_who_has_most_of_them_gives_way(monkeypatch):
    monkeypatch.setattr(Hasty, "STALLED_S", 60)
    monkeypatch.setattr(Room, "MOST_UNREAD", 3 * WHOLE)
    proxied = Proxies(app, trusted_hosts="127.0.0.1")
    forwarded = b"X-Forwarded-For: 10.0.0.%d\r\n"

    def held(server):
        return sum(one.unread() for one in server.server_state.connections)

    async with serving(proxied, timeout_keep_alive=60) as (port, server):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(asks(b"/whole") + forwarded % 1 + CLOSE)  # the first, who takes it slowly
        await until(lambda: held(server) > WHOLE / 2)
        with contextlib.ExitStack() as deafs:
            for number in range(8):
                client = deafs.enter_context(contextlib.closing(deaf(port)))
                client.sendall(asks(b"/whole") + forwarded % 2 + b"\r\n")
                await until(lambda number=number: server.server_state.total_requests == number + 2)
                await until(lambda: held(server) <= Room.MOST_UNREAD)
            assert len(server.server_state.connections) < 5
            found = 0
            while data := await asyncio.wait_for(reader.read(1 << 20), 60):
                found += len(data)
        writer.close()
    assert found > WHOLE, "who is of another network is left alone"
