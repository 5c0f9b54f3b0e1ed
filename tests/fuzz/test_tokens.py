"""Whatever is shown as a token: a session's cookie, a stream's last id, a login. It is taken for what it is or for nothing."""

import base64
import re

import pytest
from fastapi import HTTPException
from hypothesis import given, settings
from hypothesis import strategies as st

from api.identity import _basic
from api.push.board import BoardChannel
from api.push.connection import Connection
from api.push.picture import Picture
from api.push.ring import LENGTH
from api.sessions import Sessions
from api.view import Base
from schemas.clock import Clock
from schemas.events import Account
from schemas.live import Stored

FAST = settings(max_examples=100, deadline=None, derandomize=True, database=None)
SECRET = "s" * 32


class Known:
    """One account."""

    def __init__(self, session=3):
        self.account = Account(recorded_at=0, recorded_by="t", username="alice", role="team", session=session)

    def get(self, username):
        return self if username == "alice" else None


def sessions(secret=SECRET, session=3):
    return Sessions(secret, Known(session))


COOKIE = sessions().begin(Known().account)


def test_a_session_is_its_accounts_until_that_has_another_number():
    assert sessions().account(COOKIE).username == "alice"
    assert sessions(session=4).account(COOKIE) is None
    assert sessions(secret="t" * 32).account(COOKIE) is None


@FAST
@given(st.data())
def test_a_cookie_that_was_changed_anywhere_is_nobodys(data):
    at = data.draw(st.integers(0, len(COOKIE) - 1))
    to = data.draw(st.text(max_size=3))
    changed = COOKIE[:at] + to + COOKIE[at + data.draw(st.integers(0, 2)) :]
    found = sessions().account(changed)
    # its reader passes over what is no base64, and the last character of base64 has bits that say nothing
    meant = re.sub(r"[^A-Za-z0-9_.-]", "", changed)
    assert found is None or (meant[:-1] == COOKIE[:-1] and len(meant) == len(COOKIE))


@FAST
@given(st.text(max_size=100) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_text_as_a_cookie_is_nobodys(text):
    assert sessions().account(text) is None


# ---- a login ----------------------------------------------------------------------------------------------------------


@FAST
@given(st.text(max_size=30).filter(lambda name: ":" not in name), st.text(max_size=30))
def test_a_login_is_read_as_it_was_written(username, password):
    value = base64.b64encode(f"{username}:{password}".encode()).decode()
    assert _basic(value) == (username, password)


@FAST
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.b64encode(raw).decode()))
def test_any_text_as_a_login_is_read_or_refused_with_401(value):
    status = 200
    try:
        username, _ = _basic(value)
    except HTTPException as refused:
        status, username = refused.status_code, ""
    assert status in (200, 401)
    assert ":" not in username


# ---- where a stream goes on -------------------------------------------------------------------------------------------

HEAD = 700


def channel():
    """A board's channel that has told of more deltas than its ring holds."""
    facts = dict.fromkeys(("end", "duration", "freeze", "thaw", "came")) | {"start": 0, "removed": [], "score_scale": 1}
    made = BoardChannel("c", "public", None, Clock())
    made.rebase(Base(0, "e"), 0)
    made.show(Picture(Stored({"id": "c"}, facts, 0), None, {}, {}, {}))
    for revision in range(1, HEAD + 1):
        made.append(revision, b'{"rows":[],"firsts":{}}')
    return made


BOARD = channel()


def cursor(last_event_id):
    """Where a client with this id goes on; None: it is given a snapshot."""

    async def write(_):
        pass

    connection = Connection(BOARD, write)
    missed = BOARD._missed(connection, last_event_id)
    return None if missed is None else connection.cursor


@pytest.mark.parametrize("revision", [HEAD, HEAD - 1, HEAD - LENGTH])
def test_a_client_goes_on_where_it_was(revision):
    assert cursor(f"0:e:{revision}") == HEAD


@FAST
@given(
    st.text(max_size=30)
    | st.integers().map(lambda n: f"0:e:{n}")
    | st.builds("{}:{}:{}".format, st.integers(), st.text(max_size=4), st.integers())
)
def test_any_text_as_a_last_id_means_a_snapshot_or_a_place_that_was(text):
    found = cursor(text)
    if found is not None:
        prefix, _, revision = text.rpartition(":")
        assert prefix == "0:e"
        assert int(revision) >= HEAD - LENGTH
        assert found in (HEAD, int(revision))
