"""LaTeX as it is read: piece by piece, arguments, options and formulas as they were written."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["AHEAD", "LatexSource"]

AHEAD: Final = 5000
"""Characters in which the end of a formula or of an option is looked for: further on there is none."""

_PIECE: Final = re.compile(
    r"\\begin\s*\{([A-Za-z]+\*?)\}|\\end\s*\{([A-Za-z]+\*?)\}|\\([A-Za-z]+)\*?[ \t]*(?:\n(?![ \t]*\n)[ \t]*)?|\\(.|\n)"
    r"|%[^\n]*(?:\n[ \t]*)?|(\$\$?)|([{}&])|((?:[ \t]*\n){2,}\s*)|(---?|``|''|`|'|<<|>>|~|\"[`'])|([^\\%${}&\n\-`'<>~\"]+|.|\n)"
)  # fmt: skip


class LatexSource:
    """A LaTeX text, and how far it has been read."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0

    def _piece(self) -> re.Match[str] | None:
        match = _PIECE.match(self._source, self._at)
        if match is not None:
            self._at = match.end()
        return match

    def _blank(self) -> None:
        """Skip what may stand before an argument."""
        while self._at < len(self._source) and self._source[self._at].isspace():
            self._at += 1

    def _option(self) -> str:
        """An argument in brackets, if there is one."""
        self._blank()
        if not self._source.startswith("[", self._at):
            return ""
        end = self._source.find("]", self._at, self._at + AHEAD)
        found = self._source[self._at + 1 : end] if end > 0 else ""
        self._at = end + 1 if end > 0 else self._at + 1
        return found

    def argument(self) -> str:
        """An argument in braces as it was written; one character without them."""
        self._blank()
        if not self._source.startswith(("{", "\\"), self._at):
            self._at += 1
            return self._source[self._at - 1 : self._at]
        if self._source.startswith("\\", self._at):
            match = self._piece()
            return match[0] if match else ""
        start, depth = self._at + 1, 0
        while self._at < len(self._source):
            char = self._source[self._at]
            self._at += 2 if char == "\\" else 1
            depth += (char == "{") - (char == "}")
            if depth == 0:
                return self._source[start : self._at - 1]
        return self._source[start:]

    def _until(self, end: str) -> str:
        """The formula up to its end, as it was written."""
        at = self._source.find(end, self._at, self._at + AHEAD)
        if at < 0:
            return ""
        formula = self._source[self._at : at]
        self._at = at + len(end)
        return formula.strip()
