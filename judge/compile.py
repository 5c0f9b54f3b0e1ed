"""Sources to a program, in a compile container; the same sources are compiled once."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from judge.blob import Blob
from judge.container import COMPILE
from judge.languages import Language
from judge.pool import Claim
from judge.sandbox import BOX, SOURCES, Ran, Sandbox
from schemas.definition import FileData
from schemas.errors import SandboxError

__all__ = ["LOG_BYTES", "Compiled", "Program", "compile_program", "version"]

LOG_BYTES: Final = 64 << 10
"""Of what a compiler says; the rest is cut."""

log = logging.getLogger(__name__)

_CPU_MS: Final = 10_000
"""For all commands of one compilation together: template bombs and include floods end here."""

_WALL_MS: Final = 15_000
"""Of idleness: a compiler waits for nothing, but a busy machine makes it wait."""

_FILE_BYTES: Final = 64 << 20
"""Of each file that a compiler writes: its output, its messages, an array of 4 GiB in the source."""

_STACK_BYTES: Final = 64 << 20
_PROCESSES: Final = 64
"""javac has some twenty threads."""

_FAILED: Final = "The compiler failed."
_BUILD: Final = f"{BOX}/build"
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+ -]{0,127}")
"""A source file's name: nothing that could be an option or a path."""

_ENTRY_POINT: Final = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$.+ -]{0,199}")
"""A file's name, or a class's, which may be in a package and in another class."""


@dataclass(frozen=True, slots=True)
class Program:
    """Something that can be run: its files, sealed, and how to start it. Shared between slots, never changed."""

    language: Language
    files: tuple[tuple[str, Blob], ...]
    entry_point: str
    key: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """`ok` with a program, or not ok with none; `log` is what the compiler said (at most 64 KiB of text).

    Of a program out of the cache it is what the compiler said, and took, when it was made.
    """

    ok: bool
    log: str
    program: Program | None
    cpu_ms: int
    wall_ms: int
    cached: bool = False


def compile_program(
    claim: Claim, language: Language, files: Sequence[FileData], entry_point: str | None = None
) -> Compiled:
    """Compile in this claim's compile container, within 10 s of CPU time and 1.25 GiB, and never idle for 15 s.

    Idempotent: equal sources in the same language, with the same flags and image, come from the cache. What the
    sources do to the compiler, and names that are no file names, are a `Compiled` that is not ok.

    A container that fails, or is killed, in the middle of it is thrown away and another one compiles.

    Raises:
        SandboxError: when the second container failed as well; never for what the sources did.
        DependencyError: when a container is needed and the engine does not answer.
    """
    refused = _refused(language, files, entry_point)
    if refused:
        return Compiled(ok=False, log=refused, program=None, cpu_ms=0, wall_ms=0)
    entry = language.entry_point(files, entry_point)
    key = _key(language, files, entry, claim.pool.facts["image"])
    known = claim.pool.known(key)
    if known is not None:
        return replace(known, cached=True)
    try:
        result, made = _compile(claim, language, files)
    except SandboxError as error:
        log.warning("a compilation is done again in another container: %s", error)
        result, made = _compile(claim, language, files)
    if result.ok:
        result = replace(result, program=Program(language, made, entry, key))
        claim.pool.remember(key, result)
    return result


def version(claim: Claim, language: Language) -> str:
    """What the language's compiler says of its version, in one line.

    Raises:
        SandboxError: when the container failed, or the image lacks the language.
        DependencyError: when a container is needed and the engine does not answer.
    """
    sandbox = claim.sandbox("compile", COMPILE)
    sandbox.folder(_BUILD, writable=True)
    said = Blob.output()
    ran = _run(sandbox, language.version, said, cpu_ms=_CPU_MS)
    sandbox.reset()
    text = said.read(LOG_BYTES).decode(errors="replace").strip()
    if ran.exit_code != 0 or not text:
        raise SandboxError(f"the judge image has no {language.name}: {' '.join(language.version)} failed")
    return text.splitlines()[0]


def _refused(language: Language, files: Sequence[FileData], entry_point: str | None) -> str:
    """Why these files are not given to the compiler at all; empty when they are."""
    for file in files:
        if not _NAME.fullmatch(file.name):
            return f"{file.name!r} cannot be the name of a source file"
    if len({file.name for file in files}) < len(files):
        return "two files have the same name"
    if not any(language.takes(file.name) for file in files):
        return f"no source file of {language.name}: its extensions are {', '.join(language.extensions)}"
    if entry_point and not _ENTRY_POINT.fullmatch(entry_point):
        return f"{entry_point!r} cannot be an entry point"
    return ""


def _key(language: Language, files: Sequence[FileData], entry: str, image: str) -> str:
    sha = hashlib.sha256(repr((language, image, entry)).encode())
    for file in sorted(files, key=lambda file: file.name):
        sha.update(f"{file.name}\0{len(file.data)}\0".encode() + file.data)
    return sha.hexdigest()


def _compile(
    claim: Claim, language: Language, files: Sequence[FileData]
) -> tuple[Compiled, tuple[tuple[str, Blob], ...]]:
    """Run the commands one after the other until one fails; then fetch what they made: a binary, or the sources."""
    sealed = tuple((file.name, Blob.sealed(file.data)) for file in files)
    sandbox = claim.sandbox("compile", COMPILE)
    sandbox.folder(SOURCES)
    sandbox.folder(_BUILD, writable=True)
    for name, content in sealed:
        sandbox.put(f"{SOURCES}/{name}", content)
    sources = [f"{SOURCES}/{file.name}" for file in files if language.takes(file.name)]
    path = f"{BOX}/{language.output}"
    said = Blob.output()
    cpu_ms = wall_ms = 0
    made, why = sealed, ""
    for command in language.compile_commands(sources, path):
        ran = _run(sandbox, command, said, cpu_ms=max(1, _CPU_MS - cpu_ms))
        cpu_ms += ran.cpu_ms
        wall_ms += ran.wall_ms
        why = _failure(ran, said.size)
        if why:
            break
    else:
        if language.output:
            output = sandbox.fetch(path, _FILE_BYTES)
            made = ((language.output, output),) if output else ()
            why = "" if output else "The compiler made no program."
    if sandbox.alive:
        sandbox.reset()
    text = said.read(LOG_BYTES).decode(errors="replace").replace(f"{SOURCES}/", "").replace("\0", "")
    log = text if why in ("", _FAILED) else f"{text[: LOG_BYTES - 100].rstrip()}\n{why}".lstrip()
    return Compiled(ok=not why, log=log, program=None, cpu_ms=cpu_ms, wall_ms=wall_ms), made


def _run(sandbox: Sandbox, command: Sequence[str], said: Blob, *, cpu_ms: int) -> Ran:
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return sandbox.run(
            command,
            (null, said.fd, said.fd),
            cpu_ms=cpu_ms,
            wall_ms=_WALL_MS,
            file_bytes=_FILE_BYTES,
            stack_bytes=_STACK_BYTES,
            processes=_PROCESSES,
            folder=_BUILD,
        )
    finally:
        os.close(null)


def _failure(ran: Ran, said: int) -> str:
    """Why a command did not do its work; empty when it did."""
    if ran.ooms:
        return "The compiler used too much memory."
    if ran.why == "cpu":
        return f"The compiler used more than {_CPU_MS // 1000} s of CPU time."
    if ran.why == "wall":
        return f"The compiler did nothing for {_WALL_MS // 1000} s."
    if ran.signal == signal.SIGXFSZ or said >= _FILE_BYTES:
        return "The compiler wrote too much."
    return "" if ran.exit_code == 0 else _FAILED
