"""Idle slots run the tests of a long judging ahead, and nothing that comes of it depends on that."""

import threading
import time
from contextlib import nullcontext
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge import spread as module
from judge import testing
from judge.pipeline import Judge
from judge.spread import Spread
from judge.testing import Tested, result_of
from packages.grading import Plan
from schemas.definition import FileData
from schemas.errors import DependencyError, JudgeError
from tests.judge.problems import cases, package
from tests.unit.test_grading import legacy, modern

PROBLEMS = [
    modern(scoring=False, sample=2, secret={"cases": 9}),
    modern(
        a={"cases": 4, "aggregation": "min", "max_score": Decimal(30)},
        b={"cases": 4, "aggregation": "sum", "max_score": Decimal(40), "require_pass": ("sample",)},
        c={"cases": 4, "aggregation": "pass-fail", "max_score": Decimal(30)},
    ),
    legacy([f"secret/{group}/{n}" for group in "abc" for n in range(4)], root={"on_reject": "continue"}),
    legacy([f"secret/{group}/{n}" for group in "abc" for n in range(4)], secret_b={"on_reject": "continue"}),
]


def judge(problem, test, *, all_tests=False):
    """The steps that counted, in their order, and the grade."""
    plan = Plan(problem, all_tests=all_tests)
    counted = []
    while (step := plan.take()) is not None:
        tested = test(step)
        counted.append((step.name, tested.verdict))
        plan.add(result_of(problem, step, tested))
    return counted, plan.grade()


@pytest.mark.parametrize("problem", PROBLEMS, ids=["pass-fail", "scoring", "continue", "mixed"])
@given(wrong=st.sets(st.integers(1, 14)), broken=st.sets(st.integers(1, 14)), all_tests=st.booleans())
@settings(deadline=None, max_examples=20)
def test_what_comes_of_a_judging_is_the_same_with_help_and_without(problem, wrong, broken, all_tests):
    """Whoever helps may fail at any test, and be slower or faster than the slot that judges."""

    def tests_in(claim):
        def test(step):
            if claim and step.ordinal in broken:
                raise DependencyError("nothing answers here")
            return Tested("WA" if step.ordinal in wrong else "AC")

        return test

    spread, over = Spread(nullcontext, worth_s=0), threading.Event()

    def idle(slot):
        while not over.is_set():
            spread.help(slot, over.is_set)

    helpers = [threading.Thread(target=idle, args=(slot,)) for slot in (1, 2)]
    for helper in helpers:
        helper.start()
    try:
        with spread.judging(problem, tests_in, 0, all_tests=all_tests) as test:
            found = judge(problem, test, all_tests=all_tests)
    finally:
        over.set()
        for helper in helpers:
            helper.join()
    assert found == judge(problem, tests_in(0), all_tests=all_tests)


def stepwise(problem, tests_in, *, worth_s=0.0):
    """A judging with its help: `help` to be called inside a test, when the slot that judges is busy with that test."""
    spread = Spread(nullcontext, worth_s=worth_s)
    return spread, spread.judging(problem, tests_in, 0)


def test_who_helps_runs_the_next_tests_at_most_sixteen_and_leaves_when_it_wants():
    problem, ran = modern(scoring=False, sample=0, secret={"cases": 40}), []
    wants_to_leave = []

    def tests_in(slot):
        def test(step):
            ran.append((slot, step.ordinal))
            if slot == 0 and step.ordinal == 2:
                spread.help(1, lambda: False)
            if slot == 0 and step.ordinal == 18:
                module_look(0.0)
                spread.help(1, lambda: wants_to_leave.append(1) or True)
            return Tested("AC")

        return test

    def module_look(seconds):
        patch.setattr(module, "_LOOK_S", seconds)

    spread, judging = stepwise(problem, tests_in)
    with pytest.MonkeyPatch.context() as patch, judging as test:
        counted, _ = judge(problem, test)
    assert [step for step, _ in counted] == [f"secret/{n}" for n in range(1, 41)]
    assert ran[:17] == [(0, 1), (0, 2), *((1, n) for n in range(3, 18))], (
        "sixteen under way or found, one of them its own"
    )
    assert ran[17:20] == [(0, 18), (1, 19), (0, 20)]
    assert wants_to_leave == [1]
    assert len(ran) == 40


