"""The results of test cases become verdict and scores as the problem package format says, exactly."""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from packages.grading import CaseResult, Plan, case_result, grade, most_of, scaled, steps
from packages.model import LegacyGrading, TestCase, TestGroup
from packages.scores import decimal_text, number_of
from schemas.errors import JudgeError


@dataclass(frozen=True)
class Problem:
    """What grading looks at of a package."""

    groups: tuple[TestGroup, ...]
    test_cases: tuple[TestCase, ...]
    scoring: bool = True


def case(name, group):
    path = Path(name)
    return TestCase(name, path, path, (), (), {}, path, path, group=group)


def modern(*, scoring=True, sample=1, secret=None, **groups):
    """A 2025-09 problem: `secret` and each group are their settings and, as `cases`, how many cases they have."""
    secret = {"aggregation": "sum", "max_score": Decimal(100)} | (secret or {})
    found = [TestGroup("sample")]
    cases = [case(f"sample/{n}", "sample") for n in range(1, sample + 1)]
    for name, said in [("secret", secret), *((f"secret/{name}", one) for name, one in groups.items())]:
        settings = {key: value for key, value in said.items() if key != "cases"}
        found.append(TestGroup(name, **(settings if scoring else {})))
        cases += [case(f"{name}/{n}", name) for n in range(1, said.get("cases", 0) + 1)]
    return Problem(tuple(found), tuple(cases), scoring)


def legacy(cases, *, scoring=True, **folders):
    """A legacy problem with these cases; of folders (`root`, `secret_a` for secret/a) what their testdata.yaml say."""
    said = {"" if name == "root" else name.replace("_", "/"): one for name, one in folders.items()}
    names = {"", *(name[:at] for name in cases for at, letter in enumerate(name) if letter == "/")}
    gradings = {}
    for name in sorted(names, key=lambda one: one.split("/") if one else []):
        outer = gradings[name.rpartition("/")[0]] if name else LegacyGrading()
        gradings[name] = replace(outer, **said.get(name, {}))
    ordered = sorted(cases, key=lambda name: name.split("/"))
    return Problem(
        tuple(TestGroup(name, legacy=one) for name, one in gradings.items()),
        tuple(case(name, name.rpartition("/")[0]) for name in ordered),
        scoring,
    )


def judge(problem, verdicts=None, *, all_tests=False, grader=None, files=None):
    """The names of the steps that were run, in order, and the grade; what has no verdict here is accepted."""
    plan = Plan(problem, all_tests=all_tests, grader=grader)
    run = []
    while (step := plan.take()) is not None:
        run.append(step.name)
        written = (files or {}).get(step.name, {})
        plan.add(case_result(problem, step, (verdicts or {}).get(step.name, "AC"), **written))
    assert plan.finished()
    return run, plan.grade()


PASS_FAIL = {"aggregation": "pass-fail"}
SUM = {"aggregation": "sum"}
MIN = {"aggregation": "min"}


# pass-fail


def test_a_pass_fail_submission_has_the_verdict_of_the_first_failure_and_nothing_behind_it_is_run():
    problem = modern(scoring=False, sample=2, secret={"cases": 3})
    names = ["sample/1", "sample/2", "secret/1", "secret/2", "secret/3"]
    assert judge(problem) == (names, grade(problem, [CaseResult(name, "AC") for name in names]))
    assert judge(problem)[1].verdict == "AC"
    run, got = judge(problem, {"secret/2": "TLE", "secret/3": "WA"})
    assert run == names[:4]
    assert (got.verdict, got.score, got.group_scores, got.message) == ("TLE", None, {}, "secret/2: TLE")
    run, got = judge(problem, {"sample/2": "RTE", "secret/1": "WA"})
    assert (run, got.verdict) == (names[:2], "RTE")
    run, got = judge(problem, {"sample/2": "RTE", "secret/1": "WA"}, all_tests=True)
    assert (run, got.verdict) == (names, "RTE")


def test_a_failed_group_of_a_pass_fail_problem_ends_the_judging():
    problem = modern(scoring=False, a={"cases": 2}, b={"cases": 2})
    run, got = judge(problem, {"secret/a/1": "MLE"})
    assert (run, got.verdict) == (["sample/1", "secret/a/1"], "MLE")


