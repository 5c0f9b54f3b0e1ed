"""A contest finalized long ago leaves Redis, and comes back in the same keys when somebody asks or something happens."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas import events, live
from schemas.live_board import read_board
from streams.live.view import LOG, ROWS
from tests.streams import live_events as make
from tests.streams.live_driver import CONTESTS, KEEP_MS, Partition, Sink, dump, kill, straight
from tests.streams.live_events import HOUR, START, act
from tests.wait import until

OVER, OTHER, _ = CONTESTS
LATER = START + 6 * HOUR + KEEP_MS


@pytest.fixture
def partition():
    """One contest that is finalized six hours after its start, and one that goes on."""
    finalized = act(events.Finalized, "end", OVER, 6 * HOUR)
    log = [*make.story(OVER, 1), finalized, *make.story(OTHER, 2)]
    return Partition(log, [*make.board_story(OVER, 1), *make.board_story(OTHER, 2)])


@pytest.fixture
def sink(url, client, partition):
    sink = Sink(url, partition)
    sink.finish()
    yield sink
    sink.store.close()


def keys(client, contest):
    return sorted(key.decode().removeprefix(f"{{{contest}}}:") for key in client.scan_iter(f"{{{contest}}}:*"))


def look(sink):
    """The loop's check a minute later."""
    sink.view._rest._looked.clear()
    sink.check()


def away(client):
    return live.parse_meta(client.hgetall(live.meta_key(OVER))).away


def test_what_is_long_over_leaves_and_says_that_it_exists(sink, client):
    everything = dump(client)
    sink.now_ms = LATER - 1
    look(sink)
    assert dump(client) == everything, "not a moment too early"
    sink.now_ms = LATER
    look(sink)
    assert keys(client, OVER) == ["meta", "o:contest", "o:state"]
    assert keys(client, OTHER) == [key.removeprefix(f"{{{OTHER}}}:") for key in sorted(everything) if OTHER in key]
    placed = sink.placed
    look(sink)
    assert sink.placed == placed, "what left is not taken for lost"


def test_one_that_is_asked_for_comes_back_in_the_same_keys_and_stays(sink, client, url, partition):
    sink.now_ms = LATER
    look(sink)
    client.zadd(live.ASKED_KEY, {OVER: 1 << 50})
    sink.finish()
    assert not away(client)
    look(sink)
    back = dump(client)
    back.pop(live.ASKED_KEY)
    assert back == straight(url, client, partition)


@pytest.mark.parametrize("topic", [LOG, ROWS])
def test_what_happens_to_one_that_is_away_brings_it_back(sink, client, url, partition, topic):
    sink.now_ms = LATER
    look(sink)
    new = act(events.RejudgingCancelled, "late", OVER, 7 * HOUR, rejudging=1) if topic == LOG else make.mark(500, OVER)
    partition.append(topic, new)
    sink.finish()
    assert not away(client)
    assert dump(client) == straight(url, client, partition)


def test_a_reload_of_one_that_is_away_is_done_once(sink, client, url, partition):
    sink.now_ms = LATER
    look(sink)
    partition.append(LOG, act(events.Reloaded, "reload", OVER, 7 * HOUR))
    sink.finish()
    placed = sink.placed
    sink.finish()
    assert sink.placed == placed
    assert dump(client) == straight(url, client, partition)


def test_a_sink_killed_on_the_way_back_and_a_redis_that_was_flushed_change_nothing(sink, client, url, partition):
    sink.now_ms = LATER
    look(sink)
    client.zadd(live.ASKED_KEY, {OVER: 1 << 50})
    sink.check()
    sink.disturbed(kill, 1, after=True, log=10, rows=10)
    sink.finish()
    client.zrem(live.ASKED_KEY, OVER)
    assert dump(client) == straight(url, client, partition)
    sink.finish()
    look(sink)
    assert away(client)
    client.flushdb()
    sink.check()
    sink.finish()
    assert not away(client), "it is read from the log again, and leaves a minute later"
    look(sink)
    assert away(client)


def test_a_sink_that_does_not_know_that_it_left_begins_again(sink, client, url, partition):
    other = Sink(url, partition)
    other.finish()
    other.now_ms = LATER
    look(other)
    partition.append(LOG, make.submission("one-more", OVER))
    sink.finish()
    other.finish()
    sink.finish()
    other.store.close()
    assert not away(client)
    assert dump(client) == straight(url, client, partition)


def test_an_operators_command_waits_until_it_is_back(sink, client, url, settings):
    here = settings.model_copy(update={"redis": url})
    before = read_board(here, OVER, "public")
    sink.now_ms = LATER
    look(sink)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read_board, here, OVER, "public")

        def read():
            sink.finish()
            return reading.done()

        until(read, 30, "the command has its board")
    assert reading.result() == before
