"""The kinds of values of the Contest API, and what was expected where one is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from clics.times import parse_reltime, parse_time
from schemas.errors import DataError

__all__ = ["KINDS"]

_ID = re.compile(r"[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]{0,34}[a-zA-Z0-9_-])?", re.ASCII)
_RGB = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")

_Kind = Callable[[Any], str | None]
"""What was expected of a value, None where it is that."""


def _matches(pattern: re.Pattern[str], expected: str) -> _Kind:
    return lambda value: None if isinstance(value, str) and pattern.fullmatch(value) else expected


def _read(parse: Callable[[str], int], expected: str) -> _Kind:
    def check(value: Any) -> str | None:
        try:
            return None if isinstance(value, str) and parse(value) is not None else expected
        except DataError:
            return expected

    return check


def _is(kind: type | tuple[type, ...], expected: str) -> _Kind:
    flag = kind is bool
    return lambda value: None if isinstance(value, kind) and (flag or not isinstance(value, bool)) else expected


def _list_of(one: _Kind, expected: str) -> _Kind:
    return lambda value: None if isinstance(value, list) and all(one(v) is None for v in value) else expected


_string, _object_ = _is(str, "a text"), _is(dict, "an object")

KINDS: dict[str, _Kind] = {
    "id": _matches(_ID, "an id (1 to 36 letters, digits, '_', '.', '-')"),
    # of an award: a word with the id of a problem, group or organization behind it: longer than an id may be
    "word": _matches(re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,71}", re.ASCII), "an id"),
    "ids": _list_of(_matches(_ID, ""), "a list of ids"),
    "string": _string,
    "strings": _list_of(_string, "a list of texts"),
    "integer": _is(int, "a whole number"),
    "minutes": lambda value: None if type(value) is int and value >= 0 else "a number of minutes",
    "number": _is((int, float), "a number"),
    "boolean": _is(bool, "true or false"),
    "time": _read(parse_time, "a time with a zone such as 2026-11-24T10:00:00.000Z"),
    "reltime": _read(parse_reltime, "a duration such as 5:00:00"),
    "rgb": _matches(_RGB, "a colour such as #ac00ff"),
    "scoring": lambda value: None if value in ("pass-fail", "score") else "pass-fail or score",
    "files": _list_of(_object_, "a list of file references"),
    "object": _object_,
}
