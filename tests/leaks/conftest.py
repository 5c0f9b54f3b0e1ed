"""What the tests of leaks share."""

import logging

import pytest

from api import submit, view, writing
from api.feed import response
from api.push import hub, reader


@pytest.fixture(scope="session")
def urls(redis_server):
    """A database for each of the two worlds."""
    base = redis_server.rpartition("/")[0]
    return f"{base}/10", f"{base}/11"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Nothing depends on how fast this machine is: teams that change are shown by themselves, and no heart beats."""
    monkeypatch.setattr(reader, "TEAMS_S", 0.0)
    for module, bound in ((view, "TIMEOUT_S"), (hub, "READY_S"), (submit, "WAIT_S"), (writing, "WAIT_S")):
        monkeypatch.setattr(module, bound, 60.0)  # on a busy machine Redis may be kept from answering for seconds
    for module in (reader, response):
        monkeypatch.setattr(module, "HEARTBEAT_S", 3600.0)
    monkeypatch.setattr(logging.getLogger("api.app"), "disabled", True)  # there are no packages to read statements from
