"""From `git clone` and `make demo` to the demo's first verdict: cold, and warm.

Both are clones of their own of what is committed here, with ports and a judge image of their own. Cold finds none of
podium's caches: no packages of pip, uv and Maven, no image, not even its base. Debian's packages stay installed. It
measures the network as much as us, and is taken once. Warm finds all of them, as a second clone on this machine does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import docker
from docker.errors import ImageNotFound

from bench.measure import Result, result
from bench.site import free_base
from podium.stack.stack import read_state
from schemas.errors import PodiumError
from schemas.events import Judgement
from schemas.reader import read_contest
from schemas.settings import Settings

__all__ = ["run"]

ROOT = Path(__file__).parents[1]
IMAGE = f"podium-judge:bench-{os.getpid()}"
WARM_RUNS = 5

COLD_S = 1500
"""Three sources of packages and a judge image; a slow network takes minutes for each."""

END_S = 60
"""A demo that is told to end ends its stack in order; Kafka alone may take half of that."""


def run() -> list[Result]:
    """One cold run, whose caches the warm ones then find."""
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as caches, _no_images_left() as bases:
        cold, *warm = (_clone_to_verdict(Path(caches), bases) for _ in range(1 + WARM_RUNS))
    return [
        result("clone to the demo's first verdict, cold", "s", [cold]),
        result("clone to the demo's first verdict, warm", "s", warm),
    ]


@contextlib.contextmanager
def _no_images_left() -> Iterator[set[str]]:
    """Remove this run's judge image, and the bases that are put into the set."""
    bases: set[str] = set()
    engine = docker.from_env()
    try:
        yield bases
    finally:
        for tag in (IMAGE, *bases):
            with contextlib.suppress(ImageNotFound):
                engine.images.remove(tag)
        engine.close()


def _clone_to_verdict(caches: Path, bases: set[str]) -> float:
    """Seconds from the clone's beginning to the first judgement on the demo's log."""
    with tempfile.TemporaryDirectory(prefix="podium-bench-", ignore_cleanup_errors=True) as folder:
        clone = Path(folder) / "podium"
        begun = time.monotonic()
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        # the base image is named by what it is made of: with this line it is not the one that this machine has
        with (clone / "judge" / "image" / "trim.sh").open("a") as file:
            file.write(f"# {IMAGE}\n")
        try:
            return _demo_to_verdict(clone, caches, begun)
        finally:
            asked = [
                str(clone / ".venv" / "bin" / "python"),
                "-c",
                "from judge.image import build; print(build._base_digest())",
            ]
            with contextlib.suppress(OSError, subprocess.CalledProcessError):  # it did not come to an environment
                said = subprocess.run(asked, cwd=clone, capture_output=True, text=True, check=True)
                bases.add(f"podium-judge-base:{said.stdout.strip()}")


def _demo_to_verdict(clone: Path, caches: Path, begun: float) -> float:
    base = free_base()
    outer = ("PODIUM_", "MAKE", "MFLAGS")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(outer)} | {
        "PODIUM_PORT_BASE": str(base),
        "PODIUM_JUDGE_IMAGE": IMAGE,
        "PIP_CACHE_DIR": str(caches / "pip"),
        "UV_CACHE_DIR": str(caches / "uv"),
        "MAVEN_OPTS": f"{os.environ.get('MAVEN_OPTS', '')} -Dmaven.repo.local={caches / 'maven'}".strip(),
    }
    settings = Settings(home=clone / ".podium" / "demo", port_base=base)
    said = clone.with_suffix(".log")
    with said.open("wb") as log:
        demo = subprocess.Popen(
            ["make", "demo", "ARGS=--once"],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # so that all of it can be told to end
        )
    try:
        while demo.poll() is None and time.monotonic() - begun < COLD_S:
            if _judged(settings):
                return time.monotonic() - begun
            time.sleep(0.1)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(demo.pid, signal.SIGTERM)
        demo.wait(END_S)
    raise RuntimeError(f"the demo came to no verdict; it said: {said.read_text()[-2000:]}")


def _judged(settings: Settings) -> bool:
    state = read_state(settings)
    if state is None or not any(p["name"] == "kafka" and p["state"] == "ready" for p in state["processes"]):
        return False  # a client that begins before the broker answers would be late to see it
    try:
        return any(isinstance(event, Judgement) for _, event in read_contest(settings, "demo"))
    except PodiumError:
        return False
