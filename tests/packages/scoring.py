"""Packages of 2025-09 that are scored: every aggregation, groups that wait for others, scores of validators."""

from tests.packages.build import SUM, Made, case, modern
from tests.packages.talking import GUESS, PASSES

__all__ = ["PACKAGES"]

GONE = {"data/secret/1.in": None, "data/secret/1.ans": None, "data/secret/2.in": None, "data/secret/2.ans": None}


def failing(*numbers: int) -> str:
    """The sum, but for these first numbers."""
    return f"a, b = map(int, input().split())\nprint(0 if a in {numbers} else a + b)\n"


def group(name: str, said: str, *numbers: int) -> dict[str, str | None]:
    """A test data group with the cases `N 1`, named by N."""
    files: dict[str, str | None] = {f"data/{name}/test_group.yaml": said}
    for number in numbers:
        files |= case(f"{name}/{number}", f"{number} 1", str(number + 1))
    return GONE | files


SCORES = """import sys
given, answer, folder, name = sys.argv[1:5]
said = sys.stdin.read().split()
if said[:1] != open(answer).read().split():
    sys.exit(43)
if said[1:]:
    open(folder + name, "w").write(said[1] + "\\n")
sys.exit(42)
"""
"""The first word must be right; the second goes into the file that its argument names."""


def adding(value: str) -> str:
    """The sum, and a second word."""
    return SUM.replace("a + b", f"a + b, {value}")


