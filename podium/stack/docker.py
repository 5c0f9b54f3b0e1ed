"""The machine's Docker engine: there, or started where it is installed, not running, and we may."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import docker
from docker.errors import DockerException

from judge.image.build import ensure_image, images_of
from schemas.errors import ConfigError, DependencyError, PodiumError
from schemas.settings import Settings, load

__all__ = [
    "answers",
    "ask_for_languages",
    "ensure_docker",
    "ensure_judging",
    "has_image",
    "judge_containers",
    "main",
    "remove_containers",
    "root",
]

T = TypeVar("T")

_ANSWER_S = 5
"""A busy engine answers within milliseconds; one that takes longer is not there."""

_REMOVE_S = 30
"""A container whose processes are being killed takes seconds on a busy machine."""

_LABEL = "podium.judge"
"""Every container of a judge bears it (judge/container.py)."""

_START_S = 60.0
"""dockerd answers within a few seconds; a first start on a cold disk makes its stores and takes longer."""


def answers() -> bool:
    """Whether the engine that DOCKER_HOST or the usual socket names answers, within a few seconds."""
    return bool(_asked(lambda client: client.ping()))


def has_image(name: str) -> bool:
    """Whether the engine holds an image of this name; not when the engine does not answer."""
    return _asked(lambda client: client.images.get(name)) is not None


def root() -> Path | None:
    """The folder in which the engine keeps images and containers, where it is on this machine."""
    name = _asked(lambda client: str(client.info()["DockerRootDir"]))
    return Path(name) if name is not None and Path(name).is_dir() else None


def judge_containers(client: docker.DockerClient, home: Path, *, ended: bool = False) -> list[str]:
    """The ids of the containers that the judges of this home run; with *ended* those too that run no more."""
    found = client.api.containers(all=ended, filters={"label": _LABEL})
    # the label is the judge's host and home: other homes have judges on this machine too
    return [one["Id"] for one in found if one["Labels"][_LABEL].endswith(f" {home.resolve()}")]


def remove_containers(home: Path) -> int:
    """Remove what the judges of this home have left when they were killed. Returns how many; 0 without an engine."""
    removed: list[str] = []

    def sweep(client: docker.DockerClient) -> None:
        for container in judge_containers(client, home, ended=True):
            client.api.remove_container(container, force=True, v=True)
            removed.append(container)

    _asked(sweep, _REMOVE_S)
    return len(removed)


def _asked(question: Callable[[docker.DockerClient], T], timeout_s: int = _ANSWER_S) -> T | None:
    """The engine's answer; None when it does not answer, or refuses."""
    try:
        _knock()
        client = docker.from_env(timeout=timeout_s)
    except (DockerException, OSError):
        return None
    try:
        return question(client)
    except (DockerException, OSError):
        return None
    finally:
        client.close()


def _knock() -> None:
    """Try the engine's socket: the client leaves one open where nobody listens."""
    url = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    if url.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_ANSWER_S)
            probe.connect(url.removeprefix("unix://"))


def ensure_docker(settings: Settings) -> None:
    """Start dockerd where it is installed and not running and we are root. It stays when we end: it is the machine's.

    Raises:
        ConfigError: saying what to do, when there is no engine to be had.
    """
    if answers():
        return
    if host := os.environ.get("DOCKER_HOST"):
        raise ConfigError(f"no Docker engine answers at DOCKER_HOST={host}")
    if shutil.which("dockerd") is None:
        raise ConfigError(
            "no Docker engine answers and none is installed; run `make setup`, or `apt-get install docker.io`"
        )
    if os.geteuid() != 0:
        raise ConfigError(
            "the Docker engine does not answer; start it (`sudo systemctl start docker`) or join its group"
        )
    log = settings.home.absolute() / "logs" / "dockerd.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        engine = subprocess.Popen(["dockerd"], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    deadline = time.monotonic() + _START_S
    while not answers():
        if engine.poll() is not None:
            raise ConfigError(f"dockerd ends at once (exit {engine.returncode}); {log} says: {_last_line(log)}")
        if time.monotonic() > deadline:
            raise ConfigError(f"dockerd was started and does not answer; {log} says: {_last_line(log)}")
        time.sleep(0.2)


def ensure_judging(settings: Settings) -> None:
    """As `ensure_docker`, and the judge image is there.

    Raises:
        ConfigError: saying what to do.
    """
    ensure_docker(settings)
    if not has_image(settings.judge_image):
        raise ConfigError(f"the Docker engine has no image {settings.judge_image}; `make setup` builds it")


def ask_for_languages(settings: Settings, languages: Iterable[str], say: Callable[[str], None]) -> None:
    """Build the extra image where these languages need it, so that no submission has to wait for it.

    Where it cannot be built that is said, and left to the judge hosts: they build it when they first need it.
    """
    if "extra" not in images_of(languages):
        return
    later = "judge hosts build their extra image when they first need it"
    if not answers():
        say(f"no Docker engine answers here: {later}")
        return
    try:
        ensure_image(settings, say, "extra")
    except (ConfigError, DependencyError) as error:
        say(f"{error}\n{later}")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    return lines[-1] if lines else "nothing"


def main() -> int:
    """`python -m podium.stack.docker`: what set-up calls."""
    try:
        ensure_docker(load())
    except PodiumError as error:
        print(f"podium: {error}", file=sys.stderr)
        return 2
    print("it answers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
