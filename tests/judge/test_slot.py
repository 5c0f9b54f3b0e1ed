"""A slot lets go of a task only after its report is in Kafka; the sandbox is a double here, the rest is real."""

import dataclasses
import threading
from contextlib import nullcontext

import pytest

from judge.queue import Taken
from judge.reports import Reporter
from judge.slot import Slot
from judge.spread import Spread
from judge.standing import Standing
from judge.testing import Tested, result_of
from packages.grading import Plan
from schemas.clock import Clock
from schemas.codec import codec
from schemas.definition import FileData
from schemas.errors import DependencyError, JudgeError
from schemas.events import Run, Submission
from schemas.producer import Producer
from schemas.reader import bounds, read
from schemas.topics import MAX_MESSAGE_BYTES
from schemas.work import (
    HostReported,
    JudgeTask,
    RunsReported,
    TaskClaimed,
    TaskDeclined,
    TaskFaulted,
    TaskFinished,
    TaskRefused,
)
from tests.unit.test_grading import modern
from tests.wait import until

HEAD = {"contest": "c", "recorded_at": 1, "recorded_by": "test"}
SUBMISSION = Submission(
    **HEAD, id="s1", team_id="t", problem_id="p", language_id="c", submitted_at=5, files=(FileData("a.c", b"x"),)
)
TASK = JudgeTask(
    **HEAD, partition=3, position=7, submission_id="s1", judging=0, attempt=1, lane="live", team_id="t", problem_id="p",
    language_id="c", submitted_at=5, package="0" * 64, time_limit_ms=1000, memory_limit_mib=64, output_limit_mib=8,
)  # fmt: skip
FIELDS = {"verdict": "AC", "started_at": 1, "ended_at": 2, "runs": 1}


class Queue:
    """One task, then the end; remembers what became of it."""

    def __init__(self, value, stopping):
        self.values, self.stopping, self.settled = [value], stopping, []

    def take(self, timeout_s):
        if not self.values:
            self.stopping.set()
            return None
        return Taken("live", 4711, b"k", self.values.pop(), None)

    def done(self, taken):
        self.settled.append("done")

    def release(self, taken):
        self.settled.append("released")

    def close(self):
        self.settled.append("left")


class Core:
    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)

    def judge(self, task, submission, on_run):
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        on_run(Run(1, "AC", 1, 1, 1, 1))
        return outcome

    def close(self):
        pass


class Care:
    def __init__(self):
        self.done = []

    def rest(self, slot):
        self.done.append("rest")

    def faulted(self, slot):
        self.done.append("canary")


@pytest.fixture
def reported(settings, kafka):
    """Runs a slot over one task; gives what became of it and the reports."""

    def run(value, *outcomes):
        start = bounds(settings, "judge-reports", 0)[1]
        stopping = threading.Event()
        queue = Queue(value, stopping)
        with Producer(settings) as producer:
            reporter = Reporter(producer, Clock(), "host-1", 1, ("c",))
            care = Care()
            Slot(
                0, lambda: queue, reporter, Core(*outcomes), lambda *_: codec().encode(SUBMISSION), stopping, care=care
            ).run()
            reporter.close()
        reports = until(
            lambda: (found := [codec().decode(r.value) for r in read(settings, "judge-reports", 0, start)]) and found,
            10,
            "reports are in Kafka",
        )
        assert queue.settled.pop() == "left"
        assert care.done.pop(0) == "rest", "before the first task"
        queue.settled += [f"then {what}" for what in care.done if what != "rest"]
        return queue.settled, [r for r in reports if not isinstance(r, HostReported)], reports

    return run


def test_a_task_is_claimed_run_finished_and_let_go(reported):
    settled, reports, everything = reported(codec().encode(TASK), FIELDS)
    assert [type(r) for r in reports] == [TaskClaimed, RunsReported, TaskFinished]
    assert reports[-1].verdict == "AC"
    assert settled == ["done"]
    assert everything[-1].slots == 0  # goodbye


def test_a_run_is_in_kafka_while_the_next_ones_are_still_made(settings, kafka):
    """With the queue, which puts each batch on the log as it comes: within a second of its end.

    Also one that another slot has made ahead: the third is there while the second, in the slot that judges, still runs.
    """
    problem, spread = modern(scoring=False, sample=0, secret={"cases": 3}), Spread(nullcontext, worth_s=0)
    start, found, stopping = bounds(settings, "judge-reports", 0)[1], [], threading.Event()

    def told():
        records = [codec().decode(record.value) for record in read(settings, "judge-reports", 0, start)]
        return [run for record in records if isinstance(record, RunsReported) for run in record.runs]

    class Slow(Core):
        def judge(self, task, submission, on_run):
            def tests_in(slot):
                def test(step):
                    if (slot, step.ordinal) == (0, 2):
                        spread.help(1, lambda: False)
                        found.extend(until(lambda: (runs := told()) and len(runs) == 2 and runs, 10, "two are told"))
                    return Tested("AC", ended_ms=step.ordinal)

                return test

            def tell(step, tested):
                on_run(Run(step.ordinal, tested.verdict, 1, 1, 1, tested.ended_ms))

            with spread.judging(problem, tests_in, 0, tell, all_tests=True) as test:
                plan = Plan(problem, all_tests=True)
                for step in iter(plan.take, None):
                    plan.add(result_of(problem, step, test(step)))
            return FIELDS

    queue = Queue(codec().encode(TASK), stopping)
    with Producer(settings) as producer:
        reporter = Reporter(producer, Clock(), "host-1", 1, ("c",))
        Slot(0, lambda: queue, reporter, Slow(), lambda *_: codec().encode(SUBMISSION), stopping).run()
        reporter.close()
    assert [(run.ordinal, run.ended_at) for run in found] == [(1, 1), (3, 3)]
    assert [run.ordinal for run in told()] == [1, 3, 2]
    assert queue.settled == ["done", "left"]


