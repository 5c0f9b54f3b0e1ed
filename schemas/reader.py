"""Reading topics by position, without a consumer group: for replay, the command line, the auditor and accounts."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.codec import Codec, codec
from schemas.errors import DecodeError, DependencyError
from schemas.ids import partition_of
from schemas.settings import Settings
from schemas.topics import MAX_MESSAGE_BYTES

__all__ = [
    "PositionReader",
    "Raw",
    "bounds",
    "consumer",
    "ends",
    "fetched",
    "read",
    "read_contest",
    "read_topic",
    "readable",
]


logger = logging.getLogger(__name__)
logger.addHandler(logging.NullHandler())  # a command says in its own line that the broker is away; a process logs it
waiting = logging.getLogger("schemas.waiting")
"""That it is waited for is said at once: half a minute of nothing looks like a hang."""


ANSWER_S = 30.0
"""How long a broker may take to say where a partition ends: a restarting one takes that."""

TOLD_S = 3.0
"""Of it, how long before somebody is told that it is waited for: longer than a broker takes that is there and busy."""

LOOK_S = 0.01
"""Between two looks at how far those who read come: the broker ends a transaction in some milliseconds."""

METADATA_S = 5.0
"""For so long a client that has just begun may not have heard of a topic's partitions, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as it lies in the topic."""

    partition: int
    position: int
    timestamp: int
    key: bytes | None
    value: bytes | None


def consumer(settings: Settings, **conf: Any) -> Consumer:
    """A librdkafka consumer for `assign`; it commits nothing unless *conf* says so. It logs as this module's logger."""
    return Consumer(
        settings.kafka_client()
        | {
            "group.id": "podium-reader",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "fetch.message.max.bytes": MAX_MESSAGE_BYTES,
            "isolation.level": "read_committed",  # an account that was written out of turn is none
            # an end is found out in 10 ms instead of half a second
            "fetch.wait.max.ms": 10,
        }
        | conf,
        logger=logger,
    )


def fetched(reader: Consumer, most: int, timeout_s: float) -> list[Message]:
    """What has come, at most so many: the first is waited for, the others are not, as `consume` alone would."""
    first = reader.poll(timeout_s)
    return [] if first is None else [first, *reader.consume(most - 1, timeout=0)]


def bounds(settings: Settings, topic: str, partition: int) -> tuple[int, int]:
    """The first position held and the position after the last.

    Raises:
        DependencyError: when the broker does not answer in 30 s, which a restarting one may take.
    """
    reader = consumer(settings)
    try:
        return _watermarks(settings, reader, topic, partition)
    finally:
        reader.close()


def ends(settings: Settings, topic: str, partitions: int) -> dict[int, int]:
    """The position behind the last record of each partition.

    Raises:
        DependencyError: when the broker does not answer.
    """
    reader = consumer(settings)
    try:
        return {partition: _watermarks(settings, reader, topic, partition)[1] for partition in range(partitions)}
    finally:
        reader.close()


def readable(settings: Settings, written: Mapping[tuple[str, int], int], timeout_s: float) -> bool:
    """Whether all who read get the records at these positions, by topic and partition, before the time is up.

    When a commit is answered, they may not yet: the broker ends a transaction in its partitions behind that (KIP-98).

    Raises:
        DependencyError: when the broker does not answer.
    """
    patient = time.monotonic() + timeout_s
    reader = consumer(settings)
    try:
        for (topic, partition), position in written.items():
            # to who reads what is committed, the broker tells the last stable position as the end
            while _watermarks(settings, reader, topic, partition)[1] <= position:
                if time.monotonic() > patient:
                    return False
                time.sleep(LOOK_S)
    finally:
        reader.close()
    return True


def _watermarks(settings: Settings, reader: Consumer, topic: str, partition: int) -> tuple[int, int]:
    patient = time.monotonic() + METADATA_S
    left = [min(TOLD_S, ANSWER_S)] + [ANSWER_S - TOLD_S] * (ANSWER_S > TOLD_S)
    while True:
        try:
            low, high = reader.get_watermark_offsets(TopicPartition(topic, partition), timeout=left[0])
        except KafkaException as error:
            unheard = error.args[0].code() == KafkaError._UNKNOWN_PARTITION  # noqa: SLF001  # its public name
            if unheard and time.monotonic() < patient:
                time.sleep(0.05)
                continue
            if not unheard and len(left) > 1:
                del left[0]
                waiting.warning(
                    "Kafka at %s does not answer yet; it is waited for, %.0f s at most", settings.kafka, left[0]
                )
                continue
            raise DependencyError(f"Kafka at {settings.kafka}: {error.args[0].str()}") from error
        return low, high


