"""One test for each way in which Faust 0.15.3 loses records, on the real class over a broker held in memory."""

from __future__ import annotations

import asyncio
import time

import pytest
from faust.types import TP
from prometheus_client import REGISTRY

from streams._faust.consumer import FETCH_WAIT_MS, ConsumerThread
from streams._faust.net import OVERTAKEN, STILL_S
from streams._faust.table import NoLongerOwnerError
from tests.streams.faust_memory import TP0, TP1, finish, memory_consumer, take


@pytest.fixture
async def consumer(tmp_path):
    async with memory_consumer(tmp_path) as subject:
        yield subject


async def test_what_is_handled_is_committed(consumer):
    for messages in (await take(consumer)).values():
        for message in messages:
            assert finish(consumer, message)
    await consumer.commit()
    assert consumer.memory.committed == {TP0: 3, TP1: 3}
    assert not consumer.unacked


async def test_an_acknowledgement_without_handling_commits_nothing(consumer):
    """Cause 1: a skipped record, and one whose agent raised, are acknowledged by Faust."""
    first, second, third = (await take(consumer))[TP0]
    finish(consumer, first)
    consumer.ack(second)
    finish(consumer, third)
    await consumer.commit()
    assert consumer.memory.committed == {TP0: 1}
    assert not {m for m in consumer.unacked if m.tp == TP0}, "a rebalance would wait for it"


async def test_a_record_of_an_old_generation_does_not_count(consumer):
    """Cause 1, seen from the handler: it finishes after the partition has gone to another member."""
    first, *_ = (await take(consumer))[TP0]
    consumer.app.consumer_generation_id = 2
    assert not finish(consumer, first)
    await consumer.commit()
    assert consumer.memory.committed == {}


async def test_a_hole_in_what_was_read_is_no_compaction(consumer):
    """Cause 2: record 1 is lost on its way from the broker."""
    consumer.memory.records[TP0].remove(1)
    handed = await take(consumer)
    assert [m.offset for m in handed[TP0]] == [0]
    assert (TP0, 1) in consumer.memory.seeks
    consumer.memory.records[TP0].insert(1, 1)
    assert [m.offset for m in (await take(consumer))[TP0]] == [1, 2, 3]
    await consumer._add_gap(TP0, 0, 9)
    await consumer.commit()
    assert consumer.memory.committed == {}


@pytest.mark.parametrize("lost", [0, 1])
async def test_no_commit_goes_over_a_hole_of_one(consumer, lost):
    """Cause 3: with a hole of one record at the head, and with one when nothing was committed yet."""
    messages = (await take(consumer))[TP0]
    for message in messages:
        if message.offset == lost:
            consumer.ack(message)
        else:
            finish(consumer, message)
    await consumer.commit()
    assert consumer.memory.committed.get(TP0) == (lost or None)


async def test_every_partition_goes_to_its_start_after_a_rebalance(consumer):
    """Cause 5: a partition without a commit stayed where a dropped fetch had left it."""
    for message in (await take(consumer))[TP0][:2]:
        finish(consumer, message)
    await consumer.commit()
    await consumer.on_partitions_revoked({TP0, TP1})
    assert not await take(consumer), "between revocation and seek nothing is handed out"
    consumer.app.consumer_generation_id = 2
    await consumer.on_partitions_assigned({TP0, TP1}, 2)
    assert not await take(consumer), "aiokafka fetches before the seek"
    await consumer.perform_seek()
    handed = await take(consumer)
    assert [m.offset for m in handed[TP0]] == [2, 3, 4]
    assert [m.offset for m in handed[TP1]] == [0, 1, 2]


async def test_a_read_offset_of_the_time_before_drops_nothing(consumer):
    """Cause 5: Faust drops what lies before the offset it believes to have read."""
    consumer._read_offset[TP0] = 7
    assert consumer._read_offset[TP0] is None
    assert consumer._read_offset[TP("counter-counts-changelog", 0)] is None
    consumer._read_offset[TP("counter-counts-changelog", 0)] = 7
    assert consumer._read_offset[TP("counter-counts-changelog", 0)] == 7