def test_static_validation_comes_before_the_cases_of_its_group():
    problem = modern(scoring=False, a={"cases": 1})
    static = {"sample": Decimal(0), "secret/a": Decimal(0)}
    problem = replace(problem, groups=tuple(replace(g, static_score=static.get(g.name)) for g in problem.groups))
    names = ["sample:static", "sample/1", "secret/a:static", "secret/a/1"]
    assert judge(problem)[0] == names
    assert [step.ordinal for step in steps(problem)] == [1, 2, 3, 4]
    assert [step.case is None for step in steps(problem)] == [True, False, True, False]
    run, got = judge(problem, {"secret/a:static": "WA"})
    assert (run, got.verdict) == (names[:3], "WA")


def test_the_grade_does_not_depend_on_the_order_in_which_the_runs_end():
    problem = modern(scoring=False, secret={"cases": 4})
    plan = Plan(problem)
    taken = [plan.take() for _ in range(4)]
    plan.add(CaseResult("secret/3", "WA"))
    assert plan.take() is None, "nothing behind a failure"
    assert not plan.finished()
    plan.add(CaseResult("secret/1", "AC"))
    plan.add(CaseResult("sample/1", "AC"))
    assert not plan.finished(), "secret/2 may fail yet"
    plan.add(CaseResult("secret/2", "TLE"))
    assert plan.finished()
    assert plan.grade().verdict == "TLE"
    assert [step.name for step in taken] == ["sample/1", "secret/1", "secret/2", "secret/3"]


def test_a_plan_takes_no_result_of_what_was_not_taken_and_grades_nothing_that_is_open():
    plan = Plan(modern(scoring=False, secret={"cases": 2}))
    with pytest.raises(ValueError, match="secret/1: was not taken"):
        plan.add(CaseResult("secret/1", "AC"))
    plan.take()
    plan.add(CaseResult("sample/1", "AC"))
    with pytest.raises(JudgeError, match="secret/1: has no result"):
        plan.grade()


# scoring


def test_without_groups_the_secret_cases_share_a_hundred_points_exactly():
    problem = modern(secret={"cases": 3})
    assert judge(problem)[1].score == 100
    run, got = judge(problem, {"secret/2": "WA"})
    assert len(run) == 4
    assert (got.verdict, got.score, got.group_scores) == ("WA", Fraction(200, 3), {"secret": Fraction(200, 3)})
    assert got.subtasks == ()
    assert [scaled(got.score, 100), scaled(Fraction(1, 200), 100), scaled(Fraction(49, 10000), 100)] == [6667, 1, 0]


def test_groups_are_scored_by_their_aggregation_and_secret_by_its_own():
    problem = modern(
        a={"cases": 2, "max_score": Decimal(10), **PASS_FAIL},
        b={"cases": 4, "max_score": Decimal(60), **SUM},
        c={"cases": 2, "max_score": Decimal(30), **MIN},
    )
    assert judge(problem)[1].score == 100
    run, got = judge(problem, {"secret/a/1": "WA", "secret/b/2": "TLE", "secret/c/1": "RTE"})
    assert got.group_scores == {"secret": 45, "secret/a": 0, "secret/b": 45, "secret/c": 0}
    assert (got.score, got.verdict, got.subtasks) == (45, "WA", (0, 45, 0))
    assert run == ["sample/1", "secret/a/1", *(f"secret/b/{n}" for n in range(1, 5)), "secret/c/1"]
    least = replace(
        problem, groups=tuple(replace(g, aggregation="min") if g.name == "secret" else g for g in problem.groups)
    )
    assert judge(least)[1].score == 10
    assert judge(least, {"secret/c/2": "WA"})[1].score == 0


