"""Checktestdata's commands: a grammar as the check that it stands for."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from .expressions import Expressions
from .values import Command, Expression, GrammarError, Input, Target, pattern_of, text_of

__all__ = ["parse"]

_INTEGER: Final = re.compile(r"0(?![0-9])|-?[1-9][0-9]*", re.ASCII)
_FLOATS: Final = {
    "": re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"),
    "FIXED": re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?![0-9.eE])"),
    "SCIENTIFIC": re.compile(r"-?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+"),
}


def parse(grammar: str) -> Callable[[str], None]:
    """The check that a grammar stands for: it raises MismatchError for an input that does not fit.

    Raises:
        GrammarError: saying what is wrong with the grammar, and on which line.
    """
    parser = _Commands(grammar)
    commands = parser.commands()
    if not parser.ended():
        parser.fail("a command")

    def check(text: str) -> None:
        read = Input(text)
        _run(commands, read)
        if read.at < len(text):
            read.fail("the end")

    return check


def _run(commands: list[Command], read: Input) -> None:
    for command in commands:
        command(read)


class _Commands(Expressions):
    def commands(self) -> list[Command]:
        """All up to an END, an ELSE or the end, which are left."""
        found = []
        while not self.ended() and self._tokens[self._at][1] not in ("END", "ELSE"):
            found.append(self._command())
        return found

    def _command(self) -> Command:
        word = self._kind("word")
        simple = _SIMPLE.get(word)
        if simple is not None:
            return simple
        read = {
            "INT": self._int, "FLOAT": self._float, "STRING": self._string, "REGEX": self._regex, "ASSERT": self._assert,
            "SET": self._set, "UNSET": self._unset, "REP": self._rep, "REPI": self._repi, "WHILE": self._while,
            "WHILEI": self._whilei, "IF": self._if,
        }.get(word)  # fmt: skip
        if read is None:
            self._at -= bool(word)
            self.fail("a command")
        self._need("(")
        return read()

    def _int(self) -> Command:
        low, high, target = self._bounds()
        self._need(")")

        def command(read: Input) -> None:
            start = read.at
            value = int(read.match(_INTEGER, "an integer"))
            _within(read, start, value, low, high)
            read.put(target, value)

        return command

    def _float(self) -> Command:
        low, high, target = self._bounds()
        option = ""
        if target is not None and self._next(","):
            option = self._next("FIXED", "SCIENTIFIC") or self.fail("FIXED or SCIENTIFIC")
        self._need(")")

        def command(read: Input) -> None:
            start = read.at
            value = Fraction(read.match(_FLOATS[option], f"a number {option.lower()}".strip()))
            _within(read, start, value, low, high)
            read.put(target, value)

        return command

    def _bounds(self) -> tuple[Expression, Expression, Target | None]:
        low = self._expression()
        self._need(",")
        high = self._expression()
        return low, high, self._target() if self._next(",") else None

    def _string(self) -> Command:
        value = self._value()
        self._need(")")

        def command(read: Input) -> None:
            text = text_of(value(read))
            if not read.text.startswith(text, read.at):
                read.fail(repr(text))
            read.at += len(text)

        return command

    def _regex(self) -> Command:
        value = self._value()
        target = self._target() if self._next(",") else None
        self._need(")")

        def command(read: Input) -> None:
            pattern = text_of(value(read))
            read.put(target, read.match(pattern_of(pattern), f"what {pattern!r} matches"))

        return command

    def _assert(self) -> Command:
        test = self._test()
        self._need(")")
        line = self._source.count("\n", 0, self._tokens[self._at - 1][2]) + 1

        def command(read: Input) -> None:
            if not test(read):
                read.fail(f"what ASSERT asks for on line {line} of the grammar")

        return command

    def _set(self) -> Command:
        target = self._target()
        self._need("=")
        value = self._expression()
        self._need(")")
        return lambda read: read.put(target, value(read))

    def _unset(self) -> Command:
        names = self._names()
        self._need(")")

        def command(read: Input) -> None:
            for name in names:
                read.variables.pop(name, None)

        return command

    def _rep(self, target: Target | None = None) -> Command:
        count = self._expression()
        separator = self._separator()
        body = self._body()

        def command(read: Input) -> None:
            times = count(read)
            if not isinstance(times, int) or times < 0:
                raise GrammarError("REP: the count is no whole number from 0")
            for number in range(times):
                read.put(target, number)
                if number and separator is not None:
                    separator(read)
                _run(body, read)

        return command

    def _repi(self) -> Command:
        target = self._target()
        self._need(",")
        return self._rep(target)

    def _while(self, target: Target | None = None) -> Command:
        test = self._test()
        separator = self._separator()
        body = self._body()

        def command(read: Input) -> None:
            number = 0
            while True:
                read.put(target, number)
                if not test(read):
                    return
                if number and separator is not None:
                    separator(read)
                _run(body, read)
                number += 1

        return command

    def _whilei(self) -> Command:
        target = self._target()
        self._need(",")
        return self._while(target)

    def _if(self) -> Command:
        test = self._test()
        self._need(")")
        then = self.commands()
        otherwise = self.commands() if self._next("ELSE") else []
        self._need("END")
        return lambda read: _run(then if test(read) else otherwise, read)

    def _separator(self) -> Command | None:
        separator = self._command() if self._next(",") else None
        self._need(")")
        return separator

    def _body(self) -> list[Command]:
        body = self.commands()
        self._need("END")
        return body


def _space(read: Input) -> None:
    if not read.text.startswith(" ", read.at):
        read.fail("a space")
    read.at += 1


def _newline(read: Input) -> None:
    if not read.text.startswith("\n", read.at):
        read.fail("a newline")
    read.at += 1


def _eof(read: Input) -> None:
    if read.at < len(read.text):
        read.fail("the end")


_SIMPLE: Final[dict[str, Command]] = {"SPACE": _space, "NEWLINE": _newline, "EOF": _eof}


def _within(read: Input, start: int, value: int | Fraction, low: Expression, high: Expression) -> None:
    least, most = low(read), high(read)
    if isinstance(least, str) or isinstance(most, str):
        raise GrammarError("a bound is no number")
    if not least <= value <= most:
        read.at = start
        read.fail(f"a number from {least} to {most}")
