"""The bare compile-and-run loop that the judge is measured against, and what both of them are given."""

from __future__ import annotations

import itertools
import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker

from judge.blob import Blob
from judge.claim import Claim
from judge.compile import Program, compile_program
from judge.languages import LANGUAGES
from judge.pipeline import Judge
from judge.pool import Pool
from judge.sandbox import PROGRAM, Ran, Sandbox
from judge.spread import Share
from packages.model import ProblemPackage
from packages.read import read_package
from schemas.definition import FileData
from schemas.settings import Settings, load

__all__ = [
    "SOURCE",
    "TESTS",
    "Bare",
    "Loop",
    "Room",
    "bare_loops",
    "compiled",
    "problem",
    "raw",
    "room",
    "source",
    "submission",
]

TESTS = 10

SOURCE = """#include <bits/stdc++.h>
using namespace std;
// %d
int main() {
    while (clock() < %d * (CLOCKS_PER_SEC / 1000)) {}
    long long a, b; cin >> a >> b; cout << a + b << "\\n";
}
"""

_LOOP = """
import json, os, statistics, subprocess, sys, time
compiler, tests, jobs = json.loads(sys.argv[1])
times = []
for source in jobs:
    begun = time.perf_counter()
    with open("/w/a.cpp", "w") as file:
        file.write(source)
    subprocess.run(compiler, check=True)
    for number in range(tests):
        done = subprocess.run(["/w/a"], input=f"{number} 4\\n".encode(), stdout=subprocess.PIPE, check=True)
        assert done.stdout.split() == [str(number + 4).encode()]
    times.append((time.perf_counter() - begun) * 1000)
print(json.dumps([statistics.median(times), len(times) / sum(times) * 60000]))
"""

_serial = itertools.count(time.time_ns() % 10**12 * 1000)


def source(busy_ms: int = 0) -> str:
    """A program that adds, like no other: nothing is answered from a cache. It takes *busy_ms* of CPU time."""
    return SOURCE % (next(_serial), busy_ms)


@dataclass(frozen=True, slots=True)
class Loop:
    """What a loop came to: milliseconds of the median submission, submissions a minute."""

    submission_ms: float
    rate: float


class Bare:
    """The loop in a plain container of the judge's image on one core: no limits, no seccomp, nothing measured."""

    def __init__(self, image: str, cpu: int) -> None:
        self._client = docker.from_env()
        self._container = self._client.containers.run(
            image,
            ["sleep", "100000"],
            detach=True,
            network_mode="none",
            cpuset_cpus=str(cpu),
            tmpfs={"/w": "rw,exec"},
            security_opt=["seccomp=unconfined"],
            labels={"podium.judge": "bench-bare"},
        )

    @property
    def id(self) -> str:
        """What the engine calls it."""
        return str(self._container.id)

    def shell(self, *command: str) -> str:
        code, said = self._container.exec_run(list(command), environment={"LANG": "C.UTF-8"})
        assert code == 0, said.decode()
        return str(said.decode())

    def loop(self, submissions: int, busy_ms: int = 0) -> Loop:
        """Compile and run so many, one after the other."""
        (compiler,) = LANGUAGES["cpp"].compile_commands(["/w/a.cpp"], "/w/a")
        jobs = [source(busy_ms) for _ in range(submissions)]
        return Loop(*json.loads(self.shell("python3", "-c", _LOOP, json.dumps([compiler, TESTS, jobs]))))

    def close(self) -> None:
        self._container.remove(force=True)
        self._client.close()


def problem(root: Path, tests: int = TESTS) -> ProblemPackage:
    """A package with the tests of the bare loop, or so many, and the default validator."""
    files = {
        "problem.yaml": "problem_format_version: 2025-09\nname: Sum\nuuid: 5ca6ba5b-36d5-4eff-8aa7-d967cbc4375e\n"
        "limits: {time_limit: 2, memory: 256, output: 8}\n",
        "statement/problem.en.md": "Add.\n",
        "submissions/accepted/sum.cpp": SOURCE % (0, 0),
        "input_validators/validate.py": "import sys\nsys.exit(42)\n",
    }
    for number in range(tests):
        files |= {f"data/secret/{number}.in": f"{number} 4\n", f"data/secret/{number}.ans": f"{number + 4}\n"}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return read_package(root)


def submission(
    judge: Judge, package: ProblemPackage, slot: int = 0, busy_ms: int = 0, share: Share | None = None
) -> float:
    """Milliseconds of one submission, as a slot judges it: from the sources to the verdict."""
    file = FileData("a.cpp", source(busy_ms).encode())
    runs: list[object] = []
    begun = time.perf_counter()
    outcome = judge.judge(slot, package, (file,), "cpp", on_run=runs.append, share=share)
    elapsed = (time.perf_counter() - begun) * 1000
    assert (outcome.verdict, len(runs)) == ("AC", len(package.test_cases)), outcome
    return elapsed


def compiled(claim: Claim, text: str, language: str = "cpp") -> Program:
    """A program of one source file, as a slot compiles it."""
    file = FileData(f"a.{language}", text.encode())
    program = compile_program(claim, LANGUAGES[language], (file,)).program
    assert program is not None
    return program


def raw(sandbox: Sandbox, given: Blob, cpu_ms: int = 2000) -> Ran:
    """The program that is in a sandbox, run by one request to its runner and nothing around it."""
    stdin, out, err = given.open(), Blob.output(), Blob.output()
    try:
        return sandbox.run(
            [f"{PROGRAM}/program"],
            (stdin, out.fd, err.fd),
            cpu_ms=cpu_ms,
            wall_ms=5000,
            file_bytes=1 << 20,
            stack_bytes=1 << 26,
            processes=1,
            folder=PROGRAM,
        )
    finally:
        os.close(stdin)


@contextmanager
def bare_loops(image: str, cores: Iterable[int]) -> Iterator[list[Bare]]:
    """A bare loop on each of these cores; no container of it stays."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(Bare(image, core))) for core in cores]


@dataclass(frozen=True, slots=True)
class Room:
    """A pool, a problem, and a bare loop on each slot's core."""

    pool: Pool
    package: ProblemPackage
    bare: list[Bare]


@contextmanager
def room(slots: int = 1, **changed: str) -> Iterator[Room]:
    """A room with so many slots, under settings of which some are *changed*; no container of it stays."""
    settings: Settings = load()
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as home, ExitStack() as stack:
        own = settings.model_copy(update={"home": Path(home), **changed})
        pool = stack.enter_context(Pool(own, owner=f"bench-{os.getpid()}", slots=slots))
        bare = stack.enter_context(bare_loops(settings.judge_image, map(pool.core, range(slots))))
        yield Room(pool, problem(Path(home, "sum")), bare)