def test_secret_with_pass_fail_aggregation_is_all_or_nothing():
    problem = modern(
        secret={"max_score": Decimal(7), **PASS_FAIL},
        a={"cases": 1, "max_score": Decimal(2), **PASS_FAIL},
        b={"cases": 1, "max_score": Decimal(3), **PASS_FAIL},
    )
    assert judge(problem)[1].group_scores == {"secret": 7, "secret/a": 2, "secret/b": 3}
    run, got = judge(problem, {"secret/a/1": "WA"})
    assert got.group_scores == {"secret": 0, "secret/a": 0, "secret/b": 3}
    assert run[-1] == "secret/b/1"


def test_samples_count_for_the_verdict_and_not_for_the_score():
    problem = modern(sample=2, secret={"cases": 1})
    run, got = judge(problem, {"sample/1": "WA"})
    assert run == ["sample/1", "sample/2", "secret/1"]
    assert (got.verdict, got.score) == ("WA", 100)
    files = {"sample/1": {"score": b"nonsense", "multiplier": b"7"}}
    assert judge(problem, files=files)[1].score == 100


def test_a_group_waits_for_what_it_requires_and_is_left_out_when_that_fails():
    problem = modern(
        a={"cases": 2, "max_score": Decimal(10), **PASS_FAIL},
        b={"cases": 1, "max_score": Decimal(20), "require_pass": ("sample", "secret/a"), **PASS_FAIL},
        c={"cases": 1, "max_score": Decimal(30), "require_pass": ("secret/b",), **MIN},
        d={"cases": 1, "max_score": Decimal(40), **SUM},
    )
    for all_tests in (False, True):
        run, got = judge(problem, {"secret/a/1": "WA"}, all_tests=all_tests)
        assert run == ["sample/1", "secret/a/1", *["secret/a/2"] * all_tests, "secret/d/1"]
        assert got.group_scores == {"secret": 40, "secret/a": 0, "secret/b": 0, "secret/c": 0, "secret/d": 40}
        assert "secret/b: not run, as secret/a did not pass" in got.message
        assert "secret/c: not run, as secret/b did not pass" in got.message
    assert judge(problem, {"sample/1": "WA"})[1].score == 50
    plan = Plan(problem)
    assert [plan.take().name for _ in range(4)] == ["sample/1", "secret/a/1", "secret/a/2", "secret/d/1"]
    assert plan.take() is None
    for name in ("sample/1", "secret/a/1"):
        plan.add(CaseResult(name, "AC"))
    assert plan.take() is None
    plan.add(CaseResult("secret/a/2", "AC"))
    assert plan.take().name == "secret/b/1"
    assert plan.take() is None
    assert not plan.finished()


def test_secret_that_requires_the_samples_scores_nothing_without_them():
    secret = {"require_pass": ("sample",)}
    problem = modern(secret=secret, a={"cases": 1, "max_score": Decimal(100), **SUM})
    run, got = judge(problem, {"sample/1": "TLE"})
    assert run == ["sample/1"]
    assert (got.verdict, got.score, got.group_scores) == ("TLE", 0, {"secret": 0, "secret/a": 0})
    assert judge(modern(sample=0, secret=secret | {"cases": 1}))[1].score == 100


def test_a_static_validation_test_case_takes_its_score_from_the_others():
    problem = modern(a={"cases": 3, "max_score": Decimal(100), "static_score": Decimal(40), **SUM})
    assert judge(problem)[1].score == 100
    assert judge(problem, {"secret/a:static": "WA"})[1].score == 60
    assert judge(problem, {"secret/a/1": "WA"})[1].score == 80
    assert judge(problem, files={"secret/a:static": {"multiplier": b"0.5"}})[1].score == 80
    alone = modern(a={"max_score": Decimal(100), "static_score": Decimal(30), **MIN})
    assert judge(alone) == (["sample/1", "secret/a:static"], judge(alone)[1])
    assert judge(alone)[1].score == 30


# the scores of test cases

BOUNDED = modern(secret={"cases": 4})
UNBOUNDED = modern(secret={"cases": 1, "max_score": None}, sample=0)


