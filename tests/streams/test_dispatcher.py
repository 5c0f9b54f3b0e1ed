"""Planner and queue as processes over a real Kafka and its share groups; only the sandbox is not real."""

from __future__ import annotations

import dataclasses
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections import Counter

import orjson
import pytest
from confluent_kafka import TopicPartition

from judge.orders import Orders
from judge.queue import ShareQueue
from judge.reports import Reporter
from judge.slot import Slot
from podium.cli import main
from schemas import topics
from schemas.clock import Clock
from schemas.codec import codec
from schemas.definition import ChangedPackage, Language, Problem
from schemas.errors import ConfigError
from schemas.events import (
    Definition,
    Judgement,
    JudgingFaulted,
    JudgingPaused,
    JudgingResumed,
    JudgingStarted,
    RejudgingCreated,
    Reloaded,
    Run,
    Runs,
    Submission,
)
from schemas.ids import new_id, partition_of
from schemas.producer import Producer
from schemas.reader import bounds, consumer, ends, fetched, read, read_contest
from schemas.rows import BatchClosed
from schemas.topics import LANES
from schemas.work import HostOrdered
from streams._faust import make_app, run_app
from streams.auditor.queued import QueueTable, heard_of_all, unlike_queued
from streams.auditor.table import CONTESTS, KNOWN, read_planned, unlike_plans
from streams.dispatcher.plans import plans_of
from streams.dispatcher.state import CHANGELOG
from tests.streams.fake_judge import FakeJudge
from tests.wait import until

SAID = {"recorded_at": 0, "recorded_by": "test"}
ALL = [(problem, language) for problem in "AB" for language in ("cpp", "java")]
EACH = 8
"""Submissions of each of three contests."""

