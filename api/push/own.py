"""The private channel: a team's own submissions and judgements as they change; the jury gets everybody's."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from api.access import Scene, Viewer, group_scores, visible
from api.push.connection import Connection
from api.push.frames import Frame, frame, joined, message, reset, retry
from api.view import View
from schemas.clock import Clock
from schemas.errors import DependencyError
from schemas.live import Notification, Stored, parse_stored

__all__ = ["OwnChannel"]

EVENTS = {"submissions": "submission", "judgements": "judgement"}
"""The types that are told of, and the names of their events."""

_SLICE = 500
"""Objects read between two looks at the loop."""

Key = tuple[str, str]


class OwnChannel:
    """Keeps every submission and judgement of a contest as bytes, by team. For one event loop."""

    def __init__(self, contest: str, view: View, clock: Clock) -> None:
        self._contest = contest
        self._view = view
        self._clock = clock
        self._facts: dict[str, Any] | None = None
        self._state = Frame(b"", ())
        self._kept: dict[Key, tuple[int, str | None, bytes]] = {}
        self._of: dict[str | None, dict[Key, None]] = {}
        self._loading: asyncio.Task[None] | None = None
        self._turn = 0
        self.connections: set[Connection] = set()

    # ---- what the reader says -------------------------------------------------------------------------------------

    def rebase(self) -> None:
        """The view is another one: what was kept is not of it, and every client begins again."""
        self._kept.clear()
        self._of.clear()
        self._loading = None
        self._turn += 1
        told = reset(len(self.connections))
        for connection in list(self.connections):
            if not connection.busy:
                connection.push(told)
            connection.close()

    def show(self, contest_facts: dict[str, Any], state: dict[str, Any]) -> None:
        """The contest has changed; *state* is what is told of it to everybody."""
        self._facts = contest_facts
        told = message("state", state)
        if told == self._state:
            return
        self._state = told
        for connection in list(self.connections):
            self._offer(connection, ("state", ""), self._state)

    def tell(self, notification: Notification) -> None:
        """A submission or a judgement has changed; who sees the same of it as before is told nothing."""
        key = (notification.type, notification.id)
        if self._loading is None:
            return  # nobody has asked yet
        position, stored = int(notification.token.partition("-")[0]), notification.stored
        old = self._kept.get(key)
        if stored is None:
            self._forget(key)
            team = old[1] if old else None
        elif self._keep(key, position, stored):
            team = stored.facts.get("team")
        else:
            return
        watching = [connection for connection in self.connections if connection.key in ("", team)]
        if not watching:
            return
        was = parse_stored(old[2]) if old else None
        # once for all who see as the team or as the jury, however many they are
        news = {who: self._news(who, key, was, stored) for who in {connection.key for connection in watching}}
        for connection in watching:
            if (told := news[connection.key]) is not None:
                self._offer(connection, key, told)

    def _news(self, team: str | None, key: Key, was: Stored | None, stored: Stored | None) -> Frame | None:
        """What this team, or the jury, is told of an object that has changed; None: nothing."""
        if stored is None:
            return message("removed", {"type": key[0], "id": key[1]})
        data = self._data(team, key, stored)
        if data is None or (was is not None and data == self._data(team, key, was)):
            return None
        return frame(EVENTS[key[0]], data)

    # ---- what a client asks ---------------------------------------------------------------------------------------

    async def greeting(self, connection: Connection, retry_ms: int) -> Frame:
        """What a joining client is sent first; its key is its team, empty for the jury.

        Raises:
            DependencyError: when the view is away.
        """
        while True:
            loading = self._loading = self._loading or asyncio.create_task(self._load(self._turn))
            try:
                await asyncio.shield(loading)
            except DependencyError:
                self._loading = None
                raise
            if loading is self._loading:
                break  # the view is still the one that was read
        return joined(
            [
                retry(retry_ms),
                message("clock", {"now": self._clock.now_ms(), "rate": self._clock.rate}),
                self._state,
                self._snapshot(connection.key or ""),
            ]
        )

    def catch_up(self, connection: Connection) -> None:
        """See Channel: the newest state of each object that has changed while the client was busy."""
        if connection.pending:
            frames = list(connection.pending.values())
            connection.pending.clear()
            connection.push(joined(frames))

    def _snapshot(self, team: str) -> Frame:
        parts: dict[str, list[bytes]] = {type_: [] for type_ in EVENTS}
        # in an order of their own: how they came out of Redis depends on what else is there
        for key in sorted(self._of.get(team, ()) if team else self._kept):
            data = self._data(team, key, parse_stored(self._kept[key][2]))
            if data is not None:
                parts[key[0]].append(data)
        inner = (b'"' + type_.encode() + b'":[' + b",".join(found) + b"]" for type_, found in parts.items())
        return frame("snapshot", b"{" + b",".join(inner) + b"}")

    def _offer(self, connection: Connection, key: Key, told: Frame) -> None:
        if connection.busy:
            connection.pending[key] = told
        elif not connection.done.is_set():
            connection.push(told)

    def _data(self, team: str | None, key: Key, stored: Stored) -> bytes | None:
        """The object as this team, or the jury, may see it.

        A submission with its number and whether it is too late; a judgement that has ended with the scores of its groups
        of test data, scaled, where they are told.
        """
        if self._facts is None:
            return None
        viewer, scene = Viewer("team", team) if team else Viewer("jury"), Scene.at(self._facts, self._clock.now_ms())
        shown = visible(viewer, key[0], stored.object, stored.facts, scene)
        if shown is None:
            return None
        if key[0] == "submissions":
            return orjson.dumps(shown | {name: stored.facts[name] for name in ("number", "late")})
        scores = group_scores(viewer, stored.facts, scene) if "end_time" in shown else None
        return orjson.dumps(shown if scores is None else shown | {"group_scores": scores})

    # ---- what is kept ---------------------------------------------------------------------------------------------

    async def _load(self, turn: int) -> None:
        for type_ in EVENTS:
            found = await self._view.raw(self._contest, type_)
            for count, (id_, value) in enumerate(found.items()):
                if turn != self._turn:
                    return
                stored = parse_stored(value)
                self._keep((type_, id_.decode()), stored.position, stored)
                if count % _SLICE == 0:
                    await asyncio.sleep(0)

    def _keep(self, key: Key, position: int, stored: Stored) -> bool:
        """False when what is kept is newer."""
        old = self._kept.get(key)
        if old is not None and old[0] > position:
            return False
        team = stored.facts.get("team")
        self._kept[key] = position, team, stored.encode()
        self._of.setdefault(team, {})[key] = None
        return True

    def _forget(self, key: Key) -> None:
        old = self._kept.pop(key, None)
        if old is not None:
            self._of.get(old[1], {}).pop(key, None)
