"""The judge image: made once, made again only when something in it changed, and free of what nobody needs."""

import docker
import pytest

from judge.execute import execute
from judge.image import build
from judge.image.build import LABEL, digest, ensure_image
from schemas.errors import DependencyError
from schemas.settings import Settings
from tests.judge.programs import built as compiled
from tests.judge.programs import source


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
