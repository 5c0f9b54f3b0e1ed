"""The default output validator, exactly as the problem package format specifies it: linear, in bounded memory."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from judge.verdict import Opinion
from schemas.errors import JudgeError

__all__ = ["Checked", "Flags", "Readable", "compare"]

_CHUNK = 1 << 16
_SPACE = b" \t\n\v\f\r"
_PIECES = re.compile(rb"[ \t\n\v\f\r]+|[^ \t\n\v\f\r]+")
_FLOAT = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_LONGEST = 1 << 20
"""A token longer than this is compared by pieces as text: no number has so many digits."""


class Readable(Protocol):
    """Bytes that are read in pieces."""

    def read(self, size: int, offset: int = 0) -> bytes:
        """At most *size* bytes from *offset*."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a validator said, with its message for the jury."""

    opinion: Opinion
    message: str = ""


@dataclass(frozen=True, slots=True)
class Flags:
    """The default validator's arguments; tolerances are None where they are not set."""

    case_sensitive: bool = False
    space_change_sensitive: bool = False
    relative: float | None = None
    absolute: float | None = None

    @classmethod
    def parse(cls, args: tuple[str, ...]) -> Flags:
        """Read the arguments.

        Raises:
            JudgeError: for an unknown argument, a tolerance without a number, or one that is given twice.
        """
        words = iter(args)
        found: dict[str, float] = {}
        case = space = False
        for word in words:
            if word == "case_sensitive":
                case = True
            elif word == "space_change_sensitive":
                space = True
            elif word in ("float_tolerance", "float_relative_tolerance", "float_absolute_tolerance"):
                if word in found or ("float_tolerance" in {word, *found} and found):
                    raise JudgeError(f"the default output validator: {word} contradicts an earlier tolerance")
                found[word] = _tolerance(word, next(words, ""))
            else:
                raise JudgeError(f"the default output validator has no argument {word!r}")
        both = found.get("float_tolerance")
        return cls(
            case_sensitive=case,
            space_change_sensitive=space,
            relative=found.get("float_relative_tolerance", both),
            absolute=found.get("float_absolute_tolerance", both),
        )


def _tolerance(word: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value >= 0:
        raise JudgeError(f"the default output validator: {word}: expected a number, got {text!r}")
    return value


def compare(answer: Readable, output: Readable, flags: Flags) -> Checked:
    """Compare a submission's output with the answer, token by token. Reads each once."""
    wanted, got = _pieces(answer), _pieces(output)
    number = 0
    while True:
        a_space, a_token = next(wanted)
        o_space, o_token = next(got)
        if flags.space_change_sensitive and a_space != o_space:
            return Checked(Opinion.REJECTED, f"white space before token {number + 1} differs")
        if not a_token or not o_token:
            if a_token or o_token:
                what = "the output ends before" if a_token else "the output goes on with"
                return Checked(Opinion.REJECTED, f"{what} token {number + 1}: {_show(a_token or o_token)}")
            return Checked(Opinion.ACCEPTED, f"{number} tokens")
        number += 1
        # between tokens there is white space; without it both go on with a token that came in parts
        if (number > 1 and bool(a_space) != bool(o_space)) or not _equal(a_token, o_token, flags):
            return Checked(Opinion.REJECTED, f"token {number}: expected {_show(a_token)}, got {_show(o_token)}")


def _pieces(source: Readable) -> Iterator[tuple[bytes, bytes]]:
    """(white space before, token) in turn; at the end ever an empty token.

    White space and tokens beyond 1 MiB come in parts: the next part has no white space before it.
    """
    space = token = b""
    offset = 0
    while chunk := source.read(_CHUNK, offset):
        offset += len(chunk)
        for match in _PIECES.finditer(chunk):
            piece = match[0]
            if piece[:1] in _SPACE_SET:
                if token:
                    yield space, token
                    space = token = b""
                space = (space + piece)[: _LONGEST + 1]
            else:
                token += piece
        if len(token) > _LONGEST:
            yield space, token[:_LONGEST]
            space, token = b"", token[_LONGEST:]
    if token:
        yield space, token
        space = b""
    while True:
        yield space, b""


_SPACE_SET = frozenset(bytes((c,)) for c in _SPACE)


def _equal(answer: bytes, output: bytes, flags: Flags) -> bool:
    if flags.relative is not None or flags.absolute is not None:
        expected = _number(answer)
        if expected is not None:
            found = _number(output)
            return found is not None and _close(expected, found, flags)
    if flags.case_sensitive:
        return answer == output
    return answer == output or answer.lower() == output.lower()


def _number(token: bytes) -> float | None:
    return float(token) if len(token) < _LONGEST and _FLOAT.fullmatch(token) else None


def _close(expected: float, found: float, flags: Flags) -> bool:
    if expected == found:
        return True
    distance = abs(found - expected)
    return (flags.absolute is not None and distance <= flags.absolute) or (
        flags.relative is not None and distance <= flags.relative * abs(expected)
    )


def _show(token: bytes) -> str:
    """A token for the jury's eyes: escapes are shown, not obeyed, and it is cut."""
    text = token[:60].decode("ascii", "backslashreplace")
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return repr(shown) + ("…" if len(token) > 60 else "")
