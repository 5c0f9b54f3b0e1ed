"""A contest of five hours in ten minutes, thousands who watch it, everything killed in turn: at the end nothing has grown."""

import os
import random
import re
import subprocess
import sys
import time
from datetime import UTC, datetime

import httpx
import orjson
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
LOOK_S = 5.0
"""Between two looks at what each holds."""
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


def answered(url):
    """The list at a path; empty while nobody answers."""
    try:
        return httpx.get(url, timeout=30).raise_for_status().json()
    except httpx.HTTPError:
        return []


ACTS = [*(kill(kind) for kind in KILLS), kill_container, flush, rejudge]


def rows_of(site, number=0):
    """The public board as an api's stream gives it to who comes now."""
    with httpx.stream("GET", f"{site.apis[number]}/api/contests/{CONTEST}/scoreboard/stream", timeout=60) as answer:
        name = ""
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: ") and name == "snapshot":
                return {row["team_id"]: row for row in orjson.loads(line[6:])["rows"]}
    raise AssertionError("there is no snapshot")


def cells(rows):
    """Solved, and tries judged and pending, by team and problem where there are any."""
    return {
        team: (solved, {one["problem_id"]: (one["num_judged"], one["num_pending"]) for one in found if any_of(one)})
        for team, solved, found in rows
    }


def any_of(cell):
    return cell["num_judged"] or cell["num_pending"]


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
        # one and the same for all: both apis' streams, every page, and what a GET says
        until(lambda: rows_of(site) == rows_of(site, 1), SETTLED_S, "both apis have heard the last delta")
        rows = rows_of(site)
        until(lambda: crowd.different(rows) == 0, SETTLED_S, "every page has the board of the api")
        shown = httpx.get(f"{site.apis[0]}/api/contests/{CONTEST}/scoreboard", timeout=60).json()["rows"]
        of_api = cells((one["team_id"], one["score"]["num_solved"], one["problems"]) for one in shown)
        assert cells((team, row["num_solved"], row["cells"]) for team, row in rows.items()) == of_api
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
    """From now to then no process grows."""
    time.sleep(max(0.0, (end - time.monotonic()) / 3))  # what was killed last has read what it needs
    look()
    first = memory(site)
    while (left := end - time.monotonic()) > 0:  # the soak itself
        time.sleep(min(left, LOOK_S))
        look()
    last = memory(site)
    for name, (pid, held) in sorted(last.items()):
        print(f"{name}: {first[name][1]:.1f} to {held:.1f} MiB")
        assert pid == first[name][0], f"{name} was started again by itself"
    grown = {name: (first[name][1], held) for name, (_, held) in last.items() if held > first[name][1] * MOST}
    assert grown == {}


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
