"""Two of everything, clients that never rest, and a kill every few seconds: nothing is lost and the boards are one."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.settings import Settings
from tests.chaos import proof
from tests.chaos.acts import ACTS, all_ready, kill_on_backlog
from tests.chaos.load import Load
from tests.chaos.old_copy import OldCopy
from tests.chaos.site import open_site
from tests.conftest import free_port_base
from tests.stacks import end_at_once
from tests.wait import until

SETTLED_S = 120.0
"""The promise: within two minutes of the last kill everything is judged and every view has it."""

PATIENCE_S = 300.0
"""Beyond the promise it is still waited for a while, so that a failure says whether it is late or lost."""

FLOOR, RATE = 2.0, 2.5
"""Submissions a second, at least, over all kills and restarts, and what the clients aim at."""

SHORT_FLOOR, SHORT_RATE = 1.0, 1.25
"""The same of the short form, which has the machine's two cores not for itself: what is submitted has to be judged."""

DISPATCH = ("active queue", "api", "clock", "container", "history", "history-sink", "judge", "planner", "queue")
"""Of the acts of the short form half of them: those on judges and queues together."""


@pytest.fixture
def site(tmp_path):
    settings = Settings(home=tmp_path, port_base=free_port_base(), judge_slots=1, count_handled=True, session_timeout=6)
    site = open_site(settings)
    yield site
    end_at_once(site.stack)


def hurt(site, load, lanes, pause, draw, floor):
    """Do each lane's steps in turn, the lanes side by side, under load, a random pause behind each step.

    Gives when the last one was over.
    """

    def go(steps, draw):
        for step in steps:
            begun = time.monotonic()
            step(site, draw)
            last = time.monotonic()
            print(f"{begun - load.begun:6.1f} s {step.__name__}: {last - begun:.1f} s")
            time.sleep(draw.uniform(*pause))  # the moment of a kill is random: this is no wait for anything
        return last

    with load:
        until(lambda: len(load.accepted) >= 3, 60, "the first submissions are accepted")
        with ThreadPoolExecutor(len(lanes)) as pool:
            last = max(pool.map(go, lanes, [random.Random(draw.random()) for _ in lanes]))
        # clients that a restart held up make up for it
        until(lambda: len(load.accepted) >= floor * (time.monotonic() - load.begun), 60, "the clients keep their rate")
    assert load.wrong == []
    print(f"{len(load.accepted)} accepted in {load.seconds:.0f} s: {dict(load.answers)}; done: {dict(site.done)}")
    assert len(load.accepted) / load.seconds >= floor
    assert set(load.answers) == set(site.apis), "both apis have answered 201"
    return last


def with_an_old_copy(site, steps, min_age_s):
    """The steps with Redis copied after a third of them and set back to that copy after two thirds."""
    copies = []

    def older_copy(site, draw):
        copies.append(OldCopy(site))

    def take_copy(site, draw):
        copies[0].take()

    def restore_copy(site, draw):
        copies[0].restore(min_age_s)

    third = len(steps) // 3
    return [older_copy, *steps[:third], take_copy, *steps[third : 2 * third], restore_copy, *steps[2 * third :]]


def settled(site, load, last):
    """Everything that is promised, within two minutes of the last kill."""
    give_up = last + PATIENCE_S

    def reached(what, proved):
        told = False
        while (wrong := proved()) and time.monotonic() < give_up:
            if not told:
                print(f"not yet {what}: {len(wrong)}, {wrong[0]}")
            told = True
            time.sleep(0.5)
        assert wrong == []
        print(f"{time.monotonic() - last:6.1f} s after the last kill: {what}")

    all_ready(site, max(1.0, give_up - time.monotonic()))
    reached("judged", proof.Judged(site, load.accepted.values()).wrong)
    ended = len(site.ends)
    # what is there now is what all this has led to; ticks and hosts' reports go on
    ends = proof.owed(site, "log", "judge-wanted", "judge-reports", "ticks")
    reached("handled", lambda: proof.handled(site, ends))
    reached("accounts read", lambda: proof.accounts_unread(site))
    reached("boards", lambda: proof.boards(site))
    ends |= proof.owed(site, "scoreboard-rows")
    reached("nothing stands still", lambda: proof.handled(site, ends) + proof.still(site, ends))
    proved = time.monotonic()
    print(
        "ends:", Counter(f"{one.name.rpartition('-')[0] or one.name}: {one.how.partition(';')[0]}" for one in site.ends)
    )
    assert proved <= last + SETTLED_S
    assert site.ends[ended:] == [], "nothing ends by itself when all is judged"


@pytest.mark.timeout(600)
def test_each_part_is_killed_once_under_load_and_nothing_is_lost(site):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    # two acts at a time, of which no two wait for the same victim
    one, other = (
        [ACTS[name] for name in draw.sample(lane, len(lane))]
        for lane in (DISPATCH, sorted(ACTS.keys() - set(DISPATCH)))
    )
    load = Load(site.apis, site.seats, site.cheap, [], rate=SHORT_RATE, seed=seed)
    last = hurt(site, load, [one, with_an_old_copy(site, other, 0.0)], (0.1, 1.0), draw, SHORT_FLOOR)
    assert site.done >= Counter([*ACTS, "old copy"])
    settled(site, load, last)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_long_each_part_is_killed_three_times_also_on_a_backlog_of_20000(site):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    names = draw.sample(sorted(ACTS) * 3, 3 * len(ACTS))
    steps = [ACTS[name] for name in names]
    steps.insert(len(steps) // 2, kill_on_backlog)
    load = Load(site.apis, site.seats, site.cheap, site.dear, rate=RATE, seed=seed)
    last = hurt(site, load, [with_an_old_copy(site, steps, 60.0)], (0.5, 6.0), draw, FLOOR)
    on_backlog = ("planner", "scorer", "live-sink", "history-sink", "queue", "kafka", "redis", "history")
    wanted = [*list(ACTS) * 3, "old copy", *(f"{kind} on a backlog" for kind in on_backlog)]
    assert site.done >= Counter(wanted)
    assert load.submitted >= set(site.dear), "every jury submission was tried"
    settled(site, load, last)
