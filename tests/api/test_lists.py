"""Lists that are remembered are of one position, and take a bounded room."""

from api import lists
from api.lists import Lists

BEFORE, RUNNING = (False, False), (True, False)


def test_a_list_is_given_for_the_position_that_it_was_made_at(monkeypatch):
    monkeypatch.setattr(lists, "REMEMBERED_BYTES", 100)
    known = Lists()
    known.keep(("c", "v", "teams", RUNNING), "7", b"x" * 40)
    assert known.get(("c", "v", "teams", RUNNING), "7") == b"x" * 40
    assert known.get(("c", "v", "teams", RUNNING), "8") is None
    assert known.get(("c", "v", "teams", BEFORE), "7") is None
    known.keep(("c", "v", "teams", RUNNING), "8", b"y" * 60)
    known.keep(("c", "v", "problems", RUNNING), "8", b"z" * 40)
    assert known.get(("c", "v", "teams", RUNNING), "8"), "the older one of its key has left"
    known.keep(("c", "v", "groups", RUNNING), "8", b"w")
    assert known.get(("c", "v", "teams", RUNNING), "8") is None
    assert known.get(("c", "v", "problems", RUNNING), "8")
    known.keep(("c", "v", "runs", RUNNING), "8", b"v" * 101)
    assert known.get(("c", "v", "runs", RUNNING), "8") is None
