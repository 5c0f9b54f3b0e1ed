"""The event feed: whoever reads it, from whatever line on, hears the same, and has in the end what the lists have."""

import random

import pytest

from api.feed import feed as feed_module
from api.feed import source
from tests.feed_world import VERSIONS, VIEWERS, Client, FeedWorld, read, story

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
