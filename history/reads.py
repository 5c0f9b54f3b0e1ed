"""How much of the public database a statement makes the engine plan, before it is asked to.

Planning takes the engine half a second and 20 MB for each table, two seconds for a board, and nothing ends it: neither
`max_execution_time` nor KILL QUERY (ClickHouse issue 113836; 60 boards kept a core busy for minutes after their client had
left). So a statement's size is bounded beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["BOARD", "READS", "reads"]

READS = 32
"""What one statement of an analyst may read: tables that are named, counted as often as they are read."""

BOARD = 8
"""As so many tables counts a view with parameters."""

_ENDLESS = 1 << 62


def reads(tree: Any, views: frozenset[str]) -> int:
    """How many tables the engine reads for a statement, each WITH as often as it is named. Pure.

    Never less than what is planned: one name of two WITHs counts as both. *views* are the views with parameters.
    """
    named: dict[str, list[Any]] = {}
    for name, subquery, around in _withs(tree, frozenset()):
        if name in around:
            return _ENDLESS  # one inside the other: which of them is read depends on where
        named.setdefault(name, []).append(subquery)
    return _Counting(named, views).count(tree)


class _Counting:
    """Counts with these WITHs; *_open* are those that are being counted, innermost last."""

    def __init__(self, named: dict[str, list[Any]], views: frozenset[str]) -> None:
        self._named = named
        self._views = views
        self._counted: dict[str, int] = {}
        self._open: list[str] = []

    def count(self, node: Any, *, of_in: bool = False) -> int:
        """*of_in*: it may be what `x IN …` looks into, where a name is a table's."""
        if isinstance(node, list):
            return sum(self.count(child, of_in=of_in) for child in node)
        if not isinstance(node, dict):
            return 0
        kind = node.get("type")
        if kind == "WithElement":
            return 0  # it is read where it is named
        found = 0
        if kind == "TableIdentifier" or (kind == "Identifier" and of_in):
            found = self._table(node)
        of_in = (kind == "Function" and str(node.get("name", "")).lower().endswith("in")) or (
            kind == "ExpressionList" and of_in
        )
        for key, child in node.items():
            if key == "table_function" and str(child.get("name", "")).rpartition(".")[2] in self._views:
                found += BOARD
            found += self.count(child, of_in=of_in)
        return found

    def _table(self, node: dict[str, Any]) -> int:
        parts = node.get("name_parts") or [node.get("name", "")]
        name = str(parts[0])
        if len(parts) > 1 or name not in self._named or self._open[-1:] == [name]:
            return 1  # inside of a WITH its own name is the table's
        if name in self._open:
            return _ENDLESS
        if name not in self._counted:
            self._open.append(name)
            self._counted[name] = min(_ENDLESS, 1 + sum(self.count(one) for one in self._named[name]))
            self._open.pop()
        return self._counted[name]


def _withs(node: Any, around: frozenset[str]) -> Iterator[tuple[str, Any, frozenset[str]]]:
    """Each WITH of a tree: its name, what it is, and the names of those around it."""
    if isinstance(node, list):
        for child in node:
            yield from _withs(child, around)
    elif isinstance(node, dict):
        if node.get("type") == "WithElement":
            name = str(node["name"])
            yield name, node["subquery"], around
            around |= {name}
        for child in node.values():
            yield from _withs(child, around)
