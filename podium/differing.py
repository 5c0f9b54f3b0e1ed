"""What differs between two definitions, entries or accounts, in words: a line for each key."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from schemas.definition import Media, Problem
from schemas.events import Membership, Team

__all__ = ["Change", "changes"]

_HEAD = frozenset({"contest", "recorded_at", "recorded_by", "changes"})
_SECRET = frozenset({"password", "session"})


@dataclass(frozen=True, slots=True)
class Change:
    """One line for a person: what (`contest: duration`), from what, to what."""

    what: str
    before: str
    after: str


def changes(what: str, before: Any, after: Any) -> Iterator[Change]:
    """What *what* has in *after* that it had not in *before* (None: there was none); not who wrote it, and when. Pure."""
    for f in dataclasses.fields(after):
        new = getattr(after, f.name)
        old = getattr(before, f.name) if before is not None else None
        if f.name in _HEAD or old == new or (before is None and new == f.default):
            continue
        if isinstance(after, Team) and f.name == "label" and before is not None and {old, new} == {None, after.id}:
            continue  # a team without a label has its id for one
        if f.name in _SECRET:
            if f.name == "password":
                yield Change(f"{what}: password", "(another)", "(new)")
            continue
        yield Change(f"{what}: {f.name}", "" if before is None else _short(old), _short(new))


def _short(value: Any) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], Membership):
        return ", ".join(_membership(m) for m in value)
    if isinstance(value, tuple) and value and isinstance(value[0], Media):
        return ", ".join(f"{one.property}/{one.filename} ({one.digest[:8] or one.href})" for one in value)
    if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        return ", ".join(getattr(v, "id", "?") + _digest(v) for v in value)
    return str(value)


def _membership(one: Membership) -> str:
    more = " ".join(text for text in (one.person_id, one.ip) if text)
    return (f"{one.contest}/{one.team_id}" if one.team_id else one.contest) + (f" ({more})" if more else "")


def _digest(value: Any) -> str:
    return f" ({value.package[:8]}, {value.time_limit_ms} ms)" if isinstance(value, Problem) else ""
