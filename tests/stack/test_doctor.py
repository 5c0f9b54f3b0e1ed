"""`podium doctor` on the machine as it is, and on one where things are missing."""

import contextlib
import os
import re
import socket
import time
from pathlib import Path

import pytest

from podium import doctor
from podium.cli import main
from podium.doctor import examine
from schemas.settings import Settings
from tests.conftest import free_port_base


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home", port_base=free_port_base())


def findings(settings):
    return {finding.what: finding for finding in examine(settings)}


def test_a_machine_that_runs_the_tests_is_good_and_nothing_is_changed(settings):
    found = findings(settings)
    wrong = [finding for finding in found.values() if not finding.good and finding.what != "judge image"]
    assert wrong == []
    assert {
        "java",
        "Docker engine",
        "ports",
        "disk",
        "Docker's disk",
        "memory",
        "cgroups",
        "clock",
        "open files",
    } <= set(found)
    assert not settings.home.exists()


def test_a_taken_port_is_named_with_the_process_that_wants_it(settings):
    with contextlib.ExitStack() as first:
        for _ in range(5):
            first.enter_context(Path(os.devnull).open())  # their numbers are free then, and are those that come and go
        other = socket.socket()
    with other:
        other.bind(("127.0.0.1", settings.port_base + 80))
        other.listen()
        found = findings(settings)["ports"]
    assert not found.good
    assert found.seen.startswith(f"127.0.0.1:{settings.port_base + 80} (api-1) is held by `python")
    assert f"(pid {os.getpid()})" in found.seen
    assert "PODIUM_PORT_BASE" in found.cure


def test_the_port_of_kafkas_controller_is_looked_at_too(settings):
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.port_base + 93))
        other.listen()
        assert f"127.0.0.1:{settings.port_base + 93} (kafka) is held by" in findings(settings)["ports"].seen


def test_a_java_that_is_too_old_for_kafka_is_bad(settings, monkeypatch, tmp_path):
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = findings(settings)["java"]
    assert not found.good
    assert "11.0.2" in found.seen
    assert "Java 17 or newer" in found.cure


def test_parts_of_ones_own_are_tried_instead_of_the_programs_that_they_replace(tmp_path, redis_server, kafka):
    """Kafka's topics are there; nobody serves a history."""
    own = Settings(
        home=tmp_path, port_base=free_port_base(), redis=redis_server, kafka=kafka, clickhouse="http://127.0.0.1:1"
    )
    found = findings(own)
    assert not {"java", "Kafka's jars", "redis-server"} & set(found)
    assert (found["Redis"].good, found["Kafka"].good) == (True, True)
    assert not found["ClickHouse"].good
    assert "PODIUM_CLICKHOUSE" in found["ClickHouse"].cure


def test_an_engine_that_does_not_answer_is_bad_and_so_is_its_image(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    found = findings(settings)
    assert not found["Docker engine"].good
    assert "start it" in found["Docker engine"].cure
    assert not found["judge image"].good


def test_a_program_that_is_missing_comes_with_its_package(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = findings(settings)
    assert not found["redis-server"].good
    assert "apt-get install redis-server" in found["redis-server"].cure


def test_a_clock_behind_what_was_written_here_is_bad(settings, monkeypatch):
    now = time.time()
    monkeypatch.setattr(doctor.time, "time", lambda: now - 10 * 365 * 86400)
    found = findings(settings)["clock"]
    assert not found.good
    assert re.search("set the clock", found.cure)


def test_the_command_ends_with_1_when_something_has_to_be_mended(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path))
    assert main(["doctor"]) == 1
    assert "→ start it" in capsys.readouterr().out
