"""What a package requires of the jury's submissions: folders, submissions.yaml, DOMjudge's marks; and its contradictions."""

from decimal import Decimal

import pytest

from packages.globs import Names, matches
from packages.read import read_package
from packages.steps import steps
from packages.submissions import names_of
from schemas.errors import PackageError
from tests.unit.packaging import LEGACY, PACKAGE, VALIDATOR, with_yaml, write

YAML = "submissions/submissions.yaml"
SCORING = {
    "problem.yaml": with_yaml("type: scoring"),
    "data/secret/01.in": None, "data/secret/01.ans": None, "data/secret/02.in": None, "data/secret/02.ans": None,
    "data/secret/one/1.in": "1 2\n", "data/secret/one/1.ans": "3\n",
    "data/secret/two/1.in": "1 2\n", "data/secret/two/1.ans": "3\n",
    "data/secret/one/test_group.yaml": "max_score: 40\n",
    "data/secret/two/test_group.yaml": "max_score: 60\n",
}  # fmt: skip
LEGACY_SCORING = {
    "problem.yaml": "name: Sum\ntype: scoring\nlimits:\n  memory: 64\n",
    "data/testdata.yaml": "range: 0 2\n",
}


def read(tmp_path, files, base=PACKAGE):
    package = read_package(write(tmp_path / "sum", base | files))
    return package, {s.name: s for s in package.submissions}


def refused(tmp_path, files, base=PACKAGE):
    with pytest.raises(PackageError) as error:
        read(tmp_path, files, base)
    return str(error.value)


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ("CORRECT", {"AC"}),
        ("ACCEPTED", {"AC"}),
        ("WRONG-ANSWER", {"WA"}),
        ("wrong_answer", {"WA"}),
        ("NO-OUTPUT, OUTPUT_LIMIT", {"WA"}),
        ("TIMELIMIT", {"TLE"}),
        ("TIME_LIMIT_EXCEEDED,RUN-ERROR", {"TLE", "RTE"}),
        ("RUN_TIME_ERROR", {"RTE"}),
        ("MEMORY-LIMIT", {"RTE"}),
        ("COMPILER-ERROR", {"CE"}),
        ("COMPILER_ERROR, CORRECT */", {"CE", "AC"}),
    ],
)
def test_every_name_of_a_mark(tmp_path, mark, expected):
    _, found = read(
        tmp_path, {"submissions/mixed/a.c": f"/* late in a source */\n{' ' * 9000}\n// @expected_RESULTS@: {mark}\n"}
    )
    assert found["mixed/a.c"].expected == expected
    assert found["mixed/a.c"].manual == ""


@pytest.mark.parametrize("mark", ["CHECK-MANUALLY", "check_manually", "NONE-SUBMIT-FAILS", "CORRECT, CHECK-MANUALLY"])
def test_what_is_left_to_a_person_is_said_and_not_expected(tmp_path, mark):
    _, found = read(tmp_path, {"submissions/mixed/a.c": f"// @EXPECTED_RESULTS@: {mark}\n"})
    assert found["mixed/a.c"].manual in ("CHECK-MANUALLY", "NONE-SUBMIT-FAILS")
    assert found["mixed/a.c"].expected == frozenset()


def test_a_mark_may_stand_in_any_file_of_a_submission(tmp_path):
    files = {
        "submissions/multiple/all-files/main.py": "print(1)\n",
        "submissions/multiple/all-files/expected_result.txt": "@EXPECTED_RESULTS@: WRONG-ANSWER, TIMELIMIT\n",
    }
    _, found = read(tmp_path, files)
    assert found["multiple/all-files"].expected == {"WA", "TLE"}
    assert found["multiple/all-files"].language == "python3"


def test_a_mark_beside_answers_is_no_answer(tmp_path):
    files = {
        "problem.yaml": with_yaml("type: submit-answer"),
        **dict.fromkeys([name for name in PACKAGE if name.startswith("submissions/")]),
        "submissions/accepted/all/1.out": "3\n",
        "submissions/mixed/none/01.out": "5\n",
        "submissions/mixed/none/expected_result.txt": "@EXPECTED_RESULTS@: WRONG-ANSWER\n",
    }
    _, found = read(tmp_path, files)
    assert found["mixed/none"].expected == {"WA"}
    assert [name for name, _ in found["mixed/none"].program.files] == ["01.out"]


