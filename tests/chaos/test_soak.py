"""A contest of five hours in ten minutes, thousands who watch it, everything killed in turn: at the end nothing has grown."""

import os
import random
import re
import subprocess
import sys
import time
from datetime import UTC, datetime

import httpx
import pytest

from api.view import CONNECTIONS
from history.board import scoreboard as history_scoreboard
from podium.live_board import live_scoreboard
from podium.stack.parts import environment
from schemas.clock import Clock
from schemas.events import Judgement, Submission
from schemas.history import connect
from schemas.reader import read_contest
from schemas.settings import Settings
from streams.replay import recompute
from tests.chaos.acts import KILLS, all_ready, flush, kill, kill_container
from tests.chaos.crowd import Crowd
from tests.chaos.load import Load
from tests.chaos.measure import Lives, descriptors, memory
from tests.chaos.site import HOUR_MS, open_site, plan
from tests.conftest import free_port_base
from tests.wait import until

SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
CLIENTS = int(os.environ.get("SOAK_CLIENTS", "2000"))
HOURS = 5
CONTEST = "soak"
RATE = 1.0
"""Submissions a second."""
QUIET = 0.25
"""The part of the time, at its end, in which nothing is killed: what grows then grows for ever."""
MOST = 1.10
SUBMISSION_MIB = 0.03
"""What a submission takes, with its runs and judgements, in a process that reads the whole contest: the auditor, which lives
longest, had 0.026 in ten minutes, and holds no more after 80 audits than after 20 where no submission comes."""
MORE = 10
"""Descriptors that a process may have more than before anybody came: those without a pool had 5 more at most. An api's pool
keeps its connections to Redis, which has the other ends of those that live: one api had 32 more where Redis had been killed."""
LOOK_S = 1.0
"""Between two looks at what each holds."""
HALF_S = 15.0
"""For so long at least each half of the quiet is watched: longer than a process holds what it worked with."""
READY_S, SETTLED_S = 180, 300
"""A part that was killed with thousands of clients is back in seconds, on two cores in a minute or two."""


@pytest.fixture
def site(tmp_path):
    rate = HOURS * HOUR_MS / 1000 / SECONDS
    clock = f"{datetime.now(UTC).isoformat(timespec='milliseconds')}@{rate:.3f}"
    settings = Settings(
        home=tmp_path, port_base=free_port_base(), judge_slots=1, session_timeout=6, clock=clock, max_streams=5000
    )

    def wanted():
        # it goes on for longer than the clients do, and freezes while they are at it
        length = int((1.5 * SECONDS + 600) * rate * 1000)
        begun = Clock.parse(clock).now_ms()
        times = {"duration_ms": length, "freeze_ms": length - int(SECONDS * 0.6 * rate * 1000), "rehearsal": True}
        return [plan(CONTEST, begun, **times)]

    site = open_site(settings, {"api": 2}, wanted)
    yield site
    site.stack.stop()


def podium(site, *arguments):
    """Output of a command; None where it failed, as it may while a part is away."""
    env = environment(site.settings, "podium")
    done = subprocess.run([sys.executable, "-m", "podium", *arguments], env=env, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"podium {' '.join(arguments)}: {done.stderr.strip()[-200:]}")
    return done.stdout if done.returncode == 0 else None


def rejudge(site, draw):
    """Judge a team's submissions again, and apply it."""
    all_ready(site, READY_S)  # what was killed before must not cut off a command that cannot be repeated
    url = f"{site.apis[0]}/api/contests/{CONTEST}/submissions"
    teams = until(lambda: sorted({one["team_id"] for one in answered(url)}), READY_S, "somebody has submitted")
    create = ("rejudge", "create", CONTEST, "--team", draw.choice(teams), "--reason", "soak", "--yes")
    made = until(lambda: podium(site, *create), READY_S, "a rejudging is created")
    number = re.search(r"rejudging (\d+) of", made)[1]
    until(lambda: podium(site, "rejudge", "watch", CONTEST, number) is not None, SETTLED_S, "it is judged")
    applied = ("rejudge", "apply", CONTEST, number, "--reason", "soak", "--yes")
    until(lambda: podium(site, *applied) is not None, READY_S, "the rejudging is applied")
    site.done["rejudge"] += 1


def answered(url, of=None):
    """The list at a path, or under a name of what is there; empty while nobody answers."""
    try:
        found = httpx.get(url, timeout=30).raise_for_status().json()
    except httpx.HTTPError:
        return []
    return found if of is None else found[of]


ACTS = [*(kill(kind) for kind in KILLS), kill_container, flush, rejudge]


def cells(rows):
    """Solved, and tries judged and pending, by team and problem where there are any."""
    return {
        team: (solved, {one["problem_id"]: (one["num_judged"], one["num_pending"]) for one in found if any_of(one)})
        for team, solved, found in rows
    }


def any_of(cell):
    return cell["num_judged"] or cell["num_pending"]


def apart(site, crowds):
    """Whose board is not that of the first page: pages of each crowd, and what an api answers."""
    rows = dict(crowds[0].pages[0].rows)
    of_pages = cells((team, row["num_solved"], row["cells"]) for team, row in rows.items())
    found = [f"{count} pages of {len(one.pages)}" for one in crowds if (count := one.different(rows))]
    for url in site.apis:
        shown = answered(f"{url}/api/contests/{CONTEST}/scoreboard", of="rows")
        if cells((one["team_id"], one["score"]["num_solved"], one["problems"]) for one in shown) != of_pages:
            found.append(url)
    if found:
        print(f"boards that differ: {found}")
    return found


