"""The auditor beside contests in which submissions come in: what is spoilt is found, told and healed."""

from __future__ import annotations

import itertools
import threading
import time
import urllib.request

import orjson
import pytest
import redis

from podium.cli import main
from podium.commands.status import collect
from podium.stack.stack import Stack
from schemas import live
from schemas.events import Judgement, Reloaded, Submission
from schemas.history import connect
from schemas.ids import partition_of
from schemas.producer import Producer
from schemas.reader import read_contest
from schemas.settings import Settings
from streams.auditor.table import CHANGELOG, KNOWN
from streams.changelog import held
from streams.dispatcher.state import CHANGELOG as QUEUE_CHANGELOG
from streams.history_sink.rows import log_rows
from streams.history_sink.store import Store as HistoryStore
from streams.scorer.states import position_of
from tests.conftest import free_port_base
from tests.contest_log import HOUR, START
from tests.streams.kafka_log import KafkaLog
from tests.wait import until

PATIENCE_S = 600.0
"""A round takes a minute or two, nearly all of it pauses: twenty times what it costs. The machine may be busy."""

RATE = 20
"""Submissions a second, all contests together."""

VIEWS = ("live view, ", "history, ", "history's rows, ", "history's facts: ")
"""What is spoilt of one contest, as the auditor calls it."""

OTHERS = ("scorer's table: ", "planner's tables: ", "queue's table: ", "history's facts: ", "live view's objects: ")
"""And of the other, under a rule of which the history computes no board."""


class Crowd:
    """Submissions and their judgements, RATE a second, one contest after the other, of the teams busy0 to busy9.

    Each has its time: what one waits for the broker, the next does not come later.
    """

    def __init__(self, logs):
        self._logs, self._stop = logs, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._begun, self._sent = 0.0, 0

    def __enter__(self):
        self._begun = time.monotonic()
        self._thread.start()
        return self

    def rate(self):
        """Submissions a second since it has begun."""
        return self._sent / (time.monotonic() - self._begun)

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        for number in itertools.count():
            if self._stop.wait(max(0.0, self._begun + number / RATE - time.monotonic())):
                break
            log = self._logs[number % len(self._logs)]
            verdict = "AC" if number % 7 == 0 else "WA"
            log.submit(f"busy{number % 10}", "ABC"[number % 3], 60 + number % 100, verdict, id_=f"n{number}")
            self._sent += 1


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


def spoil_rows(stack, log):
    """A team has one problem more where analysts read the board."""
    client = connect(stack.settings)
    client.command(
        "ALTER TABLE podium.scoreboard_rows UPDATE num_solved = num_solved + 1 "
        "WHERE contest = {c:String} AND team_id = 'quiet' AND audience = 'public' SETTINGS mutations_sync = 1",
        parameters={"c": log.contest},
    )
    client.close()


def spoil_changelog(stack, log):
    """The scorer's changelog has another verdict; the scorer, which has its table in memory, goes on."""
    key, partition = f"{log.contest}|cell:quiet:A", partition_of(log.contest)
    found = held(stack.settings, CHANGELOG, partition, key, position_of)
    right = orjson.dumps(found.values[key])
    spoilt = right.replace(b'"AC"', b'"WA"')
    assert spoilt != right
    with Producer(stack.settings) as producer:
        term = [("term", str(found.term).encode())]
        producer.send(CHANGELOG, orjson.dumps(key), spoilt, partition=partition, headers=term).result(30)


def spoil_planned(stack, log):
    """The planner's changelog has another team of a submission."""
    partition = partition_of(log.contest)
    found = held(stack.settings, KNOWN, partition, f"{log.contest}|", lambda value: value["at"])
    key, right = next((key, value) for key, value in found.values.items() if value.get("team") == "quiet")
    with Producer(stack.settings) as producer:
        term = [("term", str(found.term).encode())]
        spoilt = orjson.dumps(right | {"team": "another"})
        producer.send(KNOWN, orjson.dumps(key), spoilt, partition=partition, headers=term).result(30)


def spoil_queue(stack, log):
    """The queue's changelog has lost what waits of the quiet team, to which nobody has given a verdict."""
    sent = [event for _, event in log.events if isinstance(event, Submission)]
    (waits,) = [event.id for event in sent if (event.team_id, event.problem_id) == ("quiet", "B")]
    key = f"task|{log.contest}|{waits}|0"
    found = held(stack.settings, QUEUE_CHANGELOG, 0, key, lambda _: 0, whole=True)
    assert key in found.values
    with Producer(stack.settings) as producer:
        term = [("term", str(found.term).encode())]
        producer.send(QUEUE_CHANGELOG, orjson.dumps(key), None, partition=0, headers=term).result(30)


