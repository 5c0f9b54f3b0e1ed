"""What a grammar of Checktestdata works on: the input, how far it has been read, the variables; and how it computes."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Final, NoReturn

__all__ = [
    "GRAMMAR",
    "Command",
    "Expression",
    "GrammarError",
    "Input",
    "MismatchError",
    "Target",
    "Test",
    "Value",
    "arithmetic",
    "pattern_of",
    "text_of",
    "unique",
]

GRAMMAR: Final = "grammar.ctd"
"""The name of the grammar's file beside this program."""

Value = int | Fraction | str
Command = Callable[["Input"], None]
Expression = Callable[["Input"], Value]
Test = Callable[["Input"], bool]
Target = tuple[str, list[Expression]]
"""A variable: its name, and its indices."""

_CLASSES: Final = {
    "[:alpha:]": "a-zA-Z", "[:digit:]": "0-9", "[:alnum:]": "a-zA-Z0-9", "[:upper:]": "A-Z", "[:lower:]": "a-z",
    "[:space:]": r"\s", "[:blank:]": r" \t", "[:xdigit:]": "0-9a-fA-F", "[:punct:]": r"!-/:-@\[-`{-~", "[:print:]": " -~",
    "[:graph:]": "!-~", "[:cntrl:]": r"\x00-\x1f\x7f",
}  # fmt: skip


class GrammarError(Exception):
    """The grammar is none, or does what the language does not allow."""


class MismatchError(Exception):
    """The input is not what the grammar asks for."""


class Input:
    """What is checked, how far that has come, and the variables by name and indices."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.variables: dict[str, dict[tuple[Value, ...], Value]] = {}

    def fail(self, wanted: str) -> NoReturn:
        """Say where the input is not as it should be."""
        line = self.text.count("\n", 0, self.at) + 1
        column = self.at - (self.text.rfind("\n", 0, self.at) + 1) + 1
        found = repr(self.text[self.at : self.at + 20]) if self.at < len(self.text) else "the end"
        raise MismatchError(f"line {line}, column {column}: {wanted} should be where {found} is")

    def match(self, pattern: re.Pattern[str], wanted: str) -> str:
        """Take what the pattern matches here."""
        found = pattern.match(self.text, self.at)
        if found is None:
            self.fail(wanted)
        self.at = found.end()
        return found[0]

    def put(self, target: Target | None, value: Value) -> None:
        """Assign to a variable, if there is one."""
        if target is not None:
            name, indices = target
            self.variables.setdefault(name, {})[tuple(index(self) for index in indices)] = value

    def get(self, target: Target) -> Value:
        """The value of a variable."""
        name, indices = target
        try:
            return self.variables[name][tuple(index(self) for index in indices)]
        except KeyError:
            raise GrammarError(f"the variable {name} has no value here") from None


def text_of(value: Value) -> str:
    """The value, which must be a string."""
    if not isinstance(value, str):
        raise GrammarError("a string is wanted where a number is")
    return value


def pattern_of(source: str) -> re.Pattern[str]:
    """The regular expression, in Python's writing."""
    for name, chars in _CLASSES.items():
        source = source.replace(name, chars)
    try:
        return re.compile(source)
    except re.error as error:
        raise GrammarError(f"REGEX: {error}") from None


def arithmetic(sign: str, left: Expression, right: Expression) -> Expression:
    """One of + - * / % ^ on numbers."""

    def value(read: Input) -> Value:
        one, other = left(read), right(read)
        if isinstance(one, str) or isinstance(other, str):
            raise GrammarError(f"{sign}: a string is no number")
        return _computed(sign, one, other)

    return value


def _computed(sign: str, one: int | Fraction, other: int | Fraction) -> int | Fraction:
    if sign == "+":
        return one + other
    if sign == "-":
        return one - other
    if sign == "*":
        return one * other
    if sign == "^":
        if not isinstance(other, int) or other < 0:
            raise GrammarError("^: the exponent is no whole number from 0")
        return one**other
    if other == 0:
        raise GrammarError(f"{sign}: by zero")
    if isinstance(one, int) and isinstance(other, int):
        # as in C: towards zero, and the remainder has the sign of what is divided
        whole = abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)
        return whole if sign == "/" else one - whole * other
    if sign == "%":
        raise GrammarError("%: only for integers")
    return Fraction(one) / other


def unique(read: Input, names: list[str]) -> bool:
    """Whether the arrays have the same indices, and no tuple of their values occurs twice."""
    arrays = [read.variables.get(name, {}) for name in names]
    if any(array.keys() != arrays[0].keys() for array in arrays):
        return False
    tuples = [tuple(array[index] for array in arrays) for index in arrays[0]]
    return len(set(tuples)) == len(tuples)
