"""Tables: recovery ignores what a former owner wrote too late."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import faust
import pytest
from faust.types import TP

from schemas.errors import DataError, DependencyError
from schemas.settings import Settings
from streams._faust import NoLongerOwnerError, make_app
from streams._faust import table as table_module
from streams.changelog import Held

CHANGELOG = "counter-counts-changelog"


@pytest.fixture
async def table(tmp_path):
    app = make_app(Settings(home=tmp_path), "counter", source_topics=["log"])
    app.finalize()
    app.loop = asyncio.get_running_loop()
    made = app.table("counts", position_of=lambda value: int(value["at"]))
    app.tables.recovery.revoke = lambda tp: made.forgotten.append(tp.partition)
    made.forgotten = []
    return made


def change(key, value, *, term, partition=3):
    message = SimpleNamespace(partition=partition, value=None if value is None else b"json")
    return SimpleNamespace(key=key, value=value, message=message, headers={"term": str(term).encode()})


def recover(table, *changes):
    table.apply_changelog_batch(list(changes))
    return dict(table.data.data)


async def test_a_value_that_has_applied_less_than_the_held_one_is_dropped(table):
    held = recover(table, change("a", {"at": 7}, term=1), change("a", {"at": 5}, term=1))
    assert held == {"a": {"at": 7}}
    assert recover(table, change("a", {"at": 6}, term=1)) == {"a": {"at": 7}}
    assert recover(table, change("a", {"at": 7, "n": 1}, term=1)) == {"a": {"at": 7, "n": 1}}


async def test_records_of_an_earlier_term_behind_a_later_one_are_dropped(table):
    held = recover(
        table,
        change("a", {"at": 7}, term=1),
        change("a", None, term=2),
        change("a", {"at": 8}, term=1),
        change("b", None, term=1),
        change("c", {"at": 1}, term=1, partition=4),
    )
    assert held == {"c": {"at": 1}}, "partition 4 has terms of its own"


async def test_a_tombstone_makes_way_for_any_position(table):
    held = recover(table, change("a", {"at": 7}, term=1), change("a", None, term=1), change("a", {"at": 2}, term=1))
    assert held == {"a": {"at": 2}}


async def test_a_value_that_has_applied_no_position_is_dropped_and_holds_nobody_up(table):
    held = recover(table, change("a", {"at": 7}, term=1), *(change("a", v, term=1) for v in ([], {}, {"at": "x"})))
    assert held == {"a": {"at": 7}}


async def test_without_position_of_the_order_of_the_changelog_holds(tmp_path):
    app = make_app(Settings(home=tmp_path), "queue", source_topics=["ticks"], tables_partitions=1)
    app.finalize()
    plain = app.table("outstanding")
    assert recover(plain, change("a", [2], term=1), change("a", [1], term=1)) == {"a": [1]}


async def rebalance(table, generation, *, assigned, revoked=()):
    await table.on_rebalance(
        {TP(CHANGELOG, p) for p in assigned}, {TP(CHANGELOG, p) for p in revoked}, set(), generation
    )


async def test_what_is_revoked_leaves_the_memory(table):
    await rebalance(table, 1, assigned=[3, 4])
    recover(table, change("a", {"at": 7}, term=1), change("b", {"at": 1}, term=1, partition=4))
    table.forgotten.clear()
    await rebalance(table, 2, assigned=[3], revoked=[4])
    assert (dict(table.data.data), table.forgotten) == ({"a": {"at": 7}}, [4])


async def test_a_member_that_missed_a_generation_recovers_everything(table):
    await rebalance(table, 1, assigned=[3])
    recover(table, change("a", {"at": 7}, term=1))
    table.forgotten.clear()
    await rebalance(table, 3, assigned=[3])
    assert (dict(table.data.data), table.forgotten) == ({}, [3])


@pytest.mark.parametrize(("seen", "generation", "term"), [(0, 4, 4), (4, 4, 4), (4, 9, 9), (500, 2, 502)])
async def test_terms_grow_with_the_group_and_beyond_its_end(table, seen, generation, term):
    await rebalance(table, generation, assigned=[3])
    recover(table, change("a", {"at": 1}, term=seen))
    assert table._term(3) == term


@pytest.fixture
def at_work(table, monkeypatch):
    """An event of partition 3, fetched in generation 5, is being handled."""
    event = SimpleNamespace(message=SimpleNamespace(topic="log", partition=3, generation_id=5))
    monkeypatch.setattr(faust, "current_event", lambda: event)
    sent = []

    def send(topic, key, value, *, partition, headers):
        assert (topic, partition) == (CHANGELOG, 3)
        sent.append((key, value, headers))

    table.app.outbox = SimpleNamespace(send=send)
    table.app.consumer_generation_id = 5
    return sent


async def test_each_change_carries_the_term(table, at_work):
    await rebalance(table, 5, assigned=[3])
    table["a"] = {"at": 1}
    del table["a"]
    assert at_work == [(b'"a"', b'{"at":1}', [("term", b"5")]), (b'"a"', None, [("term", b"5")])]


async def test_own_keys_leave_the_memory_with_their_partition(table, at_work):
    await rebalance(table, 5, assigned=[3])
    table["a"] = {"at": 1}
    await rebalance(table, 6, assigned=[], revoked=[3])
    assert dict(table.data.data) == {}


async def test_a_handler_of_an_old_generation_cannot_write(table, at_work):
    table.app.consumer_generation_id = 6
    with pytest.raises(NoLongerOwnerError):
        table["a"] = {"at": 1}
    assert not at_work
    assert "a" not in table.data.data


@pytest.mark.parametrize("error", [DependencyError("full"), TypeError("no JSON")])
async def test_a_change_that_cannot_be_sent_is_none(table, at_work, error):
    table["a"] = {"at": 1}

    def send(*_, **__):
        raise error

    table.app.outbox.send = send
    with pytest.raises(type(error)):
        table["a"] = {"at": 2}
    with pytest.raises(type(error)):
        del table["a"]
    assert table["a"] == {"at": 1}


async def test_a_change_that_can_never_be_sent_ends_the_process(table, at_work, monkeypatch):
    ended = []
    monkeypatch.setattr(table_module, "end_process", ended.append)

    def send(*_, **__):
        raise DataError("too large")

    table.app.outbox.send = send
    table["a"] = {"at": 1}
    assert "too large" in ended[0]


async def test_what_is_read_again_is_what_the_changelog_has_and_what_is_written_next_counts(
    table, at_work, monkeypatch
):
    await rebalance(table, 5, assigned=[3])
    for key in ("c|a", "c|b", "cc|a"):
        table[key] = {"at": 1}
    read = []

    def held(_settings, *asked, whole, progress):
        read.append(asked[:3])
        return Held({"c|a": {"at": 9}, "c|ghost": {"at": 1}}, 1_000_000)

    monkeypatch.setattr(table_module, "held", held)
    await table.reread("c|")
    assert dict(table.data.data) == {"c|a": {"at": 9}, "c|ghost": {"at": 1}, "cc|a": {"at": 1}}
    del table["c|ghost"]
    assert (read, at_work[-1]) == ([(CHANGELOG, 3, "c|")], (b'"c|ghost"', None, [("term", b"1000005")]))
    table.app.consumer_generation_id = 6  # the partition goes while it is read
    with pytest.raises(NoLongerOwnerError):
        await table.reread("c|")