NEW = ChangedPackage("A", "digest-new", 1500, 256, 8, 3)
BOARD = {"contest": "c", "generation": "0", "audience": "public"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """`podium run KIND`, with its metrics."""

    def __init__(self, settings, kind: str, number: int, **more: str) -> None:
        self.port = free_port()
        self.name = f"{kind}-{number}"
        env = os.environ | {
            "PODIUM_HOME": str(settings.home),
            "PODIUM_KAFKA": settings.kafka,
            "PODIUM_INSTANCE": self.name,
            "PODIUM_METRICS": f"127.0.0.1:{self.port}",
            "PODIUM_SESSION_TIMEOUT": "6",  # the other queue waits for so long for one that was killed
        }
        env |= more
        log = (settings.home / f"{self.name}.log").open("a")
        self.process = subprocess.Popen([sys.executable, "-m", "podium", "run", kind], env=env, stderr=log)
        log.close()

    def get(self, path: str) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    def ready(self) -> bool:
        return self.get("/readyz") == "ok\n"

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = [line for line in self.get("/metrics").splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.wait()

    def wait(self) -> int:
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


@pytest.fixture(scope="module")
def cluster(stack_settings, kafka, tmp_path_factory):
    return stack_settings.model_copy(update={"kafka": kafka, "home": tmp_path_factory.mktemp("dispatcher")})


@pytest.fixture(scope="module")
def dispatcher(cluster):
    """A planner, two queues, a clock: started once, some are killed and started again."""
    running = {
        f"{kind}-{number}": Process(cluster, kind, number)
        for kind, number in (("planner", 1), ("queue", 1), ("queue", 2), ("clock", 1))
    }
    for name, process in running.items():
        until(process.ready, 60, f"{name} is ready")
    yield running
    for process in running.values():
        process.process.terminate()
    ended = {name: process.wait() for name, process in running.items()}
    assert set(ended.values()) == {0}, f"each ends in order: {ended}"


@pytest.fixture
def judge(cluster):
    made = FakeJudge(cluster)
    yield made
    made.close()


@pytest.fixture(scope="module")
def producer(cluster):
    with Producer(cluster) as made:
        yield made


@pytest.fixture
def podium(cluster, monkeypatch):
    """`podium judge …` against this cluster; gives its exit code."""
    monkeypatch.setenv("PODIUM_HOME", str(cluster.home))
    monkeypatch.setenv("PODIUM_KAFKA", cluster.kafka)
    return lambda *words: main(["judge", *words])


def contest_in(partition: int) -> str:
    return next(c for c in iter(new_id, None) if partition_of(c) == partition)


def define(producer, contest: str, **more) -> int:
    problems = tuple(Problem(p, p, p, i, f"digest-{p}", 1000 + i, 256, 8, 3) for i, p in enumerate("AB"))
    event = Definition(**SAID, contest=contest, changes=-1, name="c", duration=1, problems=problems, **more)
    return producer.append(event).result(30)


def submission(contest: str, number: int, problem: str = "A", submission_id: str | None = None) -> Submission:
    return Submission(
        **SAID,
        contest=contest,
        id=submission_id or f"{contest[:20]}-{number}",
        team_id=f"t{number % 5}",
        problem_id=problem,
        language_id="cpp",
        submitted_at=number,
    )


def of_kind(cluster, contest: str, kind: type) -> list:
    return [event for _, event in read_contest(cluster, contest) if isinstance(event, kind)]


def judged(cluster, contest: str) -> Counter:
    return Counter((e.submission_id, e.judging) for e in of_kind(cluster, contest, Judgement))


def test_a_submission_is_planned_dispatched_and_its_judgement_reaches_the_log(cluster, dispatcher, producer, judge):
    contest = contest_in(3)
    define(producer, contest)
    position = producer.append(submission(contest, 1, "B")).result()
    until(lambda: judged(cluster, contest), 30, "the judgement is in the log")
    (task,) = [task for task in judge.taken if task.contest == contest]
    assert (task.partition, task.position, task.package, task.time_limit_ms) == (3, position, "digest-B", 1001)
    (started,) = of_kind(cluster, contest, JudgingStarted)
    (runs,) = of_kind(cluster, contest, Runs)
    (judgement,) = of_kind(cluster, contest, Judgement)
    assert (started.host, started.attempt, len(runs.runs)) == ("fake", 1, 1)
    assert (judgement.verdict, judgement.team_id, judgement.host) == ("AC", "t1", "fake")


def test_a_runs_result_is_in_the_log_within_a_second_of_its_end_while_its_judging_goes_on(
    cluster, dispatcher, producer
):
    """At least one: the machine is busy. They come one after the other, each but the first right behind a batch."""
    contest, judge = contest_in(3), FakeJudge(cluster, slots=1, host="slow")
    numbers = itertools.count(1)

    def late() -> int:
        number = next(numbers)
        judge.reporter.run(0, Run(number, "AC", 1, 1, 1000, Clock().now_ms()))
        until(lambda: len(of_kind(cluster, contest, Runs)) == number, 30, "its result is in the log")
        batch = of_kind(cluster, contest, Runs)[-1]
        return batch.recorded_at - batch.runs[0].ended_at

    judge.held = contest
    judge.gate.clear()
    try:
        define(producer, contest)
        producer.append(submission(contest, 1)).result()
        until(lambda: of_kind(cluster, contest, JudgingStarted), 30, "it is under way")
        late()
        until(lambda: late() <= 1000, 30, "a result is in the log within a second")
        assert not judged(cluster, contest)
        judge.gate.set()
        until(lambda: judged(cluster, contest), 30, "it is judged")
    finally:
        judge.close()


def test_of_two_submissions_with_one_id_the_first_is_judged(cluster, dispatcher, producer, judge):
    contest = contest_in(4)
    define(producer, contest)
    first = producer.append(submission(contest, 1, submission_id="same")).result()
    producer.append(submission(contest, 2, submission_id="same")).result()
    producer.append(submission(contest, 3)).result()
    until(lambda: len(judged(cluster, contest)) == 2, 30, "two judgements are in the log")
    assert sorted(judged(cluster, contest).values()) == [1, 1]
    assert first in [task.position for task in judge.taken if task.contest == contest]


def test_a_rejudging_goes_through_the_bulk_lane_under_its_own_number(cluster, dispatcher, producer, judge):
    contest = contest_in(5)
    define(producer, contest)
    sent = [submission(contest, number) for number in range(4)]
    producer.append_all(sent)
    ids = tuple(event.id for event in sent)
    act = RejudgingCreated(**SAID, contest=contest, id="r1", submission_ids=ids[:2], chunks=2, changed=NEW)
    number = producer.append(act).result()
    rest = RejudgingCreated(
        **SAID, contest=contest, id="r2", submission_ids=(*ids[2:], "nobody"), rejudging=number, chunk=1, chunks=2
    )
    position = producer.append(rest).result()
    until(lambda: len(judged(cluster, contest)) == 8, 60, "all are judged twice")
    assert set(judged(cluster, contest)) == {(i, j) for i in ids for j in (0, number)}
    bulk = [task for task in judge.taken if task.contest == contest and task.judging == number]
    assert {(task.lane, task.package) for task in bulk} == {("bulk", "digest-new"), ("bulk", "digest-A")}
    assert b"nobody" in letter(cluster, "log", 5, position, "planner")["x-dlq-message"]
    lane = RejudgingCreated(**SAID, contest=contest, id="r3", submission_ids=ids, lane="fast")
    position = producer.append(lane).result()
    assert b"no lane 'fast'" in letter(cluster, "log", 5, position, "planner")["x-dlq-message"]


def test_what_is_paused_waits_and_all_of_it_is_judged_on_resume(cluster, dispatcher, producer, judge, podium):
    """A problem, a language, a host, one after the other, each with a submission to each problem in each language."""
    contest = contest_in(6)
    define(producer, contest, languages=tuple(Language(name, name, (name,)) for name in ("cpp", "java")))
    standing, stop = judge.reporter.standing, threading.Event()

    def obey(order: HostOrdered) -> None:
        standing.order(paused=order.paused, reason=order.reason)

    orders = Orders(cluster, "fake", stop, ordered=obey, wanted=lambda _: None, refused=lambda *_: None)
    orders.start()
    pauses = [
        ((contest, "--problem", "A"), {("A", "cpp"), ("A", "java")}, "podium_judging_paused"),
        ((contest, "--language", "java"), {("A", "java"), ("B", "java")}, "podium_judging_paused"),
        (("--host", "fake"), set(ALL), "podium_judge_host_out"),
    ]
    for turn, (words, held, metric) in enumerate(pauses):
        assert podium("pause", *words, "--reason", f"a wrong test, {turn}") == 0
        until(lambda metric=metric: shown(dispatcher, metric) == 1, 30, f"{words} is paused")
        if words[0] == "--host":
            until(judge.rests, 30, "no slot looks for a task any more")
        sent = [
            dataclasses.replace(submission(contest, 4 * turn + number, problem), language_id=language)
            for number, (problem, language) in enumerate(ALL)
        ]
        producer.append_all(sent)
        kept = {one.id for one in sent if (one.problem_id, one.language_id) in held}
        others = {(one.id, 0) for one in sent if one.id not in kept}
        waiting = len(kept) - (words[0] == "--host")  # the queue has one on its way to the first who takes tasks again
        until(lambda n=waiting: shown(dispatcher, "podium_queue_waiting") == n, 30, f"what {words} holds waits")
        until(lambda others=others: others <= judged(cluster, contest).keys(), 30, "the others are judged")
        assert len(judged(cluster, contest)) == 4 * turn + len(others)
        assert podium("resume", *words) == 0
        until(lambda n=4 * (turn + 1): len(judged(cluster, contest)) == n, 30, f"all is judged without {words}")
        until(lambda metric=metric: shown(dispatcher, metric) == 0, 30, f"{words} is not paused")
    stop.set()
    orders.join()
    assert set(judged(cluster, contest).values()) == {1}
    assert [act.reason for act in of_kind(cluster, contest, JudgingPaused)] == ["a wrong test, 0", "a wrong test, 1"]


def test_beside_a_team_that_floods_another_one_is_judged_within_one_slots_turn(cluster, dispatcher, producer, judge):
    contest = contest_in(6)
    define(producer, contest)
    judge.gate.clear()
    producer.append_all([dataclasses.replace(submission(contest, number), team_id="flood") for number in range(50)])
    until(lambda: [task.contest for task in judge.taken].count(contest) == 2, 30, "each slot has one of the flood")
    producer.append(dataclasses.replace(submission(contest, 99), team_id="late")).result()
    until(lambda: shown(dispatcher, "podium_queue_waiting") == 48, 30, "the others wait: one is on its way")
    judge.gate.set()
    until(lambda: len(judged(cluster, contest)) == 51, 60, "everything is judged")
    teams = [task.team_id for task in judge.taken if task.contest == contest]
    assert teams.index("late") <= 3, "the two that ran, the one on its way, then it"


def test_no_slot_idles_while_anything_waits_though_the_active_queue_dies(cluster, dispatcher, producer, judge):
    """Three contests. One slot's turn at a time: it must get its next task while the other slot has not let go of its own."""
    contests = [contest_in(partition) for partition in (0, 7, 11)]
    judge.gate.clear()
    for contest in contests:
        define(producer, contest)
        producer.append_all([submission(contest, number) for number in range(EACH)])
    queues = [dispatcher["queue-1"], dispatcher["queue-2"]]

    def turn(why: str) -> None:
        had = len(judge.taken)
        judge.turn()
        until(lambda: len(judge.taken) > had, 60, why)

    def leads(waiting: int) -> Process | None:
        return next((q for q in queues if q.metric("podium_queue_waiting") == waiting), None)

    until(lambda: leads(3 * EACH - 3), 30, "each slot has one, one is on its way, the others wait")
    turn("the free slot takes what is on its way")
    active = until(lambda: leads(3 * EACH - 4), 30, "and the next one is on its way")
    for key in (b"no key", b'"mark|0"'):  # a change that cannot be read stops no takeover
        producer.send("queue-outstanding-changelog", key, b"{no value", partition=0).result()
    active.end(signal.SIGKILL)
    turn("without a queue, a free slot takes what the dead one had sent")
    turn("the other queue, which takes over, has a task for a free slot")
    kind, number = active.name.split("-")
    dispatcher[active.name] = Process(cluster, kind, int(number))
    while len(judge.taken) < 3 * EACH:
        turn("a slot that has ended its task has the next one")
    judge.gate.set()
    until(lambda: all(len(judged(cluster, c)) == EACH for c in contests), 30, "everything is judged")
    for contest in contests:
        assert set(judged(cluster, contest).values()) == {1}
        begun = {event.attempt for event in of_kind(cluster, contest, JudgingStarted)}
        assert begun == {1}, "none had to be sent again: no slot has waited for what the dead queue had lost"
    until(dispatcher[active.name].ready, 60, "the killed queue stands by")


def test_a_planner_that_starts_again_tells_the_judges_of_all_contests_that_it_has_got(cluster, dispatcher, producer):
    """Those that were defined before there were such orders, or while their topic was another, are made ready too."""
    contest = contest_in(5)
    define(producer, contest)

    def told(since: int) -> set[bytes | None]:
        return {raw.key for raw in read(cluster, "judge-orders", 0, since)}

    key = f"packages|{contest}".encode()
    until(lambda: key in told(0), 30, "it is told")
    _, end = bounds(cluster, "judge-orders", 0)
    assert dispatcher["planner-1"].end(signal.SIGTERM) == 0
    dispatcher["planner-1"] = Process(cluster, "planner", 1)
    until(lambda: key in told(end), 60, "it is told again")


def test_what_is_spoilt_in_the_planners_changelogs_is_found_and_a_reload_mends_it(cluster, dispatcher, producer):
    """The planner, which has its tables in memory, has read none of it."""
    contest, partition = contest_in(6), 6
    define(producer, contest)
    for number in range(3):
        producer.append(submission(contest, number)).result(30)
    producer.append(submission(contest, 9, problem="no such problem")).result(30)
    last = producer.append(JudgingPaused(**SAID, contest=contest, id="p", problem_id="A")).result(30)

    def wrong():
        planned = read_planned(cluster, contest)
        if planned is None or planned.done < last:
            return None
        return unlike_plans(planned, plans_of(cluster, contest, bounds(cluster, "log", partition)[1] - 1))

    def write(topic, key, value):
        """As somebody would whose term is the latest by far."""
        sent = value if value is None or isinstance(value, bytes) else orjson.dumps(value)
        headers = [("term", b"1000000")]
        producer.send(topic, orjson.dumps(key), sent, partition=partition, headers=headers).result(30)

    until(lambda: wrong() == "", 30, "all that it keeps is what the log says")
    right = read_planned(cluster, contest)
    first, second = (f"{contest}|{submission(contest, number).id}" for number in (0, 1))
    for topic, key, value, named in (
        (KNOWN, first, right.known[first] | {"team": "another"}, first.partition("|")[2]),
        (KNOWN, second, None, f"{first.partition('|')[2]}, {second.partition('|')[2]}"),
        (KNOWN, f"{contest}|act|ghost", {"at": last}, "act|ghost"),
        (CONTESTS, contest, right.contest | {"priority": 9}, "the contest, "),
        (CONTESTS, contest, b"{", "the contest, "),
    ):
        write(topic, key, value)
        assert named in wrong()
    producer.append(Reloaded(**SAID, contest=contest, id="r", reason="test")).result(30)
    until(lambda: wrong() == "", 30, "the planner has written it anew")
    producer.append(submission(contest, 4)).result(30)
    until(lambda: f"{contest}|{submission(contest, 4).id}" in read_planned(cluster, contest).known, 30, "it goes on")
    assert wrong() == ""


def test_what_is_spoilt_in_the_queues_changelog_is_found_and_a_reload_mends_it(cluster, dispatcher, producer, judge):
    """First while the queue has it all in memory, then with a queue that has recovered what is spoilt."""
    contest, partition, table = contest_in(4), 4, QueueTable(cluster)
    define(producer, contest)
    who, terms = {**SAID, "contest": contest}, itertools.count(10**6, 10**6)
    producer.append(JudgingPaused(**who, id="p", problem_id="A")).result(30)
    producer.append_all([submission(contest, number) for number in range(4)])

    def wrong():
        queued, end = table.of(contest), bounds(cluster, "log", partition)[1]
        plans = plans_of(cluster, contest, end - 1)
        return unlike_queued(queued, contest, plans, end) if queued and heard_of_all(queued, plans) else None

    def name(number):
        return f"task|{contest}|{submission(contest, number).id}|0"

    def write(key, value):
        """As somebody would whose term is the latest by far."""
        sent = value if value is None or isinstance(value, bytes) else orjson.dumps(value)
        headers = [("term", str(next(terms)).encode())]
        producer.send(CHANGELOG, orjson.dumps(key), sent, partition=0, headers=headers).result(30)

    def spoil():
        right = table.of(contest).items
        ghost = f"task|{contest}|ghost|0"
        for key, value in (
            (name(0), right[name(0)] | {"problem_id": "B"}),
            (name(1), None),
            (name(2), right[name(2)] | {"state": "faulted"}),
            (name(3), right[name(3)] | {"lane": "fast"}),
            (ghost, right[name(0)] | {"submission_id": "ghost"}),
            (f"pause|{contest}|A|", None),
        ):
            write(key, value)
            assert wrong() not in ("", None), key

    until(lambda: wrong() == "" and len(table.of(contest).items) == 5, 30, "four wait, and a pause is there")
    spoil()
    producer.append(Reloaded(**who, id="r1", reason="test")).result(30)
    until(lambda: wrong() == "", 30, "the queue has written it anew")
    spoil()
    active = until(
        lambda: next((q for n, q in dispatcher.items() if "queue" in n and q.metric("podium_queue_waiting")), None),
        30,
        "one of them has it",
    )
    kind, number = active.name.split("-")
    judge.gate.clear()  # whoever takes over knows of no pause
    active.end(signal.SIGKILL)
    dispatcher[active.name] = Process(cluster, kind, int(number))
    producer.append(Reloaded(**who, id="r2", reason="test")).result(30)
    until(lambda: wrong() == "", 60, "whoever took over has been told")
    judge.gate.set()
    producer.append(JudgingResumed(**who, id="go", problem_id="A")).result(30)
    until(lambda: len(judged(cluster, contest)) == 4, 60, "all is judged")
    assert wrong() == ""
    until(dispatcher[active.name].ready, 60, "the killed queue stands by")


def letters(cluster, app: str, topic: str, partition: int, positions: list[int]) -> list[dict[str, bytes]]:
    """The headers of an app's dead letters of these records; every app that reads the topic sends one of each."""
    wanted = {(topic, str(partition), str(position), app): position for position in positions}
    found: dict[int, dict[str, bytes]] = {}
    read_to = dict.fromkeys(range(12), 0)

    def look() -> bool:
        left = {p for p, end in ends(cluster, "dead-letters", 12).items() if end > read_to[p]}
        reader = consumer(cluster)
        reader.assign([TopicPartition("dead-letters", p, read_to[p]) for p in left])
        while left:
            for message in fetched(reader, 100, 0.5):
                if message.error():
                    left.discard(message.partition())
                    continue
                read_to[message.partition()] = message.offset() + 1
                headers = dict(message.headers())
                where = tuple(headers[f"x-dlq-{name}"].decode() for name in ("topic", "partition", "offset", "app"))
                if where in wanted:
                    found[wanted[where]] = headers | {"key": message.key(), "value": message.value()}
        reader.close()
        return len(found) == len(positions)

    until(look, 30, f"the dead letters of {topic} {partition} {positions}")
    return [found[position] for position in positions]


def letter(cluster, topic: str, partition: int, position: int, app: str) -> dict[str, bytes]:
    """The headers of an app's dead letter of one record."""
    return letters(cluster, app, topic, partition, [position])[0]


UNUSABLE = {
    "no record": (b"no record", "C3 01"),
    "of an unknown schema": (b"\xc3\x01unheard-of", "unknown"),
    "of a type of another topic": (codec().encode(BatchClosed(**SAID, **BOARD, position=1, batch=1, count=1)), "Batch"),
}
"""What may come instead of a record, and a word of the reason."""


@pytest.mark.parametrize(
    ("topic", "partition", "app"),
    [("log", 3, "planner"), ("judge-wanted", 0, "queue"), ("judge-reports", 0, "queue"), ("ticks", 0, "queue")],
)
def test_what_an_app_cannot_use_becomes_a_dead_letter_and_the_stream_goes_on(
    cluster, dispatcher, producer, judge, *, topic, partition, app
):
    # the planner passes over types that it does not want: the log has many
    values = [case for name, case in UNUSABLE.items() if app == "queue" or "type" not in name]
    positions = [producer.send(topic, b"k", value, partition=partition).result() for value, _ in values]
    for (value, why), headers in zip(values, letters(cluster, app, topic, partition, positions), strict=True):
        assert headers["value"] == value
        assert why in headers["x-dlq-message"].decode()
    contest = contest_in(3)
    define(producer, contest)
    producer.append(submission(contest, 1)).result()
    until(lambda: judged(cluster, contest), 30, "a submission behind it is judged")


@pytest.mark.parametrize("topic", LANES.values())
def test_what_a_judge_cannot_use_becomes_a_dead_letter_by_way_of_its_reports(cluster, dispatcher, producer, topic):
    """A judge may write to its reports and nowhere else."""
    stopping = threading.Event()
    reporter = Reporter(producer, Clock(), "refusing", 0, ())
    queue = ShareQueue(cluster)
    slot = threading.Thread(target=Slot(0, lambda: queue, reporter, None, None, stopping).run)
    slot.start()
    try:
        positions = [producer.send(topic, b"k", value, partition=0).result() for value, _ in UNUSABLE.values()]
        found = letters(cluster, "judge", topic, 0, positions)
        for (value, why), headers in zip(UNUSABLE.values(), found, strict=True):
            assert (headers["key"], headers["value"]) == (b"k", value)
            assert why in headers["x-dlq-message"].decode()
    finally:
        stopping.set()
        slot.join()
        reporter.close()


def test_what_is_no_order_becomes_a_dead_letter_by_way_of_the_reports_of_whoever_reads_it(
    cluster, dispatcher, producer
):
    """Which each host does, at each of its starts."""
    values = UNUSABLE.values()
    positions = [
        producer.send("judge-orders", f"odd|{number}", value, partition=0).result()
        for number, (value, _) in enumerate(values)
    ]
    stop, reporter = threading.Event(), Reporter(producer, Clock(), "refusing", 0, ())
    hosts = [
        Orders(cluster, host, stop, ordered=lambda _: None, wanted=lambda _: None, refused=reporter.refused)
        for host in ("one", "other")
    ]
    for orders in hosts:
        orders.start()
    try:
        found = letters(cluster, "judge", "judge-orders", 0, positions)
        for number, ((value, why), headers) in enumerate(zip(values, found, strict=True)):
            assert (headers["key"], headers["value"]) == (f"odd|{number}".encode(), value)
            assert why in headers["x-dlq-message"].decode()
        again = 'podium_queue_dropped_total{why="buried before"}'
        until(lambda: shown(dispatcher, again) >= len(positions), 30, "what the other one refuses is buried already")
    finally:
        stop.set()
        for orders in hosts:
            orders.join()
        reporter.close()


def test_a_submission_for_a_problem_that_does_not_exist_is_a_dead_letter(cluster, dispatcher, producer):
    contest = contest_in(3)
    define(producer, contest)
    position = producer.append(submission(contest, 1, "Z")).result()
    assert b"no problem: Z" in letter(cluster, "log", 3, position, "planner")["x-dlq-message"]


def shown(dispatcher, name: str) -> float:
    return dispatcher["queue-1"].metric(name) + dispatcher["queue-2"].metric(name)


def said(cluster, words: str) -> bool:
    return any(words in (cluster.home / f"queue-{number}.log").read_text() for number in (1, 2))


def test_a_host_that_waits_is_shown_and_told(cluster, dispatcher, judge):
    judge.reporter.waiting(0, "no package of this digest")
    until(lambda: shown(dispatcher, "podium_judge_host_waiting") == 1, 30, "the host is shown to wait")
    assert said(cluster, "judge host fake waits: slot 0: no package of this digest")
    judge.reporter.waiting(0, "")
    until(lambda: shown(dispatcher, "podium_judge_host_waiting") == 0, 30, "the host is shown to go on")


def test_a_judging_error_is_shown_and_told(cluster, dispatcher, producer, judge, monkeypatch, capfd):
    judge.faults = True
    contest = contest_in(3)
    define(producer, contest)
    position = producer.append(submission(contest, 1)).result()
    until(lambda: shown(dispatcher, "podium_judging_errors") == 1, 60, "the judging error is shown")
    assert said(cluster, f"judging error: contest {contest}, submission {contest[:20]}-1, judging 0 stays pending")
    monkeypatch.setenv("PODIUM_HOME", str(cluster.home))
    monkeypatch.setenv("PODIUM_KAFKA", cluster.kafka)
    main(["status"])
    shown_there = capfd.readouterr().out
    assert "1 judging error: pending" in shown_there, "no stack of this home runs the queue"
    assert not judged(cluster, contest)
    headers = letter(cluster, "log", 3, position, "queue")
    assert (headers["key"], headers["x-dlq-exception"]) == (contest.encode(), b"JudgeError")
    assert b"judging error: submission" in headers["x-dlq-message"]
    assert headers["x-dlq-message"].endswith(b"judging 0: the sandbox broke")
    assert shown(dispatcher, "podium_judging_faults_total") >= 3


def test_what_one_host_fails_at_another_one_judges(cluster, dispatcher, producer):
    contest = contest_in(3)
    define(producer, contest)
    broken, other = FakeJudge(cluster, slots=1, host="broken"), FakeJudge(cluster, slots=1, host="other")
    try:
        broken.faults = True
        for judge in (broken, other):
            judge.gate.clear()
        until(lambda: shown(dispatcher, "podium_host_slots") == 2, 30, "both hosts report")
        producer.append_all([submission(contest, number) for number in range(2)])
        until(lambda: broken.taken and other.taken, 30, "each has one")
        for judge in (broken, other):
            judge.gate.set()
        until(lambda: len(judged(cluster, contest)) == 2, 60, "both are judged")
    finally:
        broken.close()
        other.close()
    assert {one.host for one in of_kind(cluster, contest, Judgement)} == {"other"}
    (faulted,) = of_kind(cluster, contest, JudgingFaulted)
    assert (faulted.host, faulted.attempt, faulted.final) == ("broken", 1, False)
    assert len(broken.taken) == 1


@pytest.mark.parametrize("missing", ["judge-whispers", "judge-rumours"])
def test_an_app_refuses_to_start_without_a_topic_that_it_reads_or_writes(cluster, monkeypatch, missing):
    monkeypatch.setitem(topics.TOPICS, missing, topics.Topic(missing, 1))
    reads, writes = (missing, "log") if missing == "judge-rumours" else ("log", missing)
    with pytest.raises(ConfigError, match=rf"{missing}.*podium topics apply"):
        run_app(make_app(cluster, "gossip", source_topics=[reads], writes=[writes]), cluster)


def test_a_share_group_that_has_drifted_keeps_the_judges_away(cluster, monkeypatch):
    topics.check_groups(cluster)
    monkeypatch.setattr(topics, "TASK_LOCK_MS", topics.TASK_LOCK_MS + 1)
    with pytest.raises(ConfigError, match=r"judges-live: share.record.lock.duration.ms.*podium topics apply"):
        topics.check_groups(cluster)


def test_a_changelog_is_compacted_and_as_wide_as_its_source(cluster, dispatcher):
    assert [raw.value for raw in read(cluster, "queue-outstanding-changelog", 0)]
    assert bounds(cluster, "planner-known-changelog", 11)