def read(
    settings: Settings,
    topic: str,
    partition: int,
    start: int = 0,
    end: int | None = None,
    *,
    follow: bool = False,
    deadline: float | None = None,
) -> Iterator[Raw]:
    """Records of a partition from *start* up to, not including, position *end* (None: what is there now).

    Stops by position, never by count; with *follow* it never stops by itself. A broker that is away is waited for.

    Raises:
        DependencyError: when the end was not reached by the *deadline* (of `time.monotonic`).
    """
    reader = consumer(settings)
    try:
        if end is None and not follow:
            end = _watermarks(settings, reader, topic, partition)[1]
        if end is not None and start >= end:
            return
        reader.assign([TopicPartition(topic, partition, start)])
        while True:
            if deadline is not None and time.monotonic() > deadline:
                raise DependencyError(f"{topic}-{partition}: could not be read in time")
            for message in fetched(reader, 500, 0.5):
                error = message.error()
                if error is not None:
                    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                        if end is not None and not follow and message.offset() >= end:
                            return
                        continue
                    if error.fatal():
                        raise DependencyError(f"{topic}: {error.str()}")
                    continue
                position = message.offset()
                if end is not None and position >= end:
                    return
                yield Raw(partition, position, message.timestamp()[1], message.key(), message.value())
                if end is not None and position + 1 >= end:
                    return
    finally:
        reader.close()


def read_topic(settings: Settings, topic: str, partitions: int) -> Iterator[Raw]:
    """Every record that a topic holds now, each partition in its order, the partitions mixed.

    Raises:
        DependencyError: when the broker does not answer.
    """
    reader = consumer(settings)
    try:
        marks = {p: _watermarks(settings, reader, topic, p)[1] for p in range(partitions)}
        ends = {p: end for p, end in marks.items() if end > 0}
        reader.assign([TopicPartition(topic, p, 0) for p in ends])
        while ends:
            for message in fetched(reader, 500, 0.5):
                error, partition, position = message.error(), message.partition(), message.offset()
                if error is None and position < ends.get(partition, 0):
                    yield Raw(partition, position, message.timestamp()[1], message.key(), message.value())
                elif error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                    if error.fatal():
                        raise DependencyError(f"{topic}: {error.str()}")
                    continue
                # compaction leaves holes: the end is reached by the last record or by the end-of-partition event
                if position + (error is None) >= ends.get(partition, 0):
                    ends.pop(partition, None)
    finally:
        reader.close()


def read_contest(
    settings: Settings,
    contest: str,
    start: int = 0,
    end: int | None = None,
    *,
    follow: bool = False,
    records: Codec | None = None,
) -> Iterator[tuple[int, Any]]:
    """(position, event) of one contest's log; other contests' records and undecodable ones are passed over."""
    decode = (records or codec()).decode
    key = contest.encode()
    for raw in read(settings, "log", partition_of(contest), start, end, follow=follow):
        if raw.key == key and raw.value is not None:
            try:
                event = decode(raw.value)
            except DecodeError:
                continue
            if event.contest == contest:
                yield raw.position, event


class PositionReader:
    """Reads single records by position, in about a millisecond near the end of a topic. Belongs to one thread.

    With librdkafka's own settings such a read takes 300 ms: it waits for more to fetch.
    """

    def __init__(self, settings: Settings) -> None:
        self._consumer = consumer(
            settings,
            **{"fetch.wait.max.ms": 10, "fetch.queue.backoff.ms": 1, "fetch.error.backoff.ms": 1},
        )

    def get(self, topic: str, partition: int, position: int, *, timeout_s: float = 30.0) -> Raw:
        """The record at exactly this position.

        Raises:
            DependencyError: when it did not come in time (a restarting broker may take most of the default), or the
                topic does not reach that far.
        """
        deadline = time.monotonic() + timeout_s
        self._consumer.assign([TopicPartition(topic, partition, position)])
        try:
            while time.monotonic() < deadline:
                message = self._consumer.poll(0.1)
                if message is None:
                    continue
                error = message.error()
                if error is None and message.offset() == position:
                    return Raw(partition, position, message.timestamp()[1], message.key(), message.value())
                if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                    break
        finally:
            self._consumer.unassign()
        raise DependencyError(f"{topic}-{partition}: no record at position {position}")

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()
