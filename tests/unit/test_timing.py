"""The time limit by the jury's submissions: the inequalities of 2025-09, and what problemtools does in the legacy formats."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.verify_time import report_on
from packages.globs import Names
from packages.model import JurySubmission, Program, Requirement, Timing
from packages.read import read_package
from packages.timing import JUDGING_MS, LONGEST_MS, Bound, bounds_of, conflict, infer, too_long, violations
from tests.unit.packaging import LEGACY, write

ALL = frozenset({"AC", "WA", "TLE", "RTE"})
SLOW = frozenset({"TLE"})
NAMES = Names(["sample/1", "secret/a/1", "secret/a/2", "secret/b/1"], ["sample", "secret", "secret/a", "secret/b"])


def submission(*requirements):
    return JurySubmission("x/y.c", Path("y.c"), Program("y", "c", ()), requirements, ALL)


def lower(ms, name="accepted/a.c"):
    return Bound("lower", name, "accepted", "secret/1", ms)


def upper(ms, name="time_limit_exceeded/b.c"):
    return Bound("upper", name, "time_limit_exceeded", "secret/2", ms)


@pytest.mark.parametrize(
    ("requirement", "bounds"),
    [
        (Requirement("accepted", frozenset({"AC"}), ALL), [("lower", "secret/a/2", 30)]),
        (Requirement("wrong", frozenset({"AC", "WA"}), frozenset({"WA"})), [("lower", "secret/a/2", 30)]),
        (Requirement("slow", frozenset({"AC", "TLE"}), SLOW), [("upper", "secret/a/2", 30)]),
        (Requirement("brute", frozenset({"AC", "TLE", "RTE"}), frozenset({"TLE", "RTE"})), []),
        (Requirement("group", ALL, SLOW, "secret/b"), [("upper", "secret/b/1", 25)]),
        (Requirement("cases", frozenset({"AC"}), ALL, "s*/{1,b}"), [("lower", "secret/b/1", 25)]),
        (Requirement("nothing run", frozenset({"AC"}), ALL, "secret/c"), []),
        (Requirement("out", frozenset({"AC"}), ALL, time_limit="no"), []),
        (Requirement("in", frozenset({"AC", "RTE"}), frozenset({"RTE"}), time_limit="lower"), [("lower", "secret/a/2", 30)]),
        (Requirement("in", ALL, SLOW, time_limit="upper"), [("upper", "secret/a/2", 30)]),
    ],
)  # fmt: skip
def test_which_rules_bound_the_limit_by_their_slowest_run(requirement, bounds):
    times = {"sample/1": 5, "secret/a/1": 10, "secret/a/2": 30, "secret/b/1": 25}
    found = bounds_of(submission(requirement), NAMES, times)
    assert [(b.kind, b.test, b.ms) for b in found] == bounds
    assert [b.source for b in found] == [requirement.source] * len(bounds)


@pytest.mark.parametrize(
    ("timing", "bounds", "ms"),
    [
        (Timing(), [lower(0)], 1000),
        (Timing(), [lower(500)], 1000),
        (Timing(), [lower(501)], 2000),
        (Timing(), [lower(100), lower(1700), lower(300), upper(9000)], 4000),
        (Timing(ac_to_time_limit=1.1, resolution_ms=100), [lower(1000)], 1100),  # 1.1 is eleven tenths, no more
        (Timing(ac_to_time_limit=1.0, resolution_ms=250), [lower(250), upper(375)], 250),
        (Timing(resolution_ms=1), [lower(7)], 14),
        (Timing(ac_to_time_limit=5.0, time_limit_to_tle=2.0), [lower(410)], 3000),
    ],
)
def test_the_limit_is_the_smallest_multiple_that_satisfies_all(timing, bounds, ms):
    found = infer(timing, bounds, strict=True)
    assert (found.ms, found.error) == (ms, "")
    assert violations(timing, ms, bounds) == []
    assert ms == timing.resolution_ms or violations(timing, ms - timing.resolution_ms, bounds)


def test_no_multiple_between_the_bounds_is_an_error_that_names_both():
    found = infer(Timing(), [lower(501), upper(2999), upper(5000)], strict=True)
    assert found.ms == 0
    assert found.error == (
        "no multiple of 1000 ms is a time limit: accepted/a.c takes 501 ms for secret/1, times 2 is 1002 ms, and "
        "time_limit_exceeded/b.c takes 2999 ms for secret/2, divided by 1.5 is 1999 ms"
    )
    assert infer(Timing(resolution_ms=500), [lower(501), upper(2999)], strict=True).ms == 1500
    assert infer(Timing(), [lower(501), upper(2999)], strict=False).ms == 2000  # legacy: the margin is a warning


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(
    st.builds(
        Timing,
        ac_to_time_limit=st.sampled_from([1.0, 1.1, 1.5, 2.0, 3.3]),
        time_limit_to_tle=st.sampled_from([1.0, 1.2, 1.5, 4.0]),
        resolution_ms=st.sampled_from([100, 250, 1000]),
    ),
    st.lists(st.integers(0, 20_000).map(lower), min_size=1),
    st.lists(st.integers(0, 90_000).map(upper)),
)
def test_there_is_no_smaller_multiple_and_where_there_is_none_no_multiple_fits(timing, lows, highs):
    found = infer(timing, lows + highs, strict=True)
    fitting = [
        ms
        for ms in range(timing.resolution_ms, LONGEST_MS + 1, timing.resolution_ms)
        if not violations(timing, ms, lows + highs)
    ]
    assert found.ms == (fitting[0] if fitting else 0)
    assert bool(found.error) == (not fitting)


def test_without_a_bound_from_below_or_within_what_podium_allows_there_is_no_limit():
    assert (
        "no submission that was run bounds the time limit from below" in infer(Timing(), [upper(9)], strict=True).error
    )
    assert infer(Timing(), [lower(30_000)], strict=True).ms == 60_000
    assert "the limit would be 61 s: podium allows 60 s" in infer(Timing(), [lower(30_001)], strict=True).error


def test_a_stated_limit_that_violates_the_inequalities_is_told():
    assert violations(Timing(), 2000, [lower(1000), upper(3000)]) == []
    low, high = violations(Timing(), 2000, [lower(1001), upper(2999)])
    assert low == "the time limit, 2000 ms, is too low: accepted/a.c takes 1001 ms for secret/1, times 2 is 2002 ms"
    assert high.startswith("the time limit, 2000 ms, is too high: time_limit_exceeded/b.c takes 2999 ms for secret/2")
    assert violations(Timing(), 2000, []) == []
    (named,) = violations(Timing("problem.yaml: limits.time_limit"), 2000, [lower(1001)])
    assert named.startswith(
        "the time limit, 2000 ms by problem.yaml: limits.time_limit, is too low: accepted/a.c takes "
    )


def test_a_stated_limit_far_above_what_the_multiplier_gives_is_a_conflict_that_names_both():
    timing = Timing(".timelimit", ac_to_time_limit=5.0, time_limit_to_tle=2.0)
    assert conflict(timing, 10_000, [lower(150), lower(90)]) == (
        ".timelimit is 10000 ms, and time_multiplier gives 1000 ms: accepted/a.c takes 150 ms for secret/1, times 5 is "
        "750 ms; the first one counts"
    )
    assert conflict(timing, 2001, [lower(150)])
    assert conflict(timing, 2000, [lower(150)]) == ""
    assert conflict(timing, 500, [lower(150)]) == "", "too low is a violation"
    assert conflict(timing, 10_000, []) == ""
    assert conflict(Timing(), 10_000, [lower(150)]) == "", "measured"


def test_what_is_wrong_with_the_limit_of_a_legacy_package_is_told_and_no_fault(tmp_path):
    package = read_package(write(tmp_path / "sum", LEGACY))  # .timelimit: 3
    said = report_on(package, (lower(9),), 3000, measured=False)
    assert (said.ok, len(said.warnings)) == (True, 1)
    assert said.warnings[0].startswith(".timelimit is 3000 ms, and time_multiplier gives 1000 ms: ")
    low = report_on(package, (lower(900), upper(5000)), 3000, measured=False)
    assert low.ok
    assert [warning.partition(": ")[0] for warning in low.warnings] == [
        "the time limit, 3000 ms by .timelimit, is too low",
        "the time limit, 3000 ms by .timelimit, is too high",
    ]
    assert report_on(package, (lower(590),), 3000, measured=True).warnings == ()
    assert "may take up to" in report_on(replace(package, passes=900), (lower(9),), 1000, measured=True).warnings[0]


def test_a_package_that_a_judge_may_have_no_time_for_is_told():
    assert too_long(271, 1, 10_000) == (
        "271 test cases may take up to 94 minutes at 10000 ms each, where a submission idles; a judging that takes more "
        "than 45 is a judging error"
    )
    fits = JUDGING_MS // 5000
    assert [bool(too_long(cases, 1, 2000)) for cases in (fits, fits + 1)] == [False, True]
    assert too_long(100, 20, 2000)
    assert too_long(10_000, 1, 0) == "", "not measured yet"


def test_a_score_bounds_no_time():
    assert (
        bounds_of(submission(Requirement("s", ALL, ALL, score=(Decimal(1), Decimal(1)))), NAMES, {"sample/1": 1}) == ()
    )
