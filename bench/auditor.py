"""What the auditor takes of a core beside a contest in which 20 submissions a second are judged."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Result, result
from bench.replay import lean_events
from bench.site import open_stack
from podium.stack.stack import Stack
from schemas.events import Event, Judgement
from schemas.producer import Producer

__all__ = ["run"]

PARTS = frozenset({"kafka", "redis", "history", "history-sink", "live-sink", "scorer", "auditor"})
RATE = 20
BEFORE = 5000
"""Submissions that are on the log when it begins: what an audit costs grows with the contest."""

WINDOW_S = 60.0
"""Two rounds over the contest, of which most is pause: a window that sees none of an audit, or one more, tells little."""

RUNS = 5


def run() -> list[Result]:
    """Five windows of one load; the processor time that the auditor's process has used in each, and what was sent in it."""
    name = f"auditor, {RATE} submissions/s, after {BEFORE:,}"
    with open_stack(PARTS) as stack:
        shares, sent = _shares(stack)
    return [
        result(name, "% of a core", shares, bar=5),
        result(f"{name}: what was sent", "submissions/s", sent),
    ]


def _shares(stack: Stack) -> tuple[list[float], list[float]]:
    waiting = iter(lean_events("audited", BEFORE + int(RATE * WINDOW_S * (RUNS + 2))))
    stop, pid = threading.Event(), stack.processes["auditor-1"].pid
    assert pid is not None  # the stack is ready
    count = 0
    with Producer(stack.settings) as producer:
        for _ in range(BEFORE):
            producer.append_all(_one(waiting))

        def submit() -> None:
            nonlocal count
            begun = time.monotonic()
            for number in itertools.count():  # each at its time: what one waits for the broker delays no other
                if stop.wait(max(0.0, begun + number / RATE - time.monotonic())):
                    break
                producer.append_all(_one(waiting))
                count += 1

        crowd = threading.Thread(target=submit)
        crowd.start()
        try:
            time.sleep(WINDOW_S)  # scorer and sinks come through what was there before
            shares, sent = [], []
            for _ in range(RUNS):
                begun, used, before = time.monotonic(), _used(pid), count
                time.sleep(WINDOW_S)
                window = time.monotonic() - begun
                shares.append(100 * (_used(pid) - used) / window)
                sent.append((count - before) / window)
        finally:
            stop.set()
            crowd.join()
    return shares, sent


def _one(events: Iterator[Event]) -> list[Event]:
    """The events up to and with the next judgement."""
    found = []
    for event in events:
        found.append(event)
        if isinstance(event, Judgement):
            break
    return found


def _used(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