def test_a_fault_of_the_judge_is_reported_and_is_no_verdict(reported):
    settled, reports, _ = reported(codec().encode(TASK), JudgeError("the container died"))
    assert [type(r) for r in reports] == [TaskClaimed, TaskFaulted]
    assert "the container died" in reports[-1].why
    assert settled == ["done", "then canary"]


def test_a_bug_in_the_judge_is_a_fault_too(reported):
    _, reports, _ = reported(codec().encode(TASK), ZeroDivisionError("oops"))
    assert "ZeroDivisionError" in reports[-1].why


def test_a_task_at_which_this_host_failed_is_left_to_another_one(reported):
    settled, reports, _ = reported(codec().encode(dataclasses.replace(TASK, avoid=("host-1",))))
    assert [(type(r), r.attempt, r.host) for r in reports] == [(TaskDeclined, 1, "host-1")]
    assert settled == ["done"]


def test_a_slot_of_a_host_that_takes_nothing_leaves_the_queue_and_comes_back(settings, kafka, monkeypatch):
    monkeypatch.setattr("judge.slot._TAKE_S", 0.01)
    stopping, joined = threading.Event(), threading.Event()
    standing = Standing()
    standing.order(paused=True)
    queues = []

    def join():
        queues.append(Queue(codec().encode(TASK), stopping))
        joined.set()
        return queues[-1]

    start = bounds(settings, "judge-reports", 0)[1]
    with Producer(settings) as producer:
        reporter = Reporter(producer, Clock(), "host-1", 1, ("c",), standing=standing)
        slot = Slot(0, join, reporter, Core(FIELDS), lambda *_: codec().encode(SUBMISSION), stopping)
        thread = threading.Thread(target=slot.run)
        thread.start()
        until(lambda: said(settings, start) == [("paused", "")], 10, "the host says that it is paused")
        assert not joined.is_set()
        standing.order(paused=False)
        thread.join(60)
        reporter.close()
    assert [queue.settled for queue in queues] == [["done", "left"]]


@pytest.mark.parametrize("error", [JudgeError("the container died"), ValueError("the engine is closed")], ids=repr)
def test_what_fails_because_the_host_ends_is_no_fault_and_goes_to_another_host(settings, kafka, error):
    start, stopping = bounds(settings, "judge-reports", 0)[1], threading.Event()
    queue = Queue(codec().encode(TASK), stopping)

    class Ending(Core):
        def judge(self, task, submission, on_run):
            stopping.set()
            return super().judge(task, submission, on_run)

    with Producer(settings) as producer:
        reporter = Reporter(producer, Clock(), "host-1", 1, ("c",))
        Slot(0, lambda: queue, reporter, Ending(error), lambda *_: codec().encode(SUBMISSION), stopping).run()
        reporter.close()
    assert queue.settled == ["left"]
    reports = [codec().decode(r.value) for r in read(settings, "judge-reports", 0, start)]
    assert [type(r) for r in reports if not isinstance(r, HostReported)] == [TaskClaimed]


def said(settings, start):
    """State and reason that the host has reported since, each once in a row."""
    found = [codec().decode(r.value) for r in read(settings, "judge-reports", 0, start)]
    told = [(r.state, r.why) for r in found if isinstance(r, HostReported)]
    return [one for one, before in zip(told, [None, *told], strict=False) if one != before]


