"""The mathematics of problem statements, from TeX to HTML: letters, signs, powers and indices, no typesetting."""

from __future__ import annotations

import re
from html import escape

__all__ = ["math_html"]

_SIGNS = {
    "le": "≤",
    "leq": "≤",
    "ge": "≥",
    "geq": "≥",
    "ne": "≠",
    "neq": "≠",
    "lt": "<",
    "gt": ">",
    "times": "×",
    "cdot": "·",
    "div": "÷",
    "pm": "±",
    "ldots": "…",
    "dots": "…",
    "cdots": "⋯",
    "infty": "∞",
    "in": "∈",
    "notin": "∉",
    "subset": "⊂",
    "subseteq": "⊆",
    "cup": "∪",
    "cap": "∩",
    "emptyset": "∅",
    "to": "→",
    "rightarrow": "→",
    "leftarrow": "←",
    "Rightarrow": "⇒",
    "approx": "≈",
    "equiv": "≡",
    "sum": "∑",
    "prod": "∏",
    "sqrt": "√",
    "oplus": "⊕",
    "wedge": "∧",
    "vee": "∨",
    "neg": "¬",
    "lfloor": "⌊",
    "rfloor": "⌋",
    "lceil": "⌈",
    "rceil": "⌉",
    "langle": "⟨",
    "rangle": "⟩",
    "mid": "|",
    "prime": "′",
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "varepsilon": "ε",
    "lambda": "λ",
    "mu": "μ",
    "pi": "π",
    "sigma": "σ",
    "theta": "θ",
    "phi": "φ",
    "omega": "ω",
    "Delta": "Δ",
    "Sigma": "Σ",
    "Omega": "Ω",
    "quad": " ",
    "left": "",
    "right": "",
    "displaystyle": "",
    ",": "\u2009",
    ";": " ",
    " ": " ",
    "!": "",
    "{": "{",
    "}": "}",
    "%": "%",
    "$": "$",
    "_": "_",
    "&": "&",
    "#": "#",
    "\\": " ",
}
_NAMES = frozenset({"log", "ln", "min", "max", "gcd", "lcm", "mod", "bmod", "sin", "cos", "tan", "exp", "lim"})
_UPRIGHT = frozenset({"text", "mathrm", "texttt", "mathtt", "operatorname", "textbf", "mathbf", "textit", "mathit"})
_PIECE = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]+|[0-9]+(?:[.,][0-9]+)*|\s+|.", re.DOTALL)
_SPACED = frozenset("=<>+≤≥≠≈≡∈×→⇒")
MOST = 2000
MOST_NESTED = 150
"""Characters, and braces and commands, of one formula: more is shown as it was written."""


def math_html(tex: str) -> str:
    """The formula as safe HTML; commands that it does not know stay as they were written. Pure."""
    if len(tex) > MOST or tex.count("{") + tex.count("\\") > MOST_NESTED:
        return f"<code>{escape(tex)}</code>"
    return f'<span class="math">{_Reader(_PIECE.findall(tex)).sequence()}</span>'


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
            if piece in ("^", "_"):
                tag = "sup" if piece == "^" else "sub"
                out.append(f"<{tag}>{self._argument()}</{tag}>")
            else:
                out.append(self._one(piece))
        return "".join(out)

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
        if name == "frac":
            return f"({self._argument()})/({self._argument()})"
        if name in _UPRIGHT:
            return self._verbatim()
        if name in _NAMES:
            return f" {name.removeprefix('b')} " if name.endswith("mod") else f"{name}\u2009"
        sign = _SIGNS.get(name)
        if sign is None:
            return escape(f"\\{name}")
        return f" {escape(sign)} " if sign in _SPACED else escape(sign)

    def _verbatim(self) -> str:
        """The text of a brace group as it stands, spaces and all."""
        if self._at == len(self._pieces) or self._pieces[self._at] != "{":
            return self._argument()
        self._at += 1
        depth, out = 1, []
        while self._at < len(self._pieces):
            piece = self._take()
            depth += (piece == "{") - (piece == "}")
            if depth == 0:
                break
            out.append(piece)
        return escape("".join(out))
