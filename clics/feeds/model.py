"""What reading a feed comes to: notifications as they lie in the source, and normalised changes."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["NAMES", "SINGLE", "Change", "Notification", "Object", "order_of"]

Object = dict[str, Any]

SINGLE = ("contest", "state")
"""The types of which a contest has one object, whose notifications have no id."""

NAMES = {"contests": "contest"}
"""Types of notifications that another version calls otherwise."""


class Notification(NamedTuple):
    """A line of a feed, or an endpoint's file of a package as if it were one.

    `file` is '' for the feed itself; `line` counts from 1, and is 0 for what came as a file of its own.
    """

    file: str
    line: int
    value: Object

    @property
    def where(self) -> str:
        """The place for a person."""
        return f"line {self.line}" if not self.file else self.file if not self.line else f"{self.file}:{self.line}"


class Change(NamedTuple):
    """One object as it is from here on, in the words of Contest API 2026-01; `object` None: it is gone.

    `id` is the contest's own for type `contest` and "state" for type `state`. `line` as in `Notification`.
    """

    line: int
    type: str
    id: str
    object: Object | None


def order_of(id_: str) -> tuple[int, str]:
    """What orders ids as people count: "9" before "10". Pure."""
    return len(id_), id_
