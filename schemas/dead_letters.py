"""Records that no consumer of ours can use: kept with their bytes, where they came from and why."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future

from confluent_kafka import KafkaError, TopicPartition

from schemas.errors import ConfigError, DependencyError
from schemas.ids import CONTEST_PARTITIONS
from schemas.producer import Producer
from schemas.reader import consumer, fetched
from schemas.settings import Settings
from schemas.topics import MAX_MESSAGE_BYTES

__all__ = ["buried", "dead_letter"]

ROOM = 8192
"""Bytes of a record that are not its value: key, headers, framing."""

_REFUSED = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED)


SILENT_S = 30.0
"""How long nothing may come from the brokers: a restarting one is back by then."""


def dead_letter(
    producer: Producer,
    app: str,
    *,
    topic: str,
    partition: int,
    position: int,
    key: bytes | None,
    value: bytes | None,
    error: Exception,
) -> Future[int]:
    """Send a record to `dead-letters`; the future is done once the broker has it. At least once.

    Key and value stay untouched, the headers `x-dlq-…` say where the record stood, why it came here and who sent it. A
    value that leaves no room for the headers is left out: it is still at its position.
    """
    why = str(error)
    if value is not None and len(value) + len(key or b"") > MAX_MESSAGE_BYTES - ROOM:
        why, value = f"{why} (its {len(value)} bytes are too many to be copied)", b""
    headers = {
        "x-dlq-topic": topic,
        "x-dlq-partition": str(partition),
        "x-dlq-offset": str(position),
        "x-dlq-exception": type(error).__name__,
        "x-dlq-message": why[:1000],
        "x-dlq-app": app,
    }
    return producer.send("dead-letters", key, value, headers=[(name, text.encode()) for name, text in headers.items()])


def buried(settings: Settings, app: str, topic: str, stop: threading.Event) -> set[tuple[int, int]]:
    """The (partition, position) of each record of the topic that the app has sent to the dead letters. Reads them all.

    For an app that reads its topic from the beginning at each start, and so comes upon the same record again.

    Raises:
        ConfigError: when the app may not read them.
        DependencyError: when the broker does not answer, or *stop* was set meanwhile.
    """
    found = set()
    own = {"x-dlq-topic": topic.encode(), "x-dlq-app": app.encode()}
    reader = consumer(settings)
    try:
        left = set(range(CONTEST_PARTITIONS))
        reader.assign([TopicPartition("dead-letters", partition, 0) for partition in left])
        heard = time.monotonic()
        while left:
            if stop.is_set() or time.monotonic() - heard > SILENT_S:
                raise DependencyError("dead-letters: not read to the end")
            for message in fetched(reader, 500, 0.5):
                error = message.error()
                if error is None:
                    heard = time.monotonic()
                    headers = dict(message.headers() or ())
                    if own.items() <= headers.items():
                        found.add((int(headers["x-dlq-partition"]), int(headers["x-dlq-offset"])))
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                    left.discard(message.partition())
                elif error.code() in _REFUSED:
                    raise ConfigError(f"dead-letters: {error.str()}; see `podium topics acls`")
                elif error.fatal():
                    raise DependencyError(f"dead-letters: {error.str()}")
    finally:
        reader.close()
    return found
