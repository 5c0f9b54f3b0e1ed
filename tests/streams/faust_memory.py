"""The repaired consumer over a broker held in memory: the class is the real one, only the Kafka client is not."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from aiokafka.structs import ConsumerRecord
from faust.types import TP

from schemas.settings import Settings
from streams._faust import make_app
from streams._faust.consumer import Consumer
from streams.positions import HandledPositions

TP0, TP1 = TP("log", 0), TP("log", 1)


class Memory:
    """Two partitions of the log, as a Kafka client sees them."""

    def __init__(self) -> None:
        self.records: dict[TP, list[int]] = {TP0: list(range(10)), TP1: list(range(10))}
        self.at: dict[TP, int] = {TP0: 0, TP1: 0}
        self.committed: dict[TP, int] = {}
        self.seeks: list[tuple[TP, int]] = []
        self.share = 3
        self.value: bytes | None = b"v"

    async def beginning_offsets(self, tps: list[TP]) -> dict[TP, int]:
        return {tp: next(iter(self.records[tp]), 0) for tp in tps}

    async def end_offsets(self, tps: list[TP]) -> dict[TP, int]:
        return {tp: self.records[tp][-1] + 1 for tp in tps}

    def seek(self, tp: TP, offset: int) -> None:
        self.seeks.append((tp, offset))
        self.at[tp] = offset

    def fetch(self, count: int) -> dict[TP, list[ConsumerRecord[Any, Any]]]:
        found = {}
        for tp, offsets in self.records.items():
            here = [o for o in offsets if o >= self.at[tp]][:count]
            if here:
                self.at[tp] = here[-1] + 1
                found[tp] = [
                    ConsumerRecord(tp.topic, tp.partition, o, 0, 0, b"k", self.value, None, 1, 1, ()) for o in here
                ]
        return found


class Subject(Consumer):
    """The repaired consumer, its Kafka client replaced by `Memory`."""

    memory: Memory

    @property
    def _kafka(self) -> Any:
        return self.memory

    async def _in_thread(self, call: Any) -> Any:
        return await call

    def assignment(self) -> set[TP]:
        return {TP0, TP1}

    def highwater(self, tp: TP) -> int:
        return 0

    async def seek_to_committed(self) -> dict[TP, Any]:
        for tp, offset in self.memory.committed.items():
            self.memory.at[tp] = offset
        return {tp: self.memory.committed.get(tp) for tp in (TP0, TP1)}

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        return self.memory.fetch(self.memory.share)

    async def _commit(self, offsets: Any) -> bool:
        self.memory.committed.update(offsets)
        return True


async def _nothing(*_: Any) -> None:
    pass


@asynccontextmanager
async def memory_consumer(tmp_path):
    """The consumer of an app that owns both partitions and has sought to their starts."""
    settings = Settings(home=tmp_path, instance="counter-1")
    app = make_app(settings, "counter", source_topics=["log"])
    app.finalize()
    app.loop = asyncio.get_running_loop()
    app.consumer_generation_id = 1
    app.flow_control.resume()
    app.topics._acking_topics.add("log")
    app.positions = HandledPositions("counter", tmp_path / "handled.log")
    subject = Subject(app.transport, callback=_nothing, on_partitions_revoked=_nothing, on_partitions_assigned=_nothing)
    subject.memory = Memory()
    app._consumer = subject
    app._producer = SimpleNamespace(flush=_nothing)
    app.outbox = SimpleNamespace(delivered=_nothing)
    await subject.on_partitions_assigned({TP0, TP1}, 1)
    await subject.perform_seek()
    yield subject
    subject._thread.thread_loop.close()


async def take(consumer: Subject) -> dict[TP, list[Any]]:
    """What one fetch hands to the streams."""
    handed: dict[TP, list[Any]] = defaultdict(list)
    async for tp, message in consumer.getmany(1.0):
        consumer.track_message(message)
        handed[tp].append(message)
    return handed


def finish(consumer: Subject, message: Any, *, handled: bool = True) -> bool:
    """A handler takes the message and returns; then Faust acknowledges it, as it always does."""
    counted = consumer.begin(message) and consumer.end(message, handled=handled)
    consumer.ack(message)
    return counted
