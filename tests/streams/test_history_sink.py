"""The history sink on a real Kafka and a real history: killed, reloaded, fed with rubbish, and its store taken away."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pytest

from schemas import events as e
from schemas.definition import Award, FileData, Language
from schemas.history import next_position
from schemas.ids import CONTEST_PARTITIONS, new_id, partition_of
from schemas.producer import Producer
from schemas.reader import bounds, ends, read
from schemas.rows import BatchClosed, Cell, FirstToSolve, Mark, ScoreboardRow
from streams.history_sink import sink
from streams.history_sink.rows import LOG_TABLES, log_rows, scoreboard_rows
from streams.history_sink.sink import GROUP, HistoryView
from streams.history_sink.store import Store
from streams.loop import Record
from streams.positions import missing, read_handled
from streams.scoring.fold import FOLD_VERSION
from tests.conftest import free_port_base
from tests.contest_log import judgement_types
from tests.history.asked import scoreboard
from tests.history.contests import START, random_log
from tests.history.process import HistoryProcess
from tests.streams.kafka_log import KafkaLog
from tests.streams.test_live_sink import read_letters
from tests.wait import until

_MAIN = (
    "from schemas import logs, settings; from streams.history_sink import run; logs.setup('sink'); run(settings.load())"
)


class Sinks:
    """Processes of the sink, started again when killed."""

    def __init__(self, settings, count):
        self.env = os.environ | {
            "PODIUM_HOME": str(settings.home),
            "PODIUM_KAFKA": settings.kafka,
            "PODIUM_CLICKHOUSE": settings.clickhouse,
            "PODIUM_COUNT_HANDLED": "true",
            "PODIUM_SESSION_TIMEOUT": "6",
        }
        self.log = (settings.home / "sinks.log").open("a")
        self.processes = [self.start(n) for n in range(count)]

    def start(self, number):
        env = self.env | {"PODIUM_INSTANCE": f"history-sink-{number}"}
        return subprocess.Popen([sys.executable, "-c", _MAIN], env=env, stdout=self.log, stderr=subprocess.STDOUT)

    def kill(self, number):
        self.processes[number].kill()
        self.processes[number].wait()
        self.processes[number] = self.start(number)

    def stop(self, how=signal.SIGTERM):
        for process in self.processes:
            process.send_signal(how)
        self.log.close()
        return [process.wait(60) for process in self.processes]


@pytest.fixture
def cluster(settings, kafka, history_server):
    return settings.model_copy(update={"kafka": kafka, "clickhouse": history_server.url})


@pytest.fixture
def producer(cluster):
    with Producer(cluster) as producer:
        yield producer


@pytest.fixture
def view(cluster, producer, monkeypatch):
    monkeypatch.setattr(sink, "PACE_S", 0.0)  # what a test feeds is no stream of small batches
    store = Store(cluster)
    yield HistoryView(cluster, store, producer)
    store.close()


@pytest.fixture
def client(history_server):
    with history_server.client() as client:
        yield client


@pytest.fixture
def analyst(history_server):
    with history_server.client("analyst") as client:
        yield client


def feed(settings, view, contest, *, again=0):
    """The sink reads on to the end of the contest's partition, or from so many records before where it stands."""
    partition = partition_of(contest)
    records = [
        Record(topic, partition, raw.position, raw.key, raw.value)
        for (topic, _), start in view.starts([partition]).items()
        for raw in read(settings, topic, partition, max(0, start - again))
    ]
    assert view.apply(partition, records)


def sql(client, text, contest):
    return client.query(text, parameters={"contest": contest}).result_rows


def held(client, contest):
    """All that the history has of a contest but when it was loaded."""
    found = {}
    for table in LOG_TABLES:
        text = f"SELECT * EXCEPT loaded_at FROM podium.{table} FINAL WHERE contest = {{contest:String}}"
        found[table] = Counter(map(repr, sql(client, text, contest)))
    return found


def equal(client, log):
    return all(scoreboard(client, log.contest, audience=a) == log.canonical(a) for a in ("public", "jury"))


