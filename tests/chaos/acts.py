"""What is done to the stack while the clients submit. An act waits for its victim, sees it end, and is counted."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from typing import Any

import docker
import redis
from docker.errors import APIError

from podium.stack.docker import judge_containers
from podium.stack.supervised import State
from schemas.events import ContestExtended, Reloaded, Run, Runs, ScoreboardFrozen
from schemas.ids import new_id
from schemas.producer import Producer
from tests.chaos import sight
from tests.chaos.site import Site
from tests.wait import until

Act = Callable[[Site, random.Random], None]

READY_S = 120.0
"""Kafka takes ten seconds to come back on a busy machine, what waits for it longer, and pauses between starts grow."""

BUSY_S = 10.0
"""At two submissions a second a container is at work at some moment of these."""

BACKLOG = 20_000
BEHIND = 1_000
"""So many records that are not committed are a backlog: what the clients send meanwhile is a few a second."""
TRIES = 5
"""A reader may get through a backlog before its victim is ready to be killed, and a victim may end by itself just before."""


def end(site: Site, name: str, number: int = signal.SIGKILL, *, only_if: Callable[[], bool] = lambda: True) -> bool:
    """Wait until the process is ready, send it the signal unless *only_if* says no, and see that it ended of it.

    One that ends by itself before it has the signal, as a reader may whose broker was killed, is killed when it is back.
    """
    how = signal.Signals(number).name
    for _ in range(TRIES):
        until(lambda: _ready(site, name), READY_S, f"{name} is ready to be killed")
        before = len(site.ends)
        if not only_if():
            return False
        site.stack.kill(name, number)
        ends = until(
            lambda before=before: [e for e in site.ends[before:] if e.name == name], READY_S, f"{name} ends of {how}"
        )
        if any(e.by(number) for e in ends):
            return True
    raise AssertionError(f"{name} ended by itself each time before it had {how}")


def _ready(site: Site, name: str) -> bool:
    return site.stack.processes[name].state is State.READY


def kill(kind: str) -> Act:
    """kill -9 of one process of a kind; it comes back by itself."""

    def act(site: Site, draw: random.Random) -> None:
        end(site, draw.choice(site.stack.names(kind)))
        site.done[kind] += 1

    act.__name__ = f"kill_{kind}"
    return act


def kill_container(site: Site, draw: random.Random) -> None:
    """kill -9 of one of the judges' containers, of one that is at work where there is one."""
    engine = docker.from_env()
    patient = time.monotonic() + BUSY_S

    def killed() -> bool:
        ours = judge_containers(engine, site.settings.home)
        draw.shuffle(ours)
        try:
            # the runner is one process; what it compiles or runs is another
            busy = [one for one in ours if len(engine.api.top(one)["Processes"]) > 1]
            if not busy and (time.monotonic() < patient or not ours):
                return False
            engine.api.kill((busy or ours)[0], "SIGKILL")
        except APIError:  # it has gone by itself in between
            return False
        return True

    try:
        until(killed, READY_S, "a container of the judges is killed")
    finally:
        engine.close()
    site.done["container"] += 1


def rebalance(site: Site, draw: random.Random) -> None:
    """An orderly end and return of a group's member."""
    end(site, draw.choice(site.stack.names("scorer")), signal.SIGTERM)
    site.done["rebalance"] += 1


def flush(site: Site, draw: random.Random) -> None:
    """FLUSHALL."""

    def act() -> None:
        with redis.Redis.from_url(site.settings.redis) as client:
            client.flushall()

    sight.again(act)
    site.done["flush"] += 1


def jury_acts(site: Site, draw: random.Random) -> None:
    """What changes whole boards: a freeze by hand, an extension, a reload, each of another contest."""
    now = time.time_ns() // 1_000_000
    frozen, extended, reloaded = draw.sample(site.contests, 3)
    stamp: dict[str, Any] = {"recorded_at": now, "recorded_by": "chaos", "reason": "chaos"}
    acts = [
        ScoreboardFrozen(contest=frozen, id=new_id(), at=now, **stamp),
        ContestExtended(contest=extended, id=new_id(), by=600_000, **stamp),
        Reloaded(contest=reloaded, id=new_id(), **stamp),
    ]

    def append() -> None:
        with Producer(site.settings) as producer:
            for future in [producer.append(act) for act in acts]:
                future.result()

    sight.again(append)
    site.done["jury acts"] += 1


def kill_queues_with_tasks_waiting(site: Site, draw: random.Random) -> None:
    """The active queue dies, and then the one that works after it, while tasks of contests of three partitions wait."""
    judges = site.stack.names("judge")
    for judge in judges:
        site.stack.hold(judge)
    try:
        for _ in range(2):
            until(lambda: len(sight.waiting(site.settings)) >= 3, READY_S, "tasks from three partitions wait")
            end(site, sight.active_queue(site))
        site.done["active queue"] += 1
    finally:
        for judge in judges:
            site.stack.release(judge)


def backlog(site: Site) -> None:
    """Append records that refer to nothing: every consumer has to get past each of them."""
    run = Run(1, "AC", 1, 1, 1, 1)
    events = [
        Runs(
            contest=site.contests[number % len(site.contests)],
            recorded_at=1,
            recorded_by="chaos",
            submission_id=f"nobody{number}",
            judging=0,
            attempt=1,
            runs=(run,),
        )
        for number in range(BACKLOG)
    ]
    with Producer(site.settings) as producer:

        def append() -> None:
            futures = [(event, producer.append(event)) for event in events]
            failed = [(event, error) for event, future in futures if (error := future.exception()) is not None]
            events[:] = [event for event, _ in failed]
            if failed:
                raise failed[0][1]

        sight.again(append)


def kill_on_backlog(site: Site, draw: random.Random) -> None:
    """Readers of the log and what they depend on are killed at work on 20,000 records, while the clients go on."""
    readers = {"planner": "planner", "scorer": sight.SCORER, "live-sink": "live-sink", "history-sink": "history-sink"}
    partners = {"planner": "queue", "scorer": "kafka", "live-sink": "redis", "history-sink": "history"}
    for kind in readers:
        for name in site.stack.names(kind):
            site.stack.hold(name)
    backlog(site)
    for kind, group in draw.sample(sorted(readers.items()), len(readers)):
        names = site.stack.names(kind)
        for name in names:
            site.stack.release(name)
        for hurt in (partners[kind], kind):
            # the partner first: it holds the reader up
            until(lambda names=names: any(_ready(site, name) for name in names), READY_S, f"{kind} is ready")
            victim = sight.active_queue(site) if hurt == "queue" else draw.choice(site.stack.names(hurt))
            for _ in range(TRIES):
                if end(site, victim, only_if=lambda group=group: sight.lag(site.settings, group) >= BEHIND):
                    break
                backlog(site)
            else:
                raise AssertionError(f"{group} got through each backlog before {hurt} was killed")
            site.done[f"{hurt} on a backlog"] += 1


def all_ready(site: Site, timeout: float) -> None:
    """Wait until every process is ready again."""
    until(lambda: all(p.state is State.READY for p in site.stack.processes.values()), timeout, "every process is ready")


KILLS = (
    *("api", "planner", "queue", "judge", "scorer", "live-sink", "history-sink"),
    *("auditor", "history", "clock", "kafka", "redis"),
)
ACTS: dict[str, Act] = {
    **{kind: kill(kind) for kind in KILLS},
    "container": kill_container,
    "rebalance": rebalance,
    "flush": flush,
    "jury acts": jury_acts,
    "active queue": kill_queues_with_tasks_waiting,
}
"""Every way in which the stack is hurt or has to turn, by the name under which the site counts it."""
