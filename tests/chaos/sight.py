"""What one sees of the stack from outside: who lags, which queue works, whose tasks wait."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

import redis
from confluent_kafka import KafkaException, TopicPartition

from schemas.errors import DependencyError
from schemas.ids import partition_of
from schemas.reader import bounds, consumer, read
from schemas.settings import Settings
from schemas.topics import TOPICS
from streams.scoring.fold import FOLD_VERSION
from tests.chaos.site import Site
from tests.wait import until

T = TypeVar("T")

SCORER = f"scorer-{FOLD_VERSION}"

GROUPS: dict[str, tuple[str, ...]] = {
    "planner": ("log",),
    SCORER: ("log",),
    "live-sink": ("log", "scoreboard-rows"),
    "history-sink": ("log", "scoreboard-rows"),
    "queue": ("judge-wanted", "judge-reports", "ticks"),
}
"""The consumer groups and what they read."""

BACK_S = 90.0
"""A part that was just killed is back in this time: Kafka takes ten seconds, a busy machine several times that."""


def again(act: Callable[[], T]) -> T:
    """What a part that was just killed does not answer is asked again until it is back; the act must be idempotent."""
    deadline = time.monotonic() + BACK_S
    while True:
        try:
            return act()
        except (redis.RedisError, DependencyError, KafkaException, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def committed(settings: Settings, group: str, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """The position that the group has committed of each partition of these topics; 0 where it has none."""

    def ask() -> dict[tuple[str, int], int]:
        reader = consumer(settings, **{"group.id": group})
        try:
            asked = [TopicPartition(topic, p) for topic in topics for p in range(TOPICS[topic].partitions)]
            return {(one.topic, one.partition): max(0, one.offset) for one in reader.committed(asked, timeout=10)}
        finally:
            reader.close()

    return again(ask)


def lag(settings: Settings, group: str) -> int:
    """Records of the log that the group has not committed."""
    found = committed(settings, group, ["log"])
    return sum(max(0, again(partial(bounds, settings, *where))[1] - at) for where, at in found.items())


def position(site: Site, name: str, topic: str) -> int:
    """The last position of the one-partition topic that the process says it has handled; -1: none, or no answer."""
    text = metrics(site.stack.processes[name].part.env["PODIUM_METRICS"])
    found = re.search(rf'^podium_position{{partition="0",topic="{topic}"}} (\S+)$', text, re.MULTILINE)
    return int(float(found[1])) if found else -1


def accounts_read(site: Site, name: str) -> dict[int, int]:
    """The next position of each partition of `accounts` in which the api process has read a record."""
    text = metrics(site.stack.processes[name].part.address)
    found = re.findall(r'^podium_api_accounts_position{partition="(\d+)"} (\S+)$', text, re.MULTILINE)
    return {int(partition): int(float(at)) for partition, at in found}


def metrics(address: str) -> str:
    """What the process that serves its metrics at *address* says; nothing, where it does not answer."""
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=2) as answer:  # our own loopback
            return str(answer.read().decode())
    except OSError:
        return ""


def active_queue(site: Site) -> str:
    """The queue process that handles what comes from now on; waits for one."""
    mark = again(lambda: bounds(site.settings, "ticks", 0)[1])

    def working() -> str | None:
        return next((name for name in site.stack.names("queue") if position(site, name, "ticks") >= mark), None)

    return str(until(working, BACK_S, "a queue handles ticks"))


def waiting(settings: Settings) -> dict[int, set[str]]:
    """The contests of which the queue's table holds tasks that wait for their turn, by partition of the log."""
    table: dict[bytes | None, dict[str, Any] | None] = {}
    for raw in again(lambda: list(read(settings, "queue-outstanding-changelog", 0))):
        table[raw.key] = json.loads(raw.value) if raw.value is not None else None
    found: dict[int, set[str]] = {}
    for value in table.values():
        if value is not None and value.get("state") == "waiting":
            found.setdefault(partition_of(value["contest"]), set()).add(value["contest"])
    return found
