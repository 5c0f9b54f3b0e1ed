"""The format's own example packages: what its text has against them, and how they are made what it asks for.

They are drafts: "Work in progress", says their README. None of their files is kept here.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.packages.talking import PASSES
from tests.unit.packaging import write

__all__ = ["EXAMPLES", "FOLDER", "Example", "copied"]

FOLDER = Path(__file__).parents[3] / "shared/data/packages"

_TYPE = "Must be either a single string or a non-empty sequence of strings, from the table below, with no repetition."
_UNKNOWN = "Any unknown keys should be treated as an error."
_SECRET = (
    "The `secret` directory must exist, and contain either some test cases (possibly organized in directories), or some "
    "[test data groups](#test-data-groups), but not both."
)
_ACCEPTED = "It is mandatory to provide at least one accepted solution."
_MINIMAL = (
    "A minimal problem package must contain `problem.yaml`, a problem statement, a secret test case, an accepted judge "
    "solution, and an input validator."
)
_GROUP = "a YAML file `test_group.yaml` may be placed to specify how the result should be computed."
_NAME = "The directory name must consist solely of lowercase letters a–z and digits 0–9."

_VALIDATOR = "import sys\nsys.exit(42 if sys.stdin.read() == '0\\n' else 43)\n"
_FORTY_TWO = {"submissions/accepted/right.py": "print(42)\n", "submissions/wrong_answer/wrong.py": "print(24)\n"}


@dataclass(frozen=True, slots=True)
class Example:
    """One of them. `refused`: of each complaint the file and cause, and the sentence of the text that it goes by.

    `mend` makes a copy of it a package of the format; `gets` is what the submissions of that get, as build.Made has it.
    """

    refused: Mapping[str, str]
    mend: Callable[[Path], None]
    gets: Mapping[str, str]


def copied(name: str, folder: Path) -> Path:
    """A copy, by a name that the format allows."""
    return Path(shutil.copytree(FOLDER / name, folder / name.replace("_", "")))


def _yaml(root: Path, **changed: str) -> None:
    """These lines instead of those of problem.yaml; the source's address where the format has it."""
    path = root / "problem.yaml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("source")]
    lines = [line for line in lines if line.partition(":")[0] not in changed]
    source = "source: {name: My Contest 2024, url: 'https://my.contest.com/2024'}"
    path.write_text("\n".join([*lines, source, *(f"{key}: {value}" for key, value in changed.items()), ""]))


def _maximal(root: Path) -> None:
    """As it is, but for a shorter time limit, what needs the second image, and a sleep in every test: it is in one."""
    path = root / "problem.yaml"
    path.write_text(path.read_text().replace("time_limit: 10\n", "time_limit: 0.3\n  time_resolution: 0.3\n"))
    for php in (root / "submissions/accepted").glob("*.php"):
        php.unlink()
    sleeps = "import time\nnumber = int(input())\nif number == 0: time.sleep(10000)\nprint(number + 1)\n"
    (root / "submissions/time_limit_exceeded/tle.py").write_text(sleeps)  # an include is a difference of its own


def _passfail(root: Path) -> None:
    _yaml(root)
    for old in root.rglob("testdata.yaml"):
        old.rename(old.with_name("test_group.yaml"))


def _scoring(root: Path) -> None:
    _yaml(root)
    for old in root.rglob("testdata.yaml"):
        said = old.read_text().replace("scoring:\n", "").replace("  score:", "max_score:")
        old.with_name("test_group.yaml").write_text(said.replace("  aggregation:", "score_aggregation:"))
        old.unlink()


def _interactive(root: Path) -> None:
    _yaml(root, type="[pass-fail, interactive]")
    check = "import sys\nsys.exit(42 if sys.stdin.readline() == open(sys.argv[2]).read() else 43)\n"
    files = {"data/secret/1.in": "0\n", "data/secret/1.ans": "42\n", "input_validators/validate.py": _VALIDATOR}
    write(root, files | _FORTY_TWO | {"output_validator/check.py": check})


def _multipass(root: Path) -> None:
    _yaml(root, type="[pass-fail, multi-pass]", limits="{validation_passes: 2}")
    files = {"data/secret/1.in": "5\n", "data/secret/1.ans": "\n", "input_validators/validate.py": "exit(42)\n"}
    halves = {
        "submissions/accepted/half.py": "print(int(input()) // 2)\n",
        "submissions/wrong_answer/late.py": "print(2)\n",
    }
    write(root, files | halves | {"output_validator/check.py": PASSES})


