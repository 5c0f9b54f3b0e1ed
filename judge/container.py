"""Containers by the Docker SDK: with which walls a sandbox is made, and how it is removed."""

from __future__ import annotations

import logging
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import docker
import requests
from docker.errors import DockerException, ImageNotFound, NotFound
from docker.types import LogConfig, Mount, Ulimit

from judge.channel import Channel, Listener
from judge.image.build import LABEL, digest, ensure_image, image_name
from packages.case_files import MOST_ENTRIES
from packages.model import Limits
from schemas.errors import ConfigError, DependencyError, SandboxError
from schemas.languages import Image
from schemas.settings import Settings

__all__ = ["COMPILE", "Engine", "Shape", "overhead_mib"]

log = logging.getLogger(__name__)

_LABEL: Final = "podium.judge"
_SECCOMP: Final = Path(__file__).with_name("seccomp.json").read_text()

_CAPABILITIES: Final = ("SETUID", "SETGID", "KILL", "CHOWN", "DAC_OVERRIDE", "FOWNER")
"""The runner's, to become a submission's user, to end it and to wipe what it left. A submission has none."""

_CONNECT_S: Final = 30.0
"""A runner connects some 150 ms after its container's start; a machine that is swamped takes longer."""

_ENGINE_S: Final = 60
"""The engine starts one container after the other; a queue of them on a busy machine takes seconds."""

_EVENT_S: Final = 2.0
"""The engine hears of a container's end and of the reason one after the other."""

_SOCKET: Final = "/run/judge"
_INODES: Final = 2 * MOST_ENTRIES
"""Half of them for the files of a test case, half for the program's, and for what is made."""

_RUN_DISK_MIB: Final = 64
_COMPILE_DISK_MIB: Final = 256
_RUNNER_MIB: Final = 16
"""The runner itself, and what the kernel charges for a container's start."""


def overhead_mib(memory_mib: int) -> int:
    """What the kernel may take for a run with this much memory: page tables, stacks, what it charges in advance. Pure."""
    return 2 + memory_mib // 64


