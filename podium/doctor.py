"""What the machine needs, checked one by one, with how to mend each."""

from __future__ import annotations

import ctypes
import resource
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from podium.stack import docker
from podium.stack.kafka import libs
from podium.stack.parts import parts
from podium.stack.stack import read_state
from schemas.settings import Settings

__all__ = ["Finding", "examine"]

_DISK_GB, _MEMORY_GB, _FILES = 5, 3, 10_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is good, what was seen, and what to do where it is not."""

    what: str
    good: bool
    seen: str
    cure: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything. Changes nothing."""
    yield from _programs(settings)
    yield _docker()
    yield _image(settings)
    yield _ports(settings)
    yield _disk(settings)
    yield _memory()
    yield _cgroups()
    yield _clock(settings)
    yield _files()


def _programs(settings: Settings) -> Iterator[Finding]:
    for program, package in (
        ("java", "openjdk-17-jre-headless"),
        ("redis-server", "redis-server"),
        ("setpriv", "util-linux"),
    ):
        path = shutil.which(program)
        yield Finding(program, path is not None, path or "not found", f"apt-get install {package}, or `make setup`")
    if "kafka" in settings.embedded:
        count = len(list(libs().glob("*.jar")))
        yield Finding("Kafka's jars", count > 0, f"{count} in {libs()}", "make setup")


def _docker() -> Finding:
    up = docker.answers()
    return Finding(
        "Docker engine",
        up,
        "answers" if up else "does not answer",
        "start it (`systemctl start docker`, or as root `podium up` starts it), or apt-get install docker.io",
    )


def _image(settings: Settings) -> Finding:
    good = docker.has_image(settings.judge_image)
    return Finding("judge image", good, settings.judge_image + ("" if good else " is missing"), "make setup")


def _ports(settings: Settings) -> Finding:
    if read_state(settings) is not None:
        return Finding("ports", good=True, seen="taken by the stack that runs")
    wanted = [
        (part.name, address.partition("://")[2] or address)
        for part in parts(settings, {})
        for address in (part.address, part.env.get("PODIUM_METRICS", ""))
        if address
    ]
    taken = [f"{address} ({name})" for name, address in wanted if not _free(address)]
    base = settings.port_base
    return Finding(
        "ports",
        not taken,
        f"taken: {', '.join(taken)}" if taken else f"free from {base}",
        "set PODIUM_PORT_BASE to another number",
    )


def _free(address: str) -> bool:
    host, _, port = address.partition("/")[0].rpartition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError:
            return False
    return True


def _disk(settings: Settings) -> Finding:
    place = next(p for p in (settings.home.absolute(), *settings.home.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free / 1e9
    return Finding(
        "disk", free >= _DISK_GB, f"{free:.0f} GB free at {place}", f"free {_DISK_GB} GB, or set PODIUM_HOME"
    )


def _memory() -> Finding:
    text = Path("/proc/meminfo").read_text()
    free = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("MemAvailable")) / 1e6
    return Finding(
        "memory", free >= _MEMORY_GB, f"{free:.1f} GB available", f"the stack and two judge slots want {_MEMORY_GB} GB"
    )


def _cgroups() -> Finding:
    if Path("/sys/fs/cgroup/cgroup.controllers").exists():
        have = set(Path("/sys/fs/cgroup/cgroup.controllers").read_text().split())
        missing = {"cpu", "memory", "pids", "cpuset"} - have
        seen = "v2"
    else:
        missing = {c for c in ("cpuacct", "memory", "pids", "cpuset") if not Path("/sys/fs/cgroup", c).is_dir()}
        seen = "v1"
    seen += f", without {', '.join(sorted(missing))}" if missing else ""
    return Finding(
        "cgroups", not missing, seen, "enable these controllers (kernel command line, or the container's host)"
    )


def _clock(settings: Settings) -> Finding:
    """Submissions carry this machine's time: it may not lie before what was written here already.

    Being disciplined by a time service is told and not required: one machine agrees with itself.
    """
    files = [Path(__file__), *(settings.home / "logs").glob("*.log")]
    newest = max(file.stat().st_mtime for file in files)
    good = time.time() > newest - 60
    seen = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    seen += "" if good else f", files of {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(newest))} lie here"
    seen += ", kept by a time service" if _disciplined() else ", not kept by a time service (several hosts need one)"
    return Finding("clock", good, seen, "set the clock, and run chrony or systemd-timesyncd")


def _disciplined() -> bool:
    """Whether the kernel says that its clock is synchronised (adjtimex without STA_UNSYNC)."""
    timex = ctypes.create_string_buffer(512)  # struct timex, a little over 200 bytes; modes = 0 only reads
    status_at = 4 + 4 + 3 * 8 + 8  # modes and its padding, offset, freq, maxerror, esterror
    if ctypes.CDLL(None, use_errno=True).adjtimex(timex) < 0:
        return False
    return not int.from_bytes(timex.raw[status_at : status_at + 4], sys.byteorder) & 0x40


def _files() -> Finding:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    good = hard == resource.RLIM_INFINITY or hard >= _FILES
    return Finding(
        "open files", good, f"at most {hard}", f"raise `ulimit -Hn` to {_FILES}: each viewer of the board holds one"
    )
