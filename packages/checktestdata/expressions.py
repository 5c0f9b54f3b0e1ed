"""Checktestdata's tokens, expressions and tests."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Final, NoReturn, TypeVar

from .values import Expression, GrammarError, Input, Target, Test, Value, arithmetic, text_of, unique

__all__ = ["Expressions"]

T = TypeVar("T")

_TOKEN: Final = re.compile(
    r'(?P<space>[ \t\r\n]+|^\#[^\n]*(?:\n|\Z))|(?P<word>[A-Z]+)|(?P<name>[a-z][a-z0-9]*)'
    r'|(?P<float>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)|(?P<int>[0-9]+)'
    r'|(?P<string>"(?:[^"\\]|\\.|\\\n)*")|(?P<sign>&&|\|\||[<>=!]=|[-+*/%^()\[\],<>=!])',
    re.MULTILINE,
)  # fmt: skip
_ESCAPE: Final = re.compile(r'\\([0-7]{1,3}|[ntrbf"\\]|\n)')
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "\n": ""}
_COMPARE: Final[dict[str, Callable[[Value, Value], bool]]] = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


class Expressions:
    """Reads a grammar's tests and expressions, token by token."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens: list[tuple[str, str, int]] = []
        self._at = 0
        at = 0
        while at < len(source):
            match = _TOKEN.match(source, at)
            if match is None or match.lastgroup is None:
                raise GrammarError(f"line {source.count(chr(10), 0, at) + 1}: {source[at]!r} means nothing here")
            if match.lastgroup != "space":
                self._tokens.append((match.lastgroup, match[0], at))
            at = match.end()

    def ended(self) -> bool:
        """Whether everything has been read."""
        return self._at == len(self._tokens)

    def fail(self, wanted: str) -> NoReturn:
        """Say what should stand where."""
        at = len(self._source) if self.ended() else self._tokens[self._at][2]
        found = "the end" if self.ended() else repr(self._tokens[self._at][1])
        raise GrammarError(f"line {self._source.count(chr(10), 0, at) + 1}: {wanted} should be where {found} is")

    def _next(self, *texts: str) -> str:
        """Take the next token when it is one of these; empty when it is not."""
        if not self.ended() and self._tokens[self._at][1] in texts and self._tokens[self._at][0] != "string":
            self._at += 1
            return self._tokens[self._at - 1][1]
        return ""

    def _kind(self, kind: str) -> str:
        if not self.ended() and self._tokens[self._at][0] == kind:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return ""

    def _need(self, text: str) -> None:
        if not self._next(text):
            self.fail(f"{text!r}")

    def _try(self, read: Callable[[], T]) -> T | None:
        at = self._at
        try:
            return read()
        except GrammarError:
            self._at = at
            return None

    def _test(self) -> Test:
        left = self._simple_test()
        while sign := self._next("&&", "||"):
            left = _both(left, self._simple_test(), sign)
        return left

    def _simple_test(self) -> Test:
        if self._next("!"):
            inner = self._simple_test()
            return lambda read: not inner(read)
        if self._next("ISEOF"):
            return lambda read: read.at == len(read.text)
        if self._next("MATCH"):
            self._need("(")
            chars = self._value()
            self._need(")")
            return lambda read: read.at < len(read.text) and read.text[read.at] in text_of(chars(read))
        if self._next("UNIQUE"):
            self._need("(")
            names = self._names()
            self._need(")")
            return lambda read: unique(read, names)
        if self._next("INARRAY"):
            self._need("(")
            value = self._expression()
            self._need(",")
            name = self._target()[0]
            self._need(")")
            return lambda read: value(read) in read.variables.get(name, {}).values()
        if self.ended() or self._tokens[self._at][1] != "(":
            return self._comparison()
        compared = self._try(self._comparison)  # what is in the parentheses may be a number, or a test
        if compared is not None:
            return compared
        self._need("(")
        inner = self._test()
        self._need(")")
        return inner

    def _comparison(self) -> Test:
        left = self._expression()
        sign = self._next(*_COMPARE) or self.fail("a comparison")
        right = self._expression()

        def test(read: Input) -> bool:
            one, other = left(read), right(read)
            if isinstance(one, str) != isinstance(other, str):
                raise GrammarError("a string is compared with a number")
            return _COMPARE[sign](one, other)

        return test

    def _expression(self) -> Expression:
        left = self._term()
        while sign := self._next("+", "-"):
            left = arithmetic(sign, left, self._term())
        return left

    def _term(self) -> Expression:
        left = self._factor()
        while sign := self._next("*", "/", "%"):
            left = arithmetic(sign, left, self._factor())
        return left

    def _factor(self) -> Expression:
        if self._next("-"):
            inner = self._factor()
            return arithmetic("-", lambda _: 0, inner)
        if self._next("("):
            left = self._expression()
            self._need(")")
        else:
            left = self._value()
        while self._next("^"):
            right = self._expression_in_power()
            left = arithmetic("^", left, right)
        return left

    def _expression_in_power(self) -> Expression:
        if self._next("("):
            inner = self._expression()
            self._need(")")
            return inner
        return self._value()

    def _value(self) -> Expression:
        if text := self._kind("int"):
            whole = int(text)
            return lambda _: whole
        if text := self._kind("float"):
            exact = Fraction(text)
            return lambda _: exact
        if text := self._kind("string"):
            string = _ESCAPE.sub(_escaped, text[1:-1])
            return lambda _: string
        target = self._target()
        return lambda read: read.get(target)

    def _target(self) -> Target:
        name = self._kind("name") or self.fail("a value")
        indices = []
        if self._next("["):
            indices.append(self._expression())
            while self._next(","):
                indices.append(self._expression())
            self._need("]")
        return name, indices

    def _names(self) -> list[str]:
        names = [self._kind("name") or self.fail("a variable")]
        while self._next(","):
            names.append(self._kind("name") or self.fail("a variable"))
        return names


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    return _ESCAPES[code] if code in _ESCAPES else chr(int(code, 8) & 0xFF)


def _both(left: Test, right: Test, sign: str) -> Test:
    if sign == "&&":
        return lambda read: left(read) and right(read)
    return lambda read: left(read) or right(read)
