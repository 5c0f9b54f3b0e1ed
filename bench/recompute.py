"""How fast the log is folded: the recomputation against bare consuming and decoding, the scorer against an idle agent."""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from confluent_kafka import TopicPartition

from bench.measure import Result, alternate, result
from bench.site import open_stack
from schemas.codec import codec
from schemas.definition import FileData, Problem
from schemas.events import Definition, Event, Judgement, JudgingStarted, Run, Runs, Submission, Team
from schemas.ids import partition_of
from schemas.producer import Producer
from schemas.reader import bounds, consumer, fetched
from schemas.settings import Settings
from streams.replay import recompute

START = 1_800_000_000_000
TEAMS, PROBLEMS = 200, 12
SUBMISSIONS = 40_000
"""Of the recomputed log: five events each, as the judges write them."""

SCORED = 2_000
"""Submissions of a log that the scorer reads: some seconds of its work."""

SOURCE = b"#include <bits/stdc++.h>\nusing namespace std;\nint main() {\n" + b"    cout << 1 << endl;\n" * 40 + b"}\n"

TIMED = """
import json, os, time
from schemas.settings import load
from streams.positions import HandledPositions
last, path, began, add = int(os.environ["BENCH_LAST"]), os.environ["BENCH_FILE"], [], HandledPositions.add
def timed(self, topic, partition, position):
    began.append(time.perf_counter()) if not began else None
    add(self, topic, partition, position)
    if position == last:
        with open(path, "w") as file:
            json.dump(time.perf_counter() - began[0], file)
HandledPositions.add = timed
settings = load()
"""
"""Writes down how long it took from the first record handled to the last one."""

IDLE = """
from streams._faust import agent_guard, make_app, run_app
app = make_app(settings, "idle", source_topics=["log"])
@agent_guard(app, "log")
async def idle(record, arrival):
    pass
run_app(app, settings)
"""

SCORER = """
from streams.scorer.app import run
run(settings)
"""


def contest_events(contest: str, submissions: int) -> Iterator[Event]:
    """The log of a big contest: definition, teams, then each submission with its start, two batches of runs, judgement."""
    draw = random.Random(7)
    stamp: dict[str, Any] = {"contest": contest, "recorded_at": START, "recorded_by": "bench"}
    problems = tuple(
        Problem(
            id=f"p{n}",
            label=chr(65 + n),
            name=f"Problem {n}",
            ordinal=n,
            package="0" * 64,
            time_limit_ms=1000,
            memory_limit_mib=1024,
            output_limit_mib=8,
            test_data_count=20,
        )
        for n in range(PROBLEMS)
    )
    yield Definition(**stamp, changes=-1, name="bench", start_time=START, duration=18_000_000, problems=problems)
    for n in range(TEAMS):
        yield Team(**stamp, id=f"t{n}", name=f"Team {n}")
    for n in range(submissions):
        at = START + n * 18_000_000 // submissions
        about: dict[str, Any] = {"submission_id": f"{contest}-{n}", "judging": 0, "attempt": 1}
        whose: dict[str, Any] = {"team_id": f"t{draw.randrange(TEAMS)}", "problem_id": f"p{draw.randrange(PROBLEMS)}"}
        yield Submission(
            **stamp,
            **whose,
            id=f"{contest}-{n}",
            language_id="cpp",
            submitted_at=at,
            files=(FileData("main.cpp", SOURCE),),
        )
        yield JudgingStarted(**stamp, **about, host="judge-1", started_at=at + 100)
        for half in (0, 10):
            runs = tuple(Run(half + i, "AC", 20, 22, 3000, at + 200 + i, f"secret/{half + i}") for i in range(10))
            yield Runs(**stamp, **about, runs=runs)
        yield Judgement(
            **stamp,
            **about,
            **whose,
            language_id="cpp",
            submitted_at=at,
            verdict=draw.choice(("AC", "WA", "WA", "TLE")),
            started_at=at + 100,
            ended_at=at + 900,
            max_cpu_ms=20,
            max_memory_kib=3000,
            runs=20,
            host="judge-1",
            package="0" * 64,
        )


