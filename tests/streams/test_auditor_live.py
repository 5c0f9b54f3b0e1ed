"""The auditor beside contests in which submissions come in: what is spoilt is found, told and healed."""

from __future__ import annotations

import threading

import orjson
import pytest
import redis
from confluent_kafka.admin import AdminClient

from podium.commands.status import collect
from podium.stack.stack import Stack
from schemas import live
from schemas.events import Judgement, Reloaded, Submission
from schemas.ids import partition_of
from schemas.producer import Producer
from schemas.reader import read, read_contest
from schemas.settings import Settings
from streams.history_sink.rows import log_rows
from streams.history_sink.store import Store as HistoryStore
from tests.conftest import free_port_base
from tests.contest_log import HOUR, START
from tests.streams.kafka_log import KafkaLog
from tests.wait import until

PATIENCE_S = 600.0
"""A round over three contests takes a minute or two; the machine may be busy."""

RATE = 20
"""Submissions a second, all contests together."""


class Crowd:
    """Submissions and their judgements, RATE a second, one contest after the other, of the teams busy0 to busy9."""

    def __init__(self, logs):
        self._logs, self._stop = logs, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        number = 0
        while not self._stop.wait(1 / RATE):
            log = self._logs[number % len(self._logs)]
            verdict = "AC" if number % 7 == 0 else "WA"
            log.submit(f"busy{number % 10}", "ABC"[number % 3], 60 + number % 100, verdict, id_=f"n{number}")
            number += 1


def spoil_redis(stack, log):
    """A team has one problem more than it has solved."""
    with redis.Redis.from_url(stack.settings.redis) as client:
        key = live.rows_key(log.contest, "0", "public")
        row = orjson.loads(client.hget(key, "quiet"))
        client.hset(key, "quiet", orjson.dumps(row | {"num_solved": row["num_solved"] + 1}))


def spoil_clickhouse(stack, log):
    """There is a submission that is not in the log."""
    forged = log.make(
        Submission, id="forged", team_id="quiet", problem_id="C", language_id="cpp", submitted_at=START + HOUR
    )
    judged = log.make(
        Judgement,
        submission_id="forged",
        team_id="quiet",
        problem_id="C",
        language_id="cpp",
        submitted_at=START + HOUR,
        judging=0,
        attempt=1,
        verdict="AC",
        started_at=START + HOUR,
        ended_at=START + HOUR,
    )
    store = HistoryStore(stack.settings)
    try:
        for number, event in enumerate((forged, judged)):
            store.write(log_rows(log.events[0][0] + number, event))
    finally:
        store.close()


def spoil_changelog(stack, log):
    """The scorer's table remembers another verdict, and the scorer starts anew."""
    admin = AdminClient(stack.settings.kafka_client())
    (topic,) = [name for name in admin.list_topics(timeout=10).topics if name.endswith("parts-changelog")]
    partition = partition_of(log.contest)
    key = f"{log.contest}|cell:quiet:A"
    held = [raw for raw in read(stack.settings, topic, partition) if raw.key and key.encode() in raw.key][-1]
    assert b'"AC"' in held.value
    stack.hold("scorer-1")
    with Producer(stack.settings) as producer:
        term = [("term", b"1000000")]  # of a member that comes later than all: its record counts
        spoilt = held.value.replace(b'"AC"', b'"WA"')
        producer.send(topic, held.key, spoilt, partition=partition, headers=term).result(30)
    stack.release("scorer-1")


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_long_a_spoilt_row_in_any_view_is_found_and_healed_while_submissions_come_in(tmp_path):
    kinds = frozenset({"kafka", "redis", "history", "history-sink", "live-sink", "scorer", "auditor"})
    stack = Stack(Settings(home=tmp_path, port_base=free_port_base()), only=kinds)
    stack.start(240)
    try:
        with Producer(stack.settings) as producer:
            teams = ["quiet", *(f"busy{n}" for n in range(10))]
            logs = [KafkaLog(producer, teams=teams) for _ in range(3)]
            for log in logs:
                log.submit("quiet", "A", 5, "WA")
                log.submit("quiet", "A", 10, "AC")

            def proved(log):
                audited = collect(stack.settings)["audited"].get(log.contest)
                return -1 if audited is None or audited["different"] else audited["proved"] or -1

            def reload(log):
                acts = read_contest(stack.settings, log.contest)
                return next((found for found in acts if isinstance(found[1], Reloaded)), None)

            with Crowd(logs):
                for log in logs:
                    until(lambda log=log: proved(log) > log.events[0][0] + 30, PATIENCE_S, "its boards are proved")
                assert [reload(log) for log in logs] == [None, None, None]
                spoilt = list(
                    zip(
                        logs,
                        (spoil_redis, spoil_clickhouse, spoil_changelog),
                        ("live view", "history", "scorer"),
                        strict=True,
                    )
                )
                for log, spoil, _ in spoilt:
                    spoil(stack, log)
                for log, _, view in spoilt:
                    position, act = until(lambda log=log: reload(log), PATIENCE_S, f"the {view} is found wrong")
                    assert view in act.reason
                    until(lambda log=log, at=position: proved(log) > at, PATIENCE_S, f"the {view} is healed")
    finally:
        stack.stop()
