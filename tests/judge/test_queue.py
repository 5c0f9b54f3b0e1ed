"""The share groups: one task a poll, live before bulk, and a dead holder's task goes to another slot."""

import multiprocessing
import os
import threading
import time
import uuid
from contextlib import ExitStack

import pytest
from confluent_kafka import KafkaError, KafkaException

import judge.queue
from judge.queue import ShareQueue
from schemas.producer import Producer
from schemas.topics import LANES
from tests.wait import until


@pytest.fixture
def queue(settings, kafka):
    queue = ShareQueue(settings)
    while (taken := queue.take(1.0)) is not None:  # what other tests left behind
        queue.done(taken)
    yield queue
    queue.close()


def put(settings, lane, *values):
    with Producer(settings, single=True) as producer:
        for future in [producer.send(LANES[lane], None, value, partition=0) for value in values]:
            future.result()


def take(queue):
    return until(lambda: queue.take(1.0), 30, "a task comes")


def test_a_burst_is_handed_out_one_by_one(settings, queue):
    names = [f"{uuid.uuid4()}".encode() for _ in range(20)]
    put(settings, "live", *names)
    other = ShareQueue(settings)
    try:
        first = take(queue)
        # the holder of one task does not sit on the others: another slot gets them all
        rest = []
        while len(rest) < 19:
            taken = take(other)
            rest.append(taken.value)
            other.done(taken)
        queue.done(first)
        assert sorted([first.value, *rest]) == sorted(names)
    finally:
        other.close()


def test_live_tasks_come_before_bulk_tasks(settings, queue):
    put(settings, "live", b"live-0")
    queue.done(take(queue))  # it is a member of the live lane's group
    put(settings, "bulk", b"bulk-1", b"bulk-2")
    first = take(queue)
    assert first.lane == "bulk"
    put(settings, "live", b"live-1")
    queue.done(first)
    order = []
    for _ in range(2):
        taken = take(queue)
        order.append(taken.value)
        queue.done(taken)
    assert order == [b"live-1", b"bulk-2"]


@pytest.mark.parametrize("does", ["judges a bulk task", "judges a live task", "looks no more"])
def test_a_task_that_is_handed_to_a_slot_that_is_busy_goes_to_another_one(settings, queue, does):
    """A client that has looked in vain goes on asking, and is handed a task while the slot has no use for it."""
    lane, other_lane = ("live", "bulk") if does == "judges a live task" else ("bulk", "live")
    held = None
    if does != "looks no more":
        put(settings, lane, b"held")
        held = take(queue)
    put(settings, other_lane, *[f"{n}".encode() for n in range(3)])
    other = ShareQueue(settings)
    try:
        for n in range(3):
            taken = take(other)
            assert (taken.lane, taken.value) == (other_lane, f"{n}".encode())
            other.done(taken)
        if held is not None:
            queue.done(held)
        # the busy slot comes back to both lanes
        put(settings, other_lane, b"later")
        later = take(queue)
        assert later.value == b"later"
        queue.done(later)
    finally:
        other.close()


def test_a_task_that_many_busy_slots_are_handed_is_not_thrown_away(settings, queue):
    """The broker does that after five deliveries."""
    with ExitStack() as ends:
        slots = [queue, *[ShareQueue(settings, ("live",)) for _ in range(5)]]
        for busy in slots[1:]:
            ends.callback(busy.close)
            assert busy.take(0.2) is None
        put(settings, "live", b"unwanted")
        idle = ShareQueue(settings, ("live",))
        ends.callback(idle.close)

        def taken():
            for slot in (idle, *slots):
                if (found := slot.take(0.1)) is not None:
                    slot.done(found)
                    return found.value
            return None

        assert until(taken, 30, "somebody takes it") == b"unwanted"


