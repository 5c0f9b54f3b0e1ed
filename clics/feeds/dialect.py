"""Notifications of every version as changes: which object each one means, and what is odd about how it is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clics.feeds.fields import REFERENCES, TYPES, Evidence
from clics.feeds.model import NAMES, SINGLE, Change, Notification, Object, order_of
from clics.feeds.normal import Normal
from clics.feeds.oddities import Oddities

__all__ = ["Dialect"]

_STORED = {"team-members": "persons"}
"""Types whose objects are those of another type now."""

_FIXED = {
    "submissions": ("team_id", "problem_id", "language_id", "time", "contest_time"),
    "clarifications": ("from_team_id", "text", "time"),
    "commentary": ("message", "time"),
}
"""What does not change any more once it was said."""

_REFERS = {
    type_: tuple((name, _STORED.get(to, to)) for name, to in fields.items()) for type_, fields in REFERENCES.items()
}


class Dialect:
    """Takes a feed's notifications in their order. It remembers every object as it is, of runs only what they were."""

    def __init__(self, evidence: Evidence, oddities: Oddities) -> None:
        self.contest: str | None = None
        self._evidence, self._oddities = evidence, oddities
        self._normal = Normal(oddities)
        self._named: Any = None
        self._known: dict[str, dict[str, Any]] = {_STORED.get(type_, type_): {} for type_ in TYPES}
        self._over = False

    def take(self, one: Notification) -> Iterator[Change]:
        """The changes that a notification tells."""
        value, line = one.value, one.line
        self._evidence.envelope_of(value)
        type_ = value.get("type", value.get("endpoint"))
        if type_ is None and "contest_id" in value:
            type_ = "contest"
        if not isinstance(type_, str) or "data" not in value:
            self._oddities.add("no data", line)
            return
        type_ = NAMES.get(type_, type_)
        if type_ not in TYPES:
            self._oddities.add("unknown type", line, type_)
            return
        named = value.get("contest_id")
        if named is not None:
            self._named = named if self._named is None else self._named
            if named != self._named:
                self._oddities.add("other contest", line, str(named))
                return
        data, op = value["data"], value.get("op")
        # in 2020-03 the notification's own id is that of the event
        id_ = None if op is not None else value.get("id")
        if isinstance(data, list):
            yield from self._collection(type_, data, line)
        elif data is None or op == "delete":
            own = data.get("id") if isinstance(data, dict) else None
            yield from self._deleted(type_, id_ if own is None else own, line)
        elif isinstance(data, dict):
            yield from self._object(type_, id_, op, data, line)
        else:
            self._oddities.add("no data", line)

    def _collection(self, type_: str, data: list[Any], line: int) -> Iterator[Change]:
        """A whole endpoint: what it does not list any more is gone."""
        objects = [one for one in data if isinstance(one, dict)]
        if len(objects) < len(data):
            self._oddities.add("bad value", line, f"{type_}: something that is no object")
        listed = {self._normal.id_of(one.get("id"), line, type_) for one in objects}
        for id_ in sorted(self._known[_STORED.get(type_, type_)].keys() - listed, key=order_of):
            yield from self._deleted(type_, id_, line)
        for one in objects:
            yield from self._object(type_, one.get("id"), None, one, line)

    def _deleted(self, type_: str, named: Any, line: int) -> Iterator[Change]:
        stored = _STORED.get(type_, type_)
        id_ = self._normal.id_of(named, line, type_)
        if type_ in SINGLE:
            id_ = next(iter(self._known[stored]), None)
        if id_ is None or self._known[stored].pop(id_, None) is None:
            self._oddities.add("deleted nothing", line, f"{type_} {named}")
            return
        if self._over:
            self._oddities.add("after the end of updates", line, f"{type_} {id_}")
        yield Change(line, stored, id_, None)

    def _object(self, type_: str, named: Any, op: Any, data: Object, line: int) -> Iterator[Change]:
        self._evidence.object_of(type_, data)
        made = self._normal.object_of(type_, data, line)
        id_ = self._identity(type_, named, op, made, data, line)
        if id_ is None:
            return
        stored = _STORED.get(type_, type_)
        known = self._known[stored]
        had = known.get(id_)
        # a contest has some hundred thousand runs: of each we keep what tells whether it is the same
        kept = made if stored != "runs" else hash(tuple(map(str, made.values())))
        if had == kept:
            self._oddities.add("created twice" if op == "create" else "sent again", line, f"{stored} {id_}")
            return
        self._noted(stored, id_, op, had, made, line)
        known[id_] = kept
        if stored == "contest":
            self.contest = id_
        elif stored == "state" and made.get("end_of_updates"):
            self._over = True
        yield Change(line, stored, id_, made)

    def _identity(self, type_: str, named: Any, op: Any, made: Object, data: Object, line: int) -> str | None:
        """The id of the object that is meant; the object gets it."""
        own = made.get("id")
        if type_ == "state":
            if named is not None:
                self._oddities.add("id of a single object", line, f"state {named}")
            return "state"
        if own is None and named is not None:
            own = made["id"] = self._normal.id_of(named, line, type_)
        elif type_ == "contest":
            if named is not None:
                self._oddities.add("id of a single object", line, f"contest {named}")
        elif own is not None and op is None:
            if named is None:
                self._oddities.add("null id", line, f"{type_} {own}")
            elif named != data.get("id"):
                self._oddities.add("other id", line, f"{type_} {named}, the object {own}")
        if own is None:
            self._oddities.add("no id", line, type_)
        return own

    def _noted(self, type_: str, id_: str, op: Any, had: Any, made: Object, line: int) -> None:
        """Note what is odd about an object that is new or has changed."""
        add = self._oddities.add
        if self._over:
            add("after the end of updates", line, f"{type_} {id_}")
        if op == "create" and had is not None:
            add("created twice", line, f"{type_} {id_}")
        elif op == "update" and had is None:
            add("update of nothing", line, f"{type_} {id_}")
        if had is not None and type_ in _FIXED and any(had.get(name) != made.get(name) for name in _FIXED[type_]):
            add("changed afterwards", line, f"{type_} {id_}")
        elif type_ == "judgements" and had is not None:
            verdict = had.get("judgement_type_id")
            if verdict is not None and verdict != made.get("judgement_type_id"):
                add("changed afterwards", line, f"{type_} {id_}")
        for name, to in _REFERS[type_]:
            value = made.get(name)
            if value is None:
                continue
            known = self._known[to]
            if value.__class__ is str:
                if value not in known:
                    add("refers ahead", line, f"{type_} {id_}: {name} {value}")
            elif any(one not in known for one in value):
                add("refers ahead", line, f"{type_} {id_}: {name}")
