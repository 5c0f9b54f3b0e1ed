"""Records on their way to the broker: a commit waits for them, the next event does not."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from confluent_kafka import KafkaError, KafkaException

from schemas.errors import DataError, DependencyError
from schemas.settings import Settings
from streams._faust import outbox as outbox_module
from streams._faust.outbox import LARGE, MOST, TAKES, Outbox


class Client:
    """librdkafka's producer; it answers, when it is asked to look, what the broker has said."""

    def __init__(self, conf, logger) -> None:
        self.conf = conf
        self.sent: list[tuple[int, bytes]] = []
        self.refuses: Exception | None = None
        self._callbacks = []
        self._said = []

    def produce(self, topic, *, value, key, partition, on_delivery, headers):
        if self.refuses:
            raise self.refuses
        self.sent.append((partition, value))
        message = SimpleNamespace(topic=lambda: topic, partition=lambda: partition)
        self._callbacks.append((partition, lambda error: on_delivery(error, message)))

    def answer(self, partition: int, error: KafkaError | None = None) -> None:
        """The broker has the next record of the partition, or will never have it."""
        place = next(at for at, (of, _) in enumerate(self._callbacks) if of == partition)
        self._said.append((self._callbacks.pop(place)[1], error))

    def poll(self, _timeout) -> None:
        while self._said:
            callback, error = self._said.pop(0)
            callback(error)


@pytest.fixture
def outbox(monkeypatch):
    monkeypatch.setattr(outbox_module, "KafkaProducer", Client)
    return Outbox(Settings())


@pytest.fixture
def client(outbox):
    return outbox._producer


def send(outbox, value=b"v", partition=0):
    outbox.send("scoreboard-rows", "key", value, partition=partition)


async def turns(count=5):
    for _ in range(count):
        await asyncio.sleep(outbox_module.LOOK_S)


async def test_a_commit_waits_for_what_was_sent_before_it_and_for_nothing_else(outbox, client):
    send(outbox)
    send(outbox, partition=1)
    commit = asyncio.ensure_future(outbox.delivered())
    await turns(1)
    send(outbox)
    outbox.hand_over()
    client.answer(0)
    client.answer(0)
    await turns()
    assert not commit.done(), "partition 1 lacks one, though as many have arrived as were sent"
    send(outbox, partition=1)
    outbox.hand_over()
    client.answer(1)
    await commit
    client.answer(1)
    await outbox.delivered()


async def test_nothing_is_ever_given_up(client):
    assert client.conf["delivery.timeout.ms"] == 0


@pytest.mark.parametrize(
    ("refusal", "error"),
    [(BufferError("full"), DependencyError), (KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)), DataError)],
)
async def test_a_large_one_that_the_producer_does_not_take_is_the_handlers_business(outbox, client, refusal, error):
    client.refuses = refusal
    with pytest.raises(error, match="scoreboard-rows"):
        send(outbox, bytes(LARGE + 1))
    await outbox.delivered()


async def test_records_go_together_and_soon(outbox, client):
    for value in b"abc":
        send(outbox, bytes([value]))
    assert not client.sent, "another event is at hand, which may have more"
    outbox.hand_over()
    assert [value for _, value in client.sent] == [b"a", b"b", b"c"]
    send(outbox, b"d")
    async with asyncio.timeout(60):
        while client.sent[-1] != (0, b"d"):  # noqa: ASYNC110  # the client tells nobody
            await asyncio.sleep(0)


async def test_a_large_one_comes_behind_what_was_held(outbox, client):
    send(outbox, b"a")
    send(outbox, bytes(LARGE + 1))
    assert [len(value) for _, value in client.sent] == [1, LARGE + 1]


async def test_what_the_producer_has_no_room_for_comes_later_in_order(outbox, client):
    client.refuses = BufferError("full")
    for value in b"ab":
        send(outbox, bytes([value]))
    outbox.hand_over()
    for _ in range(TAKES - 2):
        send(outbox, b"c")
    with pytest.raises(DependencyError, match="scoreboard-rows"):
        send(outbox, b"d")
    client.refuses = None
    outbox.hand_over()
    assert [value for _, value in client.sent][:3] == [b"a", b"b", b"c"]
    assert len(client.sent) == TAKES


async def test_a_producer_that_has_failed_ends_the_process(outbox, client, monkeypatch):
    why: list[str] = []
    monkeypatch.setattr(outbox_module, "end_process", why.append)
    client.refuses = KafkaException(KafkaError(KafkaError._FATAL))
    send(outbox)
    outbox.hand_over()
    assert "scoreboard-rows did not reach the broker" in why[0]


async def test_too_many_on_their_way_are_waited_for(outbox, client):
    for _ in range(MOST):
        send(outbox)
    assert outbox.full
    waiting = asyncio.ensure_future(outbox.room())
    await turns()
    assert len(client.sent) == MOST
    assert not waiting.done()
    client.answer(0)
    await waiting
    assert not outbox.full


async def test_what_does_not_arrive_ends_the_process(outbox, client, monkeypatch):
    why: list[str] = []
    monkeypatch.setattr(outbox_module, "end_process", why.append)
    send(outbox)
    outbox.hand_over()
    client.answer(0, KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))
    await outbox.room()
    assert "scoreboard-rows did not reach the broker" in why[0]