def fill(settings: Settings, contest: str, events: Iterable[Event]) -> int:
    """Append the contest's events to the log; how many records its partition has then."""
    with Producer(settings) as producer:
        waiting = []
        for event in events:
            waiting.append(producer.append(event))
            if len(waiting) >= 20_000:
                waiting[-1].result()
                waiting.clear()
        for one in waiting:
            one.result()
    return bounds(settings, "log", partition_of(contest))[1]


def bare(settings: Settings, contest: str, records: int) -> float:
    """Events a second of a loop that consumes in batches and decodes every record."""
    reader, decode, done = consumer(settings), codec().decode, 0
    begun = time.perf_counter()
    reader.assign([TopicPartition("log", partition_of(contest), 0)])
    while done < records:
        for message in fetched(reader, 500, 1.0):
            if message.error() is None:
                decode(message.value())
                done += 1
    took = time.perf_counter() - begun
    reader.close()
    return records / took


def ours(settings: Settings, contest: str) -> float:
    """Events a second of a recomputation, boards and digests included."""
    begun = time.perf_counter()
    replayed = recompute(settings, contest)
    return replayed.events / (time.perf_counter() - begun)


class Reader:
    """A Faust app that reads what was added to the log since it last did."""

    def __init__(self, settings: Settings, code: str) -> None:
        self._settings = settings
        self._code = TIMED + code

    def rate(self, contest: str, first: int, end: int) -> float:
        """Records a second, from the first one handled on."""
        done = self._settings.home / "done.json"
        done.unlink(missing_ok=True)
        env = os.environ | {
            "PODIUM_HOME": str(self._settings.home),
            "PODIUM_KAFKA": self._settings.kafka,
            "PODIUM_INSTANCE": "bench-1",
            "BENCH_LAST": str(end - 1),
            "BENCH_FILE": str(done),
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        process = subprocess.Popen([sys.executable, "-c", self._code], env=env, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 300
            while not (done.exists() and done.read_text()):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(f"the reader of {contest} did not come to position {end - 1}")
                time.sleep(0.05)
            return (end - first) / float(json.loads(done.read_text()))
        finally:
            process.terminate()
            process.wait(60)


def scorer_against_idle(settings: Settings) -> tuple[list[float], list[float]]:
    """Records a second of the scorer and of an agent that does nothing, on the same records."""
    spans: list[tuple[str, int, int]] = []
    # contests of one partition, so that the last position is the last to be handled
    names = (f"scored-{n}" for n in itertools.count() if partition_of(f"scored-{n}") == 0)

    def scorer() -> float:
        contest = next(names)
        first = bounds(settings, "log", 0)[1]
        spans.append((contest, first, fill(settings, contest, contest_events(contest, SCORED))))
        return Reader(settings, SCORER).rate(*spans[-1])

    return alternate(scorer, lambda: Reader(settings, IDLE).rate(*spans[-1]))


def run() -> list[Result]:
    """Five alternating runs of each pair, over a Kafka of its own."""
    with open_stack(frozenset({"kafka"})) as stack:
        settings, contest = stack.settings, "replayed"
        records = fill(settings, contest, contest_events(contest, SUBMISSIONS))
        recomputed, consumed = alternate(lambda: ours(settings, contest), lambda: bare(settings, contest, records))
        scored, idle = scorer_against_idle(settings)
    return [
        result("recomputation", "events/s", recomputed, bar=50_000, smaller_is_better=False),
        result(
            "recomputation, against consuming and decoding",
            "events/s",
            recomputed,
            baseline=consumed,
            smaller_is_better=False,
        ),
        result("scorer, against an idle agent", "events/s", scored, baseline=idle, smaller_is_better=False),
    ]
