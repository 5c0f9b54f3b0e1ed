"""Whatever is asked, as whoever: no answer is a fault, none hangs, and none tells what is another team's."""

import os
import random
import time

import httpx
import pytest

from tests.api.world import PASSWORD
from tests.fuzz.attack import CANARY, targets

EXAMPLES = 2
"""Requests of each kind and operation; of two versions with some fifty operations each."""
LONG_S = float(os.environ.get("FUZZ_SECONDS", "600"))


@pytest.fixture(scope="module")
def target(world):
    with targets(world) as made:
        yield made


def safe(world, target):
    assert target.wrong == []
    print(f"answers: {dict(sorted(target.answers.items()))}")
    assert {200, 400, 401, 403, 404} <= target.answers.keys(), "it came as far as that"
    for name in ("api-1", "api-2", "live-sink"):
        assert world.processes[name].poll() is None
        log = world.log(name)
        assert CANARY not in log
        assert PASSWORD not in log
        assert "Traceback" not in log
    assert CANARY not in httpx.get(f"http://{world.metrics('api-1')}/metrics").text


def test_no_request_finds_a_fault_or_what_is_not_theirs(world, target):
    for operation in target.operations:
        target.attack(operation, EXAMPLES)
    safe(world, target)


@pytest.mark.long
@pytest.mark.timeout(LONG_S * 2)
def test_long_no_request_of_ten_minutes_finds_a_fault_or_what_is_not_theirs(world, target):
    draw, end = random.Random(), time.monotonic() + LONG_S
    while time.monotonic() < end:
        number = draw.randrange(2**32)
        operation = draw.choice(target.operations)
        before = len(target.wrong)
        target.attack(operation, 10, number)
        if len(target.wrong) > before:
            print(f"{operation.method} {operation.path}: seed {number}")
    safe(world, target)
