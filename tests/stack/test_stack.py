"""The supervisor starts, restarts and ends processes, and leaves nothing behind."""

import os

import pytest
import redis

from podium.stack.stack import Stack, read_state
from podium.stack.supervised import State
from schemas.errors import UsageError
from schemas.settings import Settings
from schemas.topics import TOPICS, apply_topics, check_topics
from tests.conftest import free_port_base
from tests.wait import until


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_topics_are_made_once_and_checked(kafka, settings):
    assert apply_topics(settings) == []
    check_topics(settings, frozenset(TOPICS))


@pytest.fixture
def said():
    return []


@pytest.fixture
def stack(settings, said):
    apart = Settings(home=settings.home, port_base=free_port_base())
    stack = Stack(apart, only=frozenset({"redis"}), say=lambda *line: said.append(line))
    yield stack
    stack.stop()


def test_a_killed_process_is_started_again(stack, said):
    stack.start()
    pid = stack.processes["redis"].pid
    stack.kill("redis")
    until(
        lambda: stack.processes["redis"].state is State.READY and stack.processes["redis"].pid != pid,
        30,
        "redis is back",
    )
    assert redis.Redis.from_url(stack.settings.redis).ping()
    assert any("killed by SIGKILL" in detail for _, _, detail in said)


def test_a_second_start_in_the_same_home_says_so_and_harms_nothing(stack):
    stack.start()
    assert read_state(stack.settings)["processes"][0]["name"] == "redis"
    with pytest.raises(UsageError, match="a stack runs already"):
        Stack(stack.settings, only=frozenset({"redis"})).start()
    assert stack.processes["redis"].state is State.READY


def test_stopping_leaves_nothing_running(stack):
    stack.start()
    pid = stack.processes["redis"].pid
    stack.stop()
    assert gone(pid)
    assert read_state(stack.settings) is None


def test_a_process_that_is_held_down_stays_down_until_it_is_released(stack):
    stack.start()
    stack.hold("redis")
    assert stack.processes["redis"].state is State.HELD
    stack.release("redis")
    until(lambda: stack.processes["redis"].state is State.READY, 30, "redis is back")


def test_an_unknown_process_cannot_be_scaled(settings):
    with pytest.raises(UsageError, match="--scale scorrer: there is no such process"):
        Stack(settings, scale={"scorrer": 2})
