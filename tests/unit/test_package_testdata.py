"""The test data of a package, in both formats: what is read of cases and groups, and what is refused."""

from decimal import Decimal
from pathlib import Path

import pytest

from packages.case_files import MOST_ENTRIES, case_files, check_lines
from packages.files import PackageFiles
from packages.findings import Findings
from packages.model import LegacyGrading
from packages.read import read_package
from schemas.errors import PackageError
from tests.unit.packaging import LEGACY, PACKAGE, VALIDATOR, with_yaml, write

GROUP = "data/secret/test_group.yaml"
SAMPLE = "data/sample/test_group.yaml"
CUSTOM = {"output_validator/check.py": VALIDATOR}
STATIC = {"static_validator/look.py": VALIDATOR}
NO_SECRET = {f"data/secret/0{n}.{e}": None for n in (1, 2) for e in ("in", "ans")}


def scoring(**files):
    """A 2025-09 scoring problem; with *groups*, the yaml of each by its name, every one with a test case."""
    groups = files.pop("groups", {})
    found = PACKAGE | {"problem.yaml": with_yaml("type: scoring")} | files
    if groups:
        found |= NO_SECRET
    for name, said in groups.items():
        found |= {f"data/secret/{name}/1.{e}": "1\n" for e in ("in", "ans")}
        found[f"data/secret/{name}/test_group.yaml"] = said
    return found


def legacy(type_="scoring", **files):
    """A legacy problem."""
    return LEGACY | {"problem.yaml": f"name: Sum\ntype: {type_}\n"} | files


def read(tmp_path, files):
    return read_package(write(tmp_path / "sum", files))


def refused(tmp_path, files):
    with pytest.raises(PackageError) as raised:
        read(tmp_path, files)
    return str(raised.value).splitlines()


# test cases


def test_a_test_case_has_its_files_arguments_and_notes(tmp_path):
    files = PACKAGE | CUSTOM | {
        "data/secret/01.files/in/a.txt": "a\n",
        "data/secret/01.files/b.bin": b"\x00\r\n",
        "data/secret/01.yaml": (
            "args: [1, -2.50]\ninput_validator_args: {validate: [x]}\noutput_validator_args: [y]\n"
            "input_visualizer_args: [i]\noutput_visualizer_args: [v]\nfull_feedback: false\nhint: think\n"
            "description: the small one\n"
        ),
        GROUP: "args: [n]\noutput_visualizer_args: [w]\ninput_validator_args: [z]\n",
    }  # fmt: skip
    sample, one, two = read(tmp_path, files).test_cases
    assert [(inner, path.read_bytes()) for inner, path in one.files] == [("b.bin", b"\x00\r\n"), ("in/a.txt", b"a\n")]
    assert (one.args, one.validator_args, one.visualizer_args) == (("1", "-2.50"), ("y",), ("v",))
    assert (one.args_of_input_validator("validate"), one.args_of_input_validator("other")) == (("x",), ())
    assert (one.full_feedback, one.hint, one.description) == (False, "think", "the small one")
    assert (two.args, two.validator_args, two.visualizer_args, two.files) == (("n",), (), ("w",), ())
    assert (two.args_of_input_validator("validate"), two.full_feedback, two.hint) == (("z",), False, "")
    assert (sample.full_feedback, sample.args, sample.group, one.group) == (True, (), "sample", "secret")


def test_constants_are_replaced_in_test_group_yaml_and_in_no_file_of_a_test_case(tmp_path):
    files = PACKAGE | CUSTOM | {
        "problem.yaml": with_yaml("constants: {most: {value: 5, word: five}}"),
        GROUP: "output_validator_args: ['{{most}}', '{{most.word}}', '{{least}}']\n",
        "data/secret/02.yaml": "output_validator_args: ['{{most}}']\n",
    }  # fmt: skip
    cases = read(tmp_path, files).test_cases
    assert cases[1].validator_args == ("5", "five", "{{least}}")
    assert cases[2].validator_args == ("{{most}}",)


@pytest.mark.parametrize("more", [0, 1])
def test_a_folder_of_files_is_bounded_by_what_fits_into_a_sandbox(more):
    findings = Findings("sum")
    paths = [f"secret/big.files/in/of/{number}" for number in range(MOST_ENTRIES - 2 + more)]
    case_files(paths, modern=True, findings=findings)
    line = f"sum/data/secret/big.files: holds {MOST_ENTRIES + 1} files and folders; at most {MOST_ENTRIES} fit into a sandbox"
    assert findings.errors == [line] * more


