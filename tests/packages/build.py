"""Small packages of our own: their files, and exactly what each of their submissions gets."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.unit import packaging

__all__ = ["SUM", "WRONG", "Made", "case", "legacy", "modern", "python_that_wants", "write"]

Files = Mapping[str, str | None]

SUM = "a, b = map(int, input().split())\nprint(a + b)\n"
WRONG = "a, b = map(int, input().split())\nprint(a + b if a < 10 else 0)\n"
"""The sum of what begins with a small number, as the sample does."""


@dataclass(frozen=True, slots=True)
class Made:
    """A package. `gets`: by submission its verdict and score, a colon, and the verdict of each step of the judging.

    The steps are in the format's order; `-` is one that is never run, even when all tests are asked for.
    """

    name: str
    files: Files
    gets: Mapping[str, str]


def python_that_wants(pattern: str, args: str = "[]") -> str:
    """An input validator: the whole input must match, and these be its arguments."""
    return (
        "import re, sys\n"
        f"assert sys.argv[1:] == {args}, sys.argv\n"
        f"sys.exit(42 if re.fullmatch({pattern!r}, sys.stdin.read()) else 43)\n"
    )


def case(name: str, given: str, answer: str) -> dict[str, str]:
    """A test case, by its name under data."""
    return {f"data/{name}.in": f"{given}\n", f"data/{name}.ans": f"{answer}\n"}


_COMMON: Files = {
    **case("sample/1", "1 2", "3"),
    **case("secret/1", "2 3", "5"),
    **case("secret/2", "40 5", "45"),
    "input_validators/sum.py": python_that_wants("[0-9]+ [0-9]+\n"),
    "submissions/accepted/sum.py": SUM,
}


def modern(
    name: str,
    *lines: str,
    files: Files | None = None,
    gets: Mapping[str, str] | None = None,
    limits: Mapping[str, object] | None = None,
) -> Made:
    """The sum in the 2025-09 format, with these lines and limits in its problem.yaml, and these files (None: without)."""
    files = files or {}
    head = ["problem_format_version: 2025-09", f"uuid: {uuid.uuid5(uuid.NAMESPACE_DNS, name)}"]
    head += [] if any(line.startswith("name:") for line in lines) else [f"name: Sum, {name}"]
    said = {"time_limit": 1} | dict(limits or {})
    tail = ["limits:", *(f"  {key}: {value}" for key, value in said.items() if value is not None)]
    yaml = "\n".join([*head, *lines, *(tail if tail[1:] else []), ""])
    own = {"problem.yaml": yaml, "statement/problem.en.md": "Print the sum.\n"}
    return _made(name, {**own, **files}, gets)


def legacy(
    name: str,
    *lines: str,
    files: Files | None = None,
    gets: Mapping[str, str] | None = None,
    time_limit: float | None = 1,
) -> Made:
    """The sum in the legacy format."""
    own = {
        "problem.yaml": "\n".join([f"name: Sum, {name}", *lines, ""]),
        "problem_statement/problem.tex": f"\\problemname{{Sum, {name}}}\nPrint the sum.\n",
        "domjudge-problem.ini": None if time_limit is None else f"timelimit = {time_limit}\n",
    }
    return _made(name, own | dict(files or {}), gets)


def _made(name: str, files: Files, gets: Mapping[str, str] | None) -> Made:
    whole = {path: text for path, text in {**_COMMON, **files}.items() if text is not None}
    right = {"accepted/sum.py": "AC: AC AC AC"} if "submissions/accepted/sum.py" in whole else {}
    return Made(name, whole, right | dict(gets or {}))


def write(folder: Path, made: Made) -> Path:
    """The package in a folder of its name; its scripts can be run."""
    root = packaging.write(folder / made.name, dict(made.files))
    for path in root.rglob("*"):
        if path.name in ("build", "run"):
            path.chmod(0o755)
    return root
