"""Two of everything, clients that never rest, and a kill every few seconds: nothing is lost and the boards are one."""

import random
import time

import pytest

from schemas.settings import Settings
from tests.chaos import proof
from tests.chaos.acts import ACTS, OldCopy, all_ready, backlog
from tests.chaos.load import Load
from tests.chaos.site import open_site
from tests.conftest import free_port_base
from tests.wait import until

SETTLED_S = 120.0
"""The promise: within two minutes of the last kill everything is judged and every view has it."""


@pytest.fixture
def site(tmp_path):
    settings = Settings(home=tmp_path, port_base=free_port_base(), judge_slots=1, count_handled=True, session_timeout=6)
    site = open_site(settings)
    yield site
    site.stack.stop()


def hurt(site, acts, pause, seed):
    """Do the acts in turn under load, with a random pause behind each; returns what was accepted."""
    draw = random.Random(seed)
    load = Load(site.apis, site.seats, site.sources, rate=2.0, seed=seed)
    load.start()
    until(lambda: len(load.accepted) >= 3, 60, "the first submissions are accepted")
    copy = OldCopy(site)
    for place, name in enumerate(acts):
        act, kind = ACTS[name]
        if place == len(acts) // 3:
            copy.take()
        if place == 2 * len(acts) // 3:
            copy.restore()
        act(site, draw, kind)
        time.sleep(draw.uniform(*pause))  # the moment of a kill is random: this is no wait for anything
    load.stop()
    assert load.wrong == []
    return load.accepted


def settled(site, accepted):
    """Everything the issue promises, within two minutes of the last kill."""
    all_ready(site)
    problems = until_empty(lambda: proof.judged(site, accepted.values()), SETTLED_S)
    assert problems == []
    assert until_empty(lambda: proof.boards(site), SETTLED_S) == []
    assert until_empty(lambda: proof.handled(site), SETTLED_S) == []


def until_empty(find, timeout):
    """What is still wrong when the time is up; usually nothing, and sooner."""
    deadline = time.monotonic() + timeout
    while (found := find()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


@pytest.mark.timeout(600)
def test_each_part_is_killed_once_under_load_and_nothing_is_lost(site):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    names = sorted(ACTS)
    random.Random(seed).shuffle(names)
    settled(site, hurt(site, names, (0.5, 3.0), seed))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_long_each_part_is_killed_three_times_also_on_a_backlog_of_20000(site):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    names = sorted(ACTS) * 3
    random.Random(seed).shuffle(names)
    accepted = hurt(site, names[: len(names) // 2], (1.0, 8.0), seed)
    readers = [n for kind in ("planner", "scorer", "live-sink", "history-sink") for n in site.stack.names(kind)]
    for name in readers:
        site.stack.hold(name)
    backlog(site.settings, site.contests, 20_000)
    for name in readers:
        site.stack.release(name)
    accepted |= hurt(site, names[len(names) // 2 :], (0.5, 4.0), seed + 1)
    settled(site, accepted)
