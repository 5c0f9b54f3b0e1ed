"""A feed against the text of its version: what is wrong, line by line."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from clics.feeds.fields import FIELDS, TYPES, VERSIONS, Field, fields_of
from clics.feeds.kinds import KINDS
from clics.feeds.model import SINGLE, Notification, Object
from clics.feeds.read import Feed
from clics.times import parse_time
from schemas.errors import DataError

__all__ = ["Fault", "validate"]

_MAY_LACK = ("judgement-types", "accounts")
"""Types of which a feed may tell nothing at all: those of the World Finals are known, accounts are few people's business."""
_ENVELOPE = {"type", "id", "op", "data", "token", "contest_id", "endpoint", "time"}
_ORDER = (
    ("started", "frozen"),
    ("started", "ended"),
    ("frozen", "ended"),
    ("frozen", "thawed"),
    ("ended", "thawed"),
    ("ended", "finalized"),
    ("thawed", "end_of_updates"),
    ("finalized", "end_of_updates"),
)
"""What must not be set without the first of each pair, nor earlier (Contest API, Contest state)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that the version's text does not allow; with `error` false, something that it does not know."""

    where: str
    what: str
    text: str
    error: bool = True

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.what, self.text) if part)


def validate(feed: Feed) -> Iterator[Fault]:
    """Read the feed twice, and say what is wrong: lines that are none, then the others in their order, then the whole.

    The source must be one that can be read again.

    Raises:
        DataError: when the source cannot be read.
    """
    feed.oddities.keep = 1 << 30
    seen: dict[str, set[str]] = {type_: set() for type_ in TYPES}
    last = 0
    for change in feed.changes():
        seen[change.type].add(change.id)
        last = change.line
    for kind in ("broken line", "truncated line"):
        for one in feed.oddities.found(feed.version):
            if one.kind == kind:
                yield from (Fault(f"line {line}", "", kind) for line in one.lines)
    check = _Check(feed.version, seen)
    for notification in feed.notifications():
        yield from check.notification(notification, last)
    yield from check.whole()


