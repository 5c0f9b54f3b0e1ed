"""Packages of 2025-09 that are interactive, multi-pass, both, or submit answers."""

from tests.packages.build import Made, modern, python_that_wants

__all__ = ["GUESS", "PACKAGES", "TALK"]

GUESS = """import sys
sys.stdin.reconfigure(errors="replace")
secret = int(open(sys.argv[1]).read())
for asked in range(8):
    said = sys.stdin.readline().strip()
    if not said.isdecimal():
        sys.exit(43)
    if int(said) == secret:
        print("right", flush=True)
        sys.exit(42)
    print("more" if int(said) < secret else "less", flush=True)
sys.exit(43)
"""
"""A number up to 100, to be guessed eight times at most."""

SEARCH = """low, high = 1, 100
while True:
    middle = (low + high) // 2
    print(middle, flush=True)
    said = input()
    if said == "right":
        break
    low, high = (middle + 1, high) if said == "more" else (low, middle - 1)
"""
NUMBERS = {
    "data/sample/1.in": "50\n",
    "data/sample/1.ans": "",
    "data/sample/1.interaction": ">50\n<right\n",
    "data/sample/1.in.download": "50\n",
    "data/sample/1.ans.download": "",
    "data/secret/1.in": "1\n",
    "data/secret/1.ans": "",
    "data/secret/2.in": "77\n",
    "data/secret/2.ans": "",
    "input_validators/sum.py": python_that_wants("[0-9]+\n"),
    "submissions/accepted/sum.py": SEARCH,
}

PASSES = """import os, sys
given, answer, folder = sys.argv[1:4]
next_pass = os.path.join(folder, "nextpass.in")
assert not os.path.exists(next_pass)
number = int(open(given).read())
with open(os.path.join(folder, "judgemessage.txt"), "a") as file:
    file.write(f"{number} ")
if sys.stdin.read().split() != [str(number // 2)]:
    sys.exit(43)
if number > 3:
    open(next_pass, "w").write(f"{number // 2}\\n")
sys.exit(42)
"""
"""Half of a number, until that is one."""

HALVES = {
    "data/sample/1.in": "2\n",
    "data/sample/1.ans": "",
    "data/secret/1.in": "5\n",
    "data/secret/1.ans": "",
    "data/secret/2.in": "12\n",
    "data/secret/2.ans": "",
    "input_validators/sum.py": python_that_wants("[0-9]+\n"),
    "submissions/accepted/sum.py": "print(int(input()) // 2)\n",
}

TALK = PASSES.replace(
    "number = int(open(given).read())\n", "number = int(open(given).read())\nprint(number, flush=True)\n"
).replace("sys.stdin.read()", "sys.stdin.readline()")

ANSWERS = {
    "submissions/accepted/sum.py": None,
    "data/sample/1.in": None,
    "data/sample/1.ans": None,
    "submissions/accepted/all/1.out": "5\n",
    "submissions/accepted/all/2.out": "45\n",
}

