"""Memory and descriptors of every process of a stack."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from tests.chaos.site import Site

MIB = 1 << 20


def memory(site: Site) -> dict[str, tuple[int, float]]:
    """By process that lives: its pid and the MiB that it holds."""
    found = {}
    for name, process in site.stack.processes.items():
        if (pid := process.pid) is not None and (held := _held(pid)) is not None:
            found[name] = pid, held
    return found


def _held(pid: int) -> float | None:
    """MiB; None: it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    lines = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(lines[0].split()[1]) * 1024 / MIB if lines else None


class Lives:
    """What each process has held since it was started, look by look."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, int], list[tuple[float, float, int]]] = {}

    def look(self, site: Site, submissions: int) -> None:
        """Write down what each holds now, with so many submissions; who has ended since the last look is forgotten."""
        now = {(name, pid): held for name, (pid, held) in memory(site).items()}
        at = time.monotonic()
        self._held = {key: [*self._held.get(key, ()), (at, held, submissions)] for key, held in now.items()}

    def longest(self) -> tuple[str, float, float, float, int]:
        """Of the process that has lived longest: name, seconds, MiB at both ends of the line through its looks.

        The last is by how many submissions the contest grew in between. The line is without the first quarter of its
        life, in which it reads what there is.
        """
        (name, _), looks = min(self._held.items(), key=lambda one: one[1][0][0])
        born, end = looks[0][0], looks[-1][0]
        later = [one for one in looks if one[0] >= born + (end - born) / 4]
        times, held, submissions = zip(*later, strict=True)
        slope, at_zero = statistics.linear_regression(times, held)
        return name, end - born, at_zero + slope * times[0], at_zero + slope * end, submissions[-1] - submissions[0]


def descriptors(site: Site) -> dict[str, int]:
    """By process: its open descriptors, without a judge's copies of test data, which it keeps on purpose."""
    pids = {name: process.pid for name, process in site.stack.processes.items() if process.pid is not None}
    return {name: sum(not _is_copy(one) for one in Path(f"/proc/{pid}/fd").iterdir()) for name, pid in pids.items()}


def _is_copy(descriptor: Path) -> bool:
    try:
        return str(descriptor.readlink()).startswith("/memfd:")
    except OSError:  # it was closed meanwhile
        return True
