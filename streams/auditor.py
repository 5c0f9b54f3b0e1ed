"""The auditor: proves the boards by recomputing each active contest up to one of the scorer's marks, at a bounded pace.

A difference is an alert and a `reload`: scorer and sinks drop that contest's keys and fold it again from the log.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

import redis
from prometheus_client import Counter, Gauge

from schemas import live
from schemas.addresses import redacted
from schemas.clock import Clock
from schemas.errors import DataError, DependencyError, UsageError
from schemas.events import Reloaded
from schemas.history import board as history_board
from schemas.history import connect, next_position
from schemas.ids import new_id
from schemas.live_board import LiveBoard, read_board
from schemas.producer import Producer
from schemas.rows import AUDIENCES
from schemas.runtime import Door, stop_event
from schemas.settings import Settings
from schemas.topics import check_topics
from streams.replay import latest_marks, recompute
from streams.scoring.canonical import canonical, digest

__all__ = ["Finding", "audit", "run"]

log = logging.getLogger(__name__)

AUDITS = Counter("podium_audits", "Contests audited", ["result"])
DIFFERENT = Gauge("podium_audit_different", "Whether the contest's last audit found a difference", ["contest"])

PACE = 10.0
"""An audit is followed by a pause of so many times its own length, so that it takes a tenth of a core at most."""

SHORTEST_PAUSE_S = 5.0
"""Even the smallest contest is not audited more often."""

RELOAD_EVERY_S = 300.0
"""A reload has to be given time to heal before the next one is asked for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one audit saw: which boards were compared, and what differs from the recomputation."""

    contest: str
    position: int
    compared: tuple[str, ...]
    different: tuple[str, ...]


def audit(settings: Settings, contest: str) -> Finding | None:
    """Recompute the contest to the scorer's latest marks and compare marks, Redis and ClickHouse with it. Reads only.

    A view is compared where it stands exactly at the mark: one that has gone on, or lags, proves nothing by itself.

    Returns:
        None when the contest is not in the live view, or there is no mark of the active generation yet.

    Raises:
        DependencyError: when a part does not answer.
    """
    try:
        boards = {audience: read_board(settings, contest, audience) for audience in AUDIENCES}
    except DataError:
        return None
    try:
        marks = {
            audience: mark
            for (generation, audience), mark in latest_marks(settings, contest).items()
            if generation == boards[audience].generation
        }
        if not marks:
            return None
        position = min(mark.position for mark in marks.values())
        replayed = recompute(settings, contest, until_position=position, at={mark.position for mark in marks.values()})
    except UsageError:
        return None
    compared, different = [], []
    for audience, mark in marks.items():
        truth = replayed.folded.digests.get((mark.position, mark.generation, audience))
        if truth is None:
            continue
        views = {"scorer": mark.digest}
        if (shown := _live(boards[audience], mark.position)) is not None:
            views["live view"] = shown
        if (history := _history(settings, contest, audience, mark.generation, mark.position)) is not None:
            views["history"] = history
        for view, seen in views.items():
            compared.append(f"{view}, {audience}")
            if seen != truth:
                different.append(f"{view}, {audience}: {seen[:16]} instead of {truth[:16]} at position {mark.position}")
    return Finding(contest, position, tuple(compared), tuple(different))


def _live(board: LiveBoard, position: int) -> str | None:
    """The digest of Redis' board, where its mark is of this position and no row is newer."""
    if board.mark is None or board.mark.position != position or board.newest > position:
        return None
    return digest(canonical(board.rows, board.firsts))


def _history(settings: Settings, contest: str, audience: str, generation: str, position: int) -> str | None:
    """The digest of the history's board at a position, None where it cannot say or is not there yet."""
    try:
        client = connect(settings)
    except DependencyError as error:
        log.warning("%s", error)
        return None
    try:
        if next_position(client, contest) <= position:
            return None
        return digest(
            canonical(*history_board(client, contest, audience=audience, generation=generation, upto=position))
        )
    except (DependencyError, DataError) as error:
        log.warning("%s: the history cannot be compared: %s", contest, error)
        return None
    finally:
        client.close()


def _active(settings: Settings) -> list[str]:
    """The contests of the live view that are not finalized."""
    try:
        with redis.Redis.from_url(settings.redis, socket_timeout=10) as client:
            found = []
            for key in client.scan_iter(match="{*}:meta", count=1000):
                meta = live.parse_meta(client.hgetall(key))
                if meta is not None and meta.finalized is None:
                    found.append(key.decode()[1:].rpartition("}:meta")[0])
            return sorted(found)
    except redis.RedisError as error:
        raise DependencyError(f"Redis at {redacted(settings.redis)}: {error}") from error


def run(settings: Settings) -> None:
    """Audit one contest after the other until told to end."""
    check_topics(settings, frozenset({"log", "scoreboard-rows"}))
    clock, name = Clock.parse(settings.clock), settings.instance or "auditor"
    stop = stop_event()
    reloaded: dict[str, float] = {}
    with Door(settings), Producer(settings) as producer:
        while not stop.is_set():
            for contest in _contests(settings):
                if stop.is_set():
                    break
                begun = time.monotonic()
                found = _attempt(settings, contest)
                if found is not None and found.different:
                    _tell(found, producer, clock, name, reloaded)
                stop.wait((time.monotonic() - begun) * PACE)
            stop.wait(SHORTEST_PAUSE_S)


def _contests(settings: Settings) -> list[str]:
    try:
        return _active(settings)
    except DependencyError as error:
        log.warning("%s", error)
        return []


def _attempt(settings: Settings, contest: str) -> Finding | None:
    try:
        found = audit(settings, contest)
    except (DependencyError, DataError) as error:
        log.warning("%s: cannot be audited: %s", contest, error)
        AUDITS.labels("failed").inc()
        return None
    if found is not None:
        AUDITS.labels("different" if found.different else "equal").inc()
        DIFFERENT.labels(contest).set(bool(found.different))
    return found


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
