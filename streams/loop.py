"""Reading partitions in batches into a view that knows its own positions: what the two sinks have in common.

The consumer group decides only which process reads which partition. Where to begin is asked of the view, since a view
that was lost or came back older must be filled again; the group's committed positions are a lower bound, so that every
position is counted by a process that lived to write its count down.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from schemas.codec import codec
from schemas.errors import DecodeError, DependencyError
from schemas.events import Event
from schemas.ids import check_place
from schemas.rows import ProjectionRecord
from schemas.settings import Settings
from schemas.topics import MAX_MESSAGE_BYTES
from streams.metrics import LAG, RETRIES
from streams.positions import HandledPositions

__all__ = ["LOG", "ROWS", "BatchLoop", "Record", "View", "event_of"]

logger = logging.getLogger(__name__)

LOG, ROWS = "log", "scoreboard-rows"

BATCH = 500
"""Records of a batch: a sink's script or insert of so many takes milliseconds."""
TICK_S = 1.0
"""How often positions are committed and the view is asked whether it is still what it was."""
BACKOFF_S = (0.1, 2.0)
"""First and longest wait for a dependency: short enough that nobody notices its restart."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it came."""

    topic: str
    partition: int
    position: int
    key: bytes | None
    value: bytes | None


def event_of(record: Record) -> Event:
    """The event of a record of `log` or `scoreboard-rows` that is no tombstone. Pure.

    Raises:
        DataError: when it does not decode, is of the other topic, or stands where another contest's belongs.
    """
    event = codec().decode(record.value or b"")
    if not isinstance(event, Event) or isinstance(event, ProjectionRecord) != (record.topic == ROWS):
        raise DecodeError(f"{type(event).__name__} does not belong into {record.topic}")
    key = record.key if record.topic == LOG else (record.key or b"").partition(b"|")[0]
    check_place(event.contest, key, record.partition)
    return event


class View(Protocol):
    """What a loop fills. Every method may raise DependencyError: the loop waits and asks for the positions again."""

    def starts(self, partitions: Sequence[int]) -> Mapping[tuple[str, int], int]:
        """The first position that the view lacks, for each topic of each of these partitions; forgets what it knew."""

    def apply(self, partition: int, records: Sequence[Record]) -> bool:
        """Apply a batch, each topic's records in order. At least once.

        Answers False when the view is not where it was: the loop asks for its positions again.
        """

    def sound(self, partitions: Collection[int]) -> Collection[int]:
        """Those of the partitions whose view is no longer where it was."""

    def forget(self, partitions: Collection[int]) -> None:
        """These partitions are another process's now."""


