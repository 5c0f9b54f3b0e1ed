"""The default output validator on outputs of 200 MB against `cmp`, which only has to find that two files are the same.

Where bytes or white space decide, the bar is 20 times of `cmp`. Where a tolerance decides on each third token, it is 120
times: `cmp` compares the bytes at the memory's speed, while here each line has two numbers that are parsed, subtracted and
compared with the tolerance, and two tokens beside them that must be found first. No way to do that is a matter of memory.
"""

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

BYTES, NUMBERS = 20, 120
"""Bars, in times of `cmp`: where bytes or white space decide, where a tolerance does."""

CASES = (
    ("the answer itself", LINES, (), 7, BYTES),
    ("the answer itself, with a tolerance", LINES, ("float_tolerance", "1e-6"), 7, BYTES),
    ("upper case", LINES.upper(), (), 3, BYTES),
    ("another white space on each line", LINES.replace(b"\n", b" \r\n"), (), 3, BYTES),
    ("each third token another number", LINES.replace(b".5 ", b".5000001 "), ("float_tolerance", "1e-6"), 1, NUMBERS),
)
"""What the output is, its lines, the validator's arguments, how often it is measured, and its bar."""


def run() -> list[Result]:
    """What most outputs are, and outputs that differ from the answer on each line."""
    answer = _written(LINES)
    same = _written(LINES)
    found = []
    for name, lines, args, runs, bar in CASES:
        output = _written(lines)
        flags = Flags.parse(args)
        ours, cmp = alternate(partial(_ms, answer, output, flags), partial(_cmp_ms, answer, same), runs)
        found.append(result(f"judge: default validator, 200 MB, {name}", "ms", ours, baseline=cmp, bar=bar))
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
