"""Law 5: no exception leaves an agent."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from schemas import events
from schemas.codec import codec
from schemas.errors import DataError, DependencyError
from schemas.topics import MAX_MESSAGE_BYTES
from streams._faust import guard as guard_module
from streams._faust.guard import _Guard
from streams._faust.table import NoLongerOwnerError
from tests.streams.faust_memory import TP0, memory_consumer, take

RECORD = events.Commentary(contest="c", recorded_at=1, recorded_by="t", id="1", message="hello", said_at=1)


class Letters:
    """Stands for the producer; *away* is how often the broker does not answer."""

    def __init__(self, away: int = 0) -> None:
        self.sent: list[tuple[str, bytes | None, bytes | None, dict[str, bytes]]] = []
        self.away = away

    def send(self, topic, key, value, *, headers):
        answer: Future[int] = Future()
        if self.away:
            self.away -= 1
            answer.set_exception(DependencyError("the broker is away"))
        else:
            self.sent.append((topic, key, value, dict(headers)))
            answer.set_result(0)
        return answer

    def close(self):
        pass


@pytest.fixture
async def consumer(tmp_path):
    async with memory_consumer(tmp_path) as subject:
        yield subject


@pytest.fixture
def letters(consumer):
    made = Letters()
    consumer.app.__dict__["appender"] = made
    return made


async def first(consumer, value):
    consumer.memory.value = value
    return (await take(consumer))[TP0][0]


async def test_a_handler_gets_the_record_and_where_it_stands(consumer):
    seen = []

    async def handler(record, arrival):
        seen.append((record, arrival.topic, arrival.partition, arrival.position, arrival.key))

    await _Guard(consumer.app, "log", None, handler).handle(await first(consumer, codec().encode(RECORD)))
    assert seen == [(RECORD, "log", 0, 0, b"k")]
    assert consumer._progress[TP0].prefix == 1


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"not avro", "single-object"),
        (b"", "single-object"),
        (None, "no value"),
        (b"\xc3\x01" + bytes(8) + b"body", "unknown"),
        (codec().encode(RECORD)[:-3], "does not fit"),
        (codec().encode(RECORD) + b"x", "left over"),
    ],
)
async def test_what_does_not_decode_goes_to_the_dead_letters_and_the_stream_goes_on(consumer, letters, value, why):
    async def handler(record, arrival):
        pytest.fail("there is nothing to handle")

    await _Guard(consumer.app, "log", None, handler).handle(await first(consumer, value))
    ((topic, key, sent, headers),) = letters.sent
    assert (topic, key, sent) == ("dead-letters", b"k", value)
    assert why in headers["x-dlq-message"].decode()
    assert headers | {"x-dlq-message": b""} == {
        "x-dlq-topic": b"log",
        "x-dlq-partition": b"0",
        "x-dlq-offset": b"0",
        "x-dlq-exception": b"UnknownSchemaError" if why == "unknown" else b"DecodeError",
        "x-dlq-message": b"",
        "x-dlq-app": b"counter",
    }
    assert consumer._progress[TP0].prefix == 1


async def test_a_value_as_large_as_a_record_may_be_leaves_room_for_the_reason(consumer, letters):
    value = b"x" * (MAX_MESSAGE_BYTES - 10)
    await _Guard(consumer.app, "log", None, None).handle(await first(consumer, value))
    ((_, _, sent, headers),) = letters.sent
    assert sent == b""
    assert b"too many to be copied" in headers["x-dlq-message"]


async def test_a_data_error_of_the_handler_is_a_dead_letter(consumer, letters):
    async def handler(record, arrival):
        raise DataError("no such problem: Z")

    await _Guard(consumer.app, "log", None, handler).handle(await first(consumer, codec().encode(RECORD)))
    assert letters.sent[0][3]["x-dlq-message"] == b"no such problem: Z"
    assert consumer._progress[TP0].prefix == 1


async def test_a_dead_letter_waits_for_the_broker(consumer, letters):
    letters.away = 2
    await _Guard(consumer.app, "log", None, None).handle(await first(consumer, b"bad"))
    assert len(letters.sent) == 1


async def test_a_sick_dependency_is_retried_in_place(consumer):
    tries = []

    async def handler(record, arrival):
        tries.append(1)
        if len(tries) < 4:
            raise DependencyError("Redis is away")

    await _Guard(consumer.app, "log", None, handler).handle(await first(consumer, codec().encode(RECORD)))
    assert len(tries) == 4
    assert consumer._progress[TP0].prefix == 1


async def test_a_member_that_lost_the_partition_gives_up_retrying(consumer):
    async def handler(record, arrival):
        consumer.app.consumer_generation_id = 2
        raise DependencyError("Redis is away")

    await _Guard(consumer.app, "log", None, handler).handle(await first(consumer, codec().encode(RECORD)))
    assert consumer._progress[TP0].prefix == 0


async def test_a_write_behind_a_rebalance_leaves_the_record_to_the_new_owner(consumer):
    async def handler(record, arrival):
        raise NoLongerOwnerError("counts: partition 0 has been revoked")

    await _Guard(consumer.app, "log", None, handler).handle(await first(consumer, codec().encode(RECORD)))
    assert consumer._progress[TP0].prefix == 0


async def test_a_bug_ends_the_process_before_anything_is_committed(consumer, monkeypatch, caplog):
    ended = []
    monkeypatch.setattr(guard_module, "end_process", ended.append)

    async def handler(record, arrival):
        raise KeyError("a bug")

    await _Guard(consumer.app, "log", None, handler).handle(await first(consumer, codec().encode(RECORD)))
    assert ended == ["the handler failed at log 0 0"]
    assert "a bug" in caplog.text
    await consumer.commit()
    assert consumer.memory.committed == {}


async def test_records_that_nobody_wants_are_passed_over_without_decoding(consumer):
    async def handler(record, arrival):
        pytest.fail("not wanted")

    header = codec().encode(RECORD)[:10]
    await _Guard(consumer.app, "log", (events.Submission,), handler).handle(await first(consumer, header + b"\xff"))
    assert consumer._progress[TP0].prefix == 1
