"""A judge image's base: Debian with the packages of the image's list, by a Dockerfile or by debootstrap, and Maven's jars."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import tarfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import docker
from docker.errors import DockerException, ImageNotFound

from schemas.errors import ConfigError, DependencyError
from schemas.languages import Image

__all__ = ["HERE", "Step", "context", "ensure_base", "made_from"]

HERE: Final = Path(__file__).parent
_RELEASE: Final = "bookworm"
_DEBIAN: Final = f"debian:{_RELEASE}-slim"

_PULL_S: Final = 20.0
"""A registry that is there begins to send within seconds; behind some firewalls the engine would try for minutes."""

_TRIES: Final = 3
"""Mirrors drop a connection now and then; the packages already fetched are kept, so another try goes on from there."""

_STEP_S: Final = 3600
"""Of what downloads: a slow mirror takes a quarter of an hour, one that says nothing any more would take for ever."""

Step = Callable[[str, Callable[[], str]], None]
"""Does a named step and says how long it took; the step says what it did."""


def made_from(image: Image) -> Mapping[str, bytes]:
    """What a base is made from."""
    jars = _jars(image)
    return {
        "packages.txt": "\n".join(_packages(image)).encode(),
        "trim.sh": (HERE / "trim.sh").read_bytes(),
        **({"jars.xml": jars.read_bytes()} if jars else {}),
    }


def _packages(image: Image) -> list[str]:
    """The Debian packages that an image holds beside a minimal system."""
    lines = (HERE / f"packages-{image}.txt").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _jars(image: Image) -> Path | None:
    """The Maven project whose dependencies lie in the image's /usr/share/jars; None where it has none."""
    pom = HERE / f"jars-{image}.xml"
    return pom if pom.exists() else None


def context(files: Mapping[str, bytes]) -> io.BytesIO:
    """What a Dockerfile may copy, and itself, as the engine takes it: path -> bytes."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    made.seek(0)
    return made


def ensure_base(client: docker.DockerClient, image: Image, tag: str, cache: Path, step: Step, lock: int) -> None:
    """Make the base `tag` unless the engine has it. Idempotent; what was downloaded is kept under `cache`.

    The programs that it starts hold the descriptor *lock*: where this process ends first, others wait for theirs to end.

    Raises:
        ConfigError: when this machine has no way to make it; the text says what to install or who must run it.
        DependencyError: when a download failed; another try goes on where this one ended.
        OSError, subprocess.SubprocessError: when the machine itself fails: a full disk, for instance.
    """
    if _has(client, tag):
        return
    rootfs = cache / f"{tag.replace(':', '-')}.tar"
    if not rootfs.exists():
        jars = rootfs.with_suffix(".jars")
        pom = _jars(image)
        if pom is not None:
            step("base image: jars", lambda: _fetch_jars(pom, jars, lock))
        if _debian(client, step):
            step("base image: Dockerfile", lambda: _from_dockerfile(client, image, tag, jars))
            shutil.rmtree(jars, ignore_errors=True)
            return
        names = _packages(image)
        step(
            f"base image: debootstrap {_RELEASE} with {', '.join(names)}",
            lambda: _debootstrap(rootfs, names, jars, lock),
        )
        shutil.rmtree(jars, ignore_errors=True)
        name = tag.partition(":")[0]
        for other in cache.glob(f"{name}-????????????????.tar"):  # of older lists
            if other != rootfs:
                other.unlink()
    step("base image: docker import", lambda: _import(client, rootfs, tag))


def _has(client: docker.DockerClient, tag: str) -> bool:
    try:
        client.images.get(tag)
    except ImageNotFound:
        return False
    return True


def _debian(client: docker.DockerClient, step: Step) -> bool:
    """Whether Debian's image is there, or can be pulled."""
    if _has(client, _DEBIAN):
        return True
    pulled: list[bool] = []

    def pull() -> None:
        own = docker.from_env(timeout=600)
        try:
            own.images.pull(_DEBIAN)
            pulled.append(True)
        except DockerException:
            pulled.append(False)
        finally:
            own.close()

    def attempt() -> str:
        puller = threading.Thread(target=pull, daemon=True)
        puller.start()
        puller.join(_PULL_S)
        return "pulled" if pulled == [True] else "no registry answers"

    step(f"base image: pull {_DEBIAN}", attempt)
    return pulled == [True]


