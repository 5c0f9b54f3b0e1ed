"""A board's latest deltas: what a client that is behind is given."""

import asyncio

import orjson

from api.push.board import SNAPSHOT_AGE, BoardChannel
from api.push.connection import Connection
from api.push.picture import Picture
from api.push.ring import COARSE, LENGTH, Ring, merged
from api.view import Base, BoardState
from schemas.clock import Clock
from schemas.live import Stored


def test_a_client_that_is_behind_gets_the_newest_state_of_each_row():
    def delta(*rows, **firsts):
        return orjson.dumps({"rows": [{"team_id": t, "n": n} for t, n in rows], "firsts": firsts})

    ring = Ring("0:e", 10)
    for number in range(11, 31):
        ring.append(number, delta(("t1", number), (f"t{number}", number), a={"team_id": "t1"} if number < 20 else None))
    assert ring.since(29).sse.startswith(b"id: 0:e:30\nevent: delta\ndata: ")
    assert len(ring.since(28).texts) == 2
    late = orjson.loads(ring.since(10).texts[0])
    assert late["id"] == "0:e:30"
    rows = {row["team_id"]: row["n"] for row in late["data"]["rows"]}
    assert rows["t1"] == 30
    assert len(rows) == 21
    assert late["data"]["firsts"] == {"a": None}
    assert ring.since(9) is None
    assert ring.since(17) is ring.since(18), "who is a little less behind gets what was made already"
    assert ring.since(17).texts[0].count('"t17"') == 1
    assert merged([delta(("a", 1)), delta(("a", 2))]) == delta(("a", 2))


def test_a_ring_full_of_clients_that_are_each_elsewhere_costs_few_merges():
    ring = Ring("0:e", 0)
    for number in range(1, 2 * LENGTH + 1):
        ring.append(number, b'{"rows":[{"team_id":"t%d"}],"firsts":{}}' % number)
    given = {revision: ring.since(revision) for revision in range(LENGTH, 2 * LENGTH)}
    assert len(set(map(id, given.values()))) <= 20
    for revision, one in given.items():
        lacks = {f"t{number}" for number in range(revision + 1, 2 * LENGTH + 1)}
        told = [row["team_id"] for text in one.texts for row in orjson.loads(text)["data"]["rows"]]
        assert lacks <= set(told)
        assert len(told) <= 1.5 * len(lacks) + COARSE


FACTS = dict.fromkeys(("end", "duration", "freeze", "thaw", "came")) | {"start": 0, "removed": [], "score_scale": 1}
PICTURE = Picture(Stored({"id": "c"}, FACTS, 0), None, {}, {}, {})


def test_a_new_process_has_the_last_deltas_for_those_who_come_back_from_another():
    board = BoardChannel("c", "public", None, Clock())
    board.show(PICTURE)
    board.rebase(Base(0, "e"), 10)
    assert board.ring.since(9) is None

    def found(*revisions):
        return [(n, b'{"rows":[{"team_id":"t%d"}],"firsts":{}}' % n) for n in revisions]

    board.refill(found(7, 9, 10))
    assert board.ring.since(9) is None, "with a hole it is none"
    board.refill(found(8, 9, 10, 11))
    assert board.ring.head == 10, "what came since comes by itself"
    assert board.ring.since(9).texts[0].count('"t10"') == 1
    assert len(board.ring.since(7).texts) == 3
    assert board.ring.since(6) is None


class Board:
    """A view whose board answers when it is let."""

    def __init__(self) -> None:
        self.revision, self.gate, self.asked = 10, asyncio.Event(), 0

    async def board(self, *_):
        self.asked += 1
        revision = self.revision
        await self.gate.wait()
        return BoardState("0", Base(0, "e"), revision, {}, {})


async def join(board, last_event_id=""):
    """All that a client is sent that comes with this id."""
    told = []
    connection = Connection(board, lambda frame: told.append(frame.sse))
    told += [frame.sse for frame in await board.greeting(connection, last_event_id, 1)]
    connection.free()
    return b"".join(told)


async def test_many_who_are_further_behind_than_the_ring_cost_one_look_at_the_view():
    view = Board()
    view.revision = head = 2 * LENGTH
    view.gate.set()
    board = BoardChannel("c", "public", view, Clock())
    board.show(PICTURE)
    board.rebase(Base(0, "e"), 0)
    for revision in range(1, head + 1):
        board.append(revision, b'{"rows":[],"firsts":{}}')
    told = [await join(board, f"0:e:{head - LENGTH - number}") for number in range(1, 101)]
    assert all(b"id: 0:e:%d\nevent: snapshot" % head in one for one in told)
    assert view.asked == 1
    assert b"event: delta" in await join(board, f"0:e:{head - LENGTH}")


async def test_a_snapshot_behind_which_deltas_were_missed_is_given_to_nobody_else():
    view = Board()
    board = BoardChannel("c", "public", view, Clock())
    board.show(PICTURE)
    board.rebase(Base(0, "e"), 10)

    first = asyncio.create_task(join(board))
    await asyncio.sleep(0)
    board.skip(30)
    view.revision = 30
    view.gate.set()
    assert b"event: reset" in await first
    second = await join(board)
    assert b"id: 0:e:30\nevent: snapshot" in second
    assert b"reset" not in second


async def test_who_joins_with_a_board_that_the_reader_has_yet_to_see_is_not_shown_the_one_before():
    """The third generation is shown already; the second was swapped for the first while others watched."""

    class Promoted:
        """A view whose board is that of one team, named after the generation."""

        base, shown = Base(0, "e"), "first"

        def promote(self, generation):
            self.base, self.shown = Base(self.base.promotions + 1, "e"), generation

        async def board(self, *_):
            row = {"team_id": self.shown, "listed": True, "cells": []}
            return BoardState(self.shown, self.base, 1, {b"t": orjson.dumps(row)}, {})

    view, told = Promoted(), []

    def hear(frame):
        told.extend(map(orjson.loads, frame.texts))

    board = BoardChannel("c", "public", view, Clock())
    board.rebase(view.base, 1)
    board.show(PICTURE)
    view.promote("second")
    assert await board.swap(view.base, 1)
    for revision in range(2, SNAPSHOT_AGE + 3):
        board.append(revision, b'{"rows":[],"firsts":{}}')
    view.promote("third")
    client = Connection(board, hear)
    board.connections.add(client)
    for one in await board.greeting(client, "", 1):
        hear(one)
    client.free()
    await board.walk()
    assert await board.swap(view.base, 1)
    await board.walk()
    shown = [[row["team_id"] for row in one["data"]["rows"]] for one in told if one["event"] in ("snapshot", "delta")]
    assert shown == [["third"]]
