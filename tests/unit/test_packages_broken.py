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
    ({YAML: with_yaml("type: pass-fail interactive")}, "type: 'pass-fail interactive' is no type of the format: one of pass-fail, "),
    ({YAML: with_yaml("type: puzzle")}, "sum/problem.yaml: type: 'puzzle' is no type of the format"),
    ({YAML: with_yaml("type: [pass-fail, scoring]")}, "type: pass-fail and scoring exclude each other (line 4)"),
    ({YAML: with_yaml("type: [multi-pass, submit-answer]")}, "type: multi-pass and submit-answer exclude each other"),
    ({YAML: with_yaml("type: [interactive, submit-answer]")}, "type: interactive and submit-answer exclude each other"),
    ({YAML: with_yaml("type: [interactive, interactive]")}, "type: must name one type, or several without repetition"),
    ({YAML: with_yaml("type: []")}, "type: must name one type, or several without repetition"),
    ({YAML: with_yaml("type: {scoring: true}")}, "type: must be a sequence of strings"),
    ({YAML: with_yaml("type: interactive")}, "sum/output_validator: an interactive problem has one output validator of its own"),
    ({YAML: with_yaml("type: multi-pass")}, "sum/output_validator: is missing: only an output validator of its own"),
    ({YAML: with_yaml("languages: []")}, "languages: must name a language"),
    ({YAML: with_yaml("languages: [all, c]")}, "languages: must be all, or codes of the format's table of languages, of which 'all'"),
    ({YAML: with_yaml("languages: [cobol, zig]")}, "languages: podium has none of them: cobol, zig (line 4)"),
    ({YAML: with_yaml("languages: 'c cpp'")}, "of which 'c cpp' is none"),
    ({YAML: with_yaml("allow_file_writing: 1")}, "allow_file_writing: must be true or false, not 1"),
    ({YAML: with_yaml("constants: [n]")}, "constants: must be a map"),
    ({YAML: with_yaml("constants:")}, "constants: must be a map, not None (line 4)"),
    ({YAML: with_yaml("constants: {n-1: 5}")}, "constants.n-1: is no name of a constant"),
    ({YAML: with_yaml("constants: {n: {tex: 5}}")}, "constants.n: has no key value"),
    ({YAML: with_yaml("constants: {n: {value: 5, tex: true}}")}, "constants.n.tex: must be an integer, a float or a string"),
    ({YAML: with_yaml("license: mine")}, "license: 'mine' is none of unknown"),
    ({YAML: with_yaml("license: cc0")}, "rights_owner: is missing: the license is cc0"),
    ({YAML: with_yaml("credits: {authors: []}")}, "credits.authors: must be a person"),
    ({YAML: with_yaml("credits: {testers: [{name: A, phone: 5}]}")}, "of which 'phone' is none"),
    ({YAML: with_yaml("credits: {translators: {english: A}}")}, "credits.translators: must be a map of language codes, of which 'english'"),
    ({YAML: with_yaml("source: [{name: A, link: b}]")}, "source: must be a string, a map with the keys name and url"),
    ({YAML: with_yaml("source_url: https://example.org")}, "source_url: is no key of the format (line 4)"),
    ({YAML: with_yaml("embargo_until: 2026-01-01 10:00:00")}, "embargo_until: must be a date"),
    ({YAML: with_yaml("license: public domain", "rights_owner: me")}, "rights_owner: must not be set"),
    ({YAML: with_yaml("credits: {writers: me}")}, "credits.writers: is no key of the format"),
    ({YAML: with_yaml("embargo_until: tomorrow")}, "embargo_until: must be a date"),
    ({YAML: with_yaml(time_limit=0)}, "limits.time_limit: must be a number above 0, not 0"),
    ({YAML: with_yaml(time_limit=1.5)}, "limits.time_limit: 1500 ms is no multiple of time_resolution, 1000 ms (line 5)"),
    ({YAML: with_yaml(time_limit=3600)}, "limits.time_limit: 3600 s is more than podium allows"),
    ({YAML: with_yaml(time_limit=0.0005)}, "limits.time_limit: 0.0005 s is not whole milliseconds"),
    ({YAML: with_yaml(time_limit="2 s")}, "limits.time_limit: must be a number above 0, not '2 s'"),
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
    ({"statement/problem.en.md": "Sum.\n\n<script>x</script>\n"}, "sum/statement/problem.en.md: has a script"),
    ({"statement/problem.en.md": "![x](https://example.org/x.png)\n"}, "shows https://example.org/x.png, which lies outside the package"),
    ({"statement/problem.en.md": "{{nextsample}}\n\n{{nextsample}}\n"}, "statement/problem.en.md: asks for 2 next samples, and there are 1"),
    ({"statement/x.svg": "<svg onload='x()'/>\n"}, "sum/statement/x.svg: has scripting"),
    ({"statement/x.svg": "<svg><image href='https://example.org/x.png'/></svg>\n"}, "sum/statement/x.svg: refers to something outside it"),
    ({"solution/notes.txt": "\n"}, "sum/solution: has no description"),
    ({"solution/solution.md": "a\n", "solution/solution.en.tex": "b\n"}, "sum/solution: there are 2 descriptions in en"),
    ({"problem_statement/problem.tex": "Sum.\n"}, "sum/problem_statement: the 2025-09 format calls it statement"),
    # data
    ({"data/secret/01.ans": None}, "sum/data/secret/01.in: there is no data/secret/01.ans"),
    ({"data/secret/01.in": None}, "sum/data/secret/01.ans: there is no data/secret/01.in"),
    ({f"data/secret/0{n}.{e}": None for n in (1, 2) for e in ("in", "ans")}, "sum/data/secret: has no test case"),
    ({"data/secret/01.in": "2 3\r\n"}, "sum/data/secret/01.in: has carriage returns"),
    ({"data/secret/01.in": b"\xef\xbb\xbf2 3\n"}, "sum/data/secret/01.in: begins with a byte-order mark"),
    ({"data/secret/01.ans": "5"}, "sum/data/secret/01.ans: does not end with a line end"),
    ({"data/secret/01/1.in": "", "data/secret/01/1.ans": ""}, "there is a folder of the same name"),
    ({"data/secret/01.interaction": "<1\n"}, "sum/data/secret/01.interaction: there is no .in.download beside it"),
    ({"data/sample/1.in.statement": "1\n"}, "sum/data/sample/1.in.statement: there is no .in.download beside it"),
    ({"data/secret/01.yaml": "output_validator_args: [exact]\n"}, "data/secret/01: arguments of the output validator: 'exact' is no"),
    ({"data/secret/test_group.yaml": "output_validator_args: [float_tolerance]\n"}, "float_tolerance needs a number, not ''"),
    ({"data/secret/test_group.yaml": "output_validator_args: [float_tolerance, 1_0]\n"}, "float_tolerance needs a number, not '1_0'"),
    ({"data/secret/test_group.yaml": "output_validator_args: [float_tolerance, -1]\n"}, "float_tolerance needs a number, not '-1'"),
    ({"data/secret/test_group.yaml": "output_validator_args: float_tolerance 1\n"}, "output_validator_args: must be a sequence"),
    ({"data/secret/test_group.yaml": "max_score: 5\n"}, "sum/data/secret/test_group.yaml: max_score: is only for scoring"),
    ({"data/secret/test_group.yaml": "static_validation_score: 1\n"}, "static_validation_score: must be pass-fail: a score is only for scoring problems"),
    ({"data/secret/test_group.yaml": "on_reject: break\n"}, "sum/data/secret/test_group.yaml: on_reject: is no key of the format"),
    ({"data/secret/testdata.yaml": ""}, "sum/data/secret/testdata.yaml: the 2025-09 format calls it test_group.yaml"),
    ({"data/secret/a/test_group.yaml": "", "data/secret/a/1.in": "", "data/secret/a/1.ans": ""}, "lies beside test data groups"),
    ({"data/sample/a/test_group.yaml": ""}, "sum/data/sample/a/test_group.yaml: there are no test data groups in data/sample"),
    ({"data/valid_output/1.in": "1\n", "data/valid_output/1.ans": "1\n"}, "sum/data/valid_output/1.out: is missing"),
    # programs
    ({"output_validators/check.py": VALIDATOR}, "sum/output_validators: the 2025-09 format calls it output_validator"),
    ({"output_validator/check.txt": "exit 42\n"}, "sum/output_validator/check.txt: is no program: its files are not in one language"),
    ({"output_validator/a.c": "", "output_validator/b.py": ""}, "sum/output_validator: is no program: its files are not in one language"),
    ({"output_validator/a.py": "", "output_validator/b.py": ""}, "sum/output_validator: has several Python files, and no __main__.py"),
    ({"output_validator/a/a.py": "", "output_validator/b/b.py": ""}, "sum/output_validator: holds one program, and there are a, b"),
    ({"output_validator/check.ml": "\n"}, "sum/output_validator/check.ml: a program of the jury's in ocaml is not supported"),
    ({"static_validator/check.adb": "\n"}, "sum/static_validator/check.adb: a program of the jury's in ada is not supported"),
    ({"input_validators/other.py2": "\n"}, "sum/input_validators/other.py2: a program of the jury's in python2 is not supported"),
    ({"input_validators/validate.py": None}, "sum/input_validators: is missing: the test data cannot be checked"),
    ({"input_validators/validate.py": None, "input_validators/README": ""}, "sum/input_validators: is missing"),
    ({"include/x.h": "\n"}, "sum/include/x.h: lies in no folder of a language"),
    ({"include/klingon/x": "\n"}, "sum/include/klingon: 'klingon' is no code of the format's table of languages"),
    ({"include/c/x.h": "\n", YAML: with_yaml("languages: [cpp]")}, "sum/include/c: problem.yaml: languages: does not allow c"),
    ({"static_validator/x.txt": "\n"}, "sum/static_validator/x.txt: is no program"),
    ({"static_validator/x.py": "\n", YAML: with_yaml("type: submit-answer")}, "sum/static_validator: a submit-answer problem has no"),
    ({"graders/grade.py": "\n"}, "sum/graders: is part of the legacy format alone, and this package is 2025-09"),
    ({"attachments/tools/x.py": "\n"}, "sum/attachments/tools: only templates may be a folder in attachments"),
    ({"attachments/templates/x.py": "\n"}, "sum/attachments/templates/x.py: lies in no folder of a language"),
    ({"attachments/templates/klingon/x": "\n"}, "sum/attachments/templates/klingon: 'klingon' is no code"),
    # submissions
    ({"submissions/accepted/sum.py": None}, "sum/submissions/accepted: has no submission"),
    ({"submissions/sum.py": "\n"}, "sum/submissions/sum.py: lies in no folder of submissions"),
    ({"submissions/slow/sum.py": "\n"}, "sum/submissions/slow/sum.py: slow is no folder of the format"),
    ({"submissions/accepted/two/a.c": "", "submissions/accepted/two/b.py": ""}, "accepted/two: has no single language: by the extensions of its files c, python3"),
    ({"submissions/partially_accepted/a.py": ""}, "sum/submissions/partially_accepted/a.py: partially_accepted is no folder of the format"),
    ({"submissions/mixed/a.py": "# @EXPECTED_RESULTS@: MAYBE\n"}, "'MAYBE' is no result that podium knows"),
    ({"submissions/accepted/a.py": "# @EXPECTED_RESULTS@: WRONG-ANSWER\n"}, "no verdict satisfies all that is required of it"),
    ({"submissions/submissions.yaml": "'**/x.py': {permitted: [AC]}\n"}, "** and [] are not part of the format"),
    ({"input_validators/validate.c": "\n"}, "sum/input_validators: two programs are called validate"),
    ({"submissions/submissions.yaml": f"'{'{a,b}' * 10}': {{permitted: [AC]}}\n"}, "stands for more than 1000 patterns"),
    ({"submissions/submissions.yaml": f"accepted/*:\n  '{'{a,b}' * 40}': {{permitted: [AC]}}\n"}, "stands for more than 1000 patterns"),
    ({"submissions/submissions.yaml": "accepted: {permitted: [JE]}\n"}, "permitted: must be a sequence of AC, WA, TLE and RTE"),
    ({"submissions/submissions.yaml": "accepted: {required: [WA]}\n"}, "required: and permitted have no verdict in common"),
    ({"submissions/submissions.yaml": "accepted: {score: 5}\n"}, "accepted.score: is only for scoring problems"),
    ({"submissions/submissions.yaml": "accepted: {verdict: AC}\n"}, "accepted.verdict: is no key of the format"),
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
    ({".timelimit": "soon\n"}, "sum/.timelimit: 'soon' is no time limit in seconds"),
    ({".timelimit": "0.0001\n"}, "sum/.timelimit: '0.0001' is no time limit in seconds"),
    ({"domjudge-problem.ini": "timelimit = 600\n"}, "sum/domjudge-problem.ini: '600' is no time limit in seconds, up to 60"),
    ({"domjudge-problem.ini": "special_run = run\n"}, "sum/domjudge-problem.ini: special_run: a program outside the package is not"),
    ({"domjudge-problem.ini": "[\n"}, "sum/domjudge-problem.ini: "),
    ({YAML: "type: interactive\n"}, "sum/problem.yaml: type: must be pass-fail or scoring, not 'interactive' (line 1)"),
    ({YAML: "problem_format_version: legacy-icpc\ntype: scoring\n"}, "type: the legacy-icpc format has no scoring problems (line 2)"),
    ({YAML: "grading: {objective: max}\n"}, "sum/problem.yaml: grading: is only for scoring problems (line 1)"),
    ({YAML: "type: scoring\ngrading: {objective: most}\n"}, "grading.objective: must be max or min, not 'most' (line 2)"),
    ({YAML: "type: scoring\ngrading: {objective: min}\n"}, "sum/problem.yaml: grading.objective: min is not supported (line 2)"),
    ({YAML: "type: scoring\ngrading: {accept_score: 5}\n"}, "grading.accept_score: outside testdata.yaml"),
    ({YAML: "validation: custom score\n", "output_validators/c.py": VALIDATOR}, "validation: score is only for scoring problems"),
    ({YAML: "validation: custom multi-pass\n"}, "validation: after custom there may be score and interactive, not 'multi-pass'"),
    ({YAML: "validation: default score\n"}, "validation: must be default or custom, not 'default score'"),
    ({YAML: "validation: strict\n"}, "sum/problem.yaml: validation: must be default or custom"),
    ({YAML: "validation: custom\n"}, "sum/output_validators: is missing: problem.yaml says validation: custom"),
    ({YAML: "validation: custom interactive\n", "output_validators/a.py": VALIDATOR, "output_validators/b.py": VALIDATOR}, "an interactive problem has one output validator of its own, and this one 2"),
    ({YAML: "validation: custom\n", "output_validators/notes.txt": "\n"}, "sum/output_validators/notes.txt: is no program"),
    ({YAML: "validator_flags: exact\n"}, "sum/problem.yaml: arguments of the output validator: 'exact' is no argument"),
    ({YAML: "source_url: https://example.org\n"}, "source_url: must not be given without source"),
    ({YAML: "limits: {time_limit: soon}\n"}, "limits.time_limit: must be a number above 0, not 'soon' (line 1)"),
    ({"statement/problem.en.md": "Sum.\n"}, "sum/statement: the legacy format calls it problem_statement"),
    ({"problem_statement/problem.tex": None}, "sum/problem_statement: has no statement"),
    ({"problem_statement/problem.tex": "\\nextsample \\nextsample\n"}, "problem.tex: asks for 2 next samples, and there are 1"),
    ({"data/secret/test_group.yaml": ""}, "sum/data/secret/test_group.yaml: the legacy format calls it testdata.yaml"),
    ({"graders/grade.py": ""}, "sum/graders: are only for scoring problems"),
    ({YAML: "type: scoring\n", "graders/a.py": "", "graders/b.py": ""}, "sum/graders: there may be one grader, and there are a.py, b.py"),
    ({YAML: "type: scoring\n", "data/testdata.yaml": "grading: custom\n"}, "sum/data: grading: custom: there is no grader in graders"),
    ({"static_validator/x.py": ""}, "sum/static_validator: is part of the 2025-09 format alone, and this package is legacy"),
    ({"include/default/x.h": "\n"}, "sum/include/default: the legacy format has folders of languages alone"),
    ({YAML: "problem_format_version: legacy-icpc\n", "include/c/x.h": "\n"}, "sum/include/c: the legacy-icpc format has no included"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "cause"), LEGACY_DAMAGE, ids=[cause[:40] for _, cause in LEGACY_DAMAGE])
