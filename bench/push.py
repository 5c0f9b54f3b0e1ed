"""From the POST of a submission to the Server-Sent Event that shows its verdict, with its parts apart.

Unique sources, 60 % C++, 20 % Java, 20 % Python, at one a second and at half of the measured capacity. Every
submission is the first of its team at its problem, so the delta that shows it is known.
"""

from __future__ import annotations

import itertools
import json
import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from bench.measure import Result, percentile, result
from bench.site import Site, open_site, unique
from podium.demo.cast import TEAMS
from schemas.codec import codec
from schemas.events import Judgement, Submission
from schemas.ids import partition_of
from schemas.reader import read
from schemas.rows import ScoreboardRow

__all__ = ["run"]

LANGUAGES = ("cpp", "cpp", "cpp", "java", "python3")
RUNS, EACH = 5, 8
CAPACITY, BURSTS = 12, 5


@dataclass(frozen=True, slots=True)
class Flight:
    """One submission: when it was posted and seen, in ms of real time, and where it went."""

    id: str
    team: str
    problem: str
    posted: float
    seen: float


class _Eyes(threading.Thread):
    """A spectator of the public stream: when each (team, problem) was first shown judged."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self._url = f"{site.settings.url}/api/contests/{site.contest}/scoreboard/stream"
        self.seen: dict[tuple[str, str], float] = {}
        self.ready = threading.Event()

    def run(self) -> None:
        with httpx.Client(timeout=None) as http, http.stream("GET", self._url) as answer:  # a stream has no end
            for line in answer.iter_lines():
                if not line.startswith("data:"):
                    continue
                now = time.time() * 1000
                self.ready.set()
                for row in json.loads(line[5:]).get("rows", []):
                    for cell in row["cells"]:
                        if cell["num_judged"]:
                            self.seen.setdefault((row["team_id"], cell["problem_id"]), now)


def run() -> list[Result]:
    """Capacity first, then five runs at one a second and five at half of it."""
    with open_site() as site:
        eyes = _Eyes(site)
        eyes.start()
        eyes.ready.wait(30)
        seats = itertools.cycle([(t.id, problem) for problem in site.packages for t in TEAMS])
        rates = []
        for _ in range(BURSTS):
            begun = time.monotonic()
            _fly(site, eyes, seats, CAPACITY, rate=100.0)
            rates.append(CAPACITY / (time.monotonic() - begun))
        capacity = statistics.median(rates)
        slow = [_fly(site, eyes, seats, EACH, rate=1.0) for _ in range(RUNS)]
        half = [_fly(site, eyes, seats, EACH, rate=capacity / 2) for _ in range(RUNS)]
        stamps = _Stamps(site)
        found = [result("capacity, bursts of 12", "submissions/min", [rate * 60 for rate in rates])]
        for name, runs in (("1/s", slow), (f"{capacity / 2:.2f}/s", half)):
            parts = [[stamps.parts(flight) for flight in flights] for flights in runs]
            found += _lines(name, parts)
    return found


def _lines(name: str, runs: list[list[dict[str, float]]]) -> Iterator[Result]:
    for part in ("total", "queue wait", "judge", "stream", "push"):
        yield result(f"{part} at {name}, p50", "ms", [percentile([p[part] for p in one], 50) for one in runs])
    rest = [[p["total"] - p["queue wait"] - p["judge"] for p in one] for one in runs]
    yield result(f"POST to SSE at {name} less judge and queue, p50", "ms", [percentile(r, 50) for r in rest], bar=150)
    # a run has few flights: its largest value stands for the 99th percentile, which is no smaller
    yield result(f"POST to SSE at {name} less judge and queue, largest", "ms", [max(r) for r in rest], bar=500)


def _fly(site: Site, eyes: _Eyes, seats: Iterator[tuple[str, str]], count: int, rate: float) -> list[Flight]:
    """Post *count* submissions at the rate and wait until each is shown judged."""
    logins = {team.id: login for team, login in zip(TEAMS, site.logins, strict=True)}
    posted: list[tuple[str, str, str, float]] = []
    threads = []

    def post(number: int) -> None:
        team, problem = next(seats)
        language = LANGUAGES[number % len(LANGUAGES)]
        submission = next(
            (s for s in site.packages[problem].submissions if s.language == language and set(s.expected) == {"AC"}),
            None,
        ) or next(s for s in site.packages[problem].submissions if set(s.expected) == {"AC"})
        mark = f"{team}-{problem}-{time.time_ns()}"
        at = time.time() * 1000
        answer = httpx.post(
            f"{site.settings.url}/api/contests/{site.contest}/submissions",
            auth=logins[team],
            headers={"Idempotency-Key": mark},
            data={"problem_id": problem, "language_id": submission.language},
            files={"code": (submission.path.name, unique(submission.path, mark))},
            timeout=30,
        )
        answer.raise_for_status()
        posted.append((answer.json()["id"], team, problem, at))

    first = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, first + number / rate - time.monotonic()))
        threads.append(threading.Thread(target=post, args=(number,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + 120  # two slots judge any of these bursts in less
    while missing := [p for p in posted if (p[1], p[2]) not in eyes.seen]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(missing)} submissions are not shown judged")
        time.sleep(0.01)
    return [Flight(id_, team, problem, at, eyes.seen[team, problem]) for id_, team, problem, at in posted]


class _Stamps:
    """The broker's times of each submission's records."""

    def __init__(self, site: Site) -> None:
        partition = partition_of(site.contest)
        self._submitted: dict[str, float] = {}
        self._judged: dict[str, Judgement] = {}
        self._rows: dict[tuple[str, str], float] = {}
        for raw in read(site.settings, "log", partition):
            event = codec().decode(raw.value or b"")
            if isinstance(event, Submission):
                self._submitted[event.id] = raw.timestamp
            elif isinstance(event, Judgement):
                self._judged.setdefault(event.submission_id, event)
        for raw in read(site.settings, "scoreboard-rows", partition):
            row = codec().decode(raw.value or b"")
            if isinstance(row, ScoreboardRow) and row.audience == "public":
                for cell in row.cells:
                    if cell.num_judged:
                        self._rows.setdefault((row.team_id, cell.problem_id), raw.timestamp)

    def parts(self, flight: Flight) -> dict[str, float]:
        """The flight's parts in ms: the door is what is left."""
        judgement = self._judged[flight.id]
        row = self._rows[flight.team, flight.problem]
        return {
            "total": flight.seen - flight.posted,
            "queue wait": max(0.0, judgement.started_at - self._submitted[flight.id]),
            "judge": judgement.ended_at - judgement.started_at,
            "stream": row - judgement.ended_at,
            "push": flight.seen - row,
        }
