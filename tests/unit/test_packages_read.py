"""What is read out of a package: limits, tests in the order of judging, validators, submissions and what they must get."""

from collections import defaultdict
from pathlib import Path

import pytest

from packages.model import Limits, Timing, with_constants
from packages.read import read_package
from tests.unit.packaging import LEGACY, PACKAGE, VALIDATOR, with_yaml, write

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
    assert package.timing == Timing("problem.yaml: limits.time_limit", resolution_ms=250)
    said = {"compilation_time": 60, "compilation_memory": 2048}
    package = read_package(write(tmp_path / "sum", {"problem.yaml": with_yaml(**said)}))
    assert (package.limits.compilation_time_s, package.limits.compilation_memory_mib) == (60, 2048)


def test_a_time_limit_that_is_to_be_measured(tmp_path):
    multipliers = {"ac_to_time_limit": 3, "time_limit_to_tle": 1.25}
    files = {"problem.yaml": with_yaml(time_limit=None, time_resolution=0.1, time_multipliers=multipliers)}
    package = read_package(write(tmp_path / "sum", PACKAGE | files))
    assert package.limits.time_limit_ms == 0
    assert package.timing == Timing("", 3, 1.25, 100)
    package = read_package(write(tmp_path / "old", LEGACY | {".timelimit": None}))
    assert package.limits.time_limit_ms == 0
    assert package.timing == Timing("", 5, 2)


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
    ("yaml", "ini", "file", "seconds", "stated", "told"),
    [
        ("limits: {time_limit: 4}\n", "timelimit=2\n", "3\n", 4, "problem.yaml: limits.time_limit",
         ["limits.time_limit is 4000 ms, and domjudge-problem.ini: timelimit is 2000 ms",
          "limits.time_limit is 4000 ms, and .timelimit is 3000 ms"]),
        ("", "timelimit=2\n", "3\n", 2, "domjudge-problem.ini: timelimit",
         ["domjudge-problem.ini: timelimit is 2000 ms, and .timelimit is 3000 ms"]),
        ("", "timelimit='3'\n", "3\n", 3, "domjudge-problem.ini: timelimit", []),
        ("", "short-name=A\n", "3\n", 3, ".timelimit", []),
    ],
)  # fmt: skip
def test_where_a_legacy_package_says_its_time_limit(tmp_path, yaml, ini, file, seconds, stated, told):
    files = {"problem.yaml": f"name: Sum\n{yaml}", "domjudge-problem.ini": ini, ".timelimit": file}
    package = read_package(write(tmp_path / "sum", LEGACY | files))
    assert (package.limits.time_limit_ms, package.timing.stated) == (seconds * 1000, stated)
    others = [w for w in package.warnings if "domjudge-problem.ini: short-name: is passed over" in w]
    assert len(others) == ini.count("short-name")
    conflicts = [w for w in package.warnings if "the first one counts" in w]
    assert len(conflicts) == len(told)
    assert all(one in warning for one, warning in zip(told, conflicts, strict=True))


def test_other_systems_keys_in_a_legacy_package_are_told_and_change_nothing(tmp_path):
    files = {"problem.yaml": "name: Sum\ncredits: me\nlimits: {memory: 64, mood: 3}\n"}
    package = read_package(write(tmp_path / "sum", LEGACY | files))
    assert package.limits.memory_mib == 64
    assert [w for w in package.warnings if "is no key of the format" in w] == [
        "sum/problem.yaml: limits.mood: is passed over: it is no key of the format (line 3)",
        "sum/problem.yaml: credits: is passed over: it is no key of the format (line 2)",
    ]