def test_a_lenient_grader_may_accept_what_fails_a_test_case(tmp_path):
    files = {
        "data/testdata.yaml": "on_reject: continue\ngrader_flags: accept_if_any_accepted\n",
        "submissions/wrong_answer/five.py": "print(5)\n",
    }
    _, found = read(tmp_path, files, LEGACY)
    assert found["wrong_answer/five.py"].expected == {"AC", "WA"}
    assert found["accepted/sum.py"].expected == {"AC"}


def test_in_a_legacy_package_the_folder_counts_for_more_than_a_mark_that_contradicts_it(tmp_path):
    files = {"submissions/wrong_answer/slow.py": "# @EXPECTED_RESULTS@: TIMELIMIT\nprint(5)\n"}
    package, found = read(tmp_path, files, LEGACY)
    assert found["wrong_answer/slow.py"].expected == {"WA"}
    assert package.warnings == (
        "sum/submissions/wrong_answer/slow.py: @EXPECTED_RESULTS@ says TLE, and its folder, which counts, WA",
    )


def test_the_empty_message_is_in_every_message(tmp_path):
    _, found = read(tmp_path, {YAML: "accepted/*: {message: '', permitted: [AC]}\n"})
    assert found["accepted/sum.py"].requirements[-1].message == ""


def test_a_folder_of_domjudge_is_a_result(tmp_path):
    _, found = read(
        tmp_path, {f"submissions/{name}/a.c": "\n" for name in ("compiler_error", "no_output", "output_limit")}
    )
    assert [found[f"{name}/a.c"].expected for name in ("compiler_error", "no_output", "output_limit")] == [
        {"CE"}, {"WA"}, {"WA"},
    ]  # fmt: skip


def test_a_mark_says_of_a_folder_that_requires_nothing_that_it_does_not_compile(tmp_path):
    files = {
        "submissions/compile_error/a.c": "// @EXPECTED_RESULTS@: COMPILER-ERROR\n",
        "submissions/submissions.yaml": "compile_error: {authors: Ada}\n",
    }
    _, found = read(tmp_path, files)
    assert found["compile_error/a.c"].expected == {"CE"}


def test_a_folder_counts_for_more_than_a_mark(tmp_path):
    files = {"submissions/wrong_answer/a.c": "// @EXPECTED_RESULTS@: WRONG-ANSWER, RUN-ERROR\n"}
    package, found = read(tmp_path, files)
    assert found["wrong_answer/a.c"].expected == {"WA"}
    assert package.warnings == (
        "sum/submissions/wrong_answer/a.c: @EXPECTED_RESULTS@: its folder does not let it get RTE",
    )


def test_scores_that_are_expected(tmp_path):
    files = {
        "submissions/mixed/half.py": "# @EXPECTED_SCORE@: 50\n",
        "submissions/rejected/some.py": "# @EXPECTED_RESULTS@: WRONG-ANSWER\n# @EXPECTED_SCORE@: 74.42\n",
        "submissions/rejected/range.py": "\n",
        YAML: (
            "mixed/*: {score: [40, 60.5]}\n"
            "rejected/range.py:\n  score: 40\n  secret/one: {permitted: [AC], score: 40}\n  'secret/{two,o*}': {score: [0, 40]}\n"
        ),
    }
    _, found = read(tmp_path, SCORING | files)
    assert found["mixed/half.py"].score == (Decimal(50), Decimal(50))
    assert found["mixed/half.py"].expected == {"AC", "WA", "TLE", "RTE"}
    assert [r.score for r in found["mixed/half.py"].requirements] == [(Decimal(40), Decimal("60.5"))]
    assert found["rejected/some.py"].score == (Decimal("74.42"), Decimal("74.42"))
    assert found["rejected/some.py"].expected == {"WA"}
    assert [(r.tests, r.score) for r in found["rejected/range.py"].requirements if r.score] == [
        ("", (Decimal(40), Decimal(40))),
        ("secret/one", (Decimal(40), Decimal(40))),
        ("secret/{two,o*}", (Decimal(0), Decimal(40))),
    ]


