"""Memory and descriptors of every process of a stack."""

from __future__ import annotations

import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from tests.chaos.site import Site

MIB = 1 << 20
WARM_S = 60.0
"""For so long a process that was started reads what there is, and fills what it keeps."""
AROUND = frozenset({"api", "history", "kafka", "redis"})
"""Kinds that hold what others do: the clients of an api that was killed, what was flushed, a heap as large as it may be."""


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


@dataclass(frozen=True, slots=True)
class Halves:
    """The least and the most MiB that a process held in each half of so many seconds.

    `submissions`: by how many the contest grew from the one least to the other.
    """

    name: str
    seconds: float
    first: tuple[float, float]
    second: tuple[float, float]
    submissions: int


Look = tuple[float, float, int, int]
"""When it was, the MiB, the contest's submissions, and the most clients that the process has had."""
CLIENT_MIB = 0.04
"""What a stream takes of an api, also when it has gone: 1,000 that came when the other api was killed took 40 MiB."""


class Lives:
    """What each process has held since it was started, look by look."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, int], list[Look]] = {}

    @property
    def pids(self) -> dict[str, int]:
        """Who lived at the last look."""
        return dict(self._held.keys())

    def look(self, site: Site, submissions: int) -> None:
        """Write down what each holds now, with so many submissions; who has ended since the last look is forgotten."""
        at, looks = time.monotonic(), {}
        for name, (pid, held) in memory(site).items():
            before = self._held.get((name, pid), [])
            clients = max(before[-1][3] if before else 0, _clients(site, name, pid))
            looks[name, pid] = [*before, (at, held, submissions, clients)]
        self._held = looks

    def halves(self, site: Site, quiet: float) -> Iterator[Halves]:
        """Each process since it was warm, or since *quiet*, when the last one was killed, if it is of those AROUND.

        At work a process holds more: the history 40 MiB for ten seconds behind each audit, until the engine's allocator
        gives them back. Who looks at two moments compares one at work with one at rest; a half has its least at rest.
        """
        for (name, _), looks in sorted(self._held.items()):
            around = site.stack.processes[name].part.kind in AROUND
            begin = quiet if around else min(looks[0][0] + WARM_S, quiet)
            middle = (begin + looks[-1][0]) / 2
            first = sorted((one for one in looks if begin <= one[0] < middle), key=itemgetter(1))
            second = sorted((one for one in looks if middle <= one[0]), key=itemgetter(1))
            held = ((half[0][1], half[-1][1]) for half in (first, second))
            yield Halves(name, looks[-1][0] - begin, *held, second[0][2] - first[0][2])

    def longest(self) -> tuple[str, float, float, float, int]:
        """Of the process that has lived longest: name, seconds, MiB at both ends of the line through its looks.

        The last is by how many submissions the contest grew in between. The line is without the first quarter of its
        life, in which it reads what there is, and without what the clients take that it has had.
        """
        (name, _), looks = min(self._held.items(), key=lambda one: one[1][0][0])
        born, end = looks[0][0], looks[-1][0]
        later = [one for one in looks if one[0] >= born + (end - born) / 4]
        times, submissions = [look[0] for look in later], [look[2] for look in later]
        held = [mib - clients * CLIENT_MIB for _, mib, _, clients in later]
        slope, at_zero = statistics.linear_regression(times, held)
        return name, end - born, at_zero + slope * times[0], at_zero + slope * end, submissions[-1] - submissions[0]


def _clients(site: Site, name: str, pid: int) -> int:
    """How many an api has: its descriptors, of which few are others. No other part has any."""
    try:
        return sum(1 for _ in _kinds(pid)) if site.stack.processes[name].part.kind == "api" else 0
    except OSError:  # it has ended
        return 0


def descriptors(site: Site) -> dict[str, Counter[str]]:
    """By process: how many descriptors of each kind it has open, without a judge's copies of test data, kept on purpose."""
    pids = {name: process.pid for name, process in site.stack.processes.items() if process.pid is not None}
    return {name: Counter(_kinds(pid)) for name, pid in pids.items()}


def _kinds(pid: int) -> Iterator[str]:
    """Of each open descriptor what it is for: a file's path, "socket", "pipe"."""
    for one in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(one.readlink())
        except OSError:  # it was closed meanwhile
            continue
        if not target.startswith("/memfd:"):
            yield re.sub(r"\d+", "#", target.partition(":[")[0])
