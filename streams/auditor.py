"""The auditor: proves the boards by recomputing each contest of the log that is not finalized, at a bounded pace.

A difference is an alert and a `reload`: scorer and sinks drop that contest's keys and fold it again from the log.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from prometheus_client import Counter, Gauge

from schemas.clock import Clock
from schemas.codec import codec
from schemas.errors import DamagedError, DataError, DecodeError, DependencyError, UsageError
from schemas.events import Definition, Finalized, Reloaded
from schemas.history import board as history_board
from schemas.history import connect, next_position
from schemas.ids import CONTEST_PARTITIONS, new_id, partition_of
from schemas.live_board import LiveBoard, read_board
from schemas.producer import Producer
from schemas.reader import consumer, read
from schemas.rows import AUDIENCES, Mark
from schemas.runtime import Door, stop_event
from schemas.settings import Settings
from schemas.topics import check_topics
from streams.replay import OtherFoldError, latest_marks, recompute
from streams.scoring.canonical import canonical, digest

__all__ = ["Contests", "Finding", "audit", "run"]

log = logging.getLogger(__name__)

AUDITS = Counter("podium_audits", "Contests audited", ["result"])
DIFFERENT = Gauge("podium_audit_different", "Whether the contest's last audit found a difference", ["contest"])
UNAUDITED = Gauge("podium_audit_unaudited", "Views that the contest's last audit could not compare", ["contest"])

PACE = 10.0
"""An audit is followed by a pause of so many times its own length, so that it takes a tenth of a core at most."""

SHORTEST_PAUSE_S = 5.0
"""Even the smallest contest is not audited more often."""

RELOAD_EVERY_S = 300.0
"""A reload has to be given time to heal before the next one is asked for."""

ENDS_S = 5.0
"""How long the brokers may take to say where a partition ends; short, since a stop waits for it."""

STUCK_S = 900.0
"""Reading, folding and comparing the largest contest takes minutes; who gets no further in this time hangs."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one audit saw: which boards were compared, which could not be and why, and what differs."""

    contest: str
    position: int
    compared: tuple[str, ...]
    unaudited: tuple[str, ...]
    different: tuple[str, ...]


def audit(settings: Settings, contest: str) -> Finding | None:
    """Recompute the contest and compare marks, Redis and ClickHouse with it. Reads only.

    Scorer and ClickHouse are compared at the scorer's latest marks, Redis where its own board stands. A view that lags
    proves nothing, and neither does one that holds an event by half.

    Returns:
        None when the log holds nothing of the contest.

    Raises:
        DataError: when the beginning of the log is gone.
        DependencyError: when Kafka does not answer.
    """
    boards, unaudited, different = _boards(settings, contest)
    marks = latest_marks(settings, contest)
    at = {mark.position for mark in marks.values()} | {board.newest for board in boards.values()}
    try:
        replayed = recompute(settings, contest, until_position=max(at, default=None), at=at)
    except OtherFoldError as error:
        return Finding(contest, max(at, default=-1), (), (*unaudited, str(error)), tuple(different))
    except UsageError:
        return None
    generation = replayed.generation.id if replayed.generation else ""
    seen: list[tuple[str, str, int, str]] = []
    for audience in AUDIENCES:
        if (mark := marks.get((generation, audience))) is None:
            unaudited.append(f"scorer, {audience}: no mark")
        else:
            seen.append(("scorer", audience, mark.position, mark.digest))
            if (shown := _history(settings, contest, audience, generation, mark.position)) is not None:
                seen.append(("history", audience, mark.position, shown))
        board, marked = boards.get(audience), mark.position if mark else -1
        if board is not None and board.generation == generation and _whole(settings, contest, audience, board, marked):
            seen.append(("live view", audience, board.newest, _shown(board)))
    compared = []
    for view, audience, position, shown in seen:
        truth = replayed.folded.digests.get((position, generation, audience))
        if truth is not None:
            compared.append(f"{view}, {audience}")
            if shown != truth:
                different.append(f"{view}, {audience}: {shown[:16]} instead of {truth[:16]} at position {position}")
    return Finding(contest, replayed.position, tuple(compared), tuple(unaudited), tuple(different))


def _boards(settings: Settings, contest: str) -> tuple[dict[str, LiveBoard], list[str], list[str]]:
    """The live view's boards that have rows, why there are none, and what in them is damaged."""
    boards, damaged = {}, []
    for audience in AUDIENCES:
        try:
            board = read_board(settings, contest, audience)
        except DamagedError as error:
            damaged.append(f"live view, {audience}: {error}")
        except (DataError, DependencyError) as error:
            return {}, [f"live view: {error}"], damaged
        else:
            if board.newest >= 0:
                boards[audience] = board
    return boards, [], damaged