def test_every_kind_of_event_is_kept_and_reading_it_again_changes_nothing(cluster, producer, view, client):
    contest = f"kinds-{new_id()}"[:36]
    of = {"submission_id": "s1", "team_id": "t1", "problem_id": "a"}
    run = e.Run(ordinal=1, judgement_type_id="AC", cpu_ms=5, wall_ms=6, memory_kib=7, ended_at=START, test="01")
    log = KafkaLog(producer, contest=contest)
    languages = (Language(id="c", name="C", extensions=("c",)),)
    log.define(judgement_types=judgement_types(AC=False, WA=True), languages=languages)
    log.act(e.Organization, id="o1", name="University", country="SWE")
    log.group("g1")
    log.act(e.Person, id="p1", name="Ada Secret", role="contestant", email="ada@example.org", team_ids=("t1",))
    files = (FileData(name="a.c", data=b"\x00\xff not text"),)
    of_team = {"team_id": "t1", "problem_id": "A", "language_id": "c", "submitted_at": START}
    log.act(e.Submission, id="s1", **of_team, files=files)
    log.judge("s1", "AC")
    log.act(e.JudgingStarted, submission_id="s1", judging=0, attempt=1, host="h", started_at=START)
    log.act(e.Runs, submission_id="s1", judging=0, attempt=1, runs=(run, replace(run, ordinal=2)))
    log.fault("s1")
    log.override("s1", "WA")
    log.ignore("s1")
    log.act(e.SubmissionVerified, judging=0, **of)
    log.act(e.RejudgingCreated, submission_ids=("s1", "s2"))
    log.act(e.AwardGiven, award=Award(id="gold", citation="Gold", team_ids=("t1",)))
    log.act(e.Clarification, id="c1", text="Read the statement", asked_at=START)
    log.act(e.Commentary, id="m1", message="What a race", said_at=START)
    log.act(e.GenerationOpened, rule="icpc", fold_version=1)
    log.act(e.Finalized)
    feed(cluster, view, contest)
    first = held(client, contest)
    assert {table for table, rows in first.items() if not rows} == set()
    assert not sql(
        client, "SELECT 1 FROM podium.acts WHERE contest = {contest:String} AND detail LIKE '%Ada%'", contest
    )
    data = sql(client, "SELECT hex(data) FROM podium.sources WHERE contest = {contest:String}", contest)
    assert data == [(files[0].data.hex().upper(),)]
    feed(cluster, view, contest, again=100)
    assert held(client, contest) == first


