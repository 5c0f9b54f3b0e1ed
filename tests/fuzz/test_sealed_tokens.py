"""Tokens of feeds and of personal streams: their own reader's place, whatever anybody makes of them."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.access import Viewer
from api.feed.tokens import Place, Tokens
from api.sealed import Sealer

FAST = settings(max_examples=100, deadline=None, derandomize=True, database=None)
SEALER = Sealer("of the site")
TEAM = Viewer("team", "t1", account="t1-a")
MINE = Tokens.of(SEALER, "c", "2026-01", TEAM)
OTHERS = [
    Tokens.of(SEALER, "c", "2026-01", Viewer()),
    Tokens.of(SEALER, "c", "2026-01", Viewer("jury")),
    Tokens.of(SEALER, "c", "2026-01", Viewer("team", "t2", account="t2-a")),
    Tokens.of(SEALER, "c", "2026-01", Viewer("team", "t1", account="t1-b")),
    Tokens.of(SEALER, "c", "2026-01", Viewer("analyst", account="t1-a")),
    Tokens.of(SEALER, "c", "2023-06", TEAM),
    Tokens.of(SEALER, "other", "2026-01", TEAM),
    Tokens.of(Sealer("another site's"), "c", "2026-01", TEAM),
]
places = st.builds(Place, st.integers(0, 2**63), st.integers(1, 2**32 - 1))


@FAST
@given(places)
def test_a_token_is_its_own_feeds_place_and_nobody_elses(place):
    token = MINE.name(*place)
    assert token == MINE.name(*place)
    assert MINE.place(token) == place
    assert [other.place(token) for other in OTHERS] == [None] * len(OTHERS)


@FAST
@given(places, places)
def test_tokens_of_two_places_are_of_one_length_and_tell_no_order(one, other):
    assert len(MINE.name(*one)) == len(MINE.name(*other))


@FAST
@given(places, st.data())
def test_a_token_that_was_changed_anywhere_is_none(place, data):
    token = MINE.name(*place)
    at = data.draw(st.integers(0, len(token) - 1))
    changed = token[:at] + data.draw(st.text(max_size=3)) + token[at + data.draw(st.integers(0, 2)) :]
    # what is no base64 is passed over by its reader, and the last character has bits that say nothing
    assert MINE.place(changed) in (None, place)


@FAST
@given(
    st.text(max_size=500)
    | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
    | st.integers().map(str)
)
def test_any_text_as_a_token_is_none(text):
    assert MINE.place(text) is None


@pytest.mark.parametrize("data", [b"", b"x", b"x" * 11, b"x" * 13])
def test_what_was_sealed_for_something_else_is_none(data):
    assert MINE.place(SEALER.seal(MINE.whose, data)) is None
