"""The shapes of the live view: what goes in comes out, and sorts as the board does."""

from hypothesis import given
from hypothesis import strategies as st

from schemas import live
from schemas.live import Stored
from streams.scoring.canonical import canonical
from tests.streams import live_events as make
from tests.streams.live_events import HOUR, START

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4)
KEYS = st.tuples(st.integers(-5, 5), st.integers(0, 3), st.integers(-(2**62), 2**62))


def row(number, sort_key, name):
    made = make.row(f"t{number}", 1)
    return type(made)(
        **{field: getattr(made, field) for field in made.__dataclass_fields__}
        | {"sort_key": sort_key, "tie_key": f"{name}\0{name}\0t{number}"}
    )


@given(st.lists(st.tuples(KEYS, NAMES), max_size=12))
def test_members_of_the_index_sort_as_the_board_does(found):
    rows = [row(number, *one) for number, one in enumerate(found)]
    board = [one.team_id for one in live.in_order([live.parse_row(live.encode_row(r)) for r in rows])]
    index = sorted(live.index_member(r) for r in rows)
    assert [member.rpartition(b"\0")[2].decode() for member in index] == board


def test_rows_from_the_view_give_the_same_canonical_board_as_the_scorers():
    rows = [make.row(f"t{n}", n, solved=n % 3) for n in range(9)]
    firsts = [make.first("alpha", 3, "t2"), make.first("beta", 3, None)]
    shown = [live.parse_first(f.problem_id, data) for f in firsts if (data := live.encode_first(f))]
    assert canonical(map(live.parse_row, map(live.encode_row, rows)), shown) == canonical(rows, firsts)


def test_equal_looking_rows_have_equal_bytes_whatever_their_position_and_writer():
    assert live.encode_row(make.row("t1", 5, solved=1)) == live.encode_row(make.row("t1", 9, solved=1, batch=9))


def test_a_submission_is_withheld_from_the_freeze_on_until_the_thaw():
    frozen = {"freeze": START + HOUR, "thaw": None}
    assert [live.withheld(frozen, START + HOUR + at) for at in (-1, 0, 1)] == [False, True, True]
    assert not live.withheld(frozen | {"thaw": START}, START + 2 * HOUR)
    assert not live.withheld({"freeze": None, "thaw": None}, START)


def test_a_contest_that_is_not_in_the_view_has_no_meta():
    assert live.parse_meta({}) is None
    assert live.parse_meta({b"epoch": b"e", b"rows": b"4"}) == live.Meta(
        "e", -1, 4, "0", -1, None, away=False, part=False
    )
    assert live.parse_meta({b"epoch": b"e", b"away": b"1"}).away
    assert live.parse_meta({b"epoch": b"e", b"part": b"1"}).part
    assert live.parse_stored(Stored({"id": "x"}, {"hidden": False}, 7).encode()) == Stored(
        {"id": "x"}, {"hidden": False}, 7
    )
