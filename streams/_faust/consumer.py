"""The consumer under every Faust app: Faust 0.15.3 loses records at a rebalance, this one does not.

What happens in Faust, by cause:

1. `Stream._py_aiter` skips a record that was fetched before a rebalance, and acknowledges it all the same; an
   exception in an agent and a record that does not decode are acknowledged too.
2. `Consumer._add_gap` takes a hole in the offsets read for compaction and adds it to what is acknowledged.
3. `Consumer._new_offset` commits over a hole of one record (upstream issue 606), and over any hole when nothing was
   committed yet.
4. `Consumer.on_buffer_full` takes a partition out of the fetch, and `FlowControlQueue` puts partitions back in the
   order of a set: under a backlog some stand still.
5. `Consumer.perform_seek` moves only partitions that have a committed offset; the others stay where a dropped fetch
   left them. aiokafka fetches between the new assignment and that seek, and `_drain_messages` drops what lies before
   a read offset that belongs to the time before.
6. `ProducerBuffer.flush` gives up after 0.1 s, so a commit may overtake the changelog records of a table.

What is done about it, for *strict* topics, whose offsets have no holes (not compacted, not transactional):

- An acknowledgement by Faust means nothing (1, 2). What counts is that the handler has returned, in a member that
  still owns the partition. A handler is given only the first record that is not handled yet, so a partition's records
  are handled in order and without a hole, and what is committed is that prefix (3).
- `getmany` hands out the next offset of a partition and no other: an earlier one is dropped, a later one is a seek
  back. After each rebalance every partition starts from its committed offset or its beginning, and between revocation
  and that seek nothing is handed out and nothing counts (5).
- A fetch takes a share of every partition, and a full queue holds it back for all alike (4).
- Tables and handlers write through an outbox of our own, and a commit waits until the broker has all of it (6).
- The net under it: a partition whose next record was passed over by the handler, or is not fetched, is read again from
  its prefix. One that does not move for longer than session plus rebalance time ends the process.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from typing import Any, TypeVar

from aiokafka.errors import IllegalStateError, KafkaError
from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ack_lock
from mode import Service
from mode.services import WaitResults
from mode.utils.futures import notify

from streams._faust.begun import begin
from streams._faust.metrics import IGNORED, LAG, REPAIRS, SEEKBACKS
from streams._faust.net import Net
from streams._faust.progress import Progress
from streams._faust.table import NoLongerOwnerError

__all__ = ["Consumer", "Transport"]

FETCH_WAIT_MS = 50
"""How long a broker holds back the answer to a fetch while nothing comes.

aiokafka sends a broker one fetch at a time, and leaves out of it the partitions of which it has records still. What comes
for those waits until that fetch is answered: with Faust's 1.5 s one judgement of a hundred was so late on the board.
"""

ENDS_S = 5.0
"""How often the ends of all partitions are asked for: a partition that is not fetched must not look finished."""

log = logging.getLogger(__name__)
T = TypeVar("T")


class ReadOffsets(dict[Any, Any]):
    """Faust's read offsets, without those of strict topics: `Progress` knows better what may be handed out."""

    def __init__(self, strict: frozenset[str]) -> None:
        super().__init__()
        self._strict = strict

    def __getitem__(self, tp: Any) -> Any:
        return None if tp.topic in self._strict else self.get(tp)