def test_what_submissions_yaml_says_of_a_submission_itself(tmp_path):
    files = {
        "submissions/accepted/tool.txt": "print(1)\n",
        YAML: (
            "accepted/*: {authors: Ada <ada@example.org>}\n"
            "accepted/tool.txt:\n  language: python3\n  entrypoint: tool.txt\n  model_solution: true\n"
            "  authors: [{name: Bob, email: b@example.org}, Cy]\n"
        ),
    }
    _, found = read(tmp_path, files)
    tool = found["accepted/tool.txt"]
    assert (tool.language, tool.program.entry_point, tool.model_solution) == ("python3", "tool.txt", True)
    assert tool.authors == ("Bob", "Cy")
    assert found["accepted/sum.py"].authors == ("Ada <ada@example.org>",)
    assert not found["accepted/sum.py"].model_solution


def test_use_for_time_limit(tmp_path):
    files = {
        **{f"submissions/{name}": "\n" for name in ("brute_force/a.c", "wrong_answer/a.c", "time_limit_exceeded/a.c", "rejected/a.c")},
        YAML: (
            "brute_force/*: {use_for_time_limit: upper}\n"
            "wrong_answer: {use_for_time_limit: false}\n"
            "time_limit_exceeded/a.c:\n  sample: {use_for_time_limit: lower}\n"
            "rejected/a.c: {required: [WA], use_for_time_limit: upper}\n"
        ),
    }  # fmt: skip
    _, found = read(tmp_path, files)

    def rules(name):
        return [(r.tests, r.permitted, r.required, r.time_limit) for r in found[name].requirements]

    every = frozenset({"AC", "WA", "TLE", "RTE"})
    slow = frozenset({"TLE"})
    assert rules("brute_force/a.c")[1:] == [("", every, slow, "upper")]
    assert rules("wrong_answer/a.c") == [("", {"AC", "WA"}, {"WA"}, "no")]
    assert rules("time_limit_exceeded/a.c")[1:] == [("sample", every - slow, every, "lower")]
    assert rules("rejected/a.c")[1:] == [("", every, slow, None), ("", every, {"WA"}, "upper")]
    assert found["brute_force/a.c"].expected == {"TLE", "RTE"}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("secret: {permitted: [AC, TLE], required: [TLE]}\n  sample: {permitted: [AC]}", {"TLE"}),
        ("sample: {permitted: [AC]}", {"AC", "WA", "TLE", "RTE"}),
        ("sample: {permitted: [WA]}", {"WA"}),
        ("'secret/0{1,2}': {permitted: [AC, RTE], required: [RTE]}\n  sample: {permitted: [AC]}", {"RTE"}),
        ("'*/0*': {permitted: [AC, WA]}\n  sample: {permitted: [AC]}", {"AC", "WA"}),
    ],
)
def test_the_verdict_of_the_whole_follows_from_those_of_test_cases(tmp_path, rules, expected):
    _, found = read(tmp_path, {"submissions/odd/a.c": "\n", YAML: f"odd/a.c:\n  {rules}\n"})
    assert found["odd/a.c"].expected == expected


