"""The live path under an imported contest: 20 times a real qualifier's peak, single judgements, a thaw of all teams."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Self

import orjson
import redis
from confluent_kafka import KafkaError, Message, TopicPartition
from confluent_kafka import Producer as KafkaProducer

from bench.measure import Result, pooled, result
from bench.qualifier import SOURCE, feed
from bench.site import open_stack, until
from clics.feeds import events, read_feed
from podium.feeds.append import bring
from schemas.codec import codec
from schemas.events import Event, Finalized, Judgement, JudgingStarted, Submission, ThawScheduled, Transitioned
from schemas.ids import partition_of
from schemas.live import deltas_key, meta_key, rows_key
from schemas.producer import Producer, producer_conf
from schemas.reader import bounds, consumer, fetched, read_contest
from schemas.rows import ScoreboardRow
from schemas.runtime import calmed_collector
from schemas.settings import Settings

__all__ = ["run"]

PEAK = 1200
"""Runs in the qualifier's busiest minute."""

TEAMS = 2554
TIMES = 20
RUNS = 5
PARTS = frozenset({"kafka", "redis", "scorer", "live-sink"})
SETTLE_S = 300
"""What the full contest may take at most to be on the board: minutes on a slow machine."""


def run(seconds: float = 60, runs: int = RUNS, most: int | None = None) -> list[Result]:
    """Measure on a stack of its own. *seconds* of each load; *most*: about how many runs of the qualifier are taken."""
    if not SOURCE.exists():
        raise FileNotFoundError(f"{SOURCE}: this measurement needs the qualifier's runs")
    with open_stack(PARTS) as stack:
        return [
            *_behind(stack.settings, seconds, runs, most),
            *_single(stack.settings, seconds / 3, runs, most),
            *_thaw(stack.settings, runs, most),
        ]


def _split(contest: str, most: int | None, *, thawed: bool = False) -> tuple[list[Event], list[list[Event]]]:
    """What stands before the runs, and the events of each run, in their order; what comes behind them stays out."""
    made = list(events(read_feed(feed(most=most, thawed=thawed)).changes(), contest, by="import"))
    before: list[Event] = []
    of: dict[str, list[Event]] = {}
    for event in made:
        if isinstance(event, Submission):
            of[event.id] = [event]
        elif isinstance(event, JudgingStarted | Judgement):
            of[event.submission_id].append(event)
        elif not of:
            before.append(event)
    return before, list(of.values())


@dataclass
class _Watch:
    """Follows `scoreboard-rows`: when the first row that a position asked for was there, of one audience.

    What comes is decoded when it is asked for, behind the load: the cores are the scorer's and the broker's meanwhile.
    """

    settings: Settings
    contest: str
    come: list[tuple[float, bytes]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self._follow)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()

    def _follow(self) -> None:
        partition = partition_of(self.contest)
        start = bounds(self.settings, "scoreboard-rows", partition)[1]
        # a fetch takes what comes in 5 ms: one for each record would take the broker and this process a third of a core
        patience = {"fetch.min.bytes": 1 << 20, "fetch.wait.max.ms": 5, "enable.partition.eof": False}
        reader = consumer(self.settings, **patience)
        reader.assign([TopicPartition("scoreboard-rows", partition, start)])
        while not self.stop.is_set():
            found = fetched(reader, 500, 0.05)
            now = time.monotonic()
            for message in found:
                if message.error() is None and b"|jury|" in message.key() and b"|jury|!" not in message.key():
                    self.come.append((now, message.value()))
        reader.close()

    def wait(self, position: int) -> None:
        come = f"the scorer of {self.contest} comes to position {position}"
        until(lambda: bool(self.come) and _position(self.come[-1][1]) >= position, SETTLE_S, come)

    def seen(self) -> dict[int, float]:
        """When the first row was there, by the position that asked for it."""
        found: dict[int, float] = {}
        for at, value in self.come:
            found.setdefault(_position(value), at)
        return found


def _position(value: bytes) -> int:
    record = codec().decode(value)
    assert isinstance(record, ScoreboardRow)
    return record.position


