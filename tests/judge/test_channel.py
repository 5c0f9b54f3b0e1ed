"""The socket to a runner: who waits for one that will not come is let go."""

import threading

import pytest

from judge.channel import Listener
from schemas.errors import SandboxError


def test_whoever_waits_for_a_runner_is_let_go_at_the_end(tmp_path):
    """Before, a Ctrl-C, or a judge's end, waited half a minute for the runner of a container that was removed."""
    before, after = Listener(tmp_path), Listener(tmp_path)
    before.end()
    threading.Timer(0.05, after.end).start()
    for listener in (before, after):
        with pytest.raises(SandboxError, match="nobody waits"):
            listener.accept(60)
        listener.end()
    with pytest.raises(SandboxError, match="did not connect within 0 s"):
        Listener(tmp_path).accept(0.01)
    assert list(tmp_path.iterdir()) == []
