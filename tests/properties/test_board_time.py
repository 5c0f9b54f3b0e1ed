"""The time of a board is of the last event that its audience was told of, however much happens of which it hears nothing."""

import pytest

from api.access import Scene
from api.feed import source
from api.scoreboard import Scoreboards
from schemas import events
from streams.clock import transition
from tests.feed_world import C, FeedWorld, story
from tests.streams import live_events as make
from tests.streams.live_events import HOUR, MINUTE, START

AUDIENCES = ("public", "jury")


async def heard(world, boards, audience):
    """The time that these boards know of, at this moment of the log."""
    contest = await world.view.object(C, "contest", C)
    return await boards.heard(C, audience, world.position, Scene.of_log(contest.facts))


async def test_however_much_is_judged_again_in_silence_the_time_of_the_board_stays():
    world = FeedWorld()
    lasting = Scoreboards(world.view)
    for event in (make.definition(C), *make.entries(C), transition(C, "started", START, START, "clock")):
        world.add(event)
    ids = tuple(f"s{number}" for number in range(100))
    for id_ in ids:
        world.add(make.submission(id_, C))
    world.add(make.judgement("s7", "WA", C, at=8 * MINUTE))
    told = START + 8 * MINUTE
    assert [await heard(world, lasting, audience) for audience in AUDIENCES] == [told, told]
    before = len(world.redis.stream)
    for again in range(4):
        judging = world.add(make.act(events.RejudgingCreated, f"r{again}", C, HOUR, submission_ids=ids))
        for id_ in ids:
            world.add(make.started(id_, C, judging=judging, at=HOUR))
            world.add(make.runs(id_, 1, 2, contest=C, judging=judging, at=HOUR))
            world.add(make.judgement(id_, "AC", C, judging=judging, at=HOUR))
        assert [await heard(world, lasting, audience) for audience in AUDIENCES] == [told, told]
    assert len(world.redis.stream) > before + 1000
    for boards in (lasting, Scoreboards(world.view)):
        assert [await heard(world, boards, audience) for audience in AUDIENCES] == [told, told]
    world.add(make.act(events.RejudgingApplied, "now", C, 2 * HOUR, rejudging=judging))
    for boards in (lasting, Scoreboards(world.view)):
        assert [await heard(world, boards, audience) for audience in AUDIENCES] == [START + HOUR] * 2


@pytest.mark.parametrize("seed", range(2))
async def test_who_has_listened_all_along_knows_what_is_found_by_who_comes_now(seed, monkeypatch):
    monkeypatch.setattr(source, "SLICE", 3)
    world, changes = FeedWorld(), 0
    lasting, last = Scoreboards(world.view), None
    for event in story(seed):
        world.add(event)
        times = [await heard(world, lasting, audience) for audience in AUDIENCES]
        assert times == [await heard(world, Scoreboards(world.view), audience) for audience in AUDIENCES]
        changes += times != last
        last = times
    assert changes > 10
