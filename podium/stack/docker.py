"""The machine's Docker engine: there, or started where it is installed, not running, and we may."""

from __future__ import annotations

import os
import shutil
import subprocess
import time

import docker
from docker.errors import DockerException

from schemas.errors import ConfigError
from schemas.settings import Settings

__all__ = ["answers", "ensure_docker"]

_START_S = 30.0
"""dockerd answers within a few seconds; on a cold disk it takes longer."""


def answers() -> bool:
    """Whether the engine answers."""
    try:
        client = docker.from_env(timeout=5)
    except DockerException:
        return False
    try:
        return bool(client.ping())
    except (DockerException, OSError):
        return False
    finally:
        client.close()


def ensure_docker(settings: Settings) -> None:
    """Start dockerd where it is installed and not running and we are root. It stays when we end: it is the machine's.

    Raises:
        ConfigError: saying what to do, when there is no engine to be had.
    """
    if answers():
        return
    if shutil.which("dockerd") is None:
        raise ConfigError(
            "no Docker engine answers and none is installed; run `make setup`, or `apt-get install docker.io`"
        )
    if os.geteuid() != 0:
        raise ConfigError(
            "the Docker engine does not answer; start it (`sudo systemctl start docker`) or join its group"
        )
    logs = settings.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / "dockerd.log").open("ab") as log:
        subprocess.Popen(["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + _START_S
    while not answers():
        if time.monotonic() > deadline:
            raise ConfigError(f"dockerd was started and does not answer; see {logs / 'dockerd.log'}")
        time.sleep(0.2)
