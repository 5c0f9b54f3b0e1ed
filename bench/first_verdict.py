"""From a clone of the repository to the demo's first verdict: cold (nothing set up), and warm (set up before).

Cold measures the network as much as us, so it is run once, and only where `PODIUM_BENCH_COLD=1` asks for it.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from bench.measure import Result, result
from bench.site import free_base
from schemas.errors import PodiumError
from schemas.events import Judgement
from schemas.reader import read_contest
from schemas.settings import Settings

__all__ = ["run"]

ROOT = Path(__file__).parents[1]
WARM_RUNS = 2


def run() -> list[Result]:
    """Warm: from `make demo` in this checkout. Cold: from `git clone`, with the judge's image deleted before."""
    found = [result("make demo to the first verdict, warm", "s", [_demo(ROOT) for _ in range(WARM_RUNS)])]
    if os.environ.get("PODIUM_BENCH_COLD"):
        with tempfile.TemporaryDirectory(prefix="podium-clone-") as folder:
            clone = Path(folder) / "podium"
            begun = time.monotonic()
            subprocess.run(["docker", "image", "rm", "-f", "podium-judge:latest"], check=False, capture_output=True)
            subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
            cloned = time.monotonic() - begun
            found.append(result("clone to the first verdict, cold", "s", [cloned + _demo(clone)]))
    return found


def _demo(root: Path) -> float:
    with tempfile.TemporaryDirectory(prefix="podium-bench-", ignore_cleanup_errors=True) as home:
        return _until_verdict(root, Path(home), free_base())


def _until_verdict(root: Path, home: Path, base: int) -> float:
    begun = time.monotonic()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PODIUM_")}
    environment |= {"PODIUM_PORT_BASE": str(base), "PODIUM_HOME": str(home)}
    demo = subprocess.Popen(["make", "demo", "ARGS=--once"], cwd=root, env=environment, stdout=subprocess.DEVNULL)
    settings = Settings(home=home / "demo", port_base=base)
    try:
        while demo.poll() is None and time.monotonic() - begun < 1800:  # a cold image takes minutes
            try:
                if any(isinstance(event, Judgement) for _, event in read_contest(settings, "demo")):
                    return time.monotonic() - begun
            except PodiumError:
                pass
            time.sleep(0.2)
    finally:
        demo.terminate()
        demo.wait()
    raise TimeoutError("the demo ended without a verdict")
