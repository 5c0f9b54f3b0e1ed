"""Errors in ClickHouse's words: `Code: N. DB::Exception: text. (NAME)`, and the HTTP status that each code has."""

from __future__ import annotations

import re

from schemas.errors import DataError

__all__ = ["code_of", "http_status", "refuse"]

_NAMES = {
    "SYNTAX_ERROR": 62,
    "UNKNOWN_FORMAT": 73,
    "UNKNOWN_COMPRESSION_METHOD": 89,
    "TIMEOUT_EXCEEDED": 159,
    "READONLY": 164,
    "TOO_MANY_SIMULTANEOUS_QUERIES": 202,
    "SESSION_NOT_FOUND": 372,
    "SESSION_IS_LOCKED": 373,
    "ACCESS_DENIED": 497,
    "AUTHENTICATION_FAILED": 516,
    "BAD_ARGUMENTS": 36,
    "UNKNOWN_SETTING": 115,
    "TOO_LARGE_STRING_SIZE": 131,
    "CANNOT_DECOMPRESS": 271,
    "NOT_IMPLEMENTED": 48,
    "TABLE_IS_READ_ONLY": 242,
}

_STATUS = {
    **dict.fromkeys((6, 26, 27, 33, 36, 38, 41, 43, 53, 62, 69, 72, 117, 130, 131, 271, 427, 441, 457, 467), 400),
    **dict.fromkeys((164, 497, 516), 403),
    **dict.fromkeys((10, 16, 46, 47, 50, 56, 60, 63, 73, 81, 115, 372), 404),
    159: 408,
    373: 423,
    48: 501,
    202: 503,
}

_CODE = re.compile(r"Code: (\d+)\.")


def refuse(name: str, text: str) -> DataError:
    """The error that a ClickHouse server would answer with, by its symbolic name. Pure."""
    return DataError(f"Code: {_NAMES[name]}. DB::Exception: {text} ({name})")


def code_of(text: str) -> int:
    """The first code in an error's text; 1002 (unknown) when there is none. Pure."""
    found = _CODE.search(text)
    return int(found[1]) if found else 1002


def http_status(code: int) -> int:
    """The HTTP status of an exception code, 500 unless it is the caller's fault. Pure."""
    return _STATUS.get(code, 500)
