"""The process: accounts read to their end, then the door opens; told to end, it lets everybody out in order."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn

from api.accounts import Accounts
from api.app import make_app
from api.audit import Audit
from api.directory import Directory, log_ends
from api.doorkeeper import Doorkeeper
from api.drain import GRACE_S, Server
from api.lists import Lists
from api.positions import Positions
from api.protocol import BoundedProtocol
from api.push.hub import Hubs
from api.scoreboard import Scoreboards
from api.sealed import Sealer
from api.sessions import Sessions, secret_of
from api.site import Site
from api.sockets import BoundedSocket
from api.sources import Sources
from api.statements import Statements
from api.throttle import Throttle
from api.view import View, connect
from api.webhooks.caller import Calls
from packages.media import media_of
from schemas.clock import Clock
from schemas.codec import codec
from schemas.errors import ConfigError
from schemas.producer import Producer
from schemas.redis_server import check_redis
from schemas.runtime import Door, allow_files, calm_collector, stop_event
from schemas.settings import Settings
from schemas.topics import check_topics

if TYPE_CHECKING:
    from api.oidc import Provider

__all__ = ["run"]

logger = logging.getLogger(__name__)

ACKNOWLEDGED_S = 30.0
"""How long a POST waits for the broker: longer than its restart takes."""
FILES_BESIDE = 1000
"""Open files beside those of the streams: other connections, and our own."""
MOST_MESSAGE = 4096
"""Bytes of a client's message on a WebSocket: what it says is not listened to."""
BACKLOG = 2048
"""Connections that wait to be taken: thousands of streams come back at once."""


def run(settings: Settings) -> None:
    """Serve the API and the pages until SIGTERM or SIGINT.

    Raises:
        ConfigError: for a topic that is missing or has drifted, or an address or a socket that cannot be listened on.
        DependencyError: when the broker does not answer.
    """
    check_topics(settings, frozenset({"log", "scoreboard-rows", "accounts", "audit", "dead-letters"}))
    check_redis(settings)
    listening = _listen(settings)
    host, port = listening.getsockname()[:2]
    _raise_files(settings.max_streams)
    codec()  # compiled now, not while the first request waits
    accounts = Accounts(settings)
    secret = secret_of(settings)
    clock = Clock.parse(settings.clock)
    redis, blocking = connect(settings.redis), connect(settings.redis, connections=settings.max_streams)
    view = View(redis)
    producer = Producer(settings, timeout_s=ACKNOWLEDGED_S)
    site = Site(
        settings=settings,
        clock=clock,
        view=view,
        directory=Directory(settings, view, log_ends(settings)),
        positions=Positions(view),
        scoreboards=Scoreboards(view),
        producer=producer,
        accounts=accounts,
        doorkeeper=Doorkeeper(accounts, secret.encode()),
        sessions=Sessions(secret, accounts),
        sealer=Sealer(secret),
        audit=Audit(producer, clock, settings.instance or "api"),
        throttle=Throttle(view, settings.instance),
        sources=Sources(settings),
        statements=Statements(settings),
        media=media_of(settings),
        lists=Lists(),
        hubs=Hubs(view, blocking, clock, settings.max_streams),
        provider=_provider(settings, secret),
    )
    app = make_app(site)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        calm_collector()
        loop = asyncio.get_running_loop()

        def changed(username: str) -> None:
            loop.call_soon_threadsafe(site.hubs.account_changed, username)

        accounts.listen(changed)
        calls = Calls(site)
        calls.start()
        yield
        await calls.close()
        accounts.listen(lambda _: None)
        await site.throttle.close()
        await redis.aclose()
        await blocking.aclose()

    app.router.lifespan_context = lifespan
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=BoundedProtocol,
        ws=BoundedSocket,
        ws_ping_timeout=BoundedSocket.STALLED_S,  # what a ping stands behind may take as long to be read
        ws_per_message_deflate=False,
        ws_max_size=MOST_MESSAGE,
        proxy_headers=False,  # `api/proxies.py` reads them
        limit_concurrency=settings.max_streams + FILES_BESIDE - 100,  # some are Kafka's, Redis's and the log's
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        # browsers keep connections for a minute or two
        timeout_keep_alive=75,
    )
    server = Server(config, site.hubs)
    stop = stop_event()  # uvicorn sends itself the signal again when it has ended: it is to do nothing then
    accounts.start()
    try:
        with Door(settings, ready=lambda: accounts.ready and server.started and not server.should_exit):
            if settings.api_socket:
                _wait_for(accounts, stop)
            if not stop.is_set():
                server.run(sockets=[listening])
        if accounts.broken is not None:
            raise accounts.broken
    finally:
        accounts.close()
        site.doorkeeper.close()
        site.audit.close()
        site.sources.close()
        producer.close()


def _provider(settings: Settings, secret: str) -> Provider | None:
    if not settings.oidc_issuer:
        return None
    from api.oidc import Provider  # noqa: PLC0415  # its libraries take a second of a start

    return Provider(settings, secret)


def _listen(settings: Settings) -> socket.socket:
    """The listening socket: the one that is handed over, or one of our own.

    uvicorn itself would end the process without saying why.

    Raises:
        ConfigError: when the address cannot be had, or what was handed over is no listening socket.
    """
    if settings.api_socket:
        try:
            handed = socket.socket(fileno=settings.api_socket)
            if not handed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                raise ConfigError(f"PODIUM_API_SOCKET: {settings.api_socket} is a socket that does not listen")
        except OSError as error:
            raise ConfigError(f"PODIUM_API_SOCKET: {settings.api_socket}: {error.strerror}") from error
        handed.set_inheritable(False)
        return handed
    host, _, port = settings.api.rpartition(":")
    try:
        return socket.create_server((host, int(port)), backlog=BACKLOG)
    except OSError as error:
        raise ConfigError(f"PODIUM_API: {host}:{port}: {error.strerror}") from error


def _wait_for(accounts: Accounts, stop: threading.Event) -> None:
    """Take no connection before we can say who is who: the process whose place we take may still serve them."""
    while not accounts.ready and accounts.broken is None:
        if stop.wait(0.02):
            return


def _raise_files(streams: int) -> None:
    """Allow as many open files as the streams need, as far as the system lets us; say so where it does not."""
    wanted = streams + FILES_BESIDE
    most = allow_files(wanted)
    if most < wanted:
        logger.warning(
            "at most %d open files (ulimit -n), for PODIUM_MAX_STREAMS=%d it takes %d", most, streams, wanted
        )
