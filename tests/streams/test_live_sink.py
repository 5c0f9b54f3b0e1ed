"""The live sink as processes, on a real Kafka and a Redis of its own that is killed, flushed and set back."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from schemas import live
from schemas.ids import new_id, partition_of
from schemas.producer import Producer
from schemas.reader import bounds, read
from streams.live.view import LOG, ROWS
from streams.positions import missing, read_handled
from tests.streams import live_events as make
from tests.streams.live_driver import PARTITION, Partition, Sink, dump
from tests.wait import until

ROOT = Path(__file__).parents[2]


class Redis:
    """A redis-server that the test may kill, and whose file it may set back."""

    def __init__(self, folder: Path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        folder.mkdir()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis.from_url(self.url)
        self.start()

    def start(self):
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        options += ["--appendonly", "yes", "--appendfsync", "everysec"]
        self.process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        until(self.answers, 20, "redis answers")

    def answers(self):
        try:
            return self.client.ping()
        except redis.RedisError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.client.close()
        self.process.terminate()
        self.process.wait(60)


class Sinks:
    """Processes of the sink, started again when killed."""

    def __init__(self, settings, kafka, url, count):
        self.home = settings.home
        self.env = os.environ | {
            "PODIUM_HOME": str(settings.home),
            "PODIUM_KAFKA": kafka,
            "PODIUM_REDIS": url,
            "PODIUM_COUNT_HANDLED": "true",
            "PODIUM_SESSION_TIMEOUT": "6",
            "PYTHONPATH": str(ROOT),
        }
        self.log = (settings.home / "sinks.log").open("a")
        self.processes = [self.start(n) for n in range(count)]

    def start(self, number):
        code = "from schemas import logs, settings; from streams.live.sink import run; logs.setup('sink'); run(settings.load())"
        env = self.env | {"PODIUM_INSTANCE": f"live-sink-{number}"}
        return subprocess.Popen([sys.executable, "-c", code], env=env, stdout=self.log, stderr=subprocess.STDOUT)

    def kill(self, number):
        self.processes[number].kill()
        self.processes[number].wait()
        self.processes[number] = self.start(number)

    def end(self, number):
        self.processes[number].terminate()
        assert self.processes[number].wait(60) == 0
        self.processes[number] = self.start(number)

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        return [process.wait(60) for process in self.processes]


@pytest.fixture
def own_redis(tmp_path):
    server = Redis(tmp_path / "redis")
    yield server
    server.stop()


@pytest.fixture
def sinks(settings, kafka, own_redis):
    started = []

    def start(count=1):
        started.append(Sinks(settings, kafka, own_redis.url, count))
        return started[-1]

    yield start
    for one in started:
        for process in one.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        one.log.close()


@pytest.fixture
def cluster(settings, kafka):
    return settings.model_copy(update={"kafka": kafka})


def contests(count):
    """New contests of one partition: the one that LiveDriver's records are of."""
    found = []
    while len(found) < count:
        name = new_id()
        if partition_of(name) == PARTITION:
            found.append(name)
    return found


def append(producer, contest, log, rows):
    """A contest's events and rows into Kafka, at random among those of the others."""
    futures = [producer.append(event) for event in log]
    futures += [producer.send(ROWS, f"{contest}|row", row, partition=partition_of(contest)) for row in rows]
    return futures


def in_memory(settings, client, names):
    """The same records through a view without Kafka, into a database of its own: what must come out."""
    partition = Partition([], [])
    for topic in (LOG, ROWS):
        for raw in read(settings, topic, PARTITION):
            record = None
            if any(name.encode() in (raw.key or b"") for name in names):
                record = Partition.record(topic, raw.position, raw.key, raw.value)
            held = partition.records[topic]
            held += [None] * (raw.position - len(held))
            held.append(record)
    url = f"redis://127.0.0.1:{client.connection_pool.connection_kwargs['port']}/1"
    other = redis.Redis.from_url(url)
    other.flushdb()
    sink = Sink(url, partition)
    sink.finish()
    sink.store.close()
    found = {key: value for key, value in dump(other).items() if not key.startswith("live:")}
    other.close()
    return found


def held(client, names):
    return {key: value for key, value in dump(client).items() if any(f"{{{name}}}" in key for name in names)}


def position(client, name):
    found = live.parse_meta(client.hgetall(live.meta_key(name)))
    return (found.log, found.rows) if found else (-1, -1)


