"""`podium run history`: one process that owns chdb and speaks ClickHouse's HTTP protocol; the embedded ClickHouse."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from history.access import Users
from history.config import Layout
from history.confine import confine
from history.engine import Engine
from history.service import History
from schemas.errors import ConfigError
from schemas.runtime import Door, stop_event
from schemas.settings import Settings

__all__ = ["run"]

_log = logging.getLogger("history")


def run(settings: Settings) -> None:
    """Serve the history until SIGTERM or SIGINT.

    Raises:
        ConfigError: when the store is in use by another process, the address is not ours, or passwords are missing.
    """
    address = urlsplit(settings.clickhouse)
    if address.scheme != "http" or address.hostname is None or address.port is None:
        raise ConfigError(f"PODIUM_CLICKHOUSE: the embedded history serves http://host:port, not {settings.clickhouse}")
    users = Users(settings)
    layout = Layout((settings.home / "history").resolve())
    layout.scratch.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = os.environ["TMPDIR"] = str(layout.scratch)
    ready = threading.Event()
    stop_event()  # uvicorn raises the signal once more when it has ended: then it must not end the engine's closing
    with Door(settings, ready=ready.is_set):
        ports = [address.port]
        code = [Path(__file__).parent, Path(__file__).parent.parent / "schemas"]
        if not confine([layout.root], code, ports):
            _log.warning("this kernel has no Landlock: run the history in a container with a read-only root")
        engine = Engine(layout)
        history = History(engine, users)
        server = uvicorn.Server(
            uvicorn.Config(
                history,
                host=address.hostname,
                port=address.port,
                lifespan="off",
                log_config=None,
                access_log=False,
                # clients keep connections for minutes; one that is closed under them costs a retry
                timeout_keep_alive=120,
                # a running query may end; the supervisor kills after ten
                timeout_graceful_shutdown=5,
            )
        )
        ready.set()
        try:
            server.run()
        finally:
            ready.clear()
            history.close()
            engine.close()