PACKAGES: list[Made] = [
    modern(
        "sums",
        "type: scoring",
        files={
            **group("secret/a", "score_aggregation: sum\nmax_score: 30\n", 11, 12, 13),
            **group("secret/b", "score_aggregation: sum\nmax_score: 70\n", 21, 22),
            "submissions/rejected/some.py": failing(11, 12, 22),
            "submissions/wrong_answer/none.py": "print(0)\n",
            "submissions/submissions.yaml": (
                "accepted: {score: 100}\nrejected/some.py:\n  score: 45\n  secret/a: {score: [9.5, 10.5]}\n"
                "  secret/b: {score: 35, permitted: [AC, WA]}\nwrong_answer/none.py: {score: 0}\n"
            ),
        },
        gets={
            "accepted/sum.py": "AC 100: AC AC AC AC AC AC",
            "rejected/some.py": "WA 45: AC WA WA AC AC WA",
            "wrong_answer/none.py": "WA 0: WA WA WA WA WA WA",
        },
    ),
    modern(
        "subtasks",
        "type: [scoring]",
        files={
            **group("secret/1", "require_pass: sample\nmax_score: 10\n", 11, 12),
            **group("secret/2", "score_aggregation: pass-fail\nmax_score: 30\nrequire_pass: secret/1\n", 21),
            **group("secret/3", "max_score: 60\nrequire_pass: [sample, secret/1, secret/2]\nscore_aggregation: sum\n", 31, 32),
            "data/secret/test_group.yaml": "max_score: 100\nscore_aggregation: sum\n",
            "submissions/wrong_answer/sample.py": failing(1),
            "submissions/wrong_answer/first.py": failing(12),
            "submissions/wrong_answer/second.py": failing(21),
            "submissions/wrong_answer/third.py": failing(32),
        },
        gets={
            "accepted/sum.py": "AC 100: AC AC AC AC AC AC",
            "wrong_answer/sample.py": "WA 0: WA - - - - -",
            "wrong_answer/first.py": "WA 0: AC AC WA - - -",
            "wrong_answer/second.py": "WA 10: AC AC AC WA - -",
            "wrong_answer/third.py": "WA 70: AC AC AC AC AC WA",
        },
    ),
    modern(
        "least",
        "type: scoring",
        files={
            **group("secret/a", "score_aggregation: min\nmax_score: 40\noutput_validator_args: [score_multiplier.txt]\n", 11, 12),
            **group("secret/b", "score_aggregation: min\nmax_score: 60\noutput_validator_args: [score_multiplier.txt]\n", 21, 22),
            "data/secret/test_group.yaml": "score_aggregation: sum\n",
            "data/sample/test_group.yaml": "output_validator_args: [score_multiplier.txt]\n",
            "output_validator/check.py": SCORES,
            "submissions/accepted/part.py": adding("'5e-1' if a == 12 else 1 if a == 22 else ''"),
            "submissions/accepted/zero.py": adding("0"),
            "submissions/rejected/half.py": "a, b = map(int, input().split())\nprint(a + b if a != 11 else 0, '.25')\n",
        },
        gets={
            "accepted/sum.py": "AC 100: AC AC AC AC AC",
            "accepted/part.py": "AC 80: AC AC AC AC AC",
            "accepted/zero.py": "AC 0: AC AC AC AC AC",
            "rejected/half.py": "WA 15: AC WA AC AC AC",
        },
    ),
    modern(
        "points",
        "type: scoring",
        files={
            **case("secret/2", "40 5", "45"),
            "data/sample/test_group.yaml": "output_validator_args: [score.txt]\n",
            "data/secret/test_group.yaml": "max_score: 50\noutput_validator_args: [score.txt]\n",
            "output_validator/check.py": SCORES,
            "submissions/accepted/part.py": adding("12.5 if a > 9 else ''"),
            "submissions/wrong_answer/one.py": failing(2),
        },
        gets={
            "accepted/sum.py": "AC 50: AC AC AC",
            "accepted/part.py": "AC 37.5: AC AC AC",
            "wrong_answer/one.py": "WA 25: AC WA AC",
        },
    ),
    modern(
        "unbounded",
        "type: scoring",
        files={
            **group("secret/a", "score_aggregation: sum\nmax_score: unbounded\noutput_validator_args: [score.txt]\n", 11, 12),
            **group("secret/b", "score_aggregation: min\noutput_validator_args: [score.txt]\n", 21, 22),
            **group("secret/c", "max_score: 5\noutput_validator_args: [none]\n", 31),
            "data/secret/test_group.yaml": "max_score: unbounded\n",
            "data/sample/test_group.yaml": "output_validator_args: [none]\n",
            "output_validator/check.py": SCORES,
            "submissions/accepted/sum.py": adding("'' if a in (1, 31) else 1000 * a"),
            "submissions/wrong_answer/one.py": adding("'' if a in (1, 31) else 2").replace("print(", "print(0 if a == 21 else "),
        },
        gets={"accepted/sum.py": "AC 44005: AC AC AC AC AC AC", "wrong_answer/one.py": "WA 9: AC AC AC WA AC AC"},
    ),
    modern(
        "allornothing",
        "type: scoring",
        files={
            **group("secret/a", "max_score: 1\n", 11),
            **group("secret/b", "max_score: 2\n", 21),
            "data/secret/test_group.yaml": "score_aggregation: pass-fail\nmax_score: 7\nrequire_pass: sample\n",
            "submissions/wrong_answer/one.py": failing(21),
            "submissions/wrong_answer/sample.py": failing(1),
        },
        gets={
            "accepted/sum.py": "AC 7: AC AC AC",
            "wrong_answer/one.py": "WA 0: AC AC WA",
            "wrong_answer/sample.py": "WA 0: WA - -",
        },
    ),
    modern(
        "worstgroup",
        "type: scoring",
        files={
            **group("secret/a", "score_aggregation: sum\nmax_score: 90\n", 11, 12),
            **group("secret/b", "max_score: 100\n", 21),
            "data/secret/test_group.yaml": "score_aggregation: min\n",
            "submissions/wrong_answer/one.py": "# @EXPECTED_SCORE@: 45\n" + failing(12),
        },
        gets={"accepted/sum.py": "AC 90: AC AC AC AC", "wrong_answer/one.py": "WA 45: AC AC WA AC"},
    ),
    modern(
        "staticpoints",
        "type: scoring",
        files={
            "static_validator/look/build": "#!/bin/sh\nc++ -o run look.cpp\n",
            "static_validator/look/look.cpp": (
                "#include <fstream>\n#include <sstream>\n#include <string>\nint main(int, char **argv) {\n"
                "    std::stringstream text; text << std::ifstream(argv[2]).rdbuf();\n"
                '    bool has = text.str().find("eval") != std::string::npos;\n'
                '    if (!has && text.str().size() > 100) std::ofstream(std::string(argv[3]) + "score_multiplier.txt") << "0.5\\n";\n'
                "    return has ? 43 : 42; }\n"
            ),
            "data/secret/test_group.yaml": "static_validation_score: 40\n",
            "submissions/accepted/long.py": SUM + "# " + "x" * 100 + "\n",
            "submissions/wrong_answer/eval.py": "print(eval(input().replace(' ', '+')))\n",
        },
        gets={
            "accepted/sum.py": "AC 100: AC AC AC AC",
            "accepted/long.py": "AC 80: AC AC AC AC",
            "wrong_answer/eval.py": "WA 60: AC WA AC AC",
        },
    ),
    modern(
        "scoredguess",
        "type: [scoring, interactive]",
        files={
            "data/sample/1.in": "1\n", "data/sample/1.ans": "", "data/secret/1.in": "3\n", "data/secret/1.ans": "",
            "data/secret/2.in": "8\n", "data/secret/2.ans": "",
            "input_validators/sum.py": "import sys\nsys.exit(42 if 0 < int(input()) < 101 else 43)\n",
            "output_validator/guess.py": GUESS.replace(
                "        sys.exit(42)\n",
                "        open(sys.argv[3] + 'score_multiplier.txt', 'w').write(f'{1 - asked / 8}\\n')\n        sys.exit(42)\n",
            ),
            "submissions/accepted/sum.py": None,
            "submissions/accepted/eight.py": "n = 8\nprint(n, flush=True)\nwhile input() != 'right':\n    n -= 1\n    print(n, flush=True)\n",
            "submissions/rejected/up.py": "n = 1\nprint(n, flush=True)\nwhile input() == 'more':\n    n += 2\n    print(n, flush=True)\n",
        },
        gets={"accepted/eight.py": "AC 68.75: AC AC AC", "rejected/up.py": "WA 43.75: AC AC WA"},
    ),
    modern(
        "scoredpasses",
        "type: [scoring, multi-pass]",
        files={
            "data/sample/1.in": "2\n", "data/sample/1.ans": "", "data/secret/1.in": "5\n", "data/secret/1.ans": "",
            "data/secret/2.in": "4\n", "data/secret/2.ans": "",
            "input_validators/sum.py": "import sys\nsys.exit(42 if 0 < int(input()) < 101 else 43)\n",
            "output_validator/check.py": PASSES.replace(
                "sys.exit(42)\n", "else:\n    open(folder + 'score.txt', 'w').write('9\\n')\nsys.exit(42)\n"
            ),
            "submissions/accepted/sum.py": "print(int(input()) // 2)\n",
        },
        gets={"accepted/sum.py": "AC 18: AC AC AC"},
    ),
]  # fmt: skip
