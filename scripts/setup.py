#!/usr/bin/env python3
"""`make setup`: everything that podium needs on this machine. Idempotent; a second run takes about a second.

`--lock` makes requirements.lock anew from pyproject.toml (`make lock`) and does nothing else.

Standard library only, since it makes the environment that has the rest. Four steps, each skipped when its result is
there: Debian's packages (as root), `.venv` with the locked packages and `podium`, then the embedded Kafka's jars and,
beside them, the Docker engine with the judge image.
"""

# ruff: noqa: T201  # it talks to a person

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
WORK = ROOT / ".podium"
JARS = WORK / "kafka" / "libs"
LOGS = WORK / "logs"
DOCKER_SOCKET = Path("/var/run/docker.sock")

UV = "uv==0.13.9"
"""What puts the locked packages into `.venv`, and made the lock."""

JAVA = 17
"""What Kafka 4 brokers run on."""

_TAIL = 25
"""Lines of a failed step's output that are shown; the rest is in its log."""


class SetupError(Exception):
    """A step failed; the text says which, why and what to do."""


def have(program: str) -> bool:
    """Whether a program is on the PATH or in a system folder that a plain user's PATH lacks."""
    return any(shutil.which(program, path=path) for path in (None, "/usr/sbin:/sbin"))


def missing_packages() -> list[str]:
    """Debian's packages that this machine lacks, told by what they bring, however it was installed."""
    checks: list[tuple[str, bool]] = [
        ("python3-venv", _imports("ensurepip") or PYTHON.exists()),
        ("openjdk-17-jre-headless", java_version() >= JAVA),
        ("maven", have("mvn")),
        ("redis-server", have("redis-server")),
        ("docker.io", have_docker_engine()),
        ("debootstrap", have("debootstrap")),
        ("chromium", have("chromium")),
        ("gcc", have("gcc")),
        ("libc6-dev", Path("/usr/include/stdio.h").exists()),
        ("util-linux", have("setpriv")),
    ]
    packages = [name for name, present in checks if not present]
    if "docker.io" in packages and not _cgroups_mounted():
        packages.append("cgroupfs-mount")  # without systemd nothing else mounts them
    return packages


def java_version() -> int:
    """The major version of the java that is first on the PATH, 0 without one."""
    if not have("java"):
        return 0
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


def have_docker_engine() -> bool:
    """Whether an engine is installed or somebody serves one; a client alone, `docker`, is none."""
    if have("dockerd") or os.environ.get("DOCKER_HOST"):
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)  # a busy engine accepts at once
        return probe.connect_ex(str(DOCKER_SOCKET)) == 0


def _imports(module: str) -> bool:
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def _cgroups_mounted() -> bool:
    cgroup = Path("/sys/fs/cgroup")
    return (cgroup / "cgroup.controllers").exists() or (cgroup / "memory").is_dir()


def install_packages() -> str:
    """Install what is missing, as root; anyone else is told the command."""
    packages = missing_packages()
    if not packages:
        return "there already"
    command = f"apt-get install --no-install-recommends {' '.join(packages)}"
    if not have("apt-get"):
        raise SetupError(f"this machine lacks, by Debian's names: {' '.join(packages)}")
    if os.geteuid() != 0:
        raise SetupError(f"this machine lacks packages; as root: {command}")
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt", ["apt-get", "-q", "update"], env)
    run("apt", ["apt-get", "-q", "install", "-y", "--no-install-recommends", *packages], env)
    if java_version() < JAVA:
        raise SetupError(
            f"Kafka needs Java {JAVA} or newer, and another java comes first on the PATH: take it away there"
        )
    return " ".join(packages)


def make_venv() -> str:
    """`.venv` with exactly what requirements.lock says, and podium itself in it."""
    stamp = VENV / "podium-setup"
    wanted = digest(ROOT / "requirements.lock", ROOT / "pyproject.toml", text=f"{sys.version} {UV}")
    if (VENV / "bin" / "podium").exists() and read(stamp) == wanted:
        return "there already"
    if not PYTHON.exists():
        run("venv", [sys.executable, "-m", "venv", str(VENV)])
    run("venv", [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "-q", UV])
    uv = [str(VENV / "bin" / "uv"), "pip"]
    where = ["--python", str(PYTHON)]
    env = package_index()
    run("venv", [*uv, "sync", *where, "--require-hashes", "requirements.lock"], env)
    run("venv", [*uv, "install", *where, "--no-deps", "-e", "."], env)
    stamp.write_text(wanted)
    return "installed"


def make_lock() -> str:
    """requirements.lock from pyproject.toml: versions that it has stay where they still fit."""
    options = ["--universal", "--generate-hashes", "--all-extras"]
    uv = str(VENV / "bin" / "uv")
    run("lock", [uv, "pip", "compile", "-q", *options, "pyproject.toml", "-o", "requirements.lock"], package_index())
    return "requirements.lock"


