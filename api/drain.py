"""How a process ends: nobody new, everybody out in order, no request cut off."""

from __future__ import annotations

import asyncio
import signal
import socket
from types import FrameType

import uvicorn

from api.push.hub import Hubs

__all__ = ["DRAIN_S", "GRACE_S", "Server"]

DRAIN_S = 5.0
"""How long clients with an open connection have for their next request, which sends them away: programs ask each second
or so. What is still open then is idle, and is closed."""
GRACE_S = 8
"""How long requests under way may take at the end: a submission waits for the broker and a second for the view."""
_POLL_S = 0.05


class Server(uvicorn.Server):
    """Serves until SIGTERM or SIGINT, and is not ready from then on.

    No connection is taken any more: who holds a copy of the listening socket goes on. Streams are told when to come
    back, and end. What is answered from then on says `Connection: close`, so that each client leaves by itself for
    whoever serves the address now, as a connection that is closed under a request is a failed request. SIGINT does not
    wait for the clients: who ends everything sends it, and a process that must not go on.
    """

    def __init__(self, config: uvicorn.Config, hubs: Hubs) -> None:
        super().__init__(config)
        self._hubs = hubs
        self._patient = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """See uvicorn.Server."""
        self._patient = self._patient and sig != signal.SIGINT
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let everybody out."""
        for server in self.servers:
            server.close()
        for one in sockets or []:
            one.close()
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        for connection in list(self.server_state.connections):
            cycle = getattr(connection, "cycle", None)  # a WebSocket has none
            if cycle is not None and not cycle.response_complete:
                connection.shutdown()  # when its answer is complete; an idle one it would close at once
        await self._hubs.close()
        loop = asyncio.get_running_loop()
        end = loop.time() + DRAIN_S
        while self._patient and self.server_state.connections and loop.time() < end:  # noqa: ASYNC110  # uvicorn tells nobody
            await asyncio.sleep(_POLL_S)
        await super().shutdown(sockets)