def test_a_run_that_was_made_ahead_has_ended_when_it_did_and_not_when_it_is_told():
    ended, clock = {}, count()

    def tests_in(slot):
        def test(step):
            if slot == 0 and step.ordinal == 2:
                spread.help(1, lambda: False)
            return Tested("AC", ended_ms=next(clock))

        return test

    spread, judging = stepwise(modern(scoring=False, sample=0, secret={"cases": 3}), tests_in)
    with judging as test:
        judge(
            modern(scoring=False, sample=0, secret={"cases": 3}),
            lambda step: ended.setdefault(step.ordinal, test(step)),
        )
    assert {ordinal: tested.ended_ms for ordinal, tested in ended.items()} == {1: 0, 2: 2, 3: 1}


def test_a_failure_elsewhere_or_in_vain_is_no_fault_and_one_that_counts_is_met_again():
    problem = modern(scoring=False, sample=0, secret={"cases": 5})

    def tests_in(slot):
        def test(step):
            if slot == 0 and step.ordinal == 2:
                for _ in range(3):
                    spread.help(1, lambda: False)
            if step.ordinal == 4 or (slot, step.ordinal) == (1, 3):
                failed.append((slot, step.ordinal))
                raise JudgeError(f"slot {slot} fails at {step.ordinal}")
            return Tested("WA" if step.ordinal in wrong else "AC")

        return test

    wrong, failed = {3}, []
    spread, judging = stepwise(problem, tests_in)
    with judging as test:
        assert judge(problem, test)[0][-1] == ("secret/3", "WA")
    assert failed == [(1, 3), (1, 4)]
    wrong = set()
    spread, judging = stepwise(problem, tests_in)
    with pytest.raises(JudgeError, match="slot 0 fails at 4"), judging as test:
        judge(problem, test)
    spread.help(1, lambda: False)  # there is nothing to do any more


def test_a_short_judging_is_left_alone():
    problem = modern(scoring=False, sample=0, secret={"cases": 5})

    def tests_in(slot):
        def test(_):
            assert slot == 0
            spread.help(1, lambda: False)
            return Tested("AC")

        return test

    spread, judging = stepwise(problem, tests_in, worth_s=1000)
    with judging as test:
        assert judge(problem, test)[1].verdict == "AC"


WORK = rb"""
#include <stdio.h>
#include <time.h>
int main(void)
{
	long a, b;
	scanf("%ld %ld", &a, &b);
	while (clock() < CLOCKS_PER_SEC / 50)
		;
	printf("%ld\n", b == 35 ? 0 : a + b);
}
"""


def test_a_long_package_is_judged_in_both_slots_of_an_idle_host(pool, tmp_path, monkeypatch):
    long = package(tmp_path, files=cases("secret", *range(11, 51)))
    ran, execute, helped = {}, testing.execute, threading.Event()

    def noted(claim, *args, **options):
        ran.setdefault(claim.slot, []).append(1)
        if claim.slot == 1:
            helped.set()
        elif len(ran[0]) == 3:
            assert helped.wait(60), "the other slot has a container ready, and begins"
        return execute(claim, *args, **options)

    monkeypatch.setattr(testing, "execute", noted)
    spread, over, told = Spread(pool.claim, worth_s=0), threading.Event(), []
    begun = time.time_ns() // 1_000_000

    def idle():
        while not over.wait(0.01):
            spread.help(1, over.is_set)

    helper = threading.Thread(target=idle)
    helper.start()
    try:
        outcome = Judge(pool).judge(
            0, long, (FileData("w.c", WORK),), "c", all_tests=True, on_run=told.append, spread=spread
        )
    finally:
        over.set()
        helper.join()
    assert [(run.ordinal, run.verdict) for run in told] == [(n, "WA" if n == 26 else "AC") for n in range(1, 42)]
    assert outcome.runs == tuple(told)
    now = time.time_ns() // 1_000_000
    assert all(begun + run.wall_ms <= run.ended_ms <= now for run in told)
    assert outcome.message == "secret/35: WA"
    assert all(run.cpu_ms >= 20 for run in told)
    assert {slot: len(runs) > 4 for slot, runs in ran.items()} == {0: True, 1: True}
