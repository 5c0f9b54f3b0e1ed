"""A real judge: the image, and one pool of containers for the session."""

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from judge.execute import execute
from judge.image.build import ensure_image
from judge.pool import Pool
from schemas.settings import Settings
from tests.judge.programs import INPUT, LIMITS, SUM, Inventory, built, compiled_anew, inventory

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def judge_settings() -> Settings:
    """Settings of a judge host with a home of its own; the image is there (made now where `make setup` was not run)."""
    ensure_image(Settings(home=ROOT / ".podium"), print)
    home = Path(tempfile.mkdtemp(prefix="podium-judge-"))
    yield Settings(home=home)
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def pool(judge_settings) -> Pool:
    """Warm containers for two slots."""
    with Pool(judge_settings, owner=f"test-{os.getpid()}", slots=2) as pool:
        yield pool


@pytest.fixture
def claim(pool):
    """Slot 0, for one submission."""
    with pool.claim(0) as claim:
        yield claim


@pytest.fixture(scope="session")
def untouched(pool) -> Inventory:
    """How a program finds a container of slot 0 in which no hostile one has run."""
    with pool.claim(0) as claim:
        runs = [execute(claim, built(claim, SUM), INPUT, LIMITS) for _ in range(5)]
        found = inventory(claim, claim.held[-1])
        compilations = [compiled_anew(claim) for _ in range(3)]
    run_ms, compile_ms = (max(one.cpu_ms for one in done) for done in (runs, compilations))
    return replace(found, run_ms=run_ms, compile_ms=compile_ms)


@pytest.fixture(scope="session")
def extra_image(judge_settings):
    """The second image, built now where nobody needed it yet."""
    ensure_image(Settings(home=ROOT / ".podium"), print, "extra")