def test_a_task_whose_package_is_missing_is_given_back_and_the_slot_goes_on(settings, kafka, monkeypatch):
    monkeypatch.setattr("judge.slot._AWAY_S", 0.01)
    start, stopping, told = bounds(settings, "judge-reports", 0)[1], threading.Event(), []
    queue = Queue(codec().encode(TASK), stopping)
    queue.values.insert(0, codec().encode(dataclasses.replace(TASK, submission_id="s0", position=8)))

    class Told(Core):
        def judge(self, task, submission, on_run):
            told.append(reporter.standing.told())
            return super().judge(task, submission, on_run)

    with Producer(settings) as producer:
        reporter = Reporter(producer, Clock(), "host-1", 1, ("c",))
        core = Told(DependencyError("no package"), DependencyError("no package"), FIELDS)
        queue.values.append(codec().encode(TASK))
        submissions = {7: SUBMISSION, 8: dataclasses.replace(SUBMISSION, id="s0")}
        care = Care()
        Slot(0, lambda: queue, reporter, core, lambda _, at: codec().encode(submissions[at]), stopping, care=care).run()
        told.append(reporter.standing.told())
        reporter.close()
    waits = ("waiting", "slot 0: no package")
    assert told == [("ready", ""), waits, waits, ("ready", "")]
    assert queue.settled == ["done", "done", "done", "left"]
    assert [what for what in care.done if what == "canary"] == ["canary"] * 2, "the engine may be what is away"
    reports = [codec().decode(r.value) for r in read(settings, "judge-reports", 0, start)]
    assert [(type(r), r.submission_id) for r in reports if not isinstance(r, HostReported | RunsReported)] == [
        (TaskClaimed, "s1"),
        (TaskDeclined, "s1"),
        (TaskClaimed, "s1"),
        (TaskDeclined, "s1"),
        (TaskClaimed, "s0"),
        (TaskFinished, "s0"),
    ]


def test_a_host_that_was_told_to_pause_keeps_no_task_that_waits(reported, monkeypatch):
    monkeypatch.setattr("judge.slot._AWAY_S", 0.01)
    settled, reports, everything = reported(codec().encode(TASK), DependencyError("no package"))
    assert settled == ["done", "then canary"]
    assert [type(r) for r in reports] == [TaskClaimed, TaskDeclined]
    assert everything[-1].running == (), "it is drained"


def test_a_slot_that_has_given_a_task_back_tells_so_no_longer_than_it_may_come_again(settings, kafka, monkeypatch):
    monkeypatch.setattr("judge.slot._AWAY_S", 0.01)
    monkeypatch.setattr("judge.slot._TOLD_S", 0.0)
    stopping = threading.Event()

    class Idle(Queue):
        def take(self, timeout_s):
            if not self.values and reporter.standing.told()[0] == "waiting":
                return None
            return super().take(timeout_s)

    queue = Idle(codec().encode(TASK), stopping)
    with Producer(settings) as producer:
        reporter = Reporter(producer, Clock(), "host-1", 1, ("c",))
        core = Core(DependencyError("no package"))
        Slot(0, lambda: queue, reporter, core, lambda *_: codec().encode(SUBMISSION), stopping).run()
        assert reporter.standing.told() == ("ready", "")
        reporter.close()


def test_a_host_waits_while_any_of_its_slots_does(settings, kafka):
    start = bounds(settings, "judge-reports", 0)[1]

    def said():
        return [
            (r.state, r.why) for r in map(codec().decode, (r.value for r in read(settings, "judge-reports", 0, start)))
        ]

    with Producer(settings) as producer:
        reporter = Reporter(producer, Clock(), "host-1", 2, ("c",))
        reporter.waiting(0, "no package")
        reporter.waiting(1, "")  # the other slot has just judged something
        until(lambda: ("waiting", "slot 0: no package") in said(), 10, "the host waits")
        reporter.waiting(0, "")
        until(lambda: said()[-1] == ("ready", ""), 10, "the host is ready")
        reporter.close()
    assert ("ready", "") not in said()[:1]


@pytest.mark.parametrize("value", [b"no task", codec().encode(SUBMISSION)])
def test_what_is_no_task_is_refused_with_its_bytes_and_does_not_come_again(reported, value):
    settled, (report,), _ = reported(value)
    assert settled == ["done"]
    assert isinstance(report, TaskRefused)
    assert (report.topic, report.position, report.key, report.value) == ("judge-tasks", 4711, b"k", value)


def test_a_record_too_large_to_be_reported_is_refused_without_its_bytes(reported):
    settled, (report,), _ = reported(b"x" * MAX_MESSAGE_BYTES)
    assert settled == ["done"]
    assert (report.value, "2000000 bytes are too many" in report.why) == (b"", True)


def test_an_idle_slot_helps_others_until_there_is_a_task(settings, kafka):
    stopping, seen = threading.Event(), []

    class Idle(Queue):
        def take(self, timeout_s):
            seen.append("look" if timeout_s else "glance")
            return None if len(seen) in (1, 3) else super().take(timeout_s)

    def helped(slot, leaves):
        seen.append(f"help of slot {slot}")
        assert reporter.standing.helping == (slot,)
        while not leaves():
            pass

    queue = Idle(codec().encode(TASK), stopping)
    with Producer(settings) as producer:
        reporter = Reporter(producer, Clock(), "host-1", 1, ("c",))
        core = Core(FIELDS)
        Slot(0, lambda: queue, reporter, core, lambda *_: codec().encode(SUBMISSION), stopping, help=helped).run()
        reporter.close()
    assert seen == ["look", "help of slot 0", "glance", "glance", "look", "help of slot 0"]
    assert core.outcomes == []
    assert reporter.standing.helping == ()
    assert queue.settled == ["done", "left"]
