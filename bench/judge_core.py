"""One judge slot against a bare loop: the same compiler, flags and precompiled header, and no walls at all."""

from __future__ import annotations

import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker

from bench.measure import Result, alternate, result
from judge.blob import Blob
from judge.compile import Program, compile_program
from judge.execute import execute
from judge.languages import LANGUAGES
from judge.outcome import TestRun
from judge.pipeline import Judge
from judge.pool import Claim, Pool
from judge.sandbox import PROGRAM, Limits
from packages.model import ProblemPackage
from packages.read import read_package
from schemas.definition import FileData
from schemas.settings import Settings, load

__all__ = ["run"]

TESTS = 10
EACH = 8
"""Submissions a run; a run's value is their median."""

SOURCE = """#include <bits/stdc++.h>
using namespace std;
// %d
int main() { long long a, b; cin >> a >> b; cout << a + b << "\\n"; }
"""
LIMITS = Limits(cpu_ms=2000, wall_ms=5000, memory_mib=256, output_bytes=8 << 20)

BARE = """
import json, os, statistics, subprocess, sys, time
compiler, tests, jobs = json.loads(sys.argv[1])
times, runs = [], []
for source in jobs:
    begun = time.perf_counter()
    with open("/w/a.cpp", "w") as file:
        file.write(source)
    subprocess.run(compiler, check=True)
    for number in range(tests):
        given = time.perf_counter()
        done = subprocess.run(["/w/a"], input=f"{number} 4\\n".encode(), stdout=subprocess.PIPE, check=True)
        runs.append((time.perf_counter() - given) * 1000)
        assert done.stdout.split() == [str(number + 4).encode()]
    times.append((time.perf_counter() - begun) * 1000)
print(json.dumps([statistics.median(times), statistics.median(runs)]))
"""

BARE_MEMORY = """
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
	struct rusage usage;
	if (fork() == 0) {
		execl("/w/a", "/w/a", NULL);
		_exit(1);
	}
	wait4(-1, NULL, 0, &usage);
	fprintf(stderr, "%ld", usage.ru_maxrss);
}
"""

_serial = itertools.count(time.time_ns() % 10**12 * 1000)


class Bare:
    """The loop in a plain container of the same image on the same core: no limits, no seccomp, nothing measured."""

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

    def shell(self, *command: str) -> str:
        code, said = self._container.exec_run(list(command), environment={"LANG": "C.UTF-8"})
        assert code == 0, said.decode()
        return str(said.decode())

    def loop(self) -> tuple[float, float]:
        """Milliseconds of the median submission, and of the median run."""
        (compiler,) = LANGUAGES["cpp"].compile_commands(["/w/a.cpp"], "/w/a")
        jobs = [SOURCE % next(_serial) for _ in range(EACH)]
        submission, one = json.loads(self.shell("python3", "-c", BARE, json.dumps([compiler, TESTS, jobs])))
        return submission, one

    def close(self) -> None:
        self._container.remove(force=True)
        self._client.close()


def problem(root: Path) -> ProblemPackage:
    """A package with the ten tests of the bare loop and the default validator."""
    files = {
        "problem.yaml": "problem_format_version: 2025-09\nname: Sum\nuuid: 5ca6ba5b-36d5-4eff-8aa7-d967cbc4375e\n"
        "limits: {time_limit: 2, memory: 256, output: 8}\n",
        "statement/problem.en.md": "Add.\n",
        "submissions/accepted/sum.cpp": SOURCE % 0,
        "input_validators/validate.py": "import sys\nsys.exit(42)\n",
    }
    for number in range(TESTS):
        files |= {f"data/secret/{number}.in": f"{number} 4\n", f"data/secret/{number}.ans": f"{number + 4}\n"}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return read_package(root)


