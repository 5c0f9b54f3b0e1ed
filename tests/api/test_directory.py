"""What a request refers to, in a view that was lost a moment ago."""

from dataclasses import replace

import pytest

from api.directory import Directory, log_ends
from api.view import View, connect
from schemas.errors import DependencyError
from tests.api.world import LANGUAGES, problem


class _LostOnce(View):
    """Answers its first question about a contest as a Redis does that was emptied just now, and is filled by the next."""

    lost = True
    holds: int | None = None
    """What is looked up at once finds nothing any more, in a view that holds the contest up to here."""

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
        return (held, found) if self.holds is None else (self.holds, [None for _ in found])


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
    view.lost, view.holds = False, -1
    with pytest.raises(DependencyError, match="being rebuilt"):
        await known.find_all(contest, "pa", "cpp", "t1", "s1")


async def test_a_view_that_is_away_or_behind_leaves_what_was_found_there(directory):
    known, view, contest = directory
    asked = contest, "pa", "java", "t1", "s1"
    before = await known.find(*asked)
    assert None not in (before.contest, before.problem, before.language, before.team)
    view.holds = -1
    assert await known.find(*asked) == replace(before, held=-1)
    view.holds = before.team.position - 1
    assert (await known.find(*asked)).team == before.team, "a copy from before the team came was put back"


async def test_what_has_left_the_contest_is_not_remembered(world, directory):
    known, view, contest = directory
    asked = contest, "pc", "java", "t1", "s1"
    before = await known.find(*asked)
    assert None not in (before.problem, before.language)
    world.define(contest, problems=(problem("A"), problem("B")), languages=LANGUAGES[:1])
    world.appears(contest)
    for held in (None, -1):
        view.holds = held
        found = await known.find(*asked)
        assert (found.problem, found.language) == (None, None), "neither is there, nor was when the view was lost"
        assert found.team == before.team
