"""A contest on the live board, with teams and accounts, for the measurements of its readers."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import redis

from bench.site import open_stack, until
from podium.stack.stack import Stack
from podium.stack.supervised import State
from schemas.definition import WORLD_FINALS_TYPES, Language, Problem
from schemas.events import Account, Definition, Event, Judgement, Membership, Submission, Team
from schemas.live import deltas_key, revision_key
from schemas.passwords import hash_password
from schemas.producer import Producer

__all__ = ["CONTEST", "PASSWORD", "LiveSite", "open_live_site"]

CONTEST = "bench"
PARTS = frozenset({"kafka", "redis", "scorer", "live-sink", "api"})
HOUR_MS = 3_600_000
PROBLEMS = 12
PASSWORD = "as long as any"
SHOWN_S = 300
"""What ten thousand events take at most to be on the board."""
KEPT = 4096
"""Deltas that the stream keeps here."""


@dataclass(slots=True)
class LiveSite:
    """A stack without judges, and a contest that has been running for an hour."""

    stack: Stack
    teams: int
    redis: redis.Redis

    @property
    def address(self) -> str:
        """Where the api listens."""
        return self.stack.settings.api

    @property
    def base(self) -> str:
        """The contest's path."""
        return f"/api/contests/{CONTEST}"

    @property
    def stream(self) -> str:
        """The path of the board's stream."""
        return f"{self.base}/scoreboard/stream"

    @property
    def pids(self) -> list[int]:
        """The api process."""
        pid = self.stack.processes["api-1"].pid
        return [] if pid is None else [pid]

    def restart(self) -> None:
        """Kill the api, and wait for another one: its memory begins anew."""
        before = self.pids
        self.stack.kill("api-1")
        process = self.stack.processes["api-1"]
        # in the moment in which its end is seen it has no pid, and is ready still
        until(lambda: process.state is State.READY and self.pids not in ([], before), 60, "the api is back")

    def publish(self, number: int) -> bytes:
        """Put a marked delta into the board's stream, as the live sink does it; gives its data."""
        data = delta(number, self.teams)
        board = (CONTEST, "0", "public")
        revision = int(self.redis.incr(revision_key(*board)))  # type: ignore[arg-type]
        self.redis.xadd(deltas_key(*board), {"d": data}, id=f"{revision}-0", maxlen=KEPT)
        return data

    def last_id(self) -> str:
        """The id of a message that a client has now."""
        url = f"http://{self.address}{self.stream}"
        with httpx.stream("GET", url, timeout=30) as answer:
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    return line[4:]
        raise RuntimeError("the stream has no snapshot")


def delta(number: int, teams: int) -> bytes:
    """A delta of some 300 bytes about a team, with the mark of this moment (bench/stream_clients.c)."""
    cells = ",".join(f'{{"problem_id":"p{n}","num_judged":1,"num_pending":0}}' for n in range(3))
    row = f'{{"team_id":"t{number % teams}","listed":true,"num_solved":{number},"total_time":1200,"cells":[{cells}]'
    return f'{{"rows":[{row},"note":"@{time.monotonic_ns():019d}@"}}],"firsts":{{}}}}'.encode()


def contest_events(teams: int, submissions: int) -> Iterable[Event]:
    """The contest, its teams, and submissions with their judgements: each team's first one at a problem."""
    now = time.time_ns() // 1_000_000
    start = now - HOUR_MS
    draw = random.Random(5)
    stamp: dict[str, Any] = {"contest": CONTEST, "recorded_at": now, "recorded_by": "bench"}
    limits = {"package": "0" * 64, "time_limit_ms": 1000, "memory_limit_mib": 256, "output_limit_mib": 8}
    problems = tuple(
        Problem(id=f"p{n}", label=chr(65 + n), name=f"Problem {n}", ordinal=n, test_data_count=20, **limits)
        for n in range(PROBLEMS)
    )
    yield Definition(
        **stamp,
        changes=-1,
        name="bench",
        start_time=start,
        duration=5 * HOUR_MS,
        problems=problems,
        languages=(Language("cpp", "C++", ("cc", "cpp")),),
        judgement_types=WORLD_FINALS_TYPES,
        limits={"submissions": 10_000, "bytes": 1_000_000_000, "streams": 100_000},  # all clients are at one address
    )
    for n in range(teams):
        yield Team(**stamp, id=f"t{n}", name=f"Team {n} of a university with a long name")
    for n in range(submissions):
        at = start + n * (HOUR_MS - 60_000) // submissions
        whose: dict[str, Any] = {"team_id": f"t{n % teams}", "problem_id": f"p{n // teams}"}
        about: dict[str, Any] = {**whose, "language_id": "cpp", "submitted_at": at}
        yield Submission(**stamp, **about, id=f"s{n}", files=())
        yield Judgement(
            **stamp,
            **about,
            submission_id=f"s{n}",
            judging=0,
            attempt=1,
            verdict=draw.choice(("AC", "AC", "WA", "TLE")),
            started_at=at,
            ended_at=at + 900,
        )


@contextlib.contextmanager
def open_live_site(teams: int, submissions: int = 0, accounts: int = 0) -> Iterator[LiveSite]:
    """Start the stack, put the contest onto its log, and wait until its board is there.

    *accounts*: so many of the teams can log in, as t0, t1, … with PASSWORD, whose hash costs what it costs.
    """
    with open_stack(PARTS) as stack:
        with Producer(stack.settings) as producer:
            producer.append_all(contest_events(teams, submissions))
            hashed = hash_password(PASSWORD)
            waiting = [producer.send("accounts", f"t{n}", _account(f"t{n}", hashed)) for n in range(accounts)]
            for one in waiting:
                one.result()
        with redis.Redis.from_url(stack.settings.redis) as client:
            site = LiveSite(stack, teams, client)
            url = f"http://{site.address}{site.base}/scoreboard"

            def shown() -> bool:
                answer = httpx.get(url, timeout=60)
                if answer.status_code != 200:
                    return False
                rows = answer.json()["rows"]
                judged = sum(cell["num_judged"] for row in rows for cell in row["problems"])
                return len(rows) == teams and judged >= submissions

            until(shown, SHOWN_S, "the board is whole")
            yield site


def _account(username: str, hashed: str) -> Account:
    membership = (Membership(CONTEST, username),)
    return Account(
        recorded_at=0, recorded_by="bench", username=username, role="team", password=hashed, memberships=membership
    )
