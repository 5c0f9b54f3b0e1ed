"""The judges' queue behind one small interface: two Kafka share groups, live before bulk.

The client still calls its share consumer a preview; no promise rests on it. The dispatcher's table keeps what is
outstanding, and dispatches again what shows no progress.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from confluent_kafka import AcknowledgeType, KafkaException, Message, ShareConsumer

from schemas.errors import DependencyError
from schemas.settings import Settings
from schemas.topics import JUDGE_GROUPS, LANES, MAX_MESSAGE_BYTES

__all__ = ["ShareQueue", "Taken", "TaskQueue"]

_POLL_INTERVAL_MS = 3_600_000
"""A slot polls again only after a judging, and no judging takes an hour."""

_LIVE_WAIT_S = 0.05
_BULK_WAIT_S = 0.01
"""A live task waits at most for a look into an empty bulk lane; a bulk task at most for a look into the live one."""

_FETCH_WAIT_MS = 40
"""How long a look into an empty lane goes on at the broker after the client has turned away.

A task that comes in that time is handed to a slot that may be busy by then with one of the other lane, and waits for
the dispatcher to miss it: the default of half a second would make that common.
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A task in this slot's hands: its lane, position and bytes, and what the queue needs to let go of it."""

    lane: str
    position: int
    key: bytes | None
    value: bytes
    receipt: Any


class TaskQueue(Protocol):
    """One slot's end of the queue. A task that is neither done nor released goes to another slot when this one dies."""

    def take(self, timeout_s: float) -> Taken | None:
        """A task, live before bulk; None when none came in time."""

    def done(self, taken: Taken) -> None:
        """The task will not come again. Called after its finished report is in Kafka."""

    def release(self, taken: Taken) -> None:
        """Another slot may have the task at once."""

    def close(self) -> None:
        """Let go of everything."""


class ShareQueue:
    """TaskQueue on share groups: a consumer a lane, one record a poll. Belongs to one thread.

    One record a poll, and one a batch at the producer: the client acquires whole batches, has to give back what it
    cannot do, and the broker throws a record away after five such deliveries.
    """

    def __init__(self, settings: Settings, lanes: Collection[str] = tuple(LANES)) -> None:
        """*lanes*: those that the slot takes tasks of; live is one of them."""
        self._consumers: dict[str, ShareConsumer] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the client warns that share consumers are a preview: see above
            for lane in lanes:
                consumer = ShareConsumer(
                    settings.kafka_client()
                    | {
                        "group.id": JUDGE_GROUPS[lane],
                        "max.poll.records": 1,
                        "share.acknowledgement.mode": "explicit",
                        "max.poll.interval.ms": _POLL_INTERVAL_MS,
                        "fetch.message.max.bytes": MAX_MESSAGE_BYTES,
                        "fetch.wait.max.ms": _FETCH_WAIT_MS,
                        "reconnect.backoff.max.ms": 1000,
                        "reconnect.backoff.ms": 250,
                        "log_level": 3,  # a warning at each start that the client is a preview helps nobody
                    }
                )
                consumer.subscribe([LANES[lane]])
                self._consumers[lane] = consumer

    def take(self, timeout_s: float) -> Taken | None:
        """See TaskQueue. Broker errors are waited out: the client reconnects by itself."""
        deadline = time.monotonic() + timeout_s
        while True:
            if live := self._look("live", _LIVE_WAIT_S):
                return live
            if "bulk" in self._consumers and (bulk := self._look("bulk", _BULK_WAIT_S)):
                # the look into the live lane before may still bring something: this slot would sit on it
                if live := self._look("live", _LIVE_WAIT_S):
                    self.release(bulk)
                    return live
                return bulk
            if time.monotonic() >= deadline:
                return None

    def _look(self, lane: str, wait: float) -> Taken | None:
        message = self._poll(lane, wait)
        if message is None:
            return None
        return Taken(lane, message.offset() or 0, message.key(), message.value() or b"", message)

    def _poll(self, lane: str, wait: float) -> Message | None:
        try:
            messages = list(self._consumers[lane].poll(wait))
        except KafkaException as error:
            if error.args and error.args[0].fatal():
                raise DependencyError(f"{LANES[lane]}: {error.args[0].str()}") from error
            return None
        good = [m for m in messages if m.error() is None]
        for extra in good[1:]:  # cannot be, with one record a poll; given back all the same
            self._consumers[lane].acknowledge(extra, AcknowledgeType.RELEASE)
        return good[0] if good else None

    def done(self, taken: Taken) -> None:
        """See TaskQueue. Idempotent; an acknowledgement that is lost costs a second judging, which counts nothing."""
        self._settle(taken, AcknowledgeType.ACCEPT)

    def release(self, taken: Taken) -> None:
        """See TaskQueue. Counts as one of the five deliveries that the broker allows."""
        self._settle(taken, AcknowledgeType.RELEASE)

    def _settle(self, taken: Taken, kind: AcknowledgeType) -> None:
        consumer = self._consumers[taken.lane]
        try:
            consumer.acknowledge(taken.receipt, kind)
            consumer.commit_sync(10.0)  # a broker restart takes a few seconds; later the lock has gone anyway
        except KafkaException as error:
            if error.args and error.args[0].fatal():
                raise DependencyError(f"{LANES[taken.lane]}: {error.args[0].str()}") from error

    def close(self) -> None:
        """See TaskQueue."""
        for consumer in self._consumers.values():
            consumer.close()
