"""What a request's text is: a statement, or an INSERT with data behind it, and in which format the answer is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.errors import DataError

__all__ = ["STREAMED_FORMATS", "Insert", "Statement", "parse"]

STREAMED_FORMATS = frozenset({"Native", "TabSeparated", "TSV", "TabSeparatedRaw", "TSVRaw", "CSV", "RowBinary"}) | {
    "JSONEachRow",
    "JSONCompactEachRow",
    "JSONLines",
    "NDJSON",
}
"""Formats without anything before the first or behind the last row: the engine's pieces can be put end to end."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL to run as it is; *format* is what its FORMAT clause says, empty when it has none."""

    sql: str
    format: str


@dataclass(frozen=True, slots=True)
class Insert:
    """An INSERT with a FORMAT clause: the statement without that clause, the format, and the data that followed it."""

    sql: str
    format: str
    data: bytes


def parse(text: bytes) -> Statement | Insert:
    """Tell what the text of a request is. Pure.

    Raises:
        DataError: when the statement is not UTF-8, or there is none.
    """
    words = _words(text)
    first = next(words, None)
    if first is None:
        raise DataError("Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR)")
    if first.text == b"INSERT":
        for word in words:
            if word.text in (b"VALUES", b"SELECT", b"WITH", b"INFILE"):
                break
            if word.text == b"FORMAT" and (name := next(words, None)) is not None:
                if name.text == b"VALUES":
                    break  # text that the engine parses together with the statement
                return Insert(_decode(text[: word.start]), _decode(text[name.start : name.end]), _data(text, name.end))
        return Statement(_decode(text), "")
    return Statement(_decode(text), _output_format(text))


def _output_format(text: bytes) -> str:
    """The name behind the last FORMAT that only SETTINGS can follow."""
    tail = [word for word in _words(text) if not word.punctuation]
    for at in range(len(tail) - 2, -1, -1):
        if tail[at].text == b"FORMAT":
            behind = tail[at + 2 :]
            if not behind or behind[0].text == b"SETTINGS":
                return _decode(text[tail[at + 1].start : tail[at + 1].end])
    return ""


def _data(text: bytes, at: int) -> bytes:
    """The data of an INSERT: behind the blanks and the one line break that follow the format's name."""
    while text[at : at + 1] in (b" ", b"\t", b"\f"):
        at += 1
    if text[at : at + 1] == b"\r":
        at += 1
    if text[at : at + 1] == b"\n":
        at += 1
    return text[at:]


def _decode(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise DataError("Code: 62. DB::Exception: The statement is not UTF-8. (SYNTAX_ERROR)") from error


@dataclass(frozen=True, slots=True)
class _Word:
    text: bytes  # upper case
    start: int
    end: int
    punctuation: bool = False


_TOKEN = re.compile(
    rb"(?P<blank>\s+|--[^\n]*|\#[ !][^\n]*|/\*.*?\*/)"
    rb"|(?P<quoted>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`(?:[^`\\]|\\.|``)*`)"
    rb"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<word>[0-9A-Za-z_\x80-\xff]+)|(?P<other>.)",
    re.DOTALL,
)


def _words(text: bytes) -> Iterator[_Word]:
    """The words outside of quotes, comments and parentheses, as the engine's lexer tells them apart."""
    depth = 0
    for token in _TOKEN.finditer(text):
        kind, start, end = token.lastgroup, token.start(), token.end()
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif depth == 0 and kind == "word":
            yield _Word(token[0].upper(), start, end)
        elif depth == 0 and kind == "quoted":
            yield _Word(b"", start, end)
        elif depth == 0 and kind == "other":
            yield _Word(token[0], start, end, punctuation=True)
