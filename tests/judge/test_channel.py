"""The socket to a runner: who waits for one that will not come is let go, and one that was closed is a runner gone."""

import socket
import threading

import pytest

from judge.channel import Channel, Listener
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


def test_a_channel_that_was_closed_here_is_a_runner_that_is_gone():
    """As when the pool closes while a slot begins a run: no error of the system's reaches the judging."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    channel = Channel(here)
    channel.close()
    there.close()
    for act in (lambda: channel.send(["stop"]), lambda: channel.answer(["stop"], 1), lambda: channel.ask(["ping"])):
        with pytest.raises(SandboxError, match="the runner is gone"):
            act()
