"""What is somebody's own: a team's verdicts, messages to it, how its contest stands; the jury gets everybody's.

Each change has a place in the contest's log, and each client one up to which it was told: in the id of its last message,
sealed. Whoever comes back, was slow, or saw Redis being emptied is told what changed behind that place, each thing as it
is now. So nothing waits here for a client, and any process of the api goes on where another one ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import orjson

from api.push.connection import Connection
from api.push.frames import Frame, frame, joined, message, retry
from api.push.kept import EVENTS, Kept
from api.push.notices import notices
from api.push.picture import Picture, state_data
from api.push.progress import Progress
from api.push.sight import JURY, Sight
from api.push.subscriber import Subscriber
from api.push.walk import walk
from api.view import View
from schemas.clock import Clock
from schemas.live import Notification, Stored, parse_stored

__all__ = ["PersonalChannel"]

MOST = 1000
"""Changes that are told one by one to whoever comes back: the jury's client that has missed more begins anew."""

_SLICE = 500
"""Objects read between two looks at the loop."""


class PersonalChannel:
    """The clients of a contest's personal streams, and what is kept of the contest for them. For one event loop."""

    def __init__(self, contest: str, view: View, clock: Clock) -> None:
        self._contest = contest
        self._view = view
        self._clock = clock
        self._state = Frame(b"", ())
        self._version = 0
        self._kept = Kept()
        self._touched: set[str] | None = set()
        self._progress = Progress()
        self._loading: asyncio.Task[None] | None = None
        self._loaded = False
        self._loaded_at = -1
        self._turn = 0
        self.connections: set[Any] = set()  # Subscribers; those of a Channel may be of any kind

    # ---- what the reader says -------------------------------------------------------------------------------------

    @property
    def sight(self) -> Sight:
        """The contest as it is shown; there is one before the first client is let in."""
        assert self._kept.sight is not None
        return self._kept.sight

    def rebase(self) -> None:
        """The view is another one: what was kept is not of it. Clients stay: places are of the log, not of the view."""
        self._kept.clear()
        self._progress.clear()
        self._loading, self._loaded = None, False
        self._turn += 1

    def show(self, picture: Picture) -> None:
        """The contest, its problems or its teams have changed."""
        now, before = self._clock.now_ms(), self._kept.sight
        self._kept.sight = sight = Sight.of(picture, now)
        if before is not None and before.begun != sight.begun and self._kept.has_work:
            self.rebase()  # a start was moved over what teams have done: what they see of it is found anew
        told = message("state", state_data(picture, "public", now))
        if told != self._state:
            self._state = told
            self._version += 1
        self._touched = None  # everybody: a team's own times may be others, too

    def tell(self, notification: Notification) -> None:
        """A submission, a judgement or a message has changed; who sees the same of it as before is told nothing."""
        if self._loading is None:
            return  # nobody has asked yet
        touched = self._kept.tell(notification)
        stored = notification.stored
        if stored is not None and notification.type == "judgements" and "end_time" in stored.object:
            self._progress.drop(notification.id)
        self._touch(touched)

    def wanted(self, batches: Collection[str]) -> list[str]:
        """Those of the batches of runs that somebody who is here may hear of."""
        here = {connection.team for connection in self.connections}
        known = ((batch, self._kept.judgement(batch.rpartition(".")[0])) for batch in batches)
        return [batch for batch, found in known if found and (JURY in here or found[0] in here)]

    def ran(self, batch: Stored) -> None:
        """Tests of a judgement have been run."""
        team, judgement = self._kept.judgement(batch.facts["judgement"]) or (None, None)
        if judgement is None or "end_time" in judgement.object:
            return  # its verdict has come before we looked
        self._progress.take(judgement, batch, self.sight.tests(batch.facts["problem"]))
        self._touch({JURY} if team is None else {JURY, team})

    def _touch(self, whom: set[str] | None) -> None:
        if whom is None:
            self._touched = None
        elif self._touched is not None:
            self._touched |= whom

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

        All there is, and then what it has missed, where something that it has may be gone without trace.

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
        outlook = self.sight.outlook(connection.team)
        if connection.resume(last_id, held, outlook):
            missed = self._missed(connection, whole=whole)
            if len(missed) <= MOST:
                return joined([*first, *missed])
        connection.place = self._kept.end(connection.team)
        connection.standing, connection.outlook = self.sight.standing(connection.team), outlook
        connection.had, connection.load = self._kept.count(connection.team), self._turn
        connection.counted = self._progress.count
        return joined([*first, self._snapshot(connection, connection.token)])

    def _missed(self, connection: Subscriber, *, whole: bool = False) -> list[Frame]:
        """What the client was not told yet, after a snapshot if it wants the *whole* or needs it; it is where all was told.

        They go out together, and the last one has the id: whoever is cut off in between is told all of them again.
        """
        who, begin, before = connection.team, connection.place, connection.outlook
        whole = whole or self._lacks(connection)
        connection.outlook, connection.load = self.sight.outlook(who), self._turn
        whole = whole or before.feedback != connection.outlook.feedback  # each judgement of theirs may look otherwise
        frames: list[Frame] = []
        if connection.seen < self._version:
            connection.seen = self._version
            frames.append(self._state)
        now = self.sight.standing(who)
        told = [("notice", orjson.dumps(one)) for one in notices(connection.standing, now)]
        connection.standing = now
        appeared = self._kept.for_some() if connection.outlook != before else ()
        for place, key in sorted({*self._kept.behind(who, begin), *appeared}):
            connection.place = max(connection.place, place)
            if (change := self._kept.change(who, key, begin, before)) is not None:
                told.append(change)
        connection.had = self._kept.count(who)
        if whole:
            frames.append(self._snapshot(connection, None if told else connection.token))
        if told:
            frames += [frame(*one) for one in told[:-1]]
            frames.append(frame(*told[-1], connection.token))
        runs = self._progress.since(connection.counted, self.sight.viewer(who), self.sight.scene)
        frames += [message("progress", one) for one in runs]
        connection.counted = self._progress.count
        return frames

    def _lacks(self, connection: Subscriber) -> bool:
        """Whether something that the client has may be gone, and nothing here says so: it was before all was loaded.

        Not where as much as it had is there and has not changed since: then that is what it had.
        """
        if connection.load == self._turn or connection.place[0] > self._loaded_at:
            return False
        return self._kept.unchanged(connection.team, connection.place) != connection.had

    def _snapshot(self, connection: Subscriber, token: str | None) -> Frame:
        who = connection.team
        parts = self._kept.everything(who)
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
        # at one moment: what came between two of them would count as told, and never be
        held, of_types = await self._view.whole(self._contest, *EVENTS)
        for type_, found in zip(EVENTS, of_types, strict=True):
            for count, (id_, value) in enumerate(found.items()):
                if turn != self._turn:
                    return
                self._kept.take((type_, id_.decode()), parse_stored(value))
                if count % _SLICE == 0:
                    await asyncio.sleep(0)
        if turn != self._turn:
            return
        self._kept.settle()
        self._loaded, self._loaded_at, self._touched = True, held, None
