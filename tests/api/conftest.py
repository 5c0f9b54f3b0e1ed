"""A world for the tests of the api: Kafka, Redis, a live sink and two api processes, once a session."""

import pytest

from schemas.producer import Producer
from tests.api.world import World


@pytest.fixture(scope="session")
def world(stack_settings, kafka, redis_server):
    """The processes run until the session ends; each test takes a contest of its own."""
    settings = stack_settings.model_copy(
        update={
            "home": stack_settings.home / "api",
            "kafka": kafka,
            "redis": redis_server,
            "judge_token": "of-the-judges",
        }
    )
    with Producer(settings) as producer:
        made = World(settings, producer)
        try:
            made.begin("live-sink", "live-sink")
            made.begin_api(1)
            made.begin_api(2)
            for name in list(made.processes):
                made.ready(name)
            yield made
        finally:
            for name in list(made.processes):
                made.stop(name)