async def test_a_commit_waits_for_the_changelog(consumer):
    """Cause 6: Faust's flush gives up after 0.1 s, and the offsets went past what the table had written."""
    sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def delivered() -> None:
        await sent

    consumer.app.outbox.delivered = delivered
    finish(consumer, (await take(consumer))[TP0][0])
    commit = asyncio.ensure_future(consumer.commit())
    done, _ = await asyncio.wait([commit], timeout=0.3)
    assert not done
    assert consumer.memory.committed == {}
    sent.set_result(None)
    await commit
    assert consumer.memory.committed == {TP0: 1}


async def test_a_seek_that_a_rebalance_overtakes_hands_out_nothing(consumer):
    """A `perform_seek` of the old assignment must not open the partitions of the new one."""
    asked = consumer.memory.end_offsets

    async def overtaken(tps):
        consumer._forget()
        return await asked(tps)

    consumer.memory.end_offsets = overtaken
    await consumer.perform_seek()
    assert not await take(consumer)


async def test_what_was_handled_before_the_revocation_is_committed_with_it(consumer):
    finish(consumer, (await take(consumer))[TP0][0])
    await consumer.on_partitions_revoked({TP0, TP1})
    assert consumer.memory.committed == {TP0: 1}


async def test_the_net_reads_a_partition_again_that_lost_a_record_on_its_way(consumer):
    first, second, third = (await take(consumer))[TP0]
    finish(consumer, first)
    finish(consumer, third)
    assert await consumer._look(time.monotonic()) is None
    assert consumer.memory.seeks[-1] == (TP0, 1)
    assert second.generation_id != consumer.app.consumer_generation_id, "Faust skips what is still in its queues"
    again = (await take(consumer))[TP0]
    assert [m.offset for m in again] == [1, 2, 3]
    assert all(finish(consumer, m) for m in again)


async def test_the_net_reads_a_partition_again_whose_record_the_handler_passed_over(consumer):
    """Faust dropped a record from its queue: one that was handed out after it is at work."""
    handed = await take(consumer)
    assert finish(consumer, handed[TP1][0])
    assert finish(consumer, handed[TP1][1])
    assert await consumer._look(time.monotonic()) is None
    assert consumer.memory.seeks[-1] == (TP0, 0)
    assert [m.offset for m in (await take(consumer))[TP0]] == [0, 1, 2]


async def test_the_net_reads_a_partition_again_that_is_not_fetched(consumer):
    now = time.monotonic()
    seeks = len(consumer.memory.seeks)
    assert await consumer._look(now) is None
    assert await consumer._look(now + STILL_S - 1) is None
    assert len(consumer.memory.seeks) == seeks
    assert await consumer._look(now + STILL_S + 1) is None
    assert set(consumer.memory.seeks[seeks:]) == {(TP0, 0), (TP1, 0)}


async def test_the_net_reads_a_partition_again_that_is_not_fetched_while_others_are(consumer):
    consumer.memory.records[TP1] = list(range(2 * OVERTAKEN))
    held, consumer.memory.records[TP0] = consumer.memory.records[TP0], []
    consumer._ends[TP0] = 10
    consumer.memory.share = 500
    consumer.memory.seeks.clear()
    looked = time.monotonic()
    while messages := (await take(consumer))[TP1]:
        for message in messages:
            assert finish(consumer, message)
        consumer.memory.records[TP0] = held
        assert await consumer._look(looked) is None
        if (TP0, 0) in consumer.memory.seeks:
            assert consumer._progress[TP1].prefix > OVERTAKEN
            return
        consumer.memory.records[TP0] = []
    pytest.fail("it was never read again")


async def test_the_net_reads_a_partition_again_that_is_not_fetched_while_another_trickles(consumer):
    """One record a second on the other partition used to begin the wait anew each time."""
    now = time.monotonic()
    consumer.memory.records[TP0], held = [], consumer.memory.records[TP0]
    consumer._ends[TP0] = 10
    consumer.memory.records[TP1] = list(range(1000))
    consumer.memory.share = 1
    consumer.memory.seeks.clear()
    for second in range(int(STILL_S) + 3):
        assert all(finish(consumer, message) for message in (await take(consumer))[TP1])
        assert await consumer._look(now + second) is None
    assert consumer.memory.seeks == [(TP0, 0)]
    consumer.memory.records[TP0] = held
    assert [m.offset for m in (await take(consumer))[TP0]] == [0]


