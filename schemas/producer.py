"""Appending to topics: an idempotent producer whose answers are futures, for threads and for event loops alike."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any, Self

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import Producer as KafkaProducer

from schemas.codec import Codec, codec
from schemas.errors import DataError, DependencyError, PodiumError, ProduceTimeoutError
from schemas.events import Event
from schemas.ids import CONTEST_PARTITIONS, partition_of
from schemas.settings import Settings
from schemas.topics import MAX_MESSAGE_BYTES

__all__ = ["Producer", "failure", "producer_conf"]

_REFUSED = frozenset(
    {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE, KafkaError.INVALID_MSG, KafkaError.INVALID_RECORD}
)
"""What will be refused again however often it is sent."""


logger = logging.getLogger(__name__)
logger.addHandler(logging.NullHandler())  # a command says in its own line that the broker is away; a process logs it


def producer_conf(settings: Settings, *, timeout_s: float) -> dict[str, Any]:
    """Librdkafka's settings of an idempotent producer; *timeout_s* 0: no record is ever given up. Pure."""
    return settings.kafka_client() | {
        "acks": "all",
        "enable.idempotence": True,
        "linger.ms": 0,
        "compression.type": "lz4",
        "partitioner": "murmur2_random",
        "message.max.bytes": MAX_MESSAGE_BYTES,
        # how long a caller waits before it is told "may have been accepted"
        "delivery.timeout.ms": int(timeout_s * 1000),
        # a broker that was away is asked again at once: a POST waits for it
        "reconnect.backoff.max.ms": 500,
        "socket.nagle.disable": True,
    }


class Producer:
    """Appends records and tells where they went, once the broker has them (`acks=all`, idempotent).

    At least once: after a ProduceTimeoutError the record may or may not be in the topic.
    Use as a context manager, or call `close`.
    """

    def __init__(
        self, settings: Settings, *, timeout_s: float = 30.0, single: bool = False, records: Codec | None = None
    ) -> None:
        """Make a producer.

        *timeout_s* 0: no record is ever given up, and so none comes into the log behind one that does not. *single* puts
        each record into a batch of its own, which the judges' share groups need.
        """
        conf = producer_conf(settings, timeout_s=timeout_s)
        if single:
            conf |= {"compression.type": "none", "batch.num.messages": 1}
        self._codec = records or codec()
        self._producer = KafkaProducer(conf, logger=logger)
        self._closed = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="producer", daemon=True)
        self._poller.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _poll(self) -> None:
        while not self._closed.is_set():
            self._producer.poll(0.1)

    def send(
        self,
        topic: str,
        key: str | bytes | None,
        record: Any,
        *,
        partition: int | None = None,
        headers: list[tuple[str, bytes]] | None = None,
        timestamp: int | None = None,
    ) -> Future[int]:
        """Hand a record (or raw bytes, or None for a tombstone) to the broker; the future gives its offset.

        Without a *partition*, murmur2 of the key chooses it; without a *timestamp* (ms) the record has the time. The future raises ProduceTimeoutError when the broker did
        not acknowledge in time, DataError when it will never take this record, and DependencyError else.
        """
        answer: Future[int] = Future()
        value = record if isinstance(record, bytes) or record is None else self._codec.encode(record)

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is None:
                answer.set_result(message.offset())
            else:
                answer.set_exception(failure(topic, error))

        extra: dict[str, Any] = {} if partition is None else {"partition": partition}
        if headers:
            extra["headers"] = headers
        if timestamp is not None:
            extra["timestamp"] = timestamp
        try:
            self._producer.produce(topic, value=value, key=key, on_delivery=delivered, **extra)
        except KafkaException as error:
            answer.set_exception(failure(topic, error.args[0]))
        except BufferError as error:
            answer.set_exception(DependencyError(f"{topic}: {error}"))
        return answer

    def append(self, event: Event) -> Future[int]:
        """Append an event to its contest's partition of the log; the future gives its position."""
        return self.send("log", event.contest, event, partition=partition_of(event.contest, CONTEST_PARTITIONS))

    async def append_async(self, event: Event) -> int:
        """`append`, awaited."""
        return await asyncio.wrap_future(self.append(event))

    def append_all(self, events: Iterable[Event]) -> list[int]:
        """Append events of one contest in order and wait for all: their positions."""
        return [future.result() for future in [self.append(event) for event in events]]

    def close(self) -> None:
        """Wait for what is on its way (10 s: what a broker restart may cost), then stop. Idempotent."""
        if not self._closed.is_set():
            self._producer.flush(10)
            self._closed.set()
            self._poller.join()


def failure(topic: str, error: KafkaError) -> PodiumError:
    """What a record of the topic that could not be sent raises. Pure."""
    if error.code() in (KafkaError._MSG_TIMED_OUT, KafkaError._TIMED_OUT):  # noqa: SLF001  # their public names
        return ProduceTimeoutError(f"{topic}: the broker did not acknowledge in time")
    if error.code() in _REFUSED:
        return DataError(f"{topic}: {error.str()}")
    return DependencyError(f"{topic}: {error.str()}")
