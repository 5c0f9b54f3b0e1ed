"""Objects of every version in the words of Contest API 2026-01: ids that are ids, fields under their newest names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from clics.feeds.fields import FIELDS
from clics.feeds.kinds import KINDS
from clics.feeds.model import Object
from clics.feeds.oddities import Oddities
from clics.times import format_reltime
from schemas.ids import derived_id

__all__ = ["Normal"]

_ID = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,35}", re.ASCII)


def _id_fields(type_: str) -> tuple[str, ...]:
    return tuple(name for name, rows in FIELDS[type_].items() if rows[-1].kind in ("id", "word"))


def _list_fields(type_: str) -> tuple[str, ...]:
    return tuple(name for name, rows in FIELDS[type_].items() if rows[-1].kind == "ids")


_IDS = {type_: _id_fields(type_) for type_ in FIELDS}
_LISTS = {type_: _list_fields(type_) for type_ in FIELDS}


class Normal:
    """Makes objects normal, and notes what was odd about them. Deterministic: the same object gives the same."""

    def __init__(self, oddities: Oddities) -> None:
        self._oddities = oddities
        self._other: dict[Any, str] = {}

    def id_of(self, value: Any, line: int, type_: str = "") -> str | None:
        """The id that is meant; None for what can be none. Equal values give equal ids, wherever they stand."""
        if value.__class__ is str and (_ID.fullmatch(value) or (type_ == "awards" and KINDS["word"](value) is None)):
            return value
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
            if value is not None:
                self._oddities.add("bad value", line, f"{value!r} as an id")
            return None
        if value not in self._other:
            text = str(value)
            self._other[value] = text if _ID.fullmatch(text) else derived_id("feed", text)
        kind = "number as id" if isinstance(value, int) else "not an id"
        self._oddities.add(kind, line, repr(value))
        return self._other[value]

    def object_of(self, type_: str, data: Object, line: int) -> Object:
        """The object; its own id is left as it is, which `id_of` has the say on."""
        made = {name: value for name, value in data.items() if value is not None}
        for name in _IDS[type_]:
            value = made.get(name)
            if value is None or (value.__class__ is str and _ID.fullmatch(value)):
                continue
            id_ = self.id_of(value, line, type_)
            if id_ is None:
                del made[name]
            else:
                made[name] = id_
        for name in _LISTS[type_]:
            if name in made:
                made[name] = self._ids(made[name], line, name)
        special = _SPECIAL.get(type_)
        if special is not None:
            special(made, self._oddities, line)
        return made

    def _ids(self, value: Any, line: int, name: str) -> list[str]:
        if not isinstance(value, list):
            self._oddities.add("bad value", line, f"{name}: {value!r}")
            return []
        found = (self.id_of(one, line) for one in value)
        return list(dict.fromkeys(one for one in found if one is not None))


def _contest(made: Object, oddities: Oddities, line: int) -> None:
    minutes = made.get("penalty_time")
    if isinstance(minutes, int) and not isinstance(minutes, bool) and 0 <= minutes < 1 << 31:
        oddities.add("penalty in minutes", line, str(minutes))
        made["penalty_time"] = format_reltime(minutes * 60_000)


def _person(made: Object, oddities: Oddities, line: int) -> None:
    del oddities, line
    team = made.pop("team_id", None)
    if team is not None and "team_ids" not in made:
        made["team_ids"] = [team]
    names = [made.pop(name, None) for name in ("first_name", "last_name")]
    if "name" not in made and any(names):
        made["name"] = " ".join(str(one) for one in names if one)


def _clarification(made: Object, oddities: Oddities, line: int) -> None:
    del oddities, line
    team = made.pop("to_team_id", None)
    if team is not None and "to_team_ids" not in made:
        made["to_team_ids"] = [team]


_SPECIAL: dict[str, Callable[[Object, Oddities, int], None]] = {
    "contest": _contest,
    "persons": _person,
    "team-members": _person,
    "clarifications": _clarification,
}
