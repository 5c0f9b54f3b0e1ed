"""What is read out of a package: limits, tests in the order of judging, validators, submissions and what they must get."""

from collections import defaultdict
from pathlib import Path

import pytest

from packages.model import Limits
from packages.read import read_package
from packages.submissions import matches
from tests.unit.packaging import LEGACY, PACKAGE, with_yaml, write

PROBLEMS = sorted(p for p in (Path(__file__).parents[2] / "problems").iterdir() if p.is_dir())


def test_the_shipped_problems_show_every_verdict_in_every_language():
    shown = defaultdict(set)
    packages = [read_package(path) for path in PROBLEMS]
    for package in packages:
        assert package.warnings == (), package.short_name
        assert package.format == "2025-09"
        assert package.input_validators
        assert package.limits.time_limit_ms in (1000, 2000)
        assert len({s.language for s in package.submissions if s.expected == {"AC"}}) >= 2
        for submission in package.submissions:
            shown[submission.language] |= submission.expected
    assert len(packages) >= 6
    assert dict(shown) == {language: {"AC", "WA", "TLE", "RTE", "CE"} for language in ("c", "cpp", "java", "python3")}
    assert [p.short_name for p in packages if p.validators] == ["evenshare"]
    assert [p.short_name for p in packages if p.test_cases[0].validator_args] == ["dunes"]
    assert len({p.uuid for p in packages}) == len(packages)


def test_limits_are_resolved(tmp_path):
    package = read_package(write(tmp_path / "sum", PACKAGE))
    assert package.limits == Limits(2000)
    named = {"time_limit": 0.5, "time_resolution": 0.25, "memory": 128, "output": 1, "code": 64, "validation_time": 5}
    package = read_package(write(tmp_path / "sum", {"problem.yaml": with_yaml(**named)}))
    assert package.limits == Limits(500, memory_mib=128, output_mib=1, code_kib=64, validation_time_s=5)


def test_cases_come_in_the_order_of_judging_with_their_arguments(tmp_path):
    files = {
        "data/secret/test_group.yaml": "output_validator_args: [case_sensitive]\nargs: [-v]\n",
        "data/secret/10.yaml": "output_validator_args: []\nhint: think\n",
        **dict.fromkeys(
            ("data/secret/10.in", "data/secret/10.ans", "data/secret/9/z.in", "data/secret/9/z.ans"), "1\n"
        ),
        "data/secret/01.png": b"\x89PNG",
        "data/sample/1.out": "+3\n",
    }
    first, *rest = read_package(write(tmp_path / "sum", PACKAGE | files)).test_cases
    assert first.sample
    assert (first.name, first.validator_args, first.args) == ("sample/1", (), ())
    assert first.shown_answer.read_text() == "+3\n"
    assert [(c.name, c.validator_args, c.args, c.hint) for c in rest] == [
        ("secret/01", ("case_sensitive",), ("-v",), ""),
        ("secret/02", ("case_sensitive",), ("-v",), ""),
        ("secret/10", (), ("-v",), "think"),
        ("secret/9/z", ("case_sensitive",), ("-v",), ""),
    ]


def test_test_data_groups_are_judged_one_after_the_other(tmp_path):
    groups = {f"data/secret/{g}/{n}.{e}": "1\n" for g in ("b", "a") for n in (2, 1) for e in ("in", "ans")}
    marks = {
        "data/secret/a/test_group.yaml": "",
        "data/secret/b/test_group.yaml": "output_validator_args: [case_sensitive]\n",
    }
    loose = {f"data/secret/0{n}.{e}": None for n in (1, 2) for e in ("in", "ans")}
    cases = read_package(write(tmp_path / "sum", PACKAGE | groups | marks | loose)).test_cases
    assert [c.name for c in cases] == ["sample/1", "secret/a/1", "secret/a/2", "secret/b/1", "secret/b/2"]
    assert [c.validator_args for c in cases[1:]] == [(), (), ("case_sensitive",), ("case_sensitive",)]


def test_names_and_statements_by_language(tmp_path):
    yaml = with_yaml().replace("name: Sum", "name: {de: Summe, en: Sum}")
    files = {"problem.yaml": yaml, "statement/problem.de.md": "Summe.\n"}
    package = read_package(write(tmp_path / "sum", PACKAGE | files))
    assert package.name == "Sum"
    assert package.names == {"de": "Summe", "en": "Sum"}
    assert package.statement == "statement/problem.en.md"
    assert package.statements["de"] == "statement/problem.de.md"


@pytest.mark.parametrize(
    ("yaml", "ini", "file", "seconds"),
    [
        ("limits: {time_limit: 4}\n", "timelimit=2\n", "3\n", 4),
        ("", "timelimit=2\n", "3\n", 2),
        ("", "short-name=A\n", "3\n", 3),
    ],
)
def test_where_a_legacy_package_says_its_time_limit(tmp_path, yaml, ini, file, seconds):
    files = {"problem.yaml": f"name: Sum\n{yaml}", "domjudge-problem.ini": ini, ".timelimit": file}
    assert read_package(write(tmp_path / "sum", LEGACY | files)).limits.time_limit_ms == seconds * 1000


def test_other_systems_keys_in_a_legacy_package_are_told_and_change_nothing(tmp_path):
    files = {"problem.yaml": "name: Sum\ncredits: me\nlimits: {memory: 64, mood: 3}\n"}
    package = read_package(write(tmp_path / "sum", LEGACY | files))
    assert package.limits.memory_mib == 64
    assert [w for w in package.warnings if "is no key of the format" in w] == [
        "sum/problem.yaml: limits.mood: is passed over: it is no key of the format",
        "sum/problem.yaml: credits: is passed over: it is no key of the format",
    ]


