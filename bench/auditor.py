"""What the auditor takes of a core beside a contest in which 20 submissions a second are judged."""

from __future__ import annotations

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

WINDOW_S = 30.0
"""A round over one contest takes about as long."""

RUNS = 5


def run() -> list[Result]:
    """Five windows of one load; the processor time that the auditor's process has used in each."""
    with open_stack(PARTS) as stack:
        return [result(f"auditor, {RATE} submissions/s, after {BEFORE:,}", "% of a core", _shares(stack), bar=5)]


def _shares(stack: Stack) -> list[float]:
    waiting = iter(lean_events("audited", BEFORE + int(RATE * WINDOW_S * (RUNS + 1))))
    stop, pid = threading.Event(), stack.processes["auditor-1"].pid
    assert pid is not None  # the stack is ready
    with Producer(stack.settings) as producer:
        for _ in range(BEFORE):
            producer.append_all(_one(waiting))

        def submit() -> None:
            while not stop.wait(1 / RATE):
                producer.append_all(_one(waiting))

        crowd = threading.Thread(target=submit)
        crowd.start()
        try:
            time.sleep(WINDOW_S)  # scorer and sinks come through what was there before
            shares = []
            for _ in range(RUNS):
                begun, used = time.monotonic(), _used(pid)
                time.sleep(WINDOW_S)
                shares.append(100 * (_used(pid) - used) / (time.monotonic() - begun))
        finally:
            stop.set()
            crowd.join()
    return shares


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
