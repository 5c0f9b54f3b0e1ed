"""The log as a time machine, measured: how fast a replay is, over how many cores, in how much memory, and what a viewer
sees of a promotion.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpx

from bench.measure import Result, alternate, pooled, result
from bench.recompute import bare, contest_events, fill
from bench.site import open_stack, until
from clics.times import parse_reltime
from schemas.definition import Problem
from schemas.events import Definition, Event, GenerationPromoted, Judgement, Submission, Team
from schemas.ids import partition_of
from schemas.producer import Producer
from schemas.reader import read_contest
from schemas.settings import Settings
from streams.replay.plan import make_plan
from streams.replay.promote import promote
from streams.replay.result import Result as ReplayResult
from streams.replay.result import read_result
from streams.replay.run import run_plan
from streams.replay.whatif import WhatIf

__all__ = ["run"]

SUBMISSIONS = 40_000
"""Of the log that is replayed: five events each, as the judges write them."""

LARGE = 200_000
"""Submissions of a log of a million events."""

VIEWERS, WATCHED_TEAMS, PROMOTIONS = 20, 300, 5
SHOWN_S = 60

MB = 1_000_000

REPLAY = """
import json, re, sys, time
from pathlib import Path
from schemas.settings import load
from streams.replay.plan import make_plan
from streams.replay.run import run_plan
from streams.replay.whatif import WhatIf
plan = make_plan(load(), [sys.argv[1]], WhatIf())
begun = time.perf_counter()
run_plan(load(), plan, report=lambda *_: None)
took = time.perf_counter() - begun
most = re.search(r"^VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text(), re.M)
print(json.dumps([plan.records / took, int(most[1]) * 1024]))
"""
"""A replay in a process of its own: records a second, and the most memory that it had, in bytes. (What `getrusage` tells is at
least what the process had that has started it.)"""


def replayed(settings: Settings, contests: Iterable[str], workers: int) -> float:
    """Records a second of a replay: checkpoints, boards and results included, the plan not."""
    plan = make_plan(settings, list(contests), WhatIf())
    begun = time.perf_counter()
    run_plan(settings, plan, report=lambda *_: None, workers=workers)
    return plan.records / (time.perf_counter() - begun)


def lean_events(contest: str, submissions: int) -> Iterable[Event]:
    """The worst that a log can be for the fold: nothing in it may be passed over."""
    kept = (Definition, Team, Submission, Judgement)
    return (event for event in contest_events(contest, submissions) if isinstance(event, kept))


def in_partition(name: str, partition: int) -> str:
    """A contest's id that belongs into this partition."""
    return next(made for n in range(10_000) if partition_of(made := f"{name}-{n}") == partition)


def large(settings: Settings, contest: str) -> tuple[float, float]:
    """Records a second, and MB at most, of a replay of the large log in a process of its own."""
    env = os.environ | {"PODIUM_HOME": str(settings.home), "PODIUM_KAFKA": settings.kafka}
    done = subprocess.run([sys.executable, "-c", REPLAY, contest], env=env, check=True, capture_output=True, text=True)
    rate, memory = json.loads(done.stdout)
    return rate, memory / MB


# ---- what viewers see of a promotion --------------------------------------------------------------------------------


Board = dict[str, Any]
"""The rows by team."""


class Viewer:
    """One who watches: each board that they had, with the moment at which they had it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.boards: list[tuple[float, Board | None]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                with httpx.stream("GET", self._url, timeout=20) as answer:
                    self._read(answer.iter_lines())
            except httpx.HTTPError:
                pass  # the server is about to be there again, and until then there is no board
            self.boards.append((time.time(), None))

    def _read(self, lines: Iterable[str]) -> None:
        rows: Board = {}
        name = ""
        for line in lines:
            if self._stop.is_set():
                return
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: ") and name in ("snapshot", "delta"):
                rows = {} if name == "snapshot" else dict(rows)
                rows |= {row["team_id"]: row for row in json.loads(line[6:])["rows"]}
                self.boards.append((time.time(), rows))
            elif line.startswith("data: ") and name == "reset":
                return

    @property
    def board(self) -> Board | None:
        """The one that they have; None for none."""
        return self.boards[-1][1] if self.boards else None

    def stop(self) -> None:
        """Stop watching; the thread ends with the next message."""
        self._stop.set()


def neither(boards: Sequence[tuple[float, Board | None]], since: float, until_: float, old: Board, new: Board) -> float:
    """Milliseconds between two moments in which a viewer, who had these boards, had neither the old nor the new one. Pure."""
    ends = [at for at, _ in boards[1:]] + [until_]
    return sum(
        max(0.0, min(end, until_) - max(at, since)) * 1000
        for (at, board), end in zip(boards, ends, strict=True)
        if board not in (old, new)
    )


def totals_of(board: Board | None) -> dict[str, int]:
    """Each team's time in ms, as a viewer has it. Pure."""
    return {team: row["total_time"] for team, row in (board or {}).items()}


def promised(made: ReplayResult) -> dict[str, int]:
    """Each team's time in ms, as a replay has it. Pure."""
    return {row["team_id"]: parse_reltime(row["score"]["total_time"]) for row in made.boards["public"]["rows"]}


def watched_events(contest: str, now: int) -> Iterable[Event]:
    """A contest that began an hour ago, in which every team's place depends on the penalty."""
    stamp: dict[str, Any] = {"contest": contest, "recorded_at": now, "recorded_by": "bench"}
    limits = {"package": "0" * 64, "time_limit_ms": 1000, "memory_limit_mib": 256, "output_limit_mib": 8}
    problem = Problem(id="a", label="A", name="A", ordinal=1, test_data_count=1, **limits)
    yield Definition(
        **stamp, changes=-1, name=contest, start_time=now - 3_600_000, duration=18_000_000, problems=(problem,)
    )
    for n in range(WATCHED_TEAMS):
        yield Team(**stamp, id=f"t{n}", name=f"Team {n}")
        for attempt, verdict in enumerate(["WA"] * (n % 4) + ["AC"]):
            at = now - 3_600_000 + (n % 50 + 1) * 60_000
            about: dict[str, Any] = {"team_id": f"t{n}", "problem_id": "a", "language_id": "cpp", "submitted_at": at}
            yield Submission(**stamp, **about, id=f"s{n}-{attempt}", files=())
            yield Judgement(
                **stamp,
                **about,
                submission_id=f"s{n}-{attempt}",
                judging=0,
                attempt=1,
                verdict=verdict,
                started_at=at,
                ended_at=at,
            )


def promotions(settings: Settings, times: int = PROMOTIONS) -> tuple[list[list[float]], list[float]]:
    """Promote to and fro: ms in which each viewer saw neither board, ms from the act to the last viewer's new board."""
    contest, now = "watched", time.time_ns() // 1_000_000
    with Producer(settings) as producer:
        producer.append_all(watched_events(contest, now))
    url = f"{settings.url}/api/contests/{contest}/scoreboard/stream"
    until(lambda: httpx.get(url.removesuffix("/stream")).status_code == 200, SHOWN_S, "there is a board")
    viewers = [Viewer(url) for _ in range(VIEWERS)]
    results = []
    for rules in ({}, {"penalty_minutes": "0"}, {"penalty_minutes": "7"}):
        plan = make_plan(settings, [contest], WhatIf(rule="icpc", parameters=rules))
        (path,) = run_plan(settings, plan, report=lambda *_: None)
        results.append(read_result(path))
    asked, *others = map(promised, results)
    # what fills the board comes to one viewer later than to another: it is whole before anything is measured
    until(lambda: all(totals_of(viewer.board) == asked for viewer in viewers), SHOWN_S, "all viewers have the board")
    active, gaps, delays = "0", [], []
    for n in range(times):
        old, since = viewers[0].board or {}, time.time()
        active = promote(settings, results[1 + n % 2], active, by="bench", reason="bench", say=lambda _: None).after
        until(
            lambda wanted=others[n % 2]: all(totals_of(viewer.board) == wanted for viewer in viewers),
            SHOWN_S,
            "all viewers have the other board",
        )
        new, now = viewers[0].board or {}, time.time()
        acted = max(e.recorded_at for _, e in read_contest(settings, contest) if isinstance(e, GenerationPromoted))
        gaps.append([neither(list(viewer.boards), since, now, old, new) for viewer in viewers])
        arrived = [next(at for at, board in viewer.boards if board == new and at > since) for viewer in viewers]
        delays.append(max(arrived) * 1000 - acted)
    for viewer in viewers:
        viewer.stop()
    return gaps, delays


# ---- all of it ------------------------------------------------------------------------------------------------------


def run() -> list[Result]:
    """Five alternating runs of each pair, over parts of its own."""
    parts = frozenset({"kafka", "redis", "scorer", "live-sink", "api"})
    with open_stack(frozenset({"kafka"})) as logs:
        found = _speed(logs.settings)
    with open_stack(parts) as live:
        gaps, delays = promotions(live.settings)
    return [
        *found,
        pooled(f"promotion: the longest that one of {VIEWERS} viewers sees neither board", "ms", gaps, 100, bar=0),
        result("promotion: from the act to the last viewer's new board", "ms", delays),
    ]


def _speed(settings: Settings) -> list[Result]:
    first, second, lean, big = (in_partition(name, n) for n, name in enumerate(("a", "b", "lean", "big")))
    records = fill(settings, first, contest_events(first, SUBMISSIONS))
    judged, consumed = alternate(lambda: replayed(settings, [first], 1), lambda: bare(settings, first, records))
    records = fill(settings, lean, lean_events(lean, SUBMISSIONS))
    leaned, lean_bare = alternate(lambda: replayed(settings, [lean], 1), lambda: bare(settings, lean, records))
    fill(settings, second, contest_events(second, SUBMISSIONS))
    both = [first, second]
    two, one = alternate(lambda: replayed(settings, both, 2), lambda: replayed(settings, both, 1))
    fill(settings, big, contest_events(big, LARGE))
    larges = [large(settings, big) for _ in range(3)]
    return [
        result(
            "replay, against consuming and decoding",
            "events/s",
            judged,
            baseline=consumed,
            bar=0.5,
            aim=0.6,
            smaller_is_better=False,
        ),
        result(
            "the same of a log of nothing but submissions and judgements",
            "events/s",
            leaned,
            baseline=lean_bare,
            bar=0.5,
            aim=0.6,
            smaller_is_better=False,
        ),
        result(
            "replay of two partitions in two processes, against one",
            "events/s",
            two,
            baseline=one,
            smaller_is_better=False,
        ),
        result("replay of 1 M events", "events/s", [rate for rate, _ in larges], smaller_is_better=False),
        result("replay of 1 M events, memory", "MB", [memory for _, memory in larges], bar=800, aim=500),
    ]
