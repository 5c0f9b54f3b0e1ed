"""What a slot makes of a submission's outcome, and of what is wrong with the judge itself."""

import errno
import os
from types import SimpleNamespace

import pytest

from judge.pipeline import Outcome, TestRun
from judge.worker import _Core
from schemas.clock import Clock
from schemas.errors import DependencyError, SandboxError
from tests.judge.test_slot import SUBMISSION, TASK


class Cache:
    def __init__(self):
        self.forgotten = []

    def get(self, digest):
        return None

    def forget(self, digest):
        self.forgotten.append(digest)


def core(judge, cache):
    return _Core(SimpleNamespace(judge=judge), 0, cache, Clock(), {"image": "0123456789ab"})


def test_the_validators_message_to_the_jury_goes_to_the_log_cut():
    told = []

    def judge(*_, on_run, **__):
        run = TestRun(1, "secret/1", "WA", 1, 2, 3, message="m" * 5000, team_message="for the team")
        on_run(run)
        return Outcome("WA", (run,), "")

    fields = core(judge, Cache()).judge(TASK, SUBMISSION, told.append)
    assert [run.message for run in told] == ["m" * 1000]
    assert fields["verdict"] == "WA"
    assert fields["environment"] == {"image": "0123456789ab"}


def test_a_package_that_could_not_be_read_is_looked_at_again():
    def judge(*_, **__):
        raise DependencyError("sum: 01.in: cannot be read")

    cache = Cache()
    with pytest.raises(DependencyError):
        core(judge, cache).judge(TASK, SUBMISSION, print)
    assert cache.forgotten == [TASK.package]


def test_a_container_that_failed_says_nothing_of_the_package():
    def judge(*_, **__):
        raise SandboxError("the container died")

    cache = Cache()
    with pytest.raises(SandboxError):
        core(judge, cache).judge(TASK, SUBMISSION, print)
    assert cache.forgotten == []


def test_a_judge_without_descriptors_ends_and_faults_nothing(monkeypatch):
    def judge(*_, **__):
        raise DependencyError("sum: 01.in: cannot be read") from OSError(errno.EMFILE, "Too many open files")

    def end(code):
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", end)
    with pytest.raises(SystemExit) as ended:
        core(judge, Cache()).judge(TASK, SUBMISSION, print)
    assert ended.value.code == 70
