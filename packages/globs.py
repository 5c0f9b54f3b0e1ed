"""The patterns of submissions.yaml, and which test cases and test data groups they match."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["MOST", "STATIC", "Names", "matches", "too_many"]

MOST: Final = 1000
"""Patterns that one with braces may stand for: they multiply, and a few bytes would fill the memory."""

_BRACES: Final = re.compile(r"\{([^{}]*)\}")

STATIC: Final = ":static"
"""What a static validation test case is called behind the name of its group: no test case can have a colon."""


def matches(pattern: str, path: str) -> bool:
    """Whether the pattern matches the path or one of its folders; `*` stays within a name, `{a,b}` is either. Pure."""
    return _expression(pattern, below=True).fullmatch(path) is not None


class Names:
    """The names of a package's test cases, in the order of judging, and of its test data groups."""

    def __init__(self, cases: Iterable[str], groups: Iterable[str]) -> None:
        self.cases = tuple(cases)
        self.groups = tuple(groups)
        self._known: dict[str, frozenset[str]] = {}

    def cases_of(self, pattern: str) -> frozenset[str]:
        """The test cases that it matches, "either itself or any of its parent test data groups"; empty, it matches all.

        A folder that is no group is not looked at. A static validation test case is matched with its group.
        """
        if pattern not in self._known:
            expression = _expression(pattern, below=False)
            groups = self.groups_of(pattern)
            self._known[pattern] = frozenset(
                case
                for case in self.cases
                if not pattern
                or expression.fullmatch(case.removesuffix(STATIC))
                or not groups.isdisjoint(_folders(case))
            )
        return self._known[pattern]

    def groups_of(self, pattern: str) -> frozenset[str]:
        """The test data groups that it matches itself: a pattern for `secret` means no group inside."""
        expression = _expression(pattern, below=False)
        return frozenset(group for group in self.groups if expression.fullmatch(group))


def _expression(pattern: str, *, below: bool) -> re.Pattern[str]:
    several = "|".join(map(_of_one, _expand(pattern.rstrip("/"))))
    return re.compile(f"(?:{several})" + ("(?:/.*)?" if below else ""))


def _folders(path: str) -> Iterator[str]:
    """Those that it lies in, by their whole paths."""
    return (path[:at] for at, char in enumerate(path) if char == "/")


def too_many(pattern: str) -> bool:
    """Whether its braces stand for more patterns than anybody writes. Pure."""
    return len(_expand(pattern)) > MOST


def _expand(pattern: str) -> list[str]:
    """The patterns without braces that it stands for: all of them, or more than may be."""
    open_ = [pattern]
    found: list[str] = []
    while open_ and len(open_) + len(found) <= MOST:
        one = open_.pop()
        inner = _BRACES.search(one)
        if inner is None:
            found.append(one)
        else:
            open_ += [one[: inner.start()] + part + one[inner.end() :] for part in inner[1].split(",")]
    return found + open_


def _of_one(pattern: str) -> str:
    return "".join("[^/]*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", pattern))
