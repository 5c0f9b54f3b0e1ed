"""Clients that submit at a steady rate through several api processes and keep their own list of what was answered."""

from __future__ import annotations

import itertools
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from clics.times import parse_time


@dataclass(frozen=True, slots=True)
class Source:
    """A jury submission: what it may be judged as (precise types count as what is published for them)."""

    problem: str
    path: Path
    language: str
    expected: frozenset[str]


@dataclass(frozen=True, slots=True)
class Seat:
    """A team's account in a contest."""

    contest: str
    team: str
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A 201 as its client remembers it."""

    id: str
    contest: str
    team: str
    problem: str
    submitted_at: int
    expected: frozenset[str]


@dataclass(slots=True)
class Load:
    """Submits until `stop`: each submission has a key of its own and is retried, at the next api, until it is answered 201."""

    apis: list[str]
    seats: list[Seat]
    sources: list[Source]
    rate: float
    seed: int = 1
    accepted: dict[str, Accepted] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, clients: int = 4) -> None:
        """Begin with this many clients that share the rate."""
        for number in range(clients):
            thread = threading.Thread(target=self._client, args=(number, clients), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Send nothing new; wait until what was begun has its answer."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)  # as long as a broker restart and a retry may take
            assert not thread.is_alive(), "a client waits for an answer for two minutes"

    def _client(self, number: int, clients: int) -> None:
        draw = random.Random(f"{self.seed}-{number}")
        due = time.monotonic()
        with httpx.Client(timeout=40) as http:
            for count in itertools.count():
                due += clients / self.rate
                if self._stop.wait(max(0.0, due - time.monotonic())):
                    return
                seat, source = draw.choice(self.seats), draw.choice(self.sources)
                self._submit(http, seat, source, key=f"{self.seed}-{number}-{count}", first_api=count + number)

    def _submit(self, http: httpx.Client, seat: Seat, source: Source, key: str, first_api: int) -> None:
        # a comment of its own makes each source unique: nothing is judged from a cache
        mark = {"python3": f"\n# {key}\n"}.get(source.language, f"\n// {key}\n")
        code = source.path.read_bytes() + mark.encode()
        for attempt in itertools.count():
            url = f"{self.apis[(first_api + attempt) % len(self.apis)]}/api/contests/{seat.contest}/submissions"
            try:
                answer = http.post(
                    url,
                    auth=(seat.username, seat.password),
                    headers={"Idempotency-Key": key},
                    data={"problem_id": source.problem, "language_id": source.language},
                    files={"code": (source.path.name, code)},
                )
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 201:
                body = answer.json()
                self.accepted[body["id"]] = Accepted(
                    body["id"], seat.contest, seat.team, source.problem, parse_time(body["time"]), source.expected
                )
                return
            if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                self.wrong.append(f"{answer.status_code} {answer.text[:200]}")
                return
            time.sleep(0.2)
