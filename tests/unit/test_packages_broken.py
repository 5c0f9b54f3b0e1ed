"""A package that breaks its format, or needs what podium has not, is refused with the file and the cause."""

import pytest

from packages.read import read_package
from schemas.errors import PackageError
from tests.unit.packaging import LEGACY, PACKAGE, VALIDATOR, with_yaml, write

YAML = "problem.yaml"
DAMAGE = [
    # problem.yaml
    ({YAML: None}, "sum/problem.yaml: is missing"),
    ({YAML: "name: [\n"}, "sum/problem.yaml: line 2: "),
    ({YAML: "- a\n"}, "sum/problem.yaml: must be a map of keys"),
    ({YAML: with_yaml("name: Again")}, "sum/problem.yaml: line 4: the key 'name' stands twice"),
    ({YAML: with_yaml("difficulty: 3")}, "sum/problem.yaml: difficulty: is no key of the format"),
    ({YAML: PACKAGE[YAML].replace("2025-09", "2024-01-draft")}, "problem_format_version: '2024-01-draft' is not supported"),
    ({YAML: PACKAGE[YAML].replace("name: Sum\n", "")}, "sum/problem.yaml: name: is missing"),
    ({YAML: PACKAGE[YAML].replace("name: Sum", "name: {en: Sum, sv: Summa}")}, "name: language sv has a name and no statement"),
    ({YAML: PACKAGE[YAML].replace("name: Sum", "name: [Sum]")}, "name: must be a string, or a map"),
    ({YAML: "\n".join(line for line in PACKAGE[YAML].split("\n") if "uuid" not in line)}, "sum/problem.yaml: uuid: is missing"),
    ({YAML: with_yaml("type: scoring")}, "sum/problem.yaml: type: scoring problems are not supported"),
    ({YAML: with_yaml("type: [pass-fail, interactive]")}, "sum/problem.yaml: type: interactive problems are not supported"),
    ({YAML: with_yaml("type: puzzle")}, "sum/problem.yaml: type: 'puzzle' is no type of the format"),
    ({YAML: with_yaml("languages: [c]")}, "languages: allowing only some languages is not supported"),
    ({YAML: with_yaml("allow_file_writing: true")}, "allow_file_writing: submissions that write files are not supported"),
    ({YAML: with_yaml("allow_file_writing: 1")}, "allow_file_writing: must be true or false, not 1"),
    ({YAML: with_yaml("constants: {n: 5}")}, "constants: constants are not supported"),
    ({YAML: with_yaml("license: mine")}, "license: 'mine' is none of unknown"),
    ({YAML: with_yaml("license: cc0")}, "rights_owner: is missing: the license is cc0"),
    ({YAML: with_yaml("license: public domain", "rights_owner: me")}, "rights_owner: must not be set"),
    ({YAML: with_yaml("credits: {writers: me}")}, "credits.writers: is no key of the format"),
    ({YAML: with_yaml("embargo_until: tomorrow")}, "embargo_until: must be a date"),
    ({YAML: with_yaml(time_limit=None)}, "limits.time_limit: is missing, and measuring it by the jury's submissions is not"),
    ({YAML: with_yaml(time_limit=0)}, "limits.time_limit: must be a number above 0, not 0"),
    ({YAML: with_yaml(time_limit=1.5)}, "limits.time_limit: 1.5 is no multiple of time_resolution 1"),
    ({YAML: with_yaml(time_limit=3600)}, "limits.time_limit: 3600 s is more than podium allows"),
    ({YAML: with_yaml(memory="lots")}, "limits.memory: must be an integer above 0, not 'lots'"),
    ({YAML: with_yaml(memory=1_000_000)}, "limits.memory: 1000000 is more than a judge of podium can promise"),
    ({YAML: with_yaml(compilation_time=600)}, "limits.compilation_time: 600 is more than a judge of podium can promise"),
    ({YAML: with_yaml(validation_passes=3)}, "limits.validation_passes: is only for multi-pass problems"),
    ({YAML: with_yaml(time_multiplier=3)}, "limits.time_multiplier: is no key of the format"),
    ({YAML: b"\xef\xbb\xbf" + PACKAGE[YAML].encode()}, "sum/problem.yaml: begins with a byte-order mark"),
    ({YAML: PACKAGE[YAML].replace("\n", "\r\n")}, "sum/problem.yaml: has carriage returns"),
    ({YAML: PACKAGE[YAML].encode() + b"# \xff\n"}, "sum/problem.yaml: is not UTF-8"),
    ({YAML: "a: &a [x, x]\nb: &b [*a, *a]\n" + "#" * (1 << 20)}, "sum/problem.yaml: is longer than"),
    ({YAML: "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(b)}: &{chr(b)} [{','.join(['*' + chr(b - 1)] * 8)}]\n" for b in range(98, 110)) + "name: *m\n"}, "sum/problem.yaml: name: must be"),
    ({"data/secret/01.yaml": 'args: ["a\\0b"]\n'}, "sum/data/secret/01.yaml: args: must not have a zero byte"),
    ({"data/secret/01.yaml": 'output_validator_args: ["\\ud800"]\n'}, "output_validator_args: must be text"),
    ({"data/secret/01.yaml": f"args: [{', '.join('a' * 201)}]\n"}, "args: must be at most 200 strings"),
    ({"data/secret/01.yaml": f"args: [{'a' * 20000}]\n"}, "args: must be at most 200 strings of 16384 bytes"),
    # statement
    ({"statement/problem.en.md": None}, "sum/statement: has no statement"),
    ({"statement/problem.de.md": "Summe.\n"}, "name: language de has a statement and no name"),
    ({"statement/problem.en.tex": "Sum.\n"}, "sum/statement/problem.en.tex: there is statement/problem.en.md"),
    ({"statement/problem.english.md": "Sum.\n"}, "'english' is no language code"),
    ({"problem_statement/problem.tex": "Sum.\n"}, "sum/problem_statement: the 2025-09 format calls it statement"),
    # data
    ({f"data/secret/{n}.{e}": "1\n" for n in range(50) for e in ("in", "ans")} | {YAML: with_yaml(time_limit=60)}, "sum/data: 53 test cases take up to 53 minutes; a judge has 45"),
    ({"data/secret/01.ans": None}, "sum/data/secret/01.in: there is no data/secret/01.ans"),
    ({"data/secret/01.in": None}, "sum/data/secret/01.ans: there is no data/secret/01.in"),
    ({f"data/secret/0{n}.{e}": None for n in (1, 2) for e in ("in", "ans")}, "sum/data/secret: has no test case"),
    ({"data/secret/01.in": "2 3\r\n"}, "sum/data/secret/01.in: has carriage returns"),
    ({"data/secret/01.ans": "5"}, "sum/data/secret/01.ans: does not end with a line end"),
    ({"data/secret/01/1.in": "", "data/secret/01/1.ans": ""}, "there is a folder of the same name"),
    ({"data/secret/01.files/x": "1\n"}, "sum/data/secret/01.files/x: input by files is not supported"),
    ({"data/secret/01.interaction": "<1\n"}, "sum/data/secret/01.interaction: an interaction for display is not supported"),
    ({"data/sample/1.in.statement": "1\n"}, "sum/data/sample/1.in.statement: there is no .in.download beside it"),
    ({"data/secret/01.yaml": "output_validator_args: [exact]\n"}, "data/secret/01: arguments of the output validator: 'exact' is no"),
    ({"data/secret/test_group.yaml": "output_validator_args: [float_tolerance]\n"}, "float_tolerance needs a number, not ''"),
    ({"data/secret/test_group.yaml": "output_validator_args: float_tolerance 1\n"}, "output_validator_args: must be a sequence"),
    ({"data/secret/test_group.yaml": "max_score: 5\n"}, "sum/data/secret/test_group.yaml: max_score: is only for scoring"),
    ({"data/secret/test_group.yaml": "static_validation_score: 1\n"}, "static_validation_score: static validation is not"),
    ({"data/secret/test_group.yaml": "on_reject: break\n"}, "sum/data/secret/test_group.yaml: on_reject: is no key of the format"),
    ({"data/secret/testdata.yaml": ""}, "sum/data/secret/testdata.yaml: the 2025-09 format calls it test_group.yaml"),
    ({"data/secret/a/test_group.yaml": "", "data/secret/a/1.in": "", "data/secret/a/1.ans": ""}, "lies beside test data groups"),
    ({"data/sample/a/test_group.yaml": ""}, "sum/data/sample/a/test_group.yaml: there are no test data groups in data/sample"),
    ({"data/valid_output/1.in": "1\n", "data/valid_output/1.ans": "1\n"}, "sum/data/valid_output/1.out: is missing"),
    # programs
    ({"output_validators/check.py": VALIDATOR}, "sum/output_validators: the 2025-09 format calls it output_validator"),
    ({"output_validator/check.kt": "fun main() {}\n"}, "output_validator/check.kt: a validator in kotlin is not supported"),
    ({"output_validator/check.sh": "exit 42\n"}, "output_validator/check.sh: a program of no known language is not supported"),
    ({"output_validator/build": "cc x.c\n", "output_validator/x.c": ""}, "sum/output_validator: a program with a build or run script"),
    ({"output_validator/a/a.py": "", "output_validator/b/b.py": ""}, "output_validator holds one program"),
    ({"include/default/x.h": "\n"}, "sum/include: files included with submissions are not supported"),
    ({"static_validator/x.py": "\n"}, "sum/static_validator: a static validator is not supported"),
    ({"output_visualizer/x.py": "\n"}, "sum/output_visualizer: an output visualizer is not supported"),
    ({"attachments/tools/x.py": "\n"}, "sum/attachments/tools: only templates may be a folder in attachments"),
    # submissions
    ({"submissions/accepted/sum.py": None}, "sum/submissions/accepted: has no submission"),
    ({"submissions/sum.py": "\n"}, "sum/submissions/sum.py: lies in no folder of submissions"),
    ({"submissions/slow/sum.py": "\n"}, "sum/submissions/slow/sum.py: slow is no folder of the format"),
    ({"submissions/accepted/sum.txt": "\n"}, "sum/submissions/accepted/sum.txt: has no single language"),
    ({"submissions/accepted/two/a.c": "", "submissions/accepted/two/b.py": ""}, "accepted/two: has no single language"),
    ({"submissions/accepted/deep/a/b.py": ""}, "submissions/accepted/deep/a/b.py: a folder inside a program is not supported"),
    ({"submissions/partially_accepted/a.py": ""}, "sum/submissions/partially_accepted: scoring is not supported"),
    ({"submissions/mixed/a.py": "# @EXPECTED_RESULTS@: MAYBE\n"}, "'MAYBE' is no result that podium knows"),
    ({"submissions/accepted/a.py": "# @EXPECTED_RESULTS@: WRONG-ANSWER\n"}, "no verdict satisfies all that is required of it"),
    ({"submissions/submissions.yaml": "'**/x.py': {permitted: [AC]}\n"}, "** and [] are not part of the format"),
    ({"submissions/submissions.yaml": "accepted: {permitted: [JE]}\n"}, "permitted: must be a sequence of AC, WA, TLE and RTE"),
    ({"submissions/submissions.yaml": "accepted: {required: [WA]}\n"}, "required: and permitted have no verdict in common"),
    ({"submissions/submissions.yaml": "accepted: {score: 5}\n"}, "accepted.score: is only for scoring problems"),
    ({"submissions/submissions.yaml": "accepted: {verdict: AC}\n"}, "accepted.verdict: must be a map"),
    ({"submissions/submissions.yaml": "accepted: AC\n"}, "sum/submissions/submissions.yaml: accepted: must be a map"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "cause"), DAMAGE, ids=[cause[:40] for _, cause in DAMAGE])
