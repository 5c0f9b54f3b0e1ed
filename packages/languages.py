"""The format's table of languages: codes, and the file endings that say which language a program is in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from schemas.languages import LANGUAGE_FILES

__all__ = ["LANGUAGE_CODES", "language_of", "languages_in"]

_TABLE: Final[Mapping[str, str]] = {
    "ada": "adb ads",
    "algol68": "a68",
    "apl": "apl",
    "bash": "sh",
    "c": "c",
    "cgmp": "",
    "cobol": "cob",
    "cpp": "cc cpp cxx c++ C",
    "cppgmp": "",
    "crystal": "cr",
    "csharp": "cs",
    "d": "d",
    "dart": "dart",
    "elixir": "ex",
    "erlang": "erl",
    "forth": "fth 4th forth frt",
    "fortran": "f90",
    "fsharp": "fs",
    "gerbil": "ss",
    "go": "go",
    "haskell": "hs",
    "java": "java",
    "javaalgs4": "",
    "javascript": "js",
    "julia": "jl",
    "kotlin": "kt",
    "lisp": "lisp cl",
    "lua": "lua",
    "modula2": "mod def",
    "nim": "nim",
    "objectivec": "m",
    "ocaml": "ml",
    "octave": "",
    "odin": "odin",
    "pascal": "pas",
    "perl": "pm",
    "php": "php",
    "prolog": "pl",
    "python2": "py2",
    "python3": "py py3",
    "python3numpy": "",
    "racket": "rkt",
    "ruby": "rb",
    "rust": "rs",
    "scala": "scala",
    "simula": "sim",
    "smalltalk": "st",
    "snobol": "sno",
    "swift": "swift",
    "typescript": "ts",
    "visualbasic": "vb",
    "zig": "zig",
}
"""By code, the endings that determine the language. Those that the format has in parentheses do not, and are not here."""

LANGUAGE_CODES: Final = frozenset(_TABLE)

_EXTENSIONS: Final = {end: one.id for one in LANGUAGE_FILES.values() for end in one.endings} | {
    end: code for code, ends in _TABLE.items() for end in ends.split()
}
"""The format's endings, and those of podium's languages that it does not have."""

_PYTHON_2: Final = re.compile(rb"^#!.*python2")
_HEAD: Final = 4096
"""Bytes in which a shebang line ends."""


def languages_in(paths: Sequence[tuple[str, Path]], *, shebang: bool = True) -> frozenset[str]:
    """The codes of these (name, path) by their extensions.

    *shebang*: `.py` is Python 2 where its first line says so, as in the legacy formats.

    Raises:
        OSError: when a file cannot be read.
    """
    found = set()
    for name, path in paths:
        language = _EXTENSIONS.get(PurePosixPath(name).suffix[1:])
        if shebang and language == "python3" and _is_python_2(path):
            language = "python2"
        if language:
            found.add(language)
    return frozenset(found)


def language_of(paths: Sequence[tuple[str, Path]], *, shebang: bool = True) -> str:
    """The one code of `languages_in`; empty where it is not a single one.

    Raises:
        OSError: when a file cannot be read.
    """
    found = languages_in(paths, shebang=shebang)
    return min(found) if len(found) == 1 else ""


def _is_python_2(path: Path) -> bool:
    with path.open("rb") as file:
        return _PYTHON_2.match(file.read(_HEAD)) is not None
