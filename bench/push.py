"""From the POST of a submission to the Server-Sent Event that shows its verdict, with its parts apart.

Unique sources, 60 % C++, 20 % Java, 20 % Python, at one a second and at half of the measured capacity. Every
submission is the first of its team at its problem, so the delta that shows it is known.

The bar is on what is ours: the whole less queue wait, compilation and runs. Runs take what the judge measured. A
compilation takes what the same one takes in a sandbox when nothing else goes on, or, where that is less, the time from
the task's start to its first run. What contention adds to it and all that the judge does around compiler and program is
therefore within the bar.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.measure import Result, percentile, pooled, result
from bench.site import Site, open_site, unique
from judge.compile import compile_program
from judge.languages import LANGUAGES
from judge.pool import Pool
from podium.demo.cast import TEAMS
from schemas.codec import codec
from schemas.definition import FileData
from schemas.events import Judgement, Run, Runs, Submission
from schemas.ids import partition_of
from schemas.reader import read
from schemas.rows import ScoreboardRow
from schemas.settings import Settings

__all__ = ["run"]

MIX = ("cpp", "cpp", "cpp", "java", "python3")
RUNS, EACH = 5, 10
CAPACITY, BURSTS = 15, 5
SLOWEST = 3
COMPILED = 5
"""Compilations of a source, of which the fastest counts: the one that was least disturbed."""

SHOWN_S = 120
"""Two slots judge any of these bursts in less."""

Seats = Iterator[tuple[str, str]]
"""Team and problem, each pair once."""


@dataclass(frozen=True, slots=True)
class Flight:
    """One submission: when it was posted and seen, in ms of real time, and where it went."""

    id: str
    team: str
    problem: str
    source: Path
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
    """Capacity first, then five runs at one a second in turn with five at half of it, on a stack of their own."""
    with _watched() as (site, eyes, seats):
        rates = []
        for _ in range(BURSTS):
            begun = time.monotonic()
            _fly(site, eyes, seats, CAPACITY, rate=100.0)
            rates.append(CAPACITY / (time.monotonic() - begun))
    half = statistics.median(rates) / 2
    with _watched() as (site, eyes, seats):
        alone = _compilations(site)
        runs: dict[str, list[list[Flight]]] = {"1/s": [], "half capacity": []}
        for _ in range(RUNS):
            runs["1/s"].append(_fly(site, eyes, seats, EACH, rate=1.0))
            runs["half capacity"].append(_fly(site, eyes, seats, EACH, rate=half))
        stamps = _Stamps(site, alone)
        found = [result(f"capacity, bursts of {CAPACITY}", "submissions/min", [rate * 60 for rate in rates])]
        for name, flights in runs.items():
            flown = [[(stamps.parts(flight), flight) for flight in one] for one in flights]
            found += _lines(name, [[parts for parts, _ in one] for one in flown])
            _tell_slowest(name, [each for one in flown for each in one])
    return found


PARTS = ("total", "door", "queue wait", "compile", "runs", "around the judge's programs", "stream", "push")


def _lines(name: str, runs: list[list[dict[str, float]]]) -> Iterator[Result]:
    for part in PARTS:
        yield result(f"{part} at {name}, p50", "ms", [percentile([p[part] for p in one], 50) for one in runs])
    rest = [[_ours(p) for p in one] for one in runs]
    what = f"POST to SSE at {name} less compile, run and queue wait"
    yield result(f"{what}, p50", "ms", [percentile(one, 50) for one in rest], bar=150)
    yield pooled(f"{what}, p99", "ms", rest, 99, bar=500)


def _ours(parts: dict[str, float]) -> float:
    """The part that the bar is on, in ms."""
    return parts["total"] - parts["queue wait"] - parts["compile"] - parts["runs"]


def _tell_slowest(name: str, flights: list[tuple[dict[str, float], Flight]]) -> None:
    """What the p99 of few flights consists of: one figure does not say which part was slow."""
    for parts, flight in sorted(flights, key=lambda one: _ours(one[0]))[-SLOWEST:]:
        told = ", ".join(f"{part} {parts[part]:.0f}" for part in PARTS)
        print(f"slow at {name}: {_ours(parts):.0f} ms; {flight.source.name} for {flight.problem}: {told}")


@contextlib.contextmanager
def _watched() -> Iterator[tuple[Site, _Eyes, Seats]]:
    """A stack, a spectator of its board, and the seats that are free."""
    with open_site() as site:
        eyes = _Eyes(site)
        eyes.start()
        if not eyes.ready.wait(30):
            raise TimeoutError("the board's stream does not begin")
        yield site, eyes, iter([(t.id, problem) for problem in site.packages for t in TEAMS])


def _compilations(site: Site) -> dict[Path, float]:
    """How long each source that is sent takes to compile while nothing else goes on, in ms."""
    found: dict[Path, float] = {}
    with (
        tempfile.TemporaryDirectory(prefix="podium-bench-") as home,
        Pool(Settings(home=Path(home)), owner="bench") as pool,
    ):
        for problem, language in itertools.product(site.packages, sorted(set(MIX))):
            _, path = site.accepted(language, problem)
            times = []
            for number in range(COMPILED):
                file = FileData(path.name, unique(path, f"alone-{number}"))
                with pool.claim(0) as claim:
                    times.append(compile_program(claim, LANGUAGES[language], (file,)).wall_ms)
            found[path] = min(times)
    return found


def _fly(site: Site, eyes: _Eyes, seats: Seats, count: int, rate: float) -> list[Flight]:
    """Post *count* submissions at the rate and wait until each is shown judged."""
    logins = {team.id: login for team, login in zip(TEAMS, site.logins, strict=True)}
    posted: list[tuple[str, str, str, Path, float]] = []
    errors: list[Exception] = []
    threads = []

    def post(team: str, problem: str, language: str) -> None:
        _, source = site.accepted(language, problem)
        mark = f"{team}-{problem}-{time.time_ns()}"
        at = time.time() * 1000
        try:
            answer = httpx.post(
                f"{site.settings.url}/api/contests/{site.contest}/submissions",
                auth=logins[team],
                headers={"Idempotency-Key": mark},
                data={"problem_id": problem, "language_id": language},
                files={"code": (source.name, unique(source, mark))},
                timeout=30,
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            errors.append(error)
        else:
            posted.append((answer.json()["id"], team, problem, source, at))

    first = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, first + number / rate - time.monotonic()))
        threads.append(threading.Thread(target=post, args=(*next(seats), MIX[number % len(MIX)]), daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    deadline = time.monotonic() + SHOWN_S
    while missing := [p for p in posted if (p[1], p[2]) not in eyes.seen]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"not shown judged: {', '.join(id_ for id_, *_ in missing)}")
        time.sleep(0.01)
    return [Flight(*one, eyes.seen[one[1], one[2]]) for one in posted]


class _Stamps:
    """The broker's times of each submission's records, and what the judge measured."""

    def __init__(self, site: Site, alone: dict[Path, float]) -> None:
        self._alone = alone
        partition = partition_of(site.contest)
        self._submitted: dict[str, float] = {}
        self._judged: dict[str, Judgement] = {}
        self._runs: dict[tuple[str, int], list[Run]] = {}
        self._rows: dict[tuple[str, str], float] = {}
        for raw in read(site.settings, "log", partition):
            event = codec().decode(raw.value or b"")
            if isinstance(event, Submission):
                self._submitted[event.id] = raw.timestamp
            elif isinstance(event, Runs):
                self._runs.setdefault((event.submission_id, event.attempt), []).extend(event.runs)
            elif isinstance(event, Judgement):
                self._judged.setdefault(event.submission_id, event)
        for raw in read(site.settings, "scoreboard-rows", partition):
            row = codec().decode(raw.value or b"")
            if isinstance(row, ScoreboardRow) and row.audience == "public":
                for cell in row.cells:
                    if cell.num_judged:
                        self._rows.setdefault((row.team_id, cell.problem_id), raw.timestamp)

    def parts(self, flight: Flight) -> dict[str, float]:
        """The flight's parts in ms."""
        submitted = self._submitted[flight.id]
        judgement = self._judged[flight.id]
        row = self._rows[flight.team, flight.problem]
        runs = self._runs[flight.id, judgement.attempt]
        begun = min(one.ended_at - one.wall_ms for one in runs)
        compiled, ran = min(self._alone[flight.source], begun - judgement.started_at), sum(one.wall_ms for one in runs)
        return {
            "total": flight.seen - flight.posted,
            "door": submitted - flight.posted,
            "queue wait": max(0.0, judgement.started_at - submitted),
            "compile": compiled,
            "runs": ran,
            "around the judge's programs": judgement.ended_at - judgement.started_at - compiled - ran,
            "stream": row - judgement.ended_at,
            "push": flight.seen - row,
        }
