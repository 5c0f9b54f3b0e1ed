"""Small packages of every type, the sum in most of them, and what it takes to judge them."""

from pathlib import Path

from packages.model import ProblemPackage
from packages.read import read_package
from schemas.definition import FileData
from tests.unit.packaging import LEGACY, PACKAGE, with_yaml, write

OBEY = r"""
import os, sys
given, answer, folder, *flags = sys.argv[1:]
assert folder.endswith("/") and os.path.isfile(given) and os.path.isfile(answer)
code = 42 if flags[:1] != ["reject"] else 43
for line in sys.stdin:
    name, _, text = line.strip().partition(" ")
    if name == "exit":
        code = int(text)
    elif name == "kill":
        os.kill(os.getpid(), int(text))
    elif name == "tell":
        with open(folder + "judgemessage.txt", "a") as file:
            file.write(repr({"in": open(given).read(), "ans": open(answer).read(), "flags": flags, "here": sorted(os.listdir("."))}[text]))
    elif name:
        with open(folder + name, "a") as file:
            file.write(text)
sys.exit(code)
"""
"""A validator that does what the submission tells it: to exit so, to write this into that file of the feedback folder."""

SUM = "print(sum(map(int, input().split())))\n"


def package(
    root: Path, *lines: str, files: dict[str, str | bytes | None] | None = None, **limits: object
) -> ProblemPackage:
    """The sum in the 2025-09 format, with these lines and limits in its problem.yaml, and these files."""
    said = {"time_limit": 1, "memory": 64, "output": 1} | limits
    return read_package(write(root / "sum", PACKAGE | {"problem.yaml": with_yaml(*lines, **said)} | (files or {})))


def legacy(root: Path, problem: str, files: dict[str, str | bytes | None]) -> ProblemPackage:
    """The sum in the legacy format, with this problem.yaml and these files."""
    return read_package(write(root / "sum", LEGACY | {"problem.yaml": problem} | files))


def cases(folder: str, *numbers: int) -> dict[str, str | None]:
    """Test cases of a folder of `data`, `1 N` each, instead of the secret ones of the sum."""
    files: dict[str, str | None] = {f"data/secret/0{n}.{end}": None for n in (1, 2) for end in ("in", "ans")}
    for number in numbers:
        files |= {f"data/{folder}/{number}.in": f"1 {number}\n", f"data/{folder}/{number}.ans": f"{number + 1}\n"}
    return files


def python(text: str, name: str = "a.py") -> tuple[FileData, ...]:
    """A submission in Python."""
    return (FileData(name, text.encode()),)


def saying(text: str) -> tuple[FileData, ...]:
    """A submission that prints this."""
    return python(f"print({text!r})\n")
