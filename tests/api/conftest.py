"""A world for the tests of the api: Kafka, Redis, a live sink and two api processes, once a session."""

import pytest

from tests.api.world import one_world


@pytest.fixture(scope="session")
def world(stack_settings, redis_server):
    """The processes run until the session ends; each test takes a contest of its own."""
    with one_world(stack_settings, redis_server) as made:
        yield made
