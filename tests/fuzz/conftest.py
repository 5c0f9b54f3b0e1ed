"""The world of the api's tests, for whoever comes first."""

import pytest

from tests.api.world import one_world


@pytest.fixture(scope="session")
def world(stack_settings, redis_server):
    with one_world(stack_settings, redis_server) as made:
        yield made
