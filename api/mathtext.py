"""The mathematics of problem statements, from TeX to HTML: letters, signs, powers and indices, no typesetting."""

from __future__ import annotations

import re
from html import escape

from api.math_symbols import (
    ACCENTS,
    BLACKBOARD,
    DELIMITERS,
    DROPPED,
    FENCES,
    NAMES,
    PASSED,
    SIGNS,
    UPRIGHT,
)

__all__ = ["formula_end", "math_html"]

_PIECE = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]+|[0-9]+(?:[.,][0-9]+)*|\s+|.", re.DOTALL)
_SPACED = frozenset("=<>+≤≥≠≪≫∼≃≅≈≡∝∈∉×→⇒⟹⟺↔⇔∣")
_FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac"})
_BINOMIALS = frozenset({"binom", "dbinom", "tbinom"})
_STACKED = {"overset": "sup", "stackrel": "sup", "underset": "sub"}
_MARKUP = re.compile(r"(<[^>]*>|&#?\w+;)")
MOST = 2000
MOST_NESTED = 150
"""Characters, and braces and commands, of one formula: more is shown as it was written."""


def math_html(tex: str) -> str:
    """The formula as safe HTML; commands that it does not know stay as they were written. Pure."""
    if len(tex) > MOST or tex.count("{") + tex.count("\\") > MOST_NESTED:
        return f"<code>{escape(tex)}</code>"
    return f'<span class="math">{_Reader(_PIECE.findall(tex)).sequence()}</span>'


def formula_end(source: str, mark: str, start: int, until: int | None = None) -> int:
    """Where the mark stands that closes a formula, without a backslash before it; -1 where there is none. Pure."""
    at = source.find(mark, start, until)
    while at > 0 and source[at - 1] == "\\":
        at = source.find(mark, at + 1, until)
    return at


class _Reader:
    def __init__(self, pieces: list[str]) -> None:
        self._pieces = pieces
        self._at = 0

    def sequence(self, *, until: str | None = None) -> str:
        """Everything up to the end, or to a closing brace, which is taken too."""
        out: list[str] = []
        while self._at < len(self._pieces):
            piece = self._take()
            if piece == until:
                break
            out.append(self._part(piece))
        return "".join(out)

    def _part(self, piece: str) -> str:
        if piece in ("^", "_"):
            tag = "sup" if piece == "^" else "sub"
            return f"<{tag}>{self._argument()}</{tag}>"
        return self._one(piece)

    def _take(self) -> str:
        piece = self._pieces[self._at]
        self._at += 1
        return piece

    def _argument(self) -> str:
        while self._at < len(self._pieces) and self._pieces[self._at].isspace():
            self._at += 1
        if self._at == len(self._pieces):
            return ""
        piece = self._take()
        # x^12 is x to the 1, then 2
        if len(piece) > 1 and piece.isalnum():
            self._pieces.insert(self._at, piece[1:])
            piece = piece[0]
        return self._one(piece)

    def _one(self, piece: str) -> str:
        if piece == "{":
            return self.sequence(until="}")
        if piece.startswith("\\") and len(piece) > 1:
            return self._command(piece[1:])
        if piece.isspace():
            return ""
        if piece == "~":
            return "\u00a0"
        if piece.isalpha():
            return f"<i>{escape(piece)}</i>"
        if piece in _SPACED:
            return f" {escape(piece)} "
        return escape({"-": "−", "*": "∗", "'": "′"}.get(piece, piece))

    def _command(self, name: str) -> str:
        if name in _FRACTIONS:
            return f"({self._argument()})/({self._argument()})"
        if name in _BINOMIALS:
            return f"({self._argument()}\u2009¦\u2009{self._argument()})"
        if name == "sqrt":
            return self._root()
        if name in UPRIGHT:
            self._pass("*")
            return self._verbatim()
        if name in ("mathbb", "Bbb", "mathbbm"):
            return self._verbatim().translate(BLACKBOARD)
        if name in ACCENTS:
            return self._accented(ACCENTS[name])
        if name in ("pmod", "tag"):
            return f"\u2003({'mod ' if name == 'pmod' else ''}{self._argument()})"
        if name in _STACKED:
            above, base = self._argument(), self._argument()
            return f"{base}<{_STACKED[name]}>{above}</{_STACKED[name]}>"
        if name == "textcolor":
            self._argument()
            return self._argument()
        if name == "begin":
            return self._lines()
        return self._sign(name)

    def _sign(self, name: str) -> str:
        if name in DELIMITERS:
            self._pass(".")
            return ""
        if name in DROPPED:
            for _ in range(DROPPED[name]):
                self._argument()
            return ""
        if name in PASSED:
            return self._argument()
        if name in NAMES:
            return f" {name.removeprefix('b')} " if name.endswith("mod") else f"{name}\u2009"
        sign = SIGNS.get(name)
        if sign is None:
            return escape(f"\\{name}")
        return f" {escape(sign)} " if sign in _SPACED else escape(sign)

    def _pass(self, piece: str) -> bool:
        """Take this piece where it comes next. Returns whether it did."""
        found = self._at < len(self._pieces) and self._pieces[self._at] == piece
        self._at += found
        return found

    def _root(self) -> str:
        degree = ""
        if self._pass("["):
            degree = f"<sup>{self.sequence(until=']')}</sup>"
        of = self._argument()
        return f"{degree}√{of}" if len(_MARKUP.sub("", of)) == 1 else f"{degree}√({of})"

    def _accented(self, combining: str) -> str:
        parts = _MARKUP.split(self._argument())
        parts[::2] = ["".join(f"{c}{combining}" if c.isalnum() else c for c in part) for part in parts[::2]]
        return "".join(parts)

    def _lines(self) -> str:
        """An environment within a formula: its lines one below the other, `&` as space."""
        name = self._verbatim()
        opening, closing = FENCES.get(name, ("", ""))
        if name == "array":
            self._argument()  # how its columns are aligned
        lines: list[list[str]] = [[]]
        while self._at < len(self._pieces):
            piece = self._take()
            if piece == "\\end":
                self._verbatim()
                break
            if piece == "\\\\":
                lines.append([])
            elif piece == "&":
                lines[-1].append("\u2003")
            else:
                lines[-1].append(self._part(piece))
        return f"{escape(opening)}{'<br>'.join(''.join(line) for line in lines)}{closing}"

    def _verbatim(self) -> str:
        """The text of a brace group as it stands, spaces and all."""
        if not self._pass("{"):
            return self._argument()
        depth, out = 1, []
        while self._at < len(self._pieces):
            piece = self._take()
            depth += (piece == "{") - (piece == "}")
            if depth == 0:
                break
            out.append(piece)
        return escape("".join(out))
