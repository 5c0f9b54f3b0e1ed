"""A board's channel: its latest deltas, its snapshot, and the clients that watch it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from api.push.connection import Connection
from api.push.frames import Frame, frame, joined, message, reset, retry
from api.push.picture import Picture, blank_delta, snapshot_data, state_data, teams_data, tells_problems
from api.push.ring import Ring
from api.push.walk import walk
from api.view import Base, View
from schemas.clock import Clock

__all__ = ["BoardChannel"]

SNAPSHOT_AGE = 32
"""Deltas that a snapshot may be behind before another one is made: a joining client gets them from the ring."""


class BoardChannel:
    """One audience's board of one contest. For one event loop; its reader is the only one who moves it on."""

    def __init__(self, contest: str, audience: str, view: View, clock: Clock) -> None:
        self._contest = contest
        self.audience = audience
        self._view = view
        self._clock = clock
        self._picture: Picture | None = None
        self._state = self._teams = Frame(b"", ())
        self._state_at = self._teams_at = self._version = 0
        self._snapshot: tuple[str, int, int, Frame] | None = None
        self._swap: tuple[str, int, int, Frame] | None = None
        self._making = asyncio.Lock()
        self.ring = Ring("", 0)
        self.connections: set[Connection] = set()

    # ---- what the reader says -------------------------------------------------------------------------------------

    def rebase(self, base: Base, head: int) -> None:
        """The board is another one from here on: another generation or another epoch."""
        self.ring = Ring(self._prefix(base), head)
        self._snapshot = self._swap = None

    def refill(self, found: list[tuple[int, bytes]]) -> None:
        """Take the last deltas that the view still has: thousands who were another process's come back for them at once."""
        last = [one for one in found if one[0] <= self.ring.head]
        if not last or [revision for revision, _ in last] != list(
            range(self.ring.head - len(last) + 1, self.ring.head + 1)
        ):
            return
        self.ring = Ring(self.ring.prefix, last[0][0] - 1)
        for revision, delta in last:
            self.append(revision, delta)

    async def swap(self, base: Base, head: int) -> bool:
        """Another generation is shown: whoever watches is given its whole board, on the stream that is open.

        False, and nothing is done, when yet another one is shown by now.

        Raises:
            DependencyError: when the view is away.
        """
        async with self._making:
            made = await self._make()
            if made[0] != self._prefix(base):
                return False
            self.rebase(base, head)
            self._snapshot = self._swap = made
        return True

    def skip(self, head: int) -> None:
        """Deltas were missed: whoever does not have this revision needs a snapshot."""
        self.ring = Ring(self.ring.prefix, head)
        self._snapshot = None

    def append(self, revision: int, delta: bytes) -> None:
        """The board's next change, as the view has it."""
        self.ring.append(revision, self._told(delta))

    def show(self, picture: Picture) -> None:
        """The contest, its problems or its teams have changed. Of one that is not public no more, outsiders' streams end."""
        self._picture, now = picture, self._clock.now_ms()
        for connection in self.connections:
            self._shuts_out(connection)
        state = message("state", state_data(picture, self.audience, now))
        teams = message("teams", teams_data(picture, self.audience, now))
        self._version += 1
        if state != self._state:
            self._state, self._state_at = state, self._version
        if teams != self._teams:
            self._teams, self._teams_at = teams, self._version

    async def walk(self) -> None:
        """Give every client that can take it what it lacks."""
        await walk(self.connections, self.catch_up)

    def catch_up(self, connection: Connection) -> None:
        """See Channel."""
        ring = self.ring
        # nearly all of them at nearly each delta, of which each costs what is done here ten thousand times
        if (
            connection.cursor == ring.head - 1
            and connection.seen == self._version
            and connection.key == ring.prefix
            and ring.last is not None
        ):
            connection.cursor = ring.head
            connection.push(ring.last)
            return
        frames = []
        if connection.key != ring.prefix:
            if _epoch(connection.key or "") != _epoch(ring.prefix):
                self._reset(connection)
                return
            if self._swap is None or _promotions(connection.key) > _promotions(ring.prefix):
                return  # it has joined with a generation that is shown from now on: the reader is about to see it, too
            connection.key, connection.cursor, connection.seen, swapped = self._swap
            frames.append(swapped)
        if connection.seen < self._teams_at:
            frames.append(self._teams)
        if connection.seen < self._state_at:
            frames.append(self._state)
        if connection.cursor < ring.head:
            missed = ring.since(connection.cursor)
            if missed is None:
                self._reset(connection)
                return
            frames.append(missed)
            connection.cursor = ring.head
        connection.seen = self._version
        if frames:
            connection.push(joined(frames))

    def _shuts_out(self, connection: Connection) -> bool:
        """End the stream of whoever may not watch this contest as it is now; whether it ends."""
        assert self._picture is not None
        if out := connection.outsider and not self._picture.contest.facts["public"]:
            connection.close()
        return out

    def _reset(self, connection: Connection) -> None:
        """Let the client come back for a snapshot; which of the clients when is left to them."""
        if not connection.done.is_set():
            connection.push(reset(len(self.connections)))
            connection.close()

    # ---- what a client asks ---------------------------------------------------------------------------------------

    async def greeting(self, connection: Connection, last_event_id: str, retry_ms: int) -> Sequence[Frame]:
        """What a joining client is sent first; from there on `catch_up` gives it the rest. All share one snapshot.

        Raises:
            DependencyError: when the view is away.
        """
        first = [retry(retry_ms), message("clock", {"now": self._clock.now_ms(), "rate": self._clock.rate})]
        if self._shuts_out(connection):
            return (joined(first),)  # it was let in a moment before
        missed = self._missed(connection, last_event_id)
        if missed is not None:
            connection.seen = self._version
            return (joined([*first, self._state, *missed]),)
        return joined(first), await self._snapshot_for(connection)

    def _missed(self, connection: Connection, last_event_id: str) -> list[Frame] | None:
        """The deltas after the one that the client had last; None: it needs a snapshot.

        Of what the ring does not have a merge would be made for each client, which costs more than a snapshot for all.
        """
        prefix, _, text = last_event_id.rpartition(":")
        if prefix != self.ring.prefix or not text.isdecimal() or len(text) > 15:
            return None
        revision = int(text)
        if revision >= self.ring.head:
            missed: list[Frame] = []
        elif (since := self.ring.since(revision)) is not None:
            revision, missed = self.ring.head, [since]
        else:
            return None
        connection.key, connection.cursor = prefix, revision
        return missed

    def _told(self, delta: bytes) -> bytes:
        assert self._picture is not None
        told = tells_problems(self._picture, self.audience, self._clock.now_ms())
        return delta if told else blank_delta(delta)

    async def _snapshot_for(self, connection: Connection) -> Frame:
        async with self._making:
            made = self._snapshot
            if made is None or made[2] != self._version or not self.ring.reaches(made[1], SNAPSHOT_AGE):
                made = self._snapshot = await self._make()
        connection.key, connection.cursor, connection.seen = made[0], made[1], made[2]
        return made[3]

    async def _make(self) -> tuple[str, int, int, Frame]:
        version, picture = self._version, self._picture
        assert picture is not None
        board = await self._view.board(self._contest, self.audience)
        data = snapshot_data(picture, self.audience, self._clock.now_ms(), board)
        prefix = self._prefix(board.base)
        return prefix, board.revision, version, frame("snapshot", data, f"{prefix}:{board.revision}")

    def _prefix(self, base: Base) -> str:
        """What a message's id says beside the revision; the jury's board has other revisions than the public's."""
        return str(base) if self.audience == "public" else f"{base}-{self.audience}"


def _promotions(prefix: str | None) -> int:
    """Of what a message's id says, how often a generation was promoted. Pure."""
    return int((prefix or "").partition(":")[0] or 0)


def _epoch(prefix: str) -> str:
    """Of what a message's id says, all but how often a generation was promoted. Pure."""
    return prefix.partition(":")[2]
