"""Sources to a program, in a compile container; the same sources are compiled once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from judge.again import twice
from judge.blob import Blob
from judge.claim import Claim
from judge.container import COMPILE, Shape
from judge.languages import Language, own_build
from judge.sandbox import BOX, SOURCES, Role
from judge.workshop import LOG_BYTES, Why, Workshop
from schemas.definition import FileData
from schemas.errors import SandboxError

__all__ = ["LOG_BYTES", "Compiled", "Program", "build_program", "compile_program", "version"]

_FILES_MAX: Final = 500
_MADE_BYTES: Final = 64 << 20
"""Of all files of one program: what a `build` script may make, as much as one file of a compiler's."""

_STEP: Final = r"[^\x00-\x1f\x7f\ud800-\udfff/ -][^\x00-\x1f\x7f\ud800-\udfff/]{0,127}"
_NAME: Final = re.compile(rf"(?:{_STEP}/){{0,8}}{_STEP}")
"""A file's path in its program: nothing in it could be an option; `_named` looks for dots."""

_NAMES_BYTES: Final = 32 << 10
"""Of all names together: a command with all of them fits into one request to the runner, which has 64 KiB."""

_ENTRY_POINT: Final = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$.+ /-]{0,199}")
"""A file's name, or a class's, which may be in a package and in another class."""


@dataclass(frozen=True, slots=True)
class Program:
    """Something that can be run: its files, sealed, and how to start it. Shared between slots, never changed.

    `folder` is what the format wants in its working directory: the sources, with what came with them, and the binary.
    """

    language: Language
    files: tuple[tuple[str, Blob], ...]
    entry_point: str
    key: str
    folder: tuple[tuple[str, Blob], ...] = ()


@dataclass(frozen=True, slots=True)
class Compiled:
    """`ok` with a program, or not ok with none; `log` is what the compiler said (at most 64 KiB of text).

    Of a program out of the cache it is what the compiler said, and took, when it was made. `why` is empty when it is ok;
    else `refused` (never given to a compiler), `failed` (the compiler said no), or the limit that was met: `time`,
    `memory`, `output`.
    """

    ok: bool
    log: str
    program: Program | None
    cpu_ms: int
    wall_ms: int
    cached: bool = False
    why: Why = ""


def compile_program(
    claim: Claim,
    language: Language,
    files: Sequence[FileData],
    entry_point: str | None = None,
    *,
    role: Role = "compile",
    cpu_s: int = 60,
    memory_mib: int = 2048,
) -> Compiled:
    """Compile in this claim's container of that *role*, within so much CPU time and memory, and never idle for 15 s.

    Files may lie in folders; those that are no sources of the language are beside them while it is compiled.

    Idempotent: equal sources in the same language, with the same flags, limits and image, come from the cache. What the
    sources do to the compiler, and names that are no file names, are a `Compiled` that is not ok.

    A container that fails, or is killed, in the middle of it is thrown away and another one compiles.

    Raises:
        SandboxError: when the second container failed as well; never for what the sources did.
        DependencyError: when a container, or its image, is needed and the engine does not answer.
    """
    refused = _refused(language, files, entry_point)
    if refused:
        return _no("refused", refused)
    entry = language.entry_point(files, entry_point)
    language = language.of(files, entry_point)
    main = language.main_file(files, entry_point)
    shape = Shape.of_compile(memory_mib, language.compile_processes, language.image)

    def act(key: str) -> Compiled:
        shop = Workshop(claim, shape, cpu_s, role=role, runs_code=language.compile_runs_code)
        return _compile(shop, language, files, main, entry=entry, key=key, memory_mib=memory_mib)

    return _once(claim, _key(files, language, entry, main, claim.pool.image(language.image), cpu_s, memory_mib), act)


def build_program(claim: Claim, files: Sequence[FileData], *, cpu_s: int = 60, memory_mib: int = 2048) -> Compiled:
    """A jury's program by its own `build` script, in a copy of its folder; its `run` is what is run then.

    Both are run in the image that has the languages of its files. Without `build` those are taken as they are. Links are
    followed; what is no file, or lies outside, is left out. Limits, cache and errors are those of `compile_program`.
    """
    names = {file.name for file in files}
    language = own_build(names)
    refused = _misnamed(files) or ("" if names & {"build", "run"} else "there is neither build nor run")
    if refused:
        return _no("refused", refused)
    shape = Shape.of_compile(memory_mib, language.compile_processes, language.image)

    def act(key: str) -> Compiled:
        shop = Workshop(claim, shape, cpu_s, role="jury", runs_code=language.compile_runs_code)
        return _build(shop, language, files, scripted="build" in names, key=key)

    return _once(claim, _key(files, language, claim.pool.image(language.image), cpu_s, memory_mib), act)


def _once(claim: Claim, key: str, act: Callable[[str], Compiled]) -> Compiled:
    """From the cache, or made now; when a container fails in the middle of it, in a second one."""
    known = claim.pool.programs.known(key)
    if known is not None:
        return replace(known, cached=True)
    result = twice(claim, "a compilation", lambda: act(key))
    if result.ok:
        claim.pool.programs.remember(key, result)
    return result


def version(claim: Claim, language: Language) -> str:
    """What the language's compiler says of its version, in one line.

    Raises:
        SandboxError: when the container failed, or the image lacks the language.
        DependencyError: when a container, or its image, is needed and the engine does not answer.
    """
    shop = Workshop(claim, replace(COMPILE, image=language.image), 10)
    command = language.version_command()
    why = shop.run(command)
    shop.close()
    text = shop.text().strip()
    if why or not text:
        raise SandboxError(f"the judge image has no {language.name}: {' '.join(command)} failed")
    return text.splitlines()[0]