def _behind(settings: Settings, seconds: float, runs: int, most: int | None) -> list[Result]:
    """How far the scorer is behind at 20 times the peak: each judgement to its row, and what is left at the end."""
    rate = PEAK * TIMES / 60
    lags: list[list[float]] = []
    left: list[float] = []
    growth: list[float] = []
    offered: list[float] = []
    for number in range(runs):
        contest = f"fast{number}"
        before, judged = _split(contest, most)
        with Producer(settings) as producer, _Watch(settings, contest) as watch:
            first = bring(settings, contest, [*before, *judged[0]], producer)
            assert first.appended
            watch.wait(bounds(settings, "log", partition_of(contest))[1] - 1)
            encoded = [_encoded(one) for one in islice(_again(judged[1:]), int(rate * seconds))]
            begun = time.monotonic()
            with calmed_collector():  # all that was encoded is looked at else, again and again
                sent = _paced(settings, contest, encoded, rate)
            end = time.monotonic()
            offered.append(len(encoded) / (max(sent.values()) - begun))
            watch.wait(max(sent))
            seen = watch.seen()
            left.append(seen[max(sent)] - end)
            found = [seen[position] - at for position, at in sorted(sent.items())]
        lags.append([1000 * lag for lag in found])
        half = len(found) // 2
        growth.append((sum(found[half:]) / len(found[half:])) / (sum(found[:half]) / half))
    name = f"scorer at {TIMES} times the qualifier's peak ({rate:.0f} runs/s)"
    return [
        result(f"{name}: what was sent", "runs/s", offered),
        pooled(f"{name}: judgement to row, p50", "ms", lags, 50),
        pooled(f"{name}: judgement to row, p99", "ms", lags, 99),
        result(f"{name}: behind when the load ends", "s", [max(0.0, one) for one in left], bar=2.0),
        result(f"{name}: second half's lag over the first's", "", growth),
    ]


def _again(judged: Sequence[list[Event]]) -> Iterator[list[Event]]:
    """The runs, and from the beginning with other ids when they are at their end."""
    turn = 0
    while True:
        for one in judged:
            yield one if not turn else [_renamed(event, turn) for event in one]
        turn += 1


def _renamed(event: Event, turn: int) -> Event:
    if isinstance(event, Submission):
        return replace(event, id=f"{event.id}-{turn}")
    assert isinstance(event, JudgingStarted | Judgement)
    return replace(event, submission_id=f"{event.submission_id}-{turn}")


def _encoded(one: Sequence[Event]) -> list[tuple[bytes, bool]]:
    """A run's records, each with whether it is the judgement: encoding them is not what is measured."""
    return [(codec().encode(event), isinstance(event, Judgement)) for event in one]


def _paced(settings: Settings, contest: str, runs: Sequence[list[tuple[bytes, bool]]], rate: float) -> dict[int, float]:
    """Append so many runs a second; when each judgement was sent, by its position.

    A run's records go to the broker together: what they cost whoever sends them is not the scorer's.
    """
    sent: dict[int, float] = {}
    partition = partition_of(contest)
    producer = KafkaProducer(producer_conf(settings, timeout_s=30) | {"linger.ms": 5})

    def arrived(at: float, error: KafkaError | None, message: Message) -> None:
        assert error is None, error
        position = message.offset()
        assert position is not None
        sent[position] = at

    begun = time.monotonic()
    for number, one in enumerate(runs):
        if (early := begun + number / rate - time.monotonic()) > 0:
            time.sleep(early)
        for value, judged in one:
            told = partial(arrived, time.monotonic()) if judged else None
            producer.produce("log", key=contest, value=value, partition=partition, on_delivery=told)
        producer.poll(0)
    assert producer.flush(30) == 0
    return sent


