"""The event feed: whoever reads it, from whatever line on, hears the same, and has in the end what the lists have."""

import dataclasses
import random

import orjson
import pytest

from api.access import Viewer
from api.feed import feed as feed_module
from api.feed import source
from schemas import events
from tests.feed_world import VERSIONS, VIEWERS, C, Client, FeedWorld, read, story
from tests.streams import live_events as make
from tests.streams.live_events import START

READERS = [(version, who) for version in VERSIONS for who in VIEWERS]


@pytest.mark.parametrize("seed", range(3))
async def test_at_every_position_a_client_has_what_the_lists_have(seed):
    await followed_to_the_end(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3, 40))
async def test_long_at_every_position_a_client_has_what_the_lists_have(seed):
    await followed_to_the_end(seed)


async def followed_to_the_end(seed):
    """Followed line by line, with a live sink that begins again now and then."""
    world, draw = FeedWorld(), random.Random(seed)
    followed = {key: (world.feed(key[0], VIEWERS[key[1]]), Client()) for key in READERS}
    heard = 0
    for number, event in enumerate(story(seed)):
        world.add(event)
        if draw.random() < 0.1:
            world.reload()
        for (version, who), (feed, client) in followed.items():
            lines = await read(feed)
            client.take(lines)
            heard += len(lines)
            if (number + READERS.index((version, who))) % 11 == 0:
                assert client.objects == await world.rest(version, VIEWERS[who]), (version, who, number)
    assert heard > 500
    for (version, who), (feed, client) in followed.items():
        assert client.objects == await world.rest(version, VIEWERS[who])
        assert feed.over
        assert client.objects["state", None]["end_of_updates"] is not None
        if version == "2023-06":
            judged = [one["submission_id"] for (type_, _), one in client.objects.items() if type_ == "judgements"]
            assert len(judged) == len(set(judged)), "no current: one judgement a submission"


@pytest.mark.parametrize("seed", range(2))
async def test_from_every_line_on_there_is_the_same_to_hear(seed, monkeypatch):
    await resumed_anywhere(seed, monkeypatch, lines=5)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 20))
async def test_long_from_every_line_on_there_is_the_same_to_hear(seed, monkeypatch):
    await resumed_anywhere(seed, monkeypatch, lines=25)


async def resumed_anywhere(seed, monkeypatch, lines):
    """Read at once, as it came, and from each token on: in small pieces and large, with large events in slices."""
    events, worlds = story(seed, 40), {}
    for size in (100, 12):
        monkeypatch.setattr(source, "COUNT", size)
        monkeypatch.setattr(source, "SLICE", 5 if size == 12 else 50)
        monkeypatch.setattr(feed_module, "PIECE", size * 50)
        world = FeedWorld()
        followed = {key: (world.feed(key[0], VIEWERS[key[1]]), []) for key in READERS}
        for event in events:
            world.add(event)
            for feed, heard in followed.values():
                heard.extend(await read(feed))
        for (version, who), (_, live) in followed.items():
            whole = await world.told(version, VIEWERS[who])
            assert whole == live
            tokens = [one["token"] for one in whole]
            assert len(set(tokens)) == len(tokens)
            for at in random.Random(seed).sample(range(len(whole)), lines):
                assert await world.told(version, VIEWERS[who], tokens[at]) == whole[at + 1 :], (version, who, at)
            assert await world.told(version, VIEWERS[who], tokens[-1]) == []
            assert (whole[-1]["type"], whole[-1]["data"]["end_of_updates"] is not None) == ("state", True)
            last = {}
            for one in whole:
                last[one["type"], one["id"]] = one["data"]
            assert worlds.setdefault((version, who), last) == last, "however large the pieces are"