def test_what_is_shown_of_a_sample_and_what_is_downloaded(tmp_path):
    several = {f"data/sample/{n}.{e}": "1\n" for n in (2, 3, 4) for e in ("in", "ans")}
    files = PACKAGE | several | {
        "data/sample/2.in.statement": "shown\n", "data/sample/2.in.download": "loaded\n",
        "data/sample/2.ans.statement": "shown too\n", "data/sample/2.ans.download": "loaded too\n",
        "data/sample/3.out": "other\n",
        "data/sample/4.interaction": "<1\n>2\n", "data/sample/4.in.download": "i\n", "data/sample/4.ans.download": "a\n",
    }  # fmt: skip
    one, two, three, four = read(tmp_path, files).test_cases[:4]
    assert (one.shown_input, one.shown_answer, one.loaded_input, one.loaded_answer) == (
        one.input,
        one.answer,
        None,
        None,
    )
    shown = [p.read_text() for p in (two.shown_input, two.loaded_input, two.shown_answer, two.loaded_answer)]
    assert shown == ["shown\n", "loaded\n", "shown too\n", "loaded too\n"]
    assert (three.shown_input, three.shown_answer.read_text(), three.loaded_answer) == (
        three.input,
        "other\n",
        three.shown_answer,
    )
    assert four.interaction.read_text() == "<1\n>2\n"
    assert (four.loaded_input.read_text(), one.interaction, four.hidden) == ("i\n", None, False)


def test_an_interaction_of_several_passes(tmp_path):
    loads = {"data/sample/1.in.download": "1\n", "data/sample/1.ans.download": "1\n"}
    log = {"data/sample/1.interaction": "<1\n>2\n---\n<3\n>4\n"}
    passes = {"problem.yaml": with_yaml("type: multi-pass")}
    assert read(tmp_path / "a", PACKAGE | CUSTOM | loads | log | passes).test_cases[0].interaction is not None
    lines = refused(tmp_path / "b", PACKAGE | loads | log)
    assert any("sample/1.interaction: line 3 must begin with < (from the judge) or >" in line for line in lines)


