"""Every submission, judgement and message of a contest as bytes, who sees what of it, and where that last changed."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from api.push.marks import Outlook, Place
from api.push.sight import JURY, Sight
from api.push.subscriber import NOWHERE
from schemas.live import RANK, Notification, Stored, parse_stored

__all__ = ["EVENTS", "Kept", "Key"]

EVENTS = {"submissions": "submission", "judgements": "judgement", "clarifications": "clarification"}
"""The types that are told of, and the names of their events."""

Key = tuple[str, str]


class Kept:
    """What a personal channel keeps of a contest, looked at as `sight` says: there is one before anything is asked.

    `_changed` has, for each team and the jury, what they may see with the place of its last change that they could see,
    the latest last; `_gone` what of it they see no more. `_messages` are messages, whose readers are found one by one;
    `_for_some` those that not everybody sees from the first: they name a problem, or go to groups.
    """

    def __init__(self) -> None:
        self.sight: Sight | None = None
        self._objects: dict[Key, tuple[int, str | None, bytes]] = {}
        self._changed: dict[str, dict[Key, Place]] = {}
        self._gone: dict[str, set[Key]] = {}
        self._messages: dict[Key, Place] = {}
        self._for_some: set[Key] = set()
        self._before: dict[Key, tuple[Place, bytes]] = {}

    # ---- what comes -----------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Keep nothing any more."""
        for kept in (self._objects, self._changed, self._gone, self._messages, self._for_some, self._before):
            kept.clear()

    def tell(self, notification: Notification) -> set[str] | None:
        """Take a change in; those who may see otherwise what has changed, None: whoever there is."""
        key, stored = (notification.type, notification.id), notification.stored
        position = int(notification.token.partition("-")[0])
        old = self._objects.get(key)
        if old is not None and old[0] > position:
            return set()  # it was read from the view when that was ahead of this
        place = position, RANK[key[0]], key[1]
        if key[0] == "clarifications":
            if stored is None:
                return set()  # a message is never gone
            if old is not None and key in self._messages:
                self._before[key] = self._messages.pop(key), old[2]
            self._message(key, place, stored)
            return None
        team = stored.facts.get("team") if stored is not None else old[1] if old else None
        was = parse_stored(old[2]) if old and old[2] else None
        self._objects[key] = position, team, b"" if stored is None else stored.encode()
        found = set()
        for who in (JURY, *([team] if team else [])):
            if self._data(who, key, was) != self._data(who, key, stored):
                self._changed.setdefault(who, {}).pop(key, None)
                self._see(who, key, place, stored)
                found.add(who)
        return found

    def take(self, key: Key, stored: Stored) -> None:
        """Take an object as the view has it, if nothing newer was told of it meanwhile; `settle` when all are taken."""
        old = self._objects.get(key)
        if old is not None and old[0] > stored.position:
            return
        team, place = stored.facts.get("team"), (stored.position, RANK[key[0]], key[1])
        if key[0] == "clarifications":
            self._message(key, place, stored)
            return
        self._objects[key] = stored.position, team, stored.encode()
        for who in (JURY, *([team] if team else [])):
            if self._data(who, key, stored) is not None or key in self._changed.get(who, ()):
                self._see(who, key, place, stored)

    def settle(self) -> None:
        """Put what was taken in the order of its places."""
        for changed in (*self._changed.values(), self._messages):
            in_order = sorted(changed.items(), key=lambda item: item[1])
            changed.clear()
            changed.update(in_order)

    def _message(self, key: Key, place: Place, stored: Stored) -> None:
        self._objects[key] = place[0], stored.facts["team"], stored.encode()
        self._messages[key] = place
        if stored.facts["problem"] or stored.facts["to_groups"]:
            self._for_some.add(key)
        else:
            self._for_some.discard(key)

    def _see(self, who: str, key: Key, place: Place, stored: Stored | None) -> None:
        """Something of theirs was last changed there, and they see it still, or do not."""
        self._changed.setdefault(who, {})[key] = place
        gone = self._gone.setdefault(who, set())
        if self._data(who, key, stored) is None:
            gone.add(key)
        else:
            gone.discard(key)

    # ---- what is asked --------------------------------------------------------------------------------------------

    @property
    def has_work(self) -> bool:
        """Whether a team has submitted anything."""
        return any(key[0] != "clarifications" for key in self._objects)

    def judgement(self, id_: str) -> tuple[str | None, Stored | None] | None:
        """A judgement and its team; its object is None where it is gone."""
        found = self._objects.get(("judgements", id_))
        return None if found is None else (found[1], parse_stored(found[2]) if found[2] else None)

    def end(self, who: str) -> Place:
        """The place of the last change that they may hear of."""
        return max(next(reversed(of.values()), NOWHERE) for of in self._of(who))

    def behind(self, who: str, place: Place) -> Iterator[tuple[Place, Key]]:
        """What they may hear of that has changed behind a place, with the places of that."""
        for changed in self._of(who):
            for key in reversed(changed):
                if changed[key] <= place:
                    break
                yield changed[key], key

    def for_some(self) -> Iterator[tuple[Place, Key]]:
        """The messages that not everybody sees, with their places."""
        return ((self._messages[key], key) for key in self._for_some)

    def count(self, who: str) -> int:
        """How many submissions and judgements they see."""
        return len(self._changed.get(who, ())) - len(self._gone.get(who, ()))

    def unchanged(self, who: str, place: Place) -> int:
        """How many of these have not changed behind a place."""
        own, gone = self._changed.get(who, {}), self._gone.get(who, set())
        return self.count(who) - sum(key in own and key not in gone for _, key in self.behind(who, place))

    def change(self, who: str, key: Key, place: Place, outlook: Outlook) -> tuple[str, bytes] | None:
        """A change as the name and data of an event.

        None for a message that is not to be seen, or looks as it did at *place* with the *outlook* of then.
        """
        data = self._now(who, key)
        if key in self._messages:
            return None if data is None or data == self._saw(who, key, place, outlook) else (EVENTS[key[0]], data)
        if data is None:
            return "removed", orjson.dumps({"type": key[0], "id": key[1]})
        return EVENTS[key[0]], data

    def everything(self, who: str) -> dict[str, list[bytes]]:
        """All that they see, by type."""
        found: dict[str, list[bytes]] = {type_: [] for type_ in EVENTS}
        # in an order of their own: how they came out of Redis depends on what else is there
        for key in sorted([*self._changed.get(who, ()), *self._messages]):
            if (data := self._now(who, key)) is not None:
                found[key[0]].append(data)
        return found

    def _of(self, who: str) -> tuple[dict[Key, Place], ...]:
        """What is their own, and messages; each with the latest change last."""
        return self._changed.get(who, {}), self._messages

    def _saw(self, who: str, key: Key, place: Place, outlook: Outlook) -> bytes | None:
        """What they saw of a message at a place, with the outlook of then."""
        assert self.sight is not None
        for at, seen in ((self._messages[key], self._objects[key][2]), self._before.get(key, (None, b""))):
            if at is not None and at <= place:
                return self.sight.message(who, parse_stored(seen), outlook)
        return None

    def _now(self, who: str, key: Key) -> bytes | None:
        kept = self._objects[key][2]
        return self._data(who, key, parse_stored(kept) if kept else None)

    def _data(self, who: str, key: Key, stored: Stored | None) -> bytes | None:
        assert self.sight is not None
        return self.sight.data(who, key[0], stored)
