"""The process: one contest after the other is audited; a difference is an alert and a `reload`.

On a reload scorer and sinks drop that contest's keys and fold it again from the log.
"""

from __future__ import annotations

import logging
import os
import threading
import time

import redis
from prometheus_client import Counter, Gauge

from schemas import live
from schemas.addresses import redacted
from schemas.clock import Clock
from schemas.errors import DataError, DependencyError
from schemas.events import Reloaded
from schemas.ids import new_id
from schemas.producer import Producer
from schemas.runtime import Door, stop_event
from schemas.settings import Settings
from schemas.topics import check_topics
from streams.auditor.compare import audit
from streams.auditor.contests import Contests
from streams.auditor.finding import Finding
from streams.auditor.memory import Memory

__all__ = ["run"]

log = logging.getLogger(__name__)

AUDITS = Counter("podium_audits", "Contests audited", ["result"])
DIFFERENT = Gauge("podium_audit_different", "Whether the contest's last audit found a difference", ["contest"])
UNAUDITED = Gauge("podium_audit_unaudited", "Views that the contest's last audit could not compare", ["contest"])
PROVED = Gauge("podium_audit_proved", "The last position up to which a board of each view was found right", ["contest"])

PACE = 25.0
"""An audit is followed by a pause of so many times what it has cost, so that with all else it takes less than a twentieth of a core."""

SHORTEST_PAUSE_S = 5.0
"""Even the smallest contest is not audited more often."""

RELOAD_EVERY_S = 300.0
"""A reload has to be given time to heal before the next one is asked for."""

STUCK_S = 900.0
"""Reading, folding and comparing the largest contest takes minutes; who gets no further in this time hangs."""


def run(settings: Settings) -> None:
    """Audit one contest after the other until told to end."""
    check_topics(settings, frozenset({"log", "scoreboard-rows"}))
    clock, name = Clock.parse(settings.clock), settings.instance or "auditor"
    stop = stop_event()
    reloaded: dict[str, float] = {}
    told: dict[str, tuple[str, ...]] = {}
    due, memory = _Due(), Memory(settings)
    with Door(settings, alive=due.kept), Producer(settings) as producer:
        contests = Contests(settings)
        try:
            while not stop.is_set():
                due.put_off()
                used = time.process_time()
                for contest in _active(contests, stop):
                    if stop.is_set():
                        break
                    due.put_off()
                    found = _attempt(settings, contest, memory, told)
                    if found is not None and found.different:
                        _tell(found, producer, clock, name, reloaded)
                    elif found is not None and found.closed and contests.over(contest):
                        UNAUDITED.remove(contest)  # nothing will compare it any more
                        memory.forget(contest)
                    # the first one pays for the reading of the log
                    pause = _cost_s(time.process_time() - used, found.asked_s if found else 0.0) * PACE
                    due.put_off(pause)
                    stop.wait(pause)
                    used = time.process_time()
                stop.wait(SHORTEST_PAUSE_S)
        finally:
            contests.close()


def _cost_s(used_s: float, asked_s: float) -> float:
    """What an audit has cost in processor time: its own, and what the views may have used while it waited for them.

    On a machine where more want to run than can, they answer later and use no more.
    """
    return used_s + asked_s / max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class _Due:
    """By when the next step must have begun."""

    def __init__(self) -> None:
        self.put_off()

    def put_off(self, pause: float = 0.0) -> None:
        """A step begins, which comes after a pause of so many seconds."""
        self._at = time.monotonic() + pause + STUCK_S

    def kept(self) -> bool:
        """Whether the auditor gets on."""
        return time.monotonic() < self._at


def _active(contests: Contests, stop: threading.Event) -> list[str]:
    try:
        return contests.active(stop)
    except DependencyError as error:
        log.warning("the log cannot be read: %s", error)
        return []


def _attempt(settings: Settings, contest: str, memory: Memory, told: dict[str, tuple[str, ...]]) -> Finding | None:
    """Audit, show it, and say once what cannot be audited. *told* holds what was said of each contest."""
    try:
        found = audit(settings, contest, memory)
    except (DependencyError, DataError) as error:
        log.warning("%s: cannot be audited: %s", contest, error)
        AUDITS.labels("failed").inc()
        return None
    if found is not None:
        AUDITS.labels("different" if found.different else "equal").inc()
        DIFFERENT.labels(contest).set(bool(found.different))
        UNAUDITED.labels(contest).set(len(found.unaudited))
        if found.proved >= 0:
            PROVED.labels(contest).set(found.proved)
        _show(settings, found)
        if found.unaudited != told.get(contest, ()):
            log.warning("%s: not audited: %s", contest, "; ".join(found.unaudited) or "nothing any more")
        told[contest] = found.unaudited
    return found


def _show(settings: Settings, found: Finding) -> None:
    """Put it where every `podium status` finds it, wherever that runs; a Redis that is away gets it next time."""
    shown = {
        "at": time.time_ns() // 1_000_000,
        "different": int(bool(found.different)),
        "unaudited": len(found.unaudited),
    }
    if found.proved >= 0:
        shown["proved"] = found.proved
    try:
        # as long as the auditor waits for Redis when it reads
        with redis.Redis.from_url(settings.redis, socket_timeout=10) as client:
            client.hset(live.audited_key(found.contest), mapping=shown)
    except redis.RedisError as error:
        log.warning("%s: Redis at %s is not told: %s", found.contest, redacted(settings.redis), error)


def _tell(found: Finding, producer: Producer, clock: Clock, name: str, reloaded: dict[str, float]) -> None:
    """Alert, and ask for a reload, unless the last one is so young that it may still heal."""
    for line in found.different:
        log.error("%s: %s", found.contest, line)
    now = time.monotonic()
    if now - reloaded.get(found.contest, -RELOAD_EVERY_S) < RELOAD_EVERY_S:
        return
    reloaded[found.contest] = now
    reason = "; ".join(found.different)[:1000]
    event = Reloaded(contest=found.contest, recorded_at=clock.now_ms(), recorded_by=name, id=new_id(), reason=reason)
    try:
        producer.append(event).result()
    except DependencyError as error:
        log.error("%s: the reload cannot be appended: %s", found.contest, error)
