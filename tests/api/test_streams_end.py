"""What streams leave behind in the process that served them: nothing that only a look at all its memory would find."""

import asyncio
import contextlib
import gc
import itertools
from collections import Counter

import pytest
import uvloop
from websockets.asyncio.client import connect

from api.protocol import BoundedProtocol
from api.sockets import BoundedSocket
from tests.api.serving import serving, until
from tests.api.stages import CONTEST

LOOP = uvloop.new_event_loop
STREAMS = 20
TEAM = "Authorization: Bearer team-1"
PATH = f"/api/contests/{CONTEST}"


@contextlib.asynccontextmanager
async def lines(port, path):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: podium\r\n{TEAM}\r\n\r\n".encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    assert await reader.readline()
    yield
    writer.close()
    await writer.wait_closed()


@contextlib.asynccontextmanager
async def messages(port, path):
    name, _, value = TEAM.partition(": ")
    async with connect(f"ws://127.0.0.1:{port}{path}", additional_headers={name: value}) as socket:
        assert await socket.recv()
        yield


async def come_and_go(server, port, opened, path):
    async with contextlib.AsyncExitStack() as streams:
        for _ in range(STREAMS):
            await streams.enter_async_context(opened(port, path))
    await until(lambda: not server.server_state.connections and not server.server_state.tasks)


@pytest.mark.parametrize(
    ("opened", "path"),
    [*itertools.product([lines, messages], ["scoreboard/stream", "notifications"]), (lines, "event-feed")],
    ids=lambda one: getattr(one, "__name__", one),
)
async def test_a_stream_that_has_ended_leaves_nothing_to_the_collector(contest, opened, path):
    """Streams live long, and the collector of an api hardly ever looks at what does (`schemas.runtime.calm_collector`)."""
    contest.to("running")
    async with serving(contest.app, http=BoundedProtocol, ws=BoundedSocket) as (port, server):
        await come_and_go(server, port, opened, f"{PATH}/{path}")  # what is made once is made
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            await come_and_go(server, port, opened, f"{PATH}/{path}")
            gc.collect()
            left = Counter(type(one).__qualname__ for one in gc.garbage)
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    # what is left of each stream has types of which there are as many; that Redis was slow once leaves some of anything
    assert max(left.values(), default=0) < STREAMS, left