PACKAGES: list[Made] = [
    modern(
        "guess",
        "type: interactive",
        files=NUMBERS | {
            "output_validator/guess.py": GUESS,
            "submissions/accepted/search.cpp": (
                "#include <iostream>\n#include <string>\nint main() { int low = 1, high = 100; std::string said;\n"
                '    while (said != "right") { int middle = (low + high) / 2; std::cout << middle << std::endl;\n'
                '        std::cin >> said; if (said == "more") low = middle + 1; else high = middle - 1; } }\n'
            ),
            "submissions/wrong_answer/up.py": "for n in range(50, 101):\n    print(n, flush=True)\n    if input() == 'right': break\n",
            "submissions/wrong_answer/deaf.py": "import os\nwhile True: os.write(1, b'7\\n' * 1000)\n",
            "submissions/wrong_answer/words.py": "print('?', flush=True)\ninput()\n",
            "submissions/run_time_error/crash.py": "print(50, flush=True)\nif input() != 'right': 1 / 0\n",
            "submissions/time_limit_exceeded/loop.py": "print(50, flush=True)\nwhile input() != 'right':\n    while True: pass\n",
            "submissions/time_limit_exceeded/waits.py": (
                "print(50, flush=True)\nsaid = input()\nif said == 'less': print(1, flush=True)\n"
                "while said != 'right': said = input()\n"
            ),
        },
        gets={
            "accepted/search.cpp": "AC: AC AC AC",
            "wrong_answer/up.py": "WA: AC WA WA",
            "wrong_answer/deaf.py": "WA: WA WA WA",
            "wrong_answer/words.py": "WA: WA WA WA",
            "run_time_error/crash.py": "RTE: AC RTE RTE",
            "time_limit_exceeded/loop.py": "TLE: AC TLE TLE",
            "time_limit_exceeded/waits.py": "ILE: AC AC ILE",
        },
        limits={"time_limit": 0.3, "time_resolution": 0.3},
    ),
    modern(
        "halves",
        "type: [pass-fail, multi-pass]",
        files=HALVES | {
            "output_validator/check.py": PASSES,
            "submissions/wrong_answer/late.py": "n = int(input())\nprint(n // 2 if n != 3 else 7)\n",
            "submissions/run_time_error/late.py": "n = int(input())\nprint(n // 2 if n != 3 else 1 // 0)\n",
            "submissions/wrong_answer/keeps.py": "print(12 // 2)\n",
        },
        gets={
            "wrong_answer/late.py": "WA: AC AC WA",
            "run_time_error/late.py": "RTE: AC AC RTE",
            "wrong_answer/keeps.py": "WA: WA WA WA",
        },
        limits={"validation_passes": 3},
    ),
    modern(
        "twice",
        "type: multi-pass",
        files=HALVES | {
            "data/sample/1.in": "5\n",
            "data/secret/2.in": "6\n",
            "output_validator/check.py": PASSES,
            "data/sample/1.interaction": "<5\n>2\n---\n<2\n>1\n",
            "data/sample/1.in.download": "5\n",
            "data/sample/1.ans.download": "",
        },
    ),
    modern(
        "talkingpasses",
        "type: [interactive, multi-pass]",
        files=HALVES | {
            "output_validator/check.py": TALK,
            "submissions/accepted/sum.py": "print(int(input()) // 2, flush=True)\n",
            "submissions/wrong_answer/late.py": "n = int(input())\nprint(n // 2 if n != 3 else 7, flush=True)\n",
            "submissions/run_time_error/late.py": "n = int(input())\nif n == 3: 1 / 0\nprint(n // 2, flush=True)\n",
        },
        gets={"wrong_answer/late.py": "WA: AC AC WA", "run_time_error/late.py": "RTE: AC AC RTE"},
        limits={"validation_passes": 3},
    ),
    modern(
        "answers",
        "type: submit-answer",
        files=ANSWERS | {
            "submissions/accepted/long/secret-1.txt": "5\n",
            "submissions/accepted/long/secret-2": "45\n",
            "submissions/wrong_answer/half/1.out": "5\n",
            "submissions/wrong_answer/wrong/1.out": "6\n",
            "submissions/wrong_answer/wrong/2.out": "45\n",
        },
        gets={
            "accepted/all": "AC: AC AC",
            "accepted/long": "AC: AC AC",
            "wrong_answer/half": "NO: AC NO",
            "wrong_answer/wrong": "WA: WA AC",
        },
    ),
    modern(
        "scoredanswers",
        "type: [scoring, submit-answer]",
        files=ANSWERS | {
            "submissions/rejected/half/2.out": "45\n",
            "submissions/submissions.yaml": "accepted: {score: 100}\nrejected/half: {score: 50}\n",
        },
        gets={"accepted/all": "AC 100: AC AC", "rejected/half": "NO 50: NO AC"},
    ),
]  # fmt: skip
