"""A Docker engine of a test's own, on a disk of its own: it can be restarted, and its disk filled, at nobody's cost."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import docker
import pytest
import requests
from docker.errors import DockerException

from schemas.settings import Settings
from tests.wait import until

DISK_BYTES = 5 << 30
"""The image, what the engine makes of it while it is loaded, and room."""

END_S = 60
"""An engine gives its containers ten seconds to end."""


class Disk:
    """A file system in a file."""

    def __init__(self, folder: Path) -> None:
        self.file, self.root = folder / "disk.img", folder / "disk"
        with self.file.open("wb") as file:
            file.truncate(DISK_BYTES)
        self.root.mkdir()
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", self.file], check=True)
        if subprocess.run(["mount", "-o", "loop", self.file, self.root], check=False, capture_output=True).returncode:
            pytest.skip("no file can be mounted here")

    def fill(self) -> None:
        """Take every byte that is left."""
        with (self.root / "filler").open("ab") as file:
            size = DISK_BYTES
            while size >= 1:
                try:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), size)
                except OSError:
                    size //= 2

    @contextlib.contextmanager
    def full(self):
        """Not a byte is left meanwhile, but what is freed."""
        self.fill()
        try:
            yield
        finally:
            (self.root / "filler").unlink()

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", self.root], check=True)
        self.file.unlink()


class Engine:
    """A dockerd, with the judge image in it."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder, self._data = folder, disk.root / "docker"
        self.url = f"unix://{folder}/engine"
        self.start()
        name = Settings(home=folder).judge_image
        with contextlib.closing(docker.from_env(timeout=600)) as machines, contextlib.closing(self.client()) as own:
            own.images.load(machines.images.get(name).save(named=True))

    def client(self) -> docker.DockerClient:
        return docker.DockerClient(base_url=self.url, timeout=600)

    def start(self) -> None:
        folder = self._folder
        command = ["dockerd", "--data-root", self._data, "--exec-root", folder / "exec", "--pidfile", folder / "pid"]
        command += ["--host", self.url, "--bridge", "none", "--iptables=false", "--ip-masq=false"]
        with (folder / "dockerd.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(self._answers, END_S, "the engine answers")

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self._folder / "dockerd.log").read_text()[-1000:]
        with socket.socket(socket.AF_UNIX) as probe:  # the client leaves one open where nobody listens
            if probe.connect_ex(self.url.removeprefix("unix://")):
                return False
        with (
            contextlib.suppress(DockerException, requests.RequestException),
            contextlib.closing(self.client()) as client,
        ):
            return client.ping()
        return False

    def end(self, how: signal.Signals) -> None:
        """End it; one that is killed takes its containerd with it, which the next may not find in time, but no container."""
        self.process.send_signal(how)
        self.process.wait(END_S)
        pid = self._folder / "exec" / "containerd" / "containerd.pid"
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(pid.read_text()), signal.SIGKILL)
            pid.unlink()  # where nobody reaps orphans, the next engine would take the dead one for a running one

    def close(self) -> None:
        self.end(signal.SIGTERM)


@contextlib.contextmanager
def own_engine(folder: Path):
    """An engine and its disk; skips where there can be none."""
    lacks = [name for name in ("dockerd", "mkfs.ext4", "mount") if shutil.which(name) is None]
    if os.geteuid() != 0 or lacks:
        pytest.skip(f"an engine of our own takes root{', and '.join(['', *lacks])}")
    disk = Disk(folder)
    try:
        engine = Engine(folder, disk)
        try:
            yield engine, disk
        finally:
            engine.close()
    finally:
        disk.close()