def bytes_read():
    """By this process, ever."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("rchar:"))


def test_of_a_huge_input_the_beginning_and_the_end_are_looked_at(tmp_path):
    with (tmp_path / "huge.in").open("wb") as file:
        file.truncate(8 << 30)
    findings = Findings("sum")
    files = PackageFiles(tmp_path, Findings("sum"))
    before = bytes_read()
    check_lines(files, "huge.in", findings, strict=True)
    assert bytes_read() - before < 8 << 20
    assert findings.errors == ["sum/huge.in: does not end with a line end"]
    with (tmp_path / "huge.in").open("r+b") as file:
        file.write(b"1\r\n")
    check_lines(files, "huge.in", findings, strict=False)
    assert findings.warnings == ["sum/huge.in: has carriage returns; line ends must be LF alone"]


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        ({"data/secret/test_group.in": "1\n", "data/secret/test_group.ans": "1\n"}, "data/secret/test_group.in: a test case must not be called test_group"),
        ({"data/secret/01.png": "x", "data/secret/01.svg": "x"}, "data/secret/01.svg: there is data/secret/01.png already"),
        ({"data/secret/03.files/x": "x"}, "data/secret/03.files/x: there is no data/secret/03.in"),
        ({"data/secret/01.files/validate.py": "x"}, "data/secret/01.files/validate.py: the input validator validate has a file of that name"),
        ({"data/secret/01.yaml": "input_validator_args: {check: [x]}\n"}, "data/secret/01: input_validator_args: 'check' is none of validate"),
        ({"data/secret/01.yaml": "max_score: 1\n"}, "data/secret/01.yaml: max_score: is no key of the format"),
        ({"data/secret/01.yaml": "full_feedback: 1\n"}, "data/secret/01.yaml: full_feedback: must be true or false, not 1"),
        ({"data/secret/01.yaml": "description: [x]\n"}, "data/secret/01.yaml: description: must be a string"),
        ({"data/secret/01.yaml": "input_validator_args: x\n"}, "input_validator_args: must be a sequence of strings, or a map of validators"),
        ({GROUP: "hint: x\n"}, "data/secret/test_group.yaml: hint: is no key of the format"),
        ({"data/test_group.yaml": "args: [x]\n"}, "data/test_group.yaml: configures neither data/sample, data/secret nor a test data group"),
        ({"data/secret/a/b/test_group.yaml": "", "data/secret/a/b/1.in": "", "data/secret/a/b/1.ans": ""}, "data/secret/a/b/test_group.yaml: a test data group lies directly in data/secret"),
        ({"data/sample/a/test_group.yaml": ""}, "data/sample/a/test_group.yaml: there are no test data groups in data/sample"),
        ({"data/secret/a/test_group.yaml": ""}, "data/secret/a: is a test data group without a test case"),
        ({"data/secret/a/test_group.yaml": "", "data/secret/a/1.in": "", "data/secret/a/1.ans": ""}, "data/secret/01.in: lies beside test data groups"),
        (NO_SECRET | {f"data/secret/{g}/1.{e}": "" for g in "ab" for e in ("in", "ans")} | {"data/secret/a/test_group.yaml": ""}, "data/secret/b: lies beside test data groups"),
        ({"data/sample/1.out": "3\n", "data/sample/1.ans.statement": "3\n", "data/sample/1.ans.download": "3\n"}, "both stand for the output that is shown"),
        ({"data/sample/1.out": "3\n", "data/sample/1.ans.download": "3\n"}, "both stand for the output that is downloaded"),
        ({"data/sample/1.in.download": "3\n"}, "data/sample/1.in.download: there is no .in.statement beside it"),
        ({"data/sample/1.interaction": "<\n"}, "data/sample/1.interaction: there is no .in.download beside it"),
        ({"data/sample/1.interaction": "<\n", "data/sample/1.out": "3\n", "data/sample/1.in.download": "\n"}, "both stand for the output that is shown"),
        ({"data/sample/2.interaction": "<\n"}, "data/sample/2.interaction: there is no data/sample/2.in"),
        ({"data/invalid_input/test_group.yaml": "max_score: 1\n", "data/invalid_input/1.in": "\n"}, "max_score: is no key for data that proves the validators"),
    ],
)  # fmt: skip
def test_broken_test_data_is_refused_with_file_and_cause(tmp_path, files, cause):
    lines = refused(tmp_path, PACKAGE | files)
    assert any(cause in line for line in lines), lines


def test_data_that_proves_the_validators_has_settings_of_its_folder_and_of_its_own(tmp_path):
    files = PACKAGE | CUSTOM | {
        "data/valid_output/test_group.yaml": "output_validator_args: [a]\ndescription: all of them\n",
        "data/valid_output/2.yaml": "output_validator_args: [b]\n",
        **{f"data/valid_output/{n}.{e}": "1\n" for n in (1, 2) for e in ("in", "ans", "out")},
        "data/invalid_input/1.in": "x\r",
        "data/invalid_input/1.ans": "x\n",
    }  # fmt: skip
    package = read(tmp_path, files)
    assert [(c.kind, c.case.name, c.case.validator_args) for c in package.checks] == [
        ("invalid_input", "invalid_input/1", ()),
        ("valid_output", "valid_output/1", ("a",)),
        ("valid_output", "valid_output/2", ("b",)),
    ]
    assert any("invalid_input/1.ans: is passed over" in warning for warning in package.warnings)
    interactive = {"problem.yaml": with_yaml("type: interactive")}
    assert any(
        "data/valid_output: is for problems that are not" in line
        for line in refused(tmp_path / "b", files | interactive)
    )


# groups


def test_a_pass_fail_problem_has_groups_without_scores(tmp_path):
    files = PACKAGE | STATIC | {GROUP: "static_validation_score: pass-fail\nstatic_validator_args: [x, 1.0]\n"}
    sample, secret = read(tmp_path, files).groups
    assert (sample.name, sample.static_score, secret.name) == ("sample", None, "secret")
    assert (secret.aggregation, secret.max_score, secret.static_score) == ("pass-fail", None, 0)
    assert secret.static_args == ("x", "1.0")


def test_a_scoring_problem_has_a_hundred_points_in_secret(tmp_path):
    groups = read(tmp_path, scoring()).groups
    assert [(g.name, g.aggregation, g.max_score) for g in groups] == [
        ("sample", "pass-fail", None),
        ("secret", "sum", 100),
    ]


def test_the_groups_of_a_scoring_problem(tmp_path):
    groups = {
        "b": "max_score: 60\nscore_aggregation: sum\nrequire_pass: [sample, secret/a]\nstatic_validation_score: 20\n",
        "a": "max_score: 10\n",
        "c": "max_score: 30\nscore_aggregation: min\nrequire_pass: secret/a\n",
        "d": "max_score: 0\n",
    }
    package = read(tmp_path, scoring(groups=groups, **STATIC, **{GROUP: "require_pass: sample\n"}))
    assert [(g.name, g.aggregation, g.max_score, g.require_pass, g.static_score) for g in package.groups[1:]] == [
        ("secret", "sum", 100, ("sample",), None),
        ("secret/a", "pass-fail", 10, (), None),
        ("secret/b", "sum", 60, ("sample", "secret/a"), 20),
        ("secret/c", "min", 30, ("secret/a",), None),
        ("secret/d", "pass-fail", 0, (), None),
    ]
    assert {case.group for case in package.test_cases} == {"sample", *(f"secret/{name}" for name in "abcd")}
    assert not any("max_score" in warning for warning in package.warnings)


def test_an_unbounded_problem_and_one_whose_points_do_not_add_up(tmp_path):
    groups = {"a": "score_aggregation: min\n", "b": "max_score: 7\n"}
    package = read(tmp_path / "a", scoring(groups=groups, **{GROUP: "max_score: unbounded\n"}))
    assert [group.max_score for group in package.groups] == [None, None, None, Decimal(7)]
    package = read(tmp_path / "b", scoring(groups={"a": "max_score: 60\n", "b": "max_score: 60\n"}))
    assert "sum/data/secret: max_score is 100; with its groups a submission can get 120 at most" in package.warnings


def test_a_test_data_group_may_hold_a_static_validation_test_case_alone(tmp_path):
    files = scoring(groups={"a": "max_score: 60\n"}, **STATIC)
    files["data/secret/b/test_group.yaml"] = "max_score: 40\nscore_aggregation: sum\nstatic_validation_score: 40\n"
    assert [group.name for group in read(tmp_path, files).groups][-1] == "secret/b"


def test_what_a_deep_folder_says_counts_in_its_group(tmp_path):
    files = scoring(groups={"a": "max_score: 100\nargs: [x]\n"})
    files |= {"data/secret/a/deep/er/1.in": "1\n", "data/secret/a/deep/er/1.ans": "1\n"}
    assert [(c.name, c.group, c.args) for c in read(tmp_path, files).test_cases[1:]] == [
        ("secret/a/1", "secret/a", ("x",)),
        ("secret/a/deep/er/1", "secret/a", ("x",)),
    ]


@pytest.mark.parametrize("key", ["max_score: 5", "score_aggregation: sum", "require_pass: sample"])
def test_keys_for_scores_are_errors_in_pass_fail_problems_and_in_samples(tmp_path, key):
    name = key.partition(":")[0]
    lines = refused(tmp_path / "a", PACKAGE | {GROUP: f"{key}\n"})
    assert [line for line in lines if f"{GROUP}: {name}: is only for scoring problems" in line]
    lines = refused(tmp_path / "b", scoring(**{SAMPLE: f"{key}\n"}))
    assert [line for line in lines if f"{SAMPLE}: {name}: is not permitted in sample" in line]


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        (scoring(**{GROUP: "max_score: 1.5\n"}), "max_score: must be an integer from 0 to 1000000000, or unbounded, not 1.5"),
        (scoring(**{GROUP: "max_score: -1\n"}), "max_score: must be an integer from 0"),
        (scoring(**{GROUP: "max_score: true\n"}), "max_score: must be an integer from 0"),
        (scoring(**{GROUP: "score_aggregation: max\n"}), "score_aggregation: must be pass-fail, sum or min, not 'max'"),
        (scoring(**{GROUP: "require_pass: 1\n"}), "require_pass: must be a sequence of strings"),
        (scoring(**{GROUP: "require_pass: secret/a\n"}), "require_pass: secret may depend on sample only, not on 'secret/a'"),
        (scoring(**{GROUP: "score_aggregation: pass-fail\nmax_score: unbounded\n"}), "with pass-fail aggregation it must be bounded"),
        (scoring(groups={"a": ""}), "secret/a/test_group.yaml: max_score: is missing, or unbounded: with pass-fail"),
        (scoring(groups={"a": "score_aggregation: sum\n"}), "secret/a/test_group.yaml: max_score: is missing, or unbounded: that of secret is 100"),
        (scoring(groups={"a": ""}, **{GROUP: "max_score: unbounded\n"}), "secret/a/test_group.yaml: max_score: is missing, or unbounded: with pass-fail"),
        (scoring(groups={"a": "max_score: 1\nscore_aggregation: sum\n"}, **{GROUP: "score_aggregation: pass-fail\n"}), "score_aggregation: must be pass-fail, as that of secret is"),
        (scoring(groups={"a": "max_score: 1\nrequire_pass: secret/b\n", "b": "max_score: 1\n"}), "require_pass: 'secret/b' is neither sample nor a test data group that comes before secret/a"),
        (scoring(groups={"a": "max_score: 1\nrequire_pass: secret/a\n"}), "'secret/a' is neither sample nor a test data group that comes before"),
        (scoring(groups={"a": "max_score: 1\nrequire_pass: secret\n"}), "'secret' is neither sample nor a test data group"),
        (scoring(groups={"a": "max_score: 1\nscore_aggregation: sum\n", "b": "max_score: 1\nrequire_pass: [secret/a]\n"}), "require_pass: secret/a has sum aggregation; it must be pass-fail"),
        (scoring(**STATIC, **{GROUP: "static_validation_score: 101\n"}), "static_validation_score: 101 is more than the max_score 100"),
        (scoring(**STATIC, **{GROUP: "static_validation_score: all\n"}), "static_validation_score: must be an integer from 0 to 1000000000, or pass-fail"),
        (scoring(**STATIC, **{GROUP: "static_validation_score: pass-fail\n"}), "static_validation_score: is pass-fail, but score_aggregation is sum"),
        (scoring(**STATIC, **{GROUP: "static_validation_score: 5\nscore_aggregation: pass-fail\n"}), "static_validation_score: must be pass-fail, as score_aggregation is"),
        (scoring(**STATIC, **{SAMPLE: "static_validation_score: 5\n"}), "static_validation_score: must be pass-fail: samples have no score"),
        (scoring(groups={"a": "max_score: 1\n"}, **STATIC, **{GROUP: "static_validation_score: 5\n"}), "static_validation_score: secret has test data groups"),
        (PACKAGE | STATIC | {GROUP: "static_validation_score: 5\n"}, "static_validation_score: must be pass-fail: a score is only for scoring"),
        (PACKAGE | STATIC | {GROUP: "static_validator_args: [x]\n"}, "static_validator_args: is given without static_validation_score"),
        (PACKAGE | {GROUP: "static_validation_score: pass-fail\n"}, "static_validation_score: there is no static_validator"),
    ],
)  # fmt: skip
def test_groups_that_break_the_format_are_refused_with_file_and_cause(tmp_path, files, cause):
    lines = refused(tmp_path, files)
    assert any(cause in line for line in lines), lines


# legacy


def test_every_folder_of_a_legacy_package_is_a_group_that_inherits(tmp_path):
    files = legacy(**{
        "data/testdata.yaml": "on_reject: continue\ngrader_flags: ignore_sample\nrange: 0 100\n",
        "data/sample/testdata.yaml": "grader_flags: ''\non_reject:\n",
        "data/secret/testdata.yaml": "grader_flags: accept_if_any_accepted first_error\naccept_score: 33.3\n",
        "data/secret/g1/testdata.yaml": "on_reject: break\nreject_score: -1\nrange: -inf +inf\n",
        **{f"data/secret/g1/deep/1.{e}": "1\n" for e in ("in", "ans")},
        **{f"data/secret/g0.{e}": "1\n" for e in ("in", "ans")},
    })  # fmt: skip
    package = read(tmp_path, files)
    root, sample, secret, g1, deep = (group.legacy for group in package.groups)
    assert [group.name for group in package.groups] == ["", "sample", "secret", "secret/g1", "secret/g1/deep"]
    hundred = (Decimal(0), Decimal(100))
    assert root == LegacyGrading("continue", flags=("ignore_sample",), range=hundred)
    assert sample == LegacyGrading("continue", range=hundred)
    flags = ("accept_if_any_accepted", "first_error")
    assert secret == LegacyGrading("continue", flags=flags, accept_score=Decimal("33.3"), range=hundred)
    assert g1 == deep
    assert deep == LegacyGrading(flags=flags, accept_score=Decimal("33.3"), reject_score=Decimal(-1))
    assert [(case.name, case.group) for case in package.test_cases] == [
        ("sample/1", "sample"),
        ("secret/01", "secret"),
        ("secret/02", "secret"),
        ("secret/g0", "secret"),
        ("secret/g1/deep/1", "secret/g1/deep"),
    ]


def test_ignored_samples_are_for_the_data_itself_alone(tmp_path):
    package = read(tmp_path, legacy(**{"data/testdata.yaml": "grader_flags: min ignore_sample\n"}))
    assert [group.legacy.flags for group in package.groups] == [("min", "ignore_sample"), ("min",), ("min",)]


def test_a_legacy_package_with_a_grader_and_scores_of_its_validator(tmp_path):
    files = legacy(**{
        "problem.yaml": "name: Sum\ntype: scoring\nvalidation: custom score\n",
        "output_validators/check.py": VALIDATOR,
        "graders/grade.py": "print('AC 1')\n",
        "data/secret/testdata.yaml": "grading: custom\ngrader_flags: any thing\n",
    })  # fmt: skip
    root, sample, secret = (group.legacy for group in read(tmp_path, files).groups)
    assert (root.custom, sample.custom, secret.custom, secret.flags) == (False, False, True, ("any", "thing"))
    assert root.custom_score
    assert secret.custom_score


def test_legacy_flags_of_the_validators(tmp_path):
    files = legacy("pass-fail", **{
        "problem.yaml": "name: Sum\nvalidation: custom\nvalidator_flags: a b\n",
        "output_validators/check.py": VALIDATOR,
        "data/sample/testdata.yaml": "output_validator_flags: check\n",
        "data/secret/testdata.yaml": "output_validator_flags: {name: check, flags: c d}\ninput_validator_flags: x y\n",
        "data/secret/a/testdata.yaml": "output_validator_flags: e\ninput_validator_flags: {name: validate, flags: z}\n",
        **{f"data/secret/a/1.{e}": "1\n" for e in ("in", "ans")},
    })  # fmt: skip
    cases = {case.name: case for case in read(tmp_path, files).test_cases}
    assert [cases[name].validator_args for name in ("sample/1", "secret/01", "secret/a/1")] == [
        ("a", "b"),
        ("a", "b", "c", "d"),
        ("a", "b", "e"),
    ]
    assert cases["secret/01"].args_of_input_validator("validate") == ("x", "y")
    assert cases["secret/a/1"].args_of_input_validator("validate") == ("z",)
    assert cases["secret/a/1"].args_of_input_validator("other") == ()


def test_a_folder_with_a_tolerance_of_its_own_does_without_that_of_the_problem(tmp_path):
    files = legacy("pass-fail", **{
        "problem.yaml": "name: Sum\nvalidator_flags: float_tolerance 1e-6 case_sensitive\n",
        "data/secret/testdata.yaml": "output_validator_flags: float_tolerance 1e-9\n",
        "data/sample/testdata.yaml": "output_validator_flags: space_change_sensitive\n",
    })  # fmt: skip
    sample, secret, _ = (case.validator_args for case in read(tmp_path, files).test_cases)
    assert secret == ("float_tolerance", "1e-9")
    assert sample == ("float_tolerance", "1e-6", "case_sensitive", "space_change_sensitive")


def test_a_legacy_tolerance_may_stand_beside_the_one_for_both_and_in_2025_09_must_not(tmp_path):
    flags = "float_tolerance 1e-6 float_relative_tolerance 1e-9"
    files = legacy("pass-fail", **{"problem.yaml": f"name: Sum\nvalidator_flags: {flags}\n"})
    assert read(tmp_path / "a", files).test_cases[0].validator_args == tuple(flags.split())
    args = {GROUP: f"output_validator_args: [{flags.replace(' ', ', ')}]\n"}
    assert any("relative tolerance is set twice" in line for line in refused(tmp_path / "b", PACKAGE | args))


def test_notes_and_interactions_of_legacy_samples(tmp_path):
    files = legacy("pass-fail", **{
        "problem.yaml": "name: Sum\nvalidation: custom interactive\n",
        "output_validators/check.py": VALIDATOR,
        "data/sample/1.interaction": "<1\n>2\n",
        "data/sample/2.interaction": ">1\n<2\n",
        **{f"data/sample/3.{e}": "1\n" for e in ("in", "ans")},
        "data/secret/01.hint": "Think.\n", "data/secret/01.desc": "The small one.\n", "data/secret/01.jpg": b"\xff",
        "data/secret/01.yaml": "hint: unknown\n",
    })  # fmt: skip
    package = read(tmp_path, files)
    assert [path.name for path in package.interactions] == ["2.interaction"]
    one, _, secret, *_ = package.test_cases
    assert (one.interaction.name, one.hidden, secret.hidden) == ("1.interaction", True, True)
    assert (secret.hint, secret.description) == ("Think.", "The small one.")
    assert any("sample/3.in: there is no data/sample/3.interaction" in warning for warning in package.warnings)
    assert any("secret/01.yaml: is passed over" in warning for warning in package.warnings)


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        (legacy(**{"data/testdata.yaml": "on_reject: stop\n"}), "data/testdata.yaml: on_reject: must be break or continue"),
        (legacy(**{"data/secret/testdata.yaml": "grading: mine\n"}), "grading: must be default or custom"),
        (legacy(**{"data/secret/testdata.yaml": "grading: custom\n"}), "grading: custom: there is no grader in graders"),
        (legacy("pass-fail", **{"data/secret/testdata.yaml": "grading: custom\n"}), "grading: custom is only for scoring problems"),
        (legacy(**{"data/secret/testdata.yaml": "grader_flags: sum worst\n"}), "grader_flags: 'worst' is no argument of the default grader"),
        (legacy(**{"data/secret/testdata.yaml": "grader_flags: ignore_sample\n"}), "grader_flags: ignore_sample is for data itself"),
        (legacy(**{"data/testdata.yaml": "range: 1\n"}), "range: must be two numbers, or -inf and inf"),
        (legacy(**{"data/testdata.yaml": "range: 5 1\n"}), "range: must begin with the lower one"),
        (legacy(**{"data/testdata.yaml": "range: 0 many\n"}), "range: must be one floating-point number, not 'many'"),
        (legacy(**{"data/testdata.yaml": "accept_score: lots\n"}), "accept_score: must be a number"),
        (legacy("pass-fail", **{"data/testdata.yaml": "accept_score: 1\n"}), "accept_score: is only for scoring problems"),
        (legacy("pass-fail", **{"data/testdata.yaml": "reject_score: 1\n"}), "reject_score: is only for scoring problems"),
        (legacy("pass-fail", **{"data/testdata.yaml": "range: 0 1\n"}), "range: is only for scoring problems"),
        (legacy(**{"data/testdata.yaml": "output_validator_flags: {name: judge, flags: x}\n"}), "must name an output validator of the package (none)"),
        (legacy(**{"data/testdata.yaml": "output_validator_flags: {flags: x}\n"}), "must be a string, or a map with the keys name and flags"),
        (legacy(**{"data/secret/01.files/x": "1\n"}), "input by files, which the legacy formats do not have, is not supported"),
        (legacy(**{"data/secret/test_group.yaml": ""}), "data/secret/test_group.yaml: the legacy format calls it testdata.yaml"),
        (legacy(**{"data/sample/1.png": "x", "data/sample/1.jpeg": "x"}), "a test case has one illustration at most"),
    ],
)  # fmt: skip
def test_legacy_data_that_breaks_the_format_is_refused_with_file_and_cause(tmp_path, files, cause):
    lines = refused(tmp_path, files)
    assert any(cause in line for line in lines), lines


def test_choosing_one_of_several_validators_is_refused(tmp_path):
    files = legacy("pass-fail", **{
        "problem.yaml": "name: Sum\nvalidation: custom\n",
        "output_validators/a.py": VALIDATOR,
        "output_validators/b.py": VALIDATOR,
        "data/secret/testdata.yaml": "output_validator_flags: a\n",
    })  # fmt: skip
    lines = refused(tmp_path, files)
    assert any(
        "output_validator_flags: choosing one of several output validators is not supported" in line for line in lines
    )
