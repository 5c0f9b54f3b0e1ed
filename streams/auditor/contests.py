"""The contests that are to be audited, out of the log."""

from __future__ import annotations

import threading

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from schemas.codec import codec
from schemas.errors import DecodeError, DependencyError
from schemas.events import Definition, Finalized
from schemas.ids import CONTEST_PARTITIONS
from schemas.reader import consumer, fetched
from schemas.settings import Settings

__all__ = ["Contests"]

ENDS_S = 5.0
"""How long the brokers may take to say where a partition ends; short, since a stop waits for it."""


class Contests:
    """The contests that the log defines and that are not finalized."""

    def __init__(self, settings: Settings) -> None:
        # it follows the log for ever: a quiet broker is not asked each 10 ms
        self._reader = consumer(settings, **{"fetch.wait.max.ms": 100})
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
            for message in fetched(self._reader, 5000, 1.0):
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
