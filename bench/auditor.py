"""What the auditor takes of a core beside a contest in which 20 submissions a second are judged."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import redis

from bench.measure import Result, result
from bench.recompute import contest_events
from bench.site import open_stack
from podium.stack.stack import Stack
from schemas import live
from schemas.events import Event, Judgement
from schemas.producer import Producer

__all__ = ["run"]

PARTS = frozenset({"kafka", "redis", "history", "history-sink", "live-sink", "scorer", "planner", "queue", "auditor"})
"""All whose work is compared. The judgements come from here, and no judge takes what the queue has: it is never shorter."""

RATE = 20
BEFORE = 2000
"""Submissions that are on the log when it begins: what an audit costs grows with the contest."""

CONTEST = "audited"

ROUND_S = 600.0
"""So long a round may take, of which nearly all is pause; one over such a contest takes four to seven minutes."""

LOOK_S, BUSY = 0.2, 0.4
"""An audit has begun when its process has used this part of a core between two looks: in its pause it uses next to nothing."""

RUNS = 3


def run() -> list[Result]:
    """Three rounds of one load: what the auditor's process has used, and what was sent.

    A round is an audit with the pause that follows it, which is by what the audit has cost. From end to end it would be
    that pause with the next audit, which costs half as much again: the contest has grown meanwhile.
    """
    name = f"auditor, {RATE} submissions/s, after {BEFORE:,}"
    with open_stack(PARTS) as stack:
        rounds = _rounds(stack)
    return [
        result(name, "% of a core", [100 * used / took for took, used, _ in rounds], bar=5),
        result(f"{name}: a round", "s of a core", [used for _, used, _ in rounds]),
        result(f"{name}: a round takes", "s", [took for took, _, _ in rounds]),
        result(f"{name}: what was sent", "submissions/s", [sent / took for took, _, sent in rounds]),
    ]


def _rounds(stack: Stack) -> list[tuple[float, float, int]]:
    """Of each round how long it took, the processor time that was used in it, both in seconds, and how many were sent."""
    waiting = iter(contest_events(CONTEST, BEFORE + int(RATE * ROUND_S * (RUNS + 2))))
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
            found, begins = [], _begins(stack, pid)
            next(begins)  # scorer and sinks come through what was there before
            (begun, used), before = next(begins), count
            for _ in range(RUNS):
                (now, spent), sent = next(begins), count
                found.append((now - begun, spent - used, sent - before))
                begun, used, before = now, spent, sent
        finally:
            stop.set()
            crowd.join()
    return found


def _begins(stack: Stack, pid: int) -> Iterator[tuple[float, float]]:
    """When each audit behind one that has ended has begun, and what the process had used by then, in seconds."""
    for ended in _ends(stack):
        at, used = time.monotonic(), _used(pid)
        while True:
            time.sleep(LOOK_S)
            now, spent = time.monotonic(), _used(pid)
            if spent - used >= BUSY * (now - at):
                break
            if now > ended + ROUND_S:
                raise TimeoutError(f"no audit has begun in {ROUND_S:g} s")
            at, used = now, spent
        yield at, used


def _ends(stack: Stack) -> Iterator[float]:
    """When each audit has ended, as the auditor says in Redis."""
    with redis.Redis.from_url(stack.settings.redis) as client:
        last = None
        while True:
            patient = time.monotonic() + ROUND_S
            while (said := client.hget(live.audited_key(CONTEST), "at")) == last:
                if time.monotonic() > patient:
                    raise TimeoutError(f"no audit has ended in {ROUND_S:g} s")
                time.sleep(0.05)
            last = said
            yield time.monotonic()


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
