"""Faust tables whose recovery ignores what a member wrote after it had lost the partition."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import faust
import orjson
from faust.types import TP

from schemas.errors import DataError, PodiumError
from streams._faust.metrics import TABLE_DROPPED
from streams._faust.watchdog import end_process
from streams.changelog import TERM, Held, held, too_late
from streams.refold import Progress

__all__ = ["NoLongerOwnerError", "PositionTable"]


class NoLongerOwnerError(PodiumError):
    """A handler writes to a table after its partition has gone to another member; what it did is done again there."""


class PositionTable(faust.Table):  # type: ignore[misc]  # Faust ships no types that mypy may follow
    """An in-memory table with a compacted changelog. Every value carries the position that it has applied.

    A member that was stopped (a long pause, a frozen machine) may write after another has taken over. Recovery drops
    such records, by two rules:

    - Each record carries the *term* of its writer, which grows with every rebalance: once a record of a later term is
      in the changelog, those of an earlier one behind it are dropped, tombstones included.
    - Where *position_of* is given, a value that has applied less than the one held is dropped.

    Between the takeover and the new owner's first write the late records are what the new owner is about to compute
    again: it starts from the committed offset, and a commit waits for the changelog.
    """

    def __init__(self, app: Any, *args: Any, position_of: Callable[[Any], int] | None = None, **kwargs: Any) -> None:
        super().__init__(app, *args, **kwargs)
        self._position_of = position_of
        self._generation = 0
        self._seen: dict[int, int] = {}
        self._terms: dict[int, int] = {}

    def info(self) -> dict[str, Any]:
        """What a clone of the table is made from."""
        return {**super().info(), "position_of": self._position_of}

    # ---- writing ------------------------------------------------------------------------------------------------

    def on_key_set(self, key: Any, value: Any) -> None:
        """Send the change, and remember the key's partition: it leaves memory together with that.

        Raises:
            NoLongerOwnerError: when the event at work was fetched before the last rebalance.
            DependencyError: when too many changes are on their way; nothing has changed.
            TypeError: for a value that has no JSON.
        """
        partition = self._partition_at_work()
        self._send(partition, key, orjson.dumps(value))
        self.data._key_partition[key] = partition  # noqa: SLF001  # filled by recovery only

    def on_key_del(self, key: Any) -> None:
        """Send the removal.

        Raises:
            NoLongerOwnerError, DependencyError: as above.
        """
        self._send(self._partition_at_work(), key, None)
        self.data._key_partition.pop(key, None)  # noqa: SLF001  # as above

    def _partition_at_work(self) -> int:
        """The partition of the event that is being handled: its changes go to the changelog's partition of that number."""
        event = faust.current_event()
        assert event is not None
        if event.message.generation_id != self.app.consumer_generation_id:
            raise NoLongerOwnerError(f"table {self.name}: partition {event.message.partition} has been revoked")
        return int(event.message.partition)

    def _send(self, partition: int, key: Any, value: bytes | None) -> None:
        """Send a change with the writer's term. Faust's own producer would take ten times as long."""
        headers = [(TERM, str(self._term(partition)).encode())]
        topic = self.changelog_topic_name
        try:
            self.app.outbox.send(topic, orjson.dumps(key), value, partition=partition, headers=headers)
        except DataError as error:  # it would come again and again
            end_process(f"table {self.name}: a change can never reach its changelog: {error}")

    def _term(self, partition: int) -> int:
        """The term of this member in the partition: the group's generation, while that grows.

        Kafka forgets a group after some days without members and counts its generations from 1 again.
        """
        if partition not in self._terms:
            seen = self._seen.get(partition, 0)
            self._terms[partition] = self._generation if self._generation >= seen else seen + self._generation
            self._seen[partition] = self._terms[partition]
        return self._terms[partition]

    # ---- recovery -----------------------------------------------------------------------------------------------

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Forget what may have changed elsewhere: partitions that are gone; all, if a generation was missed."""
        topic = self.changelog_topic_name
        missed = generation_id != self._generation + 1
        self._generation = generation_id
        self._terms.clear()
        for tp in {tp for tp in (assigned | revoked if missed else revoked) if tp.topic == topic}:
            self.app.tables.recovery.revoke(tp)
            self._seen.pop(tp.partition, None)
            of = self.data._key_partition  # noqa: SLF001  # as above
            for key in [key for key, partition in of.items() if partition == tp.partition]:
                of.pop(key)
                self.data.data.pop(key, None)
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Apply records of the changelog in order, without those that came too late."""
        super().apply_changelog_batch(list(self._in_time(batch)))

    def _in_time(self, batch: Iterable[Any]) -> Iterable[Any]:
        applied: dict[Any, int | None] = {}
        for event in batch:
            partition, term = event.message.partition, int(event.headers.get(TERM, b"0"))
            newest = self._seen.get(partition, 0)
            self._seen[partition] = max(term, newest)
            key = event.key
            if key not in applied:
                applied[key] = self._applied(self.data.data.get(key))
            try:
                position = self._applied(event.value)
            except (ValueError, LookupError, TypeError):  # a recovery that stops at it would do so for ever
                late: str | None = "unreadable"
            else:
                late = too_late(term, newest, position, applied[key])
            if late:
                TABLE_DROPPED.labels(self.app.conf.id, self.name, late).inc()
            else:
                applied[key] = position
                yield event

    def _applied(self, value: Any) -> int | None:
        return None if value is None or self._position_of is None else self._position_of(value)

    async def reread(self, prefix: str, *, whole: bool = False, progress: Progress | None = None) -> None:
        """Take the keys that begin with *prefix* from the changelog: what is spoilt there is spoilt here, and can be mended.

        With *whole* it is the one key that is taken. What this member writes next counts there, whatever term a record claims. For a handler whose own partition the
        keys are of, when nothing of them is on its way.

        Raises:
            NoLongerOwnerError: as for a write.
            DependencyError: when the brokers do not answer; nothing has changed.
        """
        partition, found = await self._held(prefix, whole=whole, progress=progress)
        data, of = self.data.data, self.data._key_partition  # noqa: SLF001  # as above
        for key in [key for key in data if key == prefix or (key.startswith(prefix) and not whole)]:
            del data[key]
        data.update(found.values)
        of.update(dict.fromkeys(found.values, partition))

    async def rewrite(self, prefixes: tuple[str, ...], *, progress: Progress | None = None) -> None:
        """Write what is held here of the keys that begin so, where the changelog holds something else; that may be spoilt alone.

        As `reread` otherwise; of a table whose values have no positions.

        Raises:
            NoLongerOwnerError, DependencyError: as above.
        """
        assert self._position_of is None
        _, found = await self._held(prefixes, whole=False, progress=progress)
        mine = {key: value for key, value in self.data.data.items() if key.startswith(prefixes)}
        for key in mine.keys() | found.values.keys():
            if key not in mine:
                self.on_key_del(key)
            elif key not in found.values or orjson.loads(orjson.dumps(mine[key])) != found.values[key]:
                self.on_key_set(key, mine[key])

    async def _held(self, prefix: str | tuple[str, ...], *, whole: bool, progress: Progress | None) -> tuple[int, Held]:
        """The partition at work, and what its changelog holds; what is written next counts, whatever term a record claims."""
        partition, topic, position_of = self._partition_at_work(), self.changelog_topic_name, self._position_of
        found = await asyncio.to_thread(
            held,
            self.app.settings,
            topic,
            partition,
            prefix,
            position_of or (lambda _: 0),
            whole=whole,
            progress=progress,
        )
        self._partition_at_work()  # it may have gone meanwhile
        if found.term > self._term(partition):
            self._seen[partition] = found.term
            del self._terms[partition]
        return partition, found