async def test_a_token_opens_its_own_feed_alone():
    world = FeedWorld()
    for event in story(1, 20):
        world.add(event)
    feeds = {key: await world.told(key[0], VIEWERS[key[1]]) for key in READERS}
    for (version, who), lines in feeds.items():
        token = lines[len(lines) // 2]["token"]
        assert len(token) == len(lines[0]["token"]), "its length tells nothing"
        for other, other_who in READERS:
            opens = world.feed(other, VIEWERS[other_who])._tokens.place(token) is not None
            assert opens == ((other, other_who) == (version, who))
        mine = world.feed(version, VIEWERS[who])._tokens
        for spoilt in (
            "",
            "x",
            token[:-1],
            token + "A",
            ("B" if token[0] == "A" else "A") + token[1:],
            "é",
            "A" * 5000,
        ):
            assert mine.place(spoilt) is None


async def test_behind_the_end_of_updates_nobody_waits_for_what_is_being_written():
    world = FeedWorld()
    for event in story(1, 20):
        world.add(event)
    world.redis.stream.append(((world.position + 1, 1), world.redis.stream[-1][1]))  # and its position is not held yet
    for version, who in READERS:
        feed = world.feed(version, VIEWERS[who])
        await read(feed)
        assert feed.over
        assert not feed.soon, "a client that asked to end with what there is would never hear the end"


AT_LARGE = Viewer("analyst", at_large=True, account="at large")


def privacy(world, public, **more):
    """Somebody writes into the contest's files whether it is public."""
    changes = world.folded.state.conduct.definition_position
    return world.add(make.definition(C, changes=changes, public=public, **more))


def says(world, id_):
    world.add(make.make(events.Clarification, C, id=id_, text=id_, asked_at=START))


@pytest.mark.parametrize("count", [100, 5], ids=["in one read", "in slices"])
@pytest.mark.parametrize("viewer", [VIEWERS["public"], AT_LARGE], ids=["public", "analyst at large"])
async def test_who_loses_the_contest_hears_that_it_is_gone_and_nothing_behind_it(monkeypatch, viewer, count):
    monkeypatch.setattr(feed_module, "PIECE", 1)
    monkeypatch.setattr(source, "COUNT", count)
    monkeypatch.setattr(source, "SLICE", 2)
    world = FeedWorld()
    for event in make.story(C, 1, 20):
        world.add(event)
    fast, slow = world.feed("2026-01", viewer), world.feed("2026-01", viewer)
    before = await read(fast)
    pieces = slow.news()
    heard = [orjson.loads(await anext(pieces))]
    privacy(world, public=False, feedback="full", main_scoreboard_group_id="site", languages=())
    says(world, "in private")
    heard += [orjson.loads(line) async for piece in pieces for line in piece.splitlines()]
    gone = heard[-1]
    assert (gone["type"], gone["data"]) == ("contest", None)
    assert heard == [*before, gone]
    assert (await read(fast), fast.closed, slow.closed) == ([gone], True, True)
    late = world.feed("2026-01", viewer)
    assert (await read(late), late.closed) == (heard, True)
    says(world, "in private, too")
    for feed in (fast, slow, late, world.feed("2026-01", viewer, gone["token"])):
        assert (await read(feed), feed.closed) == ([], True)
    assert "in private" in {one["id"] for one in await world.told("2026-01", VIEWERS["jury"])}, "to whom it exists"


async def test_who_gets_the_contest_again_hears_what_was_withheld_as_all_others_do(monkeypatch):
    viewer, lines, cuts = VIEWERS["public"], [], []
    world = FeedWorld()
    followed = world.feed("2026-01", viewer)

    async def hear():
        lines.extend(await read(followed))
        cuts.append((len(lines), followed.closed))

    for event in make.story(C, 2, 20):
        world.add(event)
    await hear()
    for number in range(2):
        privacy(world, public=False, feedback="full" if number else "number")
        await hear()
        says(world, f"withheld-{number}")
        await hear()
        privacy(world, public=True)
        await hear()
        says(world, f"told-{number}")
        await hear()
    assert [closed for _, closed in cuts] == [False, *[True, True, False, False] * 2]
    assert cuts[1] == (cuts[0][0] + 1, True)
    assert cuts[2] == cuts[1], "nothing is told of what is withheld"
    for count in (100, 5):
        monkeypatch.setattr(source, "COUNT", count)
        monkeypatch.setattr(source, "SLICE", 2)
        assert await world.told("2026-01", viewer) == lines
        for at, line in enumerate(lines[cuts[0][0] - 1 :], cuts[0][0]):
            assert await world.told("2026-01", viewer, line["token"]) == lines[at:]
    client = Client()
    client.take(lines)
    assert client.objects == await world.rest("2026-01", viewer)


async def test_of_a_contest_that_was_never_public_nothing_is_told():
    world = FeedWorld()
    world.add(dataclasses.replace(make.definition(C), public=False))
    for event in make.story(C, 1, 20)[1:]:
        world.add(event)
    for viewer in (VIEWERS["public"], AT_LARGE):
        feed = world.feed("2026-01", viewer)
        assert (await read(feed), feed.closed) == ([], True)
    assert await world.told("2026-01", VIEWERS["analyst"])
