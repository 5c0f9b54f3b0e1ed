"""Set-up: what it finds missing, what it skips, and what it says when a step fails."""

import importlib.util
import os
import re
import socket
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


@pytest.fixture
def setup(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("podium_setup", ROOT / "scripts" / "setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "LOGS", tmp_path / "logs")
    return module


def test_a_plain_user_is_told_the_one_command_that_installs_what_is_missing(setup, monkeypatch):
    monkeypatch.setattr(setup, "have", lambda program: program not in ("mvn", "redis-server"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(setup.SetupError, match=r"as root: apt-get install --no-install-recommends maven redis-server$"):
        setup.install_packages()


def test_a_docker_client_alone_is_no_engine(setup, monkeypatch, tmp_path):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(setup, "have", lambda program: program != "dockerd")
    monkeypatch.setattr(setup, "DOCKER_SOCKET", tmp_path / "docker.sock")
    assert "docker.io" in setup.missing_packages()
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(tmp_path / "docker.sock"))
        engine.listen()
        assert setup.missing_packages() == []
    assert "docker.io" in setup.missing_packages()  # the socket of an engine that is gone


def test_nothing_is_installed_where_nothing_is_missing(setup, monkeypatch):
    monkeypatch.setattr(setup, "missing_packages", list)
    assert setup.install_packages() == "there already"


def test_an_environment_made_from_the_same_lock_is_left_alone_and_another_is_not(setup, tmp_path, monkeypatch):
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "podium").touch()
    monkeypatch.setattr(setup, "VENV", venv)
    monkeypatch.setattr(setup, "PYTHON", venv / "bin" / "python")
    (venv / "bin" / "python").touch()
    (venv / "bin" / "uv").touch()
    ran = []
    monkeypatch.setattr(setup, "package_index", dict)
    monkeypatch.setattr(setup, "run", lambda _log, command, _env=None: ran.append(command[2]))
    assert setup.make_venv() == "installed"
    assert ran == ["pip", "sync", "install"]
    assert setup.make_venv() == "there already"
    assert ran == ["pip", "sync", "install"]
    (venv / "podium-setup").write_text("made from an older lock")
    assert setup.make_venv() == "installed"


def test_jars_are_swapped_in_whole_and_fetched_once(setup, tmp_path, monkeypatch):
    jars = tmp_path / "kafka" / "libs"
    jars.mkdir(parents=True)
    (jars / "old.jar").touch()
    monkeypatch.setattr(setup, "JARS", jars)

    def maven(_log, command):
        target = Path(next(c for c in command if c.startswith("-DoutputDirectory=")).partition("=")[2])
        target.mkdir()
        (target / "kafka_2.13-4.3.0.jar").touch()

    monkeypatch.setattr(setup, "run", maven)
    assert setup.fetch_jars() == "1 jars"
    assert [jar.name for jar in jars.iterdir()] == ["kafka_2.13-4.3.0.jar"]
    assert setup.fetch_jars() == "there already"


def test_kafkas_classes_are_kept_once_for_these_jars_and_this_java_and_may_be_missing(setup, tmp_path, monkeypatch):
    jars, java = tmp_path / "kafka" / "libs", tmp_path / "java"
    jars.mkdir(parents=True)
    monkeypatch.setattr(setup, "JARS", jars)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    java.write_text("#!/bin/sh\necho 'openjdk version \"17.0.1\"' >&2\n")
    java.chmod(0o755)

    def refuses(*_):
        raise setup.SetupError("no memory")

    monkeypatch.setattr(setup, "run", refuses)
    assert setup.keep_classes() == "not kept: no memory"
    monkeypatch.setattr(setup, "run", lambda *_: (jars.parent / "classes.jsa").touch() or "47 MiB\n")
    assert [setup.keep_classes() for _ in range(2)] == ["47 MiB", "there already"]
    java.write_text("#!/bin/sh\necho 'openjdk version \"17.0.2\"' >&2\n")
    assert setup.keep_classes() == "47 MiB"


def test_a_failed_step_shows_the_end_of_what_was_said_and_where_the_rest_is(setup, tmp_path):
    with pytest.raises(setup.SetupError) as failed:
        setup.run("jars", ["sh", "-c", "seq 100; echo no route to host >&2; exit 3"])
    text = str(failed.value)
    assert "ended with 3" in text
    assert str(tmp_path / "logs" / "setup-jars.log") in text
    assert text.endswith("no route to host")
    assert "    70" not in text


def test_uv_is_told_of_the_index_that_pip_was_told_of(setup, monkeypatch):
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    assert setup.package_index() == {"UV_DEFAULT_INDEX": "https://index.example/simple"}
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://other.example/simple")
    assert setup.package_index() == {}


def test_a_step_says_that_it_begins_before_it_says_how_it_went(setup, capsys):
    said = []
    setup.step("judge image", lambda: said.append(capsys.readouterr().out) or "built")
    assert "judge image …" in said[0]
    assert "built" in capsys.readouterr().out


def test_a_java_that_is_too_old_for_kafka_counts_as_missing(setup, monkeypatch, tmp_path):
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert "openjdk-17-jre-headless" in setup.missing_packages()


def test_the_lock_holds_what_the_project_asks_for_with_hashes_and_names_no_host():
    lock = (ROOT / "requirements.lock").read_text()
    entries = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)(.*(?:\\\n.*)+)", lock, re.MULTILINE)
    locked = {canonicalize_name(name): version for name, version, _ in entries}
    assert all("--hash=sha256:" in rest for _, _, rest in entries)
    assert "://" not in lock
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(r) for r in (*project["dependencies"], *project["optional-dependencies"]["dev"])]
    missing = [
        str(r)
        for r in wanted
        if (version := locked.get(canonicalize_name(r.name))) is None or version not in r.specifier
    ]
    assert missing == [], "`make lock`"
