"""What a judge's promises on time and on its own end come to: steadiness, overshoot, and what a kill leaves running."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

import docker

from bench.bare import compiled, raw, room
from bench.measure import Result, result
from judge.blob import Blob
from judge.claim import Claim
from judge.compile import Program
from judge.execute import execute
from judge.sandbox import Limits
from schemas.settings import load

__all__ = ["neighbour", "run"]

ROOT: Final = Path(__file__).parents[1]

ROUNDS: Final = 5
EACH: Final = 8
"""Runs of the program in a round, alone and beside a neighbour."""

WORK: Final = """#include <bits/stdc++.h>
using namespace std;
int main() {
    vector<unsigned> all(400'000);
    unsigned x = 1;
    for (auto &one : all) one = x = x * 1664525 + 1013904223;
    for (int round = 0; round < 3; round++) {
        sort(all.begin(), all.end(), [&](unsigned a, unsigned b) { return a * 2654435761u + round < b * 2654435761u + round; });
        unordered_map<unsigned, int> seen;
        for (unsigned one : all) seen[one % 65536]++;
        x += seen.size();
    }
    printf("%u\\n", x);
}
"""
"""A sort and a hash table: what a cache that is shared with a neighbour costs shows in it."""

SPIN: Final = "int main() { for (volatile unsigned i = 0;; i++) {} }"

LIMITS: Final = Limits(cpu_ms=10_000, wall_ms=30_000, memory_mib=256, output_bytes=8 << 20)

_HOST: Final = """
import sys, threading
from pathlib import Path
from judge.pool import Pool
from schemas.settings import Settings
from bench.bare import compiled
from bench.judge_limits import LIMITS, SPIN
from judge.execute import execute
pool = Pool(Settings(home=Path(sys.argv[1]), judge_image=sys.argv[2]), owner="bench-killed")
pool.start()
with pool.claim(0) as claim:
    program = compiled(claim, SPIN, "c")
    threading.Timer(0.2, lambda: print("runs", flush=True)).start()
    execute(claim, program, None, LIMITS)
"""


def run() -> list[Result]:
    """Steadiness beside a busy neighbour, overshoot of a CPU limit, and the end of a killed judge's containers."""
    with room() as here, here.pool.claim(0) as claim:
        steady = _steady(claim, compiled(claim, WORK), here.pool.core(0))
        over = _overshoots(claim, compiled(claim, SPIN, "c"))
    return [
        *steady,
        result("judge: CPU beyond a limit of 1 s until the end", "ms", over, bar=20),
        result(
            "judge: from its SIGKILL until no container of it runs", "s", [_killed() for _ in range(ROUNDS)], bar=1.0
        ),
    ]


def _steady(claim: Claim, program: Program, core: int) -> list[Result]:
    """The spread of a program's CPU time while another core is busy, and how far its median moves."""
    others = sorted(os.sched_getaffinity(0) - {core})
    if not others:
        print("there is no other core for a neighbour: left out")
        return []
    _cpu_ms(claim, program)  # once for the caches
    spreads, shifts = [], []
    for _ in range(ROUNDS):
        alone = [_cpu_ms(claim, program) for _ in range(EACH)]
        with neighbour(others[0]):
            beside = [_cpu_ms(claim, program) for _ in range(EACH)]
        spreads.append(100 * statistics.stdev(beside) / statistics.mean(beside))
        shifts.append(100 * abs(statistics.median(beside) / statistics.median(alone) - 1))
    return [
        result("judge: variation of CPU time beside a busy neighbour", "%", spreads, bar=4),
        result("judge: shift of its median by that neighbour", "%", shifts, bar=8),
    ]


@contextlib.contextmanager
def neighbour(core: int) -> Iterator[None]:
    """Another process that keeps a core, and the caches that it shares, busy from the beginning on."""
    work = "data = bytearray(32 << 20)\nprint(flush=True)\nwhile True: data[:] = data[::-1]"
    command = ["taskset", "-c", str(core), sys.executable, "-c", work]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def _cpu_ms(claim: Claim, program: Program) -> int:
    measured = execute(claim, program, None, LIMITS)
    measured.stdout.close()
    assert (measured.exit_code, measured.cpu_exceeded) == (0, False), measured
    return measured.cpu_ms


def _overshoots(claim: Claim, program: Program) -> list[float]:
    """Milliseconds of CPU time that a program which never ends has used beyond its second."""
    execute(claim, program, None, replace(LIMITS, cpu_ms=10)).stdout.close()  # puts it there
    nothing = Blob.sealed(b"")
    return [raw(claim.held[-1], nothing, cpu_ms=1000).cpu_us / 1000 - 1000 for _ in range(ROUNDS)]


def _killed() -> float:
    """Seconds from the kill of a judge that runs a program until the engine says that no container of it runs."""
    settings = load()
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as home, closing(docker.from_env()) as client:
        command = [sys.executable, "-c", _HOST, home, settings.judge_image]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as host:
            assert host.stdout is not None
            assert host.stdout.readline() == b"runs\n"
            owned = {"label": f"podium.judge=bench-killed {Path(home).resolve()}"}
            assert client.containers.list(filters=owned)
            host.send_signal(signal.SIGKILL)
            begun = time.perf_counter()
            while client.api.containers(filters=owned):
                pass
            elapsed = time.perf_counter() - begun
        for container in client.containers.list(all=True, filters=owned):
            container.remove(force=True)
    return elapsed