@pytest.mark.parametrize(
    ("problem", "files", "score"),
    [
        (BOUNDED, {}, 25),
        (BOUNDED, {"score": b"12.5\n"}, Fraction(25, 2)),
        (BOUNDED, {"score": b" 25 "}, 25),
        (BOUNDED, {"score": b"0"}, 0),
        (BOUNDED, {"score": b"-0.0"}, 0),
        (BOUNDED, {"score": b"1e-30"}, Fraction(1, 10**30)),
        (BOUNDED, {"multiplier": b".2E0\n"}, 5),
        (BOUNDED, {"multiplier": b"+1."}, 25),
        (BOUNDED, {"multiplier": b"0"}, 0),
        (UNBOUNDED, {"score": b"123456789012345678901234567890.5"}, Fraction("123456789012345678901234567890.5")),
    ],
)
def test_what_the_validator_leaves_is_the_score_exactly(problem, files, score):
    step = next(step for step in steps(problem) if step.group.name == "secret")
    assert case_result(problem, step, "AC", **files).score == score


@pytest.mark.parametrize(
    ("problem", "verdict", "files", "cause"),
    [
        (UNBOUNDED, "AC", {}, "accepts it without a score.txt, and there is no maximum score"),
        (UNBOUNDED, "AC", {"multiplier": b"1"}, "leaves a score_multiplier.txt, but there is no maximum score"),
        (UNBOUNDED, "WA", {"score": b"1"}, "rejects it and leaves a score.txt"),
        (BOUNDED, "WA", {"score": b"0"}, "rejects it and leaves a score.txt"),
        (BOUNDED, "WA", {"multiplier": b"0"}, "rejects it and leaves a score_multiplier.txt"),
        (BOUNDED, "AC", {"score": b"1", "multiplier": b"1"}, "leaves both a score.txt and a score_multiplier.txt"),
        (BOUNDED, "AC", {"score": b"25.1"}, "score.txt: 25.1 exceeds the maximum score 25"),
        (BOUNDED, "AC", {"multiplier": b"1.01"}, "score_multiplier.txt: 1.01 is not in the range [0, 1]"),
        (BOUNDED, "AC", {"multiplier": b"-0.5"}, "score_multiplier.txt: -0.5 is not in the range [0, 1]"),
        (BOUNDED, "AC", {"score": b"-1"}, "score.txt: -1 is negative"),
        (BOUNDED, "AC", {"score": b""}, "score.txt: must be one floating-point number, not ''"),
        (BOUNDED, "AC", {"score": b"1 2"}, "must be one floating-point number"),
        (BOUNDED, "AC", {"score": b"1,5"}, "must be one floating-point number"),
        (BOUNDED, "AC", {"score": b"nan"}, "must be one floating-point number"),
        (BOUNDED, "AC", {"score": b"inf"}, "must be one floating-point number"),
        (BOUNDED, "AC", {"score": b"0x10"}, "must be one floating-point number"),
        (BOUNDED, "AC", {"score": b"1_0"}, "must be one floating-point number"),
        (BOUNDED, "AC", {"score": "١".encode()}, "must be one floating-point number"),
        (BOUNDED, "AC", {"score": b"\xff\x00"}, "must be one floating-point number"),
        (BOUNDED, "AC", {"score": b"1e-999999999999"}, "must be one floating-point number"),
        (BOUNDED, "AC", {"score": b"1" * 100_000}, "must be one floating-point number"),
        (modern(secret={"cases": 1, **PASS_FAIL}), "AC", {"score": b"1"}, "secret has pass-fail aggregation"),
        (modern(secret={"cases": 1, **PASS_FAIL}), "AC", {"multiplier": b"1"}, "secret has pass-fail aggregation"),
    ],
)
def test_each_judge_error_about_a_test_case(problem, verdict, files, cause):
    step = next(step for step in steps(problem) if step.group.name == "secret")
    with pytest.raises(JudgeError) as raised:
        case_result(problem, step, verdict, **files)
    assert str(raised.value).startswith("secret/1: ")
    assert cause in str(raised.value)


def test_a_static_validator_must_score_in_an_unbounded_group_as_well():
    problem = modern(secret={"cases": 1, "max_score": None, "static_score": Decimal(5)})
    static = next(step for step in steps(problem) if step.case is None)
    assert case_result(problem, static, "AC", score=b"5").score == 5
    for files in ({}, {"score": b"6"}, {"multiplier": b"1"}):
        with pytest.raises(JudgeError, match="secret:static: "):
            case_result(problem, static, "AC", **files)


