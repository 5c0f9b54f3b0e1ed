"""Two judge processes with work in flight: one joins, one is drained, one is killed, and nothing is lost."""

from __future__ import annotations

import os
import signal

import pytest

from packages.read import read_package
from packages.store import FolderStore
from podium.cli import main
from podium.hosts import hosts
from podium.stack.stack import Stack
from schemas.definition import FileData, Language, Problem
from schemas.events import Definition, Judgement, JudgingStarted, Runs, Submission
from schemas.ids import new_id
from schemas.producer import Producer
from schemas.reader import read_contest
from schemas.settings import Settings
from tests.conftest import free_port_base
from tests.judge.conftest import ROOT
from tests.streams.test_dispatcher import Process
from tests.wait import until

SLOW = """#include <stdio.h>
#include <time.h>
int main(void) {
    int n;
    long long sum = 0, before = 0, x;
    while (clock() < CLOCKS_PER_SEC / 20) {}
    if (scanf("%d", &n) != 1) return 1;
    for (int i = 0; i < n; i++) {
        if (scanf("%lld", &x) != 1) return 1;
        if (i == 0 || x != before) sum += x;
        before = x;
    }
    printf("%lld\\n", sum);
    return 0;
}
"""
"""Right, and a twentieth of a second a test."""


class Hall:
    """A contest, its log, and its judges: `a`, which runs, and `b`, which can be started."""

    def __init__(self, settings, package, producer):
        self.settings, self.package, self.producer = settings, package, producer
        self.contest, self.sent = new_id(), 0
        self.processes = {}
        self.open("a")
        said = {"contest": self.contest, "recorded_at": 1, "recorded_by": "test"}
        problem = Problem("A", "A", "A", 0, package.digest, 1000, 256, 8, len(package.test_cases))
        language = Language("c", "C", ("c",))
        definition = Definition(**said, changes=-1, name="c", duration=1, problems=(problem,), languages=(language,))
        producer.append(definition).result()

    def open(self, host, **more):
        more = {
            "PODIUM_JUDGE_HOST": host,
            "PODIUM_JUDGE_SLOTS": "1",
            "PODIUM_STORE": str(self.settings.home / "store"),
        } | more
        self.processes[host] = Process(self.settings, "judge", ord(host), **more)

    def submit(self, number, source=SLOW):
        said = {"contest": self.contest, "recorded_at": 1, "recorded_by": "test"}
        events = []
        for _ in range(number):
            self.sent += 1
            files = (FileData("a.c", f"{source}// {self.sent}\n".encode()),)
            events.append(
                Submission(
                    **said, id=f"s{self.sent}", team_id=f"t{self.sent}", problem_id="A", language_id="c",
                    submitted_at=self.sent, files=files,
                )
            )  # fmt: skip
        self.producer.append_all(events)

    def said(self, kind, host=None):
        events = [event for _, event in read_contest(self.settings, self.contest) if isinstance(event, kind)]
        return [event.submission_id for event in events if host in (None, event.host)]

    def running(self, host):
        """What the host has begun and nobody has finished."""
        return set(self.said(JudgingStarted, host)) - set(self.said(Judgement))


def told_in_time(events):
    """The promise: a run's result is in the log within a second of its end, of each run in its batch."""
    batches = [event for event in events if isinstance(event, Runs)]
    late = [batch.recorded_at - run.ended_at for batch in batches for run in batch.runs]
    assert max(late) <= 1000, sorted(late)
    return batches


@pytest.fixture
def hall(judge_settings, tmp_path):
    """A Kafka of its own: a planner on that of other tests would have their submissions judged."""
    settings = Settings(home=tmp_path, port_base=free_port_base())
    package = read_package(ROOT / "problems" / "apples")
    FolderStore(settings.home / "store").put(package)
    stack = Stack(settings, only=frozenset({"kafka", "planner", "queue", "clock"}))
    stack.start()
    try:
        with Producer(settings) as producer:
            hall = Hall(settings, package, producer)
            yield hall
        ended = {name: process.end(signal.SIGTERM) for name, process in hall.processes.items()}
        assert set(ended.values()) == {0}, ended
    finally:
        stack.stop()