def test_a_task_that_three_busy_slots_are_handed_goes_to_an_idle_one_though_none_of_them_looks_again(
    settings, queue, monkeypatch
):
    """The first two release it at once, the third when it has been busy for a second."""
    leave_s = judge.queue._LEAVE_S
    # on a busy machine a second may be over before all are handed it
    monkeypatch.setattr("judge.queue._LEAVE_S", 600.0)
    with ExitStack() as ends:
        slots = [queue, ShareQueue(settings, ("live",)), ShareQueue(settings, ("live",))]
        for busy in slots[1:]:
            ends.callback(busy.close)
        for busy in reversed(slots):
            assert busy.take(0.0) is None
        put(settings, "live", b"unwanted")

        def kept():
            return next(filter(None, (slot._lanes["live"]._kept for slot in slots)), None)

        third = until(kept, 30, "one that is busy has not released it at once")
        assert third.receipt.delivery_count() == 3
        monkeypatch.setattr("judge.queue._LEAVE_S", leave_s)
        idle = ShareQueue(settings, ("live",))
        ends.callback(idle.close)
        taken = idle.take(14.0)  # a dispatcher would send it again after 15 s
        assert taken is not None
        assert (taken.value, taken.receipt.delivery_count()) == (b"unwanted", 4)
        idle.done(taken)


def test_a_slot_that_is_busy_for_long_is_handed_nothing(settings, queue):
    put(settings, "bulk", b"held")
    held = take(queue)

    def handed_to_nobody_else():
        put(settings, "live", b"task")
        idle = ShareQueue(settings, ("live",))
        try:
            taken = take(idle)
            idle.done(taken)
        finally:
            idle.close()
        return taken.receipt.delivery_count() == 1

    until(handed_to_nobody_else, 30, "the busy slot leaves the live lane alone")
    queue.done(held)


def test_a_slot_for_the_live_lane_alone_takes_nothing_else(settings, queue):
    live = ShareQueue(settings, ("live",))
    try:
        put(settings, "bulk", b"bulk-1")
        assert live.take(0.5) is None
        put(settings, "live", b"live-1")
        taken = take(live)
        assert taken.value == b"live-1"
        live.done(taken)
    finally:
        live.close()
    taken = take(queue)
    assert taken.value == b"bulk-1"
    queue.done(taken)


def test_a_released_task_comes_again(settings, queue):
    put(settings, "live", b"again")
    queue.release(take(queue))
    taken = take(queue)
    assert taken.value == b"again"
    queue.done(taken)


def _hold(settings, got):
    queue = ShareQueue(settings)
    while queue.take(1.0) is None:
        pass
    got.set()
    time.sleep(600)  # until it is killed


def test_a_dead_holders_task_goes_to_another_slot(settings, queue):
    context = multiprocessing.get_context("spawn")
    got = context.Event()
    holder = context.Process(target=_hold, args=(settings, got))
    holder.start()
    put(settings, "live", b"orphan")
    assert got.wait(60)
    os.kill(holder.pid, 9)
    holder.join()
    taken = take(queue)
    assert taken.value == b"orphan"
    queue.done(taken)


def test_a_busy_slot_that_cannot_join_anew_stays_as_it_is_and_goes_on_watching(settings, monkeypatch):
    class Quiet:
        def poll(self, _):
            return []

    made = iter([Quiet()])

    def joins(*_):
        for one in made:
            return one
        raise KafkaException(KafkaError(KafkaError._CRIT_SYS_RESOURCE))

    monkeypatch.setattr(judge.queue, "_consumer", joins)
    member = judge.queue._Member(settings, "live")
    assert member.look(0.0) is None
    for _ in range(2):
        assert member.watch(60.0) is None
    assert member.look(0.0) is None


def test_a_slot_ends_though_the_client_never_leaves_its_group(settings, kafka, monkeypatch, caplog):
    queue, wait = ShareQueue(settings), threading.Event()

    class Stuck:
        """The double of a client that waits for ever, as one was seen to."""

        def close(self):
            wait.wait()

    left = [lane._consumer for lane in queue._lanes.values()]
    for lane in queue._lanes.values():
        lane._consumer = Stuck()
    monkeypatch.setattr(judge.queue, "_CLOSE_S", 0.05)
    queue.close()
    assert "has not left it" in caplog.text
    wait.set()
    for consumer in left:
        consumer.close()
