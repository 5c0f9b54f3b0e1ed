"""What a host reports reaches Kafka also when its broker was away for longer than a producer tries."""

import threading
from concurrent.futures import Future

import pytest

from judge import reports
from judge.reports import Reporter
from schemas.clock import Clock
from schemas.errors import DataError, ProduceTimeoutError
from schemas.events import Run
from schemas.work import JudgeTask, RunsReported, TaskFinished
from tests.wait import until

TASK = JudgeTask(
    contest="c", recorded_at=1, recorded_by="test", partition=3, position=7, submission_id="s1", judging=0, attempt=1,
    lane="live", team_id="t", problem_id="p", language_id="c", submitted_at=5, package="0" * 64, time_limit_ms=1000,
    memory_limit_mib=64, output_limit_mib=8,
)  # fmt: skip
RUNS = [Run(number, "AC", 1, 1, 1, 1) for number in (1, 2)]


class Broker:
    """A producer whose first report of runs fails with *error*; takes everything else."""

    def __init__(self, error):
        self.error, self.taken, self.lock = error, [], threading.Lock()

    def send(self, topic, key, report, *, partition):
        answer = Future()
        with self.lock:
            if self.error is not None and isinstance(report, RunsReported):
                answer.set_exception(self.error)
                self.error = None
            else:
                self.taken.append(report)
                answer.set_result(len(self.taken))
        return answer


@pytest.fixture
def reported(monkeypatch):
    """Reports two runs, the first with a beat and the second at the end; gives what Kafka got of runs and verdicts."""
    monkeypatch.setattr(reports, "RUNS_S", 0.01)

    def report(error):
        broker = Broker(error)
        reporter = Reporter(broker, Clock(), "host-1", 1, ("c",))
        monkeypatch.setattr(reporter._closing, "wait", lambda _, wait=reporter._closing.wait: wait(0.01))
        reporter.claimed(0, TASK)
        reporter.run(0, RUNS[0])
        until(lambda: broker.error is None, 10, "the first batch was sent")
        reporter.run(0, RUNS[1])
        reporter.finished(0, TASK, {"verdict": "AC", "started_at": 1, "ended_at": 2, "runs": 2})
        reporter.close()
        return [r for r in broker.taken if isinstance(r, RunsReported | TaskFinished)]

    return report


def test_runs_that_a_broker_did_not_get_are_sent_again_before_the_verdict(reported):
    *runs, finished = reported(ProduceTimeoutError("away"))
    assert isinstance(finished, TaskFinished)
    assert sorted((run for report in runs for run in report.runs), key=lambda run: run.ordinal) == RUNS
    assert len(runs) == 2, "none is sent twice"


def test_runs_that_no_broker_takes_hold_up_no_verdict(reported, caplog):
    *runs, finished = reported(DataError("too large"))
    assert isinstance(finished, TaskFinished)
    assert [run for report in runs for run in report.runs] == [RUNS[1]]
    assert "s1: runs are lost: too large" in caplog.text