def submission(judge: Judge, package: ProblemPackage) -> float:
    """Milliseconds of one submission with ten tests, as a slot judges it: from the sources to the verdict."""
    file = FileData("a.cpp", (SOURCE % next(_serial)).encode())
    runs: list[TestRun] = []
    begun = time.perf_counter()
    outcome = judge.judge(0, package, (file,), "cpp", on_run=runs.append)
    elapsed = (time.perf_counter() - begun) * 1000
    assert (outcome.verdict, len(runs)) == ("AC", TESTS), outcome
    return elapsed


def around(claim: Claim, program: Program, given: Blob) -> tuple[float, float]:
    """Milliseconds that one run takes outside of the program: of the runner's request, and of all of `execute`."""
    begun = time.perf_counter()
    measured = execute(claim, program, given, LIMITS)
    whole = (time.perf_counter() - begun) * 1000
    assert measured.exit_code == 0
    sandbox = claim.held[-1]
    stdin, out, err = given.open(), Blob.output(), Blob.output()
    try:
        begun = time.perf_counter()
        ran = sandbox.run(
            ["/w/program/program"],
            (stdin, out.fd, err.fd),
            cpu_ms=2000,
            wall_ms=5000,
            file_bytes=1 << 20,
            stack_bytes=1 << 26,
            processes=1,
            folder=PROGRAM,
        )
        request = (time.perf_counter() - begun) * 1000 - ran.wall_us / 1000
    finally:
        os.close(stdin)
    return request, whole


@contextmanager
def slot() -> Iterator[tuple[Pool, ProblemPackage, Bare]]:
    """A pool with one slot, a problem, and the bare loop on the slot's core; no container of them stays."""
    settings: Settings = load()
    with tempfile.TemporaryDirectory() as home:
        own = settings.model_copy(update={"home": Path(home)})
        with Pool(own, owner=f"bench-{os.getpid()}") as pool:
            bare = Bare(settings.judge_image, pool.core(0))
            try:
                yield pool, problem(Path(home, "sum")), bare
            finally:
                bare.close()


def run() -> list[Result]:
    """Time of a submission and of a run against the bare loop, overhead outside the program, reported memory."""
    given = Blob.sealed(b"0 4\n")
    with slot() as (pool, package, bare):
        judge = Judge(pool)
        runs: list[tuple[float, float]] = []

        def loop() -> float:
            runs.append(bare.loop())
            return runs[-1][0]

        ours, theirs = alternate(lambda: statistics.median(submission(judge, package) for _ in range(EACH)), loop, 7)
        with pool.claim(0) as claim:
            program = compile_program(claim, LANGUAGES["cpp"], (FileData("a.cpp", (SOURCE % 0).encode()),)).program
            assert program is not None
            around(claim, program, given)
            outside: list[float] = []
            whole: list[float] = []
            for _ in range(7):
                pairs = [around(claim, program, given) for _ in range(50)]
                outside.append(statistics.median(a for a, _ in pairs))
                whole.append(statistics.median(b for _, b in pairs))
            reported = [execute(claim, program, given, LIMITS).memory_kib / 1024 for _ in range(7)]
        true = memory(bare)
    return [
        result("judge: submission, C++ with 10 tests, one slot", "ms", ours, baseline=theirs, bar=1.10, aim=1.0),
        result("judge: one run of A+B", "ms", whole, baseline=[b for _, b in runs[1:]], aim=1.35),
        result("judge: a run outside of its program", "ms", outside, bar=0.2, aim=0.1),
        result("judge: reported less true memory of A+B", "MiB", [abs(r - true) for r in reported], bar=1.0, aim=0.1),
    ]


def memory(bare: Bare) -> float:
    """MiB that the program takes where a small C program forks it and nothing else is there."""
    bare.shell("sh", "-c", f"printf '%s' '{BARE_MEMORY}' > /w/m.c && gcc -static -o /w/m /w/m.c")
    values = [int(bare.shell("sh", "-c", "echo 3 4 | /w/m 2>&1 >/dev/null")) for _ in range(7)]
    return statistics.median(values) / 1024
