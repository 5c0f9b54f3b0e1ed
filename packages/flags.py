"""The arguments of the default output validator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self

__all__ = ["Flags"]

_NUMBER: Final = re.compile(r"[+-]?([0-9]*\.[0-9]+|[0-9]+\.|[0-9]+)([Ee][+-]?[0-9]{1,4})?")
"""A number as the format has them, with an exponent that means something."""

_TOLERANCES: Final = {
    "float_tolerance": ("relative", "absolute"),
    "float_relative_tolerance": ("relative",),
    "float_absolute_tolerance": ("absolute",),
}


@dataclass(frozen=True, slots=True)
class Flags:
    """How the default output validator compares; tolerances are None where they are not set."""

    case_sensitive: bool = False
    space_change_sensitive: bool = False
    relative: Decimal | None = None
    absolute: Decimal | None = None

    @classmethod
    def parse(cls, args: Sequence[str], *, again: bool = False) -> Self:
        """Read the arguments. Pure.

        *again*: a tolerance may be set more than once, and the last one counts. That is an error in 2025-09 alone: "or
        to provide a `float_tolerance` alongside `float_relative_tolerance` and/or `float_absolute_tolerance`".

        Raises:
            ValueError: saying which argument is wrong, and why.
        """
        case = space = False
        tolerances: dict[str, Decimal] = {}
        rest = iter(args)
        for arg in rest:
            if arg == "case_sensitive":
                case = True
            elif arg == "space_change_sensitive":
                space = True
            elif arg in _TOLERANCES:
                value = _tolerance(arg, next(rest, ""))
                for kind in _TOLERANCES[arg]:
                    if kind in tolerances and not again:
                        raise ValueError(f"{arg}: the {kind} tolerance is set twice")
                    tolerances[kind] = value
            else:
                raise ValueError(f"{arg!r} is no argument of the default output validator")
        return cls(case, space, tolerances.get("relative"), tolerances.get("absolute"))


def _tolerance(arg: str, text: str) -> Decimal:
    value = Decimal(text) if _NUMBER.fullmatch(text) else Decimal(-1)
    if value < 0:
        raise ValueError(f"{arg} needs a number, not {text!r}")
    return value
