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

    told = []

    def tell(step, tested):
        told.append((step.ordinal, step.name, tested.verdict))

    helpers = [threading.Thread(target=idle, args=(slot,)) for slot in (1, 2)]
    for helper in helpers:
        helper.start()
    try:
        with spread.judging(problem, tests_in, 0, tell, all_tests=all_tests) as test:
            found = judge(problem, test, all_tests=all_tests)
    finally:
        over.set()
        for helper in helpers:
            helper.join()
    assert found == judge(problem, tests_in(0), all_tests=all_tests)
    assert [(name, verdict) for _, name, verdict in sorted(told)] == found[0], "each that counts is told, once"


@pytest.mark.parametrize("problem", PROBLEMS, ids=["pass-fail", "scoring", "continue", "mixed"])
@given(known=st.dictionaries(st.integers(1, 14), st.sampled_from(["AC", "WA"])), all_tests=st.booleans())
@settings(deadline=None, max_examples=100)
def test_what_is_said_to_count_is_judged_whatever_comes_and_nothing_else_is_said_to(problem, known, all_tests):
    """Nothing can come that lets fewer steps count than failures of all that is not known."""
    plan = Plan(problem, all_tests=all_tests)
    for step in iter(plan.take, None):
        if step.ordinal in known:
            plan.add(result_of(problem, step, Tested(known[step.ordinal])))
    judged, _ = judge(problem, lambda step: Tested(known.get(step.ordinal, "WA")), all_tests=all_tests)
    assert [step.name for step in plan.steps if plan.counts(step)] == [name for name, _ in judged]


def stepwise(problem, tests_in, tell=lambda *_: None, *, worth_s=0.0, **how):
    """A judging with its help: `help` to be called inside a test, when the slot that judges is busy with that test."""
    spread = Spread(nullcontext, worth_s=worth_s)
    return spread, spread.judging(problem, tests_in, 0, tell, **how)


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


def told_of(*, all_tests, wrong=()):
    """What is told of three tests, the last of them run ahead while the second one is under way, and when it ended.

    Times are counted: of each end and of each look at the clock.
    """
    problem, clock, told = modern(scoring=False, sample=0, secret={"cases": 3}), count(), []

    def tests_in(slot):
        def test(step):
            if (slot, step.ordinal) == (0, 2):
                spread.help(1, lambda: False)
                told.append("the second one ends")
            return Tested("WA" if step.ordinal in wrong else "AC", ended_ms=next(clock))

        return test

    spread, judging = stepwise(
        problem, tests_in, lambda step, tested: told.append((step.ordinal, tested.ended_ms)), all_tests=all_tests
    )
    with pytest.MonkeyPatch.context() as patch, judging as test:
        patch.setattr(module, "now_ms", lambda: next(clock))
        judge(problem, test, all_tests=all_tests)
    return told


def test_a_run_that_was_made_ahead_is_told_when_it_ends_where_every_test_is_run():
    for wrong in ((), (2,), (3,)):
        assert told_of(all_tests=True, wrong=wrong) == [(1, 0), (3, 1), "the second one ends", (2, 2)]


def test_else_it_is_told_and_has_ended_when_it_counts():
    assert told_of(all_tests=False) == [(1, 0), "the second one ends", (2, 2), (3, 3)]
    assert told_of(all_tests=False, wrong=(2,)) == [(1, 0), "the second one ends", (2, 2)]


def test_what_cannot_be_told_is_a_fault_of_the_slot_that_judges_alone():
    """A score for which the log has no room, for instance."""
    problem, ran = modern(scoring=False, sample=0, secret={"cases": 3}), []

    def tests_in(slot):
        def test(step):
            ran.append((slot, step.ordinal))
            if (slot, step.ordinal) == (0, 2):
                spread.help(1, lambda: False)
            return Tested("AC")

        return test

    def tell(step, _):
        if step.ordinal == 3:
            raise JudgeError("no room")

    spread, judging = stepwise(problem, tests_in, tell, all_tests=True)
    with pytest.raises(JudgeError, match="no room"), judging as test:
        judge(problem, test, all_tests=True)
    assert ran == [(0, 1), (0, 2), (1, 3), (0, 3)]


def test_a_slot_helps_with_judgings_of_its_own_lanes_only():
    problem, ran = modern(scoring=False, sample=0, secret={"cases": 4}), []

    def tests_in(slot):
        def test(step):
            ran.append((slot, step.ordinal))
            if (slot, step.ordinal) == (0, 2):
                spread.help(1, lambda: False, lanes=("live",))
                spread.help(2, lambda: False, lanes=("live", "bulk"))
            return Tested("AC")

        return test

    spread, judging = stepwise(problem, tests_in, lane="bulk")
    with judging as test:
        judge(problem, test)
    assert ran == [(0, 1), (0, 2), (2, 3), (2, 4)]


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
            0, long, (FileData("w.c", WORK),), "c", all_tests=True, on_run=told.append, share=spread.judging
        )
    finally:
        over.set()
        helper.join()
    assert [(run.ordinal, run.verdict) for run in outcome.runs] == [
        (n, "WA" if n == 26 else "AC") for n in range(1, 42)
    ]
    assert outcome.runs == tuple(sorted(told, key=lambda run: run.ordinal))
    assert outcome.slots == {0, 1}
    now = time.time_ns() // 1_000_000
    assert all(begun + run.wall_ms <= run.ended_ms <= now for run in told)
    assert outcome.message == "secret/35: WA"
    assert all(run.cpu_ms >= 20 for run in told)
    assert {slot: len(runs) > 4 for slot, runs in ran.items()} == {0: True, 1: True}