def test_a_pass_fail_problem_passes_over_what_looks_like_a_score():
    problem = modern(scoring=False, secret={"cases": 1})
    assert judge(problem, files={"secret/1": {"score": b"?", "multiplier": b"?"}})[1].verdict == "AC"


def test_one_validator_must_not_use_both_files_and_two_validators_may():
    files = {"secret/1": {"score": b"1"}, "secret/3": {"multiplier": b"1"}}
    with pytest.raises(
        JudgeError, match=r"the output validator leaves a score.txt for secret/1 and a score_mult.* secret/3"
    ):
        judge(BOUNDED, files=files)
    problem = modern(secret={"cases": 1, "static_score": Decimal(50)})
    files = {"secret:static": {"score": b"1"}, "secret/1": {"multiplier": b"1"}}
    assert judge(problem, files=files)[1].score == 51


def test_a_score_beyond_the_maximum_of_secret_is_a_judge_error():
    problem = modern(a={"cases": 1, "max_score": Decimal(60), **SUM}, b={"cases": 1, "max_score": Decimal(60), **SUM})
    with pytest.raises(JudgeError, match="secret: the score 120 exceeds the maximum 100"):
        judge(problem)
    assert judge(problem, {"secret/a/1": "WA"})[1].score == 60


# legacy


def test_a_legacy_pass_fail_package_stops_at_the_first_failure_unless_it_says_continue():
    cases = ["sample/1", "secret/a/1", "secret/a/2", "secret/b"]
    verdicts = {"secret/a/1": "WA", "secret/a/2": "RTE"}
    run, got = judge(legacy(cases, scoring=False), verdicts)
    assert (run, got.verdict, got.score, got.message) == (cases[:2], "WA", None, "secret/a/1: WA")
    run, got = judge(legacy(cases, scoring=False), verdicts, all_tests=True)
    assert (run, got.verdict) == (cases, "WA")
    run, got = judge(legacy(cases, scoring=False, root={"on_reject": "continue"}), verdicts)
    assert (run, got.verdict) == (cases, "RTE"), "the worst error, as the default grader has it"
    root = {"on_reject": "continue", "flags": ("first_error",)}
    assert judge(legacy(cases, scoring=False, root=root), verdicts)[1].verdict == "WA"
    run, got = judge(legacy(cases, scoring=False, secret_a={"on_reject": "continue"}), verdicts)
    assert (run, got.verdict) == (cases[:3], "RTE")


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        (("WA", "OLE"), "OLE"),
        (("OLE", "TLE"), "TLE"),
        (("ILE", "MLE"), "MLE"),
        (("WA", "ILE", "TLE"), "ILE"),
        (("MLE", "RTE"), "RTE"),
        (("RTE", "SV"), "SV"),
        (("AC", "AC", "WA"), "WA"),
        (("AC", "AC"), "AC"),
    ],
)
def test_the_worst_error_comes_in_the_order_of_the_format(verdicts, worst):
    names = [f"secret/{n}" for n in range(len(verdicts))]
    problem = legacy(names, root={"on_reject": "continue"})
    assert judge(problem, dict(zip(names, verdicts, strict=True)))[1].verdict == worst


@pytest.mark.parametrize(
    ("flags", "verdict", "score"),
    [
        ((), "WA", None),
        (("always_accept",), "AC", 8),
        (("always_accept", "avg"), "AC", 2),
        (("always_accept", "min"), "AC", 1),
        (("always_accept", "max"), "AC", 3),
        (("always_accept", "max", "sum"), "AC", 8),
        (("always_accept", "worst_error"), "WA", None),
        (("first_error", "accept_if_any_accepted"), "AC", 8),
        (("accept_if_any_accepted", "min"), "AC", 1),
    ],
)
def test_the_modes_of_the_default_grader(flags, verdict, score):
    secret = {"flags": flags, "on_reject": "continue", "accept_score": Decimal(3), "reject_score": Decimal(1)}
    problem = legacy([f"secret/{n}" for n in range(4)], secret=secret)
    got = judge(problem, {"secret/1": "WA", "secret/2": "WA"})[1]
    assert (got.verdict, got.score) == (verdict, score)


