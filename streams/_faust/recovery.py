"""Recovery of tables at the speed of a plain consumer: a killed worker goes on within seconds, not minutes.

Faust recovers some thousand changelog records a second, and waits for ever where the last record of a partition has been
compacted away (upstream issue 597). Here the changelog is read up to its end before Faust looks: it finds nothing left.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from faust.tables.manager import TableManager as FaustTableManager
from faust.tables.recovery import Recovery as FaustRecovery
from faust.types import TP

from schemas.reader import consumer as kafka_consumer
from schemas.reader import fetched
from schemas.settings import Settings
from streams._faust.metrics import TABLE_DROPPED

__all__ = ["Recovery", "TableManager"]

BATCH = 2000
"""Records that are decoded in a thread and applied in one go: some milliseconds each."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Message:
    partition: int
    value: bytes | None


@dataclass(frozen=True, slots=True)
class _Change:
    """A changelog record with what tables and stores ask of Faust's events."""

    position: int
    key: Any
    value: Any
    headers: dict[str, bytes]
    message: _Message


class Recovery(FaustRecovery):  # type: ignore[misc]  # Faust ships no types that mypy may follow
    """Faust's recovery, with the changelogs of active partitions read ahead of it."""

    async def _build_offsets(self, consumer: Any, tps: set[TP], destination: Any, title: str) -> None:
        await super()._build_offsets(consumer, tps, destination, title)
        if title == "active":
            ends = self.active_highwaters
            await self._read_ahead({tp for tp in tps if ends.get(tp, -1) > destination[tp]}, destination)

    async def _read_ahead(self, tps: set[TP], offsets: Any) -> None:
        """Apply what the changelogs hold behind *offsets*, and move these. What fails is left to Faust."""
        if not tps:
            return
        reader = await asyncio.to_thread(_open, self.app.settings, {tp: offsets[tp] + 1 for tp in tps})
        try:
            left = set(tps)
            while left:
                changes, ended, unreadable = await asyncio.to_thread(_take, reader)
                for tp in unreadable:
                    TABLE_DROPPED.labels(self.app.conf.id, self.tp_to_table[tp].name, "unreadable").inc()
                for tp in left & changes.keys():
                    self.tp_to_table[tp].apply_changelog_batch(changes[tp])
                    offsets[tp] = changes[tp][-1].position
                for tp in left & ended:
                    offsets[tp] = max(offsets[tp], self.active_highwaters[tp])
                left = {tp for tp in left if offsets[tp] < self.active_highwaters[tp]}
        except KafkaException as error:
            log.warning("no reading ahead: %s", error)
        finally:
            asyncio.get_running_loop().run_in_executor(None, reader.close)


def _open(settings: Settings, starts: dict[TP, int]) -> Consumer:
    reader = kafka_consumer(settings)
    reader.assign([TopicPartition(tp.topic, tp.partition, start) for tp, start in starts.items()])
    return reader


def _take(reader: Consumer) -> tuple[dict[TP, list[_Change]], set[TP], list[TP]]:
    """A batch, decoded, the partitions whose end was met, and the partition of each record that does not decode.

    Such a record is dropped: what the key had before holds. A table that cannot be recovered would stop the app for ever;
    what is wrong in one, the auditor finds.
    """
    changes: dict[TP, list[_Change]] = {}
    ended, unreadable = set(), []
    for message in fetched(reader, BATCH, 0.5):
        tp, error = TP(message.topic(), message.partition()), message.error()
        if error is None:
            try:
                change = _change(message)
            except ValueError as wrong:
                log.error("%s %s: the change at %s is dropped: %s", *tp, message.offset(), wrong)
                unreadable.append(tp)
            else:
                changes.setdefault(tp, []).append(change)
        elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
            ended.add(tp)
        elif error.fatal():
            raise KafkaException(error)
    return changes, ended, unreadable


def _change(message: Any) -> _Change:
    value = message.value()
    return _Change(
        message.offset(),
        orjson.loads(message.key()),
        None if value is None else orjson.loads(value),
        _headers(message.headers() or ()),
        _Message(message.partition(), value),
    )


def _headers(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, bytes]:
    return {name: value or b"" for name, value in headers}


class TableManager(FaustTableManager):  # type: ignore[misc]  # as above
    """Faust's table manager with this recovery."""

    _recovery: Recovery | None = None

    @property
    def recovery(self) -> Recovery:
        """The recovery service, made when first asked for."""
        if self._recovery is None:
            self._recovery = Recovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