class _Check:
    """Checks notifications in their order."""

    def __init__(self, version: str, seen: dict[str, set[str]]) -> None:
        self._version, self._at = version, VERSIONS.index(version)
        self._fields = {type_: fields_of(type_, version) for type_ in TYPES}
        self._seen = seen
        self._known: dict[str, set[str]] = {type_: set() for type_ in TYPES}
        self._events: set[str] = set()
        self._problems: dict[str, Object] = {}
        self._contest: Object = {}
        self._state: Object = {}
        self._over: int | None = None
        self._foreign_fields: set[tuple[str, str]] = set()

    # ---- envelope ------------------------------------------------------------------------------------------------

    def notification(self, one: Notification, last: int) -> Iterator[Fault]:
        value, where = one.value, one.where
        type_ = value.get("type", value.get("endpoint", "contest" if "contest_id" in value else None))
        name = "contests" if self._at == 0 else "contest"
        if type_ == name:
            type_ = "contest"
        elif type_ in ("contest", "contests"):
            yield Fault(where, "", f"type {type_}: {self._version} calls it {name}")
            type_ = "contest"
        if not isinstance(type_, str) or type_ not in self._fields:
            known = difflib.get_close_matches(str(type_), TYPES, 1)
            hint = f"; did you mean {known[0]}?" if known else ""
            yield Fault(where, "", f"type: {type_!r} is no type of the Contest API{hint}", error=type_ is None)
            return
        for key in sorted(value.keys() - _ENVELOPE):
            if ("", key) not in self._foreign_fields:
                self._foreign_fields.add(("", key))
                yield Fault(where, "", f"{key} is not of the Contest API", error=False)
        if not self._fields[type_]:
            yield Fault(where, type_, f"{self._version} has no such type", error=False)
        if "data" not in value:
            yield Fault(where, type_, "data is missing")
            return
        if self._over is not None and one.line > self._over:
            yield Fault(where, type_, f"stands behind the end of updates, in line {self._over}")
        data = value["data"]
        yield from self._operation(where, type_, value, data)
        id_ = None if self._at == 0 else value.get("id")
        if data is None or value.get("op") == "delete":
            return
        if isinstance(data, list):
            if type_ in SINGLE:
                yield Fault(where, type_, "data is a list; there is one of it")
            elif id_ is not None:
                yield Fault(where, type_, f"id is {id_!r} and data is a list")
            for number, found in enumerate(data):
                if isinstance(found, dict):
                    yield from self._object(where, type_, found)
                else:
                    yield Fault(where, type_, f"element {number} is no object")
        elif isinstance(data, dict):
            yield from self._named(where, type_, id_, data)
            yield from self._object(where, type_, data)
            if type_ == "state" and data.get("end_of_updates") is not None and one.line < last:
                self._over = one.line
        else:
            yield Fault(where, type_, f"data: expected an object, got {data!r}")

    def _operation(self, where: str, type_: str, value: Object, data: Any) -> Iterator[Fault]:
        if self._at > 0:
            if "op" in value:
                yield Fault(where, type_, f"{self._version} has no op")
            return
        op, event = value.get("op"), value.get("id")
        if op not in ("create", "update", "delete"):
            yield Fault(where, type_, f"op: expected create, update or delete, got {op!r}")
        if not isinstance(event, str):
            yield Fault(where, type_, f"id: expected the id of the event, got {event!r}")
        else:
            if event in self._events:
                yield Fault(where, type_, f"id: {event} was an event before")
            self._events.add(event)
        id_ = data.get("id") if isinstance(data, dict) else None
        if type_ in SINGLE or not isinstance(id_, str):
            return
        known = self._known[type_]
        if op == "create" and id_ in known:
            yield Fault(where, f"{type_} {id_}", "is created, and was before")
        elif op in ("update", "delete") and id_ not in known:
            yield Fault(where, f"{type_} {id_}", f"op {op}, and it was never created")
        if op == "delete":
            known.discard(id_)

    def _named(self, where: str, type_: str, id_: Any, data: Object) -> Iterator[Fault]:
        if self._at == 0:
            return
        if type_ in SINGLE:
            if id_ is not None:
                yield Fault(where, type_, f"id: expected null, got {id_!r}")
        elif id_ is None:
            yield Fault(where, type_, "id is null and data is one object")
        elif id_ != data.get("id"):
            yield Fault(where, type_, f"id is {id_!r} and the object's is {data.get('id')!r}")

    # ---- objects -------------------------------------------------------------------------------------------------

    def _object(self, where: str, type_: str, found: Object) -> Iterator[Fault]:
        id_ = found.get("id")
        what = type_ if type_ in SINGLE or id_ is None else f"{type_} {id_}"
        fields = self._fields[type_]
        for name, field in fields.items():
            value = found.get(name)
            if value is None:
                if field.required:
                    yield Fault(where, what, f"{name} is missing")
                continue
            wrong = KINDS[field.kind](value)
            if wrong is not None:
                yield Fault(where, what, f"{name}: expected {wrong}, got {value!r}")
            elif field.refers is not None:
                yield from self._refers(where, what, name, field, value)
        for name, value in found.items():
            if value is not None and fields and name not in fields:
                yield from self._foreign(where, what, type_, name)
        if isinstance(id_, str):
            self._known[type_].add(id_)
        for text in _RULES.get(type_, _nothing)(found):
            yield Fault(where, what, text)
        if type_ == "contest":
            self._contest = found
        elif type_ == "state":
            self._state = found
        elif type_ == "problems" and isinstance(id_, str):
            self._problems[id_] = found

    def _foreign(self, where: str, what: str, type_: str, name: str) -> Iterator[Fault]:
        """A field that the version does not have, the first time that it is met."""
        if (type_, name) in self._foreign_fields:
            return
        self._foreign_fields.add((type_, name))
        rows = FIELDS[type_].get(name)
        if rows:
            first, last = min(row.first for row in rows), max(row.last for row in rows)
            span = VERSIONS[first] if first == last else f"{VERSIONS[first]} to {VERSIONS[last]}"
            yield Fault(where, what, f"{name} is of {span}, not of {self._version}", error=False)
        else:
            yield Fault(where, what, f"{name} is not of the Contest API", error=False)

    def _refers(self, where: str, what: str, name: str, field: Field, value: Any) -> Iterator[Fault]:
        to = field.refers or ""
        stored = "persons" if to == "team-members" else to
        # 2020-03 is strict about the order; after it, an object may come at any time
        known = self._known[to] if self._at == 0 else self._seen[stored]
        for one in value if isinstance(value, list) else (value,):
            if one not in known and not (to in _MAY_LACK and not self._seen[to]):
                late = " yet" if self._at == 0 and one in self._seen[stored] else ""
                yield Fault(where, what, f"{name}: there is no {one!r} among the {to}{late}")

    # ---- all of it -----------------------------------------------------------------------------------------------

    def whole(self) -> Iterator[Fault]:
        if not self._contest:
            yield Fault("", "contest", "the feed says nothing of it")
        for name in ("ordinal", "label"):
            values = [one.get(name) for one in self._problems.values()]
            for value in sorted({str(value) for value in values if value is not None and values.count(value) > 1}):
                yield Fault("", "problems", f"{name}: {value} stands there twice")
        started, planned = self._state.get("started"), self._contest.get("start_time")
        if started is not None and planned is not None and _moment(started) != _moment(planned):
            yield Fault("", "state", f"started is {started}, and the contest's start_time {planned}")


def _moment(text: Any) -> int | None:
    try:
        return parse_time(text)
    except (DataError, TypeError):
        return None


# ---- rules between fields -------------------------------------------------------------------------------------------


def _nothing(_: Object) -> Iterator[str]:
    return iter(())


def _contest(found: Object) -> Iterator[str]:
    if found.get("start_time") is not None and found.get("countdown_pause_time") is not None:
        yield "start_time and countdown_pause_time are both set"


def _judgement(found: Object) -> Iterator[str]:
    ended = found.get("judgement_type_id") is not None or found.get("simplified_judgement_type_id") is not None
    for name in ("end_time", "end_contest_time"):
        if (found.get(name) is not None) != ended:
            yield f"{name} is {'missing, and there is a verdict' if ended else 'set, and there is no verdict'}"
    began, end = _moment(found.get("start_time")), _moment(found.get("end_time"))
    if began is not None and end is not None and end < began:
        yield "end_time is before start_time"


def _clarification(found: Object) -> Iterator[str]:
    if found.get("from_team_id") is not None and any(
        found.get(name) for name in ("to_team_id", "to_team_ids", "to_group_ids")
    ):
        yield "it is from a team and to a team: teams do not write to each other"


def _state(found: Object) -> Iterator[str]:
    for earlier, later in _ORDER:
        if found.get(later) is None or (earlier in ("frozen", "thawed") and found.get(earlier) is None):
            continue
        if found.get(earlier) is None:
            yield f"{later} is set, and {earlier} is not"
            continue
        first, second = _moment(found[earlier]), _moment(found[later])
        if first is not None and second is not None and second < first:
            yield f"{later} is before {earlier}"


_RULES: dict[str, Callable[[Object], Iterator[str]]] = {
    "contest": _contest,
    "judgements": _judgement,
    "clarifications": _clarification,
    "state": _state,
}
