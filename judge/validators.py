"""The default output validator, exactly as the problem package format specifies it: linear, in bounded memory.

Most outputs are the answer, or the answer with white space of their own here and there. So bytes are compared first,
large pieces at a time, and only around a difference is there a look at tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import compress, count, islice
from operator import ne
from typing import Final, Protocol

from judge.tolerance import Tolerance
from judge.verdict import Opinion
from packages.flags import Flags

__all__ = ["Checked", "Readable", "compare"]

_CHUNK: Final = 1 << 20
"""Bytes of each file that are compared at a time: larger ones leave the processor's caches."""

_LONGEST: Final = 1 << 16
"""Bytes of a token that may be a number, and that is held as one. Longer ones are compared piece by piece."""

_FIRST: Final = 1 << 10
"""Bytes in which tokens are looked for after a difference; twice as many each time that another one follows at once."""

_SHORTER: Final = 8
"""Of the file whose tokens are shorter so many times fewer bytes are looked at than of the other, at the least."""

_WIDEST: Final = 16
"""Columns; the numbers of longer lines are as good as in one."""

_SPACE: Final = b" \t\n\v\f\r"
_RUNS: Final = re.compile(rb"[ \t\n\v\f\r]+|[^ \t\n\v\f\r]+")


class Readable(Protocol):
    """Bytes that are read in pieces."""

    def read(self, size: int, offset: int = 0) -> bytes:
        """*size* bytes from *offset*; fewer only at the end."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a validator said, with its messages for the jury and for the team: untrusted text."""

    opinion: Opinion
    message: str = ""
    team_message: str = ""


def compare(
    answer: Readable, output: Readable, flags: Flags, *, chunk: int = _CHUNK, longest: int = _LONGEST
) -> Checked:
    """Compare a submission's output with the answer, token by token, in pieces of at most *chunk* bytes.

    With `space_change_sensitive` runs of white space are tokens of their own, equal only if they are the same. A token
    of more than *longest* bytes is no number: it is compared as a string.
    """
    return _Comparison(_File(answer, flags), _File(output, flags), Tolerance.of(flags), chunk, longest).run()


@dataclass(slots=True)
class _Window:
    """The next bytes of a file. `tokens` are those that end in it; of one that may not, there are `open` bytes."""

    data: bytes
    tokens: list[bytes]
    open: int


@dataclass(slots=True)
class _File:
    """One of the two files, and how far it has been compared: never into a token of which the rest has not been."""

    source: Readable
    flags: Flags
    at: int = 0

    def skip(self, size: int) -> None:
        """Go past white space where it does not count; read up to *size* bytes at a time: mostly there is little."""
        if self.flags.space_change_sensitive:
            return
        piece = 1
        while data := self.source.read(piece, self.at):
            rest = len(data.lstrip())
            self.at += len(data) - rest
            if rest:
                return
            piece = min(piece * 16, size)

    def text(self, size: int, ahead: int = 0) -> bytes:
        """The next bytes, *ahead* of where we are; in lower case where case does not count (ASCII letters only)."""
        data = self.source.read(size, self.at + ahead)
        return data if self.flags.case_sensitive else data.lower()

    def tokens(self, data: bytes) -> list[bytes]:
        """The tokens of these bytes."""
        return _RUNS.findall(data) if self.flags.space_change_sensitive else data.split()

    def window(self, size: int) -> _Window:
        """The tokens in the next *size* bytes."""
        data = self.text(size)
        tokens = self.tokens(data)
        spaced = self.flags.space_change_sensitive
        is_open = len(data) == size and tokens and (spaced or data[-1] not in _SPACE)
        return _Window(data, tokens, len(tokens.pop()) if is_open else 0)

    def offset(self, window: _Window, count: int) -> int:
        """Where in a window that begins with a token the one after *count* tokens begins, or where the window ends."""
        if count == len(window.tokens):
            return len(window.data) - window.open
        if self.flags.space_change_sensitive:
            return sum(map(len, window.tokens[:count]))
        behind = len(window.tokens) - count
        if behind > count:
            return len(window.data) - len(window.data.split(None, count)[count])
        whole = window.data[: len(window.data) - window.open]  # from the end it is nearer
        before = len(whole.rsplit(None, behind)[0])
        return len(whole) - len(whole[before:].lstrip())

    def place(self, ahead: int, size: int) -> str:
        """Where a byte is, for people: counted from 1. Reads all before it, *size* bytes at a time."""
        end, at, line, begun = self.at + ahead, 0, 1, 0
        while at < end:
            data = self.source.read(min(size, end - at), at)
            line += data.count(b"\n")
            begun = max(begun, at + data.rfind(b"\n") + 1) if b"\n" in data else begun
            at += len(data)
        return f"line {line}, column {end - begun + 1}"


