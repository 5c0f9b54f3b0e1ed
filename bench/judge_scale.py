"""What one run of A+B takes in other kinds of walls, for scale: new namespaces, `isolate`, a container of its own."""

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

from bench.bare import TESTS, compiled, room, source
from bench.judge_core import LIMITS
from bench.measure import Result, alternate, result
from judge.blob import Blob
from judge.compile import Program
from judge.execute import execute
from judge.pool import Claim
from schemas.settings import load

__all__ = ["run"]

RUNS = 5

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
    return found


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
