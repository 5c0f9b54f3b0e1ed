"""Workers killed under a backlog: every position of every partition is handled, and the table counts each once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from faust.types import TP

from schemas.errors import DependencyError
from schemas.events import Commentary
from schemas.ids import CONTEST_PARTITIONS, new_id, partition_of
from schemas.producer import Producer
from schemas.reader import ends as ends_in
from schemas.reader import read_topic
from schemas.settings import Settings
from schemas.topics import TOPICS, Topic, apply_topics
from streams.positions import missing, read_handled
from tests.wait import until

ROOT = Path(__file__).parents[2]


class Workers:
    """Processes of one app, started again when they end, as a supervisor does."""

    def __init__(self, settings: Settings, kafka: str, count: int, app: str, topics: Sequence[str]) -> None:
        self.app, self.topics = app, topics
        self.env = os.environ | {
            "PODIUM_HOME": str(settings.home),
            "PODIUM_KAFKA": kafka,
            "PODIUM_COUNT_HANDLED": "true",
            "PODIUM_SESSION_TIMEOUT": "6",  # the others wait for so long for one that was killed
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "default",
        }
        self.output = (settings.home / f"workers-{app}.log").open("a")
        self.ended: list[int] = []
        self.processes = [self.start(number) for number in range(count)]

    def start(self, number: int) -> subprocess.Popen[bytes]:
        env = self.env | {"PODIUM_INSTANCE": f"counter-{number}"}
        worker = [sys.executable, str(ROOT / "tests/streams/faust_worker.py"), self.app, *self.topics]
        return subprocess.Popen(worker, env=env, stdout=self.output, stderr=subprocess.STDOUT)

    def kill(self, number: int, how: signal.Signals = signal.SIGKILL) -> None:
        self.processes[number].send_signal(how)
        self.processes[number].wait(60)
        self.processes[number] = self.start(number)

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        while self.processes:
            process = self.processes.pop()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.output.close()


@pytest.fixture
def workers(settings, kafka):
    started: list[Workers] = []

    def start(count: int, job: Job) -> Workers:
        started.append(Workers(settings, kafka, count, job.app, job.topics))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def cluster(settings, kafka):
    return settings.model_copy(update={"kafka": kafka})


@dataclass(frozen=True)
class Job:
    """An app of the test's own and the topics that it reads: what lay in the log, all later tests would have to read."""

    app: str
    topics: tuple[str, ...]


@pytest.fixture
def make_job(cluster, monkeypatch):
    def make(count: int) -> Job:
        job = Job(f"counter-{new_id()}", tuple(f"backlog-{new_id()}" for _ in range(count)))
        for topic in job.topics:
            monkeypatch.setitem(TOPICS, topic, Topic(topic))
        apply_topics(cluster)
        until(lambda: led(cluster, job.topics), 60, "every new partition has its leader")
        return job

    return make


@pytest.fixture
def job(make_job) -> Job:
    return make_job(1)


def ends_of(settings: Settings, topics: Sequence[str]) -> dict[TP, int]:
    return {TP(t, p): end for t in topics for p, end in ends_in(settings, t, CONTEST_PARTITIONS).items()}


def led(settings: Settings, topics: Sequence[str]) -> bool:
    """Whether the broker answers for every partition: it takes a moment over new ones."""
    try:
        return bool(ends_of(settings, topics))
    except DependencyError:
        return False


Ends = dict[TP, tuple[int, int]]


def produce(settings: Settings, contests: list[str], count: int, topics: Sequence[str]) -> Ends:
    """Append *count* records; where they begin and end in each partition of the topics."""
    starts = ends_of(settings, topics)
    with Producer(settings) as producer:
        sent = []
        for number in range(count):
            contest = random.choice(contests)
            event = Commentary(contest=contest, recorded_at=0, recorded_by="test", id="1", message="x", said_at=0)
            topic = topics[number % len(topics)]
            sent.append(producer.send(topic, contest, event, partition=partition_of(contest)))
        for future in sent:
            future.result(60)
    ends = ends_of(settings, topics)
    return {tp: (start, ends[tp]) for tp, start in starts.items()}


def left(settings: Settings, ends: Ends, app: str) -> dict[TP, list[tuple[int, int]]]:
    """The positions that no worker has handled, by partition."""
    handled = read_handled(settings.home / "run")
    gaps = {tp: missing(handled.get((app, *tp), []), *span) for tp, span in ends.items()}
    return {tp: found for tp, found in gaps.items() if found}


def count_left(settings: Settings, ends: Ends, app: str) -> int:
    return sum(high - low for gaps in left(settings, ends, app).values() for low, high in gaps)


def wait_for_left(settings: Settings, ends: Ends, most: float, app: str) -> None:
    until(lambda: count_left(settings, ends, app) <= most, 90, f"at most {most:.0f} positions are left")