def _submit_answer(root: Path) -> None:
    _yaml(root, type="[pass-fail, submit-answer]")
    files = {"data/secret/1.in": "0\n", "data/secret/1.ans": "42\n", "input_validators/validate.py": _VALIDATOR}
    answers = {"submissions/accepted/right/1.txt": "42\n", "submissions/wrong_answer/wrong/1.txt": "24\n"}
    write(root, files | answers)
    for program in root.glob("submissions/*/*.py"):
        program.unlink()  # "A submission consists of the answers to the test cases instead of source code"


EXAMPLES = {
    "maximal": Example(
        {},
        _maximal,
        {
            "accepted/accepted.py": "AC: AC AC AC AC AC",
            "run_time_error/not_defined": "RTE: RTE RTE RTE RTE RTE",
            "time_limit_exceeded/tle.py": "ILE: AC AC AC AC ILE",
            "wrong_answer/wrong.py": "WA: WA WA WA WA WA",
        },
    ),
    "passfail": Example(
        {
            "passfail/problem.yaml: source_url: is no key of the format (line 8)": _UNKNOWN,
            "passfail/data/sample/testdata.yaml: the 2025-09 format calls it test_group.yaml": _GROUP,
            "passfail/data/secret/testdata.yaml: the 2025-09 format calls it test_group.yaml": _GROUP,
        },
        _passfail,
        {
            "accepted/solution.py": "AC: AC AC AC AC",
            "wrong_answer/constant.py": "WA: AC WA WA WA",
            "wrong_answer/wrong.py": "WA: WA WA WA WA",
        },
    ),
    "scoring": Example(
        {
            "scoring/problem.yaml: source_url: is no key of the format (line 8)": _UNKNOWN,
            "scoring/data/secret/testdata.yaml: the 2025-09 format calls it test_group.yaml": _GROUP,
            "scoring/data/secret/subtask1/testdata.yaml: the 2025-09 format calls it test_group.yaml": _GROUP,
            "scoring/data/secret/subtask2/testdata.yaml: the 2025-09 format calls it test_group.yaml": _GROUP,
        },
        _scoring,
        {
            "accepted/solution.py": "AC 100: AC AC AC AC AC AC AC",
            "partially_accepted/partial_solution.py": "WA 30: AC AC AC AC WA AC WA",
            "wrong_answer/constant.py": "WA 0: AC WA WA WA WA WA WA",
        },
    ),
    "interactive": Example(
        {
            "interactive/problem.yaml: type: 'pass-fail interactive' is no type of the format": _TYPE,
            "interactive/problem.yaml: source_url: is no key of the format (line 8)": _UNKNOWN,
            "interactive/input_validators: is missing": _MINIMAL,
            "interactive/data/secret: has no test case": _SECRET,
            "interactive/submissions/accepted: has no submission": _ACCEPTED,
        },
        _interactive,
        {"accepted/right.py": "AC: AC", "wrong_answer/wrong.py": "WA: WA"},
    ),
    "multipass": Example(
        {
            "multipass/problem.yaml: type: 'pass-fail multi-pass' is no type of the format": _TYPE,
            "multipass/problem.yaml: source_url: is no key of the format (line 8)": _UNKNOWN,
            "multipass/input_validators: is missing": _MINIMAL,
            "multipass/data/secret: has no test case": _SECRET,
            "multipass/submissions/accepted: has no submission": _ACCEPTED,
        },
        _multipass,
        {"accepted/half.py": "AC: AC", "wrong_answer/late.py": "WA: WA"},
    ),
    "submit_answer": Example(
        {
            "submit_answer/problem.yaml: type: 'pass-fail submit-answer' is no type of the format": _TYPE,
            "submit_answer/problem.yaml: source_url: is no key of the format (line 8)": _UNKNOWN,
            "submit_answer/: the name of a package has lower-case letters and digits only": _NAME,
            "submit_answer/input_validators: is missing": _MINIMAL,
            "submit_answer/data/secret: has no test case": _SECRET,
        },
        _submit_answer,
        {"accepted/right": "AC: AC", "wrong_answer/wrong": "WA: WA"},
    ),
}
"""By their folders."""