def _single(settings: Settings, seconds: float, runs: int, most: int | None) -> list[Result]:
    """A judgement to its row in Redis, at 100 a second; each of another team, so that each row names its judgement."""
    times: list[list[float]] = []
    of_broker: list[list[float]] = []
    client = redis.Redis.from_url(settings.redis)
    for number in range(runs):
        contest = f"single{number}"
        before, judged = _split(contest, most)
        firsts = {one[0].team_id: one for one in reversed(judged) if isinstance(one[0], Submission)}
        with Producer(settings) as producer:
            bring(settings, contest, before, producer)
            count = min(len(firsts), int(100 * seconds))
            last = bounds(settings, "log", partition_of(contest))[1] - 1
            come = f"the live view has {contest} and its teams' rows"
            until(lambda contest=contest, last=last: _holds(client, contest, last, TEAMS), SETTLE_S, come)
            seen: dict[str, float] = {}
            stop = threading.Event()
            reader = threading.Thread(target=_deltas, args=(settings, contest, "jury", seen, stop))
            reader.start()
            sent, acked = {}, dict[str, float]()
            begun = time.monotonic()
            for place, (team, one) in enumerate(list(firsts.items())[:count]):
                early = begun + place / 100 - time.monotonic()
                if early > 0:
                    time.sleep(early)
                for event in one[:-1]:
                    producer.append(event)
                sent[team] = time.monotonic()
                answered = partial(_now, acked, team)
                producer.append(one[-1]).add_done_callback(answered)
            try:
                until(lambda seen=seen, count=count: len(seen) >= count, SETTLE_S, f"all rows of {contest} have come")
            finally:
                stop.set()
                reader.join()
        times.append([1000 * (seen[team] - at) for team, at in sent.items()])
        of_broker.append([1000 * (acked[team] - at) for team, at in sent.items()])
    client.close()
    name = "judgement to its row in Redis at 100/s"
    return [
        pooled(f"{name}, p50", "ms", times, 50),
        pooled(f"{name}, p99", "ms", times, 99),
        pooled("of it, to the broker's acknowledgement, p50", "ms", of_broker, 50),
        pooled("of it, to the broker's acknowledgement, p99", "ms", of_broker, 99),
    ]


def _now(into: dict[str, float], key: str, _: object) -> None:
    into[key] = time.monotonic()


def _holds(client: redis.Redis, contest: str, last: int, teams: int) -> bool:
    """Whether the live view has the log up to and with this position, and the rows of so many teams."""
    held = client.hget(meta_key(contest), "log")
    return held is not None and int(held) >= last and client.hlen(rows_key(contest, "0", "jury")) >= teams


def _deltas(settings: Settings, contest: str, audience: str, seen: dict[str, float], stop: threading.Event) -> None:
    """When a team's row was changed to one with a judged cell, by team."""
    client = redis.Redis.from_url(settings.redis)
    key, last = deltas_key(contest, "0", audience), "$"
    last = (client.xinfo_stream(key)["last-generated-id"] if client.exists(key) else b"0-0").decode()
    while not stop.is_set():
        for _, entries in client.xread({key: last}, block=50, count=500):
            now = time.monotonic()
            for entry, fields in entries:
                last = entry.decode()
                for row in orjson.loads(fields[b"d"])["rows"]:
                    if any(cell["num_judged"] for cell in row.get("cells", ())):
                        seen.setdefault(row["team_id"], now)
    client.close()


def _thaw(settings: Settings, runs: int, most: int | None) -> list[Result]:
    """From the thaw's record, of a finalized contest, to the moment at which Redis has swapped the whole public board."""
    took = []
    client = redis.Redis.from_url(settings.redis)
    for number in range(runs):
        contest = f"thaw{number}"
        made = list(events(read_feed(feed(most=most, thawed=False)).changes(), contest, by="import"))
        end = next(e.planned_at for e in made if isinstance(e, Transitioned) and e.kind == "ended")
        with Producer(settings) as producer, _Watch(settings, contest) as watch:
            bring(settings, contest, made, producer)
            watch.wait(max(_last_judgement(settings, contest), 0))
            _until_still(client, contest)
            head = {"contest": contest, "recorded_at": end, "recorded_by": "bench"}
            producer.append(Finalized(**head, id="final")).result()
            producer.append(ThawScheduled(**head, id="plan", thaw_time=end)).result()
            _until_still(client, contest)
            key = deltas_key(contest, "0", "public")
            last = client.xinfo_stream(key)["last-generated-id"]
            begun = time.monotonic()
            producer.append(Transitioned(**head, id="thaw", kind="thawed", planned_at=end))
            while not client.xread({key: last}, block=100, count=1):
                if time.monotonic() - begun > SETTLE_S:
                    raise TimeoutError(f"the thaw of {contest} does not show")
            took.append(time.monotonic() - begun)
    client.close()
    return [result(f"thaw of {TEAMS:,} teams, to the swap in Redis", "s", took, bar=3.0)]


def _last_judgement(settings: Settings, contest: str) -> int:
    return max(position for position, event in read_contest(settings, contest) if isinstance(event, Judgement))


def _until_still(client: redis.Redis, contest: str) -> None:
    """Until the public board has not changed for a second."""
    key = deltas_key(contest, "0", "public")
    last, since = None, time.monotonic()

    def still() -> bool:
        nonlocal last, since
        now = client.xinfo_stream(key)["last-generated-id"] if client.exists(key) else None
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since >= 1

    until(still, SETTLE_S, f"the public board of {contest} stands still")