def in_topics(settings: Settings, job: Job) -> Counter[str]:
    return Counter(
        f"{topic}|{raw.key.decode()}" for topic in job.topics for raw in read_topic(settings, topic, CONTEST_PARTITIONS)
    )


def in_table(settings: Settings, job: Job) -> dict[str, int]:
    """What a recovery of the workers' table gives."""
    table: dict[str, dict[str, int]] = {}
    for raw in read_topic(settings, f"{job.app}-counts-changelog", CONTEST_PARTITIONS):
        key, value = json.loads(raw.key), json.loads(raw.value)
        if value["at"] >= table.get(key, value)["at"]:
            table[key] = value
    return {key: value["n"] for key, value in table.items()}


def all_is_counted(settings: Settings, ends: Ends, job: Job) -> None:
    """Each position is handled, and the table counts each record once.

    It may do so a moment after the last position was handled: whoever handled it may have been killed before its
    change of the table had arrived, and another handles it again.
    """
    until(lambda: not left(settings, ends, job.app), 120, "every position of every partition is handled")
    sent = in_topics(settings, job)
    assert sent.total()
    until(lambda: in_table(settings, job) == sent, 60, "the table counts each record once")


def run_and_kill(workers, cluster, job: Job, *, count: int, processes: int, kills: list[float]) -> None:
    contests = [new_id() for _ in range(60)]
    ends = produce(cluster, contests, count, job.topics)
    running = workers(processes, job)
    for share in kills:
        wait_for_left(cluster, ends, count * (1 - share), job.app)
        running.kill(random.randrange(processes))
    all_is_counted(cluster, ends, job)


def test_every_position_is_handled_when_workers_are_killed_under_a_backlog_of_20000(workers, cluster, job):
    run_and_kill(workers, cluster, job, count=20_000, processes=2, kills=[0.02, 0.4])


def empty_changelog(settings: Settings, topic: str) -> None:
    """What retention does in time: the records are gone, the positions go on."""
    admin = AdminClient(settings.kafka_client())
    resource = ConfigResource(ResourceType.TOPIC, topic)
    resource.add_incremental_config(
        ConfigEntry("cleanup.policy", "compact,delete", incremental_operation=AlterConfigOpType.SET)
    )
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(30)
    ends = [TopicPartition(*tp, end) for tp, end in ends_of(settings, [topic]).items()]
    for future in admin.delete_records([end for end in ends if end.offset]).values():
        future.result(30)


def test_an_emptied_changelog_holds_nobody_up(workers, cluster, job):
    """Faust waits for ever for the last record of a partition, wherever it has gone (upstream issue 597)."""
    contests = [new_id() for _ in range(20)]
    first = produce(cluster, contests, 500, job.topics)
    running = workers(1, job)
    until(lambda: not left(cluster, first, job.app), 60, "the first records are handled")
    running.stop()
    empty_changelog(cluster, f"{job.app}-counts-changelog")
    second = produce(cluster, contests, 500, job.topics)
    workers(1, job)
    until(lambda: not left(cluster, second, job.app), 60, "the second records are handled")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_long_every_position_is_handled_after_20_kills_of_3_workers_under_50000(workers, cluster, job):
    run_and_kill(workers, cluster, job, count=50_000, processes=3, kills=[0.01 + 0.045 * kill for kill in range(20)])


@pytest.mark.long
@pytest.mark.timeout(600)
def test_long_every_position_is_handled_of_three_topics_of_one_app(workers, cluster, make_job):
    """Where plain Faust loses most: whole ranges, and partitions that stand still for ever."""
    kills = [0.01 + 0.09 * kill for kill in range(10)]
    run_and_kill(workers, cluster, make_job(3), count=30_000, processes=2, kills=kills)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_long_every_position_is_handled_when_workers_stop_in_order(workers, cluster, job):
    contests = [new_id() for _ in range(60)]
    ends = produce(cluster, contests, 20_000, job.topics)
    running = workers(2, job)
    for step in range(6):
        wait_for_left(cluster, ends, 20_000 * (1 - step / 7), job.app)
        running.kill(step % 2, signal.SIGTERM)
    all_is_counted(cluster, ends, job)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_long_a_worker_that_was_frozen_for_longer_than_its_session_spoils_nothing(workers, cluster, job):
    contests = [new_id() for _ in range(60)]
    ends = produce(cluster, contests, 20_000, job.topics)
    running = workers(2, job)
    for step in range(2):
        wait_for_left(cluster, ends, 20_000 * (0.95 - step * 0.5), job.app)
        frozen = running.processes[step]
        frozen.send_signal(signal.SIGSTOP)
        # the other has taken over
        wait_for_left(cluster, ends, count_left(cluster, ends, job.app) - 4_000, job.app)
        frozen.send_signal(signal.SIGCONT)
    all_is_counted(cluster, ends, job)
