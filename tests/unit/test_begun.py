"""A coroutine that ends at once is run on the spot; one that waits is gone on with by whoever awaits the rest."""

from __future__ import annotations

import asyncio

import pytest

from streams._faust.begun import begin


async def at_once(said):
    said.append("whole")


async def waits(said, *events):
    for number, event in enumerate(events):
        said.append(number)
        await event.wait()
    said.append("end")
    return "answer"


async def test_what_ends_at_once_is_done():
    said = []
    assert begin(at_once(said)) is None
    assert said == ["whole"]


async def test_what_waits_is_gone_on_with():
    said, events = [], [asyncio.Event(), asyncio.Event()]
    rest = begin(waits(said, *events))
    assert said == [0]
    task = asyncio.ensure_future(rest)
    for event in events:
        assert not task.done()
        event.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert await task == "answer"
    assert said == [0, 1, "end"]


async def test_a_task_that_is_cancelled_ends_the_coroutine_where_it_waits():
    said = []

    async def cleans_up():
        try:
            await asyncio.Event().wait()
        finally:
            said.append("cleaned up")

    task = asyncio.ensure_future(begin(cleans_up()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said == ["cleaned up"]


@pytest.mark.parametrize("later", [False, True])
async def test_an_error_is_its_callers(later):
    async def fails():
        if later:
            await asyncio.sleep(0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await begin(fails())
