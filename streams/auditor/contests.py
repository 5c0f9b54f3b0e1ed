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
    """The contests that the log defines and that may still change: until their end of updates, which is told by `over`."""

    def __init__(self, settings: Settings) -> None:
        # it follows the log for ever: a quiet broker is not asked each 10 ms
        self._reader = consumer(settings, **{"fetch.wait.max.ms": 100})
        self._next = dict.fromkeys(range(CONTEST_PARTITIONS), 0)
        self._reader.assign([TopicPartition("log", partition, 0) for partition in self._next])
        self._defined: set[str] = set()
        self._finalized: set[str] = set()
        self._closing: set[str] = set()
        self._over: set[str] = set()
        self._turn = ""

    def active(self, stop: threading.Event) -> list[str]:
        """Read on to where the log ends at the call, or until *stop* is set, and tell them.

        Of the finalized ones one at a time, in turn: those that run do not wait for all that ever were.

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
        return [*sorted(self._defined - self._finalized), *self._next_finalized()]

    def over(self, contest: str) -> bool:
        """An audit has compared all of the contest behind its end of updates, and no difference. With a second one it leaves; whether it has."""
        if contest in self._closing:
            self._over.add(contest)
        self._closing.add(contest)
        return contest in self._over

    def _next_finalized(self) -> list[str]:
        waiting = sorted((self._defined & self._finalized) - self._over)
        if waiting:
            self._turn = next((contest for contest in waiting if contest > self._turn), waiting[0])
        return [self._turn] if waiting else []

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
