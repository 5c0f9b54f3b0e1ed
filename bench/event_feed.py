"""The event feed of a contest of 34,000 submissions and a million runs, from its beginning to its end.

Submissions are those of a real qualifier where its data lie beside the project, drawn otherwise; runs are made up. The
contest is put into Redis by the live sink's own code, which is measured on the way: it folds scores for the awards. The
baseline is what the feed reads, and nothing else: the same entries and runs from Redis, decoded, in one process.
"""

from __future__ import annotations

import http.client
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import orjson
import redis

from bench.measure import Result, result
from bench.native import resident_mib
from bench.qualifier import SOURCE
from bench.site import open_stack
from schemas.codec import codec
from schemas.definition import WORLD_FINALS_TYPES, FileData, Language, Problem
from schemas.events import (
    Definition,
    Event,
    Finalized,
    Judgement,
    JudgingStarted,
    Run,
    Runs,
    Submission,
    Team,
    ThawScheduled,
    Transitioned,
)
from schemas.ids import partition_of
from schemas.live import feed_key, objects_key
from schemas.settings import Settings
from streams.live.rest import Rest
from streams.live.store import Store
from streams.live.view import LiveView
from streams.loop import LOG, Record
from streams.refold import Folded

__all__ = ["run"]

CONTEST = "feedbench"
SUBMISSIONS, TESTS, BATCHES = 34_000, 30, 2
"""A batch of runs is what a judge reports in a second."""
TEAMS, PROBLEMS = 2_554, 13
START, HOUR, BATCH = 1_750_000_000_000, 3_600_000, 500
PARTS = frozenset({"kafka", "redis", "api"})
PART = 200_000
SAMPLE = 5_000
"""Lines between two looks at the api's memory: some hundred milliseconds."""


def run() -> list[Result]:
    """One whole read, its rate part by part, and the baseline, on a stack of its own: the api is new for its memory."""
    with open_stack(PARTS) as stack:
        sunk, longest = _fill(stack.settings)
        pids = [pid] if (pid := stack.processes["api-1"].pid) else []
        before = resident_mib(pids)
        lines, seconds, rates, memory = _read(stack.settings, pids)
        bare = _bare(stack.settings)
    name = f"event feed of {SUBMISSIONS:,} submissions, {SUBMISSIONS * TESTS:,} runs"
    against = f"{name}, against decoding what it reads"
    return [
        result(f"{name}, by parts of {PART:,}", "events/s", rates, bar=10_000, smaller_is_better=False),
        result(against, "events/s", [lines / seconds], baseline=[lines / bare], smaller_is_better=False),
        result(f"{name}: lines", "", [float(lines)]),
        result(f"{name}: the api's memory, at most, over what it had before", "MiB", [max(memory) - before], bar=64),
        result(f"{name}: the same in the last third over the first", "MiB", [_grown(memory)], bar=16),
        result("live sink under the same contest", "events/s", [sunk], smaller_is_better=False),
        result("live sink: its longest batch, the thaw's or the end's", "s", [longest]),
    ]


# ---- the contest ----------------------------------------------------------------------------------------------------


def _submitted() -> Iterator[tuple[str, str, int, bool]]:
    """Team, problem, ms since the start, whether it is accepted: in the order of time."""
    if SOURCE.exists():
        found = json.loads(Path(SOURCE).read_bytes())["runs"]
        for one in sorted(found, key=lambda one: one["timestamp"])[:SUBMISSIONS]:
            solved = one["status"] == "CORRECT"
            yield f"t{one['team_id']}", f"p{one['problem_id']}", one["timestamp"] * 1000, solved
        return
    draw = random.Random(3)
    for n in range(SUBMISSIONS):
        problem = min(draw.randrange(PROBLEMS), draw.randrange(PROBLEMS))
        yield f"t{draw.randrange(TEAMS)}", f"p{problem}", n * 5 * HOUR // SUBMISSIONS, draw.random() < 0.4


def _events() -> Iterator[Event]:
    submitted = list(_submitted())
    stamp: dict[str, Any] = {"contest": CONTEST, "recorded_at": START, "recorded_by": "bench"}
    limits: dict[str, Any] = {
        "package": "0" * 64,
        "time_limit_ms": 1000,
        "memory_limit_mib": 256,
        "output_limit_mib": 8,
    }
    problems = sorted({problem for _, problem, *_ in submitted})
    yield Definition(
        **stamp,
        changes=-1,
        name="feed",
        start_time=START,
        duration=5 * HOUR,
        scoreboard_freeze_duration=HOUR,
        problems=tuple(
            Problem(id=one, label=one, name=one, ordinal=n, test_data_count=TESTS, **limits)
            for n, one in enumerate(problems)
        ),
        languages=(Language("cpp", "C++", ("cc", "cpp")),),
        judgement_types=WORLD_FINALS_TYPES,
    )
    for team in sorted({team for team, *_ in submitted}):
        yield Team(**stamp, id=team, name=f"Team {team} of a university with a long name")
    yield Transitioned(**stamp, id="started", kind="started", planned_at=START)
    for number, (team, problem, within, solved) in enumerate(submitted):
        yield from _judged(stamp | {"recorded_at": START + within}, f"s{number}", team, problem, solved=solved)
    end = START + 5 * HOUR
    over = stamp | {"recorded_at": end + HOUR}
    yield Transitioned(**over, id="frozen", kind="frozen", planned_at=end - HOUR)
    yield Transitioned(**over, id="ended", kind="ended", planned_at=end)
    yield ThawScheduled(**over, id="thaw", thaw_time=end + 60_000)
    yield Transitioned(**over, id="thawed", kind="thawed", planned_at=end + 60_000)
    yield Finalized(**over, id="final")


