"""POST of a submission with HTTP Basic at 50 a second: to the broker's acknowledgement, and to the 201.

The judges are off: what is measured is the door. How long the broker's acknowledgement took, from the request's first
byte on, the door itself says in its Server-Timing header; the baseline is the same record from a bare producer.
"""

from __future__ import annotations

import asyncio
import statistics
import time

import httpx

from bench.measure import Result, percentile, result
from bench.site import Site, open_site, unique
from schemas.producer import Producer

RATE, SECONDS, RUNS = 50, 8, 5


def run() -> list[Result]:
    """Five runs of eight seconds, after one that warms up."""
    with open_site({"judge": 0, "auditor": 0}) as site:
        asyncio.run(_burst(site, "warm"))
        done = [asyncio.run(_burst(site, f"run{n}")) for n in range(RUNS)]
        bare = [_bare(site) for _ in range(RUNS)]
    acknowledged = [r[1] for r in done]
    answered = [r[0] for r in done]
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
        result("POST answered", "requests/s", [r[2] for r in done], bar=RATE * 0.98, smaller_is_better=False),
    ]


async def _burst(site: Site, mark: str) -> tuple[list[float], list[float], float]:
    """Times to the 201 and to the acknowledgement in ms, and requests a second."""
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
        # the door says in Server-Timing how long the broker took
        timing = dict(part.strip().split(";dur=") for part in response.headers["server-timing"].split(","))
        acknowledged.append(float(timing["ack"]))

    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(timeout=30, limits=limits) as http, asyncio.TaskGroup() as group:
        first = time.perf_counter()
        for number in range(RATE * SECONDS):
            await asyncio.sleep(max(0.0, first + number / RATE - time.perf_counter()))
            group.create_task(one(http, number))
    return answered, acknowledged, len(answered) / (time.perf_counter() - first)


def _bare(site: Site) -> list[float]:
    """The times of a bare producer's acknowledgements at the same rate, in ms."""
    times = []
    with Producer(site.settings) as producer:
        for _ in range(RATE * 2):
            begun = time.perf_counter()
            producer.send("audit", "bench", b"x" * 1000).result()
            times.append((time.perf_counter() - begun) * 1000)
            time.sleep(max(0.0, 1 / RATE - (time.perf_counter() - begun)))
    return times
