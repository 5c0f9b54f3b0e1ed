"""Who gives way where a server is full: of connections, or of what its clients leave unread.

A hundred connections that say nothing cost whoever holds them nothing. Nor do answers that nobody takes: a board of 2,500
teams has 2.3 MB, whoever takes it slowly is waited for (`api/impatience.py`), and a thousand connections of one machine that
ask for it without a login would hold gigabytes.
"""

from __future__ import annotations

from collections import Counter
from typing import Protocol
from weakref import WeakKeyDictionary

from prometheus_client import Counter as Metric
from uvicorn.server import ServerState

__all__ = ["Client", "Room", "room_of"]

GAVE_WAY = Metric(
    "podium_api_gave_way_total", "Connections that waited for their client and were closed to make room for others"
)


class Client(Protocol):
    """A connection, as far as it is asked to give way."""

    def unread(self) -> int:
        """Bytes of answers that this process holds for its client."""

    def is_read(self) -> bool:
        """Whether what its client sends is taken: else it is not the client that is waited for."""

    def network(self) -> str:
        """What is counted as one sender."""

    def give_way(self) -> None:
        """End the connection, and tell its client why where that is of use."""

    def cut_off(self) -> None:
        """End the connection at once, and forget what is unread."""


class Room:
    """The connections of a server that wait for their clients, those first that have waited for longest."""

    MOST_UNREAD = 256 << 20
    """Bytes that all clients together may leave unread: a hundred boards of 2,500 teams that are taken slowly at a time."""

    def __init__(self) -> None:
        self._waiting: dict[Client, None] = {}
        self._unread: dict[Client, int] = {}
        self._bytes = 0

    def wait_for(self, client: Client) -> None:
        """Something has to come from the client, from now on, before anything can be done: a request, or the rest of one."""
        self._waiting.pop(client, None)
        self._waiting[client] = None

    def has_come(self, client: Client) -> None:
        """Nothing more has to come. Idempotent."""
        self._waiting.pop(client, None)

    def make_room(self) -> None:
        """End the connection whose client has been waited for for longest, as nginx does.

        Who has not taken all of an answer yet comes behind the others; whose body waits to be read is not waited for.
        """
        found = None
        for one in self._waiting:
            if not one.is_read():
                continue
            if not one.unread():
                found = one
                break
            found = found or one
        if found is not None:
            del self._waiting[found]
            GAVE_WAY.inc()
            found.give_way()

    def leaves_unread(self, client: Client) -> None:
        """The client has much to take, from now on.

        Where all have too much, those of the network that has most of it are cut off, the one that has had it for longest
        first, until they have not.
        """
        self.has_taken(client)
        self._unread[client] = client.unread()
        self._bytes += self._unread[client]
        if self._bytes > self.MOST_UNREAD:
            self._make_room_for_answers()

    def has_taken(self, client: Client) -> None:
        """The client has little to take, or the connection has ended. Idempotent."""
        self._bytes -= self._unread.pop(client, 0)

    def _make_room_for_answers(self) -> None:
        self._unread = {one: one.unread() for one in self._unread}  # most of them have taken some since
        self._bytes = sum(self._unread.values())
        while self._bytes > self.MOST_UNREAD:
            of: Counter[str] = Counter()
            for one, left in self._unread.items():
                of[one.network()] += left
            ((most, _),) = of.most_common(1)
            first = next(one for one in self._unread if one.network() == most)
            self.has_taken(first)
            GAVE_WAY.inc()
            first.cut_off()


_ROOMS: WeakKeyDictionary[ServerState, Room] = WeakKeyDictionary()


def room_of(server: ServerState) -> Room:
    """The one that all connections of a server share."""
    return _ROOMS.setdefault(server, Room())
