"""What an app writes beside the log: its tables' changes, its rows. The next event need not wait for them, a commit does.

Everything happens in the event loop's thread. A thread that waits for the broker's answers, as `schemas.producer` has
one, takes the interpreter away from the handler for each of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import Producer as KafkaProducer

from schemas.codec import codec
from schemas.errors import DependencyError
from schemas.producer import failure, producer_conf
from schemas.settings import Settings
from streams._faust.watchdog import end_process

__all__ = ["Outbox"]

LINGER_MS = 2
"""For so long a record waits for others to go with: a small part of a judgement's way to the board."""

MOST = 5000
"""Records on their way at a time: a thaw of thousands of teams must not fill the producer's queue."""

LOOK_S = 0.001
"""How often whoever waits looks for the broker's answers."""

log = logging.getLogger(__name__)


class Outbox:
    """Sends records, in order within a partition. What does not arrive ends the process: nothing may be committed behind it.

    No record is ever given up, and none comes behind one that is missing. Belongs to the event loop's thread.
    """

    def __init__(self, settings: Settings) -> None:
        self._codec = codec()
        self._producer = KafkaProducer(producer_conf(settings, timeout_s=0) | {"linger.ms": LINGER_MS}, logger=log)
        self._sent: Counter[tuple[str, int]] = Counter()
        self._arrived: Counter[tuple[str, int]] = Counter()
        self._waiting = 0

    @property
    def full(self) -> bool:
        """Whether so many records are on their way that the next ones should wait for `room`."""
        return self._waiting >= MOST

    def send(
        self,
        topic: str,
        key: str | bytes,
        record: Any,
        *,
        partition: int,
        headers: list[tuple[str, bytes]] | None = None,
    ) -> None:
        """Hand a record (or raw bytes, or None for a tombstone) to the producer.

        Raises:
            DependencyError: when it takes no more.
            DataError: for what the broker will never take.
        """
        value = record if isinstance(record, bytes) or record is None else self._codec.encode(record)
        try:
            self._producer.produce(
                topic, value=value, key=key, partition=partition, on_delivery=self._answered, headers=headers or []
            )
        except KafkaException as error:
            raise failure(topic, error.args[0]) from error
        except BufferError as error:
            self._producer.poll(0)
            raise DependencyError(f"{topic}: {error}") from error
        self._sent[topic, partition] += 1
        self._waiting += 1

    def _answered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            end_process(f"a record of {message.topic()} did not reach the broker: {error.str()}")
        self._arrived[message.topic(), message.partition()] += 1
        self._waiting -= 1

    async def room(self) -> None:
        """Take the broker's answers, and wait while too many records are on their way."""
        self._producer.poll(0)
        while self.full:
            await asyncio.sleep(LOOK_S)
            self._producer.poll(0)

    async def delivered(self) -> None:
        """Wait until the broker has every record that was sent so far."""
        self._producer.poll(0)
        for where, count in list(self._sent.items()):
            while self._arrived[where] < count:
                await asyncio.sleep(LOOK_S)
                self._producer.poll(0)

    def close(self) -> None:
        """Wait for what is on its way (10 s: what a broker restart may cost)."""
        self._producer.flush(10)