@dataclass(slots=True)
class _Comparison:
    answer: _File
    output: _File
    tolerance: Tolerance | None
    chunk: int
    longest: int
    parts: tuple[int, int] = (1, 1)
    """How far the last tokens reached in each file: the numbers of an output may be longer all the way."""

    def run(self) -> Checked:
        """From the beginning to the first difference that counts, or to the end."""
        reach = size = first = min(_FIRST, self.chunk)
        while True:
            a = self.answer.source.read(reach, self.answer.at)
            o = self.output.source.read(reach, self.output.at)
            same = _common(a, o)
            if same < min(len(a), len(o)) and not self.answer.flags.case_sensitive:
                same = _common(a.lower(), o.lower())
            if same == len(a) == len(o) < reach:
                return Checked(Opinion.ACCEPTED)
            step = _boundary(a, same)
            self.answer.at += step
            self.output.at += step
            if same == reach and step:
                reach = min(reach * 4, self.chunk)
                continue
            reach = first
            size = first if step > size else min(size * 2, max(self.longest + 1, first))
            said = self._tokens(size)
            if said is not None:
                return said

    def _tokens(self, size: int) -> Checked | None:
        """Compare what tokens the next *size* bytes hold, one at least; what there is to say, if that is the end."""
        answer, output = self.answer, self.output
        answer.skip(size)
        output.skip(size)
        sizes = [max(size * part // max(self.parts), size // _SHORTER, 1) for part in self.parts]
        while True:
            a, o = answer.window(sizes[0]), output.window(sizes[1])
            both = min(len(a.tokens), len(o.tokens))
            if both:
                break
            if not a.data and not o.data:
                return Checked(Opinion.ACCEPTED)
            if not o.data:
                return self._wrong(0, f"expected {_show((a.tokens or [a.data])[0])}, but the output ends")
            if not a.data:
                return self._wrong(0, f"expected no more, got {_show((o.tokens or [o.data])[0])}")
            if min(sizes) > self.longest:
                return self._long(min(size, self.chunk))
            if sizes == [size, size]:
                size = min(size * 2, self.longest + 1)
            sizes = [size, size]
        at = self._differ(a, o, both)
        if at is not None:
            return self._wrong(output.offset(o, at), f"expected {_show(a.tokens[at])}, got {_show(o.tokens[at])}")
        self.parts = answer.offset(a, both), output.offset(o, both)
        answer.at += self.parts[0]
        output.at += self.parts[1]
        return None

    def _differ(self, answer: _Window, output: _Window, both: int) -> int | None:
        """Which of the first *both* tokens is the first that is not as it must be."""
        expected, found = answer.tokens[:both], output.tokens[:both]
        if expected == found or self._columns_near(answer.data, expected, found):
            return None
        differ = list(map(ne, expected, found))
        if self.tolerance is None:
            return differ.index(True)
        beyond = self.tolerance.first_beyond(
            list(compress(expected, differ)), list(compress(found, differ)), self.longest
        )
        return None if beyond is None else next(islice(compress(count(), differ), beyond, None))

    def _columns_near(self, text: bytes, expected: list[bytes], found: list[bytes]) -> bool:
        """Whether the tokens are equal or sure to be near, column by column of *text*'s lines. False says nothing.

        Most that differs are numbers in lines like each other: a column is compared at once.
        """
        if self.tolerance is None:
            return False
        end = text.find(b"\n") + 1  # of a line of which the beginning may not be here
        width = len(self.answer.tokens(text[end : text.find(b"\n", end) + 1]))
        if not 0 < width <= _WIDEST:
            width = 1
        for at in range(width):
            one, other = expected[at::width], found[at::width]
            if one != other and not self.tolerance.surely_near(one, other, self.longest):
                return False
        return True

    def _long(self, size: int) -> Checked | None:
        """Compare two tokens of which one is longer than `longest`, as strings, *size* bytes first."""
        done = 0
        is_space = self.answer.text(1)[0] in _SPACE
        while True:
            a, o = self.answer.text(size, done), self.output.text(size, done)
            expected, found = _head(a, is_space=is_space), _head(o, is_space=is_space)
            if expected != found:
                at = _common(expected, found)
                return self._wrong(done + at, f"expected {_show(a[at:])}, got {_show(o[at:])} in a long token")
            done += len(expected)
            if len(expected) < size:
                self.answer.at += done
                self.output.at += done
                return None
            size = min(size * 2, self.chunk)

    def _wrong(self, ahead: int, why: str) -> Checked:
        return Checked(Opinion.REJECTED, f"{self.output.place(ahead, self.chunk)}: {why}")


def _common(one: bytes, other: bytes) -> int:
    """How many bytes at the beginning are the same."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while high - low > 1:  # the first that differs is one of these
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low


def _boundary(data: bytes, end: int) -> int:
    """Where the last white space before *end* ends; 0 without any."""
    for begin in (max(0, end - 256), 0):  # it is near, mostly
        last = max(data.rfind(one, begin, end) for one in _SPACE)
        if last >= 0:
            return last + 1
    return 0


def _head(data: bytes, *, is_space: bool) -> bytes:
    """The white space, or what is none, at the beginning."""
    if is_space:
        return data[: len(data) - len(data.lstrip())]
    return b"" if not data or data[0] in _SPACE else data.split(None, 1)[0]


def _show(token: bytes) -> str:
    """A token for the jury's eyes: escapes are shown, not obeyed, and it is cut."""
    text = token[:60].decode("ascii", "backslashreplace")
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return f"'{shown}'" + ("…" if len(token) > 60 else "")
