"""Submissions a minute of a judge with two slots, against two bare loops on the same cores: no Kafka, no API."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bench.bare import Bare, Room, problem, room, submission
from bench.measure import Result, alternate, result
from judge.pipeline import Judge
from judge.spread import Spread

__all__ = ["SLOTS", "bare_rate", "run"]

SLOTS = 2
EACH = 10
"""Submissions of a slot in a run."""

LONG_EACH, LONG_MS = 2, 150
"""The same, and the CPU time of each test, of submissions that take 1.8 s with their compilation."""

RUNS = 5

MANY, MANY_MS = 100, 100
"""Tests of one submission that is spread over idle slots, and the CPU time of each: a pair takes 17 s."""

LOOKS_S = 1.0
"""How often an idle slot looks for somebody to help: it waits so long for a task of its own (judge/slot.py)."""


def run() -> list[Result]:
    """With containers that are used again when they are clean, and with a new one for each submission."""
    return [
        _line("judge: two slots, C++ with 10 tests", bar=0.75, aim=0.80),
        _line("judge: the same with PODIUM_JUDGE_FRESH=always", bar=0.40, aim=0.45, judge_fresh="always"),
        _line(
            "judge: that with submissions of 1.8 s of CPU time",
            bar=0.80,
            each=LONG_EACH,
            busy_ms=LONG_MS,
            judge_fresh="always",
        ),
        _spread(),
    ]


def bare_rate(bare: Sequence[Bare], each: int, busy_ms: int = 0) -> float:
    """Submissions a minute of bare loops, all at a time, with so many for each."""
    with ThreadPoolExecutor(len(bare)) as threads:
        loops = list(threads.map(lambda one: one.loop(each, busy_ms), bare))
    return sum(loop.rate for loop in loops)


def _line(
    name: str, *, bar: float, aim: float | None = None, each: int = EACH, busy_ms: int = 0, **changed: str
) -> Result:
    with room(SLOTS, **changed) as here:
        ours, bare = alternate(
            partial(_judge_rate, here, each, busy_ms), partial(bare_rate, here.bare, each, busy_ms), RUNS
        )
    return result(name, "submissions/min", ours, baseline=bare, bar=bar, aim=aim, smaller_is_better=False)


def _judge_rate(here: Room, each: int, busy_ms: int) -> float:
    judge = Judge(here.pool)

    def rate(slot: int) -> float:
        begun = time.perf_counter()
        for _ in range(each):
            submission(judge, here.package, slot, busy_ms)
        return each / (time.perf_counter() - begun) * 60

    with ThreadPoolExecutor(SLOTS) as threads:
        return sum(threads.map(rate, range(SLOTS)))


def _spread() -> Result:
    """One long submission on a host where the other slot has nothing to do, against the same by one slot alone.

    The bar is ours: half of the tests' time, what is compiled, and the other slot's first look leave room for no more.
    """
    with room(SLOTS) as here, tempfile.TemporaryDirectory(prefix="podium-bench-") as folder:
        judge, spread, over = Judge(here.pool), Spread(here.pool.claim), threading.Event()
        long = partial(submission, judge, problem(Path(folder, "long"), MANY), 0, MANY_MS)

        def idle() -> None:
            while not over.wait(LOOKS_S):
                spread.help(1, over.is_set)

        with ThreadPoolExecutor(1) as threads:
            helper = threads.submit(idle)
            try:
                ours, alone = alternate(lambda: long(spread.judging), long, RUNS)
            finally:
                over.set()
            helper.result()
    name = f"judge: one submission with {MANY} tests over two slots, against one slot"
    return result(name, "ms", ours, baseline=alone, bar=0.7)
