"""The languages, as data: one file each in this folder. docs/languages.md says what each key means, and how to add one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal, get_args

import yaml

from schemas.errors import ConfigError

__all__ = ["FOLDER", "IMAGES", "LANGUAGE_FILES", "EntryPoint", "Image", "LanguageFile", "inferred", "read_languages"]

Image = Literal["default", "extra"]
IMAGES: Final[tuple[Image, ...]] = get_args(Image)
"""The judge images: one that is always there, and one that is built when somebody first needs it."""

EntryPoint = Literal["", "file", "java-class", "kotlin-class"]
"""How a program is told where to begin: a binary is not, others by a file's name or by a class's."""

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageFile:
    """What a language's file says; each field is a key of it. `id` is the file's name, the CLICS id where there is one."""

    id: str
    name: str
    extensions: tuple[str, ...]
    inferred: tuple[str, ...] | None = None
    """The extensions that make a file of a problem package one of this language; None: all."""
    image: Image = "default"
    entry_point_rule: EntryPoint = ""
    entry_point_name: str | None = None
    max_files: int = 100
    """More make no program: a command line has room for so many."""
    max_kib: int = 4096
    """Of all sources together, beside the problem's own limit."""
    tool: str = ""
    version: tuple[str, ...]
    flags: tuple[str, ...] = ()
    prepare: str = ""
    compile: tuple[tuple[str, ...], ...]
    compile_processes: int = 64
    compile_runs_code: bool = False
    """Whether a source can have code of its own run while it is compiled, beside what a compiler's bug allows."""
    output: str = ""
    run: tuple[str, ...]
    package: tuple[str, ...] = ()
    run_package: tuple[str, ...] = ()
    processes: int
    memory_extra_mib: int = 0
    scratch: bool = False
    """Whether its runtime needs a folder for temporary files, also where the program may only read."""
    out_of_memory: str = ""
    example: tuple[str, str] = ("", "")
    """A file's name, and its text: it reads two numbers and prints their sum. The tests judge it."""

    @property
    def endings(self) -> tuple[str, ...]:
        """The extensions that tell this language."""
        return self.extensions if self.inferred is None else self.inferred


def read_languages(folder: Path) -> dict[str, LanguageFile]:
    """Every language of a folder by its id, in alphabetical order.

    Raises:
        ConfigError: naming file and key, when one is not as it must be.
    """
    said = {path.stem: _load(path) for path in sorted(folder.glob("*.yaml"))}
    return {name: _language(name, said) for name in said}


def _load(path: Path) -> dict[str, Any]:
    try:
        said = yaml.load(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path.name}: {error}") from error
    if not isinstance(said, dict):
        raise ConfigError(f"{path.name}: expected keys and values")
    return said


def _language(name: str, files: Mapping[str, dict[str, Any]]) -> LanguageFile:
    said = dict(files[name])
    like = said.pop("like", None)
    if like is not None:
        if like not in files or "like" in files[like]:
            raise ConfigError(f"{name}.yaml: like: there is no language {like!r} that is like no other")
        said = files[like] | said
    known = {field.name: field for field in fields(LanguageFile) if field.name != "id"}
    for key in said:
        if key not in known:
            raise ConfigError(f"{name}.yaml: {key}: there is no such key")
    for key, field in known.items():
        if key not in said and field.default is MISSING:
            raise ConfigError(f"{name}.yaml: {key} is missing")
    return LanguageFile(id=name, **{key: _value(f"{name}.yaml: {key}", key, value) for key, value in said.items()})


_NUMBERS: Final = ("max_files", "max_kib", "compile_processes", "processes", "memory_extra_mib")
_SWITCHES: Final = ("compile_runs_code", "scratch")
_WORDS: Final = ("extensions", "inferred", "version", "flags", "run", "package", "run_package", "example")
_ONE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "image": IMAGES,
    "entry_point_rule": get_args(EntryPoint),
}


def _value(where: str, key: str, value: Any) -> Any:
    if key in _NUMBERS:
        if type(value) is not int or value < 0:
            raise ConfigError(f"{where}: expected a whole number")
        return value
    if key in _SWITCHES:
        if type(value) is not bool:
            raise ConfigError(f"{where}: expected true or false")
        return value
    if key in _WORDS:
        return _words(where, value)
    if key == "compile":
        if not isinstance(value, list):
            raise ConfigError(f"{where}: expected a list of commands")
        return tuple(_words(where, command) for command in value)
    if not isinstance(value, str) or value not in _ONE_OF.get(key, (value,)):
        raise ConfigError(f"{where}: expected {' or '.join(_ONE_OF.get(key, ('a text',)))}")
    return value


def _words(where: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ConfigError(f"{where}: expected a list of words")
    return tuple(value)


LANGUAGE_FILES: Final[Mapping[str, LanguageFile]] = read_languages(FOLDER)


def inferred(names: Iterable[str], languages: Mapping[str, LanguageFile] = LANGUAGE_FILES) -> str | None:
    """The id of the language that these files' extensions tell; others' do not count. None where it is not one. Pure."""
    endings = {PurePosixPath(name).suffix[1:] for name in names}
    found = {one.id for one in languages.values() if endings & set(one.endings)}
    return found.pop() if len(found) == 1 else None