def test_break_ends_a_folder_and_what_its_grader_accepts_ends_nothing():
    cases = [f"secret/{group}/{n}" for group in "abc" for n in (1, 2)]
    settings = {
        "secret": {"on_reject": "continue", "flags": ("first_error", "accept_if_any_accepted")},
        "secret_a": {"on_reject": "break", "accept_score": Decimal(20), "flags": ("min",)},
        "secret_b": {"on_reject": "break", "accept_score": Decimal(30), "flags": ("min",)},
        "secret_c": {"on_reject": "break", "accept_score": Decimal(50), "flags": ("min",)},
    }
    run, got = judge(legacy(cases, **settings), {"secret/b/1": "TLE"})
    assert run == [name for name in cases if name != "secret/b/2"]
    assert (got.verdict, got.score) == ("AC", 70)
    assert got.group_scores == {"secret": 70, "secret/a": 20, "secret/b": 0, "secret/c": 50}
    assert got.subtasks == (20, 0, 50)
    stops = {"secret": {"on_reject": "break"}, "secret_b": {"flags": ("always_accept",)}}
    run, got = judge(legacy(cases, **stops), {"secret/b/1": "TLE", "secret/c/1": "WA"})
    assert run == ["secret/a/1", "secret/a/2", "secret/b/1", "secret/c/1"]
    assert (got.verdict, got.score) == ("WA", None)


def test_the_score_of_a_folder_that_is_not_accepted_is_ignored():
    """ "For non-Accepted verdicts on scoring problems, the score provided by the grader will always be ignored." """
    cases = [f"secret/{group}/{n}" for group in "ab" for n in (1, 2)]
    problem = legacy(
        cases, root={"on_reject": "continue", "flags": ("accept_if_any_accepted",)}, secret_a={"flags": ()}
    )
    got = judge(problem, {"secret/a/2": "WA"})[1]
    assert (got.verdict, got.score, got.group_scores["secret/a"]) == ("AC", 2, 0)


def test_ignored_samples_are_run_and_decide_nothing():
    problem = legacy(
        ["sample/1", "sample/2", "secret/1"],
        root={"flags": ("ignore_sample",)},
        sample={"flags": ()},
        secret={"flags": ()},
    )
    run, got = judge(problem, {"sample/1": "WA"})
    assert run == ["sample/1", "secret/1"]
    assert (got.verdict, got.score) == ("AC", 1)
    assert judge(problem, {"secret/1": "WA"})[1].verdict == "WA"
    without = legacy(["secret/1"], root={"flags": ("ignore_sample",)}, secret={"flags": ()})
    assert judge(without)[1].score == 1


def test_a_legacy_validator_scores_what_it_accepts():
    problem = legacy(
        ["secret/1", "secret/2"], root={"custom_score": True, "on_reject": "continue", "flags": ("always_accept",)}
    )
    files = {"secret/1": {"score": b"-1.5"}, "secret/2": {"score": b"4"}}
    assert judge(problem, files=files)[1].score == Fraction(5, 2)
    assert judge(problem, {"secret/2": "WA"}, files=files)[1].score == Fraction(5, 2), "score.txt has the last word"
    assert judge(problem, {"secret/2": "TLE"}, files={"secret/1": {"score": b"1"}})[1].score == 1
    assert judge(problem)[1].score == 2, "without a score.txt each counts with its accept_score"
    with pytest.raises(JudgeError, match="must be one floating-point number, not 'many'"):
        judge(problem, files={"secret/1": {"score": b"many"}})
    with pytest.raises(JudgeError, match=r"secret/1: .* has no `validation: custom score`"):
        judge(legacy(["secret/1"]), files=files)


