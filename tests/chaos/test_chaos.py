"""Two of everything, clients that never rest, and a kill every few seconds: nothing is lost and the boards are one."""

import random
import time

import pytest

from podium.stack.supervised import State
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
    """Do the acts in turn under load, a random pause behind each; gives what was accepted and when the last act was."""
    draw = random.Random(seed)
    load = Load(site.apis, site.seats, site.sources, rate=2.5, seed=seed)
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
        last = time.monotonic()
        time.sleep(draw.uniform(*pause))  # the moment of a kill is random: this is no wait for anything
    load.stop()
    assert load.wrong == []
    return load.accepted, last


def settled(site, accepted, last):
    """Everything that is promised, within two minutes of the last kill."""
    deadline = last + SETTLED_S
    all_ready(site, max(1.0, deadline - time.monotonic()))
    for proved in (
        lambda: proof.judged(site, accepted.values()),
        lambda: proof.boards(site),
        lambda: proof.handled(site),
    ):
        while (wrong := proved()) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert wrong == []


@pytest.mark.timeout(600)
def test_each_part_is_killed_once_under_load_and_nothing_is_lost(site):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    names = sorted(ACTS)
    random.Random(seed).shuffle(names)
    settled(site, *hurt(site, names, (0.5, 3.0), seed))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_long_each_part_is_killed_three_times_also_on_a_backlog_of_20000(site):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    names = sorted(ACTS) * 3
    random.Random(seed).shuffle(names)
    accepted, _ = hurt(site, names[: len(names) // 2], (1.0, 8.0), seed)
    readers = [n for kind in ("planner", "scorer", "live-sink", "history-sink") for n in site.stack.names(kind)]
    for name in readers:
        site.stack.hold(name)
    backlog(site.settings, site.contests, 20_000)
    for name in readers:
        site.stack.release(name)
    draw = random.Random(seed)
    for name in draw.sample(readers, len(readers)):
        # ready and behind: it is killed at its work on the backlog
        until(lambda name=name: site.stack.processes[name].state is State.READY, 60, f"{name} is ready")
        site.stack.kill(name)
    more, last = hurt(site, names[len(names) // 2 :], (0.5, 4.0), seed + 1)
    settled(site, accepted | more, last)