def test_a_static_validation_stands_before_the_cases_of_its_group_and_of_later_groups(tmp_path):
    files = {
        **{f"data/secret/0{n}.{end}": None for n in (1, 2) for end in ("in", "ans")},
        "data/secret/a/test_group.yaml": "static_validation_score: pass-fail\n",
        "data/secret/b/1.in": "1 2\n", "data/secret/b/1.ans": "3\n",
        "data/secret/b/test_group.yaml": "static_validation_score: pass-fail\n",
        "static_validator/check.py": VALIDATOR,
        "submissions/rejected/x.py": "\n",
        YAML: "rejected/x.py: {sample: {permitted: [AC]}, secret/a: {permitted: [WA]}, secret/b: {permitted: [TLE]}}\n",
    }  # fmt: skip
    package, found = read(tmp_path, files)
    names = names_of(package.test_cases, package.groups)
    assert names.cases == tuple(step.name for step in steps(package))
    assert names.cases == ("sample/1", "secret/a:static", "secret/b:static", "secret/b/1")
    assert found["rejected/x.py"].expected == {"WA"}


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        ({YAML: "accepted/*: {permitted: [WA, AC]}\naccepted/sum.py: {permitted: [WA]}\n"},
         "accepted/sum.py: sample/1: accepted and accepted/* and accepted/sum.py have no permitted verdict in common"),
        ({YAML: "accepted/sum.py:\n  secret/01: {required: [WA]}\n"},
         "accepted/sum.py: WA, which accepted/sum.py: secret/01 requires, is not permitted by the others"),
        ({YAML: "accepted/*: {use_for_time_limit: upper}\n"}, "TLE, which accepted/* requires, is not permitted"),
        ({YAML: "accepted: {use_for_time_limit: upper}\n"}, "use_for_time_limit: upper asks for a TLE, and permitted has none"),
        ({YAML: "accepted/*: {required: [TLE], use_for_time_limit: lower}\n"}, "required: and permitted have no verdict in common"),
        ({YAML: "accepted/*: {use_for_time_limit: maybe}\n"}, "use_for_time_limit: must be true, false, lower or upper"),
        ({YAML: "accepted: {use_for_time_limit: false}\n"}, "sum/submissions: no submission is used to bound the time limit from below"),
        ({YAML: "accepted/*: {secret/03: {permitted: [AC]}}\n"}, "secret/03: is no key of the format, and matches no test case"),
        ({YAML: "accepted/*: {permited: [AC]}\n"}, "permited: is no key of the format"),
        ({YAML: "accepted/*: {sample: {authors: Me}}\n"}, "sample.authors: is no key of the format"),
        ({YAML: "accepted/*: {authors: []}\n"}, "authors: must be a person"),
        ({YAML: "accepted/*: {authors: {email: x}}\n"}, "authors: must be a person with a name"),
        ({YAML: "accepted/*: {language: klingon}\n"}, "language: must be a code of the format's table of languages"),
        ({YAML: "accepted/*: {model_solution: 1}\n"}, "model_solution: must be true or false"),
        ({YAML: "accepted/*: {sample: {score: 5}}\n"}, "score: is only for scoring problems"),
        (SCORING | {YAML: "accepted/*: {sample: {score: 5}}\n"}, "score: sample is no test data group that has a score"),
        (SCORING | {YAML: "accepted/*: {secret/one/1: {score: 5}}\n"}, "score: secret/one/1 is no test data group"),
        (SCORING | {YAML: "accepted/*: {score: [2, 1]}\n"}, "score: must be a range, its lower end first"),
        (SCORING | {YAML: "accepted/*: {score: full}\n"}, "score: must be a number, or a sequence of two numbers"),
        (SCORING | {YAML: "accepted/*: {score: 100}\naccepted/sum.py: {score: [0, 99]}\n"},
         "accepted/sum.py: no score of secret is in all the ranges that are required of it"),
        ({"submissions/mixed/a.c": "// @EXPECTED_SCORE@: 5\n"}, "mixed/a.c: @EXPECTED_SCORE@ is only for scoring problems"),
        ({"submissions/mixed/a.c": "// @EXPECTED_RESULTS@: MAYBE\n"}, "@EXPECTED_RESULTS@: 'MAYBE' is no result that podium knows"),
        ({"submissions/mixed/a.c": "// @EXPECTED_RESULTS@: CORRECT\n// @EXPECTED_RESULTS@: CORRECT\n"},
         "mixed/a.c: @EXPECTED_RESULTS@ stands more than once in it"),
        ({"submissions/mixed/b/a.c": "// @EXPECTED_RESULTS@: CORRECT\n", "submissions/mixed/b/b.txt": "@EXPECTED_SCORE@: CORRECT\n"},
         "mixed/b: @EXPECTED_RESULTS@ stands more than once in it"),
        ({"submissions/accepted/a.c": "// @EXPECTED_RESULTS@: TIMELIMIT\n"},
         "accepted/a.c: no verdict satisfies all that is required of it: @EXPECTED_RESULTS@ says TLE, its folder AC"),
        ({"submissions/mixed/a.c": "\n"}, "mixed is no folder of the format, and neither submissions.yaml nor @EXPECTED_RESULTS@"),
    ],
)  # fmt: skip
def test_what_is_wrong_or_contradicts_itself(tmp_path, files, cause):
    assert cause in refused(tmp_path, files)