@pytest.mark.parametrize("format_", ["legacy", "legacy-icpc"])
def test_legacy_packages(tmp_path, format_):
    files = {
        "problem.yaml": f"problem_format_version: {format_}\nvalidation: custom\nvalidator_flags: a b\nlimits:\n  memory: 64\n",
        ".timelimit": None,
        "domjudge-problem.ini": "timelimit='1.5'\nshort-name=A\n",
        "output_validators/check/check.cpp": "int main() { return 42; }\n",
        "output_validators/check/lib/check.h": "\n",
        "output_validators/again.py": "import sys; sys.exit(42)\n",
        "data/secret/testdata.yaml": "output_validator_flags: c\n",
        "submissions/time_limit_exceeded/slow.cpp": "\n",
        "submissions/mixed/any.c": "// @EXPECTED_RESULTS@: TIMELIMIT, WRONG_ANSWER\n",
    }
    package = read_package(write(tmp_path / "sum", LEGACY | files))
    assert (package.format, package.name, package.uuid) == (format_, "Sum", None)
    assert package.file_writing, "the legacy formats do not forbid it"
    assert package.limits == Limits(1500, memory_mib=64, ac_to_time_limit=5.0)
    assert [(v.name, v.language, len(v.files)) for v in package.validators] == [
        ("again", "python3", 1),
        ("check", "cpp", 2),
    ]
    assert [c.validator_args for c in package.test_cases] == [("a", "b"), ("a", "b", "c"), ("a", "b", "c")]
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
        "rejected/b.cpp": {"WA"},
        "rejected/f.c": {"WA", "RTE"},
        "run_time_error/Main.java": {"RTE"},
        "time_limit_exceeded/slow.py": {"WA", "TLE"},
        "wrong_answer/a.c": {"WA"},
    }
    assert found["odd/d.c"].program.entry_point == "here"
    assert [r.message for r in found["odd/d.c"].requirements] == ["too odd"]
    assert [r.tests for r in found["rejected/b.cpp"].requirements] == ["", "sample", "secret/0*"]
    assert {s.language for s in package.submissions} == {"c", "cpp", "java", "python3"}


TYPES = [
    ("", {"pass-fail"}),
    ("type: pass-fail", {"pass-fail"}),
    ("type: scoring", {"scoring"}),
    ("type: interactive", {"pass-fail", "interactive"}),
    ("type: [interactive, multi-pass, scoring]", {"scoring", "interactive", "multi-pass"}),
    ("type: [pass-fail, multi-pass]", {"pass-fail", "multi-pass"}),
    ("type: [submit-answer]", {"pass-fail", "submit-answer"}),
]


@pytest.mark.parametrize(("line", "types"), TYPES)
def test_types(tmp_path, line, types):
    files = {"problem.yaml": with_yaml(*([line] if line else [])), "output_validator/check.py": VALIDATOR}
    package = read_package(write(tmp_path / "sum", PACKAGE | files))
    assert package.types == types
    assert package.passes == (2 if "multi-pass" in types else 1)


def test_constants_stand_in_the_files_that_the_format_names(tmp_path):
    constants = "constants: {n: {value: 5000, tex: '5,000', word: many}, eps: 1e-9, who: '{{n}}'}"
    text = "{{n}} {{n.value}} {{n.tex}} {{eps}} {{who}} {{other}} {{n.other}}\n"
    meant = "5000 5000 5,000 1e-9 {{n}} {{other}} {{n.other}}\n"
    programs = ("input_validators/validate.py", "output_validator/check.py", "submissions/accepted/sum.py")
    plain = ("static_validator/check.py", "output_visualizer/see.py")
    files = {"problem.yaml": with_yaml(constants), **dict.fromkeys((*programs, *plain), text)}
    package = read_package(write(tmp_path / "sum", PACKAGE | files | {"include/default/lib/x.h": text}))
    (validator,), (input_validator,), (submission,) = package.validators, package.input_validators, package.submissions
    for program in (validator, input_validator, submission.program):
        assert program.sources()[0].data.decode() == meant
    for program in (package.static_validator, package.output_visualizer):
        assert program.sources()[0].data.decode() == text
    ((name, path),) = package.include["default"]
    assert (name, with_constants(path.read_bytes(), package.constants).decode()) == ("lib/x.h", meant)


def test_a_constant_that_is_not_what_it_seems_is_told(tmp_path):
    values = "{value: 5000000, tex: '5,000,000', sci: '5 \\cdot 10^6', power: '10^{6}', other: 500000, word: many}"
    files = {
        "problem.yaml": with_yaml(f"constants: {{n: {values}, nextsample: 1}}"),
        "statement/problem.en.md": "{{m}} {{n}}\n",
    }
    told = read_package(write(tmp_path / "sum", PACKAGE | files)).warnings
    assert [w for w in told if "static" not in w] == [
        "sum/problem.yaml: constants.n.power: 10^{6} looks like another value than 5000000 (line 4)",
        "sum/problem.yaml: constants.n.other: 500000 looks like another value than 5000000 (line 4)",
        "sum/problem.yaml: constants.nextsample: is a command in Markdown statements, and stays one there (line 4)",
        "sum/statement/problem.en.md: names 'm', which is no constant",
    ]


