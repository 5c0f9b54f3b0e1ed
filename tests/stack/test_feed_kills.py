"""The event feed through kill -9 of api processes, live sinks and Redis at any moment: nobody hears anything else."""

import contextlib
import json
import random
import threading
import time
from pathlib import Path

import httpx
import pytest
import redis

from podium.stack.stack import Stack
from schemas.definition import WORLD_FINALS_TYPES
from schemas.events import (
    ContestExtended,
    Definition,
    Finalized,
    GenerationOpened,
    GenerationPromoted,
    Group,
    Judgement,
    JudgingStarted,
    RejudgingApplied,
    RejudgingCreated,
    RejudgingReverted,
    Run,
    Runs,
    ScoreboardFrozen,
    ScoreboardUnfrozen,
    Submission,
    Team,
    ThawScheduled,
    Transitioned,
)
from schemas.producer import Producer
from schemas.settings import Settings
from tests.api.spec_client import SpecClient
from tests.api.world import LANGUAGES, problem
from tests.conftest import free_port_base
from tests.stacks import end_at_once
from tests.wait import until

PARTS = frozenset({"kafka", "redis", "live-sink", "api"})
FLUSH = "FLUSHALL"
CONTEST, HOUR = "killed", 3_600_000
OTHERS = 6
"""Kinds of steps beside submissions."""
BASES = {"2026-01": "/api", "2023-06": "/api/2023-06"}


def now() -> int:
    return time.time_ns() // 1_000_000


class Contest:
    """A contest that goes on at random, in the log alone."""

    def __init__(self, producer: Producer, draw: random.Random) -> None:
        self.producer, self.draw = producer, draw
        self.start = now() - HOUR
        self.submitted: list[dict[str, str]] = []
        self.rejudgings: list[int] = []
        self.generations = ["0"]
        self.count = 0
        problems = tuple(problem(label) for label in "ABC")
        more = {"problems": problems, "languages": LANGUAGES, "judgement_types": WORLD_FINALS_TYPES}
        self.tell(Definition, changes=-1, name="K", start_time=self.start, duration=5 * HOUR, feedback="full", **more)
        self.tell(Group, id="g", name="G")
        for team in range(1, 6):
            self.team(f"t{team}", hidden=team == 5)

    def tell(self, event, /, **fields) -> int:
        self.count += 1
        stamp = {"contest": CONTEST, "recorded_at": now(), "recorded_by": "test"}
        return self.producer.append_all([event(**stamp, **fields)])[0]

    def act(self, event, /, **fields) -> int:
        return self.tell(event, id=f"act{self.count}", **fields)

    def team(self, id_: str, *, hidden: bool) -> None:
        self.tell(Team, id=id_, name=f"Team {id_}", group_ids=("g",), hidden=hidden)

    def passes(self, kind: str, at: int) -> None:
        self.tell(Transitioned, id=f"{kind}{at}", kind=kind, planned_at=at)

    def submit(self) -> None:
        about = {"team_id": f"t{self.draw.randint(1, 5)}", "problem_id": self.draw.choice(("pa", "pb", "pc"))}
        one = {"id": f"s{len(self.submitted)}", **about, "language_id": "cpp"}
        self.tell(Submission, submitted_at=now(), account="a", digest="d", **one)
        self.submitted.append(one)
        self.judge(one, 0)

    def judge(self, one: dict[str, str], judging: int) -> None:
        about = {name: one[name] for name in ("team_id", "problem_id", "language_id")}
        judged = {"submission_id": one["id"], "judging": judging, "attempt": 1}
        self.tell(JudgingStarted, **judged, host="h", started_at=now())
        verdict = self.draw.choice(("AC", "AC", "WA", "TLE"))
        runs = (Run(1, "AC", 5, 6, 7, now(), test="sample/1"), Run(2, verdict, 5, 6, 7, now(), test="secret/1"))
        self.tell(Runs, **judged, runs=runs)
        times = {"started_at": now(), "ended_at": now(), "submitted_at": now(), "max_cpu_ms": 5}
        self.tell(Judgement, **judged, **about, **times, verdict=verdict)

    def rejudge(self) -> None:
        chosen = self.draw.sample(self.submitted, min(3, len(self.submitted)))
        number = self.act(RejudgingCreated, submission_ids=tuple(one["id"] for one in chosen))
        self.rejudgings.append(number)
        for one in chosen:
            self.judge(one, number)
        self.act(RejudgingApplied, rejudging=number)

    def step(self, number: int) -> None:
        """The first six kinds each once at the beginning, a submission before each, then at random."""
        first = number // 2 if number % 2 else 14
        match first if number < 2 * OTHERS else self.draw.randrange(14):
            case 0:
                self.rejudge()
            case 1 if self.rejudgings:
                self.act(RejudgingReverted, rejudging=self.draw.choice(self.rejudgings))
            case 2:
                self.team(f"t{self.draw.randint(2, 5)}", hidden=self.draw.random() < 0.5)
            case 3:
                self.act(ScoreboardFrozen, at=now() - self.draw.randint(0, 5000))
            case 4:
                self.act(ScoreboardUnfrozen)
            case 5:
                self.generations.append(str(self.act(GenerationOpened, rule="icpc", fold_version=1)))
                expect, generation = self.generations[-2:]
                self.act(GenerationPromoted, expect=expect, generation=generation)
            case _:
                self.submit()

    def finish(self) -> None:
        end = now() + 300
        self.act(ContestExtended, by=end - self.start - 5 * HOUR)
        self.act(ScoreboardFrozen, at=now() - 2000)
        until(lambda: now() > end, 5, "the contest ends")
        self.passes("ended", end)
        thaw = now()
        self.act(ThawScheduled, thaw_time=thaw)
        self.passes("thawed", thaw)
        self.act(Finalized)


