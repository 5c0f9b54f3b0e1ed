"""The judge image: made once, made again only when something in it changed, and free of what nobody needs."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import docker
import pytest

from judge.execute import execute
from judge.image import base, build
from judge.image.base import _debootstrap
from judge.image.build import LABEL, digest, ensure_image
from schemas.errors import DependencyError
from schemas.languages import IMAGES
from schemas.settings import Settings
from tests.judge.conftest import ROOT
from tests.judge.programs import built as compiled
from tests.judge.programs import source
from tests.wait import until


def test_a_second_build_has_nothing_to_do(judge_settings):
    said = []
    assert not ensure_image(judge_settings, said.append)
    assert said == [f"podium-judge:latest is current ({digest()})"]


def test_a_change_of_the_runner_or_of_a_language_makes_a_new_image(monkeypatch):
    before = digest()
    content = build.content()
    for name in ("runner/program.c", "prepare.sh", "Dockerfile"):
        monkeypatch.setattr(build, "content", lambda _image, name=name: {**content, name: content[name] + b"\n"})
        assert digest() != before


def test_a_line_in_an_images_package_list_makes_that_image_anew_and_no_other(tmp_path, monkeypatch):
    """Who adds a language adds its package there."""
    folder = Path(shutil.copytree(base.HERE, tmp_path / "image"))
    monkeypatch.setattr(base, "HERE", folder)
    before = {image: digest(image) for image in IMAGES}
    with (folder / "packages-extra.txt").open("a") as packages:
        packages.write("# nothing but words\n")
        packages.flush()
        assert {image: digest(image) for image in IMAGES} == before
        packages.write("sed\n")
    assert digest("extra") != before["extra"]
    assert digest("default") == before["default"]


def test_a_step_that_fails_is_one_clear_error_and_no_image(judge_settings, monkeypatch):
    content = build.content()
    broken = b"ARG BASE\nFROM ${BASE}\nRUN echo from the step; exit 9\n"
    monkeypatch.setattr(build, "content", lambda _image: {**content, "Dockerfile": broken})
    settings = judge_settings.model_copy(update={"judge_image": "podium-judge-broken:latest"})
    with pytest.raises(DependencyError, match=r"(?s)could not be built.*from the step"):
        ensure_image(settings, print)
    client = docker.from_env()
    assert not client.images.list("podium-judge-broken")
    client.close()


@pytest.mark.parametrize(
    "trouble", [OSError(errno.ENOSPC, "No space left on device"), subprocess.CalledProcessError(2, ["tar"])], ids=repr
)
def test_a_disk_that_fills_meanwhile_is_one_clear_error_that_may_pass(tmp_path, monkeypatch, trouble):
    def base(*_):
        raise trouble

    settings = Settings(home=tmp_path, judge_image="podium-judge-none:latest")
    monkeypatch.setattr(build, "ensure_base", base)
    with pytest.raises(
        DependencyError, match=r"the image podium-judge-none:latest could not be made: .*(No space|tar)"
    ):
        ensure_image(settings, print)
    (tmp_path / "cache" / "image.lock").unlink()
    (tmp_path / "cache").rmdir()
    (tmp_path / "cache").touch()
    with pytest.raises(DependencyError, match=r"could not be made: .*File exists"):
        ensure_image(settings, print)


@pytest.mark.skipif(os.geteuid() != 0, reason="debootstrap needs root")
def test_while_what_a_killed_build_started_still_runs_nobody_else_builds(tmp_path):
    """Two of them in one folder would spoil each other's work."""
    waits, told = tmp_path / "waits", tmp_path / "told"
    os.mkfifo(waits)
    os.mkfifo(told)
    debootstrap = tmp_path / "debootstrap"
    debootstrap.write_text(f"#!/bin/sh\necho begun > {told}\ncat {waits}\n")
    debootstrap.chmod(0o755)
    script = (
        "import fcntl, sys; from pathlib import Path; from judge.image.base import _debootstrap\n"
        "home = Path(sys.argv[1]); lock = (home / 'lock').open('wb'); fcntl.flock(lock, fcntl.LOCK_EX)\n"
        "_debootstrap(home / 'root.tar', ['gcc'], home / 'jars', lock.fileno())\n"
    )
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with subprocess.Popen([sys.executable, "-c", script, tmp_path], cwd=ROOT, env=os.environ | path) as builder:
        told.read_text()
        builder.send_signal(signal.SIGKILL)
    with (tmp_path / "lock").open("wb") as lock:

        def free():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        assert not free()
        waits.write_text("")
        until(free, 10, "what it started has ended")


@pytest.mark.skipif(os.geteuid() != 0, reason="debootstrap needs root")
def test_a_download_that_hangs_ends_with_all_that_it_has_started(tmp_path, monkeypatch):
    """A mirror that says nothing any more: the build fails, and is tried again later."""
    child = tmp_path / "child"
    debootstrap = tmp_path / "debootstrap"
    debootstrap.write_text(f"#!/bin/sh\nsleep 1000 &\necho $! > {child}\nwait\n")
    debootstrap.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    child.touch()
    seconds = 1
    while not child.read_text():  # on a busy machine it has started nothing so soon
        monkeypatch.setattr("judge.image.base._STEP_S", seconds)
        with (tmp_path / "lock").open("wb") as lock, pytest.raises(subprocess.TimeoutExpired, match="debootstrap"):
            _debootstrap(tmp_path / "root.tar", ["gcc"], tmp_path / "jars", lock.fileno())
        seconds *= 3
    command_line = Path(
        f"/proc/{child.read_text().strip()}/cmdline"
    )  # empty of one that is dead and waited for by nobody
    until(lambda: not (command_line.exists() and command_line.read_text()), 10, "what it started has ended")


def test_the_image_says_what_it_was_made_from(judge_settings):
    client = docker.from_env()
    assert client.images.get(Settings().judge_image).labels[LABEL] == digest()
    client.close()


def test_the_image_has_no_setuid_program_and_no_folder_that_all_may_write(claim):
    text = """
import os, stat
for folder, _, files in os.walk("/"):
    if folder.startswith(("/proc", "/sys", "/dev")):
        continue
    if os.lstat(folder).st_mode & 0o002:
        print("writable", folder)
    for name in files:
        if os.lstat(os.path.join(folder, name)).st_mode & 0o6000:
            print("setuid", os.path.join(folder, name))
"""
    from judge.sandbox import Limits

    limits = Limits(cpu_ms=10000, wall_ms=60000, memory_mib=256, output_bytes=1 << 20)
    assert execute(claim, compiled(claim, source(text, "walk.py")), None, limits).stdout.bytes() == b""
