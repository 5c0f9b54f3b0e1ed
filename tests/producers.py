"""Producers of a broker that is there for long are used again."""

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from confluent_kafka import Producer as Client

from schemas import producer as module

_idle: dict[str, defaultdict[str, list[Client]]] = {}
"""By the broker's address and the producer's settings."""


class Lent:
    """librdkafka's producer; it is the next one's when its user has gone and all is sent.

    librdkafka asks for the id of an idempotent producer half a second after it was made: hundreds of tests, and the
    commands that they run, would wait for it.
    """

    def __init__(self, conf: dict[str, Any], logger: Any) -> None:
        self._idle = _idle[conf["bootstrap.servers"]][json.dumps(conf, sort_keys=True)]
        self._client = self._idle.pop() if self._idle else Client(conf, logger=logger)
        self.produce, self.poll, self.flush = self._client.produce, self._client.poll, self._client.flush

    def __del__(self) -> None:
        if not len(self._client):
            self._idle.append(self._client)


def _made(conf: dict[str, Any], logger: Any) -> Any:
    return (Lent if conf["bootstrap.servers"] in _idle else Client)(conf, logger=logger)


module.KafkaProducer = _made


@contextlib.contextmanager
def lending(address: str) -> Iterator[None]:
    """While the broker of this address is there, its producers are lent."""
    _idle[address] = defaultdict(list)
    try:
        yield
    finally:
        del _idle[address]