def package_index() -> dict[str, str]:
    """Tell uv of the package index that pip was told of; uv does not read pip's configuration."""
    if any(name in os.environ for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")):
        return {}
    told = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    )
    index = os.environ.get("PIP_INDEX_URL") or told.stdout.strip()
    return {"UV_DEFAULT_INDEX": index} if index else {}


def fetch_jars() -> str:
    """The embedded Kafka's jars, by Maven, as deploy/kafka/pom.xml names them."""
    pom = ROOT / "deploy" / "kafka" / "pom.xml"
    stamp = JARS.with_name("libs.stamp")
    wanted = digest(pom)
    if JARS.is_dir() and read(stamp) == wanted:
        return "there already"
    fresh = JARS.with_name("libs.new")
    shutil.rmtree(fresh, ignore_errors=True)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={fresh}", "-DincludeScope=runtime"]
    run("jars", ["mvn", "-B", "-q", "-ntp", "-f", str(pom), *goal])
    shutil.rmtree(JARS, ignore_errors=True)
    fresh.rename(JARS)
    stamp.write_text(wanted)
    return f"{len(list(JARS.glob('*.jar')))} jars"


def keep_classes() -> str:
    """Kafka's classes as Java has them in memory: a broker starts in half the time from them, and without them, too."""
    kept, stamp = JARS.with_name("classes.jsa"), JARS.with_name("classes.stamp")
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    wanted = digest(text=read(JARS.with_name("libs.stamp")) + java)
    if kept.exists() and read(stamp) == wanted:
        return "there already"
    try:
        said = run("classes", [str(PYTHON), "-m", "podium.stack.classes"]).strip()
    except SetupError as error:
        return f"not kept: {error}"
    stamp.write_text(wanted)
    return said


def start_docker() -> str:
    """The Docker engine answers; started where it is installed, silent, and we are root."""
    if not _cgroups_mounted() and have("cgroupfs-mount") and os.geteuid() == 0:
        run("docker", ["cgroupfs-mount"])
    return run("docker", [str(PYTHON), "-m", "podium.stack.docker"]).strip()


def build_image() -> str:
    """The judge image; it keeps its own account of what it was made from."""
    said = run("image", [str(PYTHON), "-m", "judge.image"]).strip().splitlines()
    return said[-1] if said else "there"


def run(log: str, command: list[str], env: dict[str, str] | None = None) -> str:
    """Run a command in the repository with its output in .podium/logs/setup-LOG.log; return what it said.

    Raises:
        SetupError: with the end of its output.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"setup-{log}.log"
    with path.open("a+") as out:
        begin = out.seek(0, os.SEEK_END)
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | (env or {}),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
        out.seek(begin)
        said = out.read()
    if done.returncode:
        end = "\n".join(f"    {line}" for line in said.splitlines()[-_TAIL:])
        raise SetupError(f"`{' '.join(command)}` ended with {done.returncode} (all of it: {path})\n{end}")
    return said


def digest(*files: Path, text: str = "") -> str:
    """What a step was made from, as one line."""
    summed = hashlib.sha256(text.encode())
    for file in files:
        summed.update(file.read_bytes())
    return summed.hexdigest()


def read(path: Path) -> str:
    """The file's text, empty where there is none."""
    return path.read_text() if path.exists() else ""


def step(name: str, does: Callable[[], str]) -> None:
    """Do one step, saying what, with which result, and how long it took."""
    begun = time.monotonic()
    print(f"  {name} …", flush=True)
    result = does()
    print(f"  {name:<16} {time.monotonic() - begun:6.1f} s  {result}", flush=True)


def main() -> int:
    """Do all steps; 1 with a clear message when one fails."""
    begun = time.monotonic()
    print("setting up podium", flush=True)
    try:
        if sys.version_info < (3, 11):  # noqa: UP036  # whatever python3 is here
            raise SetupError(f"podium needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}")
        WORK.mkdir(exist_ok=True)
        alone = (WORK / "setup.lock").open("w")
        fcntl.flock(alone, fcntl.LOCK_EX)  # until this process ends: two at once would install over each other
        if sys.argv[1:] == ["--lock"]:
            step("lock", make_lock)
            return 0
        step("Debian packages", install_packages)
        step("Python packages", make_venv)
        failed: list[SetupError] = []

        def jars() -> None:
            try:
                step("Kafka's jars", fetch_jars)
                step("Kafka's classes", keep_classes)
            except SetupError as error:
                failed.append(error)

        beside = threading.Thread(target=jars)  # the network is busy with jars while the image is built
        beside.start()
        try:
            step("Docker engine", start_docker)
            step("judge image", build_image)
        finally:
            beside.join()
        if failed:
            raise failed[0]
    except SetupError as error:
        print(f"set-up stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up was interrupted; run it again to go on", file=sys.stderr)
        return 1
    print(f"podium is set up ({time.monotonic() - begun:.1f} s); its command line is .venv/bin/podium", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