class BatchLoop:
    """Feeds a view from co-partitioned topics: one partition number of all topics goes to one process.

    *strict* topics have no holes in their positions: a hole that shows means that the client lost something, and the
    partition is placed anew.
    """

    def __init__(
        self, settings: Settings, group: str, topics: Sequence[str], view: View, *, strict: frozenset[str]
    ) -> None:
        self._group = group
        self._topics = list(topics)
        self._strict = strict
        self._view = view
        self._handled = HandledPositions.of(settings, group)
        self._assigned: set[int] = set()
        self._unplaced: set[int] = set()
        self._next: dict[tuple[str, int], int] = {}
        self._backoff = BACKOFF_S[0]
        self._ticked = 0.0
        self._advanced = time.monotonic()
        self._consumer = Consumer(
            settings.kafka_client()
            | {
                "group.id": group,
                "client.id": settings.instance or group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                # the same partition number of every topic goes to the same member
                "partition.assignment.strategy": "range",
                "session.timeout.ms": settings.session_timeout * 1000,
                "heartbeat.interval.ms": settings.session_timeout * 1000 // 4,
                "fetch.message.max.bytes": MAX_MESSAGE_BYTES,
                # bounds memory: the log carries sources
                "queued.max.messages.kbytes": 16_384,
                # a reload of a long contest is one batch; whoever hangs is found by `alive`, and who dies by its heartbeat
                "max.poll.interval.ms": 3_600_000,
                # a broker that was away is asked again at once
                "reconnect.backoff.max.ms": 500,
            }
        )

    @property
    def ready(self) -> bool:
        """Whether the process belongs to its group and its view answers."""
        return not self._unplaced and bool(self._assigned or self._consumer.memberid())

    @property
    def alive(self) -> bool:
        """Whether a turn or a step was taken lately; the bound is longer than either, and waiting counts as a turn."""
        return time.monotonic() - self._advanced < 60

    def working(self) -> None:
        """Have the view say that a batch which takes long gets on."""
        self._advanced = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Read until *stop* is set, then commit and leave the group."""
        self._consumer.subscribe(
            self._topics, on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )
        try:
            while not stop.is_set():
                self.working()
                if not self._unplaced or self._place():
                    self._turn()
            self._commit(asynchronous=False)
        finally:
            self._consumer.close()

    # ---- whose partitions -----------------------------------------------------------------------------------------

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assigned = {one.partition for one in partitions}
        self._unplaced = set(self._assigned)
        self._next.clear()
        consumer.assign([])  # nothing is read before the view has said from where

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._commit(asynchronous=False)
        self._view.forget({one.partition for one in partitions})
        for one in partitions:
            LAG.remove(self._group, one.topic, str(one.partition))  # its next reader tells it
        self._assigned.clear()
        self._unplaced.clear()
        self._next.clear()
        consumer.unassign()

    def _place(self) -> bool:
        """Ask the view for the positions of the partitions that have none, and read from there."""
        unplaced = sorted(self._unplaced)
        try:
            starts = dict(self._view.starts(unplaced))
            asked = [TopicPartition(topic, partition) for topic, partition in starts]
            for one in self._consumer.committed(asked, timeout=10):  # a restarting broker takes a few seconds
                starts[one.topic, one.partition] = min(starts[one.topic, one.partition], max(0, one.offset))
        except (DependencyError, KafkaException) as error:
            self._wait(error)
            return False
        self._backoff = BACKOFF_S[0]
        self._next.update(starts)
        self._unplaced.clear()
        self._consumer.assign([TopicPartition(t, p, position) for (t, p), position in self._next.items()])
        logger.info("%s reads %d partitions", self._group, len(unplaced))
        logger.debug("%s begins at %s", self._group, starts)
        return True

    def _wait(self, error: Exception) -> None:
        RETRIES.labels(self._group).inc()
        logger.warning("%s waits: %s", self._group, error)
        self._unplaced = set(self._assigned)
        self._next.clear()
        self._consumer.assign([])
        # polling keeps the membership while nothing is read
        self._consumer.poll(self._backoff)
        self._backoff = min(2 * self._backoff, BACKOFF_S[1])

    # ---- records --------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        try:
            for partition, records in self._fetch().items():
                if partition in self._unplaced:
                    continue
                if not self._view.apply(partition, records):
                    self._unplaced.add(partition)
                    continue
                self._count(records)
            if time.monotonic() - self._ticked >= TICK_S:
                self._unplaced |= set(self._view.sound(self._assigned - self._unplaced)) & self._assigned
                self._commit(asynchronous=True)
                self._ticked = time.monotonic()
        except DependencyError as error:
            self._wait(error)

    def _fetch(self) -> dict[int, list[Record]]:
        """What has come, by partition; the first record is waited for, the others are not."""
        first = self._consumer.poll(0.2)
        if first is None or self._unplaced:
            return {}
        batch: dict[int, list[Record]] = {}
        for message in [first, *self._consumer.consume(BATCH - 1, timeout=0)]:
            record = self._take(message)
            if record is not None:
                batch.setdefault(record.partition, []).append(record)
        return batch

    def _take(self, message: Message) -> Record | None:
        error = message.error()
        if error is not None:
            if error.fatal():
                raise KafkaException(error)  # nothing but another process helps
            logger.warning("%s: %s", self._group, error.str())
            return None
        topic, partition, position = message.topic(), message.partition(), message.offset()
        expected = self._next.get((topic, partition))
        if expected is None or position < expected or partition in self._unplaced:
            return None
        if position > expected and topic in self._strict:
            logger.warning("%s-%d: position %d came instead of %d", topic, partition, position, expected)
            self._unplaced.add(partition)
            return None
        self._next[topic, partition] = position + 1
        return Record(topic, partition, position, message.key(), message.value())

    def _count(self, records: Sequence[Record]) -> None:
        for record in records:
            self._handled.add(record.topic, record.partition, record.position)

    def _commit(self, *, asynchronous: bool) -> None:
        """Commit what is applied; a lower bound only, so a commit that fails costs nothing."""
        self._handled.flush()
        done = [TopicPartition(t, p, position) for (t, p), position in self._next.items() if p not in self._unplaced]
        for topic, partition in self._next:
            low, high = self._watermarks(topic, partition)
            LAG.labels(self._group, topic, str(partition)).set(max(0, high - max(low, self._next[topic, partition])))
        try:
            if done:
                self._consumer.commit(offsets=done, asynchronous=asynchronous)
        except KafkaException as error:
            logger.info("%s: not committed: %s", self._group, error)

    def _watermarks(self, topic: str, partition: int) -> tuple[int, int]:
        found: Any = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), cached=True)
        return found or (0, 0)
