"""Make the judge image: a base, the runner compiled in it, and what each language prepares (precompiled headers …)."""

from __future__ import annotations

import fcntl
import hashlib
import io
import platform
import tarfile
import time
from collections.abc import Callable, Mapping
from typing import Final

import docker
from docker.errors import BuildError, DockerException, ImageNotFound

from judge.image.base import HERE, ensure_base, packages
from judge.languages import LANGUAGES
from schemas.errors import ConfigError, DependencyError
from schemas.settings import Settings

__all__ = ["LABEL", "content", "digest", "ensure_image"]

LABEL: Final = "podium.judge.image"
"""Carries the digest of what the image was made from."""

_BUILD_S: Final = 900
"""Of one answer of the engine during a build; the longest step, the precompiled header, takes seconds."""


def content() -> Mapping[str, bytes]:
    """What the image is built from, beside its base: path in the build context -> bytes."""
    runner = HERE.parent / "runner"
    files = {f"runner/{path.name}": path.read_bytes() for path in sorted(runner.glob("*.[ch]"))}
    files["prepare.sh"] = "".join(language.image_script() for language in LANGUAGES.values()).encode()
    files["Dockerfile"] = (HERE / "Dockerfile").read_bytes()
    return files


def _sha(parts: Mapping[str, bytes]) -> str:
    sha = hashlib.sha256()
    for name, data in sorted(parts.items()):
        sha.update(f"{name}\0{len(data)}\0".encode() + data)
    return sha.hexdigest()[:16]


def _base_digest() -> str:
    return _sha({
        "packages": "\n".join(packages()).encode(),
        "trim": (HERE / "trim.sh").read_bytes(),
        "machine": platform.machine().encode(),
    })  # fmt: skip


def digest() -> str:
    """Changes with anything that the image is made from."""
    return _sha({**content(), "base": _base_digest().encode()})


def ensure_image(settings: Settings, say: Callable[[str], None]) -> bool:
    """Make the image `settings.judge_image` unless it is there and current. Says each step and how long it took.

    Idempotent, and safe when two do it at once: the second waits and then finds it done.

    Returns:
        Whether something had to be made.

    Raises:
        ConfigError: when the engine does not answer, or this machine cannot make an image.
        DependencyError: when a download or a build step failed.
    """
    cache = settings.home / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    wanted = digest()
    try:
        client = docker.from_env(timeout=_BUILD_S)
    except DockerException as error:
        raise ConfigError(f"the Docker engine does not answer: {error}") from error

    def step(name: str, act: Callable[[], str]) -> None:
        started = time.monotonic()
        result = act()
        say(f"{name}: {result} ({time.monotonic() - started:.1f} s)")

    try:
        if _current(client, settings.judge_image) == wanted:
            say(f"{settings.judge_image} is current ({wanted})")
            return False
        with (cache / "image.lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _current(client, settings.judge_image) != wanted:
                base = f"podium-judge-base:{_base_digest()}"
                ensure_base(client, base, cache, step)
                step(
                    "judge image: runner, precompiled headers, class archive",
                    lambda: _replace(client, settings.judge_image, base, wanted),
                )
        say(f"{settings.judge_image} is ready ({wanted})")
    finally:
        client.close()
    return True


def _current(client: docker.DockerClient, tag: str) -> str | None:
    try:
        return str(client.images.get(tag).labels.get(LABEL))
    except ImageNotFound:
        return None
    except DockerException as error:
        raise ConfigError(f"the Docker engine does not answer: {error}") from error


def _replace(client: docker.DockerClient, tag: str, base: str, wanted: str) -> str:
    """Build the image, then let the one before it go."""
    before = [image.id for image in client.images.list(tag)]
    said = _build(client, tag, base, wanted)
    for image in before:
        try:
            client.images.remove(image)
        except DockerException:
            pass  # a judge that runs still has containers of it
    return said


def _build(client: docker.DockerClient, tag: str, base: str, wanted: str) -> str:
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for name, data in content().items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    context.seek(0)
    try:
        image, _log = client.images.build(
            fileobj=context,
            custom_context=True,
            tag=tag,
            buildargs={"BASE": base},
            labels={LABEL: wanted},
            network_mode="none",
            rm=True,
            forcerm=True,
        )
    except BuildError as error:
        lines = [str(part.get("stream") or part.get("error") or "").rstrip() for part in error.build_log]
        raise DependencyError("the judge image could not be built:\n" + "\n".join(lines[-20:])) from error
    except DockerException as error:
        raise DependencyError(f"the judge image could not be built: {error}") from error
    return f"{image.attrs['Size'] >> 20} MiB"
