"""No locked dependency has a hole that is known, as far as this machine reaches those who know."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

LOCK = Path(__file__).parents[2] / "requirements.lock"
ACCEPTED: dict[str, str] = {}
"""Holes by their name in the data, each with the reason why it is none here."""


def audited(requirements, how):
    """What pip-audit says of each package. Skips where it cannot ask, which also looks as if nobody knew a package."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements), "--disable-pip", how]
    options = ["--format", "json", "--progress-spinner", "off", "--timeout", "5"]
    try:
        done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=120)
        found = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        pytest.skip("the data on known holes did not come within two minutes")
    except json.JSONDecodeError:
        pytest.skip(f"the data on known holes is not reachable from here: {done.stderr.strip()[-300:]}")
    known = [one for one in found if "vulns" in one]
    if len(known) < len(found) / 2:
        pytest.skip(
            "the data on known holes is not reachable from here: the index has packages, and nothing about them"
        )
    return known


@pytest.mark.long
def test_long_no_locked_dependency_has_a_known_hole(tmp_path):
    # one package first: where nobody can be asked, nobody waits for all
    probe = tmp_path / "requirements.txt"
    probe.write_text(re.search(r"^starlette==\S+", LOCK.read_text(), re.MULTILINE)[0])
    audited(probe, "--no-deps")
    holes = {
        f"{package['name']} {package['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'nothing yet'}"
        for package in audited(LOCK, "--require-hashes")
        for hole in package["vulns"]
        if not {hole["id"], *hole["aliases"]} & ACCEPTED.keys()
    }
    assert not holes
