"""A corner of the push that no story comes to: a reader that is far behind."""

from typing import Any, cast

from api.push.reader import ContestReader
from api.view import Base, View
from schemas.clock import Clock


def test_a_gap_on_the_jurys_board_is_no_news_for_the_public():
    reader = ContestReader("c", View(cast(Any, None)), cast(Any, None), Clock())
    base = reader._base = "0", Base(0, "e")
    for board in reader.boards.values():
        board.rebase(base[1], 3)
    assert reader._take(reader.boards["jury"], [(b"1009-0", {b"d": b"{}"})])
    assert {name: board.ring.head for name, board in reader.boards.items()} == {"public": 3, "jury": 1009}
    assert reader._base == base, "nobody else begins anew"
