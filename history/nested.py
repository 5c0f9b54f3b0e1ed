"""Views as the engine plans them fast: every query of a WITH stands where it is used.

The engine copies each query of a WITH into all that follow it before it plans, so that the time for a chain of them grows
with the square of its length, and with the product of both lengths where a view uses a view: half of what a board took.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["nested"]

_CREATE: Final = re.compile(r"(CREATE OR REPLACE VIEW [^\n]* AS\s+)WITH\b(.*)", re.DOTALL)
_NAMED: Final = re.compile(r"\s*(\w+) AS\s*\(")
_USE: Final = re.compile(r"\b(FROM|JOIN|IN)\s+(\w+)\b(?![.(])(?:\s+AS\s+(\w+))?")


def nested(statement: str) -> str:
    """The statement that makes a view, with its leading WITH put into its query; any other as it is. Pure.

    Raises:
        ValueError: when the WITH names anything but queries; ours name no other.
    """
    found = _CREATE.fullmatch(statement)
    if found is None:
        return statement
    rest, queries = found[2], dict[str, str]()
    while True:
        named = _NAMED.match(rest)
        if named is None:
            raise ValueError(f"WITH names what is no query: {rest[:60]!r}")
        end = _closing(rest, named.end())
        queries[named[1]] = _put(rest[named.end() : end], queries)
        rest = rest[end + 1 :].lstrip()
        if not rest.startswith(","):
            return found[1] + _put(rest, queries)
        rest = rest[1:]


def _closing(text: str, start: int) -> int:
    """Where the parenthesis ends that was opened just before; in literals they are in pairs."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError(f"no end of {text[start : start + 60]!r}")


def _put(query: str, queries: dict[str, str]) -> str:
    def put(use: re.Match[str]) -> str:
        word, name, alias = use.groups()
        if name not in queries:
            return use[0]
        return f"{word} ({queries[name]})" + ("" if word == "IN" else f" AS {alias or name}")

    return _USE.sub(put, query)