def test_a_reload_writes_the_contest_anew(cluster, producer, view, client, monkeypatch):
    signs = []
    view.working = lambda: signs.append(view)
    log, other = KafkaLog(producer), KafkaLog(producer)
    for one in (log, other):
        one.submit("t1", "A", 5, "WA", id_="s1")
        one.submit("t2", "B", 9, "AC", id_="s2")
        feed(cluster, view, one.contest)
    before = held(client, log.contest)
    forged = log.make(e.Submission, id="s9", team_id="t1", problem_id="A", language_id="c", submitted_at=START)
    store = Store(cluster)
    store.write(log_rows(0, forged))
    store.close()
    client.command(
        "DELETE FROM podium.verdicts WHERE contest = {contest:String} AND submission_id = 's2'",
        parameters={"contest": log.contest},
    )
    assert not equal(client, log)
    untouched = held(client, other.contest)
    log.act(e.Reloaded)
    log.submit("t1", "A", 20, "AC")
    # other tests' records lie in the partition as well: a few stretches, however many they are
    monkeypatch.setattr(sink, "STRETCH", max(2, log.events[-1][0] // 8))
    feed(cluster, view, log.contest)
    assert equal(client, log)
    after = held(client, log.contest)
    assert all(not before[table] - after[table] for table in LOG_TABLES)
    assert sum(after["submissions"].values()) == 3
    assert held(client, other.contest) == untouched
    feed(cluster, view, log.contest, again=5)
    assert held(client, log.contest) == after
    assert len(signs) > 4, "the loop hears of it on the way"


def test_a_reload_takes_the_score_rows_from_their_topic(cluster, producer, view, client):
    log = KafkaLog(producer)
    of = {"contest": log.contest, "recorded_at": START, "recorded_by": "test", "generation": "0", "audience": "public"}
    of |= {"listed": True, "ranked": True, "sort_key": (0,), "total_time": 0, "cells": ()}
    row = ScoreboardRow(**of, position=7, team_id="t1", tie_key="t1", num_solved=1)
    partition = partition_of(log.contest)
    producer.send("scoreboard-rows", f"{log.contest}|0|public|t1", row, partition=partition).result(30)
    feed(cluster, view, log.contest)
    text = (
        "SELECT team_id, num_solved FROM podium.scoreboard_rows FINAL WHERE contest = {contest:String} ORDER BY team_id"
    )
    assert sql(client, text, log.contest) == [("t1", 1)]
    store = Store(cluster)
    forged = replace(row, position=1000, num_solved=9)
    store.write(scoreboard_rows(forged) + scoreboard_rows(replace(forged, team_id="t2")))
    store.close()
    assert sql(client, text, log.contest) == [("t1", 9), ("t2", 9)]
    log.act(e.Reloaded)
    feed(cluster, view, log.contest)
    assert sql(client, text, log.contest) == [("t1", 1)]


def test_twelve_quiet_partitions_wait_as_long_as_one(settings, monkeypatch):
    """The clock moves only when the sink sleeps."""
    now = [1000.0]
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(sink, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))
    written = SimpleNamespace(write=lambda _: None, advance=lambda _: None)
    view = HistoryView(settings, written, None)
    for turn in range(3):
        for partition in range(12):
            assert view.apply(partition, [Record("log", partition, turn, b"c", None)])
    assert sum(slept) == 2 * sink.PACE_S


def test_a_position_that_the_fold_skipped_is_no_fact_of_the_board(cluster, producer, view, client):
    log = KafkaLog(producer)
    log.submit("t1", "A", 5, "AC", id_="s1")
    good = log.canonical()
    bad = log.submit("t1", "B", 6, "AC", id_="s2")
    position = next(position for position, event in log.events if getattr(event, "id", "") == bad)
    log.act(e.PositionSkipped, position=position, fold_version=FOLD_VERSION)
    log.act(e.PositionSkipped, position=log.events[0][0], fold_version=FOLD_VERSION + 1)  # another fold's
    feed(cluster, view, log.contest)
    assert scoreboard(client, log.contest, audience="jury") == good
    log.act(e.Reloaded)
    feed(cluster, view, log.contest)
    assert scoreboard(client, log.contest, audience="jury") == good


def test_rows_of_a_batch_are_shown_when_it_is_closed(cluster, producer, view, client, analyst):
    log = KafkaLog(producer)
    log.act(e.Transitioned, kind="started", planned_at=START)
    of = {"contest": log.contest, "recorded_at": START, "recorded_by": "test", "generation": "0", "audience": "public"}
    cell = Cell(problem_id="A", num_judged=1, num_pending=0, solved=True, time=60_000)
    row = ScoreboardRow(
        **of,
        position=7,
        team_id="t1",
        listed=True,
        ranked=True,
        sort_key=(-1, 60_000, 60_000),
        tie_key="t1",
        num_solved=1,
        total_time=60_000,
        time=60_000,
        cells=(cell,),
    )

    def send(key, record):
        partition = partition_of(log.contest)
        producer.send("scoreboard-rows", f"{log.contest}|0|public|{key}", record, partition=partition).result(30)

    def shown():
        feed(cluster, view, log.contest)
        text = "SELECT rank, team_id, num_solved, `cells.solved` FROM scoreboard_rows WHERE contest = {contest:String}"
        return sql(analyst, text, log.contest)

    send("t1", row)
    send("t1", replace(row, audience="jury", num_solved=3))
    send("!first|A", FirstToSolve(**of, position=7, problem_id="A", team_id="t1", submission_id="s1", time=60_000))
    send("!mark", Mark(**of, position=7, digest="0" * 64, fold_version=1))
    assert shown() == [(1, "t1", 1, [True])]
    send("t1", replace(row, position=9, batch=9, num_solved=2))
    assert shown() == [(1, "t1", 1, [True])]
    send("!batch", BatchClosed(**of, position=9, batch=9, count=1))
    assert shown() == [(1, "t1", 2, [True])]
    send("t1", None)  # a tombstone
    send("t1", replace(row, position=8))  # and a row that came late
    assert shown() == [(1, "t1", 2, [True])]


def test_a_promoted_generation_is_never_shown_without_its_rows(cluster, producer, view, client, analyst):
    log = KafkaLog(producer)
    partition = partition_of(log.contest)
    of = {"contest": log.contest, "recorded_at": START, "recorded_by": "test", "audience": "public", "cells": ()}
    of |= {"listed": True, "ranked": True, "sort_key": (0,), "team_id": "t1", "tie_key": "t1", "total_time": 0}

    def send(generation, num_solved):
        row = ScoreboardRow(**of, generation=generation, position=7, num_solved=num_solved)
        producer.send("scoreboard-rows", f"{log.contest}|{generation}|public|t1", row, partition=partition).result(30)

    def shown():
        return sql(analyst, "SELECT num_solved FROM scoreboard_rows WHERE contest = {contest:String}", log.contest)

    send("0", 1)
    feed(cluster, view, log.contest)
    assert shown() == [(1,)]
    opened = str(log.act(e.GenerationOpened, rule="icpc", fold_version=FOLD_VERSION))
    send(opened, 2)
    log.act(e.GenerationPromoted, expect="0", generation=opened)
    # the log comes first, and the sink may be killed before the rows come
    unread = read(cluster, "log", partition, view.starts([partition])["log", partition])
    records = [Record("log", partition, raw.position, raw.key, raw.value) for raw in unread]
    assert view.apply(partition, records)
    assert shown() == [(2,)]
    feed(cluster, view, log.contest)
    assert shown() == [(2,)]


def test_what_is_no_event_goes_to_the_dead_letters_and_the_stream_goes_on(cluster, producer, view, client):
    log = KafkaLog(producer)
    partition = partition_of(log.contest)
    stray = next(name for name in (new_id() for _ in range(1000)) if partition_of(name) != partition)
    at = {"recorded_at": START, "recorded_by": "test"}
    bad = [
        ("log", b"no avro at all"),
        ("log", b"\xc3\x01" + b"\0" * 8 + b"an unknown schema"),
        ("log", e.Tick(**at, real_ms=START)),
        ("log", e.Commentary(**at, contest=stray, id="m", message="the wrong partition", said_at=START)),
        ("scoreboard-rows", b"\xc3\x01rubbish..."),
        ("scoreboard-rows", e.Commentary(**at, contest=log.contest, id="m", message="the wrong topic", said_at=START)),
    ]
    sent = {(topic, producer.send(topic, log.contest, value, partition=partition).result(30)) for topic, value in bad}
    log.submit("t1", "A", 5, "AC")
    feed(cluster, view, log.contest)
    assert equal(client, log)
    letters = {
        (headers["x-dlq-topic"].decode(), int(headers["x-dlq-offset"])): headers["x-dlq-message"]
        for partition in range(CONTEST_PARTITIONS)
        for message in read_letters(cluster, partition)
        if message.key() == log.contest.encode() and (headers := dict(message.headers()))["x-dlq-app"] == GROUP.encode()
    }
    assert letters.keys() == sent
    assert all(letters.values())


def test_a_history_that_came_back_older_is_noticed(cluster, producer, view, client):
    log = KafkaLog(producer)
    partition = partition_of(log.contest)
    log.submit("t1", "A", 5, "AC")
    feed(cluster, view, log.contest)
    assert view.sound({partition}) == set()
    assert next_position(client, log.contest) == bounds(cluster, "log", partition)[1]
    for table in (*LOG_TABLES, "sink_offsets"):
        client.command(f"TRUNCATE TABLE podium.{table}")
    assert view.sound({partition}) == {partition}
    feed(cluster, view, log.contest)
    assert equal(client, log)
    assert view.sound({partition}) == set()


def disturbed(settings, kafka, tmp_path, size, rounds):
    """Two sinks, contests in several partitions; sinks and history are killed while the log grows."""
    chosen = random.Random(11)
    history = HistoryProcess(tmp_path / "history", free_port_base() + 23).start()
    cluster = settings.model_copy(update={"kafka": kafka, "clickhouse": history.url})
    sinks = Sinks(cluster, 2)
    contests = {name: random_log(n, name, size=size) for n in range(4) for name in [new_id()]}
    logs = {}
    with Producer(cluster) as producer:
        for name in contests:
            logs[name] = KafkaLog.__new__(KafkaLog)
            logs[name].contest, logs[name].events = name, []
        for round_ in range(rounds):
            for name, events in contests.items():
                part = events[round_ * size // rounds : (round_ + 1) * size // rounds]
                positions = producer.append_all([event for _, event in part])
                logs[name].events += list(zip(positions, [event for _, event in part], strict=True))
            if round_ % 3 == 2:
                history.kill()
                history.start()
            else:
                sinks.kill(chosen.randrange(2))

    # also of other tests' contests: a partition whose sink was killed late may be read last of all
    wanted = {
        (topic, partition): end
        for topic in ("log", "scoreboard-rows")
        for partition, end in ends(cluster, topic, CONTEST_PARTITIONS).items()
        if end
    }

    def caught_up():
        with history.client() as client:
            found = client.query(
                "SELECT topic, partition, max(next_position) FROM podium.sink_offsets GROUP BY topic, partition"
            ).result_rows
        there = {(topic, partition): position for topic, partition, position in found}
        return all(there.get(place, 0) >= end for place, end in wanted.items())

    until(caught_up, 90, "the history has everything")
    with history.client() as client:
        for log, audience in zip(logs.values(), ("public", "jury") * 2, strict=True):
            assert scoreboard(client, log.contest, audience=audience) == log.canonical(audience), log.contest
    assert sinks.stop() == [0, 0]
    handled = read_handled(cluster.home / "run")
    for topic in ("log", "scoreboard-rows"):
        for partition in range(CONTEST_PARTITIONS):
            low, high = bounds(cluster, topic, partition)
            assert missing(handled.get((GROUP, topic, partition), []), low, high) == []
    assert history.stop() == 0


def test_killed_sinks_and_a_killed_history_end_with_the_boards_of_the_log(settings, kafka, tmp_path):
    disturbed(settings, kafka, tmp_path, 120, 3)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_long_killed_sinks_and_a_killed_history_many_times(settings, kafka, tmp_path):
    disturbed(settings, kafka, tmp_path, 1200, 30)
