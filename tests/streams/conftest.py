"""What the tests of the live view share."""

import pytest
import redis


@pytest.fixture
def url(redis_server):
    """A database of the test's own."""
    return redis_server.rpartition("/")[0] + "/9"


@pytest.fixture
def client(url):
    client = redis.Redis.from_url(url)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()