async def test_a_partition_that_is_never_fetched_ends_the_process_while_another_trickles(consumer):
    now = time.monotonic()
    consumer.memory.records[TP0] = []
    consumer._ends[TP0] = 10
    consumer.memory.records[TP1] = list(range(1000))
    for second in range(int(consumer.app.limit_s) + 2):
        assert all(finish(consumer, message) for message in (await take(consumer))[TP1])
        why = await consumer._look(now + second)
    assert "log 0 has 10 records and stands still at 0" in str(why)


async def test_a_partition_waits_while_the_queue_of_the_handlers_is_full(consumer):
    """A slow handler of another partition's backlog: nothing is fetched, and nothing is wrong."""
    now = time.monotonic()
    consumer.memory.records[TP0] = []
    consumer._ends[TP0] = 10
    consumer.memory.records[TP1] = list(range(1000))
    consumer.memory.share = 1
    consumer.memory.seeks.clear()
    blocked = consumer.getmany(1.0)
    for second in range(int(consumer.app.limit_s) + 2):
        tp, message = await anext(blocked)  # and Faust waits here for room
        assert tp == TP1
        assert finish(consumer, message)
        assert await consumer._look(now + second) is None
        blocked = consumer.getmany(1.0)
    assert consumer.memory.seeks == []


async def test_a_record_may_take_long_while_its_handler_gets_on(consumer):
    now, limit = time.monotonic(), consumer.app.limit_s
    first, second, *_ = (await take(consumer))[TP0]
    assert consumer.begin(first)
    for turn in range(10):
        consumer.working(first)
        assert await consumer._look(now + turn * (limit - 1)) is None
    assert "stands still" in str(await consumer._look(now + 11 * limit))
    await consumer.on_partitions_revoked({TP0, TP1})
    with pytest.raises(NoLongerOwnerError):
        consumer.working(second)


async def test_no_record_is_handled_before_an_earlier_one(consumer):
    """An idempotent handler skips what lies behind the position it has applied: order is part of its correctness."""
    first, second, third = (await take(consumer))[TP0]
    assert not consumer.begin(second)
    finish(consumer, first)
    assert not consumer.begin(first)
    assert not consumer.begin(third)
    assert consumer.begin(second)


async def test_the_net_leaves_a_slow_handler_alone(consumer):
    now = time.monotonic()
    assert consumer.begin((await take(consumer))[TP0][0])
    seeks = len(consumer.memory.seeks)
    for second in range(int(STILL_S) + 3):
        assert await consumer._look(now + second) is None
    assert len(consumer.memory.seeks) == seeks


async def test_a_handler_that_takes_longer_than_session_and_rebalance_ends_the_process(consumer):
    now = time.monotonic()
    assert consumer.begin((await take(consumer))[TP0][0])
    assert await consumer._look(now) is None
    assert "has 10 records and stands still at 0" in str(await consumer._look(now + consumer.app.limit_s + 1))


async def test_a_partition_that_is_read_again_in_vain_ends_the_process(consumer):
    """The others go on, so it is not the handler."""
    now = time.monotonic()
    consumer.memory.records[TP1] = list(range(1000))
    for second in range(int(consumer.app.limit_s) + 3):
        handed = await take(consumer)
        assert all(finish(consumer, message) for message in handed[TP1])
        why = await consumer._look(now + second)
    assert "log 0 has 10 records" in str(why)


async def test_a_partition_that_waits_for_its_turn_behind_a_backlog_does_not_stand_still(consumer):
    now = time.monotonic()
    (first, *_), others = (await take(consumer)).values()
    consumer._progress[TP0]._handed[0] = (10_000, first)
    for second, message in enumerate(others):
        assert finish(consumer, message)
        assert await consumer._look(now + 10 * second) is None