@pytest.mark.long
def test_long_hosts_join_and_leave_with_work_in_flight_and_nothing_is_lost(hall, monkeypatch, capsys):
    monkeypatch.setenv("PODIUM_HOME", str(hall.settings.home))
    monkeypatch.setenv("PODIUM_KAFKA", hall.settings.kafka)
    fetched = hall.settings.home / "judge" / "a" / "packages" / hall.package.digest
    until(fetched.exists, 60, "the package is fetched before anybody needs it")
    hall.submit(12)
    until(lambda: hall.running("a"), 60, "the first host judges")
    reserved = "0" if len(os.sched_getaffinity(0)) > 1 else ""
    hall.open("b", PODIUM_JUDGE_LIVE_SLOTS="1", PODIUM_JUDGE_RESERVED_CORES=reserved)
    until(lambda: hall.running("b"), 60, "the second one has joined")
    assert main(["judge", "drain", "a", "--reason", "a new disk"]) == 0
    assert "host a is drained" in capsys.readouterr().out
    assert not hall.running("a"), "what ran is finished"
    found = hosts(hall.settings)
    assert (found["a"].live_slots, found["b"].live_slots) == (0, 1)
    report = found["a"]
    assert (report.state, report.why, report.lacks) == ("paused", "a new disk", ())
    begun = len(hall.said(JudgingStarted, "a"))
    hall.submit(6)
    until(lambda: len(hall.said(Judgement)) >= 14, 60, "the second one goes on alone")
    assert len(hall.said(JudgingStarted, "a")) == begun, "it takes nothing new"
    hall.submit(6)  # it may have come through what there was
    until(lambda: hall.running("b"), 60, "the second one has a task")
    killed = hall.processes.pop("b").process
    killed.kill()
    killed.wait()
    assert main(["judge", "resume", "--host", "a"]) == 0
    until(lambda: len(hall.said(Judgement)) == hall.sent, 90, "everything is judged")
    assert len(set(hall.said(Judgement))) == hall.sent
    events = [event for _, event in read_contest(hall.settings, hall.contest)]
    told_in_time(events)
    judgements = [e for e in events if isinstance(e, Judgement)]
    for judgement in judgements:
        before = [e for e in events[: events.index(judgement)] if isinstance(e, Runs)]
        mine = [e for e in before if (e.submission_id, e.attempt) == (judgement.submission_id, judgement.attempt)]
        told = {run.ordinal for e in mine for run in e.runs}
        assert told == set(range(1, judgement.runs + 1)), "each run is in the log before its judgement"
    assert {e.verdict for e in judgements} == {"AC"}
    assert all({"cpu", "kernel", "image", "slots", "core"} <= set(e.environment) for e in judgements)
    assert {e.environment["core"] for e in judgements if e.host == "b"}.isdisjoint({reserved})


@pytest.mark.long
def test_long_one_submission_is_judged_in_both_slots_of_an_idle_host(hall):
    """Its tests take longer, one after the other, than its judging did."""
    hall.open("c", PODIUM_JUDGE_SLOTS="2")
    until(lambda: {"a", "c"} <= hosts(hall.settings).keys(), 60, "the host with two slots is there")
    assert hall.processes.pop("a").end(signal.SIGTERM) == 0
    hall.submit(1, SLOW.replace("/ 20", "/ 2"))
    until(lambda: hall.said(Judgement), 120, "it is judged")
    events = [event for _, event in read_contest(hall.settings, hall.contest)]
    (judgement,) = (event for event in events if isinstance(event, Judgement))
    runs = [run for event in events if isinstance(event, Runs) for run in event.runs]
    assert sorted(run.ordinal for run in runs) == list(range(1, judgement.runs + 1))
    assert judgement.verdict == "AC"
    assert len(judgement.environment["core"].split()) == 2
    assert judgement.ended_at - judgement.started_at < sum(run.wall_ms for run in runs)
    assert all(judgement.started_at < run.ended_at <= judgement.ended_at for run in runs)
    batches = told_in_time(events)
    assert batches[0].recorded_at < batches[-1].runs[-1].ended_at, "the first are in the log while others are made"
