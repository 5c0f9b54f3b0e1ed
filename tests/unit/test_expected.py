"""What came of a jury's submission against what its package says of it: verdicts, scores, times near the limit."""

import dataclasses
from decimal import Decimal
from fractions import Fraction

import pytest

from judge.expected import cramped, faults_of, hangs, misses_the_best, time_of
from judge.outcome import Outcome, TestRun
from packages.model import LegacyGrading, TestGroup
from packages.read import read_package
from tests.unit.packaging import PACKAGE, write

YAML = "submissions/submissions.yaml"


def run(test, verdict, cpu_ms=1, wall_ms=1, said=()):
    return TestRun(1, test, verdict, cpu_ms, wall_ms, 1, said=frozenset(said))


def outcome(*verdicts, **fields):
    """Of the tests of PACKAGE in their order."""
    runs = tuple(
        run(test, verdict) for test, verdict in zip(("sample/1", "secret/01", "secret/02"), verdicts, strict=False)
    )
    return Outcome(next((v for v in verdicts if v != "AC"), "AC"), runs, **({"compiler_output": ""} | fields))


@pytest.fixture
def of(tmp_path):
    """The package with a submission in a folder, under rules; gives what is wrong with its verdicts."""

    def faults(name, rules, said, **changes):
        files = {f"submissions/{name}": "\n"} | ({YAML: rules} if rules else {})
        package = read_package(write(tmp_path / "sum", PACKAGE | files))
        package = dataclasses.replace(package, **changes)
        (submission,) = [s for s in package.submissions if s.name == name]
        return list(faults_of(package, submission, said))

    return faults


def test_verdicts_are_compared_by_the_table_of_the_big_five(of):
    assert of("time_limit_exceeded/a.c", "", outcome("AC", "ILE", "TLE")) == []
    assert of("wrong_answer/a.c", "", outcome("AC", "OLE", "AC")) == []
    assert of("run_time_error/a.c", "", outcome("AC", "MLE", "AC")) == []
    assert of("wrong_answer/a.c", "", outcome("AC", "AC", "AC")) == ["AC, expected WA"]
    assert of("accepted/a.c", "", Outcome("CTL", (), "too long\nmore")) == ["CTL, expected AC: too long"]


def test_every_test_must_get_what_is_permitted_and_one_what_is_required(of):
    assert of("time_limit_exceeded/a.c", "", outcome("AC", "TLE", "WA")) == [
        "secret/02: WA is not permitted by time_limit_exceeded"
    ]
    rules = "rejected/a.c:\n  secret/01: {permitted: [AC]}\n  secret/02: {required: [RTE], message: deep}\n"
    assert of("rejected/a.c", rules, outcome("AC", "AC", "RTE")) == [
        "no judgemessage says 'deep', as rejected/a.c: secret/02 requires"
    ]
    assert of("rejected/a.c", rules, outcome("AC", "WA", "TLE")) == [
        "secret/01: WA is not permitted by rejected/a.c: secret/01",
        "no test case gets RTE, as rejected/a.c: secret/02 requires",
        "no judgemessage says 'deep', as rejected/a.c: secret/02 requires",
    ]


def test_a_group_that_was_not_run_is_not_accepted(of):
    rules = "wrong_answer/a.c:\n  secret/02: {permitted: [AC]}\n"
    assert of("wrong_answer/a.c", rules, outcome("AC", "WA")) == [
        "secret/02 was not run, since its group requires another one: not permitted by wrong_answer/a.c: secret/02"
    ]
    assert of("wrong_answer/a.c", "wrong_answer/a.c:\n  secret/02: {required: [WA]}\n", outcome("AC", "WA")) == []


def test_a_compile_error_that_is_expected_is_all_there_is(of):
    assert of("compiler_error/a.c", "", Outcome("CE", (), "")) == []
    assert of("compiler_error/a.c", "", outcome("AC", "AC", "AC")) == ["AC, expected CE"]