async def test_a_full_queue_takes_no_partition_out_of_the_fetch(consumer):
    """Cause 4: Faust puts partitions back in the order of a set, in which some never have their turn."""
    consumer.on_buffer_full(TP0)
    assert consumer._get_active_partitions() == {TP0, TP1}
    consumer.on_buffer_drop(TP0)
    assert consumer._get_active_partitions() == {TP0, TP1}


async def test_a_fetch_takes_a_share_of_every_partition():
    """Cause 4; and aiokafka alone gives everything of the first partition before it comes to the next."""
    records = {TP0: list(range(100)), TP1: list(range(100))}

    async def fetch(self, consumer, active, timeout, most):
        tp = next((tp for tp in sorted(active) if records[tp]), None)
        if tp is None:
            return {}
        taken, records[tp] = records[tp][:most], records[tp][most:]
        return {tp: taken}

    thread = object.__new__(ConsumerThread)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ConsumerThread.__bases__[0], "_fetch_records", fetch)
        found = await thread._fetch_records(None, {TP0, TP1}, 1.0, 20)
    assert found == {TP0: list(range(10)), TP1: list(range(10))}


async def test_a_rebalance_that_does_not_end_ends_the_process(consumer):
    await consumer.on_partitions_revoked({TP0, TP1})
    now = time.monotonic()
    assert await consumer._look(now) is None
    assert "rebalance" in str(await consumer._look(now + consumer.app.limit_s + 1))


async def test_records_that_expired_are_passed_over_and_told(consumer, caplog):
    consumer.memory.records[TP0] = [6, 7, 8]
    assert TP0 not in await take(consumer)
    assert "expired" in caplog.text
    assert [m.offset for m in (await take(consumer))[TP0]] == [6, 7, 8]


async def test_a_commit_behind_the_end_of_a_topic_made_anew_is_given_up(consumer, caplog):
    consumer.memory.committed = {TP0: 500}
    await consumer.perform_seek()
    assert "no longer has the committed offset" in caplog.text
    consumer.memory.records[TP0].append(10)
    (message,) = (await take(consumer))[TP0]
    assert finish(consumer, message)
    await consumer.commit()
    assert consumer.memory.committed[TP0] == 11


async def test_nothing_is_handed_out_while_the_table_is_elsewhere(consumer):
    """Source and changelog are assigned together; when they are not, a handler would work on an empty table."""
    consumer.app.table("counts")
    await consumer.on_partitions_assigned({TP0, TP1}, 2)
    await consumer.perform_seek()
    assert not await take(consumer)


async def test_positions_are_written_down_before_they_are_committed(consumer, tmp_path):
    finish(consumer, (await take(consumer))[TP0][0])
    committed: list[str] = []

    async def commit(offsets):
        committed.append((tmp_path / "handled.log").read_text())
        return True

    consumer._commit = commit
    await consumer.commit()
    assert committed == ["counter log 0 0 1\n"]


async def test_the_metrics_tell_repairs_and_lag(consumer):
    first, _, third = (await take(consumer))[TP0]
    labels = {"app": "counter", "topic": "log", "why": "passed over"}
    before = REGISTRY.get_sample_value("podium_faust_repairs_total", labels) or 0
    finish(consumer, first)
    finish(consumer, third)
    await consumer._look(time.monotonic())
    assert REGISTRY.get_sample_value("podium_faust_repairs_total", labels) == before + 1
    assert REGISTRY.get_sample_value("podium_lag", {"app": "counter", "topic": "log", "partition": "0"}) == 9


async def test_a_partition_that_a_fetch_leaves_out_waits_for_its_answer_for_a_moment_only(consumer):
    """aiokafka asks a broker once at a time; Faust has the broker hold an answer back for 1.5 s while nothing comes."""
    thread = ConsumerThread(consumer, loop=asyncio.get_running_loop(), beacon=consumer.beacon)
    client = thread._create_worker_consumer(consumer.app.transport)
    thread.thread_loop.close()
    assert client._fetch_max_wait_ms == FETCH_WAIT_MS < 100
    await client.stop()
