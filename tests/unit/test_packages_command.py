"""`podium problem add` and `list`: packages into the store, and what lies there."""

import json

import pytest

from podium.cli import main
from tests.unit.packaging import PACKAGE, write


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_packages_are_added_once_and_listed(tmp_path, home, capfd):
    root = write(tmp_path / "sum", PACKAGE)
    assert main(["problem", "add", str(root), "--json"]) == 0
    added = json.loads(capfd.readouterr().out)
    assert (added["name"], added["time_limit_ms"], added["memory_mib"], added["tests"]) == ("Sum", 2000, 1024, 3)
    stored = home / "packages" / f"{added['digest']}.zip"
    first = stored.stat().st_mtime_ns
    assert main(["problem", "add", str(stored)]) == 0
    assert added["digest"] in capfd.readouterr().out
    assert stored.stat().st_mtime_ns == first
    assert main(["problem", "list", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == added
    (home / "packages" / f"{'0' * 64}.zip").write_bytes(b"PK")
    assert main(["problem", "list", "--json"]) == 1
    shown = capfd.readouterr()
    assert json.loads(shown.out) == added
    assert "not a zip that can be read" in shown.err


def test_nothing_is_added_when_one_is_broken(tmp_path, home, capfd):
    good, bad = write(tmp_path / "good", PACKAGE), write(tmp_path / "bad", {"problem.yaml": "name: x\n"})
    assert main(["problem", "add", str(good), str(bad)]) == 2
    assert "podium: bad/problem.yaml: there is no time limit" in capfd.readouterr().err
    assert not (home / "packages").exists()
