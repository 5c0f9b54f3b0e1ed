"""The default output validator on outputs of 200 MB against `cmp`, which only has to find that two files are the same."""

from __future__ import annotations

import os
import subprocess
import time
from functools import partial

from bench.measure import Result, alternate, result
from judge.blob import Blob
from judge.validators import compare
from judge.verdict import Opinion
from packages.flags import Flags

__all__ = ["run"]

SIZE = 200_000_000
LINES = b"".join(b"%d %d.5 word\n" % (number * 7919 % 1_000_003, number) for number in range(100_000))

BAR = 20
"""In times of `cmp`."""

CASES = (
    ("the answer itself", LINES, (), 7),
    ("the answer itself, with a tolerance", LINES, ("float_tolerance", "1e-6"), 7),
    ("upper case", LINES.upper(), (), 5),
    ("another white space on each line", LINES.replace(b"\n", b" \r\n"), (), 5),
    ("each third token another number", LINES.replace(b".5 ", b".5000001 "), ("float_tolerance", "1e-6"), 5),
)
"""What the output is, its lines, the validator's arguments, and how often it is measured."""


def run() -> list[Result]:
    """What most outputs are, and outputs that differ from the answer on each line."""
    answer = _written(LINES)
    same = _written(LINES)
    found = []
    for name, lines, args, runs in CASES:
        output = _written(lines)
        flags = Flags.parse(args)
        ours, cmp = alternate(partial(_ms, answer, output, flags), partial(_cmp_ms, answer, same), runs)
        found.append(result(f"judge: default validator, 200 MB, {name}", "ms", ours, baseline=cmp, bar=BAR))
        output.close()
    return found


def _written(lines: bytes) -> Blob:
    blob = Blob.output()
    for _ in range(SIZE // len(LINES)):
        os.write(blob.fd, lines)
    return blob


def _ms(answer: Blob, output: Blob, flags: Flags) -> float:
    begun = time.perf_counter()
    said = compare(answer, output, flags)
    elapsed = (time.perf_counter() - begun) * 1000
    assert said.opinion is Opinion.ACCEPTED, said
    return elapsed


def _cmp_ms(one: Blob, other: Blob) -> float:
    files = [f"/proc/{os.getpid()}/fd/{blob.fd}" for blob in (one, other)]
    begun = time.perf_counter()
    subprocess.run(["cmp", *files], check=True)
    return (time.perf_counter() - begun) * 1000