def test_a_broken_legacy_package_is_refused_with_file_and_cause(tmp_path, damage, cause):
    with pytest.raises(PackageError) as refused:
        read_package(write(tmp_path / "sum", LEGACY | damage))
    lines = str(refused.value).splitlines()
    assert any(cause in line for line in lines), lines
    assert all(line.startswith("sum/") for line in lines)


def test_there_are_more_than_forty_kinds_of_damage():
    assert len({cause for _, cause in DAMAGE}) > 100
    assert len({cause for _, cause in LEGACY_DAMAGE}) > 20


def test_everything_that_is_wrong_is_said_at_once(tmp_path):
    damage = {"data/secret/01.ans": None, "submissions/accepted/sum.py": None, "include/x.h": "\n"}
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


def test_a_folder_of_the_package_may_be_linked(tmp_path):
    root = write(tmp_path / "sum", PACKAGE)
    (root / "submissions/rejected").mkdir()
    (root / "data/secret/more").symlink_to("../sample")
    assert [case.name for case in read_package(root).test_cases][-1] == "secret/more/1"
    for aim, cause in (("..", "or in a circle"), (tmp_path, "leads out of the package"), (".", "or in a circle")):
        (root / "data/secret/more").unlink()
        (root / "data/secret/more").symlink_to(aim)
        with pytest.raises(PackageError, match=rf"sum/data/secret/more: is a symbolic link .*{cause}"):
            read_package(root)


def test_what_is_no_file_is_refused(tmp_path):
    import os

    root = write(tmp_path / "sum", PACKAGE)
    os.mkfifo(root / "data/secret/03.in")
    with pytest.raises(PackageError, match=r"sum/data/secret/03\.in: is neither a file nor a folder"):
        read_package(root)


def test_the_name_of_a_package(tmp_path):
    with pytest.raises(PackageError, match="Sum-1/: the name of a package has lower-case letters and digits only"):
        read_package(write(tmp_path / "Sum-1", PACKAGE))
    assert "lower-case" in "".join(read_package(write(tmp_path / "Sum-2", LEGACY)).warnings)


def test_a_package_that_is_not_there(tmp_path):
    with pytest.raises(PackageError, match="there is no such folder or file"):
        read_package(tmp_path / "none")
