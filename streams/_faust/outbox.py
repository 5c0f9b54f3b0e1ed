"""What an app writes beside the log: its tables' changes, its rows. The next event need not wait for them, a commit does.

Everything happens in the event loop's thread. A thread that waits for the broker's answers, as `schemas.producer` has
one, takes the interpreter away from the handler for each of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from typing import Any, NamedTuple

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

HELD_S = 0.01
"""For so long at most a record is held back while more events are at hand: records go together then, which takes a fifth of
the broker's work from it at 400 runs a second, and those events wait for longer anyway."""

LARGE = 1 << 16
"""Bytes of a record that is handed on at once: the broker may never take it, and whoever sends it hears of that."""

MOST = 5000
"""Records on their way at a time: a thaw of thousands of teams must not fill the producer's queue."""

TAKES = 20 * MOST
"""As many as the producer's queue has room for by default."""

LOOK_S = 0.001
"""How often whoever waits looks for the broker's answers."""

log = logging.getLogger(__name__)


class _Sending(NamedTuple):
    """A record as the producer takes it."""

    topic: str
    key: str | bytes
    value: bytes | None
    partition: int
    headers: list[tuple[str, bytes]]


class Outbox:
    """Sends records, in order within a partition. What does not arrive ends the process: nothing may be committed behind it.

    No record is ever given up, and none comes behind one that is missing. Belongs to the event loop's thread.
    """

    def __init__(self, settings: Settings) -> None:
        self._codec = codec()
        self._producer = KafkaProducer(producer_conf(settings, timeout_s=0) | {"linger.ms": LINGER_MS}, logger=log)
        self._held: deque[_Sending] = deque()
        self._due: asyncio.TimerHandle | None = None
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
        """Send a record (or raw bytes, or None for a tombstone); it is held for `HELD_S` at most, until `hand_over`.

        Raises:
            DependencyError: when too many are on their way.
            DataError: for what the broker will never take.
        """
        if self._waiting >= TAKES:
            self._producer.poll(0)
            raise DependencyError(f"{topic}: {self._waiting} records are on their way to the broker")
        value = record if isinstance(record, bytes) or record is None else self._codec.encode(record)
        sending = _Sending(topic, key, value, partition, headers or [])
        if value is not None and len(value) > LARGE:
            self.hand_over()
            if not self._held:
                self._produce_large(sending)
                return
        self._held.append(sending)
        self._count(sending)
        self._hand_over_soon()

    def hand_over(self) -> None:
        """Hand the producer what is held, as no other event is at hand. What it has no room for is held on."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        try:
            while self._held:
                self._produce(self._held[0])
                self._held.popleft()
        except BufferError:
            self._producer.poll(0)  # what has been answered makes room
            self._hand_over_soon()
        except KafkaException as error:  # of a small record: no broker refuses it, the producer itself has failed
            end_process(f"a record of {self._held[0].topic} did not reach the broker: {error}")

    def _hand_over_soon(self) -> None:
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(HELD_S, self.hand_over)

    def _produce(self, sending: _Sending) -> None:
        topic, key, value, partition, headers = sending
        self._producer.produce(
            topic, value=value, key=key, partition=partition, on_delivery=self._answered, headers=headers
        )

    def _produce_large(self, sending: _Sending) -> None:
        try:
            self._produce(sending)
        except KafkaException as error:
            raise failure(sending.topic, error.args[0]) from error
        except BufferError as error:
            self._producer.poll(0)
            raise DependencyError(f"{sending.topic}: {error}") from error
        self._count(sending)

    def _count(self, sending: _Sending) -> None:
        self._sent[sending.topic, sending.partition] += 1
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
            self.hand_over()
            await asyncio.sleep(LOOK_S)
            self._producer.poll(0)

    async def delivered(self) -> None:
        """Wait until the broker has every record that was sent so far."""
        self.hand_over()
        self._producer.poll(0)
        for where, count in list(self._sent.items()):
            while self._arrived[where] < count:
                await asyncio.sleep(LOOK_S)
                self._producer.poll(0)

    def close(self) -> None:
        """Wait for what is on its way (10 s: what a broker restart may cost)."""
        self._producer.flush(10)
