"""A package through `podium problem verify` and through problemtools' `verifyproblem`: the same submissions and tests.

Both judge two submissions at a time and begin with nothing compiled. `verifyproblem` runs programs under rlimits, without
containers; it judges the submissions alone, podium puts the data to its validator as well. DOMjudge, the other judge that
reads this format, is on no package index: it is a site with a database and hosts that are built as root, and is not measured.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from bench.bare import SOURCE
from bench.measure import Result, alternate, result
from bench.peer import installed, why_not

__all__ = ["run"]

PROBLEMTOOLS: Final = "problemtools==1.20260907"

ROOT: Final = Path(__file__).parents[1]

RUNS: Final = 5

SUBMISSIONS, TESTS = 6, 40
"""All are accepted: where one is rejected, either may leave out tests."""

TIME_LIMIT_S: Final = 2

JOBS: Final = "2"

_WAIT_S: Final = 600
"""For what takes seconds."""


def run() -> list[Result]:
    """Seconds of each for the whole package; the bar: not slower."""
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as name:
        folder = Path(name)
        root = _package(folder / "sum")
        try:
            program = installed(folder, PROBLEMTOOLS) / "verifyproblem"
        except (OSError, subprocess.SubprocessError) as error:
            print(why_not(PROBLEMTOOLS, error))
            return []
        ours = (sys.executable, "-m", "podium", "problem", "verify", "--json", "-j", JOBS, str(root))
        theirs = (str(program), "-l", "info", "-p", "submissions", "-j", JOBS, "-t", str(TIME_LIMIT_S), "--", str(root))
        took, peer = alternate(
            partial(_seconds, ours, '"state": "ok", "why": null, "verdict": "AC"'),
            partial(_seconds, theirs, " OK: AC"),
            RUNS,
        )
    name = f"judge: `problem verify`, {SUBMISSIONS} submissions in C++ with {TESTS} tests, against `verifyproblem`"
    return [result(name, "s", took, baseline=peer, bar=1.0)]


def _package(root: Path) -> Path:
    """The problem of the bare loop in the legacy format, with the default validator."""
    files = {
        "problem.yaml": "name: Sum\n",
        "domjudge-problem.ini": f"timelimit = {TIME_LIMIT_S}\n",
        "problem_statement/problem.tex": "\\problemname{Sum}\nAdd.\n",
        "input_validators/validate.py": "import sys\nsys.exit(42)\n",
        "data/sample/1.in": "1 2\n",
        "data/sample/1.ans": "3\n",
    }
    for number in range(SUBMISSIONS):
        files[f"submissions/accepted/sum{number}.cpp"] = SOURCE % (number, 0)
    for number in range(1, TESTS):
        files |= {f"data/secret/{number}.in": f"{number} 4\n", f"data/secret/{number}.ans": f"{number + 4}\n"}
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def _seconds(command: Sequence[str], accepted: str) -> float:
    """How long a command takes, which says so of each accepted submission."""
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=_WAIT_S, check=True)
    elapsed = time.perf_counter() - begun
    assert done.stdout.count(accepted) == SUBMISSIONS, done.stdout
    return elapsed
