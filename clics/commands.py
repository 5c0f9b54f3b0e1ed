"""How a language is compiled and run, as the Contest API tells it: for information, not to be repeated by it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from schemas.languages import LANGUAGE_FILES, LanguageFile

__all__ = ["commands_of"]

_PROGRAM = "{program}"
"""What a run command begins with where the compiler made a program of its own."""


@cache
def commands_of(language_id: str) -> dict[str, dict[str, Any]]:
    """The language's `compiler` and, where it has one, `runner`; nothing of a language that podium does not judge."""
    file = LANGUAGE_FILES.get(language_id)
    if file is None:
        return {}
    found = {}
    if file.compile:
        found["compiler"] = _command(file, file.compile[0][0], [*file.flags, "{files}"])
    if not file.run[0].startswith(_PROGRAM):
        found["runner"] = _command(file, file.run[0], _expanded(file, file.run[1:]))
    return found


def _command(file: LanguageFile, word: str, args: Iterable[str]) -> dict[str, Any]:
    version = " ".join([_name(file, file.version[0]), *file.version[1:]])
    return {"command": _name(file, word), "args": " ".join(args), "version_command": version}


def _expanded(file: LanguageFile, words: Iterable[str]) -> list[str]:
    """The words that say something: without what stands for files and folders of the judge."""
    flat = [one for word in words for one in (file.flags if word == "{flags}" else (word,))]
    return [word for word in flat if "{" not in word and "\n" not in word]


def _name(file: LanguageFile, word: str) -> str:
    return PurePosixPath(word.replace("{tool}", file.tool)).name
