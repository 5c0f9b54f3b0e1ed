"""`podium demo --once` as `make demo` runs it: twice on one home, the second as good as the first."""

import os
import subprocess
import sys

import pytest

from tests.conftest import free_port_base

_DEMO_S = 1800
"""Four minutes on a machine at rest; a demo gives up by itself when its judges are silent for two."""


@pytest.mark.long
@pytest.mark.timeout(2 * _DEMO_S + 100)
def test_long_the_demo_is_right_and_so_is_a_second_one_in_the_same_place(tmp_path):
    env = os.environ | {"PODIUM_HOME": str(tmp_path), "PODIUM_PORT_BASE": str(free_port_base())}
    for _ in range(2):
        demo = subprocess.run(
            [sys.executable, "-m", "podium", "demo", "--once"], env=env, capture_output=True, text=True, timeout=_DEMO_S
        )
        assert (demo.returncode, demo.stderr) == (0, ""), demo.stdout[-3000:]
        assert "submissions of 24 teams; the board moves at" in demo.stdout
        assert "board, history and recomputation agree at position" in demo.stdout
        ending = [line for line in demo.stdout.splitlines() if "ready" not in line and "stop" not in line]
        assert "everything was right" in ending
    left = subprocess.run(
        ["docker", "ps", "-a", "--filter", "label=podium.judge", "--format", '{{.Label "podium.judge"}}'],
        capture_output=True,
        text=True,
    ).stdout
    assert str(tmp_path) not in left