def test_what_is_appended_is_in_redis_at_once_and_bad_records_are_in_the_dead_letters(cluster, own_redis, sinks):
    (name,) = contests(1)
    running = sinks()
    with Producer(cluster) as producer:
        first = producer.append(make.definition(name)).result(30)
        until(lambda: position(own_redis.client, name)[0] >= first, 30, "the definition is in Redis")
        bad = [
            producer.send(topic, name, b"\xc3\x01rubbish...", partition=PARTITION).result(30) for topic in (LOG, ROWS)
        ]
        last = [
            future.result(30)
            for future in append(producer, name, [make.submission("s1", name)], [make.row("t1", 1, name)])
        ]
    until(lambda: position(own_redis.client, name) == tuple(last), 10, "the stream went on")
    assert own_redis.client.hget(live.numbers_key(name), "s1") == b"1"

    def letters():
        found = {}
        for partition in range(12):
            for raw in read_letters(cluster, partition):
                headers = dict(raw.headers() or ())
                if headers.get("x-dlq-app") == b"live-sink" and raw.key() == name.encode():
                    found[headers["x-dlq-topic"].decode(), int(headers["x-dlq-offset"])] = (raw.value(), headers)
        return found if len(found) == 2 else None

    found = until(letters, 20, "both dead letters are there")
    assert found.keys() == {(LOG, bad[0]), (ROWS, bad[1])}
    for value, headers in found.values():
        assert value == b"\xc3\x01rubbish..."
        assert b"unknown" in headers["x-dlq-message"]
    assert running.stop() == [0]


def read_letters(settings, partition):
    """Messages with their headers."""
    from confluent_kafka import TopicPartition

    from schemas.reader import consumer

    low, high = bounds(settings, "dead-letters", partition)
    if low == high:
        return
    reader = consumer(settings)
    reader.assign([TopicPartition("dead-letters", partition, low)])
    try:
        while low < high:
            message = reader.poll(5)
            if message is not None and message.error() is None:
                low = message.offset() + 1
                yield message
    finally:
        reader.close()


def hurt(cluster, own_redis, running, choose):
    """Hurt two sinks and their Redis in the ways that *choose* takes of all; then every position is handled, and three
    contests of one partition are in the end as an undisturbed pass gives them."""
    names, random_, client = contests(3), random.Random(5), own_redis.client
    copied = own_redis.folder.with_name("copy")
    stories = {name: (make.story(name, n, 600), make.board_story(name, n, 600)) for n, name in enumerate(names)}
    last = dict.fromkeys(names, (-1, -1))

    def more(producer, *only):
        """Some of what each of these contests has to tell, all at once."""
        for name in sorted(only or names, key=lambda _: random_.random()):
            log, rows = stories[name]
            futures = append(producer, name, log[:20], rows[:20])
            positions = [future.result(30) for future in futures]
            stories[name] = log[20:], rows[20:]
            last[name] = positions[len(log[:20]) - 1], positions[-1]

    def caught_up():
        return all(position(client, name) == last[name] for name in names)

    def set_back():
        own_redis.kill()
        shutil.rmtree(own_redis.folder)
        shutil.copytree(copied, own_redis.folder)
        own_redis.start()

    def save():
        own_redis.kill()
        shutil.copytree(own_redis.folder, copied)
        own_redis.start()

    ways = {
        "flush": client.flushall,
        "kill": lambda: running.kill(0),
        "end": lambda: running.end(1),
        "set back": set_back,
        "kill and flush": lambda: (running.kill(1), client.flushall()),
        "kill both and set back": lambda: (running.kill(0), running.kill(1), set_back()),
    }
    with Producer(cluster) as producer:
        more(producer)
        until(caught_up, 40, "the first events are in Redis")
        more(producer, *names[1:])
        until(caught_up, 20, "two contests are ahead of the third")
        save()
        for way in choose(list(ways)):
            more(producer)
            ways[way]()
            more(producer, names[2])
            until(caught_up, 60, f"the sinks have caught up after: {way}")
        client.flushall()
        until(caught_up, 20, "a flushed Redis heals without anything new")
    expected = in_memory(cluster, client, names)
    assert expected
    assert held(client, names) == expected
    until(lambda: not unhandled(cluster, running.home), 60, "every position is handled")
    assert running.stop() == [0, 0]


def test_two_sinks_killed_and_redis_flushed_and_set_back_end_in_the_same_keys(cluster, own_redis, sinks):
    # each kill of one sink is waited out for a session by the other
    hurt(cluster, own_redis, sinks(2), lambda _: ["flush", "end", "set back", "kill both and set back"])


@pytest.mark.long
@pytest.mark.timeout(600)
def test_long_two_sinks_and_redis_hurt_in_every_way_end_in_the_same_keys(cluster, own_redis, sinks):
    hurt(cluster, own_redis, sinks(2), lambda ways: [*ways, *random.sample(ways, len(ways))])


def unhandled(cluster, home):
    """The partition's positions, of either topic, that no sink has counted. Others may be another test's sink's."""
    handled, found = read_handled(home / "run"), {}
    for topic in (LOG, ROWS):
        low, high = bounds(cluster, topic, PARTITION)
        if lacking := missing(handled.get(("live-sink", topic, PARTITION), []), low, high):
            found[topic] = lacking
    return found