def spoil_facts(stack, log):
    """A verdict is another one where analysts read it."""
    client = connect(stack.settings)
    client.command(
        "ALTER TABLE podium.verdicts UPDATE verdict = 'AC' "
        "WHERE contest = {c:String} AND team_id = 'quiet' AND verdict = 'WA' SETTINGS mutations_sync = 1",
        parameters={"c": log.contest},
    )
    client.close()


def spoil_objects(stack, log):
    """A judgement of the Contest API is another one."""
    key = live.objects_key(log.contest, "judgements")
    with redis.Redis.from_url(stack.settings.redis) as client:
        (wrong,) = [(id_, v) for id_, v in client.hgetall(key).items() if b'"team":"quiet"' in v and b'"WA"' in v]
        client.hset(key, wrong[0], wrong[1].replace(b'"WA"', b'"AC"'))


class Alerts:
    """What an operator is told of boards that are wrong, in all the places where they may look."""

    def __init__(self, stack, capsys):
        self._stack, self._capsys = stack, capsys
        self.shown = set()
        """The contests of which `podium status` has ever said it."""

    def look(self):
        """Read the status as it is now; the contests so far."""
        main(["status"])
        for line in self._capsys.readouterr().out.splitlines():
            if "the last audit found a board that is wrong" in line:
                self.shown.add(line.partition("contest ")[2].partition(":")[0])
        return self.shown

    def audits(self, result):
        """How many audits of this result there were since the auditor's start, as the monitoring is told."""
        (door,) = [p["metrics"] for p in collect(self._stack.settings)["processes"] if p["name"].startswith("auditor")]
        with urllib.request.urlopen(f"http://{door}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        counter = f'podium_audits_total{{result="{result}"}}'
        return sum(float(line.split()[-1]) for line in lines if line.startswith(counter))

    def logged(self, contest):
        """The lines of the auditor's log about the contest."""
        (log,) = (self._stack.settings.home / "logs").glob("auditor*.log")
        return [line for line in log.read_text().splitlines() if contest in line]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_long_a_spoilt_row_in_any_view_is_found_told_and_healed_while_submissions_come_in(
    tmp_path, monkeypatch, capsys
):
    kinds = {"kafka", "redis", "history", "history-sink", "live-sink", "scorer", "planner", "queue", "auditor"}
    stack = Stack(Settings(home=tmp_path, port_base=free_port_base()), only=frozenset(kinds))
    monkeypatch.setenv("PODIUM_HOME", str(stack.settings.home))
    monkeypatch.setenv("PODIUM_PORT_BASE", str(stack.settings.port_base))
    alerts = Alerts(stack, capsys)
    stack.start(240)
    try:
        with Producer(stack.settings) as producer:
            teams = ["quiet", *(f"busy{n}" for n in range(10))]
            # of the second one the history computes no board by itself, and so a round is short
            viewed, scored = logs = [KafkaLog(producer, teams=teams, rule=rule) for rule in ("icpc", "extended-icpc")]
            for log in logs:
                log.submit("quiet", "A", 5, "WA")
                log.submit("quiet", "A", 10, "AC")
            scored.submit("quiet", "B", 15)

            def proved(log):
                audited = collect(stack.settings)["audited"].get(log.contest)
                return -1 if audited is None or audited["different"] else audited["proved"] or -1

            def reload(log):
                acts = read_contest(stack.settings, log.contest)
                return next((found for found in acts if isinstance(found[1], Reloaded)), None)

            with Crowd(logs) as crowd:
                for log in logs:
                    until(lambda log=log: proved(log) > log.events[0][0] + 30, PATIENCE_S, "its boards are proved")
                assert [reload(log) for log in logs] == [None] * len(logs)
                assert (alerts.look(), alerts.audits("different")) == (set(), 0)
                stack.hold("auditor-1")  # one audit sees all three: the reload after it heals them all
                spoil_redis(stack, viewed)
                spoil_clickhouse(stack, viewed)
                spoil_rows(stack, viewed)
                spoil_changelog(stack, scored)
                spoil_planned(stack, scored)
                spoil_queue(stack, scored)
                spoil_facts(stack, scored)
                spoil_objects(stack, scored)
                stack.release("auditor-1")
                every = {log.contest for log in logs}
                until(lambda: alerts.look() == every, PATIENCE_S, "the status tells of each contest")
                # the first audit of each has found it
                assert alerts.audits("equal") == 0
                assert alerts.audits("different") >= len(logs)
                for log, views in ((viewed, VIEWS), (scored, OTHERS)):
                    position, act = until(lambda log=log: reload(log), PATIENCE_S, f"{views} are found wrong")
                    for view in views:
                        assert any(view in line for line in alerts.logged(log.contest))
                        assert view in act.reason
                    until(lambda log=log, at=position: proved(log) > at, PATIENCE_S, f"{views} are healed")
                assert crowd.rate() > RATE - 1
    finally:
        stack.stop()
