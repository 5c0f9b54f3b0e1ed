"""Clients that submit at a steady rate through several api processes and keep their own list of what was answered."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

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
    """Submits while it is entered: each submission has a key of its own and is retried, at the next api, until its 201.

    Every `dear_every`-th submission is of the dear sources, one after the other; the others are drawn.
    """

    apis: list[str]
    seats: list[Seat]
    cheap: list[Source]
    dear: list[Source]
    rate: float
    seed: int
    clients: int = 10
    dear_every: int = 12
    accepted: dict[str, Accepted] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    """201s by the api that gave them."""
    submitted: set[Source] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    begun: float = 0.0
    seconds: float = 0.0
    """How long the clients submitted."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self.begun = time.monotonic()
        for number in range(self.clients):
            thread = threading.Thread(target=self._client, args=(number,), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Send nothing new; wait until what was begun has its answer."""
        self.seconds = time.monotonic() - self.begun
        self._stop.set()
        for thread in self._threads:
            thread.join(120)  # as long as a broker restart and a retry may take
        assert error is not None or not any(thread.is_alive() for thread in self._threads), (
            "a 201 is waited for too long"
        )

    def _client(self, number: int) -> None:
        draw = random.Random(f"{self.seed}-{number}")
        due = self.begun + number / self.rate  # one after the other
        try:
            with httpx.Client(timeout=40) as http:
                for count in itertools.count():
                    if self._stop.wait(max(0.0, due - time.monotonic())):
                        return
                    # who was held up by a restart makes up for it: the rate is kept
                    due += self.clients / self.rate
                    place, rest = divmod(count * self.clients + number, self.dear_every)
                    source = self.dear[place % len(self.dear)] if self.dear and rest == 0 else draw.choice(self.cheap)
                    self._submit(http, draw.choice(self.seats), source, f"{self.seed}-{number}-{count}", count + number)
        except Exception as error:
            self.wrong.append(f"client {number} ended: {error!r}")

    def _submit(self, http: httpx.Client, seat: Seat, source: Source, key: str, first_api: int) -> None:
        # a comment of its own makes each source unique: nothing is judged from a cache
        mark = {"python3": f"\n# {key}\n"}.get(source.language, f"\n// {key}\n")
        code = source.path.read_bytes() + mark.encode()
        for attempt in itertools.count():
            api = self.apis[(first_api + attempt) % len(self.apis)]
            try:
                answer = http.post(
                    f"{api}/api/contests/{seat.contest}/submissions",
                    auth=(seat.username, seat.password),
                    headers={"Idempotency-Key": key},
                    data={"problem_id": source.problem, "language_id": source.language},
                    files={"code": (source.path.name, code)},
                )
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 201:
                self._accept(api, answer.json(), seat, source)
                return
            if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                self.wrong.append(f"{answer.status_code} {answer.text[:200]}")
                return
            time.sleep(0.2)

    def _accept(self, api: str, body: dict[str, str], seat: Seat, source: Source) -> None:
        one = Accepted(body["id"], seat.contest, seat.team, source.problem, parse_time(body["time"]), source.expected)
        with self._lock:
            if one.id in self.accepted:
                self.wrong.append(f"{one.id}: two keys were answered with one id")
            self.accepted[one.id] = one
            self.answers[api] += 1
            self.submitted.add(source)
