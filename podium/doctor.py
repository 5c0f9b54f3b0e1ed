"""What the machine needs, checked one by one, with how to mend each."""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import redis

from judge.check import disciplined
from podium.stack import docker
from podium.stack.kafka import libs
from podium.stack.parts import parts
from podium.stack.ports import taken
from podium.stack.stack import read_state
from schemas.addresses import redacted
from schemas.errors import ConfigError, PodiumError
from schemas.history import connect
from schemas.redis_server import check_redis
from schemas.settings import Settings
from schemas.topics import TOPICS, check_topics

__all__ = ["Finding", "examine"]

_DISK_GB, _MEMORY_GB, _FILES = 5, 5, 10_000

_JAVA = 17
"""What Kafka 4 brokers run on."""

_ANSWER_S = 5
"""A server that is there answers within milliseconds."""


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
    yield from _external(settings)
    yield _docker()
    yield _image(settings)
    yield _ports(settings)
    yield from _disks(settings)
    yield _memory()
    yield _cgroups()
    yield _clock(settings)
    yield _files()


def _programs(settings: Settings) -> Iterator[Finding]:
    if "kafka" in settings.embedded:
        yield _java()
        count = len(list(libs().glob("*.jar")))
        yield Finding("Kafka's jars", count > 0, f"{count} in {libs()}", "make setup")
    if "redis" in settings.embedded:
        yield _program("redis-server", "redis-server")
    yield _program("setpriv", "util-linux")


def _program(program: str, package: str) -> Finding:
    path = shutil.which(program)
    return Finding(program, path is not None, path or "not found", f"apt-get install {package}, or `make setup`")


def _java() -> Finding:
    found = _program("java", "openjdk-17-jre-headless")
    if not found.good:
        return found
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    good = version is not None and int(version[1]) >= _JAVA
    seen = f"{found.seen}, {said.splitlines()[0] if said else 'says no version'}"
    return Finding("java", good, seen, f"Kafka needs Java {_JAVA} or newer first on the PATH; {found.cure}")


def _external(settings: Settings) -> Iterator[Finding]:
    """The parts that are not podium's own: whether they answer, and have what `podium up` and `topics apply` make."""
    if "kafka" not in settings.embedded:
        yield _answer("Kafka", settings.kafka, lambda: check_topics(settings, frozenset(TOPICS)))
    if "redis" not in settings.embedded:
        yield _answer("Redis", redacted(settings.redis), lambda: _ping(settings))
    if "clickhouse" not in settings.embedded:
        yield _answer("ClickHouse", redacted(settings.clickhouse), lambda: connect(settings).close())


def _ping(settings: Settings) -> None:
    with redis.Redis.from_url(settings.redis, socket_timeout=_ANSWER_S, socket_connect_timeout=_ANSWER_S) as client:
        client.ping()
    check_redis(settings)


def _answer(what: str, address: str, asks: Callable[[], None]) -> Finding:
    try:
        asks()
    except ConfigError as error:
        return Finding(what, good=False, seen=f"{address} answers; {error}", cure="do that, or `podium up` does")
    except (PodiumError, redis.RedisError) as error:
        return Finding(what, good=False, seen=str(error), cure=f"start it, or correct PODIUM_{what.upper()}")
    return Finding(what, good=True, seen=f"answers at {address}")


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
    held = taken(parts(settings, {}))
    return Finding(
        "ports",
        not held,
        "; ".join(held) if held else f"free from {settings.port_base}",
        "set PODIUM_PORT_BASE to another number",
    )


def _disks(settings: Settings) -> Iterator[Finding]:
    place = next(p for p in (settings.home.absolute(), *settings.home.absolute().parents) if p.exists())
    yield _disk("disk", place, "or set PODIUM_HOME")
    if (root := docker.root()) is not None:
        yield _disk("Docker's disk", root, "such as `docker system prune`")


def _disk(what: str, place: Path, how: str) -> Finding:
    free = shutil.disk_usage(place).free / 1e9
    return Finding(what, free >= _DISK_GB, f"{free:.0f} GB free at {place}", f"free {_DISK_GB} GB, {how}")


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
    seen += ", kept by a time service" if disciplined() else ", not kept by a time service (several hosts need one)"
    return Finding("clock", good, seen, "set the clock, and run chrony or systemd-timesyncd")


def _files() -> Finding:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    good = hard == resource.RLIM_INFINITY or hard >= _FILES
    return Finding(
        "open files", good, f"at most {hard}", f"raise `ulimit -Hn` to {_FILES}: each viewer of the board holds one"
    )
