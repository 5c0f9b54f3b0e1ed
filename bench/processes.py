"""The memory of every process of a stack at rest with one contest, in MiB resident."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from bench.measure import Result, result
from bench.site import open_site

SAMPLES = 5


def run() -> list[Result]:
    """Five samples, a second apart, a few seconds after the start."""
    with open_site() as site:
        samples: dict[str, list[float]] = {}
        for _ in range(SAMPLES):
            time.sleep(1)
            for name, process in site.stack.processes.items():
                if process.pid is not None:
                    samples.setdefault(name, []).append(_resident(process.pid))
        total = [sum(values) for values in zip(*samples.values(), strict=True)]
    found = [result(f"memory of {name}", "MiB", values) for name, values in samples.items()]
    return [*found, result("memory of all", "MiB", [statistics.fmean(total), *total])]


def _resident(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS"))) / 1024
