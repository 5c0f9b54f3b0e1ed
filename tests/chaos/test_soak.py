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
from clics.times import parse_reltime
from history.board import scoreboards as history_scoreboards
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
from tests.chaos.measure import Lives, descriptors
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
LONGEST = "auditor"
"""It is killed in the first half alone, and looked at over all its life since."""
MOST = 1.10
SUBMISSION_MIB = 0.03
"""What a submission takes, with its runs and judgements, in a process that reads the whole contest: the auditor had 0.026 in
ten minutes, and holds no more after 80 audits than after 20 where no submission comes."""
MORE = 10
"""Descriptors that a process may have more than before anybody came: those without a pool had 5 more at most. An api's pool
keeps its connections to Redis, which has the other ends of those that live: one api had 32 more where Redis had been killed."""
CONTAINERS = 8
"""That a slot has ready or keeps at most, each with a socket; they are made behind the scenes: a judge had 62 descriptors before
they were there, 70 with those that are ready, and 75 to 77 after 50 submissions as after 150."""
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


ACTS = {**{kind: kill(kind) for kind in KILLS}, "container": kill_container, "flush": flush, "rejudge": rejudge}


def of_page(rows):
    """By team: rank, solved problems, penalty time, and of each cell that has any tries how many, and its time."""
    keys = [row["sort_key"] for row in rows.values() if row["ranked"]]
    return {
        team: (
            1 + sum(not row["ranked"] or key < row["sort_key"] for key in keys),
            row["num_solved"],
            row["total_time"],
            {one["problem_id"]: tries(one, one["time"]) for one in row["cells"] if any_of(one)},
        )
        for team, row in rows.items()
    }


def of_answer(rows):
    """The same out of what the Contest API answers."""
    return {
        row["team_id"]: (
            row["rank"],
            row["score"]["num_solved"],
            parse_reltime(row["score"]["total_time"]),
            {
                one["problem_id"]: tries(one, parse_reltime(one["time"]) if "time" in one else None)
                for one in row["problems"]
                if any_of(one)
            },
        )
        for row in rows
    }


def tries(cell, time):
    return cell["num_judged"], cell["num_pending"], cell["solved"], time


def any_of(cell):
    return cell["num_judged"] or cell["num_pending"]


def apart(site, crowds):
    """Whose board is not that of the first page: pages of each crowd, and what an api answers."""
    rows = dict(crowds[0].pages[0].rows)
    expected = of_page(rows)
    found = [f"{count} pages of {len(one.pages)}" for one in crowds if (count := one.different(rows))]
    for url in site.apis:
        shown = answered(f"{url}/api/contests/{CONTEST}/scoreboard", of="rows")
        if of_answer(shown) != expected:
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
        history = history_scoreboards(client, CONTEST)
    for audience, board in history.items():
        if live_scoreboard(site.settings, CONTEST, audience) != truth[audience]:
            wrong.append(f"live, {audience}")
        if board != truth[audience]:
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
            hurt(site, draw, begun, lambda: lives.look(site, len(load.accepted)))
            all_ready(site, READY_S)
            until(lambda: crowd.watching == CLIENTS, READY_S, "everybody is back")
            flat(site, begun + SECONDS, lives, lambda: lives.look(site, len(load.accepted)))
            grows_with_its_contest(*lives.longest())
        assert load.wrong == []
        until(lambda: not judged(site, load), SETTLED_S, "all is judged")
        until(lambda: not boards(site), SETTLED_S, "live view and history are what the log says")
        # one and the same for all: who has watched, who comes now, and what a GET of each api says
        with Crowd(site.apis, CONTEST, len(site.apis), number) as late:
            until(lambda: not apart(site, (crowd, late)), SETTLED_S, "every page has the board of the api")
        print(f"{len(load.accepted)} accepted, seen {dict(crowd.seen)}, done {dict(site.done)}")
    until(lambda: not leaked(site, before), SETTLED_S, "descriptors are given back")
    ends = (f"{name} {before[name].total()} to {kinds.total()}" for name, kinds in descriptors(site).items())
    print(f"descriptors: {', '.join(ends)}")


def hurt(site, draw, begun, look):
    """Everything in turn, again and again until it is quiet; a pause and a look behind each."""
    names = []
    while (now := time.monotonic()) < begun + SECONDS * (1 - QUIET):
        names = names or draw.sample(sorted(ACTS), len(ACTS))
        name = names.pop()
        if name == LONGEST and now > begun + SECONDS / 2:
            continue
        ACTS[name](site, draw)
        print(f"{name}: {time.monotonic() - now:.1f} s")
        time.sleep(draw.uniform(0.5, 5.0))  # the moment of a kill is random: this is no wait for anything
        look()
    if SECONDS >= 600:
        assert ACTS.keys() <= site.done.keys()


def flat(site, end, lives, look):
    """No process grows: the least that it holds in the second half of its time is what it held in the first.

    What was killed last has its time from now to the end, what lived before has more, of which it may have grown as the
    contest that it reads.
    """
    boards(site)  # what was killed last has read what it needs, and was asked for what it is for
    look()
    quiet, before = time.monotonic(), lives.pids
    end = max(end, quiet + 2 * HALF_S)
    while time.monotonic() < end:
        time.sleep(LOOK_S)  # the soak itself
        look()
    assert lives.pids == before, "nothing is started again by itself"
    grown = []
    for one in lives.halves(site, quiet):
        (had, at_most), (least, most) = one.first, one.second
        print(
            f"{one.name}: {had:.1f} … {at_most:.1f} to {least:.1f} … {most:.1f} MiB in {one.seconds:.0f} s, "
            f"{one.submissions} submissions"
        )
        if least > had * MOST + max(0, one.submissions) * SUBMISSION_MIB:
            grown.append(one)
    assert grown == []


def grows_with_its_contest(name, seconds, young, old, submissions):
    """The process that has lived longest has grown no more since it was young than the contest that it reads.

    It was an api that had 11 KB more for each stream that had ended.
    """
    print(f"{name} has lived for {seconds:.0f} s: {young:.1f} to {old:.1f} MiB, {submissions} submissions")
    assert old <= young * MOST + submissions * SUBMISSION_MIB, f"{name} grows"


def leaked(site, before):
    """Processes that have kept descriptors."""
    apis = site.stack.names("api")
    pools = dict.fromkeys(apis, CONNECTIONS) | {"redis": CONNECTIONS * len(apis)}
    pools |= dict.fromkeys(site.stack.names("judge"), CONTAINERS)
    most = {name: kinds.total() + MORE + pools.get(name, 0) for name, kinds in before.items()}
    found = {name: kinds - before[name] for name, kinds in descriptors(site).items() if kinds.total() > most[name]}
    if found:
        print(f"descriptors more than {MORE} above those before: {found}")
    return found