def _fetch_jars(pom: Path, jars: Path, lock: int) -> str:
    """The dependencies of a Maven project in a folder, without versions in their names."""
    shutil.rmtree(jars, ignore_errors=True)
    if shutil.which("mvn") is None:
        raise ConfigError("Maven is missing: `apt-get install maven`")
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={jars.resolve()}", "-DincludeScope=runtime"]
    command = ["mvn", "-B", "-q", "-ntp", "-f", str(pom), *goal, "-Dmdep.stripVersion=true"]
    code, said = _ran(command, lock, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if code != 0:
        raise DependencyError(f"`{' '.join(command)}` failed:\n{said.decode(errors='replace')[-2000:]}")
    return f"{len(list(jars.iterdir()))} of {pom.name}"


def _from_dockerfile(client: docker.DockerClient, image: Image, tag: str, jars: Path) -> str:
    files = {"Dockerfile": (HERE / "Base.Dockerfile").read_bytes(), **made_from(image)}
    if jars.exists():
        found = sorted(jars.iterdir())
        files["jars.tar"] = context({path.name: path.read_bytes() for path in found}).getvalue()
    try:
        client.images.build(fileobj=context(files), custom_context=True, tag=tag, rm=True, forcerm=True)
    except DockerException as error:
        raise DependencyError(f"the base image could not be built: {error}") from error
    return "built"


def _ran(command: list[str], lock: int, **how: Any) -> tuple[int, bytes]:
    """Its exit code and output. It holds *lock*; with its end, or ours, goes all that it has started.

    Raises:
        subprocess.TimeoutExpired: when it does not end.
    """
    with subprocess.Popen(command, pass_fds=(lock,), start_new_session=True, **how) as process:
        try:
            said, _ = process.communicate(timeout=_STEP_S)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, said or b""


def _debootstrap(rootfs: Path, names: list[str], jars: Path, lock: int) -> str:
    """A trimmed root file system as a tar file, made in a folder beside it that goes away again."""
    if os.geteuid() != 0:
        raise ConfigError("no base image can be pulled, and debootstrap needs root: run `sudo make setup` once")
    program = shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        raise ConfigError("no base image can be pulled and debootstrap is missing: `apt-get install debootstrap`")
    rootfs.parent.mkdir(parents=True, exist_ok=True)
    folder = rootfs.with_suffix(".root")
    downloads = rootfs.parent / "debs"  # kept: the next list has most of them too
    downloads.mkdir(exist_ok=True)
    log = rootfs.with_suffix(".log")
    command = [
        program,
        "--variant=minbase",
        f"--include={','.join(names)}",
        f"--cache-dir={downloads.resolve()}",
        _RELEASE,
        str(folder.resolve()),
        *_mirror(),
    ]
    try:
        for attempt in range(1, _TRIES + 1):
            shutil.rmtree(folder, ignore_errors=True)
            with log.open("wb") as out:
                code, _ = _ran(command, lock, stdout=out, stderr=out, env=os.environ | _proxy())
            if code == 0:
                break
            if attempt == _TRIES:
                raise DependencyError(f"debootstrap failed {_TRIES} times; see {log}")
        shutil.copy(HERE / "trim.sh", folder / "trim.sh")
        subprocess.run(["chroot", str(folder), "/bin/sh", "/trim.sh"], check=True, pass_fds=(lock,))
        (folder / "trim.sh").unlink()
        if jars.exists():
            shutil.copytree(jars, folder / "usr" / "share" / "jars")
        part = rootfs.with_suffix(".part")
        tar = ["tar", "-C", str(folder), "--one-file-system", "--exclude=./dev/*", "-cf", str(part), "."]
        subprocess.run(tar, check=True, pass_fds=(lock,))
        part.rename(rootfs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return f"{rootfs.stat().st_size >> 20} MiB"


def _mirror() -> list[str]:
    """Where this machine itself gets Debian's packages; nothing (debootstrap's own default) where it uses another."""
    command = ["apt-get", "indextargets", "--format", "$(ORIGIN) $(COMPONENT) $(SITE)", "Created-By: Packages"]
    if shutil.which("apt-get") is None:
        return []
    targets = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    found = [line.split()[2] for line in targets if line.startswith("Debian main ") and "security" not in line]
    return found[:1]


def _proxy() -> dict[str, str]:
    """The proxy that apt was told of; debootstrap's downloader reads it from the environment."""
    if shutil.which("apt-config") is None:
        return {}
    command = ["apt-config", "shell", "http", "Acquire::http::Proxy", "https", "Acquire::https::Proxy"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return {f"{name}_proxy": value.strip("'") for name, _, value in (line.partition("=") for line in told) if value}


def _import(client: docker.DockerClient, rootfs: Path, tag: str) -> str:
    name, _, version = tag.rpartition(":")
    try:
        said = client.api.import_image_from_file(str(rootfs), repository=name, tag=version)
    except DockerException as error:
        raise DependencyError(f"the base image could not be imported: {error}") from error
    if '"error"' in said:
        raise DependencyError(f"the base image could not be imported: {said.strip()}")
    return f"{rootfs.stat().st_size >> 20} MiB"
