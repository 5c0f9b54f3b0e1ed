"""The share groups: one task a poll, live before bulk, and a dead holder's task goes to another slot."""

import multiprocessing
import os
import time
import uuid

import pytest

from judge.queue import ShareQueue
from schemas.producer import Producer
from schemas.topics import LANES
from tests.wait import until


@pytest.fixture
def queue(settings, kafka):
    """A slot's that has looked for nothing yet: what one last looked for in vain may still come to it, and stay."""
    cleaner = ShareQueue(settings)
    while (taken := cleaner.take(1.0)) is not None:  # what other tests left behind
        cleaner.done(taken)
    cleaner.close()
    queue = ShareQueue(settings)
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