def judged(site, load):
    """What was accepted and is not in the log, or not judged."""
    submitted, has = set(), set()
    for _, event in read_contest(site.settings, CONTEST):
        if isinstance(event, Submission):
            submitted.add(event.id)
        elif isinstance(event, Judgement):
            has.add(event.submission_id)
    return sorted(load.accepted.keys() - submitted | submitted - has)


def boards(site):
    """Which views differ from the recomputation."""
    truth = recompute(site.settings, CONTEST).boards
    wrong = []
    with connect(site.settings) as client:
        for audience in ("public", "jury"):
            if live_scoreboard(site.settings, CONTEST, audience) != truth[audience]:
                wrong.append(f"live, {audience}")
            if history_scoreboard(client, CONTEST, audience=audience) != truth[audience]:
                wrong.append(f"history, {audience}")
    return wrong


@pytest.mark.long
@pytest.mark.timeout(SECONDS * 2 + 1200)
def test_long_a_contest_of_hours_with_thousands_who_watch_leaves_nothing_behind(site):
    number = random.randrange(2**32)
    print(f"seed {number}, {SECONDS:g} s, {CLIENTS} clients")
    draw = random.Random(number)
    before = descriptors(site)
    with Crowd(site.apis, CONTEST, CLIENTS, number) as crowd:
        until(lambda: crowd.watching == CLIENTS, READY_S, "everybody watches")
        begun = time.monotonic()
        with Load(site.apis, site.seats, site.cheap, [], rate=RATE, seed=number, clients=4) as load:
            lives = Lives()
            hurt(site, draw, begun + SECONDS * (1 - QUIET), lambda: lives.look(site, len(load.accepted)))
            all_ready(site, READY_S)
            until(lambda: crowd.watching == CLIENTS, READY_S, "everybody is back")
            flat(site, begun + SECONDS, lambda: lives.look(site, len(load.accepted)))
            grows_with_its_contest(*lives.longest())
        assert load.wrong == []
        until(lambda: not judged(site, load), SETTLED_S, "all is judged")
        until(lambda: not boards(site), SETTLED_S, "live view and history are what the log says")
        # one and the same for all: who has watched, who comes now, and what a GET of each api says
        with Crowd(site.apis, CONTEST, len(site.apis), number) as late:
            until(lambda: not apart(site, (crowd, late)), SETTLED_S, "every page has the board of the api")
        print(f"{len(load.accepted)} accepted, seen {dict(crowd.seen)}, done {dict(site.done)}")
    until(lambda: not leaked(site, before), SETTLED_S, "descriptors are given back")
    print("descriptors: " + ", ".join(f"{name} {before[name]} to {n}" for name, n in descriptors(site).items()))


def hurt(site, draw, end, look):
    """Everything in turn, again and again until then; a pause and a look behind each."""
    acts = []
    while time.monotonic() < end:
        acts = acts or draw.sample(ACTS, len(ACTS))
        act, begun = acts.pop(), time.monotonic()
        act(site, draw)
        print(f"{act.__name__}: {time.monotonic() - begun:.1f} s")
        time.sleep(draw.uniform(0.5, 5.0))  # the moment of a kill is random: this is no wait for anything
        look()
    if SECONDS >= 600:
        assert {*KILLS, "container", "flush", "rejudge"} <= site.done.keys()


def flat(site, end, look):
    """From now to then no process grows: the least that it holds in the second half of the time is what it held in the first.

    At work a process holds more: the history 40 MiB for ten seconds behind each audit, until the engine's allocator gives
    them back. Who looks at two moments compares one at work with one at rest.
    """
    boards(site)  # what was killed last has read what it needs, and was asked for what it is for
    end = max(end, time.monotonic() + 2 * HALF_S)
    middle = (time.monotonic() + end) / 2
    halves = [watched(site, until_, look) for until_ in (middle, end)]
    grown = {}
    for name, (pid, least, most) in sorted(halves[1].items()):
        before, had, at_most = halves[0][name]
        print(f"{name}: {had:.1f} … {at_most:.1f} to {least:.1f} … {most:.1f} MiB")
        assert pid == before, f"{name} was started again by itself"
        if least > had * MOST:
            grown[name] = had, least
    assert grown == {}


def watched(site, end, look):
    """By process: its pid, the least and the most that it holds from now to then."""
    looks = []
    while time.monotonic() < end:
        look()
        looks.append(memory(site))
        time.sleep(LOOK_S)  # the soak itself
    held = {name: [one[name][1] for one in looks if name in one] for name in looks[-1]}
    return {name: (pid, min(held[name]), max(held[name])) for name, (pid, _) in looks[-1].items()}


def grows_with_its_contest(name, seconds, young, old, submissions):
    """The process that has lived longest has grown no more since it was young than the contest that it reads."""
    print(f"{name} has lived for {seconds:.0f} s: {young:.1f} to {old:.1f} MiB, {submissions} submissions")
    assert old <= young * MOST + submissions * SUBMISSION_MIB, f"{name} grows"


def leaked(site, before):
    """Processes that have kept descriptors."""
    apis = site.stack.names("api")
    pools = dict.fromkeys(apis, CONNECTIONS) | {"redis": CONNECTIONS * len(apis)}
    most = {name: count + MORE + pools.get(name, 0) for name, count in before.items()}
    found = {name: (before[name], n) for name, n in descriptors(site).items() if n > most[name]}
    if found:
        print(f"descriptors: {found}")
    return found
