"""Grading under every problem and every result: exact, bounded, monotone, and the same whatever ends first."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from packages.grading import Plan, case_result, grade, steps
from tests.unit.test_grading import legacy, modern

VERDICTS = st.sampled_from(["AC", "AC", "AC", "WA", "TLE", "RTE", "MLE"])
AGGREGATIONS = st.sampled_from(["pass-fail", "sum", "min"])
FLAGS = st.lists(
    st.sampled_from(
        ["worst_error", "first_error", "always_accept", "accept_if_any_accepted", "sum", "avg", "min", "max"]
    ),
    max_size=3,
).map(tuple)


@st.composite
def modern_problems(draw):
    """A 2025-09 problem as the reader lets it through, with bounded scores that do not exceed those of secret."""
    scoring = draw(st.booleans())
    names = [f"g{n}" for n in range(draw(st.integers(0, 4)))]
    if not names:
        aggregation = draw(AGGREGATIONS)
        static = draw(st.none() | st.integers(0, 40).map(Decimal)) if aggregation != "pass-fail" else None
        secret = {"aggregation": aggregation, "cases": draw(st.integers(1, 5)), "static_score": static}
        return modern(scoring=scoring, sample=draw(st.integers(0, 2)), secret=secret)
    groups = {}
    for name in names:
        before = ["sample", *(f"secret/{one}" for one, said in groups.items() if said["aggregation"] == "pass-fail")]
        groups[name] = {
            "aggregation": draw(AGGREGATIONS),
            "max_score": Decimal(draw(st.integers(0, 30))),
            "cases": draw(st.integers(1, 4)),
            "require_pass": tuple(draw(st.lists(st.sampled_from(before), unique=True, max_size=2))),
        }
    secret = {
        "aggregation": draw(st.sampled_from(["sum", "min"])),
        "max_score": sum((said["max_score"] for said in groups.values()), Decimal(0)),
        "require_pass": ("sample",) if draw(st.booleans()) else (),
    }
    return modern(scoring=scoring, sample=draw(st.integers(0, 2)), secret=secret, **groups)


@st.composite
def legacy_problems(draw):
    """A legacy problem with folders in folders, each with settings of its own."""
    names = draw(
        st.lists(st.sampled_from(["a", "b/x", "b/y", "b/z/1", "b/z/2", "c/1", "c/2", "d"]), min_size=1, unique=True)
    )
    samples = [f"sample/{n}" for n in range(draw(st.integers(0, 2)))]
    said = {
        folder: {
            "on_reject": draw(st.sampled_from(["break", "continue"])),
            "flags": draw(FLAGS),
            "accept_score": Decimal(draw(st.integers(0, 9))),
        }
        for folder in ("root", "sample", "secret", "secret_b", "secret_b_z", "secret_c")
    }
    if draw(st.booleans()):
        said["root"]["flags"] = ("ignore_sample",)
    return legacy([*samples, *(f"secret/{name}" for name in names)], scoring=draw(st.booleans()), **said)


def results_of(problem, draw):
    """A result of each step."""
    found = {}
    for step in steps(problem):
        verdict = draw(VERDICTS)
        scored = problem.scoring and step.group.legacy is None and step.group.aggregation != "pass-fail"
        percent = draw(st.none() | st.integers(0, 100)) if scored and verdict == "AC" else None
        multiplier = None if percent is None else f"{percent}e-2".encode()
        found[step.name] = case_result(problem, step, verdict, multiplier=multiplier)
    return found


def in_order(problem, results, *, all_tests=False):
    """What is run, one step after the other, and the grade."""
    plan = Plan(problem, all_tests=all_tests)
    run = []
    while (step := plan.take()) is not None:
        run.append(step.name)
        plan.add(results[step.name])
    assert plan.finished()
    return run, plan.grade()


PROBLEMS = modern_problems() | legacy_problems()


@given(problem=PROBLEMS, data=st.data())
@settings(deadline=None)
def test_the_grade_is_the_same_whichever_slot_is_faster(problem, data):
    results = results_of(problem, data.draw)
    run, expected = in_order(problem, results)
    assert in_order(problem, results, all_tests=True)[1] == expected
    assert grade(problem, results.values()) == expected
    plan = Plan(problem)
    slots = data.draw(st.integers(1, 4))
    running, ran = [], []
    while not plan.finished():
        while len(running) < slots and (step := plan.take()) is not None:
            running.append(step.name)
        assert running, "it is not finished, and nothing can be run"
        ended = running.pop(data.draw(st.integers(0, len(running) - 1)))
        ran.append(ended)
        plan.add(results[ended])
    assert plan.grade() == expected
    assert set(run) <= set(ran), "what decides is always run"


@given(problem=PROBLEMS, data=st.data())
@settings(deadline=None)
def test_steps_are_run_in_their_order_up_to_the_first_failure_at_least(problem, data):
    results = results_of(problem, data.draw)
    run, got = in_order(problem, results)
    names = [step.name for step in steps(problem)]
    assert run == [name for name in names if name in run]
    failed = next((n for n, name in enumerate(names) if results[name].verdict != "AC"), len(names) - 1)
    assert run[: failed + 1] == names[: failed + 1]
    if not problem.scoring and "" not in {group.name for group in problem.groups}:
        assert run == names[: failed + 1]
        assert got.verdict == results[run[-1]].verdict


@given(problem=modern_problems(), data=st.data())
@settings(deadline=None)
def test_scores_are_exact_and_between_nothing_and_the_maximum(problem, data):
    results = results_of(problem, data.draw)
    got = in_order(problem, results)[1]
    if not problem.scoring:
        assert (got.score, got.group_scores) == (None, {})
        return
    groups = {group.name: group for group in problem.groups if group.name != "sample"}
    assert list(got.group_scores) == list(groups)
    assert got.score == got.group_scores["secret"]
    for name, score in got.group_scores.items():
        assert isinstance(score, Fraction)
        assert 0 <= score <= groups[name].max_score
    inner = [score for name, score in got.group_scores.items() if name != "secret"]
    if inner:
        assert got.score == (sum(inner) if groups["secret"].aggregation == "sum" else min(inner))


@given(problem=modern_problems())
@settings(deadline=None)
def test_a_submission_that_is_accepted_everywhere_has_every_point(problem):
    results = {step.name: case_result(problem, step, "AC") for step in steps(problem)}
    run, got = in_order(problem, results)
    assert (run, got.verdict) == (list(results), "AC")
    static = {group.name: group.static_score for group in problem.groups}
    for group in problem.groups if problem.scoring else ():
        inner = [one.max_score for one in problem.groups if one.name.startswith(f"{group.name}/")]
        if group.name == "sample":
            continue
        if group.aggregation == "min":
            worth = min(
                [*inner, *([static[group.name]] if static[group.name] is not None else [])], default=group.max_score
            )
        else:
            worth = group.max_score
        assert got.group_scores[group.name] == worth


@given(problem=modern_problems(), data=st.data())
@settings(deadline=None)
def test_one_more_accepted_test_case_never_costs_a_point(problem, data):
    results = results_of(problem, data.draw)
    before = in_order(problem, results)[1]
    step = data.draw(st.sampled_from(steps(problem)))
    after = in_order(problem, results | {step.name: case_result(problem, step, "AC")})[1]
    for name, score in before.group_scores.items():
        assert after.group_scores[name] >= score
