"""How fast the log is folded: the recomputation against bare consuming and decoding, the scorer against an idle agent."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

from confluent_kafka import TopicPartition

from schemas.codec import codec
from schemas.definition import FileData, Problem
from schemas.events import Definition, Event, Judgement, JudgingStarted, Run, Runs, Submission, Team
from schemas.ids import partition_of
from schemas.producer import Producer
from schemas.reader import bounds, consumer
from schemas.settings import Settings
from streams.replay import recompute

START = 1_800_000_000_000
TEAMS, PROBLEMS = 200, 12
SUBMISSIONS = 40_000
"""Of the recomputed log: five events each, as the judges write them."""

SCORED = 4_000
"""Submissions of the log that the scorer reads: a few seconds of its work."""

SOURCE = (b"#include <bits/stdc++.h>\nusing namespace std;\nint main() {\n" + b"    cout << 1 << endl;\n" * 40 + b"}\n",)

IDLE = """
from schemas.settings import load
from streams._faust import agent_guard, make_app, run_app
settings = load()
app = make_app(settings, "idle-" + settings.instance, source_topics=["log"])
@agent_guard(app, "log")
async def idle(record, arrival):
    pass
run_app(app, settings)
"""

SCORER = """
from schemas.settings import load
from streams.scorer.app import run
run(load())
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
        about = {"submission_id": f"{contest}-{n}", "judging": 0, "attempt": 1}
        whose = {"team_id": f"t{draw.randrange(TEAMS)}", "problem_id": f"p{draw.randrange(PROBLEMS)}"}
        yield Submission(
            **stamp,
            **whose,
            id=f"{contest}-{n}",
            language_id="cpp",
            submitted_at=at,
            files=(FileData("main.cpp", SOURCE[0]),),
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


def fill(settings: Settings, contest: str, submissions: int) -> int:
    """Append the contest to the log; how many records its partition has then."""
    with Producer(settings) as producer:
        waiting = []
        for event in contest_events(contest, submissions):
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
        for message in reader.consume(500, timeout=1.0):
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