def test_a_score_out_of_a_folders_range_is_a_judge_error():
    problem = legacy(["secret/1", "secret/2"], secret={"range": (Decimal(0), Decimal("1.5"))})
    with pytest.raises(JudgeError, match=r"data/secret: the score 2 is out of the range 0 1\.5"):
        judge(problem)
    assert judge(problem, {"secret/2": "WA"})[1].verdict == "WA"
    with pytest.raises(JudgeError, match="data: the score 1 is out of the range 2 inf"):
        judge(legacy(["secret/1"], root={"range": (Decimal(2), None)}, secret={"range": (None, None)}))


def test_a_grader_of_the_package_is_asked_once_with_a_line_for_each_result():
    asked = []

    def grader(flags, lines):
        asked.append((flags, lines))
        return "WA 0\n" if "TLE" in lines else "AC 7.25\n"

    problem = legacy(
        ["sample/1", "secret/1", "secret/2"],
        root={"on_reject": "continue"},
        secret={"custom": True, "flags": ("hard", "2"), "accept_score": Decimal("0.1")},
    )
    got = judge(problem, grader=grader)[1]
    assert (got.verdict, got.score) == ("AC", Fraction(33, 4))
    assert asked == [(("hard", "2"), "AC 0.1\nAC 0.1\n")]
    got = judge(problem, {"secret/1": "OLE", "secret/2": "ILE"}, grader=grader)[1]
    assert asked[1:] == [(("hard", "2"), "WA 0\nTLE 0\n")]
    assert (got.verdict, got.score) == ("OLE", None), "the precise type of the result that it took"
    with pytest.raises(JudgeError, match="data/secret: has custom grading, and there is no grader"):
        judge(problem)


@pytest.mark.parametrize(
    "answer", ["", "AC", "AC x", "MLE 1", "ac 1", "AC 1\nAC 1\n", "AC 1 2", "AC inf", "JE 0", "AC1", "\x00" * 5000]
)
def test_what_is_no_answer_of_a_grader_is_a_judge_error(answer):
    problem = legacy(["secret/1"], root={"custom": True})
    with pytest.raises(JudgeError, match="data/secret: the grader answers '"):
        judge(problem, grader=lambda _flags, _lines: answer)


def test_folders_and_cases_of_a_legacy_folder_come_by_their_base_names():
    cases = ["secret/a", "secret/b/2", "secret/b/1/x", "secret/c"]
    problem = legacy(cases, root={"on_reject": "continue"})
    assert judge(problem)[0] == ["secret/a", "secret/b/1/x", "secret/b/2", "secret/c"]
    stops = legacy(cases, root={"on_reject": "continue"}, secret={"on_reject": "break"})
    assert judge(stops, {"secret/b/1/x": "WA"})[0] == ["secret/a", "secret/b/1/x"]


# numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1.", 1),
        (".5", Fraction(1, 2)),
        ("-1e2", -100),
        ("+00.10E+01", 1),
        (" 3\r\n", 3),
        ("1e0400", 10**400),
    ],
)
def test_numbers_follow_the_formats_grammar(text, value):
    assert number_of(text) == value


@pytest.mark.parametrize("text", ["", ".", "1e", "e1", "--1", "1 2", "1e401", "0x1", "1f", "٣", "1.2.3", "+", "1e1.5"])
def test_other_texts_are_no_numbers(text):
    with pytest.raises(ValueError, match="must be one floating-point number"):
        number_of(text)


def test_scores_are_written_plainly():
    written = [decimal_text(Fraction(text)) for text in ("100", "0", "-2.50", "1e-7", "1e21")]
    assert written == ["100", "0", "-2.5", "0.0000001", "1" + "0" * 21]
    assert decimal_text(Fraction(1, 3)) == "0." + "3" * 30


@pytest.mark.parametrize(
    ("problem", "most"),
    [
        (modern(secret={"max_score": Decimal(70)}), 70),
        (modern(secret={"max_score": None}), None),
        (modern(scoring=False), None),
        (legacy(["secret/1"], root={"range": (None, Decimal("12.5"))}), Fraction(25, 2)),
        (legacy(["secret/1"], secret={"range": (None, Decimal(3))}), None),
        (legacy(["secret/1"], scoring=False), None),
    ],
)
def test_the_most_that_a_submission_can_score_is_what_the_package_says_of_all_its_secret_data(problem, most):
    assert most_of(problem) == most
