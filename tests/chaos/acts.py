"""What is done to the stack while the clients submit."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable

import redis

from podium.stack.supervised import State
from schemas.events import Run, Runs
from schemas.producer import Producer
from schemas.settings import Settings
from tests.chaos.site import Site
from tests.wait import until


def kill(site: Site, draw: random.Random, kind: str) -> None:
    """kill -9 of one process of a kind; it comes back by itself."""
    site.stack.kill(draw.choice(site.stack.names(kind)), signal.SIGKILL)


def kill_container(site: Site, draw: random.Random, kind: str = "") -> None:
    """kill -9 of one of the judges' containers."""
    shown = ["docker", "ps", "--filter", "label=podium.judge", "--format", '{{.ID}} {{.Label "podium.judge"}}']
    lines = subprocess.run(shown, capture_output=True, text=True).stdout.splitlines()
    # the label ends with the home: other stacks on this machine are left alone
    if ours := [line.split()[0] for line in lines if line.endswith(str(site.settings.home.resolve()))]:
        subprocess.run(["docker", "kill", draw.choice(ours)], capture_output=True)


def rebalance(site: Site, draw: random.Random, kind: str = "scorer") -> None:
    """An orderly end and return of a group's member."""
    site.stack.kill(draw.choice(site.stack.names(kind)), signal.SIGTERM)


def flush(site: Site, draw: random.Random, kind: str = "") -> None:
    """FLUSHALL."""
    with redis.Redis.from_url(site.settings.redis) as client:
        client.flushall()


def kill_queues_with_tasks_waiting(site: Site, draw: random.Random, kind: str = "") -> None:
    """The active queue dies, and the one that takes over too, while nobody judges and tasks of several contests wait."""
    for judge in site.stack.names("judge"):
        site.stack.hold(judge)
    time.sleep(2.0)  # submissions come in from contests of three partitions meanwhile
    for name in site.stack.names("queue"):
        site.stack.kill(name, signal.SIGKILL)
    for judge in site.stack.names("judge"):
        site.stack.release(judge)


class OldCopy:
    """Redis goes back to a copy; one contest of three in a partition goes back further than the others."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._behind = f"{{{site.contests[0]}}}:".encode()
        self._older = {k: v for k, v in self._dump().items() if k.startswith(self._behind)}
        self._copy: dict[bytes, bytes] = {}

    def _dump(self) -> dict[bytes, bytes]:
        with redis.Redis.from_url(self._site.settings.redis) as client:
            # one transaction: a copy of a store is of one moment
            keys = list(client.scan_iter(count=1000))
            pipe = client.pipeline(transaction=True)
            for key in keys:
                pipe.dump(key)
            return {key: value for key, value in zip(keys, pipe.execute(), strict=True) if value is not None}

    def take(self) -> None:
        """Remember everything as it is now."""
        self._copy = self._dump()

    def restore(self) -> None:
        """Go back, all at once."""
        others = {k: v for k, v in self._copy.items() if not k.startswith(self._behind)}
        with redis.Redis.from_url(self._site.settings.redis) as client:
            pipe = client.pipeline(transaction=True)
            pipe.flushall()
            for key, value in {**others, **self._older}.items():
                pipe.restore(key, 0, value)
            pipe.execute()


def backlog(settings: Settings, contests: list[str], records: int) -> None:
    """Append records that refer to nothing: every consumer has to get past each of them."""
    run = Run(1, "AC", 1, 1, 1, 1)
    with Producer(settings) as producer:
        waiting = []
        for number in range(records):
            contest = contests[number % len(contests)]
            event = Runs(
                contest=contest, recorded_at=1, recorded_by="chaos", submission_id=f"nobody{number}", judging=0, attempt=1, runs=(run,)
            )  # fmt: skip
            waiting.append(producer.append(event))
            if len(waiting) == 5000:
                for future in waiting:
                    future.result()
                waiting.clear()
        for future in waiting:
            future.result()


def all_ready(site: Site, timeout: float) -> None:
    """Wait until every process is ready again."""
    until(lambda: all(p.state is State.READY for p in site.stack.processes.values()), timeout, "every process is ready")


ACTS: dict[str, tuple[Callable[[Site, random.Random, str], None], str]] = {
    **{kind: (kill, kind) for kind in ("api", "planner", "queue", "judge", "scorer", "live-sink", "history-sink")},
    **{kind: (kill, kind) for kind in ("history", "clock", "kafka", "redis")},
    "container": (kill_container, ""),
    "rebalance": (rebalance, "scorer"),
    "flush": (flush, ""),
    "queues": (kill_queues_with_tasks_waiting, ""),
}
"""Every way in which the stack is hurt, by name."""
