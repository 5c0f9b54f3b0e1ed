"""Packages of 2025-09 by their programs: validators of every form, included files, files and arguments, constants."""

from tests.packages.build import SUM, WRONG, Made, case, modern, python_that_wants

__all__ = ["BUILD", "PACKAGES", "RUN"]

RIGHT = """import os, sys
given, answer, folder, *args = sys.argv[1:]
assert folder.endswith("/") and os.path.isfile(given)
right = sys.stdin.read().split() == open(answer).read().split()
"""
BUILD = "#!/bin/sh\nset -e\ncc -o run check.c\n"
RUN = '#!/bin/sh\nexec python3 "$(dirname "$0")/check.src" "$@"\n'
CHECK_C = r"""#include <stdio.h>
int main(int argc, char **argv) {
    int said, right;
    FILE *answer = fopen(argv[2], "r");
    if (argc < 4 || !answer || fscanf(answer, "%d", &right) != 1) return 1;
    return scanf("%d", &said) == 1 && said == right ? 42 : 43;
}
"""
MAIN = '#include <cstdio>\nint sum(int, int);\nint main() { int a, b; if (std::scanf("%d %d", &a, &b) == 2) std::printf("%d\\n", sum(a, b)); }\n'

PACKAGES: list[Made] = [
    modern(
        "validator",
        files={
            "output_validator/check.py": RIGHT + (
                "assert args == (['one', '-2'] if '40' in open(given).read() else []), args\n"
                "open(folder + 'teammessage.txt', 'w').write('look again')\n"
                "assert set(os.listdir()) <= {'sum.py', 'wrong.py'}, os.listdir()\n"
                "sys.exit(42 if right else 43)\n"
            ),
            "data/secret/2.yaml": "output_validator_args: [one, '-2']\n",
            "submissions/wrong_answer/wrong.py": WRONG,
        },
        gets={"wrong_answer/wrong.py": "WA: AC AC WA"},
    ),
    modern(
        "cplusplus",
        files={
            "output_validator/check.cpp": (
                '#include "read.h"\n#include <fstream>\n#include <iostream>\n'
                "int main(int, char **argv) { std::ifstream answer(argv[2]); return read(std::cin) == read(answer) ? 42 : 43; }\n"
            ),
            "output_validator/read.cpp": '#include "read.h"\nint read(std::istream &in) { int n = -1; in >> n; return n; }\n',
            "output_validator/read.h": "#include <istream>\nint read(std::istream &in);\n",
            "input_validators/sum.py": None,
            "input_validators/sum.c": '#include <stdio.h>\nint main(void) { int a, b; return scanf("%d %d", &a, &b) == 2 ? 42 : 43; }\n',
            "submissions/wrong_answer/wrong.py": WRONG,
        },
        gets={"wrong_answer/wrong.py": "WA: AC AC WA"},
    ),
    modern(
        "modules",
        files={
            "output_validator/__init__.py": "",
            "output_validator/__main__.py": "import sys\nfrom same import same\nsys.exit(42 if same(sys.argv[2]) else 43)\n",
            "output_validator/same.py": "import sys\ndef same(path): return sys.stdin.read().split() == open(path).read().split()\n",
            "input_validators/sum.py": None,
            "input_validators/sum/__init__.py": "",
            "input_validators/sum/__main__.py": "import sys\nsys.exit(42 if len(sys.stdin.read().split()) == 2 else 43)\n",
            "submissions/wrong_answer/wrong.py": WRONG,
        },
        gets={"wrong_answer/wrong.py": "WA: AC AC WA"},
    ),
    modern(
        "scripts",
        files={
            "output_validator/check/build": BUILD,
            "output_validator/check/check.c": CHECK_C,
            "input_validators/sum.py": None,
            "input_validators/sum/run": RUN,
            "input_validators/sum/check.src": python_that_wants("[0-9]+ [0-9]+\n"),
            "submissions/wrong_answer/wrong.py": WRONG,
        },
        gets={"wrong_answer/wrong.py": "WA: AC AC WA"},
    ),
    modern(
        "constants",
        "constants: {extra: 10, unit: {value: apples, tex: 'apples~'}, tolerance: 1e-3}",
        files={
            **case("sample/1", "1 2", "13 apples"),
            **case("secret/1", "2 3", "15 apples"),
            **case("secret/2", "40 5", "55 apples"),
            "statement/problem.en.md": "Print the sum and {{extra}} {{unit}}, but not {{nothing}}.\n",
            "data/secret/test_group.yaml": "output_validator_args: ['{{extra}}', '{{unit.value}}']\n",
            "input_validators/sum.py": python_that_wants("[0-9]+ [0-9]+\n") + "assert {{extra}} == 10\n",
            "output_validator/check.py": RIGHT + (
                "assert args in (['10', 'apples'], []) and '{{extra}}{{no}}' == '10' + '{' + '{no}}'\n"
                "sys.exit(42 if right else 43)\n"
            ),
            "include/default/unit.txt": "{{unit}}\n",
            "submissions/accepted/sum.py": SUM.replace("a + b", "a + b + {{extra}}, open('unit.txt').read()"),
            "submissions/wrong_answer/tex.py": SUM.replace("a + b", "a + b + {{extra.value}}, '{{unit.tex}}'"),
        },
        gets={"wrong_answer/tex.py": "WA: WA WA WA"},
    ),
    modern(
        "included",
        "languages: [cpp, python3, c]",
        files={
            "include/default/words.txt": "default\n",
            "include/default/sums.py": "raise SystemExit(1)\n",
            "include/python3/sums.py": "def add(a, b): return a + b\n",
            "include/cpp/main.cpp": MAIN,
            "submissions/accepted/sum.py": "import sums\na, b = map(int, input().split())\nprint(sums.add(a, b))\n",
            "submissions/accepted/sum.cpp": "int sum(int a, int b) { return a + b; }\n",
            "submissions/accepted/own/go.py": "import sums\na, b = map(int, input().split())\nprint(sums.add(a, b))\n",
            "submissions/accepted/own/sums.py": "1 / 0\n",
            "submissions/submissions.yaml": "accepted/own: {entrypoint: go.py}\n",
            "submissions/wrong_answer/words.py": "print(open('words.txt').read())\n",
        },
        gets={
            "accepted/sum.cpp": "AC: AC AC AC",
            "accepted/own": "AC: AC AC AC",
            "wrong_answer/words.py": "WA: WA WA WA",
        },
    ),
    modern(
        "files",
        files={
            "data/sample/1.in": "",
            "data/sample/1.ans": "3\n",
            "data/sample/1.files/numbers.txt": "1 2\n",
            "data/sample/1.yaml": "args: [+]\n",
            "data/secret/test_group.yaml": "args: ['*', two words]\ninput_validator_args: [files]\n",
            "data/secret/1.in": "",
            "data/secret/1.ans": "6\n",
            "data/secret/1.files/numbers.txt": "2 3\n",
            "data/secret/2.in": "",
            "data/secret/2.ans": "45\n",
            "data/secret/2.files/numbers.txt": "40 5\n",
            "data/secret/2.files/deeper/more.txt": "more\n",
            "data/secret/2.yaml": "args: [+]\n",
            "include/default/numbers.txt": "0 0\n",
            "input_validators/sum.py": (
                "import sys\nassert sys.argv[1:] in (['+'], ['files', '+'], ['files', '*', 'two words']), sys.argv\n"
                "sys.exit(42 if len(open('numbers.txt').read().split()) == 2 else 43)\n"
            ),
            "submissions/accepted/sum.py": (
                "import sys\na, b = map(int, open('numbers.txt').read().split())\n"
                "print(a + b if sys.argv[1:] == ['+'] else a * b)\n"
            ),
            "submissions/accepted/sum.cpp": (
                "#include <fstream>\n#include <iostream>\nint main(int argc, char **argv) { int a, b;\n"
                '    std::ifstream("numbers.txt") >> a >> b; std::cout << (argv[argc - 1][0] == \'+\' ? a + b : a * b) << "\\n"; }\n'
            ),
            "submissions/wrong_answer/sum.py": "print(sum(map(int, open('numbers.txt').read().split())))\n",
        },
        gets={"accepted/sum.cpp": "AC: AC AC AC", "wrong_answer/sum.py": "WA: AC WA AC"},
    ),
    modern(
        "static",
        files={
            "static_validator/look.py": (
                "import os, sys\nlanguage, entry, folder, *args = sys.argv[1:]\n"
                "assert folder.endswith('/') and args == ['strict'] and language in ('python3', 'cpp')\n"
                "sys.exit(43 if 'eval' in open(entry).read() else 42)\n"
            ),
            "data/secret/test_group.yaml": "static_validation_score: pass-fail\nstatic_validator_args: [strict]\n",
            "submissions/accepted/sum.cpp": (
                "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b << std::endl; }\n"
            ),
            "submissions/wrong_answer/eval.py": "print(eval(input().replace(' ', '+')))\n",
        },
        gets={
            "accepted/sum.py": "AC: AC AC AC AC",
            "accepted/sum.cpp": "AC: AC AC AC AC",
            "wrong_answer/eval.py": "WA: AC WA AC AC",
        },
    ),
]  # fmt: skip
