"""What is somebody's own: a team's verdicts, messages to it, how its contest stands; the jury gets everybody's.

Each change has a place in the contest's log, and each client one up to which it was told: in the id of its last message,
sealed. Whoever comes back, was slow, or saw Redis being emptied is told what changed behind that place, each thing as it
is now. So nothing waits here for a client, and any process of the api goes on where another one ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from typing import Any

import orjson

from api.push.connection import Connection
from api.push.frames import Frame, frame, joined, message, retry
from api.push.notices import Place, notices
from api.push.picture import Picture, state_data
from api.push.progress import Progress
from api.push.sight import JURY, Sight
from api.push.subscriber import NOWHERE, Subscriber
from api.push.walk import walk
from api.view import View
from schemas.clock import Clock
from schemas.live import RANK, Notification, Stored, parse_stored

__all__ = ["EVENTS", "PersonalChannel"]

EVENTS = {"submissions": "submission", "judgements": "judgement", "clarifications": "clarification"}
"""The types that are told of, and the names of their events."""
MOST = 1000
"""Changes that are told one by one to whoever comes back: the jury's client that has missed more begins anew."""

_SLICE = 500
"""Objects read between two looks at the loop."""

Key = tuple[str, str]


class PersonalChannel:
    """Keeps every submission, judgement and message of a contest as bytes. For one event loop.

    `_changed` has, for each team and the jury, what they may see of it with the place of its last change that they could
    see, the latest last. `_messages` are messages, whose readers are found one by one.
    """

    def __init__(self, contest: str, view: View, clock: Clock) -> None:
        self._contest = contest
        self._view = view
        self._clock = clock
        self._sight: Sight | None = None
        self._state = Frame(b"", ())
        self._version = 0
        self._kept: dict[Key, tuple[int, str | None, bytes]] = {}
        self._changed: dict[str, dict[Key, Place]] = {}
        self._messages: dict[Key, Place] = {}
        self._before: dict[Key, tuple[Place, bytes]] = {}
        self._touched: set[str] | None = set()
        self._progress = Progress()
        self._loading: asyncio.Task[None] | None = None
        self._loaded = False
        self._turn = 0
        self.connections: set[Any] = set()  # Subscribers; those of a Channel may be of any kind

    # ---- what the reader says -------------------------------------------------------------------------------------

    @property
    def sight(self) -> Sight:
        """The contest as it is shown; there is one before the first client is let in."""
        assert self._sight is not None
        return self._sight

    def rebase(self) -> None:
        """The view is another one: what was kept is not of it. Clients stay: places are of the log, not of the view."""
        for kept in (self._kept, self._changed, self._messages, self._before):
            kept.clear()
        self._progress.clear()
        self._loading, self._loaded = None, False
        self._turn += 1

    def show(self, picture: Picture) -> None:
        """The contest, its problems or its teams have changed."""
        now = self._clock.now_ms()
        self._sight = Sight.of(picture, now)
        told = message("state", state_data(picture, "public", now))
        if told != self._state:
            self._state = told
            self._version += 1
        self._touched = None  # everybody: a team's own times may be others, too

    def tell(self, notification: Notification) -> None:
        """A submission, a judgement or a message has changed; who sees the same of it as before is told nothing."""
        if self._loading is None:
            return  # nobody has asked yet
        key, stored = (notification.type, notification.id), notification.stored
        position = int(notification.token.partition("-")[0])
        old = self._kept.get(key)
        if old is not None and old[0] > position:
            return  # it was read from the view when that was ahead of this
        place = position, RANK[key[0]], key[1]
        if key[0] == "clarifications":
            self._message(key, place, old, stored)
            return
        team = stored.facts.get("team") if stored is not None else old[1] if old else None
        was = parse_stored(old[2]) if old and old[2] else None
        self._kept[key] = position, team, b"" if stored is None else stored.encode()
        if stored is not None and key[0] == "judgements" and "end_time" in stored.object:
            self._progress.drop(key[1])
        for who in (JURY, *([team] if team else [])):
            if self.sight.data(who, key[0], was) != self.sight.data(who, key[0], stored):
                changed = self._changed.setdefault(who, {})
                changed.pop(key, None)
                changed[key] = place
                self._touch(who)

    def _message(
        self, key: Key, place: Place, old: tuple[int, str | None, bytes] | None, stored: Stored | None
    ) -> None:
        if stored is None:
            return  # a message is never gone
        if old is not None and key in self._messages:
            self._before[key] = self._messages.pop(key), old[2]
        self._kept[key] = place[0], stored.facts["team"], stored.encode()
        self._messages[key] = place
        self._touched = None

    def wanted(self, batches: Collection[str]) -> list[str]:
        """Those of the batches of runs that somebody who is here may hear of."""
        here = {connection.team for connection in self.connections}
        teams = ((batch, self._kept.get(("judgements", batch.rpartition(".")[0]))) for batch in batches)
        return [batch for batch, found in teams if found and (JURY in here or found[1] in here)]

    def ran(self, batch: Stored) -> None:
        """Tests of a judgement have been run."""
        key = "judgements", batch.facts["judgement"]
        found = self._kept.get(key)
        if found is None or not found[2]:
            return
        judgement = parse_stored(found[2])
        if "end_time" in judgement.object:
            return  # its verdict has come before we looked
        self._progress.take(judgement, batch, self.sight.tests(batch.facts["problem"]))
        for who in (JURY, found[1]):
            if who is not None:
                self._touch(who)

    def _touch(self, who: str) -> None:
        if self._touched is not None:
            self._touched.add(who)

    async def walk(self) -> None:
        """Give every client whom something concerns what it lacks. Never waits for one."""
        if self.connections and not self._loaded:
            self._load_soon()
            return
        touched, self._touched = self._touched, set()
        if touched is None:
            await walk(self.connections, self.catch_up)
        elif touched:
            await walk([one for one in self.connections if one.team in touched], self.catch_up)

    def catch_up(self, connection: Connection) -> None:
        """See Channel."""
        assert isinstance(connection, Subscriber)
        if self._loaded and (frames := self._missed(connection)):
            connection.push(joined(frames))

    # ---- what a client asks ---------------------------------------------------------------------------------------

    async def greeting(self, connection: Subscriber, last_id: str, held: int, retry_ms: int, *, whole: bool) -> Frame:
        """What a joining client is sent first: what it has missed after its last message or, without one, all there is.

        Args:
            connection: the client.
            last_id: the id of the last message that it was given.
            held: the last position of the contest's log that the view holds: nothing lies behind it.
            retry_ms: how long it shall wait before it comes back.
            whole: whether it wants all there is in any case, before what it has missed.

        Raises:
            DependencyError: when the view is away.
        """
        while not self._loaded:
            await asyncio.shield(self._load_soon())
        clock = message("clock", {"now": self._clock.now_ms(), "rate": self._clock.rate})
        first = [retry(retry_ms), clock, self._state]
        connection.seen = self._version
        if connection.resume(last_id, held):
            missed = self._missed(connection)
            if len(missed) <= MOST:
                return joined([*first, *([self._snapshot(connection, None)] if whole else []), *missed])
        ends = (next(reversed(of.values()), NOWHERE) for of in self._of(connection.team))
        connection.place = max(ends)
        connection.standing = self.sight.standing(connection.team)
        connection.counted = self._progress.count
        return joined([*first, self._snapshot(connection, connection.token)])

    def _missed(self, connection: Subscriber) -> list[Frame]:
        """What the client was not told yet; it is where all of it was told.

        They go out together, and the last one has the id: whoever is cut off in between is told all of them again.
        """
        who, begin = connection.team, connection.place
        frames: list[Frame] = []
        if connection.seen < self._version:
            connection.seen = self._version
            frames.append(self._state)
        now = self.sight.standing(who)
        told = [("notice", orjson.dumps(one)) for one in notices(connection.standing, now)]
        connection.standing = now
        for place, key in sorted(self._behind(who, begin)):
            connection.place = place
            if (change := self._told(who, key, begin)) is not None:
                told.append(change)
        if told:
            frames += [frame(*one) for one in told[:-1]]
            frames.append(frame(*told[-1], connection.token))
        runs = self._progress.since(connection.counted, self.sight.viewer(who), self.sight.scene)
        frames += [message("progress", one) for one in runs]
        connection.counted = self._progress.count
        return frames

    def _of(self, who: str) -> tuple[dict[Key, Place], ...]:
        """What they may hear of: what is their own, and messages; each with the latest change last."""
        return self._changed.get(who, {}), self._messages

    def _behind(self, who: str, place: Place) -> Iterator[tuple[Place, Key]]:
        for changed in self._of(who):
            for key in reversed(changed):
                if changed[key] <= place:
                    break
                yield changed[key], key

    def _told(self, who: str, key: Key, place: Place) -> tuple[str, bytes] | None:
        """A change as the name and data of an event; None for what is not to be seen, or looks as it did at *place*."""
        kept = self._kept[key][2]
        data = self.sight.data(who, key[0], parse_stored(kept) if kept else None)
        if data is None:
            # something that they have seen is gone or, a message, was never theirs
            gone = orjson.dumps({"type": key[0], "id": key[1]})
            return None if key in self._messages else ("removed", gone)
        before = self._before.get(key)
        if before is not None and before[0] <= place and self.sight.data(who, key[0], parse_stored(before[1])) == data:
            return None
        return EVENTS[key[0]], data

    def _snapshot(self, connection: Subscriber, token: str | None) -> Frame:
        who = connection.team
        parts: dict[str, list[bytes]] = {type_: [] for type_ in EVENTS}
        # in an order of their own: how they came out of Redis depends on what else is there
        for key in sorted([*self._changed.get(who, ()), *self._messages]):
            kept = self._kept[key][2]
            data = self.sight.data(who, key[0], parse_stored(kept) if kept else None)
            if data is not None:
                parts[key[0]].append(data)
        parts["progress"] = [
            orjson.dumps(one) for one in self._progress.since(0, self.sight.viewer(who), self.sight.scene)
        ]
        inner = (b'"' + type_.encode() + b'":[' + b",".join(found) + b"]" for type_, found in parts.items())
        return frame("snapshot", b"{" + b",".join(inner) + b"}", token)

    # ---- what is kept ---------------------------------------------------------------------------------------------

    def _load_soon(self) -> asyncio.Task[None]:
        # one that has failed is begun again, and what is told meanwhile is kept
        if self._loading is None or (self._loading.done() and not self._loaded):
            self._loading = asyncio.create_task(self._load(self._turn))
            self._loading.add_done_callback(lambda done: done.cancelled() or done.exception())  # the next one sees it
        return self._loading

    async def _load(self, turn: int) -> None:
        for type_ in EVENTS:
            found = await self._view.raw(self._contest, type_)
            for count, (id_, value) in enumerate(found.items()):
                if turn != self._turn:
                    return
                self._take((type_, id_.decode()), parse_stored(value))
                if count % _SLICE == 0:
                    await asyncio.sleep(0)
        if turn != self._turn:
            return
        for changed in (*self._changed.values(), self._messages):
            in_order = sorted(changed.items(), key=lambda item: item[1])
            changed.clear()
            changed.update(in_order)
        self._loaded, self._touched = True, None

    def _take(self, key: Key, stored: Stored) -> None:
        """An object as the view has it, if nothing newer was told of it meanwhile."""
        old = self._kept.get(key)
        if old is not None and old[0] > stored.position:
            return
        team, place = stored.facts.get("team"), (stored.position, RANK[key[0]], key[1])
        self._kept[key] = stored.position, team, stored.encode()
        if key[0] == "clarifications":
            self._messages[key] = place
            return
        for who in (JURY, *([team] if team else [])):
            if self.sight.data(who, key[0], stored) is not None:
                self._changed.setdefault(who, {})[key] = place
