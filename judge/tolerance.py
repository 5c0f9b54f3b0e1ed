"""Tokens that are numbers, and whether two of them are within a tolerance of each other. Pure."""

from __future__ import annotations

import decimal
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import repeat
from math import dist, hypot
from operator import le, mul, sub
from typing import Final, Self, cast

import orjson

from packages.flags import Flags

__all__ = ["Tolerance"]

_FLOAT: Final = re.compile(rb"[+-]?([0-9]++(\.[0-9]*+)?+|\.[0-9]++)([eE][+-]?[0-9]++)?+")  # never steps back: linear
_NUMERIC: Final = b"0123456789+-.eE"
"""Of these characters, float() takes what the format takes: no `1_000`, no `nan`."""

_DECIMAL: Final = decimal.Context(prec=60, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
"""Twice the digits that the format wants parsed: a distance of exactly the tolerance is within it."""

_ROUNDING: Final = 1e-15
"""More than all that binary numbers lose here, relative to what they stand for (a rounding is 1.1e-16)."""

_TINY, _HUGE = 1e-300, 1e300
"""Between them binary numbers have all their digits."""

_GROUP: Final = 64
"""Numbers that are looked at as a point: their distances count for eight times as much at the most."""

_SMALL: Final = 1e-200
"""So much larger than _TINY that the roundings of a product with it are larger as well."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A relative tolerance, an absolute one, or both: within either is within. None where one is not set."""

    relative: Decimal | None
    absolute: Decimal | None
    _relative: float
    _absolute: float

    @classmethod
    def of(cls, flags: Flags) -> Self | None:
        """The one that is set, if one is."""
        relative, absolute = flags.relative, flags.absolute
        if relative is None and absolute is None:
            return None
        return cls(relative, absolute, _lowered(relative), _lowered(absolute))

    def first_beyond(self, expected: Sequence[bytes], found: Sequence[bytes], longest: int) -> int | None:
        """At which place the answer's tokens and as many of the output's are not two numbers close enough, first.

        A token of more than *longest* bytes is no number. Where binary numbers cannot err by as much as it would take,
        they decide, all at once or pair by pair: decimals take ten times as long.
        """
        texts = b",".join(expected), b",".join(found)
        if max(map(len, texts)) > longest:
            lengths = map(max, map(len, expected), map(len, found))
            end = next((at for at, length in enumerate(lengths) if length > longest), None)
            if end is not None:
                before = self.first_beyond(expected[:end], found[:end], longest) if end else None
                return end if before is None else before
        a, s = _numbers(texts[0], expected), _numbers(texts[1], found)
        if a is None or s is None:
            return self._first_beyond_exactly(expected, found, range(len(expected)))
        if self._all_near(a, s):
            return None
        far = [at for at, (one, other) in enumerate(zip(a, s, strict=True)) if not self._near(one, other)]
        return self._first_beyond_exactly(expected, found, far)

    def surely_near(self, expected: Sequence[bytes], found: Sequence[bytes], longest: int) -> bool:
        """Whether all are two numbers close enough, as far as that can be told without looking at each. False says nothing."""
        texts = b",".join(expected), b",".join(found)
        if max(map(len, texts)) > longest:
            return False
        a, s = _numbers(texts[0], expected), _numbers(texts[1], found)
        return a is not None and s is not None and self._all_near(a, s)

    def _all_near(self, expected: Sequence[float], found: Sequence[float]) -> bool:
        """Whether all are within one of the tolerances, whatever was lost by rounding. False says nothing."""
        if all(
            self._together(expected[at : at + _GROUP], found[at : at + _GROUP])
            for at in range(0, len(expected), _GROUP)
        ):
            return True
        # the same for each pair, solved for its distance; what is so large makes nothing of _TINY
        slope = (self._relative - 2 * _ROUNDING) / (1 + _ROUNDING) * (1 - _ROUNDING)
        sizes = list(map(abs, expected)) if slope > _ROUNDING else [0]
        if min(sizes) <= _SMALL or max(sizes) > _HUGE:
            return False
        return all(map(le, map(abs, map(sub, found, expected)), map(mul, sizes, repeat(slope))))

    def _together(self, expected: Sequence[float], found: Sequence[float]) -> bool:
        """Whether a few are within the absolute tolerance: as points, whose distance is no less than that of any two."""
        distance, largest = dist(found, expected), hypot(*expected)
        return largest <= _HUGE and distance + (2 * largest + distance) * _ROUNDING + _TINY <= self._absolute

    def _near(self, expected: float, found: float) -> bool:
        """Whether two numbers are close enough, whatever was lost by rounding."""
        lost = (abs(found) + abs(expected)) * _ROUNDING + _TINY
        return abs(found - expected) + lost <= min(max(self._absolute, self._relative * abs(expected)), _HUGE)

    def _first_beyond_exactly(
        self, expected: Sequence[bytes], found: Sequence[bytes], places: Iterable[int]
    ) -> int | None:
        """Of these places the first with what is not two numbers, or two that are too far apart, in decimals."""
        with decimal.localcontext(_DECIMAL):
            for at in places:
                one, other = expected[at], found[at]
                if not (_FLOAT.fullmatch(one) and _FLOAT.fullmatch(other) and self._close(one, other)):
                    return at
        return None

    def _close(self, expected: bytes, found: bytes) -> bool:
        """Whether two numbers are, in decimals; within `_DECIMAL`."""
        try:
            a = Decimal(expected.decode())
            distance = abs(Decimal(found.decode()) - a)
            return (self.absolute is not None and distance <= self.absolute) or (
                self.relative is not None and distance <= self.relative * abs(a)
            )
        except decimal.DecimalException:  # an exponent of more than 18 digits
            return False


def _numbers(text: bytes, tokens: Sequence[bytes]) -> Sequence[float] | None:
    """The tokens, which *text* has with commas between, as binary numbers and short integers; None where one is no number.

    Most are also JSON's numbers, whose reader takes a sixth of the time of float().
    """
    if text.translate(None, _NUMERIC) != b"," * (len(tokens) - 1):
        return None
    try:
        return cast("list[float]", orjson.loads(b"[%b]" % text))
    except orjson.JSONDecodeError:
        pass
    try:
        return list(map(float, tokens))
    except ValueError:
        return None


def _lowered(tolerance: Decimal | None) -> float:
    """A tolerance as a binary number that is no larger than it; 0 where there is none."""
    return min(float(tolerance or 0), _HUGE) * (1 - _ROUNDING)
