"""A world for the tests of the api: Kafka, Redis, a live sink and two api processes, once a session."""

import asyncio
import logging

import pytest

from api import view
from tests.api.stages import Stages
from tests.api.world import one_world


def pytest_asyncio_loop_factories(item):
    """Python's own loop; that of the server where a module says so: connections of it are not quite like the others."""
    made = getattr(item.getparent(pytest.Module).obj, "LOOP", asyncio.new_event_loop)
    return {made.__module__: made}


@pytest.fixture(scope="session")
def world(stack_settings, redis_server):
    """The processes run until the session ends; each test takes a contest of its own."""
    with one_world(stack_settings, redis_server) as made:
        yield made


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A machine that is busy may keep Redis from answering for seconds: in this process it is waited for."""
    monkeypatch.setattr(view, "TIMEOUT_S", 60.0)


@pytest.fixture
async def contest(redis_server, tmp_path, monkeypatch):
    """A contest in this process, with a client of its api, to be told stage by stage."""
    monkeypatch.setattr(logging.getLogger("api.app"), "disabled", True)  # there are no packages to read statements from
    made = Stages(f"{redis_server.rpartition('/')[0]}/12", tmp_path)
    yield made
    await made.close()
