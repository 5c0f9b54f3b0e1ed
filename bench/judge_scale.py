"""What a run, and a submission, take in other kinds of walls, for scale: new namespaces, `isolate`, a container of its own."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from bench.bare import TESTS, compiled, room, source, submission
from bench.judge_core import LIMITS
from bench.measure import Result, alternate, result
from judge.blob import Blob
from judge.claim import Claim
from judge.compile import Program
from judge.execute import execute
from judge.pipeline import Judge
from schemas.settings import load

__all__ = ["run"]

RUNS = 5

SIMPLE_RUNS, SIMPLE_EACH = 5, 4
"""Of theirs one submission a run, which takes seconds; of ours the median of some."""

NAMESPACES = ("unshare", "--fork", "--pid", "--net", "--ipc", "--uts", "--mount", "--mount-proc", "--kill-child")
"""Those that `isolate` makes for each run, by what each machine has; the container of a slot has them once."""


def run() -> list[Result]:
    """Each in turn with a run in a slot's container; a median of ten. What is not installed is left out with a line."""
    found = []
    with room() as here, here.pool.claim(0) as claim, tempfile.TemporaryDirectory(prefix="podium-bench-") as folder:
        program = compiled(claim, source())
        binary = Path(folder, "a")
        binary.write_bytes(dict(program.files)["program"].bytes())
        binary.chmod(0o755)
        ours = partial(_median, partial(_ours, claim, program, Blob.sealed(b"0 4\n")))
        for name, theirs in _others(binary):
            measured, baseline = alternate(partial(_median, theirs), ours, RUNS)
            found.append(result(f"one run of A+B, {name}", "ms", measured, baseline=baseline))
    return [*found, *_simple_designs()]


def _simple_designs() -> Iterator[Result]:
    """Submissions a minute of one slot against designs without a runner, and without what the image prepares."""
    with room() as here, tempfile.TemporaryDirectory(prefix="podium-bench-") as folder:
        judge, (bare,) = Judge(here.pool), here.bare
        core = f"--cpuset-cpus={here.pool.core(0)}"
        inside = ("docker", "run", "--rm", "-i", "--network=none", core, "-v", f"{folder}:/w", load().judge_image)
        ways: list[tuple[str, Callable[[], float], float]] = [
            ("`docker run` for each step", partial(_stepwise, inside, Path(folder)), 8),
            ("`docker exec` for each step", partial(_stepwise, ("docker", "exec", "-i", bare.id)), 5),
        ]
        for name, way, bar in ways:
            ours, theirs = alternate(
                lambda: 60_000 / statistics.median(submission(judge, here.package) for _ in range(SIMPLE_EACH)),
                way,
                SIMPLE_RUNS,
            )
            yield result(
                f"judge: submission, C++ with 10 tests, against {name}",
                "submissions/min",
                ours,
                baseline=theirs,
                bar=bar,
                smaller_is_better=False,
            )


def _stepwise(inside: Sequence[str], folder: Path | None = None) -> float:
    """Submissions a minute where each step is a command of the engine's; its files are in /w, which may be a *folder* here."""
    begun = time.perf_counter()
    if folder is None:
        subprocess.run((*inside, "sh", "-c", "cat > /w/a.cpp"), input=source().encode(), check=True)
    else:
        (folder / "a.cpp").write_text(source())
    subprocess.run((*inside, "g++", "-O2", "-std=gnu++20", "-w", "-o", "/w/a", "/w/a.cpp"), check=True)
    for _ in range(TESTS):
        _piped((*inside, "/w/a"))
    return 60 / (time.perf_counter() - begun)


def _others(binary: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    contained = ("docker", "run", "--rm", "-i", "--network=none", "-v", f"{binary}:/a:ro", load().judge_image, "/a")
    ways = {
        "in new namespaces": ("unshare", partial(_piped, (*NAMESPACES, str(binary)))),
        "isolate --init, --run, --cleanup": ("isolate", partial(_isolated, binary)),
        "docker run": ("docker", partial(_piped, contained)),
    }
    for name, (tool, way) in ways.items():
        if shutil.which(tool) is None:
            print(f"{tool} is not installed: left out")
            continue
        try:
            way()
        except subprocess.CalledProcessError as error:  # namespaces are root's, and the program wants its libraries
            print(f"{tool} does not work here: left out: {error}")
            continue
        yield name, way


def _piped(command: Sequence[str]) -> None:
    done = subprocess.run(command, input=b"0 4\n", stdout=subprocess.PIPE, check=True)
    assert done.stdout.split() == [b"4"]


def _isolated(binary: Path) -> None:
    made = subprocess.run(["isolate", "--init"], stdout=subprocess.PIPE, text=True, check=True)
    try:
        shutil.copy(binary, Path(made.stdout.strip(), "box", "a"))
        _piped(("isolate", "--silent", "--run", "--", "a"))
    finally:
        subprocess.run(["isolate", "--cleanup"], check=True)


def _ours(claim: Claim, program: Program, given: Blob) -> None:
    with closing(execute(claim, program, given, LIMITS).stdout) as output:
        assert output.bytes().split() == [b"4"]


def _median(way: Callable[[], None]) -> float:
    """Milliseconds of the median of as many runs as a submission has tests."""
    times = []
    for _ in range(TESTS):
        begun = time.perf_counter()
        way()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)
