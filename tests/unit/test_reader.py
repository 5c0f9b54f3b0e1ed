"""Where a partition ends is asked of a client that may have just begun; what has come is taken at once."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError, KafkaException

from schemas import reader
from schemas.errors import DependencyError
from schemas.settings import Settings


class Client:
    """A client of Kafka that does not know the topic's partitions the first times it is asked."""

    def __init__(self, unheard: int) -> None:
        self.unheard = unheard

    def get_watermark_offsets(self, *_: object, **__: object) -> tuple[int, int]:
        self.unheard -= 1
        if self.unheard >= 0:
            raise KafkaException(KafkaError(KafkaError._UNKNOWN_PARTITION))
        return 0, 7

    def close(self) -> None:
        pass


def test_partitions_that_a_client_has_not_heard_of_yet_are_asked_for_again(monkeypatch):
    monkeypatch.setattr(reader, "consumer", lambda _: Client(3))
    assert reader.bounds(Settings(), "log", 1) == (0, 7)


def test_partitions_that_there_are_not_are_an_error_in_the_end(monkeypatch):
    monkeypatch.setattr(reader, "consumer", lambda _: Client(1000))
    monkeypatch.setattr(reader, "METADATA_S", 0.1)
    with pytest.raises(DependencyError, match="Unknown partition"):
        reader.bounds(Settings(), "log", 1)


class Held:
    """A consumer that holds these records; it tells for how long it was asked to wait."""

    def __init__(self, *records):
        self.records, self.waits = list(records), []

    def poll(self, timeout):
        self.waits.append(timeout)
        return self.records.pop(0) if self.records else None

    def consume(self, most, timeout):
        self.waits.append(timeout)
        found, self.records = self.records[:most], self.records[most:]
        return found


@pytest.mark.parametrize(
    ("records", "taken", "waits"),
    [("", "", [5.0]), ("a", "a", [5.0, 0]), ("abc", "abc", [5.0, 0]), ("abcd", "abc", [5.0, 0])],
)
def test_the_first_record_is_waited_for_and_the_others_are_not(records, taken, waits):
    held = Held(*records)
    assert reader.fetched(held, 3, 5.0) == list(taken)
    assert held.waits == waits
