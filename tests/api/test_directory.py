"""What a request refers to, in a view that was lost a moment ago."""

import pytest

from api.directory import Directory, log_ends
from api.view import View, connect
from schemas.errors import DependencyError


class _LostOnce(View):
    """Answers its first question about a contest as a Redis does that was emptied just now, and is filled by the next."""

    lost = True
    emptied = False
    """What is looked up at once finds nothing any more."""

    async def object(self, contest, type_, id_):
        if self.lost:
            self.lost = False
            return None
        return await super().object(contest, type_, id_)

    async def contest(self, contest):
        progress, stored = await super().contest(contest)
        if self.lost:
            self.lost = False
            return progress, None
        return progress, stored

    async def look(self, contest, wanted):
        held, found = await super().look(contest, wanted)
        return (-1, [None for _ in found]) if self.emptied else (held, found)


@pytest.fixture
async def directory(world):
    contest = world.contest("lost-once")
    world.appears(contest)
    redis = connect(world.settings.redis)
    view = _LostOnce(redis)
    yield Directory(world.settings, view, log_ends(world.settings)), view, contest
    await redis.aclose()


async def test_a_contest_that_came_back_while_it_was_waited_for_is_there_for_a_write(directory):
    known, _, contest = directory
    assert (await known.contest_to_write(contest)).object["id"] == contest


async def test_a_contest_that_came_back_while_it_was_waited_for_is_there_for_a_read(directory):
    known, _, contest = directory
    held, stored = await known.contest_to_read(contest)
    assert (held >= 0, stored.object["id"]) == (True, contest)


async def test_a_view_that_was_lost_once_it_was_whole_refuses_nothing(directory):
    known, view, contest = directory
    view.lost, view.emptied = False, True
    with pytest.raises(DependencyError, match="being rebuilt"):
        await known.find_all(contest, "pa", "cpp", "t1", "s1")