def _judged(stamp: dict[str, Any], id_: str, team: str, problem: str, *, solved: bool) -> Iterator[Event]:
    at = stamp["recorded_at"]
    about: dict[str, Any] = {"team_id": team, "problem_id": problem, "language_id": "cpp"}
    files = (FileData("a.cpp", b"int main() {}"),)
    yield Submission(**stamp, id=id_, submitted_at=at, account=team, digest="d" * 64, files=files, **about)
    one: dict[str, Any] = {"submission_id": id_, "judging": 0, "attempt": 1}
    yield JudgingStarted(**stamp, **one, host="h", started_at=at + 100)
    verdict = "AC" if solved else "WA"
    size = TESTS // BATCHES
    for batch in range(BATCHES):
        ordinals = range(batch * size + 1, (batch + 1) * size + 1)
        runs = (Run(n, verdict if n == TESTS else "AC", 57, 80, 1024, at + 100 + n, test="secret/x") for n in ordinals)
        yield Runs(**stamp, **one, runs=tuple(runs))
    times: dict[str, Any] = {"started_at": at + 100, "ended_at": at + 1500, "submitted_at": at, "max_cpu_ms": 57}
    yield Judgement(**stamp, **one, **about, **times, verdict=verdict, runs=TESTS)


def _fill(settings: Settings) -> tuple[float, float]:
    """Put the contest into Redis; gives events a second, and the longest of the batches in seconds."""
    partition, key, encode = partition_of(CONTEST), CONTEST.encode(), codec().encode
    store = Store(settings.redis)

    def bury(record: Record, error: Exception) -> None:
        raise RuntimeError(f"{record.position} is buried") from error

    def refold(contest: str, position: int) -> Folded:
        raise RuntimeError(f"{contest} at {position}: a scorer has skipped something")

    view = LiveView(store, bury, lambda _: 0, Rest(store, lambda: 0, 1 << 62), refold)
    view.starts([partition])
    records = [Record(LOG, partition, n, key, encode(event)) for n, event in enumerate(_events())]
    longest, begun = 0.0, time.monotonic()
    for at in range(0, len(records), BATCH):
        one = time.monotonic()
        if not view.apply(partition, records[at : at + BATCH]):
            raise RuntimeError("Redis is not where it was")
        longest = max(longest, time.monotonic() - one)
    seconds = time.monotonic() - begun
    store.close()
    return len(records) / seconds, longest


# ---- readers --------------------------------------------------------------------------------------------------------


def _read(settings: Settings, pids: list[int]) -> tuple[int, float, list[float], list[float]]:
    """Lines of the whole feed, how long they took, events a second of each part, and the api's memory meanwhile in MiB."""
    host, _, port = settings.api.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=120)
    begun = time.monotonic()
    lines, tail, since = 0, b"", begun
    rates: list[float] = []
    memory = [resident_mib(pids)]
    connection.request("GET", f"/api/contests/{CONTEST}/event-feed")
    answer = connection.getresponse()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(answer.read().decode())
    while b'"end_of_updates":"' not in tail:
        piece = answer.read1(1 << 16)
        lines += piece.count(b"\n")
        tail = (tail + piece)[-2000:]
        if lines >= len(memory) * SAMPLE:
            memory.append(resident_mib(pids))
        if lines >= (len(rates) + 1) * PART:
            now = time.monotonic()
            rates.append(PART / (now - since))
            since = now
    seconds = time.monotonic() - begun
    connection.close()
    return lines, seconds, rates, memory


def _grown(memory: list[float]) -> float:
    """How much more a process had at most in the last third of the time than in the first."""
    third = max(1, len(memory) // 3)
    return max(memory[-third:]) - max(memory[:third])


def _bare(settings: Settings) -> float:
    """Seconds to read and decode the entries, and the runs that are looked up for them."""
    client = redis.Redis.from_url(settings.redis)
    begun, last = time.monotonic(), "-"
    while found := cast(list[Any], client.xrange(feed_key(CONTEST), last, "+", count=200)):
        batches = [fields[b"id"] for _, fields in found if fields[b"type"] == b"runs"]
        for _, fields in found:
            if fields[b"doc"]:
                orjson.loads(fields[b"doc"])
        if batches:
            for batch in cast(list[bytes], client.hmget(objects_key(CONTEST, "runs"), batches)):
                orjson.loads(batch)
        last = f"({found[-1][0].decode()}"
    seconds = time.monotonic() - begun
    client.close()
    return seconds
