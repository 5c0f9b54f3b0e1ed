"""What a judge host is told on `judge-orders`: an operator's pause of it, and which packages contests want."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, Message, TopicPartition

from schemas.codec import codec
from schemas.errors import DecodeError, DependencyError
from schemas.reader import consumer, fetched
from schemas.settings import Settings
from schemas.work import HostOrdered, PackagesWanted

__all__ = ["TOPIC", "Orders"]

TOPIC = "judge-orders"

log = logging.getLogger(__name__)


class Orders(threading.Thread):
    """Reads `judge-orders` from its beginning and goes on until *stop*; `known` is set when it has come to the end.

    *ordered* is told each pause of this host and its end, *wanted* a contest and its packages, both in their order.
    *refused* gets topic, position, key and value of what is no order, and why, as Reporter.refused does. The topic is
    compacted and small. A broker that is away is waited for: what was said last holds meanwhile.
    """

    def __init__(
        self,
        settings: Settings,
        host: str,
        stop: threading.Event,
        *,
        ordered: Callable[[HostOrdered], None],
        wanted: Callable[[PackagesWanted], None],
        refused: Callable[[str, int, bytes | None, bytes, str], None],
    ) -> None:
        super().__init__(name="orders", daemon=True)
        self._settings, self._host, self._stop_event = settings, host, stop
        self._ordered, self._wanted, self._refused = ordered, wanted, refused
        self.known = threading.Event()

    def run(self) -> None:
        """Read until told to stop.

        Raises:
            DependencyError: when the client cannot go on: nothing would be heard any more.
        """
        # an order ends a fetch at once; for as long as this the topic's end is not known, and a quiet broker is left alone
        reader = consumer(self._settings, **{"fetch.wait.max.ms": 100})
        try:
            reader.assign([TopicPartition(TOPIC, 0, 0)])
            while not self._stop_event.is_set():
                for message in fetched(reader, 100, 0.5):
                    error = message.error()
                    if error is None:
                        self._apply(message)
                    elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                        self.known.set()
                    elif error.fatal():
                        raise DependencyError(f"{TOPIC}: {error.str()}")
        finally:
            reader.close()

    def _apply(self, message: Message) -> None:
        value, position = message.value(), message.offset() or 0
        if value is None:
            return
        try:
            record: Any = codec().decode(value)
            if not isinstance(record, HostOrdered | PackagesWanted):
                raise DecodeError(f"a {type(record).__name__} is no order")
        except DecodeError as error:
            log.error("position %d of %s is no order: %s", position, TOPIC, error)
            self._refused(TOPIC, position, message.key(), value, str(error))
            return
        match record:
            case HostOrdered(host=self._host):
                self._ordered(record)
            case PackagesWanted():
                self._wanted(record)
