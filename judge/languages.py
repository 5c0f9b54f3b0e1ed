"""The languages, as data: languages.yaml says what each key means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml

from schemas.definition import FileData

__all__ = ["LANGUAGES", "Language", "language_of"]

_CLASS: Final = re.compile(r"\b(?:class|record|enum|interface)\s+(\w+)")
_MAIN: Final = re.compile(r"\bstatic\s+(?:(?:public|final|synchronized|strictfp)\s+)*void\s+main\s*\(")
_PACKAGE: Final = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How sources of one language become a program and how it is started. `id` is the CLICS id."""

    id: str
    name: str
    extensions: tuple[str, ...]
    version: tuple[str, ...]
    flags: tuple[str, ...]
    compile: tuple[tuple[str, ...], ...]
    run: tuple[str, ...]
    processes: int
    entry_point_name: str | None = None
    image: str = ""
    output: str = ""
    memory_extra_mib: int = 0
    out_of_memory: str = ""

    def compile_commands(self, sources: Sequence[str], output: str) -> list[list[str]]:
        """What to run, in order, to make `output` of these source paths."""
        lists = {"flags": self.flags, "sources": tuple(sources)}
        return [_filled(command, lists, {"output": output}) for command in self.compile]

    def run_command(self, program: str, entry: str, memory_mib: int) -> list[str]:
        """What to run to start the program at this path."""
        return _filled(self.run, {"flags": self.flags}, {"program": program, "entry": entry, "memory": str(memory_mib)})

    def image_script(self) -> str:
        """What a shell runs when the image is built; empty where nothing is to be prepared."""
        return self.image.replace("{flags}", " ".join(self.flags))

    def takes(self, name: str) -> bool:
        """Whether a file of this name is one of its sources (a header is not)."""
        return PurePosixPath(name).suffix.removeprefix(".") in self.extensions

    def entry_point(self, files: Sequence[FileData], named: str | None) -> str:
        """Where the program begins: what the team named; else the file, or the class, that looks like the main one.

        The name of a class for Java, of a file for a language that runs its sources, empty for a binary. Never fails:
        a wrong guess shows as a run-time error, as it does for a team that names a class that is not there.
        """
        if self.entry_point_name is None:
            return ""
        if named:
            return named
        sources = [file for file in files if self.takes(file.name)] or list(files)
        return _main_file(sources) if not self.output else _main_class(sources)


def _filled(command: Iterable[str], lists: Mapping[str, Sequence[str]], words: Mapping[str, str]) -> list[str]:
    filled: list[str] = []
    for part in command:
        if part[1:-1] in lists and part[0] == "{":
            filled += lists[part[1:-1]]
        else:
            for name, value in words.items():
                part = part.replace(f"{{{name}}}", value)  # noqa: PLW2901 - each word in turn
            filled.append(part)
    return filled


def _main_file(sources: Sequence[FileData]) -> str:
    names = [file.name for file in sources]
    return next((name for name in names if PurePosixPath(name).stem in ("main", "__main__")), names[0])


def _main_class(sources: Sequence[FileData]) -> str:
    """The class that holds `static void main`; of several, the one that its file is named after, or the first."""
    found: list[str] = []
    for file in sources:
        text = _COMMENT.sub(" ", file.data.decode("utf-8", "replace"))
        package = match[1] + "." if (match := _PACKAGE.search(text)) else ""
        stem = PurePosixPath(file.name).stem
        holders = []
        for main in _MAIN.finditer(text):
            before = _CLASS.findall(text, 0, main.start())
            holders += [package + before[-1]] if before else []
        if package + stem in holders or (holders and stem in _CLASS.findall(text)):
            found.insert(0, package + stem)
        found += holders
    return next(iter(found), "Main")


def _read(path: Path) -> dict[str, Language]:
    languages = {}
    for entry in yaml.safe_load(path.read_text()):
        entry["compile"] = tuple(map(tuple, entry["compile"]))
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
        }
        languages[entry["id"]] = Language(**fields)
    return languages


LANGUAGES: Final[Mapping[str, Language]] = _read(Path(__file__).with_name("languages.yaml"))
"""Every language that the judge image knows, by id: c, cpp, java, python3."""


def language_of(names: Iterable[str]) -> Language | None:
    """The language of these files by their extensions; headers and the like do not count. None when it is unclear."""
    found = {language.id for name in names for language in LANGUAGES.values() if language.takes(name)}
    return LANGUAGES[found.pop()] if len(found) == 1 else None
