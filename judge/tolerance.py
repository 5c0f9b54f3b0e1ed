"""Tokens that are numbers, and whether two of them are within a tolerance of each other. Pure."""

from __future__ import annotations

import decimal
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self

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


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A relative tolerance, an absolute one, or both: within either is within. None where one is not set."""

    relative: Decimal | None
    absolute: Decimal | None

    @classmethod
    def of(cls, flags: Flags) -> Self | None:
        """The one that is set, if one is."""
        return None if flags.relative is None and flags.absolute is None else cls(flags.relative, flags.absolute)

    def first_beyond(self, pairs: Sequence[tuple[bytes, bytes]], longest: int) -> int | None:
        """Which is the first pair of tokens, the answer's and the output's, that are not two numbers close enough.

        A token of more than *longest* bytes is no number. Where binary numbers cannot err by as much as it would take,
        they decide: decimals take ten times as long.
        """
        tokens = [token for pair in pairs for token in pair]
        if max(map(len, tokens)) > longest:
            end = next(at for at, pair in enumerate(pairs) if max(map(len, pair)) > longest)
            before = self.first_beyond(pairs[:end], longest) if end else None
            return end if before is None else before
        numeric = not b"".join(tokens).translate(None, _NUMERIC)
        relative, absolute = (min(float(t or 0), _HUGE) * (1 - _ROUNDING) for t in (self.relative, self.absolute))
        with decimal.localcontext(_DECIMAL):
            for at, (expected, found) in enumerate(pairs):
                if numeric:
                    try:
                        a, s = float(expected), float(found)
                    except ValueError:
                        return at
                    if abs(s - a) + (abs(s) + abs(a)) * _ROUNDING + _TINY <= min(
                        max(absolute, relative * abs(a)), _HUGE
                    ):
                        continue
                elif not (_FLOAT.fullmatch(expected) and _FLOAT.fullmatch(found)):
                    return at
                if not self._close(expected, found):
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
