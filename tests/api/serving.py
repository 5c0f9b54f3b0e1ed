"""An application on a socket of this process, by uvicorn with podium's own protocols, and what raw clients do with it."""

import asyncio
import contextlib
import socket

import uvicorn

from api.protocol import BoundedProtocol
from api.sockets import BoundedSocket


class Hasty(BoundedProtocol):
    """The same with bounds that a test can wait for."""

    HEAD_S = 0.3
    STALLED_S = 0.3


class HastySocket(BoundedSocket):
    """The same with bounds that a test can wait for."""

    STALLED_S = 0.3


@contextlib.asynccontextmanager
async def serving(app, http=Hasty, ws=HastySocket, **more):
    """Serve the application; gives the port, and the server, which knows its connections."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=http,
        ws=ws,
        ws_per_message_deflate=False,
        ws_max_size=4096,
        lifespan="off",
        log_config=None,
        access_log=False,
        **({"timeout_keep_alive": 5} | more),
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve([listening]))
    await until(lambda: server.started)
    try:
        yield listening.getsockname()[1], server
    finally:
        server.should_exit = True
        server.force_exit = True
        await running
        listening.close()


async def until(there):
    """Return once it is so."""
    async with asyncio.timeout(60):
        while not there():  # noqa: ASYNC110  # the server tells nobody
            await asyncio.sleep(0.001)


def deaf(port):
    """A connection whose client reads nothing, and whose system takes in little for it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    return client