def test_included_files_by_language(tmp_path):
    files = {"include/default/a.txt": "all\n", "include/python3/b.txt": "\n", "include/python3/deep/c.py": "\n"}
    package = read_package(write(tmp_path / "sum", PACKAGE | files))
    assert {key: [name for name, _ in found] for key, found in package.include.items()} == {
        "default": ["a.txt"],
        "python3": ["b.txt", "deep/c.py"],
    }
    assert read_package(write(tmp_path / "old", LEGACY | {"include/cpp/x.h": "\n"})).include.keys() == {"cpp"}


def test_programs_of_every_form(tmp_path):
    files = {
        "output_validator/build": "c++ src/check.cpp\n", "output_validator/src/check.cpp": "\n",
        "input_validators/other.kt": "\n", "input_validators/two/__init__.py": "", "input_validators/two/__main__.py": "",
        "input_validators/own/run": "#!/bin/sh\n", "input_validators/own/data.txt": "\n", "input_validators/x.ctd": "EOF\n",
        "submissions/accepted/deep/lib/a.py": "", "submissions/accepted/deep/main.py": "", "submissions/accepted/run/run": "",
        "submissions/accepted/run/x.c": "", "submissions/accepted/old.py": "#!/usr/bin/env python2\n",
    }  # fmt: skip
    package = read_package(write(tmp_path / "sum", PACKAGE | files))
    (validator,) = package.validators
    assert (validator.own_build, validator.language) == (True, "")
    assert [name for name, _ in validator.files] == ["build", "src/check.cpp"]
    found = {p.name: (p.language, p.entry_point, p.own_build) for p in package.input_validators}
    assert (found["validate"], found["other"]) == (("python3", None, False), ("kotlin", None, False))
    assert found["two"] == ("python3", "__main__.py", False)
    assert found["own"] == ("", None, True)
    assert found["x"] == ("python3", "$checktestdata/start.py", False)
    submissions = {s.name: s for s in package.submissions}
    assert submissions["accepted/deep"].language == "python3"
    assert [name for name, _ in submissions["accepted/deep"].program.files] == ["lib/a.py", "main.py"]
    assert (submissions["accepted/run"].language, submissions["accepted/run"].program.own_build) == ("c", False)
    assert [w.partition(": ")[2] for w in package.warnings] == [
        "is in kotlin: the format has Python 3, C, C++, and others by build and run"
    ]


def test_the_size_of_answers_where_nothing_is_stated(tmp_path):
    files = {
        **dict.fromkeys(name for name in PACKAGE if name.startswith("submissions/")),
        "submissions/accepted/all/1.out": "3\n",
    }
    said = with_yaml("type: submit-answer")
    assert read_package(write(tmp_path / "a", PACKAGE | files | {"problem.yaml": said})).limits.code_kib == 1024
    said = with_yaml("type: submit-answer", code=64)
    assert read_package(write(tmp_path / "b", PACKAGE | files | {"problem.yaml": said})).limits.code_kib == 64


def test_a_language_that_podium_has_not_is_told(tmp_path):
    package = read_package(
        write(tmp_path / "sum", PACKAGE | {"problem.yaml": with_yaml("languages: [cobol, cpp, zig]")})
    )
    assert package.languages == {"cobol", "cpp", "zig"}
    assert package.warnings == (
        "sum/problem.yaml: languages: podium has no cobol (line 4)",
        "sum/problem.yaml: languages: podium has no zig (line 4)",
    )


def test_test_cases_come_in_the_order_of_their_whole_names(tmp_path):
    cases = {f"data/secret/{name}.{e}": "1 2\n" for name in ("a/1", "a-b/1", "a.x", "b") for e in ("in", "ans")}
    flat = read_package(write(tmp_path / "sum", PACKAGE | cases))
    assert [c.name for c in flat.test_cases] == [
        "sample/1", "secret/01", "secret/02", "secret/a-b/1", "secret/a.x", "secret/a/1", "secret/b",
    ]  # fmt: skip
    grouped = {name: text for name, text in PACKAGE.items() if not name.startswith("data/secret")}
    grouped |= {name: text for name, text in cases.items() if name.count("/") == 3}
    grouped |= {f"data/secret/{name}/test_group.yaml": "" for name in ("a", "a-b")}
    names = [c.name for c in read_package(write(tmp_path / "grouped", grouped)).test_cases]
    assert names == ["sample/1", "secret/a/1", "secret/a-b/1"]  # groups by their names, and cases inside of each
    old = read_package(write(tmp_path / "old", LEGACY | cases))
    assert [c.name for c in old.test_cases][3:] == ["secret/a/1", "secret/a-b/1", "secret/a.x", "secret/b"]