def _shown(board: LiveBoard) -> str:
    """The board's digest, or a word that is none where a field that does parse holds what it cannot."""
    try:
        return digest(canonical(board.rows, board.firsts))
    except (TypeError, ValueError, AttributeError):
        return "no board"


def _whole(settings: Settings, contest: str, audience: str, board: LiveBoard, marked: int) -> bool:
    """Whether the board holds all rows of the events up to its newest: none is still to come, or still to be written.

    *marked* is the position of the scorer's latest mark.
    """
    key, own = f"{contest}|".encode(), f"{contest}|{board.generation}|{audience}|".encode()
    decode, written = codec().decode, marked >= board.newest
    for raw in read(settings, "scoreboard-rows", partition_of(contest), board.applied + 1):
        if raw.value is not None and raw.key is not None and raw.key.startswith(key):
            try:
                record = decode(raw.value)
            except DecodeError:
                continue  # the sinks put it into the dead letters
            if record.position > board.newest:
                written = True  # the scorer has gone on
            elif raw.key.startswith(own) and not isinstance(record, Mark):
                return False
    return written


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


class Contests:
    """The contests that the log defines and that are not finalized."""

    def __init__(self, settings: Settings) -> None:
        self._reader = consumer(settings)
        self._next = dict.fromkeys(range(CONTEST_PARTITIONS), 0)
        self._reader.assign([TopicPartition("log", partition, 0) for partition in self._next])
        self._defined: set[str] = set()
        self._finalized: set[str] = set()

    def active(self, stop: threading.Event) -> list[str]:
        """Read on to where the log ends at the call, or until *stop* is set, and tell them.

        Raises:
            DependencyError: when the brokers do not answer.
        """
        ends = {partition: self._end(partition) for partition in self._next}
        while not stop.is_set() and any(self._next[partition] < end for partition, end in ends.items()):
            for message in self._reader.consume(5000, timeout=1.0):
                error, partition = message.error(), message.partition()
                if error is None:
                    self._next[partition] = message.offset() + 1
                    self._take((message.key() or b"").decode(errors="replace"), message.value() or b"")
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                    self._next[partition] = message.offset()
                elif error.fatal():
                    raise KafkaException(error)  # nothing but another process helps
        return sorted(self._defined - self._finalized)

    def _end(self, partition: int) -> int:
        try:
            end: int = self._reader.get_watermark_offsets(TopicPartition("log", partition), timeout=ENDS_S)[1]
        except KafkaException as error:
            raise DependencyError(f"log-{partition}: {error.args[0].str()}") from error
        return end

    def _take(self, contest: str, value: bytes) -> None:
        try:
            kind = codec().peek(value)
        except DecodeError:
            return
        if kind is Definition:
            self._defined.add(contest)
        elif kind is Finalized:
            self._finalized.add(contest)

    def close(self) -> None:
        """Leave the broker."""
        self._reader.close()


def run(settings: Settings) -> None:
    """Audit one contest after the other until told to end."""
    check_topics(settings, frozenset({"log", "scoreboard-rows"}))
    clock, name = Clock.parse(settings.clock), settings.instance or "auditor"
    stop = stop_event()
    reloaded: dict[str, float] = {}
    told: dict[str, tuple[str, ...]] = {}
    due = _Due()
    with Door(settings, alive=due.kept), Producer(settings) as producer:
        contests = Contests(settings)
        try:
            while not stop.is_set():
                due.put_off()
                for contest in _active(contests, stop):
                    if stop.is_set():
                        break
                    due.put_off()
                    begun = time.monotonic()
                    found = _attempt(settings, contest, told)
                    if found is not None and found.different:
                        _tell(found, producer, clock, name, reloaded)
                    pause = (time.monotonic() - begun) * PACE
                    due.put_off(pause)
                    stop.wait(pause)
                stop.wait(SHORTEST_PAUSE_S)
        finally:
            contests.close()


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


def _attempt(settings: Settings, contest: str, told: dict[str, tuple[str, ...]]) -> Finding | None:
    """Audit, and say once what cannot be audited. *told* holds what was said of each contest."""
    try:
        found = audit(settings, contest)
    except (DependencyError, DataError) as error:
        log.warning("%s: cannot be audited: %s", contest, error)
        AUDITS.labels("failed").inc()
        return None
    if found is not None:
        AUDITS.labels("different" if found.different else "equal").inc()
        DIFFERENT.labels(contest).set(bool(found.different))
        UNAUDITED.labels(contest).set(len(found.unaudited))
        if found.unaudited != told.get(contest, ()):
            log.warning("%s: not audited: %s", contest, "; ".join(found.unaudited) or "nothing any more")
        told[contest] = found.unaudited
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
