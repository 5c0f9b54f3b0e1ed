"""Two corners of the push that no story comes to: a reader that is far behind, and a judging error in one's own stream."""

import asyncio
from typing import Any, cast

from api.push.connection import Connection
from api.push.own import OwnChannel
from api.push.reader import ContestReader
from api.view import Base, View
from schemas.clock import Clock
from schemas.live import Notification, Stored


def test_a_gap_on_the_jurys_board_is_no_news_for_the_public():
    reader = ContestReader("c", View(cast(Any, None)), cast(Any, None), Clock())
    base = reader._base = "0", Base(0, "e")
    for board in reader.boards.values():
        board.rebase(*base, 3)
    assert reader._take(reader.boards["jury"], [(b"1009-0", {b"d": b"{}"})])
    assert {name: board.ring.head for name, board in reader.boards.items()} == {"public": 3, "jury": 1009}
    assert reader._base == base, "nobody else begins anew"


async def test_who_sees_the_same_of_an_object_as_before_hears_nothing():
    told: dict[str, list[bytes]] = {"t1": [], "t2": [], "": []}

    def connection(team: str) -> Connection:
        async def write(frame):
            told[team].append(frame.sse)

        found = Connection(channel, write, key=team)
        found.free()
        return found

    channel = OwnChannel("c", View(cast(Any, None)), Clock())
    channel._loading = asyncio.create_task(asyncio.sleep(0))
    facts = {"start": 0, "freeze": 0, "thaw": None, "feedback": "verdict"}
    channel.show(facts, {"state": 1})
    channel.connections = {connection(team) for team in told}
    begun = {"id": "j", "submission_id": "s", "start_time": "now"}
    about = {"team": "t1", "at": 1, "hidden": False, "visible": True, "settled": True}
    for position, found in enumerate((begun, begun | {"judgement_type_id": "JE"}, begun | {"judgement_type_id": "AC"})):
        channel.tell(Notification(f"{position}-1", "judgements", "j", Stored(found, about, position)))
    channel.show(facts, {"state": 1})
    assert {team: len(messages) for team, messages in told.items()} == {"t1": 2, "t2": 0, "": 3}
    assert b"AC" in told["t1"][-1]