def test_scores(tmp_path):
    package = read_package(write(tmp_path / "sum", PACKAGE))
    (base,) = package.submissions
    third = Fraction(100, 3)
    marked = dataclasses.replace(base, score=(Decimal("33.333333"), Decimal("33.333333")))

    def faults(submission, score, **groups):
        return list(faults_of(package, submission, outcome("AC", "AC", "AC", score=score, group_scores=groups)))

    assert faults(marked, third) == []
    assert faults(marked, Fraction(33)) == ["score 33, expected 33.333333 by @EXPECTED_SCORE@"]
    assert faults(marked, None) == ["has no score, and @EXPECTED_SCORE@ requires one"]
    (rule,) = base.requirements
    ruled = dataclasses.replace(
        base,
        requirements=(
            dataclasses.replace(rule, score=(Decimal(10), Decimal(20))),
            dataclasses.replace(rule, source="a: secret", tests="secret", score=(Decimal(0), Decimal(5))),
        ),
    )
    assert faults(ruled, Fraction(20), secret=Fraction(5)) == []
    assert faults(ruled, Fraction(21), secret=Fraction(6)) == [
        "score 21, expected 10 to 20 by accepted",
        "secret: score 6, expected 0 to 5 by a: secret",
    ]


def test_the_best_score_is_for_accepted_alone(tmp_path):
    package = read_package(write(tmp_path / "sum", PACKAGE))
    (full,) = package.submissions
    part = dataclasses.replace(full, partial=True, requirements=())
    root = TestGroup("", legacy=LegacyGrading(range=(Decimal(0), Decimal(10))))
    scored = dataclasses.replace(package, groups=(root, *package.groups), types=frozenset({"scoring"}))
    best, less = outcome("AC", score=Fraction(10)), outcome("AC", score=Fraction(9))
    assert list(faults_of(scored, part, less)) == []
    (told,) = faults_of(scored, part, best)
    assert told == "its score, 10, is the best one: partially_accepted is for others"
    assert misses_the_best(scored, full, best) == misses_the_best(scored, part, less) == ""
    assert misses_the_best(scored, full, less) == "its score, 9, is not the best one, 10"
    assert misses_the_best(package, full, outcome("AC")) == ""


def test_an_idle_run_took_its_real_time():
    assert time_of(run("a", "ILE", cpu_ms=3, wall_ms=5000)) == 5000
    assert time_of(run("a", "TLE", cpu_ms=2200, wall_ms=5000)) == 2200
    assert time_of(run("a", "AC", cpu_ms=3, wall_ms=5000)) == 3


@pytest.mark.parametrize(
    ("verdicts", "times", "says"),
    [
        (("AC", "AC"), (1, 1000), ""),
        (("AC", "AC"), (1, 1001), "is fast enough by less than a factor of 2: 1001 ms for secret/01 of 2000 ms"),
        (("WA", "AC"), (1, 1999), "is fast enough by less than a factor of 2"),
        (("TLE", "AC"), (4000, 1999), ""),
        (("TLE", "TLE"), (2200, 3999), "is too slow by less than a factor of 2: 3999 ms for secret/01 of 2000 ms"),
        (("WA", "TLE"), (1, 2200), ""),
        ((), (), ""),
    ],
)
def test_a_verdict_that_hangs_on_the_machines_speed_is_told(verdicts, times, says):
    said = outcome(*verdicts)
    found = hangs(said, {r.test: ms for r, ms in zip(said.runs, times, strict=True)}, 2000)
    assert found.startswith(says)
    assert bool(found) == bool(says)


@pytest.mark.parametrize(
    ("verdicts", "memory_mib", "extra_mib", "says"),
    [
        (("AC", "AC"), (1, 32), 0, ""),
        (("AC", "AC"), (1, 33), 0, "has enough memory by less than a factor of 2: 33 MiB for secret/01 of 64 MiB"),
        (("WA", "AC"), (40, 1), 0, "has enough memory by less than a factor of 2: 40 MiB for sample/1"),
        (("AC", "AC"), (1, 60), 30, ""),
        (("AC", "MLE"), (60, 65), 0, ""),
        ((), (), 0, ""),
    ],
)
def test_a_verdict_that_hangs_on_the_memory_limit_is_told(verdicts, memory_mib, extra_mib, says):
    said = outcome(*verdicts)
    runs = tuple(dataclasses.replace(run, memory_kib=mib << 10) for run, mib in zip(said.runs, memory_mib, strict=True))
    found = cramped(dataclasses.replace(said, runs=runs), 64, extra_mib)
    assert found.startswith(says)
    assert bool(found) == bool(says)
