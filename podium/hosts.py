"""The judge hosts as they say themselves, each second, on `judge-reports`."""

from __future__ import annotations

import time
from collections.abc import Iterator

from confluent_kafka import KafkaException, TopicPartition

from judge.reports import TOPIC
from schemas.codec import codec
from schemas.errors import DecodeError, DependencyError
from schemas.reader import ANSWER_S, Raw, consumer, read
from schemas.settings import Settings
from schemas.work import HostReported

__all__ = ["SILENT_S", "hosts"]

SILENT_S = 10
"""A host reports each second; one that has said nothing for so long is gone, for the queue as well."""


def hosts(settings: Settings) -> dict[str, HostReported]:
    """The last report of each host that lives, by name.

    Raises:
        DependencyError: when the broker does not answer.
    """
    since = _since(settings, SILENT_S)
    found: dict[str, HostReported] = {}
    for report in _reported(read(settings, TOPIC, 0, since, deadline=time.monotonic() + ANSWER_S)):
        found[report.host] = report
    return {name: report for name, report in sorted(found.items()) if report.slots}


def _reported(raws: Iterator[Raw]) -> Iterator[HostReported]:
    for raw in raws:
        try:
            record = codec().decode(raw.value or b"")
        except DecodeError:
            continue  # the queue buries it
        if isinstance(record, HostReported):
            yield record


def _since(settings: Settings, seconds: float) -> int:
    """The first position of what was said in the last so many seconds; the topic's end where nothing was."""
    reader = consumer(settings)
    try:
        at = TopicPartition(TOPIC, 0, int((time.time() - seconds) * 1000))
        (found,) = reader.offsets_for_times([at], timeout=ANSWER_S)
        offset: int = found.offset
        return offset if offset >= 0 else reader.get_watermark_offsets(TopicPartition(TOPIC, 0), timeout=ANSWER_S)[1]
    except KafkaException as error:
        raise DependencyError(f"Kafka at {settings.kafka}: {error.args[0].str()}") from error
    finally:
        reader.close()