def killing(stack: Stack, draw: random.Random, over: threading.Event, least: int) -> None:
    """Kill somebody, or empty Redis, every second or two, until it is over and so often; everybody at least once."""
    victims = [FLUSH, *(name for kind in ("redis", "api", "live-sink") for name in stack.names(kind))]
    first, killed, pause = draw.sample(victims, len(victims)), 0, threading.Event()
    while not over.is_set() or killed < max(least, len(victims)):
        victim = first[killed] if killed < len(first) else draw.choice(victims)
        if victim == FLUSH:
            with contextlib.suppress(redis.RedisError), redis.Redis.from_url(stack.settings.redis) as client:
                client.flushall()
        else:
            stack.kill(victim)
        killed += 1
        pause.wait(draw.uniform(0.3, 2.5))  # at any moment of the contest
    print(killed, "kills")


def test_kills_from_the_start_to_the_thaw_change_no_line_of_any_feed(tmp_path):
    followed_under_kills(tmp_path, {"api": 2, "live-sink": 1}, steps=2 * OTHERS, kills=0, tokens=3)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_long_kills_at_any_moment_change_no_line_of_any_feed(tmp_path):
    followed_under_kills(tmp_path, {"api": 2, "live-sink": 2}, steps=100, kills=25, tokens=20)


def followed_under_kills(home: Path, scale: dict[str, int], *, steps: int, kills: int, tokens: int) -> None:
    """A contest of so many steps under so many kills at least; of each feed some tokens are tried at its end."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    stack = Stack(Settings(home=home, port_base=free_port_base(), session_timeout=6), scale=scale, only=PARTS)
    stack.start(120)
    clients: dict[tuple[str, int], SpecClient] = {}
    try:
        urls = [f"http://{stack.processes[name].part.address}" for name in stack.names("api")]
        with Producer(stack.settings) as producer:
            contest = Contest(producer, draw)
            there = f"{urls[0]}/api/contests/{CONTEST}"
            until(lambda: httpx.get(there).status_code == 200, 60, "the contest is there")
            for version, base in BASES.items():
                for number, url in enumerate(urls):
                    one = SpecClient(url + base, [other + base for other in urls], CONTEST)
                    one.start(disconnects=draw.randint(0, 3))
                    clients[version, number] = one
            over = threading.Event()
            killer = threading.Thread(target=killing, args=(stack, random.Random(seed), over, kills))
            killer.start()
            contest.passes("started", contest.start)
            for number in range(steps):
                contest.step(number)
                over.wait(draw.uniform(0, 0.5))  # the contest goes on while they are killed
            contest.finish()
            over.set()
            killer.join()
            stack.wait_ready(timeout_s=120)
            for one in clients.values():
                one.finish(300)
        for (version, number), one in clients.items():
            assert one.objects == one.listed(), version
            assert one.lines == clients[version, 0].lines, "each process tells the same"
            for at in draw.sample(range(len(one.lines) - 1), tokens):
                url = f"{urls[1 - number]}{BASES[version]}/contests/{CONTEST}/event-feed"
                answer = httpx.get(url, params={"stream": "false", "since_token": one.lines[at]["token"]}, timeout=60)
                assert [json.loads(line) for line in answer.text.splitlines()] == one.lines[at + 1 :]
        print({key: (len(one.lines), one.connections) for key, one in clients.items()})
    finally:
        for one in clients.values():
            one.close()
        end_at_once(stack)