def test_static_validators_graders_and_visualizers(tmp_path):
    files = {
        "problem.yaml": with_yaml("type: scoring"),
        "data/secret/test_group.yaml": "static_validation_score: 10\n",
        "static_validator/check.cpp": "\n",
        "output_visualizer/run": "#!/bin/sh\n",
        "input_visualizer/see.py": "\n",
    }
    package = read_package(write(tmp_path / "sum", PACKAGE | files))
    assert package.static_validator.language == "cpp"
    assert package.output_visualizer.own_build
    assert package.warnings == ("sum/output_visualizer: is not run: podium shows no images of outputs",)
    package = read_package(write(tmp_path / "idle", PACKAGE | {"static_validator/check.py": "\n"}))
    assert "is not used: no test_group.yaml has static_validation_score" in package.warnings[0]
    files = {"problem.yaml": "type: scoring\nname: Sum\n", "graders/grade/run": "\n"}
    assert read_package(write(tmp_path / "old", LEGACY | files)).grader.own_build


def test_statements_of_a_legacy_package(tmp_path):
    files = {
        "problem_statement/problem.tex": None,
        "problem_statement/problem.sv.pdf": b"%PDF",
        "problem.html": "<p>Sum</p>\n",
    }
    package = read_package(write(tmp_path / "sum", LEGACY | files))
    assert package.statements == {"sv": "problem_statement/problem.sv.pdf", "en": "problem.html"}
    assert package.statement == "problem.html"
    both = {
        "problem_statement/problem.en.pdf": b"%PDF",
        "problem_statement/problem.en.tex": "\\problemname{$a+b$ x}\n%% plainproblemname: a+b\n",
    }
    package = read_package(
        write(tmp_path / "two", LEGACY | both | {"problem.yaml": "", "problem_statement/problem.tex": None})
    )
    assert package.statement == "problem_statement/problem.en.pdf"


def test_what_a_statement_shows_and_is_not_there_is_told(tmp_path):
    files = {
        "statement/problem.en.md": "![x](x.png) ![y](y.png)\n",
        "statement/x.png": b"\x89PNG",
        "statement/problem.en.html": "\n",
    }
    told = read_package(write(tmp_path / "sum", PACKAGE | files)).warnings
    assert told == (
        "sum/statement/problem.en.html: is passed over: a statement is md, pdf, tex",
        "sum/statement/problem.en.md: shows y.png, which is not beside it",
    )


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
        "input_validators/notes.txt": "\n",
        "data/secret/README": "\n",
        "data/other/1.in": "",
        "data/secret/02.ans": b"9\xff\n",
        "data/secret/02.yaml": "input_visualizer_args: [x]\n",
        "submissions/accepted/sum.tcl": "\n",
        **{f"data/secret/{n}.{e}": "1\n" for n in range(100, 123) for e in ("in", "ans")},
        "problem.yaml": with_yaml(time_limit=60),
    }
    warnings = read_package(write(tmp_path / "sum", PACKAGE | files)).warnings
    assert sorted(w.split(":")[0] for w in warnings) == [
        "sum/data",
        "sum/data/other",
        "sum/data/secret/02.ans",
        "sum/data/secret/02.yaml",
        "sum/data/secret/README",
        "sum/input_validators/notes.txt",
        "sum/notes.txt",
        "sum/submissions/accepted/sum.tcl",
    ]
    for why in (
        "sum/data: 26 test cases may take up to 52 minutes at 60000 ms each, ",
        "02.ans: is not UTF-8, as text must be: byte 1",
        "02.yaml: input_visualizer_args: has no effect",
        "sum.tcl: is in no known language by the extensions of its files: it is skipped",
    ):
        assert any(why in warning for warning in warnings)


EXAMPLES = Path(__file__).parents[3] / "shared/data/packages"


@pytest.mark.skipif(not EXAMPLES.exists(), reason="the format's example packages are not on this machine")
def test_the_example_of_the_format_that_breaks_nothing_is_read():
    package = read_package(EXAMPLES / "maximal")
    assert package.names == {"en": "Sample Problem", "sv": "Exempelproblem"}
    assert package.languages == {"python3", "cpp"}
    assert sorted(package.include) == ["default", "python3"]
    assert b"{{" not in package.validators[0].sources()[0].data
