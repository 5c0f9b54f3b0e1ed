"""A stream as an answer: its greeting is sent and forgotten, it ends with its client and with the process."""

import asyncio
import contextlib
import sys
from types import SimpleNamespace

from api.access import Viewer
from api.push.board import BoardChannel
from api.push.openings import board_opening
from api.push.picture import Picture
from api.push.sse import PIECE, PushResponse
from api.view import Base, BoardState
from schemas.clock import Clock
from schemas.errors import DependencyError
from schemas.live import Stored
from tests.leaks.client import listen

ROW = b'{"team_id":"t1","listed":true,"cells":[' + b" " * PIECE + b"]}"


class Hubs:
    """A reader that is there."""

    closing = False
    full = None
    """Called while a stream is opened that finds no place then."""

    def __init__(self, board):
        self._board = board

    @contextlib.asynccontextmanager
    async def watching(self, contest):
        if self.full is not None:
            self.full()
            raise DependencyError("no place")
        yield SimpleNamespace(boards={"public": self._board})

    @contextlib.contextmanager
    def belonging(self, *_):
        yield


class Look:
    """A spectator before a contest that runs."""

    id = "c"
    caller = SimpleNamespace(account=None)

    def __init__(self):
        facts = dict.fromkeys(("end", "duration", "freeze", "thaw", "came")) | {
            "start": 0,
            "removed": [],
            "public": True,
        }
        self.board = BoardChannel("c", "public", self, Clock())
        self.board.show(Picture(Stored({"id": "c"}, facts | {"score_scale": 1}, 0), None, {}, {}, {}))
        self.board.rebase(Base(0, "e"), 5)
        self.site = SimpleNamespace(hubs=Hubs(self.board), accounts=None)

    async def board_state(self):
        return BoardState("0", Base(0, "e"), 5, {b"t1": ROW}, {})

    def place(self, scope):
        return contextlib.nullcontext()


def stream(look):
    """Open the public's stream."""
    look.board._view = SimpleNamespace(board=lambda *_: look.board_state())
    return listen(PushResponse(look, board_opening("public", "", Viewer())), "/", None)


def body(channel):
    return b"".join(message.get("body", b"") for message in channel.sent)


async def greeted(look, channel):
    """Wait until the greeting is out."""
    for _ in range(1000):  # turns of the loop: each part of a greeting takes a few
        if look.board.connections and not any(one.busy for one in look.board.connections):
            break
        await asyncio.sleep(0)
    assert body(channel).endswith(b"\n\n")


async def test_a_stream_begins_with_a_snapshot_in_pieces_and_ends_with_its_client():
    look = Look()
    channel = stream(look)
    await greeted(look, channel)
    start, *pieces = channel.sent
    headers = dict(start["headers"])
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert headers[b"cache-control"] == b"no-store"
    assert b"content-length" not in headers
    assert max(len(piece["body"]) for piece in pieces) <= PIECE < len(body(channel))
    assert body(channel).startswith(b"retry: ")
    look.board.append(6, b'{"rows":[],"firsts":{}}')
    await look.board.walk()
    assert body(channel).endswith(b'id: 0:e:6\nevent: delta\ndata: {"rows":[],"firsts":{}}\n\n')
    await channel.close()
    assert look.board.connections == set()


async def test_nobody_holds_a_snapshot_for_as_long_as_a_stream_lasts():
    look = Look()
    channels = [stream(look) for _ in range(3)]
    for channel in channels:
        await greeted(look, channel)
    snapshot = look.board._snapshot[3]
    assert body(channels[0]).endswith(snapshot.sse), "the same bytes for all"
    held = sys.getrefcount(snapshot)
    for channel in channels:
        await channel.close()
    assert sys.getrefcount(snapshot) == held


async def test_a_process_that_is_about_to_end_says_when_to_come_back_and_refuses_nobody():
    look = Look()
    look.site.hubs.closing = True
    channel = stream(look)
    await channel.task
    assert channel.sent[0]["status"] == 200
    assert body(channel).startswith(b"retry: ")
    assert look.board.connections == set()


async def test_who_finds_no_place_is_refused_but_not_by_a_process_that_begins_to_end_meanwhile():
    look = Look()
    hubs = look.site.hubs
    for full, status in ((lambda: None, 503), (lambda: setattr(hubs, "closing", True), 200)):
        hubs.full = full
        channel = stream(look)
        await channel.task
        start = channel.sent[0]
        assert start["status"] == status
        assert (b"retry-after" in dict(start["headers"])) == (status == 503)
        assert body(channel).startswith(b"retry: ") == (status == 200)
