"""What the judge image prepares for compilers (C++'s precompiled header, Java's class archive) saves of their CPU time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from bench.bare import Bare, bare_loops, source
from bench.measure import Result, alternate, result
from judge.languages import LANGUAGES
from judge.uids import free_cores
from schemas.settings import load

__all__ = ["run"]

RUNS: Final = 5

_FENCES: Final = Path(__file__).parents[1] / "problems" / "fences" / "submissions" / "accepted"

_CPU: Final = """
import json, os, resource, subprocess, sys
command, name, text = json.loads(sys.argv[1])
os.chdir("/w")
with open(name, "w") as file:
    file.write(text)
subprocess.run(command, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print((used.ru_utime + used.ru_stime) * 1000)
"""


def run() -> list[Result]:
    """CPU time without what is prepared, against that with it: the ratio is the gain."""
    settings = load()
    with bare_loops(settings.judge_image, free_cores(settings)[:1]) as (bare,):
        return [_line(bare, *case) for case in _cases()]


def _cases() -> Iterator[tuple[str, str, str, Sequence[str], Sequence[str], float]]:
    """What is compiled, its file and text, the judge's command, the same without, and the bar."""
    (ours,) = LANGUAGES["cpp"].compile_commands(["a.cpp"], "a")
    plain = [word for word in ours if not word.startswith("-I/judge/pch")]
    assert len(plain) == len(ours) - 1, ours
    yield "C++ A+B, without the precompiled header", "a.cpp", source(), ours, plain, 3.5
    typical = (_FENCES / "segment_tree.cpp").read_text()
    yield "C++ segment tree, without the precompiled header", "a.cpp", typical, ours, plain, 1.8
    java = LANGUAGES["java"].compile_commands(["Fences.java"], "a.jar")[0]
    text = (_FENCES / "Fences.java").read_text()
    yield "Java segment tree, javac as it comes", "Fences.java", text, java, (java[0], "-d", ".", "Fences.java"), 2.0


def _line(bare: Bare, what: str, name: str, text: str, ours: Sequence[str], plain: Sequence[str], bar: float) -> Result:
    without, prepared = alternate(
        partial(_cpu_ms, bare, plain, name, text), partial(_cpu_ms, bare, ours, name, text), RUNS
    )
    return result(f"judge: compiling {what}", "ms CPU", without, baseline=prepared, bar=bar, smaller_is_better=False)


def _cpu_ms(bare: Bare, command: Sequence[str], name: str, text: str) -> float:
    return float(bare.shell("python3", "-c", _CPU, json.dumps([list(command), name, text])))
