"""How much the times of equal work differ on this machine, measured over a few seconds."""

from __future__ import annotations

import hashlib
import os
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Noise", "measure", "of_samples"]

_BLOCK: Final = bytes(1 << 20)
_BLOCKS: Final = 8
"""Hashed for a sample: some 5 to 20 ms, many ticks of the scheduler's clock and short for a neighbour's pause."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What was measured on the cores, all at once.

    `spread` is the standard deviation of the samples' CPU time by their median, `worst` the longest one above it;
    `taken` the share of the wall time in which a core did something else; `stolen` what the hypervisor took.
    """

    cores: int
    seconds: float
    spread: float
    worst: float
    taken: float
    stolen: float


def measure(cores: Sequence[int], seconds: float) -> Noise:
    """Keep each of these cores busy for so long, as judging does, a thread each. Takes that long."""
    samples: dict[int, list[tuple[float, float]]] = {core: [] for core in cores}
    stolen = _stolen(cores)
    threads = [threading.Thread(target=_busy, args=(core, seconds, samples[core])) for core in cores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return of_samples(samples, seconds, (_stolen(cores) - stolen) / (seconds * len(cores)))


def of_samples(samples: dict[int, list[tuple[float, float]]], seconds: float, stolen: float) -> Noise:
    """What the samples (CPU, wall time) of each core say; each is compared with its own core's median. Pure."""
    ratios = []
    for of_core in samples.values():
        usual = statistics.median(cpu for cpu, _ in of_core)
        ratios += [cpu / usual for cpu, _ in of_core]
    cpu = sum(cpu for of_core in samples.values() for cpu, _ in of_core)
    wall = sum(wall for of_core in samples.values() for _, wall in of_core)
    return Noise(
        cores=len(samples),
        seconds=seconds,
        spread=statistics.pstdev(ratios),
        worst=max(ratios) - 1,
        taken=max(0.0, 1 - cpu / wall),
        stolen=max(0.0, stolen),
    )


def _busy(core: int, seconds: float, samples: list[tuple[float, float]]) -> None:
    os.sched_setaffinity(0, {core})  # this thread alone
    end = time.monotonic() + seconds
    while time.monotonic() < end or not samples:
        cpu, wall = time.thread_time(), time.monotonic()
        digest = hashlib.sha256()
        for _ in range(_BLOCKS):
            digest.update(_BLOCK)  # lets other threads go on meanwhile
        samples.append((time.thread_time() - cpu, time.monotonic() - wall))


def _stolen(cores: Sequence[int]) -> float:
    """Seconds that the hypervisor has taken from these cores since the start of the machine."""
    names = {f"cpu{core}" for core in cores}
    fields = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
    ticks = sum(int(line[8]) for line in fields if line and line[0] in names and len(line) > 8)
    return ticks / os.sysconf("SC_CLK_TCK")
