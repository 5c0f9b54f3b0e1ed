"""Where a partition ends is asked of a client that may have just begun."""

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
