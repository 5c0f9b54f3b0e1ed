"""What the queue shows of itself is shown by the one process that has it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from prometheus_client import REGISTRY

from schemas.settings import Settings
from schemas.work import PauseChanged
from streams.dispatcher import metrics
from streams.dispatcher.queue import Dispatcher
from streams.dispatcher.state import Effects
from tests.properties.test_queue_core import SAID, World, wanted


def shown() -> dict[tuple[str, ...], float]:
    """What is not 0 of the queue's gauges."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in REGISTRY.collect()
        if family.type == "gauge" and family.name.startswith(("podium_queue_", "podium_judg", "podium_host_"))
        for sample in family.samples
        if sample.value
    }


@pytest.fixture
def dispatcher(monkeypatch):
    """A queue's process, its app and producer aside; gives what it does when its partitions are revoked."""
    monkeypatch.setattr("streams.dispatcher.queue.Producer", lambda *_, **__: SimpleNamespace(close=None))
    revoked = []
    signal = SimpleNamespace(connect=revoked.append)
    app = SimpleNamespace(table=lambda _: {}, closing=lambda _: None, on_partitions_revoked=signal)
    Dispatcher(app, Settings())
    return revoked


async def test_a_queue_that_has_gone_to_another_process_is_not_shown_any_more(dispatcher):
    metrics.hide()
    before = shown()
    world = World()
    pause = {"contest": "c", "partition": 0, "cause": 0, "problem_id": "A", "language_id": None, "paused": True}
    world.queue.pause(PauseChanged(**SAID, **pause), 0)
    world.want(wanted(1))
    world.host()
    metrics.show(world.queue, Effects())
    assert shown().keys() - before.keys() == {
        ("podium_queue_waiting", "live"),
        ("podium_judging_paused", "c", "A", ""),
        ("podium_host_slots", "h"),
    }
    (leave,) = dispatcher
    await leave(None, set(), signal=None)
    assert shown() == before
