"""The default output validator, exactly as the problem package format specifies it: linear, in bounded memory."""

from __future__ import annotations

import decimal
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from judge.verdict import Opinion
from packages.flags import Flags

__all__ = ["Checked", "Readable", "compare"]

_CHUNK: Final = 1 << 16
"""Bytes that are read at a time, and of a token that are kept: of a longer one its head and a hash of it all."""

_SPACE: Final = b" \t\n\v\f\r"
_RUNS: Final = re.compile(rb"[ \t\n\v\f\r]+|[^ \t\n\v\f\r]+")
_FLOAT: Final = re.compile(rb"[+-]?([0-9]++(\.[0-9]*+)?+|\.[0-9]++)([eE][+-]?[0-9]++)?+")  # never steps back: linear

_DECIMAL: Final = decimal.Context(prec=60, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
"""Twice the digits that the format wants parsed: a distance of exactly the tolerance is within it."""


class Readable(Protocol):
    """Bytes that are read in pieces."""

    def read(self, size: int, offset: int = 0) -> bytes:
        """At most *size* bytes from *offset*."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a validator said, with its messages for the jury and for the team: untrusted text."""

    opinion: Opinion
    message: str = ""
    team_message: str = ""


def compare(answer: Readable, output: Readable, flags: Flags) -> Checked:
    """Compare a submission's output with the answer, token by token. Reads each once, in pieces.

    With `space_change_sensitive` runs of white space are tokens of their own, equal only if they are the same.
    """
    wanted, got = _batches(answer, flags), _batches(output, flags)
    a: list[bytes] = []
    o: list[bytes] = []
    number = 1
    while True:
        a, o = a or next(wanted, []), o or next(got, [])
        both = min(len(a), len(o))
        if not both:
            break
        if a[:both] != o[:both]:
            for at, (expected, found) in enumerate(zip(a[:both], o[:both], strict=True), number):
                if expected != found and not _close(expected, found, flags):
                    return _rejected(at, f"expected {_show(expected)}, got {_show(found)}")
        number += both
        a, o = a[both:], o[both:]
    if a:
        return _rejected(number, f"expected {_show(a[0])}, but the output ends")
    if o:
        return _rejected(number, f"expected no more, got {_show(o[0])}")
    return Checked(Opinion.ACCEPTED)


def _rejected(number: int, why: str) -> Checked:
    return Checked(Opinion.REJECTED, f"token {number}: {why}")


class _Open:
    """A token whose end has not been read yet."""

    __slots__ = ("_all", "_head", "_size", "is_space")

    def __init__(self, piece: bytes) -> None:
        self.is_space = piece[0] in _SPACE
        self._head = b""
        self._size = 0
        self._all = hashlib.sha256()
        self.add(piece)

    def add(self, piece: bytes) -> None:
        self._head += piece[: _CHUNK - len(self._head)]
        self._size += len(piece)
        self._all.update(piece)

    def token(self) -> bytes:
        return self._head if self._size <= _CHUNK else self._head + self._all.digest()


def _batches(source: Readable, flags: Flags) -> Iterator[list[bytes]]:
    """The tokens, in lists that are not empty; in lower case where case does not matter (ASCII letters only)."""
    offset = 0
    open_: _Open | None = None
    while chunk := source.read(_CHUNK, offset):
        offset += len(chunk)
        if not flags.case_sensitive:
            chunk = chunk.lower()
        pieces = _RUNS.findall(chunk) if flags.space_change_sensitive else chunk.split()
        stays_open = flags.space_change_sensitive or chunk[-1] not in _SPACE
        batch: list[bytes] = []
        if open_ is not None:
            if open_.is_space == (chunk[0] in _SPACE):
                open_.add(pieces.pop(0))
                if stays_open and not pieces:
                    continue
            batch.append(open_.token())
            open_ = None
        if pieces and stays_open:
            open_ = _Open(pieces.pop())
        batch += pieces
        if batch:
            yield batch
    if open_ is not None:
        yield [open_.token()]


def _close(expected: bytes, found: bytes, flags: Flags) -> bool:
    """Whether two different tokens are numbers within a tolerance."""
    if flags.relative is None and flags.absolute is None:
        return False
    if not (_FLOAT.fullmatch(expected) and _FLOAT.fullmatch(found)):
        return False
    with decimal.localcontext(_DECIMAL):
        try:
            a = Decimal(expected.decode())
            distance = abs(Decimal(found.decode()) - a)
            return (flags.absolute is not None and distance <= flags.absolute) or (
                flags.relative is not None and distance <= flags.relative * abs(a)
            )
        except decimal.DecimalException:  # an exponent of more than 18 digits
            return False


def _show(token: bytes) -> str:
    """A token for the jury's eyes: escapes are shown, not obeyed, and it is cut."""
    text = token[:60].decode("ascii", "backslashreplace")
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return f"'{shown}'" + ("…" if len(token) > 60 else "")