class Consumer(driver.Consumer):  # type: ignore[misc]  # Faust ships no types that mypy may follow
    """A consumer that hands out and commits the strict topics' records without a hole. At least once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._strict: frozenset[str] = self.app.strict_topics
        self._read_offset = ReadOffsets(self._strict)
        self._progress: dict[TP, Progress] = {}
        self._epoch = 0
        self._sought: dict[TP, float] = {}
        self._ends: dict[TP, int] = {}
        self._turns = 0
        self._full = False
        self._net = Net(self.app.limit_s)

    # ---- what the guard tells -----------------------------------------------------------------------------------

    def owns(self, message: Any) -> bool:
        """Whether what a handler does with this message still counts."""
        return message.generation_id == self.app.consumer_generation_id and message.tp in self._progress

    def begin(self, message: Any) -> bool:
        """A handler may take the message: it is this member's, and all before it are handled. Else it must not."""
        if not self.owns(message) or not self._progress[message.tp].expects(message.offset):
            return False
        turn = self._progress[message.tp].turn
        assert turn is not None
        self._net.took(message.topic, turn)
        return True

    def end(self, message: Any, *, handled: bool) -> bool:
        """The handler has returned; *handled*: with all its effects done. Returns whether that counts."""
        if not handled:
            return False
        if not self.owns(message) or self._progress[message.tp].prefix != message.offset:
            IGNORED.labels(self.app.conf.id, message.topic).inc()
            return False
        self._progress[message.tp].handled()
        self._n_acked += 1
        self.app.positions.add(message.topic, message.partition, message.offset)
        return True

    def working(self, message: Any) -> None:
        """The handler of the message gets on with it: a record may take long, standing still may not. Any thread.

        Raises:
            NoLongerOwnerError: when nothing that the handler does counts any longer; a rebalance waits for its end.
        """
        if not self.owns(message):
            raise NoLongerOwnerError(f"{message.topic} {message.partition} {message.offset} is another member's")
        self._net.worked(message.topic)

    @property
    def epoch(self) -> int:
        """Changes with each rebalance: what was built from tables before must be built again."""
        return self._epoch

    def prefix(self, topic: str, partition: int) -> int | None:
        """The first position of a partition that is not handled; None while it is not read here."""
        progress = self._progress.get(TP(topic, partition))
        return None if progress is None else progress.prefix

    def lag(self, topic: str) -> int:
        """Records of the topic's partitions here that are not handled, as far as is known."""
        return sum(max(0, self._end(tp) - p.prefix) for tp, p in self._progress.items() if tp.topic == topic)

    @property
    def ready(self) -> bool:
        """Whether this member has joined, recovered its tables and reads (or stands by with no partition)."""
        if not self.app.rebalancing_count or self.app.rebalancing:
            return False
        return bool(self._progress) or not any(tp.topic in self._strict for tp in self.assignment())

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # ---- what Faust calls ---------------------------------------------------------------------------------------

    def on_buffer_full(self, tp: TP) -> None:
        """Nothing: a full queue holds the fetch back by itself.

        Faust would take the partition out of the fetch, and back in any order, in which some never have their turn.
        """

    def on_buffer_drop(self, tp: TP) -> None:
        """Nothing, as above."""

    def ack(self, message: Any) -> bool:
        """Faust is done with the message, whatever that means: it need not be waited for any longer."""
        if message.topic not in self._strict:
            return bool(super().ack(message))
        with ack_lock:
            if message.acked:
                return False
            message.acked = True
            self._unacked_messages.discard(message)
        notify(self._waiting_for_ack)
        return True

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
        """Records of the topics; of a strict one's partition only the next."""
        self._full = False
        async for tp, message in super().getmany(timeout):
            if tp.topic in self._strict:
                progress = self._progress.get(tp)
                if progress is None or message.offset < progress.next:
                    continue
                if message.offset > progress.next:
                    await self._seek_back(tp, progress)
                    continue
                self._turns += 1
                progress.hand_out(message, self._turns)
            self._full = True  # for as long as the record finds no room in its agent's queue
            yield tp, message
            self._full = False

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:
        """As Faust's, which makes four tasks each time: a record that finds room in its agent's queue needs none."""
        if len(coros) == 2 and asyncio.iscoroutine(coros[0]):
            hands_over, suspended = coros
            rest = begin(hands_over)
            if rest is None:
                suspended.close()
                return WaitResults([], [], False)  # Faust's tuple
            coros = (rest, suspended)
        return await super().wait_first(*coros, timeout=timeout)

    async def _seek_back(self, tp: TP, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._sought.get(tp, 0.0) < 1.0:  # what was fetched before the last seek may still be on its way
            return
        self._sought[tp] = now
        SEEKBACKS.labels(self.app.conf.id, tp.topic).inc()
        try:
            low = (await self._in_thread(self._kafka.beginning_offsets([tp])))[tp]
            if low > progress.next:
                await self._repair(tp, "expired")
            else:
                await self._seek(tp, progress.next)
        except KafkaError as error:
            log.warning("%s %s: no seek back: %s", *tp, error)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        if tp.topic not in self._strict:
            await super()._add_gap(tp, offset_from, offset_to)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        yield from (tp for tp in super()._filter_tps_with_pending_acks(topics) if tp.topic not in self._strict)
        for tp, progress in self._progress.items():
            if progress.prefix > progress.start and (topics is None or tp in topics or tp.topic in topics):
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic not in self._strict:
            return super()._new_offset(tp)  # type: ignore[no-any-return]
        progress = self._progress.get(tp)
        return progress.prefix if progress is not None else None

    async def _commit_offsets(
        self, offsets: Mapping[TP, int], start_new_transaction: bool = True
    ) -> bool:  # Faust's signature
        await self.app.outbox.delivered()
        self.app.positions.flush()
        return bool(await super()._commit_offsets(offsets, start_new_transaction))

    async def perform_seek(self) -> None:
        """Go to where each partition has to go on; from here on its records are handed out."""
        epoch = self._epoch
        await super().perform_seek()
        strict = [tp for tp in self.assignment() if tp.topic in self._strict]
        starts: dict[TP, int] = {}
        if strict:
            lows = await self._in_thread(self._kafka.beginning_offsets(strict))
            ends = await self._in_thread(self._kafka.end_offsets(strict))
            for tp in strict:
                committed = self._committed_offset.get(tp)
                starts[tp] = min(max(committed or 0, lows[tp]), ends[tp])
                if committed is not None and starts[tp] != committed:
                    log.error("%s %s no longer has the committed offset %s: going on at %s", *tp, committed, starts[tp])
                    self._committed_offset[tp] = None
                await self._seek(tp, starts[tp])
            self._ends.update(ends)
        if epoch != self._epoch:
            return  # a rebalance has begun meanwhile: it seeks again
        if lacking := self.app.tables_lacking(strict, self.assignment()):
            log.error("not assigned together with their topics: %s", ", ".join(lacking))
            return  # nothing is handed out without its table: the watch ends the process
        self._progress = {tp: Progress(start) for tp, start in starts.items()}

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit what is handled, then hand out nothing and count nothing until the next `perform_seek`."""
        await self.commit()
        self._forget()
        await super().on_partitions_revoked(revoked)
        self._forget()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Whatever an old fetch may have asked for in between is forgotten as well."""
        self._forget()
        await super().on_partitions_assigned(assigned, generation_id)

    def _forget(self) -> None:
        self._epoch += 1
        self._progress = {}
        self._ends.clear()
        self._net.forget()

    # ---- the net ------------------------------------------------------------------------------------------------

    @Service.task  # type: ignore[untyped-decorator]
    async def _watch(self) -> None:
        watched, last = 0.0, time.monotonic()
        while not self.should_stop:
            await self.sleep(1.0)
            self.app.positions.flush()
            # a process that was stopped and goes on has not stood still for all that time
            watched, last = watched + min(2.0, time.monotonic() - last), time.monotonic()
            if why := await self._look(watched):
                self.app.watchdog.end_process(why)
            self.app.watchdog.beat()

    async def _look(self, now: float) -> str | None:
        """Repair what has lost a record; a sentence when the process must end."""
        if not self._progress:
            return self._look_at_rebalance(now)
        lags = {tp: max(0, self._end(tp) - progress.prefix) for tp, progress in self._progress.items()}
        for tp, lag in lags.items():
            LAG.labels(self.app.conf.id, tp.topic, tp.partition).set(lag)
        if why := self._net.stuck(self._progress, lags, now, full=self._full):
            return why
        for tp, reason in list(self._net.lost(self._progress, lags, now, full=self._full)):
            await self._repair(tp, reason)
        return None

    def _look_at_rebalance(self, now: float) -> str | None:
        try:
            joined = self.app.rebalancing or any(tp.topic in self._strict for tp in self.assignment())
        except ConsumerNotStarted:
            return None
        if not joined:  # not yet a member, or one that stands by
            return None
        remaining = self.app.tables.recovery.active_remaining_total()
        return self._net.stuck_in_rebalance((self._epoch, self.app.consumer_generation_id, remaining), now)

    async def _repair(self, tp: TP, why: str) -> None:
        """Read the partition again from its prefix."""
        progress = self._progress.get(tp)
        self._net.repaired(tp)
        if progress is None:  # revoked while another partition was repaired
            return
        try:
            low = (await self._in_thread(self._kafka.beginning_offsets([tp])))[tp]
            if self._progress.get(tp) is not progress:
                return
            before, start = progress.prefix, progress.rewind(low)
            await self._seek(tp, start)
        except KafkaError as error:  # the broker is away or the partition was just revoked: the watch comes again
            log.warning("%s %s: no repair: %s", *tp, error)
            return
        REPAIRS.labels(self.app.conf.id, tp.topic, why).inc()
        if start > before:
            log.error("%s %s: records %s to %s have expired before they were handled", *tp, before, start - 1)
        else:
            log.warning("%s %s: reading again from %s (%s)", *tp, start, why)
        if tp not in self._paused_partitions:
            self._get_active_partitions().add(tp)

    def _end(self, tp: TP) -> int:
        try:
            seen = self.highwater(tp)
        except (AssertionError, IllegalStateError):  # revoked a moment ago
            seen = None
        return max(seen or 0, self._ends.get(tp, 0))

    @Service.task  # type: ignore[untyped-decorator]
    async def _ask_for_ends(self) -> None:
        while not self.should_stop:
            await self.sleep(ENDS_S)
            if tps := list(self._progress):
                epoch = self._epoch
                try:
                    ends = await self._in_thread(self._kafka.end_offsets(tps))
                except (KafkaError, ConsumerNotStarted) as error:
                    log.info("the brokers do not tell the topics' ends: %s", error)
                    continue
                if epoch == self._epoch:
                    self._ends.update(ends)

    # ---- aiokafka, in its own thread ----------------------------------------------------------------------------

    @property
    def _kafka(self) -> Any:
        return self._thread._ensure_consumer()  # noqa: SLF001  # Faust offers no other way to its consumer

    async def _in_thread(self, call: Coroutine[Any, Any, T]) -> T:
        """Run on the consumer's loop, beside Faust's queue of calls, in which a fetch may stand for a second."""
        loop = self._thread.thread_loop
        if loop.is_closed():
            call.close()
            raise ConsumerNotStarted("the consumer's thread has ended")
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, loop))

    async def _seek(self, partition: TP, offset: int) -> None:
        async def seek() -> None:  # aiokafka's state belongs to its own thread
            self._kafka.seek(partition, offset)

        await self._in_thread(seek())


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # as above
    """aiokafka's thread, with fair fetches that no partition waits for."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001  # Faust has no setting of it
        return consumer

    async def _fetch_records(
        self, consumer: Any, active_partitions: set[TP], timeout: float | None = None, max_records: int | None = None
    ) -> dict[TP, list[Any]]:
        """A share of every partition. aiokafka gives all that it has of the first one before it comes to the next."""
        if not active_partitions:
            return {}
        share = max(1, (max_records or 500) // len(active_partitions))
        fetch = super()._fetch_records
        records: dict[TP, list[Any]] = dict(await fetch(consumer, active_partitions, timeout, share))
        for tp in active_partitions - records.keys() if records else ():
            try:
                records.update(await fetch(consumer, {tp}, 0, share))
            except KafkaError as error:  # what has been taken from the others must not be lost for it
                log.warning("%s %s: not fetched: %s", *tp, error)
        return records


class Transport(driver.Transport):  # type: ignore[misc]  # as above
    """Faust's transport over aiokafka with the repaired consumer."""

    Consumer = Consumer