def test_a_broken_package_is_refused_with_file_and_cause(tmp_path, damage, cause):
    with pytest.raises(PackageError) as refused:
        read_package(write(tmp_path / "sum", PACKAGE | damage))
    lines = str(refused.value).splitlines()
    assert any(cause in line for line in lines), lines
    assert all(line.startswith("sum/") for line in lines)


LEGACY_DAMAGE = [
    ({".timelimit": None}, "sum/problem.yaml: there is no time limit (in domjudge-problem.ini or .timelimit)"),
    ({".timelimit": "soon\n"}, "sum/.timelimit: 'soon' is no time limit in seconds"),
    ({YAML: "type: scoring\n"}, "sum/problem.yaml: type: scoring problems are not supported"),
    ({YAML: "grading: {objective: max}\n"}, "sum/problem.yaml: grading: scoring is not supported"),
    ({YAML: "validation: custom interactive\n"}, "validation: custom interactive is not supported"),
    ({YAML: "validation: strict\n"}, "sum/problem.yaml: validation: must be default or custom"),
    ({YAML: "validation: custom\n"}, "sum/output_validators: is missing: problem.yaml says validation: custom"),
    ({YAML: "validator_flags: exact\n"}, "sum/problem.yaml: arguments of the output validator: 'exact' is no argument"),
    ({YAML: "source_url: https://example.org\n"}, "source_url: must not be given without source"),
    ({YAML: "limits: {time_limit: soon}\n"}, "limits.time_limit: must be a number above 0, not 'soon'"),
    ({"statement/problem.en.md": "Sum.\n"}, "sum/statement: the legacy format calls it problem_statement"),
    ({"data/testdata.yaml": "grader_flags: first_error\n"}, "sum/data/testdata.yaml: grader_flags: grading by flags is not"),
    ({"data/secret/testdata.yaml": "on_reject: continue\n"}, "on_reject: going on after a rejected case is not supported"),
    ({"data/secret/testdata.yaml": "grading: custom\n"}, "grading: custom grading is not supported"),
    ({"data/secret/test_group.yaml": ""}, "sum/data/secret/test_group.yaml: the legacy format calls it testdata.yaml"),
    ({"graders/grade.py": ""}, "sum/graders: grading is not supported"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "cause"), LEGACY_DAMAGE, ids=[cause[:40] for _, cause in LEGACY_DAMAGE])
