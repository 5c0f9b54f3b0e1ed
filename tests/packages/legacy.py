"""Packages of the legacy formats: metadata, time limits, marks, validators, flags, included files, graders."""

from tests.packages.build import SUM, WRONG, Made, case, legacy, python_that_wants
from tests.packages.programs import BUILD, CHECK_C
from tests.packages.scoring import GONE, failing
from tests.packages.talking import GUESS, NUMBERS

__all__ = ["PACKAGES"]

MARK = "# @EXPECTED_RESULTS@: "
SCORE_MARK = "# @EXPECTED_SCORE@: "
CHECK = """import sys
assert sys.argv[4:] == {flags}, sys.argv
sys.exit(42 if sys.stdin.buffer.read().split() == open(sys.argv[2], "rb").read().split() else 43)
"""
TALKED = {name: text for name, text in NUMBERS.items() if not name.endswith(".download")}


def folder(name: str, said: str, *numbers: int) -> dict[str, str | None]:
    """A folder of data with its testdata.yaml and the cases `N 1`."""
    files: dict[str, str | None] = {f"data/{name}/testdata.yaml": said}
    for number in numbers:
        files |= case(f"{name}/{number}", f"{number} 1", str(number + 1))
    return GONE | files


PACKAGES: list[Made] = [
    legacy("oldminimal", time_limit=None),
    legacy(
        "oldmetadata",
        "problem_format_version: legacy",
        "type: pass-fail",
        "uuid: 1b4e28ba-2fa1-11d2-883f-0016d3cca427",
        "author: Ada and Bob",
        "source: A contest",
        "source_url: https://example.org",
        "license: cc by-sa",
        "rights_owner: Ada",
        "validation: default",
        "keywords: sum numbers",
        "limits: {time_multiplier: 4, time_safety_margin: 1.5, memory: 32, output: 1, code: 2, compilation_time: 20,"
        " compilation_memory: 512, validation_time: 10, validation_memory: 256, validation_output: 1}",
        files={
            "attachments/notes.txt": "1 + 2 = 3\n",
            "problem_statement/problem.sv.tex": "\\problemname{Summan}\nSkriv summan.\n",
            "data/sample/1.hint": "add\n",
            "data/sample/1.desc": "the first\n",
            "data/sample/1.svg": "<svg/>\n",
            "submissions/wrong_answer/output.py": "import os\nfor _ in range(32): os.write(1, b'1 ' * (1 << 15))\n",
            "submissions/run_time_error/memory.py": "x = b'x' * (64 << 20)\nprint(len(x))\n",
            "submissions/time_limit_exceeded/loop.py": WRONG + "while a > 9: pass\n",
        },
        gets={
            "wrong_answer/output.py": "OLE: OLE OLE OLE",
            "run_time_error/memory.py": "MLE: MLE MLE MLE",
            "time_limit_exceeded/loop.py": "TLE: AC AC TLE",
        },
        time_limit=0.3,
    ),
    legacy(
        "oldtimes",
        "limits: {time_limit: 0.3}",
        files={
            "domjudge-problem.ini": "timelimit='0.4'\ncolor = #ff0000\n",
            ".timelimit": "2\n",
            "submissions/time_limit_exceeded/loop.py": SUM + "while a > 9: pass\n",
        },
        gets={"time_limit_exceeded/loop.py": "TLE: AC AC TLE"},
    ),
    legacy(
        "marks",
        "limits: {memory: 32, output: 1}",
        files={
            "submissions/mixed/right.py": MARK + "CORRECT\n" + SUM,
            "submissions/mixed/either.py": MARK + "WRONG-ANSWER, TIMELIMIT\n" + WRONG,
            "submissions/mixed/none.py": MARK + "NO-OUTPUT\n",
            "submissions/mixed/crash.py": MARK + "RUN_ERROR\n1 / 0\n",
            "submissions/mixed/syntax.py": MARK + "COMPILER-ERROR\nprint(\n",
            "submissions/mixed/syntax.cpp": "// @EXPECTED_RESULTS@: compiler_error\nint main() {\n",
            "submissions/mixed/loop.py": MARK + "TIME-LIMIT-EXCEEDED\n" + SUM + "while a > 9: pass\n",
            "submissions/mixed/memory.py": MARK + "MEMORY_LIMIT, RUN-ERROR\nprint(len(b'x' * (64 << 20)))\n",
            "submissions/mixed/output.py": MARK + "OUTPUT-LIMIT\nimport os\nwhile True: os.write(1, b'1 ' * 65536)\n",
            "submissions/mixed/two/main.py": WRONG,
            "submissions/mixed/two/expected_result.txt": "@EXPECTED_RESULTS@: WRONG_ANSWER\n",
            "submissions/mixed/hand.py": MARK + "CHECK-MANUALLY\n1 / 0\n",
            "submissions/mixed/nothing.py": MARK + "NONE-SUBMIT-FAILS\n1 / 0\n",
        },
        gets={
            "mixed/right.py": "AC: AC AC AC",
            "mixed/either.py": "WA: AC AC WA",
            "mixed/none.py": "WA: WA WA WA",
            "mixed/crash.py": "RTE: RTE RTE RTE",
            "mixed/syntax.py": "CE:",
            "mixed/syntax.cpp": "CE:",
            "mixed/loop.py": "TLE: AC AC TLE",
            "mixed/memory.py": "MLE: MLE MLE MLE",
            "mixed/output.py": "OLE: OLE OLE OLE",
            "mixed/two": "WA: AC AC WA",
            "mixed/hand.py": "manual",
            "mixed/nothing.py": "manual",
        },
        time_limit=0.5,
    ),
    legacy(
        "oldflags",
        "validator_flags: float_tolerance 1e-2",
        files={
            "data/secret/1.ans": "5.01\n",
            "data/secret/a/testdata.yaml": "output_validator_flags: case_sensitive\ninput_validator_flags: small\n",
            **case("secret/a/1", "1 1", "2 x"),
            "input_validators/sum.py": python_that_wants("[0-9]+ [0-9]+\n", "(['small'] if sys.argv[1:] else [])"),
            "submissions/accepted/sum.py": SUM.replace("a + b", "a + b, 'x' if a == b else ''"),
            "submissions/wrong_answer/case.py": SUM.replace("a + b", "a + b, 'X' if a == b else ''"),
        },
        gets={"accepted/sum.py": "AC: AC AC AC AC", "wrong_answer/case.py": "WA: AC AC AC WA"},
    ),
    legacy(
        "oldcustom",
        "validation: custom",
        "validator_flags: one two",
        files={
            "output_validators/check.py": CHECK.format(flags="['one', 'two', *(['three'] if '3' in sys.argv[4:] else [])]").replace(
                "sys.argv[4:] ==", "[a.replace('3', 'three') for a in sys.argv[4:]] =="
            ),
            "output_validators/many/build": BUILD,
            "output_validators/many/check.c": CHECK_C,
            "input_format_validators/sum.py": python_that_wants("[0-9]+ [0-9]+\n", "(['tiny'] if 'tiny' in sys.argv else [])"),
            "input_validators/sum.py": None,
            "data/secret/testdata.yaml": (
                "on_reject: continue\noutput_validator_flags: '3'\ninput_validator_flags: {name: sum, flags: tiny}\n"
            ),
            "submissions/wrong_answer/wrong.py": WRONG,
        },
        gets={"wrong_answer/wrong.py": "WA: AC AC WA"},
    ),
    legacy(
        "oldguess",
        "validation: custom interactive",
        files=TALKED | {
            "output_validators/guess.py": GUESS,
            "data/sample/2.interaction": ">50\n<more\n>75\n<right\n",
            "submissions/wrong_answer/words.py": "print('?', flush=True)\ninput()\n",
            "submissions/run_time_error/crash.py": "print(50, flush=True)\nif input() != 'right': 1 / 0\n",
        },
        gets={"wrong_answer/words.py": "WA: WA WA WA", "run_time_error/crash.py": "RTE: AC RTE RTE"},
    ),
    legacy(
        "oldinclude",
        files={
            "include/python3/sums.py": "def add(a, b): return a + b\n",
            "include/c/main.c": '#include <stdio.h>\nint sum(int, int);\nint main(void) { int a, b; if (scanf("%d %d", &a, &b) == 2) printf("%d\\n", sum(a, b)); return 0; }\n',
            "submissions/accepted/sum.py": "import sums\na, b = map(int, input().split())\nprint(sums.add(a, b))\n",
            "submissions/accepted/sum.c": "int sum(int a, int b) { return a + b; }\n",
        },
        gets={"accepted/sum.c": "AC: AC AC AC"},
    ),
    legacy(
        "icpc",
        "problem_format_version: legacy-icpc",
        files={"data/sample/1.in": None, "data/sample/1.ans": None, **case("sample/01", "1 2", "3")}
        | {"data/secret/1.in": None, "data/secret/1.ans": None, **case("secret/01", "2 3", "5")}
        | {"data/secret/2.in": None, "data/secret/2.ans": None, **case("secret/02", "40 5", "45")}
        | {"submissions/wrong_answer/wrong.py": WRONG},
        gets={"wrong_answer/wrong.py": "WA: AC AC WA"},
    ),
    legacy(
        "worst",
        files={
            "data/testdata.yaml": "on_reject: continue\ngrading: default\ngrader_flags: worst_error\n",
            "submissions/run_time_error/both.py": "a, b = map(int, input().split())\nif a > 9: 1 / 0\nprint(0)\n",
        },
        gets={"run_time_error/both.py": "RTE: WA WA RTE"},
    ),
    legacy(
        "oldgroups",
        "type: scoring",
        "grading: {objective: max, show_test_data_groups: true}",
        files={
            "data/testdata.yaml": "on_reject: continue\nrange: 0 100\ngrader_flags: always_accept ignore_sample\n",
            "data/sample/testdata.yaml": "grader_flags: first_error sum\n",
            "data/secret/testdata.yaml": "grader_flags: always_accept sum\nrange: 0 100\n",
            **folder("secret/a", "on_reject: break\naccept_score: 30\nrange: 0 30\ngrader_flags: min\n", 11, 12),
            **folder("secret/b", "on_reject: break\naccept_score: 70\nrange: 0 70\ngrader_flags: min\n", 21, 22),
            "submissions/accepted/marked.py": SCORE_MARK + "100\n" + SUM,
            "submissions/partially_accepted/first.py": SCORE_MARK + "30.0\n" + failing(22),
            "submissions/partially_accepted/none.py": SCORE_MARK + "0\n" + failing(11, 12, 21, 22),
        },
        gets={
            "accepted/sum.py": "AC 100: AC AC AC AC AC",
            "accepted/marked.py": "AC 100: AC AC AC AC AC",
            "partially_accepted/first.py": "AC 30: AC AC AC AC WA",
            "partially_accepted/none.py": "AC 0: AC WA WA WA WA",
        },
    ),
    legacy(
        "oldmodes",
        "type: scoring",
        files={
            "data/testdata.yaml": "on_reject: continue\nrange: 0 30\ngrader_flags: always_accept ignore_sample\n",
            "data/secret/testdata.yaml": "grader_flags: accept_if_any_accepted sum\nrange: -inf +inf\n",
            **folder("secret/a", "accept_score: 10\nreject_score: 2\ngrader_flags: accept_if_any_accepted avg\n", 11, 12),
            **folder("secret/b", "accept_score: 20\ngrader_flags: worst_error max\n", 21, 22),
            "submissions/partially_accepted/half.py": failing(12),
            "submissions/partially_accepted/other.py": failing(22),
        },
        gets={
            "accepted/sum.py": "AC 30: AC AC AC AC AC",
            "partially_accepted/half.py": "AC 26: AC AC WA AC AC",
            "partially_accepted/other.py": "AC 10: AC AC AC AC WA",
        },
    ),
    legacy(
        "oldgrader",
        "type: scoring",
        files={
            "graders/grade.py": (
                "import sys\nlines = [line.split() for line in sys.stdin]\nassert sys.argv[1:] in (['all'], ['one'])\n"
                "print('AC', sum(float(score) for verdict, score in lines if verdict == 'AC'))\n"
            ),
            "data/testdata.yaml": "on_reject: continue\ngrading: custom\ngrader_flags: all\nrange: 0 7\n",
            "data/secret/testdata.yaml": "accept_score: 3\ngrader_flags: one\n",
            "submissions/partially_accepted/half.py": WRONG,
        },
        gets={"accepted/sum.py": "AC 7: AC AC AC", "partially_accepted/half.py": "AC 4: AC AC WA"},
    ),
    legacy(
        "oldscores",
        "type: scoring",
        "validation: custom score",
        "grading: {objective: max}",
        files={
            "output_validators/check.py": (
                "import sys\nsys.stdin.reconfigure(errors='replace')\nright, *score = sys.stdin.read().split() or ['']\n"
                "if right != open(sys.argv[2]).read().strip(): sys.exit(43)\n"
                "open(sys.argv[3] + 'score.txt', 'w').write((score or ['0'])[0])\nsys.exit(42)\n"
            ),
            "data/testdata.yaml": "range: 5 1000\ngrader_flags: ignore_sample\n",
            "data/sample/testdata.yaml": "range: -inf inf\ngrader_flags: sum\n",
            "data/secret/testdata.yaml": "range: 0 +inf\ngrader_flags: sum\n",
            "submissions/accepted/sum.py": SUM.replace("a + b", "a + b, 2.5"),
            "submissions/partially_accepted/more.py": SUM.replace("a + b", "a + b, a * 1.5"),
            "submissions/wrong_answer/wrong.py": WRONG.replace(" else 0)", " else 0, 5)"),
        },
        gets={
            "accepted/sum.py": "AC 5: AC AC AC",
            "partially_accepted/more.py": "AC 63: AC AC AC",
            "wrong_answer/wrong.py": "WA: AC AC WA",
        },
    ),
    legacy(
        "oldscoredguess",
        "type: scoring",
        "validation: custom interactive score",
        files=TALKED | {
            "output_validators/guess.py": GUESS.replace(
                "        sys.exit(42)\n",
                "        open(sys.argv[3] + 'score.txt', 'w').write(str(8 - asked))\n        sys.exit(42)\n",
            ),
            "data/testdata.yaml": "range: 0 24\n",
        },
        gets={"accepted/sum.py": "AC 13: AC AC AC"},
    ),
]  # fmt: skip
