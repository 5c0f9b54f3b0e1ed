"""What a slot makes of a submission's outcome, and of what is wrong with the judge itself."""

import errno
import os
import time
from dataclasses import replace
from fractions import Fraction
from functools import partial
from types import SimpleNamespace

import pytest

from judge.claim import Claim
from judge.outcome import Outcome, TestRun
from judge.worker import _Core, _cores_of, _images_of
from packages.model import Program
from packages.timing import JUDGING_MS
from schemas.clock import Clock
from schemas.definition import FileData
from schemas.errors import DependencyError, JudgeError, SandboxError, UnreadableError
from schemas.topics import TASK_LOCK_MS
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


def test_what_a_validator_said_goes_to_the_log_cut():
    told = []

    def judge(*_, on_run, **__):
        run = TestRun(
            1,
            "secret/1",
            "WA",
            1,
            2,
            3,
            message="m" * 5000 + ".",
            team_message="t" * 5000,
            feedback=(FileData("a", b"b"),),
        )
        on_run(run)
        return Outcome("WA", (run,), "", message="g" * 5000)

    fields = core(judge, Cache()).judge(TASK, SUBMISSION, told.append)
    (run,) = told
    assert (run.message[:9], run.message[-3:], run.team_message[:9]) == ("m" * 9, "mm.", "t" * 9)
    assert 990 < len(run.message) <= 1000 >= len(run.team_message) > 990
    assert told[0].feedback == (FileData("a", b"b"),)
    assert fields["message"] == "g" * 1000
    assert fields["verdict"] == "WA"
    assert fields["environment"] == {"image": "0123456789ab"}


def test_scores_go_to_the_log_in_the_contests_units():
    told = []

    def judge(*_, on_run, **__):
        on_run(TestRun(1, "secret/1", "AC", 1, 2, 3, score=Fraction(10, 3), ended_ms=77))
        scores = {"secret": Fraction(53, 3), "secret/a": Fraction(10, 3), "secret/b": Fraction(43, 3)}
        return Outcome("WA", (), "", score=scores["secret"], group_scores=scores, subtasks=tuple(scores.values())[1:])

    fields = core(judge, Cache()).judge(replace(TASK, score_scale=100), SUBMISSION, told.append)
    assert (fields["score"], fields["group_scores"]) == (1767, (333, 1433))
    assert [(run.score, run.ended_at) for run in told] == [(333, 77)]
    fields = core(lambda *_, **__: Outcome("AC", ()), Cache()).judge(TASK, SUBMISSION, told.append)
    assert (fields["score"], fields["group_scores"]) == (None, ())


def test_a_score_that_the_log_has_no_room_for_is_the_jurys_fault():
    with pytest.raises(JudgeError, match="a score is beyond"):
        core(lambda *_, **__: Outcome("AC", (), score=Fraction(10**30)), Cache()).judge(TASK, SUBMISSION, print)


def test_a_package_that_could_not_be_read_is_looked_at_again():
    def judge(*_, **__):
        raise UnreadableError("sum: 01.in: cannot be read")

    cache = Cache()
    with pytest.raises(UnreadableError):
        core(judge, cache).judge(TASK, SUBMISSION, print)
    assert cache.forgotten == [TASK.package]


@pytest.mark.parametrize(
    "error",
    [
        SandboxError("the container died"),
        JudgeError("check: a program of the jury does not compile"),
        DependencyError("the Docker engine does not answer"),
        ValueError("nobody foresaw it"),
    ],
    ids=repr,
)
def test_what_else_failed_says_nothing_of_the_package(error):
    def judge(*_, **__):
        raise error

    cache = Cache()
    with pytest.raises(type(error)):
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


@pytest.mark.parametrize("asked", [False, True])
def test_all_tests_are_run_where_the_task_asks_for_them(asked):
    def judge(*_, all_tests, **__):
        return Outcome("WA" if all_tests is asked else "JE", ())

    fields = core(judge, Cache()).judge(replace(TASK, all_tests=asked), SUBMISSION, lambda _: None)
    assert fields["verdict"] == "WA"


@pytest.mark.parametrize(("slots", "cores"), [((), "4"), ((1,), "4 6"), ((0, 1), "4 6")])
def test_a_judging_names_all_cores_on_which_its_programs_have_run(slots, cores):
    """The core of its slot, which has compiled, and those of the slots that have helped, in either lane."""
    pool, asked = SimpleNamespace(core={0: 4, 1: 6}.__getitem__), []

    def judge(*_, share, **__):
        asked.append(share.keywords)
        return Outcome("AC", (), slots=frozenset(slots))

    one = replace(core(judge, Cache()), cores_of=partial(_cores_of, pool), spread=SimpleNamespace(judging=print))
    assert one.judge(replace(TASK, lane="bulk"), SUBMISSION, print)["environment"]["core"] == cores
    assert asked == [{"lane": "bulk"}]


def test_a_judging_ends_below_the_lock_of_its_task_with_a_fault_that_says_why():
    def judge(*_, until, **__):
        assert time.monotonic() < until <= time.monotonic() + JUDGING_MS / 1000 < time.monotonic() + TASK_LOCK_MS / 1000
        return Outcome("AC", ())

    core(judge, Cache()).judge(TASK, SUBMISSION, lambda _: None)
    claim = Claim(None, 0, SimpleNamespace(next=None))
    claim.until = 0.0
    with pytest.raises(JudgeError, match=r"not judged within 45 minutes, .* fewer test cases, or a lower time limit"):
        claim.sandbox("run", None)


def test_a_judging_names_the_whole_ids_of_the_images_that_had_a_part_in_it():
    def built(image):
        raise AssertionError(f"{image} would be built")

    ids = {"default": f"sha256:{'d' * 64}"}
    pool = SimpleNamespace(image=built, known_image=ids.get)
    plain, checked = (
        SimpleNamespace(validators=programs, static_validator=None, grader=None)
        for programs in ((), (Program("check", "haskell", ()),))
    )
    assert _images_of(pool, "cpp", plain) == {"image": ids["default"]}
    assert _images_of(pool, "haskell", plain) == {}, "it was not needed, and is not made to name it"
    ids["extra"] = f"sha256:{'e' * 64}"
    assert _images_of(pool, "cpp", checked) == {"image": ids["default"], "jury_image": ids["extra"]}
    assert _images_of(pool, "haskell", checked) == {"image": ids["extra"]}
    assert _images_of(pool, "none", checked) == {"image": ids["default"], "jury_image": ids["extra"]}
