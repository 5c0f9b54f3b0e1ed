"""A dependency that is away is named in logs, `podium status` and errors, without the password in its address."""

import pytest

from podium.commands.status import collect
from schemas.errors import DependencyError
from schemas.live_board import read_board
from schemas.registry import resolve_ids
from schemas.settings import Settings
from streams.live.store import Store

AWAY = "redis://somebody:secret@127.0.0.1:1/0"


@pytest.mark.parametrize(
    "ask",
    [
        lambda settings: read_board(settings, "c", "public"),
        lambda settings: Store(settings.redis).held(["c"]),
        lambda _: resolve_ids("http://somebody:secret@127.0.0.1:1", {b"": {"namespace": "podium", "name": "x"}}),
    ],
)
def test_errors(ask, tmp_path):
    with pytest.raises(DependencyError, match=r"127\.0\.0\.1:1") as caught:
        ask(Settings(home=tmp_path, redis=AWAY))
    assert "secret" not in str(caught.value)


def test_status(tmp_path):
    (told,) = collect(Settings(home=tmp_path, redis=AWAY))["errors"]
    assert told.startswith("Redis at redis://127.0.0.1:1/0: ")
    assert "secret" not in told
