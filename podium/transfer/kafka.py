"""A contest in Kafka's log: its records, to be exported, and where exported ones are appended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future

from confluent_kafka import KafkaError, TopicPartition

from podium.interrupts import uninterrupted
from podium.transfer.file import Stored
from podium.transfer.take_in import Held
from schemas.codec import Codec, codec
from schemas.errors import DataError, DependencyError
from schemas.ids import partition_of
from schemas.imported import Imported, imported_of
from schemas.producer import Producer
from schemas.reader import bounds, consumer, fetched, read
from schemas.settings import Settings

__all__ = ["KafkaTarget", "stored"]

TOLD_EVERY = 5000
"""Positions between two words of progress: a bar need not move more often."""


def stored(
    settings: Settings, contest: str, progress: Callable[[int, int], None] = lambda *_: None
) -> Iterator[Stored]:
    """The contest's records as they lie in the log now, in single-object encoding.

    Args:
        settings: where the log is.
        contest: its id.
        progress: told positions read, of how many.

    Raises:
        DataError: when the beginning of the log is gone.
        DependencyError: when the broker does not answer.
    """
    partition, key, neutral = partition_of(contest), contest.encode(), codec().neutral
    low, end = bounds(settings, "log", partition)
    if low > 0:
        raise DataError(f"the log's partition {partition} begins at {low}: what is gone cannot be exported")
    for raw in read(settings, "log", partition, 0, end):
        if raw.position % TOLD_EVERY == 0:
            progress(raw.position, end)
        if raw.key == key:
            yield Stored(raw.position, raw.timestamp, None if raw.value is None else neutral(raw.value))
    progress(end, end)


class KafkaTarget:
    """A contest's partition of the log, to take an exported contest in."""

    def __init__(self, settings: Settings, contest: str, producer: Producer) -> None:
        self.codec: Codec = codec()
        self._settings, self._contest, self._producer = settings, contest, producer
        self._partition = partition_of(contest)

    def held(self) -> Iterator[Held]:
        """The contest's records, with what their headers say.

        Raises:
            DependencyError: when the broker does not answer.
        """
        end, key = bounds(self._settings, "log", self._partition)[1], self._contest.encode()
        reader = consumer(self._settings)
        try:
            reader.assign([TopicPartition("log", self._partition, 0)])
            at = 0
            while at < end:
                for message in fetched(reader, 5000, 0.5):
                    error = message.error()
                    if error is not None:
                        if error.fatal():
                            raise DependencyError(f"log: {error.str()}")
                        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                            at = max(at, message.offset())
                        continue
                    at = message.offset() + 1
                    if at <= end and message.key() == key:
                        yield Held(at - 1, message.value(), imported_of(message.headers()))
        finally:
            reader.close()

    def send(self, value: bytes | None, timestamp: int, said: Imported) -> Future[int]:
        """Append a record with the time at which Kafka first took it."""
        with uninterrupted():
            return self._producer.send(
                "log", self._contest, value, partition=self._partition, headers=said.headers(), timestamp=timestamp
            )
