"""The kinds of values in a package's YAML files: each takes what was read, and raises ValueError that says what it must be."""

from __future__ import annotations

import math
import re
from typing import Any, Final

__all__ = [
    "check_language_code",
    "flag",
    "is_language_code",
    "note",
    "number",
    "strings",
    "text",
    "texts",
    "whole",
    "words",
]

_WORDS: Final = 200
_WORDS_BYTES: Final = 16 << 10
"""Of one program's arguments: with what the judge adds they fit into one request to its runner."""

_LANGUAGE_CODE: Final = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


def text(value: Any) -> str:
    """A string."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be a string")
    return value


def note(value: Any) -> str:
    """A string, which may be empty."""
    return value if value == "" else text(value)


def texts(value: Any) -> tuple[str, ...]:
    """A sequence of strings for a command line; numbers are taken as they are written."""
    if isinstance(value, list) and all(isinstance(v, (str, int, float)) and not isinstance(v, bool) for v in value):
        written = getattr(value, "written", None) or [str(v) for v in value]
        return _arguments(tuple(v if isinstance(v, str) else w for v, w in zip(value, written, strict=True)))
    raise ValueError("must be a sequence of strings")


def strings(value: Any) -> tuple[str, ...]:
    """A sequence of strings, which may be empty."""
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    raise ValueError("must be a sequence of strings")


def _arguments(found: tuple[str, ...]) -> tuple[str, ...]:
    """The words, when a command line can hold them."""
    try:
        size = sum(len(word.encode()) for word in found)
    except UnicodeEncodeError:
        raise ValueError("must be text: half of a surrogate pair is none") from None
    if any("\0" in word for word in found):
        raise ValueError("must not have a zero byte")
    if len(found) > _WORDS or size > _WORDS_BYTES:
        raise ValueError(f"must be at most {_WORDS} strings of {_WORDS_BYTES} bytes in all")
    return found


def words(value: Any) -> tuple[str, ...]:
    """A string of words for a command line, separated by spaces."""
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return _arguments(tuple(value.split()))


def whole(value: Any) -> int:
    """An integer above 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError("must be an integer above 0")
    return value


def number(value: Any) -> float:
    """A number above 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise ValueError("must be a number above 0")
    return float(value)


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def is_language_code(value: str) -> bool:
    """Whether it is a code like en, fil or pt-BR."""
    return _LANGUAGE_CODE.fullmatch(value) is not None


def check_language_code(key: Any) -> None:
    """The key of a map must be such a code."""
    if not is_language_code(str(key)):
        raise ValueError(f"must be a map of language codes, of which {key!r} is none")
