"""One judge slot against a bare loop, and its runs against bare fork and exec: same compiler, flags, core, no walls."""

from __future__ import annotations

import statistics
import time

from bench.bare import Bare, compiled, raw, room, source, submission
from bench.measure import Result, alternate, result
from judge.blob import Blob
from judge.claim import Claim
from judge.compile import Program
from judge.execute import execute
from judge.pipeline import Judge
from judge.sandbox import Limits

__all__ = ["run"]

EACH = 8
"""Submissions a run; a run's value is their median."""

RUNS = 100
"""Of the program on one test; a run's value is their median."""

LIMITS = Limits(cpu_ms=2000, wall_ms=5000, memory_mib=256, output_bytes=8 << 20)

FORK_EXEC = """
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static int by_value(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;
	return (d > 0) - (d < 0);
}
/* Milliseconds of the median run of /w/a with its input and output in files, and the largest memory in KiB. */
int main(int argc, char **argv)
{
	int runs = atoi(argv[1]), status;
	double *ms = calloc(runs, sizeof *ms);
	long peak = 0;
	for (int i = 0; i < runs; i++) {
		struct timespec begun, ended;
		struct rusage usage;
		clock_gettime(CLOCK_MONOTONIC, &begun);
		int in = open("/w/in", O_RDONLY), out = open("/w/out", O_RDWR | O_CREAT | O_TRUNC, 0600);
		if (fork() == 0) {
			dup2(in, 0);
			dup2(out, 1);
			execl("/w/a", "/w/a", NULL);
			_exit(1);
		}
		if (wait4(-1, &status, 0, &usage) < 0 || status != 0)
			return 1;
		close(in);
		close(out);
		clock_gettime(CLOCK_MONOTONIC, &ended);
		ms[i] = (ended.tv_sec - begun.tv_sec) * 1e3 + (ended.tv_nsec - begun.tv_nsec) / 1e6;
		peak = usage.ru_maxrss > peak ? usage.ru_maxrss : peak;
	}
	qsort(ms, runs, sizeof *ms, by_value);
	printf("%f %ld", ms[runs / 2], peak);
	return argc < 2;
}
"""


def around(claim: Claim, program: Program, given: Blob) -> tuple[float, float]:
    """Milliseconds that one run takes outside of the program: of the runner's request, and of all of `execute`."""
    begun = time.perf_counter()
    measured = execute(claim, program, given, LIMITS)
    whole = (time.perf_counter() - begun) * 1000
    assert measured.exit_code == 0
    begun = time.perf_counter()
    ran = raw(claim.held[-1], given)
    return (time.perf_counter() - begun) * 1000 - ran.wall_us / 1000, whole


def fork_exec(bare: Bare) -> tuple[float, float]:
    """Milliseconds of the median run where a small C program forks it and nothing else is there, and its MiB."""
    ms, peak = bare.shell("/w/fork", str(RUNS)).split()
    return float(ms), int(peak) / 1024


def _put(bare: Bare) -> None:
    bare.shell("sh", "-c", f"cat > /w/fork.c <<'END'\n{FORK_EXEC}\nEND\ngcc -O2 -w -static -o /w/fork /w/fork.c")
    bare.shell("sh", "-c", "echo 0 4 > /w/in")


def run() -> list[Result]:
    """Time of a submission against the bare loop; of a run against fork and exec, and outside of its program; memory."""
    given = Blob.sealed(b"0 4\n")
    with room() as here:
        judge, (bare,) = Judge(here.pool), here.bare
        ours, theirs = alternate(
            lambda: statistics.median(submission(judge, here.package) for _ in range(EACH)),
            lambda: bare.loop(EACH).submission_ms,
            7,
        )
        _put(bare)
        with here.pool.claim(0) as claim:
            program = compiled(claim, source())
            pairs: list[list[tuple[float, float]]] = []

            def one_run() -> float:
                pairs.append([around(claim, program, given) for _ in range(RUNS)])
                return statistics.median(whole for _, whole in pairs[-1])

            whole, forked = alternate(one_run, lambda: fork_exec(bare), 7)
            outside = [statistics.median(out for out, _ in one) for one in pairs[1:]]
            reported = [execute(claim, program, given, LIMITS).memory_kib / 1024 for _ in range(7)]
        true = statistics.median(mib for _, mib in forked)
    return [
        result("judge: submission, C++ with 10 tests, one slot", "ms", ours, baseline=theirs, bar=1.10, aim=1.0),
        result("judge: one run of A+B", "ms", whole, baseline=[ms for ms, _ in forked], bar=1.35, aim=1.25),
        result(
            "judge: one run of A+B less fork and exec",
            "ms",
            [a - b for a, (b, _) in zip(whole, forked, strict=True)],
            bar=0.4,
        ),
        result("judge: a run outside of its program", "ms", outside, bar=0.2, aim=0.12),
        result("judge: reported less true memory of A+B", "MiB", [abs(r - true) for r in reported], bar=1.0, aim=0.1),
    ]
