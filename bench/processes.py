"""The memory of every process of a stack at rest with one contest, judge containers included, in MiB resident."""

from __future__ import annotations

import time
from pathlib import Path

import docker

from bench.measure import Result, result
from bench.site import open_site
from podium.stack.docker import judge_containers

__all__ = ["run"]

SAMPLES = 5
CONTAINERS = "judge containers"


def run() -> list[Result]:
    """Five samples, a second apart, a few seconds after the start."""
    samples: dict[str, list[float]] = {}
    engine = docker.from_env()
    try:
        with open_site() as site:
            for _ in range(SAMPLES):
                time.sleep(1)
                for name, process in site.stack.processes.items():
                    if process.pid is not None:
                        samples.setdefault(name, []).append(_resident(process.pid))
                samples.setdefault(CONTAINERS, []).append(_contained(engine, site.settings.home))
    finally:
        engine.close()
    total = [sum(values) for values in zip(*samples.values(), strict=True)]
    return [result(f"memory of {name}", "MiB", values) for name, values in (*samples.items(), ("all", total))]


def _resident(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS"))) / 1024


def _contained(engine: docker.DockerClient, home: Path) -> float:
    """What the containers of this stack's judges hold, without file pages that the kernel can drop at once."""
    held = 0
    for one in judge_containers(engine, home):
        memory = engine.api.stats(one, stream=False, one_shot=True)["memory_stats"]
        dropped = memory["stats"].get("total_inactive_file", memory["stats"].get("inactive_file", 0))
        held += memory["usage"] - dropped
    return held / (1 << 20)
