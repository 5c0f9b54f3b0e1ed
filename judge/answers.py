"""Submit-answer: which file of a submission is the answer to which test case. Pure.

The format says only that such a submission consists of the answers to the test cases; how they are named is ours. The
answer to `secret/group1/01` is a file `01`, `group1-01` or `secret-group1-01`, with or without an extension. Where two
fit, the longer name goes first. A file on its own is the answer to the only test case that there is, whatever its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from packages.model import TestCase

__all__ = ["answers", "strangers"]


def answers(cases: Sequence[TestCase], files: Sequence[str]) -> Mapping[str, str]:
    """The name of the file that answers each test case which has one, by the test case's name."""
    if len(cases) == len(files) == 1:
        return {cases[0].name: files[0]}
    known = {PurePosixPath(file).stem: file for file in reversed(files)} | {file: file for file in files}
    found = {}
    for case in cases:
        fitting = next((known[name] for name in _names(case) if name in known), None)
        if fitting is not None:
            found[case.name] = fitting
    return found


def strangers(found: Mapping[str, str], files: Sequence[str]) -> list[str]:
    """The names of the files that answer no test case, in order."""
    used = set(found.values())
    return [file for file in files if file not in used]


def _names(case: TestCase) -> Iterator[str]:
    """What its answer may be called, the longest first."""
    steps = case.name.split("/")
    for first in range(len(steps)):
        yield "-".join(steps[first:])
