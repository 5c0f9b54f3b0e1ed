"""Places that are counted for all processes together: how many there are, and what becomes of those of a dead process."""

import asyncio
import contextlib

import pytest
from redis.asyncio import Redis
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect as connect_socket

from api import places
from api.places import Places
from api.view import View, connect
from schemas.live import PLACES_KEY
from tests.api.events import Events


@pytest.fixture
async def view(redis_server, monkeypatch):
    """A view of an empty Redis; leases are renewed all the time."""
    monkeypatch.setattr(places, "RENEW_S", 0.01)
    redis = connect(f"{redis_server.rpartition('/')[0]}/12")
    await redis.flushdb()
    yield View(redis)
    await redis.aclose()


@pytest.fixture
async def api(view):
    """Makes the places of another process, of this name among its like."""
    made = []

    def make(instance="", of=view):
        made.append(Places(of, instance))
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def kill(process):
    """It says nothing any more."""
    process._renewing.cancel()
    await asyncio.gather(process._renewing, return_exceptions=True)


async def soon(coroutine):
    """Return once it gives something true."""
    async with asyncio.timeout(30):
        while not await coroutine():  # noqa: ASYNC110  # Redis tells nobody
            await asyncio.sleep(0.005)


async def test_processes_count_together_and_what_is_given_back_is_free(api):
    first, second = api(), api()
    assert [await one.take("x", 3) for one in (first, first, second, second, first)] == [True, True, True, False, False]
    assert await second.take("y", 1), "another's are others"
    first.give_back("x")
    assert await first.take("x", 3), "at once in the same process"
    first.give_back("x")
    await soon(lambda: second.take("x", 3))
    assert not await first.take("x", 3)
    await second.close()
    assert [await first.take("x", 3) for _ in range(3)] == [True, True, False], "who ends holds nothing"


async def test_a_thousand_who_come_at_once_ask_in_few_questions_and_get_what_there_is(api, monkeypatch):
    first, second = api(), api()
    asked = []
    exchange = Places._exchange
    monkeypatch.setattr(Places, "_exchange", lambda self: asked.append(self) or exchange(self))
    monkeypatch.setattr(places, "RENEW_S", 60.0)
    found = await asyncio.gather(*(one.take("x", 700) for _ in range(500) for one in (first, second)))
    assert found.count(True) == 700
    assert len(asked) < 20


async def test_places_that_are_taken_while_others_are_given_back_are_told(api, view, monkeypatch):
    monkeypatch.setattr(places, "RENEW_S", 60.0)
    first, second = api(), api()
    assert all([await first.take("x", 4) for _ in range(4)])
    for _ in range(4):
        first.give_back("x")
    answering = view.answering

    @contextlib.asynccontextmanager
    async def meanwhile(**more):
        async with answering(**more) as redis:
            # what is given back is on its way to Redis, and people come
            assert all([await first.take("x", 4) for _ in range(4)])
            monkeypatch.setattr(view, "answering", answering)
            yield redis

    monkeypatch.setattr(view, "answering", meanwhile)
    await first._exchange()
    await first._exchange()  # the next renewal
    assert not await second.take("x", 4)


async def test_who_leaves_before_the_answer_holds_no_place(api):
    first, second = api(), api()
    leaving = asyncio.create_task(first.take("x", 1))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    assert await first.take("x", 1)
    first.give_back("x")
    await soon(lambda: second.take("x", 1))


async def test_what_a_killed_process_held_is_free_when_its_lease_is_over_or_its_successor_comes(api, view):
    living, killed = api("api-1"), api("api-2")
    assert [await living.take("x", 3), *[await killed.take("x", 3) for _ in range(2)]] == [True] * 3
    await kill(killed)
    assert not await living.take("x", 3), "it may be slow"
    assert not await api("api-3").take("x", 3)
    successor = api("api-2")
    assert [await successor.take("x", 3) for _ in range(3)] == [True, True, False]
    await kill(successor)
    async with view.answering() as redis:
        await redis.zadd(PLACES_KEY, {successor._me: 1})  # long ago
    assert [await living.take("x", 3) for _ in range(3)] == [True, True, False]


async def test_a_redis_that_was_emptied_is_told_again_and_without_one_each_process_counts_for_itself(api, view):
    first, second = api(), api()
    assert [await first.take("x", 2) for _ in range(2)] == [True, True]
    async with view.answering() as redis:
        await redis.flushdb()

        async def told():
            return await redis.hget(f"{PLACES_KEY}:{first._me}", "x") == b"2"

        await soon(told)
    assert not await second.take("x", 2)
    nowhere = Redis.from_url("redis://127.0.0.1:1/0")
    alone = api(of=View(nowhere))
    assert [await alone.take("x", 2) for _ in range(3)] == [True, True, False]
    alone.give_back("x")
    assert await alone.take("x", 2)
    await nowhere.aclose()


def test_the_streams_of_an_address_are_counted_for_all_processes_and_none_of_one_that_was_killed(world):
    contest = world.contest("addressed", limits={"streams": 3})
    world.appears(contest)
    with contextlib.ExitStack() as ends:
        ends.enter_context(world.another_api())

        def url(number):
            return f"{world.url(number)}/api/contests/{contest}/scoreboard/stream"

        def opened(number):
            return ends.enter_context(Events(url(number))).response.status_code

        assert [opened(number) for number in (1, 3, 3, 2, 1, 3)] == [200, 200, 200, 429, 429, 429]
        with pytest.raises(InvalidStatus) as full:
            connect_socket(url(1).replace("http", "ws", 1))
        assert (full.value.response.status_code, int(full.value.response.headers["retry-after"]) > 0) == (429, True)
        world.stop("api-3", kill=True)
        world.start_api(3)  # what the one before it held is nobody's; without a successor it would be after ten seconds
        assert [opened(number) for number in (3, 2, 1)] == [200, 200, 429]
