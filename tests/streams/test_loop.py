"""The loop of the two sinks: what it says of itself."""

import threading
import time

import pytest

from schemas.ids import new_id
from streams.loop import BatchLoop
from streams.metrics import LAG
from tests.wait import until


class Everything:
    """A view that takes whatever comes."""

    def starts(self, partitions):
        return {("ticks", partition): 0 for partition in partitions}

    def apply(self, partition, records):
        return True

    def sound(self, partitions):
        return ()

    def forget(self, partitions):
        pass


@pytest.fixture
def loop(settings, kafka):
    group = f"loop-{new_id()}"
    return group, BatchLoop(settings, group, ["ticks"], Everything(), strict=frozenset())


def test_the_lag_of_partitions_that_are_given_away_is_told_no_more(loop):
    group, made = loop
    stop = threading.Event()
    running = threading.Thread(target=made.run, args=(stop,))

    def told():
        return [one for metric in LAG.collect() for one in metric.samples if one.labels["app"] == group]

    running.start()
    try:
        until(told, 60, "the lag is told")
    finally:
        stop.set()
        running.join(60)
    assert told() == []


def test_a_batch_that_takes_long_is_alive_while_it_says_so(loop):
    _, made = loop
    made._advanced = time.monotonic() - 3600
    assert not made.alive
    made.working()
    assert made.alive
    made.run(_set())


def _set():
    stop = threading.Event()
    stop.set()
    return stop