@dataclass(frozen=True, slots=True)
class Shape:
    """What containers differ in. Those of one shape, slot and role can stand in for each other."""

    memory_mib: int
    processes: int
    disk_mib: int
    image: Image = "default"

    @classmethod
    def of_run(
        cls, *, memory_mib: int, output_bytes: int, processes: int, image: Image = "default", files_bytes: int = 0
    ) -> Shape:
        """For a run with this much memory, and this much in files: outputs and files are the container's memory too.

        Sizes are rounded up, to a quarter of their power of two, so that few shapes serve all problems.
        """
        files_mib = (files_bytes >> 20) + _RUN_DISK_MIB // 4
        disk_mib = max(_RUN_DISK_MIB, 1 << (files_mib - 1).bit_length())
        need = memory_mib + overhead_mib(memory_mib) + 2 * (output_bytes >> 20) + disk_mib + _RUNNER_MIB
        step = 1 << ((need - 1).bit_length() - 3)
        return cls(-(-need // step) * step, 4 * processes, disk_mib, image)

    @classmethod
    def of_compile(cls, memory_mib: int, processes: int = 64, image: Image = "default") -> Shape:
        """For a compilation with this much memory; what it writes is the container's memory too."""
        return cls(memory_mib + _COMPILE_DISK_MIB + _RUNNER_MIB, 2 * processes, _COMPILE_DISK_MIB, image)


COMPILE: Final = Shape.of_compile(Limits(time_limit_ms=0).compilation_memory_mib)
"""For a compilation under the usual limits."""


class Engine:
    """The Docker engine, as far as the judge needs it. Thread-safe.

    Which image is which is settled at its first use, and again when the one in use has gone. `sockets` is the
    folder for the runners' sockets, this process's own; the engine must see it under the same path.
    """

    def __init__(self, settings: Settings, owner: str, sockets: Path) -> None:
        self._owner = owner
        self._settings = settings
        self._sockets = sockets
        self._images: dict[Image, str] = {}
        self.missed: set[Image] = set()
        """Images that somebody needed and that were not there."""
        self._finding = threading.Lock()
        self._awaited: set[Listener] = set()
        self._ends = False
        try:
            self._docker = docker.from_env(timeout=_ENGINE_S)
            self.facts = self._look()
        except DockerException as error:
            raise ConfigError(
                f"the Docker engine does not answer ({error}); `podium doctor` says what to do"
            ) from error

    def _look(self) -> dict[str, str]:
        name = self._settings.judge_image
        found = self._find(name, "default")
        if found is None:
            raise ConfigError(f"there is no image {name}; `make setup` builds it")
        self._images["default"] = found
        info = self._docker.info()
        self._check(info)
        self._runtime = self._named(info)
        self._swappiness = info.get("CgroupVersion") == "1"
        # Docker's own group has the weight of one process on a v1 host, shared by all slots: beside it each has that of its own
        self._parent = "/" if (info.get("CgroupVersion"), info.get("CgroupDriver")) == ("1", "cgroupfs") else None
        return {
            "image": found,
            "engine": str(info.get("ServerVersion")),
            "kernel": str(info.get("KernelVersion")),
            "cgroup": f"v{info.get('CgroupVersion')}",
            "runtime": self._runtime,
        }

    def _named(self, info: dict[str, Any]) -> str:
        """The runtime that the settings name, or the engine's own.

        Raises:
            ConfigError: when the engine does not have it.
        """
        wanted = self._settings.judge_runtime or str(info.get("DefaultRuntime"))
        there = sorted(info.get("Runtimes") or ())
        if self._settings.judge_runtime and wanted not in there:
            raise ConfigError(
                f"PODIUM_JUDGE_RUNTIME={wanted}: the Docker engine has no such runtime; it has {', '.join(there)}"
            )
        return wanted

    def _find(self, name: str, image: Image) -> str | None:
        try:
            found = self._docker.images.get(name)
        except ImageNotFound:
            return None
        if found.labels.get(LABEL) != digest(image):
            log.warning("%s was made from other sources than these; `make setup` builds it anew", name)
        return str(found.id)

    def image(self, image: Image) -> str:
        """The id of an image.

        Raises:
            DependencyError: when it is not there, or the engine does not answer. It is one of `missed` then.
        """
        known = self._images.get(image)
        if known is not None:
            return known
        with self._finding:
            if image not in self._images:
                name = image_name(self._settings, image)
                try:
                    found = self._find(name, image)
                except (DockerException, requests.RequestException) as error:
                    raise DependencyError(f"the Docker engine does not answer: {error}") from error
                if found is None:
                    self.missed.add(image)
                    raise DependencyError(f"there is no image {name} yet: a judge host builds it, which takes minutes")
                self._images[image] = found
            return self._images[image]

    def build_image(self, image: Image) -> None:
        """Build an image unless it is there, which takes minutes: nobody who judges may wait for it.

        Raises:
            DependencyError: when it could not be built, or the engine does not answer.
        """
        try:
            if not self.has_image(image):
                name = image_name(self._settings, image)
                log.warning("%s is needed and not there: it is built now", name)
                ensure_image(self._settings, log.info, image)
        except ConfigError as error:  # the other languages go on; this one waits for somebody
            raise DependencyError(f"the image could not be built: {error}") from error
        self.image(image)
        self.missed.discard(image)

    def has_image(self, image: Image) -> bool:
        """Whether the image is there now; one that has gone is looked up again at its next use.

        Raises:
            DependencyError: when the engine does not answer.
        """
        name = image_name(self._settings, image)
        try:
            found = self._find(name, image)
        except (DockerException, requests.RequestException) as error:
            raise DependencyError(f"the Docker engine does not answer: {error}") from error
        if found is None:
            self._images.pop(image, None)
        return found is not None

    def known_image(self, image: Image) -> str | None:
        """The id of an image that was used before; None of another one, which is neither looked up nor built."""
        return self._images.get(image)

    def _create(self, image: Image, walls: dict[str, Any]) -> str:
        """A container's id. An image that was replaced since its first use, and is gone, is looked up once more."""
        known = self.image(image)
        try:
            return str(self._docker.containers.create(known, **walls).id)
        except ImageNotFound:
            with self._finding:
                if self._images.get(image) == known:
                    del self._images[image]
            return str(self._docker.containers.create(self.image(image), **walls).id)

    @staticmethod
    def _check(info: dict[str, Any]) -> None:
        """Docker leaves out, with a warning only, each limit that the kernel does not have: without them none judges.

        Raises:
            ConfigError: when one is missing.
        """
        needed = ["MemoryLimit", "PidsLimit", "CPUSet"]
        if not re.search(r"^SwapTotal:\s+0 kB", Path("/proc/meminfo").read_text(), re.MULTILINE):
            needed.append("SwapLimit")  # else a program's memory goes on in the swap
        missing = [name for name in needed if info.get(name) is False]
        if missing:
            raise ConfigError(
                f"the kernel cannot limit containers ({', '.join(missing)} in `docker info`): switch on its cgroup "
                "controllers (boot with cgroup_enable=memory swapaccount=1), or swap off"
            )

    def start(self, shape: Shape, slot: int, cpu: int) -> tuple[str, Channel]:
        """A container of this shape whose runner has connected: its id and the channel.

        Raises:
            DependencyError: when the engine does not answer.
            SandboxError: when it made a container whose runner does not connect.
        """
        container = None
        try:
            listener = Listener(self._sockets)
        except OSError as error:
            raise DependencyError(f"no socket for a container in {self._sockets}: {error}") from error
        self._awaited.add(listener)
        with listener:
            try:
                if self._ends:
                    raise DependencyError("the judge ends")
                walls = self._walls(shape, slot, cpu, listener.folder)
                container = self._create(shape.image, walls)
                self._docker.api.start(container)
                return container, listener.accept(_CONNECT_S)
            except (DockerException, requests.RequestException) as error:
                if container is not None:
                    self.remove(container)
                raise DependencyError(f"the Docker engine could not start a container: {error}") from error
            except SandboxError as error:
                state = self._state(str(container))
                self.remove(str(container))
                raise SandboxError(f"{error}; its container: {state}") from error
            finally:
                self._awaited.discard(listener)

    def _walls(self, shape: Shape, slot: int, cpu: int, sockets: Path) -> dict[str, Any]:
        return {
            "runtime": self._runtime,
            "command": ["/judge/runner", f"{_SOCKET}/runner", "/w", "/sys/fs/cgroup"],
            "entrypoint": [],
            "user": "0:0",
            "hostname": "judge",
            "working_dir": "/",
            "network_mode": "none",
            "ipc_mode": "none",
            "read_only": True,
            "cap_drop": ["ALL"],
            "cap_add": list(_CAPABILITIES),
            "security_opt": ["no-new-privileges", f"seccomp={_SECCOMP}"],
            "pids_limit": shape.processes,
            "mem_limit": f"{shape.memory_mib}m",
            "memswap_limit": f"{shape.memory_mib}m",
            "mem_swappiness": 0 if self._swappiness else None,
            "cpuset_cpus": str(cpu),
            "cgroup_parent": self._parent,
            # only on a path that the image lacks: over one that it has, a tmpfs takes that one's mode
            "tmpfs": {"/w": f"rw,exec,nosuid,nodev,size={shape.disk_mib}m,nr_inodes={_INODES},mode=0755"},
            "mounts": [Mount(_SOCKET, str(sockets), type="bind", read_only=True)],
            "log_config": LogConfig(type=LogConfig.types.NONE),
            # 1, not 0: it stops core handlers behind a pipe as well (core(5)), and no core fits into one byte
            "ulimits": [Ulimit(name="core", soft=1, hard=1)],
            "restart_policy": {"Name": "no"},
            "init": False,
            "labels": {_LABEL: self._owner, f"{_LABEL}.slot": str(slot)},
        }

    def _state(self, container: str) -> str:
        try:
            state = self._docker.api.inspect_container(container)["State"]
        except (DockerException, requests.RequestException) as error:
            return f"unknown ({error})"
        return f"{state['Status']}, exit code {state['ExitCode']} {state['Error']}".strip()

    def killed_for_memory(self, container: str) -> bool:
        """Whether a container whose runner has gone was ended by the kernel for the memory that is used in it."""
        end = time.monotonic() + _EVENT_S
        try:
            while time.monotonic() < end:
                if self._docker.api.inspect_container(container)["State"]["OOMKilled"]:
                    return True
                time.sleep(0.1)
        except (DockerException, requests.RequestException) as error:
            log.warning("container %s cannot be looked at: %s", container[:12], error)
        return False

    def remove(self, container: str) -> None:
        """Kill and remove a container. Idempotent; an engine that does not answer leaves it to the next start."""
        try:
            self._docker.api.remove_container(container, force=True, v=True)
        except NotFound:
            pass
        except (DockerException, requests.RequestException) as error:
            log.warning("container %s was not removed: %s", container[:12], error)

    def remove_leftovers(self, *, everyones: bool = False) -> int:
        """Remove every container of this owner: what a process that died has left. Returns how many.

        Those of *everyones* go too when they have ended: their runner has lost its judge, and nobody uses them again.
        """
        filters: list[dict[str, Any]] = [{"label": f"{_LABEL}={self._owner}"}]
        if everyones:
            filters.append({"label": f"{_LABEL}.slot", "status": ["exited", "dead"]})
        try:
            left = {one["Id"] for by in filters for one in self._docker.api.containers(all=True, filters=by)}
        except (DockerException, requests.RequestException) as error:
            raise DependencyError(f"the Docker engine does not answer: {error}") from error
        for container in left:
            self.remove(container)
        return len(left)

    def end(self) -> None:
        """Nobody waits for a runner any more: its container may be removed before it has connected. Idempotent."""
        self._ends = True
        for listener in tuple(self._awaited):
            listener.end()

    def close(self) -> None:
        """Let go of the connection to the engine."""
        self._docker.close()
