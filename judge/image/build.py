"""Make a judge image: a base, the runner compiled in it, and what each language prepares (precompiled headers …).

There are two. The default one is made by `make setup`; the extra one when a language of it is first needed.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import docker
from docker.errors import BuildError, DockerException, ImageNotFound

from judge.image.base import HERE, context, ensure_base, made_from
from judge.languages import LANGUAGES, Language
from schemas.errors import ConfigError, DependencyError
from schemas.languages import IMAGES, LANGUAGE_FILES, Image
from schemas.settings import Settings

__all__ = ["LABEL", "content", "digest", "ensure_image", "ensure_images", "has_image", "image_name", "images_of"]

LABEL: Final = "podium.judge.image"
"""Carries the digest of what the image was made from."""

_BUILD_S: Final = 900
"""Of one answer of the engine during a build; the longest step, the precompiled header, takes seconds."""


def image_name(settings: Settings, image: Image) -> str:
    """What the engine calls an image: the extra one is named after the default one. Pure."""
    if image == "default":
        return settings.judge_image
    name, colon, tag = settings.judge_image.rpartition(":")
    if "/" in tag:  # of a registry's port
        name, colon, tag = settings.judge_image, "", ""
    return f"{name}-{image}{colon}{tag}" if name else f"{tag}-{image}"


def images_of(languages: Iterable[str]) -> tuple[Image, ...]:
    """The images that hold these languages, the default one always; ids that no language has are passed over. Pure."""
    needed = {LANGUAGE_FILES[one].image for one in languages if one in LANGUAGE_FILES} | {"default"}
    return tuple(image for image in IMAGES if image in needed)


def content(image: Image = "default") -> Mapping[str, bytes]:
    """What the image is built from, beside its base: path in the build context -> bytes."""
    runner = HERE.parent / "runner"
    files = {f"runner/{path.name}": path.read_bytes() for path in sorted(runner.glob("*.[ch]"))}
    files["prepare.sh"] = _prepare(one for one in LANGUAGES.values() if one.image == image).encode()
    files["Dockerfile"] = (HERE / "Dockerfile").read_bytes()
    return files


def _prepare(languages: Iterable[Language]) -> str:
    """A shell script in which each language prepares what it needs, all at a time, each in a folder of its own. Pure."""
    lines = ["all="]
    for language in languages:
        if script := language.image_script():
            folder = f"/tmp/prepare/{language.id}"  # noqa: S108 - in the image, where nobody else is
            lines.append(f'(mkdir -p {folder}; cd {folder}\n{script}) & all="$all $!"')
    return "\n".join([*lines, "for one in $all; do wait $one; done", "rm -rf /tmp/prepare", ""])


def _sha(parts: Mapping[str, bytes]) -> str:
    sha = hashlib.sha256()
    for name, data in sorted(parts.items()):
        sha.update(f"{name}\0{len(data)}\0".encode() + data)
    return sha.hexdigest()[:16]


def _base_digest(image: Image) -> str:
    return _sha({**made_from(image), "machine": platform.machine().encode()})


def digest(image: Image = "default") -> str:
    """Changes with anything that the image is made from."""
    return _sha({**content(image), "base": _base_digest(image).encode()})


def ensure_images(settings: Settings, say: Callable[[str], None], languages: Iterable[str]) -> None:
    """Make the images that these languages need; see `ensure_image`."""
    for image in images_of(languages):
        ensure_image(settings, say, image)


def ensure_image(settings: Settings, say: Callable[[str], None], image: Image = "default") -> bool:
    """Make an image unless it is there and current. Says each step and how long it took.

    Idempotent, and safe when two do it at once: the second waits and then finds it done.

    Returns:
        Whether something had to be made.

    Raises:
        ConfigError: when the engine does not answer, or this machine cannot make an image.
        DependencyError: when a download or a build step failed, a full disk's included.
    """
    cache = settings.home / "cache"
    name, wanted = image_name(settings, image), digest(image)
    try:
        client = docker.from_env(timeout=_BUILD_S)
    except DockerException as error:
        raise ConfigError(f"the Docker engine does not answer: {error}") from error

    def step(what: str, act: Callable[[], str]) -> None:
        started = time.monotonic()
        result = act()
        say(f"{what}: {result} ({time.monotonic() - started:.1f} s)")

    try:
        cache.mkdir(parents=True, exist_ok=True)
        if _current(client, name) == wanted:
            say(f"{name} is current ({wanted})")
            return False
        with (cache / "image.lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _current(client, name) != wanted:
                base = f"podium-judge-base{'' if image == 'default' else f'-{image}'}:{_base_digest(image)}"
                ensure_base(client, image, base, cache, step, lock.fileno())
                files = content(image)
                step(
                    "judge image: the runner, what languages prepare",
                    lambda: _replace(client, name, base, wanted, files),
                )
        say(f"{name} is ready ({wanted})")
    except (OSError, subprocess.SubprocessError) as error:
        raise DependencyError(f"the image {name} could not be made: {error}") from error
    finally:
        client.close()
    return True


def has_image(settings: Settings, image: Image) -> bool:
    """Whether the engine holds this image, current or not.

    Raises:
        ConfigError: when the engine does not answer.
    """
    try:
        client = docker.from_env(timeout=_BUILD_S)
    except DockerException as error:
        raise ConfigError(f"the Docker engine does not answer: {error}") from error
    try:
        return _current(client, image_name(settings, image)) is not None
    finally:
        client.close()


def _current(client: docker.DockerClient, tag: str) -> str | None:
    try:
        return str(client.images.get(tag).labels.get(LABEL))
    except ImageNotFound:
        return None
    except DockerException as error:
        raise ConfigError(f"the Docker engine does not answer: {error}") from error


def _replace(client: docker.DockerClient, tag: str, base: str, wanted: str, files: Mapping[str, bytes]) -> str:
    """Build the image, then let the one before it go."""
    before = [image.id for image in client.images.list(tag)]
    said = _build(client, tag, base, wanted, files)
    for image in before:
        try:
            if not client.images.get(image).tags:  # else somebody else still calls it something
                client.images.remove(image)
        except DockerException:
            pass  # a judge that runs still has containers of it
    return said


def _build(client: docker.DockerClient, tag: str, base: str, wanted: str, files: Mapping[str, bytes]) -> str:
    try:
        image, _log = client.images.build(
            fileobj=context(files),
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