@pytest.mark.parametrize("format_", ["legacy", "legacy-icpc"])
def test_legacy_packages(tmp_path, format_):
    files = {
        "problem.yaml": f"problem_format_version: {format_}\nvalidation: custom\nvalidator_flags: a b\nlimits:\n  memory: 64\n",
        ".timelimit": None,
        "domjudge-problem.ini": "timelimit='1.5'\nshort-name=A\n",
        "output_validators/check/check.cpp": "int main() { return 42; }\n",
        "output_validators/check/check.h": "\n",
        "output_validators/again.py": "import sys; sys.exit(42)\n",
        "data/secret/testdata.yaml": "output_validator_flags: c\n",
        "submissions/time_limit_exceeded/slow.cpp": "\n",
        "submissions/mixed/any.c": "// @EXPECTED_RESULTS@: TIMELIMIT, WRONG_ANSWER\n",
    }
    package = read_package(write(tmp_path / "sum", LEGACY | files))
    assert (package.format, package.name, package.uuid) == (format_, "Sum", None)
    assert package.limits == Limits(1500, memory_mib=64, ac_to_time_limit=5.0)
    assert [(v.name, v.language, len(v.files)) for v in package.validators] == [
        ("again", "python3", 1),
        ("check", "cpp", 2),
    ]
    assert [c.validator_args for c in package.test_cases] == [("a", "b"), ("c",), ("c",)]
    assert package.statement == "problem_statement/problem.tex"
    expected = {s.name: s.expected for s in package.submissions}
    assert expected["time_limit_exceeded/slow.cpp"] == {"TLE", "WA"}
    assert expected["mixed/any.c"] == {"TLE", "WA"}


def test_what_a_submission_must_get(tmp_path):
    files = {
        **{f"submissions/{folder}/{name}": "\n" for folder, name in (
            ("wrong_answer", "a.c"), ("time_limit_exceeded", "slow.py"), ("run_time_error", "Main.java"),
            ("rejected", "b.cpp"), ("brute_force", "c.c"), ("odd", "d.c"),
        )},
        "submissions/compile_error/e.c": "// @EXPECTED_RESULTS@: COMPILER-ERROR\n",
        "submissions/rejected/f.c": "// @EXPECTED_RESULTS@: WRONG-ANSWER, RUN-ERROR\n",
        "submissions/submissions.yaml": (
            "time_limit_exceeded:\n  permitted: [AC, WA, TLE]\n"
            "'odd/*.{c,cpp}':\n  permitted: [AC, RTE]\n  required: [RTE]\n  entrypoint: here\n  message: too odd\n"
            "rejected/b.cpp:\n  sample:\n    permitted: [AC]\n  secret/0*:\n    permitted: [AC, WA]\n    required: [WA]\n"
        ),
    }  # fmt: skip
    package = read_package(write(tmp_path / "sum", PACKAGE | files))
    found = {s.name: s for s in package.submissions}
    assert {name: set(s.expected) for name, s in found.items()} == {
        "accepted/sum.py": {"AC"},
        "brute_force/c.c": {"RTE", "TLE"},
        "compile_error/e.c": {"CE"},
        "odd/d.c": {"RTE"},
        "rejected/b.cpp": {"WA", "TLE", "RTE"},
        "rejected/f.c": {"WA", "RTE"},
        "run_time_error/Main.java": {"RTE"},
        "time_limit_exceeded/slow.py": {"WA", "TLE"},
        "wrong_answer/a.c": {"WA"},
    }
    assert found["odd/d.c"].program.entry_point == "here"
    assert [r.message for r in found["odd/d.c"].requirements] == ["too odd"]
    assert [r.tests for r in found["rejected/b.cpp"].requirements] == ["", "sample", "secret/0*"]
    assert {s.language for s in package.submissions} == {"c", "cpp", "java", "python3"}


@pytest.mark.parametrize(
    ("pattern", "path", "matched"),
    [
        ("accepted", "accepted/a.py", True),
        ("accepted/*", "accepted/a.py", True),
        ("accept*", "accepted/deep/a.py", True),
        ("*.py", "accepted/a.py", False),
        ("*/a.{py,c}", "accepted/a.c", True),
        ("*/{a,b}.{py,c}", "accepted/b.py", True),
        ("accepted/a.p?", "accepted/a.py", False),
        ("secret/*-easy", "secret/01-easy", True),
        ("secret/*", "secret/a/b", True),
        ("*", "a.b/c", True),
        ("a.b", "axb", False),
    ],
)
def test_patterns_of_submissions_and_tests(pattern, path, matched):
    assert matches(pattern, path) is matched


def test_hidden_and_misnamed_files_are_as_if_they_were_not_there(tmp_path):
    clean = read_package(write(tmp_path / "sum", PACKAGE))
    junk = {".git/config": "x", "data/secret/.01.in.swp": "x", "data/secret/über.in": "x", "data/secret/-x.ans": "x"}
    package = read_package(write(tmp_path / "sum", junk))
    assert package.digest == clean.digest
    assert package.test_cases == clean.test_cases
    assert sorted(w.split(":")[0] for w in package.warnings) == ["sum/data/secret/-x.ans", "sum/data/secret/über.in"]


def test_what_has_no_effect_is_told(tmp_path):
    files = {
        "notes.txt": "\n",
        "input_validators/grammar.ctd": "INT(1,2)\n",
        "data/secret/README": "\n",
        "data/other/1.in": "",
    }
    warnings = read_package(write(tmp_path / "sum", PACKAGE | files)).warnings
    assert sorted(w.split(":")[0] for w in warnings) == [
        "sum/data/other",
        "sum/data/secret/README",
        "sum/input_validators/grammar.ctd",
        "sum/notes.txt",
    ]
