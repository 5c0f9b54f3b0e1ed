"""Many who ask at once are answered by few questions, and nobody by one that is older than their request."""

import asyncio

import pytest

from api.shared import Shared


class Source:
    """Gives what was written when it was asked, once it is let go."""

    def __init__(self):
        self.value = self.asked = 0
        self.go = asyncio.Event()

    async def ask(self):
        self.asked += 1
        seen = self.value
        await self.go.wait()
        return seen


async def test_who_comes_while_a_question_is_under_way_waits_for_the_next():
    source, shared = Source(), Shared()
    first = [asyncio.create_task(shared.ask("k", source.ask)) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert source.asked == 1
    source.value = 1
    later = [asyncio.create_task(shared.ask("k", source.ask)) for _ in range(3)]
    await asyncio.sleep(0)
    source.go.set()
    assert await asyncio.gather(*first) == [0, 0, 0]
    assert await asyncio.gather(*later) == [1, 1, 1], "all that was written before they came"
    assert source.asked == 2
    assert await shared.ask("k", source.ask) == 1
    assert source.asked == 3
    assert shared._turns == {}


async def test_keys_are_asked_apart_and_one_who_leaves_takes_nobodys_answer():
    source, shared = Source(), Shared()
    leaving = asyncio.create_task(shared.ask("k", source.ask))
    staying = asyncio.create_task(shared.ask("k", source.ask))
    other = asyncio.create_task(shared.ask("l", source.ask))
    await asyncio.sleep(0)
    leaving.cancel()
    source.go.set()
    assert await staying == await other == 0
    assert source.asked == 2


async def test_a_failure_is_everybodys_and_the_next_question_is_asked_all_the_same():
    async def fails():
        raise ValueError("away")

    shared = Shared()
    asking = [asyncio.create_task(shared.ask("k", fails)) for _ in range(2)]
    for one in asking:
        with pytest.raises(ValueError, match="away"):
            await one
    source = Source()
    source.go.set()
    assert await shared.ask("k", source.ask) == 0