def test_a_broken_legacy_package_is_refused_with_file_and_cause(tmp_path, damage, cause):
    with pytest.raises(PackageError) as refused:
        read_package(write(tmp_path / "sum", LEGACY | damage))
    assert cause in str(refused.value)


def test_everything_that_is_wrong_is_said_at_once(tmp_path):
    damage = {"data/secret/01.ans": None, "submissions/accepted/sum.py": None, "include/c/x.h": "\n"}
    with pytest.raises(PackageError) as refused:
        read_package(write(tmp_path / "sum", PACKAGE | damage))
    assert len(str(refused.value).splitlines()) == 3


def test_links_stay_inside_the_package(tmp_path):
    root = write(tmp_path / "sum", PACKAGE)
    (tmp_path / "secret.txt").write_text("5\n")
    (root / "data/secret/03.in").symlink_to("01.in")
    (root / "data/secret/03.ans").symlink_to(root / "data/secret/01.ans")
    assert [case.name for case in read_package(root).test_cases][-1] == "secret/03"
    (root / "data/secret/03.ans").unlink()
    (root / "data/secret/03.ans").symlink_to("../../../secret.txt")
    with pytest.raises(PackageError, match=r"sum/data/secret/03\.ans: is a symbolic link that leads out"):
        read_package(root)
    (root / "data/secret/03.ans").unlink()
    (root / "data/secret/03.ans").symlink_to("nowhere")
    with pytest.raises(PackageError, match=r"sum/data/secret/03\.ans: is a symbolic link"):
        read_package(root)


def test_what_is_no_file_is_refused(tmp_path):
    import os

    root = write(tmp_path / "sum", PACKAGE)
    os.mkfifo(root / "data/secret/03.in")
    with pytest.raises(PackageError, match=r"sum/data/secret/03\.in: is neither a file nor a folder"):
        read_package(root)


def test_a_package_that_is_not_there(tmp_path):
    with pytest.raises(PackageError, match="there is no such folder or file"):
        read_package(tmp_path / "none")
