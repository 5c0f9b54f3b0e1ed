"""How a client comes to its channel: the board of an audience, or what is a team's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from api.push.connection import Channel, Connection, Write
from api.push.frames import Frame
from api.push.hub import retry_ms
from api.push.reader import ContestReader

__all__ = ["Opened", "Opening", "board_opening", "own_opening"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection that its channel knows, and what it is to be sent before anything else."""

    channel: Channel
    connection: Connection
    greeting: Frame

    def close(self) -> None:
        """Let the channel forget the connection."""
        self.connection.close()
        self.channel.connections.discard(self.connection)


Opening = Callable[[ContestReader, Write], Awaitable[Opened]]


def board_opening(audience: str, last_event_id: str) -> Opening:
    """To the board of an audience, after the message with this id."""

    async def opening(reader: ContestReader, write: Write) -> Opened:
        board = reader.boards[audience]
        connection = Connection(board, write)
        return await _open(board, connection, lambda: board.greeting(connection, last_event_id, retry_ms()))

    return opening


def own_opening(team: str) -> Opening:
    """To what is a team's own; without a team, to everybody's."""

    async def opening(reader: ContestReader, write: Write) -> Opened:
        own = reader.own
        connection = Connection(own, write, key=team)
        return await _open(own, connection, lambda: own.greeting(connection, retry_ms()))

    return opening


async def _open(channel: Channel, connection: Connection, greet: Callable[[], Awaitable[Frame]]) -> Opened:
    # known to the channel before the greeting is made, so that nothing falls between
    channel.connections.add(connection)
    try:
        return Opened(channel, connection, await greet())
    except BaseException:
        channel.connections.discard(connection)
        raise