def _no(why: Why, text: str) -> Compiled:
    return Compiled(ok=False, log=text, program=None, cpu_ms=0, wall_ms=0, why=why)


def _refused(language: Language, files: Sequence[FileData], entry_point: str | None) -> str:
    """Why these files are not given to the compiler at all; empty when they are."""
    if len(files) > language.max_files:
        return f"{len(files)} files: {language.name} takes at most {language.max_files}"
    if sum(len(file.data) for file in files) > language.max_kib << 10:
        return f"{language.name} takes at most {language.max_kib} KiB of sources"
    if wrong := _misnamed(files):
        return wrong
    if not any(language.takes(file.name) for file in files):
        return f"no source file of {language.name}: its extensions are {', '.join(language.extensions)}"
    if entry_point and not _ENTRY_POINT.fullmatch(entry_point):
        return f"{entry_point!r} cannot be an entry point"
    return ""


def _misnamed(files: Sequence[FileData]) -> str:
    for file in files:
        if not _named(file.name):
            return f"{file.name!r} cannot be the name of a source file"
    if sum(len(file.name.encode()) for file in files) > _NAMES_BYTES:
        return f"the names of the files have more than {_NAMES_BYTES >> 10} KiB"
    return "two files have the same name" if len({file.name for file in files}) < len(files) else ""


def _named(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and not {".", ".."} & set(name.split("/"))


def _key(files: Sequence[FileData], *what: object) -> str:
    sha = hashlib.sha256(repr(what).encode())
    for file in sorted(files, key=lambda file: file.name):
        sha.update(f"{file.name}\0{len(file.data)}\0".encode() + file.data)
    return sha.hexdigest()


def _compile(
    shop: Workshop, language: Language, files: Sequence[FileData], main: str, *, entry: str, key: str, memory_mib: int
) -> Compiled:
    """Run the commands one after the other until one fails; then fetch what they made: a binary, or the sources."""
    sealed = _sealed(files)
    shop.put(sealed)
    sources = [f"{SOURCES}/{file.name}" for file in files if language.takes(file.name)]
    path = f"{BOX}/{language.output}"
    made: Sequence[tuple[str, Blob]] = sealed
    for command in language.compile_commands(sources, path, f"{SOURCES}/{main}", memory_mib=memory_mib):
        if shop.run(command):
            break
    else:
        if language.output:
            output = shop.fetch(path)
            made = [(language.output, output)] if output else []
    shop.close()
    if shop.why:
        return _result(shop, None)
    folder = sealed if made is sealed else _together(sealed, made)
    return _result(shop, Program(language, tuple(made), entry, key, folder))


def _together(sealed: Iterable[tuple[str, Blob]], made: Iterable[tuple[str, Blob]]) -> tuple[tuple[str, Blob], ...]:
    """The sources and the binary, which takes the place of a source of its name."""
    return tuple({**dict(sealed), **dict(made)}.items())


_COPY: Final = f"cp -R {SOURCES}/. . && chmod -R u+w ."
_COLLECT: Final = """
[ -f run ] && [ -x run ] || { echo "There is no executable file 'run' after the build."; exit 1; }
mkdir ../made && cp -RL . ../made
"""
_LIST: Final = ("/usr/bin/find", f"{BOX}/made", "-type", "f", "-printf", r"%P\0")


def _build(shop: Workshop, language: Language, files: Sequence[FileData], *, scripted: bool, key: str) -> Compiled:
    sealed = _sealed(files)
    shop.put(sealed)
    listed = Blob.output()
    commands = [
        ("/bin/sh", "-c", _COPY),
        *([("/bin/sh", "-c", "./build")] if scripted else []),
        ("/bin/sh", "-c", _COLLECT),
    ]
    made: list[tuple[str, Blob]] = []
    if not any(shop.run(command) for command in commands) and not shop.run(_LIST, listed):
        names = listed.read(1 << 20).decode(errors="replace").split("\0")
        made = _made(shop, sorted(name for name in names if name))
    shop.close()
    return _result(shop, None if shop.why else Program(language, tuple(made), "run", key, tuple(made)))


def _made(shop: Workshop, names: Sequence[str]) -> list[tuple[str, Blob]]:
    """The files that a build has left; `shop.why` says what is wrong with them."""
    made: list[tuple[str, Blob]] = []
    for name in names:
        if not _named(name):
            shop.fail("failed", f"The build made {name!r}, which cannot be the name of a file.")
            return []
        blob = shop.fetch(f"{BOX}/made/{name}")
        if blob is None:
            return []
        made.append((name, blob))
        if len(made) > _FILES_MAX or sum(blob.size for _, blob in made) > _MADE_BYTES:
            shop.fail("output", f"The build made more than {_FILES_MAX} files, or {_MADE_BYTES >> 20} MiB.")
            return []
    return made


def _sealed(files: Sequence[FileData]) -> tuple[tuple[str, Blob], ...]:
    return tuple((file.name, Blob.sealed(file.data)) for file in files)


def _result(shop: Workshop, program: Program | None) -> Compiled:
    text = shop.text().replace(f"{SOURCES}/", "").replace("\0", "")
    said = f"{text[: LOG_BYTES - 200].rstrip()}\n{shop.reason}".lstrip() if shop.reason else text
    return Compiled(program is not None, said, program, shop.cpu_ms, shop.wall_ms, why=shop.why)
