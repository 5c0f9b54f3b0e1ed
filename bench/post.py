"""POST of a submission with HTTP Basic at 50 a second: to the broker's acknowledgement, and to the 201.

The judges are off: what is measured is the door. How long the broker's acknowledgement took, from the request's first
byte on, the door itself says in its Server-Timing header. The baseline, in turn with it, is the same record from a bare
producer to a topic with the log's settings that nobody reads.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass

import httpx
from confluent_kafka.admin import AdminClient, NewTopic

from bench.measure import Result, alternate, percentile, result
from bench.site import Site, open_site, unique
from schemas.definition import FileData
from schemas.events import Submission
from schemas.producer import Producer
from schemas.settings import Settings
from schemas.topics import TOPICS, wanted_settings

__all__ = ["run"]

RATE, SECONDS, RUNS = 50, 8, 5
BASELINE = "bench-baseline"


@dataclass(frozen=True, slots=True)
class Burst:
    """A run: times to the acknowledgement and to the 201 in ms, and 201s a second."""

    acknowledged: list[float]
    answered: list[float]
    rate: float


def run() -> list[Result]:
    """Five runs of eight seconds in turn with five of the baseline, after one of each that warms up."""
    with open_site({"judge": 0, "auditor": 0}) as site:
        _make_baseline(site.settings)
        marks = iter(range(RUNS + 1))
        done, bare = alternate(lambda: asyncio.run(_burst(site, f"run{next(marks)}")), lambda: _bare(site), RUNS)
    acknowledged = [one.acknowledged for one in done]
    answered = [one.answered for one in done]
    return [
        result("POST to acknowledgement, p50", "ms", [statistics.median(a) for a in acknowledged]),
        result("POST to acknowledgement, p99", "ms", [percentile(a, 99) for a in acknowledged], bar=50),
        result(
            "POST to acknowledgement against a bare producer, p50",
            "ms",
            [statistics.median(a) for a in acknowledged],
            baseline=[statistics.median(b) for b in bare],
        ),
        result("POST to 201, p50", "ms", [statistics.median(a) for a in answered], bar=60),
        result("POST to 201, p99", "ms", [percentile(a, 99) for a in answered], bar=200),
        result("POST answered", "requests/s", [one.rate for one in done], bar=RATE * 0.98, smaller_is_better=False),
    ]


async def _burst(site: Site, mark: str) -> Burst:
    problem, source = site.accepted("cpp")
    answered: list[float] = []
    acknowledged: list[float] = []

    async def one(http: httpx.AsyncClient, number: int) -> None:
        code = unique(source, f"{mark}-{number}")
        begun = time.perf_counter()
        response = await http.post(
            f"{site.settings.url}/api/contests/{site.contest}/submissions",
            auth=site.logins[number % len(site.logins)],
            headers={"Idempotency-Key": f"{mark}-{number}"},
            data={"problem_id": problem, "language_id": "cpp"},
            files={"code": (source.name, code)},
        )
        answered.append((time.perf_counter() - begun) * 1000)
        response.raise_for_status()
        # the door says in Server-Timing how long it took to the broker's acknowledgement, from its beginning on
        timing = dict(part.strip().split(";dur=") for part in response.headers["server-timing"].split(","))
        acknowledged.append(float(timing["ack"]))

    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(timeout=30, limits=limits) as http, asyncio.TaskGroup() as group:
        first = time.perf_counter()
        for number in range(RATE * SECONDS):
            await asyncio.sleep(max(0.0, first + number / RATE - time.perf_counter()))
            group.create_task(one(http, number))
    return Burst(acknowledged, answered, len(answered) / (time.perf_counter() - first))


def _make_baseline(settings: Settings) -> None:
    topic = NewTopic(BASELINE, 1, 1, config=wanted_settings(TOPICS["log"], 1))
    admin = AdminClient(settings.kafka_client())  # it must outlive its answer
    admin.create_topics([topic], operation_timeout=30)[BASELINE].result()


def _bare(site: Site) -> list[float]:
    """The times of a bare producer's acknowledgements at the same rate, in ms."""
    problem, source = site.accepted("cpp")
    times = []
    with Producer(site.settings) as producer:
        for number in range(RATE * SECONDS // 2):
            record = Submission(
                contest=site.contest,
                recorded_at=0,
                recorded_by="bench",
                id=f"bare-{number}",
                team_id="01",
                problem_id=problem,
                language_id="cpp",
                submitted_at=0,
                files=(FileData(source.name, unique(source, str(number))),),
            )
            begun = time.perf_counter()
            producer.send(BASELINE, site.contest, record, partition=0).result()
            times.append((time.perf_counter() - begun) * 1000)
            time.sleep(max(0.0, 1 / RATE - (time.perf_counter() - begun)))
    return times
