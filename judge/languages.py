"""What the languages' files come to: commands to compile and to run, and where a program begins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePosixPath
from typing import Final

from schemas.definition import FileData
from schemas.languages import LANGUAGE_FILES, LanguageFile, inferred, read_languages

__all__ = ["LANGUAGES", "Language", "language_of", "languages_beside", "languages_in", "own_build"]

_CLASS: Final = re.compile(r"\b(?:class|record|enum|interface)\s+(\w+)")
_MAIN: Final = re.compile(r"\bstatic\s+(?:(?:public|final|synchronized|strictfp)\s+)*void\s+main\s*\(")
_PACKAGE: Final = re.compile(r"^\s*package\s+([\w.]+)\s*;?", re.MULTILINE)
_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_FUN_MAIN: Final = re.compile(r"^(?:suspend\s+)?fun\s+main\s*\(", re.MULTILINE)
_OBJECT_MAIN: Final = re.compile(r"\bobject\s+(\w+)[^{]*\{.*?@JvmStatic\s+fun\s+main\s*\(", re.DOTALL)
_JVM_NAME: Final = re.compile(r'@file:(?:\[[^\]]*)?JvmName\s*\(\s*"(\w+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Language(LanguageFile):
    """How sources of one language become a program and how it is started."""

    def compile_commands(
        self, sources: Sequence[str], output: str, main: str | None = None, *, memory_mib: int = 2048
    ) -> list[list[str]]:
        """What to run, in order, to make `output` of these source paths; the program begins in `main`, else the first.

        `memory_mib` is what the compiler may use: a compiler with a heap is given the half of it for that.
        """
        lists = {"flags": self.flags, "sources": tuple(sources)}
        words = {"main": main or sources[0], "output": output, "heap": str(max(memory_mib // 2, 1))}
        return [_filled(command, lists, self._own | words) for command in self.compile]

    def run_command(self, program: str, entry: str, memory_mib: int) -> list[str]:
        """What to run to start the program at this path."""
        words = {"program": program, "entry": entry, "memory": str(memory_mib)}
        return _filled(self.run, {"flags": self.flags}, self._own | words)

    def version_command(self) -> list[str]:
        """What to run to be told the version."""
        return _filled(self.version, {}, self._own)

    def image_script(self) -> str:
        """What a shell runs when the image is built; empty where nothing is to be prepared."""
        return self.prepare.replace("{flags}", " ".join(self.flags)).replace("{id}", self.id)

    @property
    def _own(self) -> dict[str, str]:
        return {"id": self.id, "tool": self.tool}

    def takes(self, name: str) -> bool:
        """Whether a file of this name is one of its sources (a header is not)."""
        return PurePosixPath(name).suffix.removeprefix(".") in self.extensions

    def of(self, files: Sequence[FileData], named: str | None) -> Language:
        """The language as it runs these files: a module, where they make one, is started in another way."""
        return replace(self, run=self.run_package) if self._module(files, named) else self

    def _module(self, files: Sequence[FileData], named: str | None) -> bool:
        names = {file.name for file in files}
        return bool(self.package) and names.issuperset(self.package) and named in (None, self.package[-1])

    def main_file(self, files: Sequence[FileData], named: str | None) -> str:
        """The name of the source with which a compiler, or an interpreter, begins."""
        sources = [file for file in files if self.takes(file.name)] or list(files)
        names = [file.name for file in sources]
        if named in names:
            return named
        return next((name for name in names if PurePosixPath(name).stem.lower() in ("main", "__main__")), names[0])

    def entry_point(self, files: Sequence[FileData], named: str | None) -> str:
        """Where the program begins: what the team named; else the file, or the class, that looks like the main one.

        The name of a class or of a file, as the language's rule is; empty for a binary. Never fails: a wrong guess
        shows as a run-time error, as it does for a team that names a class that is not there.
        """
        if not self.entry_point_rule:
            return ""
        if named:
            return named
        sources = [file for file in files if self.takes(file.name)] or list(files)
        match self.entry_point_rule:
            case "java-class":
                return _java_class(sources)
            case "kotlin-class":
                return _kotlin_class(sources)
            case _:
                return self.package[-1] if self._module(files, named) else self.main_file(files, named)


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


def _text(file: FileData) -> str:
    return _COMMENT.sub(" ", file.data.decode("utf-8", "replace"))


def _java_class(sources: Sequence[FileData]) -> str:
    """The class that holds `static void main`; of several, the one that its file is named after, or the first."""
    found: list[str] = []
    for file in sources:
        text = _text(file)
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


def _kotlin_class(sources: Sequence[FileData]) -> str:
    """The class that Kotlin makes of the file with `fun main`, or the object with a static one."""
    for file in sources:
        text = _text(file)
        package = match[1] + "." if (match := _PACKAGE.search(text)) else ""
        if _FUN_MAIN.search(text):
            stem = re.sub(r"\W", "_", PurePosixPath(file.name).stem)
            name = _JVM_NAME.search(text)
            return package + (name[1] if name else f"{stem[:1].upper()}{stem[1:]}Kt")
        if holder := _OBJECT_MAIN.search(text):
            return package + holder[1]
    return "MainKt"


def languages_in(folder: Path) -> dict[str, Language]:
    """The languages that a folder's files say, by id.

    Raises:
        ConfigError: naming file and key, when one is not as it must be.
    """
    return {name: _of(file) for name, file in read_languages(folder).items()}


def _of(file: LanguageFile) -> Language:
    return Language(**{field.name: getattr(file, field.name) for field in fields(LanguageFile)})


LANGUAGES: Final[Mapping[str, Language]] = {name: _of(file) for name, file in LANGUAGE_FILES.items()}
"""Every language that the judge images know, by id."""

_OWN_BUILD: Final = Language(
    id="",
    name="its own build and run",
    extensions=(),
    version=(),
    compile=(),
    compile_runs_code=True,
    # a shell also starts a script that names no interpreter, and says what is wrong with one that cannot be started
    run=("/bin/sh", "-c", 'exec "$0" "$@"', "{program}"),
    processes=64,
)
"""Of a jury's program that brings `build` or `run`."""


def languages_beside(names: Iterable[str]) -> set[str]:
    """The languages, by their extensions, of the files of a program that brings `build` or `run`. Pure.

    A shell script is in none: like these two, it runs in either image.
    """
    return {one for name in names if (one := inferred((name,)))} - {"bash"}


def own_build(names: Iterable[str]) -> Language:
    """What a jury's program with these files, `build` or `run` among them, counts as: in the image of its languages. Pure."""
    extra = any(LANGUAGES[one].image == "extra" for one in languages_beside(names))
    return replace(_OWN_BUILD, image="extra") if extra else _OWN_BUILD


def language_of(names: Iterable[str]) -> Language | None:
    """The language of these files by their extensions; headers and the like do not count. None when it is unclear."""
    found = inferred(names)
    return LANGUAGES[found] if found else None