def test_what_has_no_effect_or_is_ambiguous_is_told(tmp_path):
    files = {
        YAML: "rejected/*: {permitted: [AC]}\naccepted/*: {language: python3}\naccepted/sum.py: {language: python2}\n"
    }
    package, found = read(tmp_path, files)
    assert package.warnings == (
        "sum/submissions/submissions.yaml: submissions/accepted/sum.py: the patterns that match it name more than one language",
        "sum/submissions/submissions.yaml: rejected/*: matches no submission",
    )
    assert found["accepted/sum.py"].language == "python2"


def test_the_folders_of_the_legacy_formats(tmp_path):
    files = {f"submissions/{name}/a.c": "\n" for name in ("wrong_answer", "time_limit_exceeded", "run_time_error")}
    package, found = read(tmp_path, files | {YAML: "accepted: {permitted: [WA]}\n"}, LEGACY)
    assert {name: set(s.expected) for name, s in found.items()} == {
        "accepted/sum.py": {"AC"},
        "wrong_answer/a.c": {"WA"},
        "time_limit_exceeded/a.c": {"WA", "TLE"},
        "run_time_error/a.c": {"WA", "TLE", "RTE"},
    }
    bounding = {name for name, s in found.items() if s.requirements[0].time_limit is None}
    assert bounding == {"accepted/sum.py", "time_limit_exceeded/a.c"}
    assert "sum/submissions/submissions.yaml: is passed over: it is no part of the legacy format" in package.warnings


def test_partially_accepted(tmp_path):
    _, found = read(tmp_path, LEGACY_SCORING | {"submissions/partially_accepted/a.c": "\n"}, LEGACY)
    partly = found["partially_accepted/a.c"]
    assert (partly.expected, partly.partial) == ({"AC"}, True)
    assert "partially_accepted/a.c: partially_accepted is only for scoring problems" in refused(
        tmp_path, {"problem.yaml": LEGACY["problem.yaml"], "data/testdata.yaml": ""}, LEGACY
    )


@pytest.mark.parametrize(
    ("pattern", "path", "matched"),
    [
        ("accepted", "accepted/a.py", True),
        ("accepted/", "accepted/a.py", True),
        ("accepted/*", "accepted/a.py", True),
        ("accept*", "accepted/deep/a.py", True),
        ("*.py", "accepted/a.py", False),
        ("*/a.{py,c}", "accepted/a.c", True),
        ("*/{a,b}.{py,c}", "accepted/b.py", True),
        ("accepted/a.p?", "accepted/a.py", False),
        ("*", "a.b/c", True),
        ("a.b", "axb", False),
        ("acc", "accepted/a.py", False),
    ],
)
def test_patterns_of_submissions(pattern, path, matched):
    assert matches(pattern, path) is matched


def test_a_pattern_matches_test_cases_themselves_and_those_of_groups_and_of_no_other_folder():
    names = Names(["sample/1", "secret/1-easy", "secret/sub/1", "secret/sub/2-easy"], ["sample", "secret"])
    assert names.cases_of("secret/*") == {"secret/1-easy"}
    assert names.cases_of("secret/*/*") == {"secret/sub/1", "secret/sub/2-easy"}
    assert names.cases_of("secret/{,*/}*-easy") == {"secret/1-easy", "secret/sub/2-easy"}
    assert names.cases_of("secret/sub") == frozenset()
    assert names.cases_of("secret") == names.cases_of("secret/") == set(names.cases) - {"sample/1"}
    groups = Names(["secret/a/deep/1", "secret/b/1"], ["secret", "secret/a", "secret/b"])
    assert groups.cases_of("secret/*") == set(groups.cases)
    assert groups.cases_of("secret/a") == {"secret/a/deep/1"}


def test_a_static_validation_is_matched_with_its_group():
    names = Names(["secret/a/1", "secret/a:static", "secret/b/1"], ["secret", "secret/a", "secret/b"])
    assert names.cases_of("secret/a") == {"secret/a/1", "secret/a:static"}
    assert names.cases_of("") == names.cases_of("s*") == set(names.cases)
    assert names.groups_of("secret/*") == {"secret/a", "secret/b"}
    assert names.groups_of("secret") == {"secret"}
