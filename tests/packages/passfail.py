"""Packages of 2025-09 that are passed or failed: metadata, limits, time limits, test data, expectations, writing."""

from tests.packages.build import SUM, WRONG, Made, case, modern, python_that_wants

__all__ = ["PACKAGES"]

NO_SAMPLE = {"data/sample/1.in": None, "data/sample/1.ans": None}
PIXEL = "<svg/>\n"

CREDITS = """credits:
  authors: Ada <ada@example.org>
  contributors: [Ada, {name: Bob, email: bob@example.org, orcid: 0000-0001-7414-8743, kattis: bob}]
  testers: Cleo
  translators: {sv: [Dag <dag@example.org>]}
  packagers: Eve
  acknowledgements: [Fay]"""

PACKAGES: list[Made] = [
    # "A minimal problem package must contain `problem.yaml`, a problem statement, a secret test case, an accepted judge
    # solution, and an input validator."
    modern(
        "minimal",
        files=NO_SAMPLE | {"data/secret/2.in": None, "data/secret/2.ans": None},
        gets={"accepted/sum.py": "AC: AC"},
        limits={"time_limit": None},
    ),
    modern(
        "metadata",
        "type: [pass-fail]",
        "name: {en: Sum and more, sv: Summan}",
        "version: '1.2'",
        CREDITS,
        "source: [{name: A contest, url: 'https://example.org'}, Another one]",
        "license: cc by-sa",
        "rights_owner: Ada",
        "embargo_until: 2020-01-01T12:00:00Z",
        "keywords: [sum, two words]",
        "languages: all",
        "allow_file_writing: false",
        files={
            "statement/problem.sv.tex": "\\problemname{Summan}\n\\nextsample\nSkriv summan.\n\\remainingsamples\n",
            "statement/problem.en.md": "Print the sum.\n\n{{nextsample}}\n",
            "solution/solution.en.md": "Add them.\n",
            "attachments/notes.txt": "1 + 2 = 3\n",
            "attachments/templates/python3/sum.py": "# here\n",
            "generators/README.txt": "By hand.\n",
            "input_visualizer/show.py": "print()\n",
            "output_visualizer/show.py": "import sys\nopen(sys.argv[3] + 'teamimage.svg', 'w').write('<svg/>')\n",
            ".gitignore": "*.tmp\n",
        },
    ),
    modern(
        "limits",
        files={
            "submissions/run_time_error/memory.py": "x = b'x' * (64 << 20)\nprint(len(x))\n",
            "submissions/wrong_answer/output.py": "import os\nfor _ in range(32): os.write(1, b'1 ' * (1 << 15))\n",
            "submissions/time_limit_exceeded/loop.py": SUM + "while a > 9: pass\n",
            "submissions/time_limit_exceeded/asleep.py": SUM + "import time\nif a > 9: time.sleep(100)\n",
            "submissions/wrong_answer/large.py": "#" * 1000 + "\nprint(0)\n",
        },
        gets={
            "run_time_error/memory.py": "MLE: MLE MLE MLE",
            "wrong_answer/output.py": "OLE: OLE OLE OLE",
            "time_limit_exceeded/loop.py": "TLE: AC AC TLE",
            "time_limit_exceeded/asleep.py": "ILE: AC AC ILE",
            "wrong_answer/large.py": "WA: WA WA WA",
        },
        limits={
            "time_limit": 0.3,
            "time_resolution": 0.1,
            "memory": 32,
            "output": 1,
            "code": 2,
            "compilation_time": 20,
            "compilation_memory": 512,
            "validation_time": 10,
            "validation_memory": 256,
            "validation_output": 1,
        },
    ),
    modern(
        "timing",
        files={
            "submissions/accepted/busy.py": SUM + "import time\nwhile a > 9 and time.process_time() < 0.05: pass\n",
            "submissions/time_limit_exceeded/loop.py": SUM + "while a > 9: pass\n",
            "submissions/brute_force/hard.py": "a, b = map(int, input().split())\nif a > 9: 1 / 0\nprint(a + b)\n",
            "submissions/mixed/low.py": WRONG,
            "submissions/mixed/high.py": "a, b = map(int, input().split())\nwhile a > 9: pass\nprint(a + b)\n",
            "submissions/rejected/free.py": WRONG + "import time\nwhile a > 9 and time.process_time() < 0.15: pass\n",
            "submissions/submissions.yaml": (
                "mixed/low.py: {use_for_time_limit: lower}\nmixed/high.py: {use_for_time_limit: upper}\n"
                "rejected/*: {permitted: [AC, WA], use_for_time_limit: false}\n"
            ),
        },
        gets={
            "accepted/busy.py": "AC: AC AC AC",
            "time_limit_exceeded/loop.py": "TLE: AC AC TLE",
            "brute_force/hard.py": "RTE: AC AC RTE",
            "mixed/low.py": "WA: AC AC WA",
            "mixed/high.py": "TLE: AC AC TLE",
            "rejected/free.py": "WA: AC AC WA",
        },
        limits={
            "time_limit": None,
            "time_multipliers": "{ac_to_time_limit: 3, time_limit_to_tle: 1.25}",
            "time_resolution": 0.3,
        },
    ),
    modern(
        "folders",
        files={
            "submissions/rejected/none.py": "",
            "submissions/wrong_answer/wrong.py": WRONG,
            "submissions/wrong_answer/two/main.py": "from other import answer\nprint(answer)\n",
            "submissions/wrong_answer/two/other.py": "answer = 3\n",
            "submissions/run_time_error/crash.py": SUM + "if a > 9: 1 / 0\n",
            "submissions/run_time_error/code.cpp": "int main() { return 3; }\n",
            "submissions/brute_force/signal.c": "#include <stdlib.h>\nint main(void) { abort(); }\n",
        },
        gets={
            "rejected/none.py": "WA: WA WA WA",
            "wrong_answer/wrong.py": "WA: AC AC WA",
            "wrong_answer/two": "WA: AC WA WA",
            "run_time_error/crash.py": "RTE: AC AC RTE",
            "run_time_error/code.cpp": "RTE: RTE RTE RTE",
            "brute_force/signal.c": "RTE: RTE RTE RTE",
        },
    ),
    modern(
        "expectations",
        files={
            **case("secret/3-easy", "1 1", "2"),
            **case("secret/4-hard", "50 1", "51"),
            "output_validator/check.py": (
                "import os, sys\nright = sys.stdin.read().split() == open(sys.argv[2]).read().split()\n"
                "open(os.path.join(sys.argv[3], 'judgemessage.txt'), 'w').write('as it should be' if right else 'quite wrong')\n"
                "sys.exit(42 if right else 43)\n"
            ),
            "submissions/accepted/sum.py": None,
            "submissions/accepted/mixed/sum.py": SUM,
            "submissions/accepted/mixed/generator.c": "int main(void) { return 1; }\n",
            "submissions/accepted/two/go.py": "import other\n",
            "submissions/accepted/two/other.py": SUM,
            "submissions/wrong_answer/crash.py": "print(0)\nif input()[0] == '4': 1 / 0\n",
            "submissions/mixed/easy.py": WRONG,
            "submissions/mixed/hard.py": "a, b = map(int, input().split())\nprint(a + b if a > 9 else 0)\n",
            "submissions/submissions.yaml": """accepted/mixed:
  language: python3
  model_solution: true
accepted/{two,three}:
  entrypoint: go.py
  authors: [Ada <ada@example.org>, {name: Bob}]
wrong_answer:
  permitted: [WA, RTE]
  required: [RTE]
mixed/*:
  authors: Ada
  permitted: [AC, WA]
  required: [WA]
  message: quite
mixed/easy.py:
  sample: {permitted: [AC]}
  secret/*-easy: {permitted: [AC], message: as it should be}
  secret/{2,4-hard}: {permitted: [WA], use_for_time_limit: false}
""",
        },
        gets={
            "accepted/mixed": "AC: AC AC AC AC AC",
            "accepted/two": "AC: AC AC AC AC AC",
            "wrong_answer/crash.py": "WA: WA WA RTE WA WA",
            "mixed/easy.py": "WA: AC AC WA AC WA",
            "mixed/hard.py": "WA: WA WA AC WA AC",
        },
    ),
    modern(
        "strict",
        files={
            "data/sample/1.in": "\n",
            "data/sample/1.ans": "Hello,  world\n",
            "data/secret/1.in": "1\n",
            "data/secret/1.ans": "Hello,  world\n",
            "data/secret/2.in": "2\n",
            "data/secret/2.ans": "Hello,  world\n",
            "data/secret/test_group.yaml": "output_validator_args: [case_sensitive]\n",
            "data/secret/2.yaml": "output_validator_args: [space_change_sensitive]\n",
            "input_validators/sum.py": python_that_wants("[0-9]?\n"),
            "submissions/accepted/sum.py": None,
            "submissions/accepted/hello.py": "print('Hello,  world')\n",
            "submissions/wrong_answer/case.py": "print('hello,  WORLD')\n",
            "submissions/wrong_answer/space.py": "print('Hello, world')\n",
            "submissions/wrong_answer/more.py": "print('Hello,  world !')\n",
        },
        gets={
            "accepted/hello.py": "AC: AC AC AC",
            "wrong_answer/case.py": "WA: AC WA AC",
            "wrong_answer/space.py": "WA: AC AC WA",
            "wrong_answer/more.py": "WA: WA WA WA",
        },
    ),
    modern(
        "floats",
        files={
            **case("sample/1", "1000", "1000"),
            **case("secret/1", "1000", "1000.0"),
            **case("secret/2", "1000", "1e3"),
            **case("secret/3", "0", "0 x"),
            "data/sample/test_group.yaml": "output_validator_args: [float_tolerance, '1e-3']\n",
            "data/secret/1.yaml": "output_validator_args: [float_absolute_tolerance, '1e-3']\n",
            "data/secret/2.yaml": (
                "output_validator_args: [float_relative_tolerance, '1e-3', float_absolute_tolerance, '1e-6']\n"
            ),
            "data/secret/3.yaml": "output_validator_args: [float_tolerance, '1e-3', case_sensitive]\n",
            "input_validators/sum.py": python_that_wants("[0-9]+\n"),
            "submissions/accepted/sum.py": None,
            "submissions/accepted/exact.py": "n = int(input())\nprint('+1000.' if n else '-.0 x')\n",
            "submissions/wrong_answer/near.py": "n = int(input())\nprint('1000.5e0' if n else '0.0009 x')\n",
            "submissions/wrong_answer/hex.py": "n = int(input())\nprint('0x3e8' if n else '0 X')\n",
        },
        gets={
            "accepted/exact.py": "AC: AC AC AC AC",
            "wrong_answer/near.py": "WA: AC WA AC AC",
            "wrong_answer/hex.py": "WA: WA WA WA WA",
        },
    ),
    modern(
        "samples",
        files={
            "data/sample/1.out": "3.0\n",
            "data/sample/1.svg": PIXEL,
            "data/sample/1.yaml": "hint: add\ndescription: the first\n",
            "data/sample/1.in.statement": "1 2 (for people)\n",
            "data/sample/1.in.download": "1 2\n",
            **case("sample/2", "2 2", "4"),
            "data/sample/2.ans.statement": "four\n",
            "data/sample/2.ans.download": "4\n",
            "data/sample/2.yaml": "full_feedback: true\n",
            "data/sample/test_group.yaml": (
                "output_validator_args: [float_tolerance, '1e-6']\nfull_feedback: false\n"
                "input_visualizer_args: [a]\noutput_visualizer_args: [b]\n"
            ),
            "data/secret/1.yaml": "hint: add\nfull_feedback: false\ninput_visualizer_args: []\noutput_visualizer_args: []\n",
            "statement/problem.en.md": "Print the sum.\n\n{{nextsample}}\n\nAnd:\n\n{{remainingsamples}}\n",
        },
        gets={"accepted/sum.py": "AC: AC AC AC AC"},
    ),
    modern(
        "subfolders",
        files={
            **case("secret/a/9", "3 4", "7"),
            **case("secret/a/b/1", "50 4", "54"),
            "submissions/wrong_answer/wrong.py": WRONG,
        },
        gets={"accepted/sum.py": "AC: AC AC AC AC AC", "wrong_answer/wrong.py": "WA: AC AC WA AC WA"},
    ),
    modern(
        "proofs",
        files={
            "input_validators/sum.py": python_that_wants("[0-9]+ [0-9]+\n", "(['small'] if '-' in sys.argv else [])"),
            "input_validators/other.py": python_that_wants("[0-9]{1,3} [0-9]{1,3}\n", "['at', 'most']"),
            "data/sample/test_group.yaml": "input_validator_args: {other: [at, most]}\n",
            "data/secret/test_group.yaml": "input_validator_args: {other: [at, most], sum: []}\n",
            "data/secret/2.yaml": "input_validator_args: {other.py: [at, most]}\n",
            "data/invalid_input/words.in": "one two\n",
            "data/invalid_input/large.in": "1000 1\n",
            "data/invalid_input/test_group.yaml": "input_validator_args: {other: [at, most]}\ndescription: none is a sum\n",
            **case("invalid_output/1", "1 2", "3"),
            "data/invalid_output/1.out": "3.1\n",
            "data/invalid_output/1.yaml": "input_validator_args: {other: [at, most]}\ndescription: not near\n",
            **case("valid_output/1", "1 2", "3"),
            "data/valid_output/1.out": "3.01\n",
            "data/valid_output/test_group.yaml": (
                "input_validator_args: {other: [at, most]}\noutput_validator_args: [float_tolerance, '0.1']\n"
            ),
        },
    ),
    modern(
        "writing",
        "allow_file_writing: true",
        files={
            "submissions/accepted/sum.py": SUM.replace("print(a + b)", "print(a + b, file=open('x', 'w'))") + "print(open('x').read())\n",
            "submissions/wrong_answer/output.py": "open('x', 'wb').write(b'1' * (3 << 20))\nprint(0)\n",
        },
        gets={"wrong_answer/output.py": "OLE: OLE OLE OLE"},
        limits={"output": 2},
    ),
    modern(
        "readonly",
        files={"submissions/run_time_error/writes.py": SUM + "open('x', 'w').write('1')\n"},
        gets={"run_time_error/writes.py": "RTE: RTE RTE RTE"},
    ),
]  # fmt: skip
