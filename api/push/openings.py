"""How a client comes to its channel: the board of an audience, or what is somebody's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from api.access import Viewer, may_see_contest
from api.push.connection import Channel, Connection, Write
from api.push.frames import Frame
from api.push.hub import retry_ms
from api.push.reader import ContestReader
from api.push.subscriber import Subscriber
from api.sealed import Sealer

__all__ = ["Opened", "Opening", "board_opening", "personal_opening"]


@dataclass(slots=True)
class Opened:
    """A connection that its channel knows, and what it is to be sent before anything else."""

    channel: Channel
    connection: Connection
    greeting: Sequence[Frame]

    def take(self) -> Sequence[Frame]:
        """The greeting, once: a snapshot may have a megabyte, and nobody is to hold one for as long as a stream lasts."""
        greeting, self.greeting = self.greeting, ()
        return greeting

    def close(self) -> None:
        """Let the channel forget the connection."""
        self.connection.close()
        self.channel.connections.discard(self.connection)


Opening = Callable[[ContestReader, Write], Awaitable[Opened]]


def board_opening(audience: str, last_event_id: str, viewer: Viewer) -> Opening:
    """To the board of an audience, after the message with this id; for as long as the contest exists for the viewer."""
    outsider = not may_see_contest(viewer, {"public": False})

    async def opening(reader: ContestReader, write: Write) -> Opened:
        board = reader.boards[audience]
        connection = Connection(board, write, outsider=outsider)
        return await _open(board, connection, lambda: board.greeting(connection, last_event_id, retry_ms()))

    return opening


def personal_opening(sealer: Sealer, team: str, last_event_id: str, held: int, *, whole: bool) -> Opening:
    """To what is a team's own, or the jury's, after the message with this id; see PersonalChannel.greeting."""

    async def opening(reader: ContestReader, write: Write) -> Opened:
        channel = reader.personal
        one = Subscriber(channel, write, sealer, reader.contest, team)

        async def greet() -> Sequence[Frame]:
            return (await channel.greeting(one, last_event_id, held, retry_ms(), whole=whole),)

        return await _open(channel, one, greet)

    return opening


async def _open(channel: Channel, connection: Connection, greet: Callable[[], Awaitable[Sequence[Frame]]]) -> Opened:
    # known to the channel before the greeting is made, so that nothing falls between
    channel.connections.add(connection)
    try:
        return Opened(channel, connection, await greet())
    except BaseException:
        channel.connections.discard(connection)
        raise
