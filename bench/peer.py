"""Judges of DMOJ, from the package index into an environment of their own, that are given what ours are given."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from bench.bare import TESTS, source

__all__ = ["Peer", "installed", "peer", "why_not"]

DMOJ: Final = "dmoj==4.1.0"

_BUILD_S: Final = 300
"""It compiles its sandbox."""

_CONFIG: Final = """id: bench
key: bench
problem_storage_globs: ["{folder}/problems/*"]
tempdir: {folder}/tmp{number}
submission_cpu_affinity: [{number}]
compiler_time_limit: 60
runtime:
  g++17: {compiler}
"""


class Peer:
    """Its judges without a site, told by their command line what to judge."""

    def __init__(self, folder: Path, cores: Sequence[int]) -> None:
        self._folder = folder
        with ExitStack() as stack:
            self._judges = [stack.enter_context(_judge(folder, core)) for core in cores]
            self._open = stack.pop_all()

    def rate(self, each: int) -> float:
        """Submissions a minute with so many for each judge."""
        with ThreadPoolExecutor(len(self._judges)) as threads:
            rates = list(threads.map(lambda number: self._rate(number, each), range(len(self._judges))))
        return sum(rates)

    def _rate(self, number: int, each: int) -> float:
        judge = self._judges[number]
        assert judge.stdin is not None
        assert judge.stdout is not None
        begun = time.perf_counter()
        for _ in range(each):
            path = self._folder / f"{number}.cpp"
            path.write_text(source())
            judge.stdin.write(f"submit sum CPP17 {path} -tl 2 -ml 262144\n")
            judge.stdin.flush()
            accepted = 0
            for line in judge.stdout:
                accepted += bool(re.match(r"Test case +[0-9]+ AC ", line))
                if line.startswith("Done grading"):
                    break
            if accepted != TESTS:
                raise OSError(f"it accepted {accepted} of {TESTS} tests")
        return each / (time.perf_counter() - begun) * 60

    def close(self) -> None:
        self._open.close()


@contextmanager
def peer(cores: Sequence[int]) -> Iterator[Peer | str]:
    """A judge on each of these cores, or why there is none.

    It needs g++ and libseccomp's header, which is got where it is missing, but not installed.
    """
    with tempfile.TemporaryDirectory(prefix="podium-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with ExitStack() as stack:
            found: Peer | str
            try:
                _install(folder)
                _write_problem(folder / "problems" / "sum")
                found = Peer(folder, cores)
                stack.callback(found.close)
                found.rate(1)
            except (OSError, subprocess.SubprocessError) as error:
                found = why_not(DMOJ, error)
            yield found


def _run(*command: str, cwd: Path, **environment: str) -> None:
    subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=_BUILD_S,
    )


def installed(folder: Path, release: str, **environment: str) -> Path:
    """Where the programs of a release from the package index are, which is put into an environment of its own there.

    Raises:
        OSError, subprocess.SubprocessError: when it cannot be had.
    """
    _run(sys.executable, "-m", "venv", "venv", cwd=folder)
    _run("venv/bin/pip", "install", "-q", "--disable-pip-version-check", release, cwd=folder, **environment)
    return folder / "venv" / "bin"


def why_not(release: str, error: Exception) -> str:
    """Why a release cannot be had, in a line."""
    said = getattr(error, "stderr", None) or str(error)
    return f"{release} cannot be had here: {said.strip().splitlines()[-1]}"


def _install(folder: Path) -> None:
    where = {}
    if not Path("/usr/include/seccomp.h").exists():  # it need not be installed for that
        _run("apt-get", "download", "libseccomp-dev", "libseccomp2", cwd=folder)
        for package in folder.glob("*.deb"):
            _run("dpkg", "-x", str(package), "dev", cwd=folder)
        (library,) = (folder / "dev").rglob("libseccomp.so")
        where = {"CPATH": str(folder / "dev" / "usr" / "include"), "LIBRARY_PATH": str(library.parent)}
    installed(folder, DMOJ, **where)


def _write_problem(root: Path) -> None:
    """The problem of bench.bare, in its format."""
    root.mkdir(parents=True)
    cases = []
    for number in range(TESTS):
        (root / f"{number}.in").write_text(f"{number} 4\n")
        (root / f"{number}.out").write_text(f"{number + 4}\n")
        cases.append(f"- {{in: {number}.in, out: {number}.out, points: 1}}\n")
    (root / "init.yml").write_text("test_cases:\n" + "".join(cases))


@contextmanager
def _judge(folder: Path, core: int) -> Iterator[subprocess.Popen[str]]:
    (folder / f"tmp{core}").mkdir()
    config = folder / f"judge{core}.yml"
    config.write_text(_CONFIG.format(folder=folder, number=core, compiler=shutil.which("g++")))
    command = ("venv/bin/dmoj-cli", "--no-ansi", "-e", "CPP17", "--history", f"history{core}", "-c", str(config))
    process = subprocess.Popen(
        ["taskset", "-c", str(core), *command],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        process.communicate()  # the end of what it reads ends it
