"""What every process has: stop signals, and /metrics, /livez and /readyz on a port of its own."""

from __future__ import annotations

import gc
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from schemas.errors import ConfigError
from schemas.settings import Settings

__all__ = ["Door", "allow_files", "calm_collector", "calmed_collector", "stop_event"]

_SELDOM = (50_000, 50, 50)
"""New objects before the collector looks at the young; looks at a generation before one at the next older."""


def allow_files(wanted: int) -> int:
    """Let this process open so many files, as far as the system lets us. Returns how many it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return most
    return wanted if soft == resource.RLIM_INFINITY else soft


def calm_collector() -> None:
    """Have the garbage collector look seldom at what lives long: a look at all of it takes a second where contests are large.

    What a request or a record leaves dies by reference; what is left of it in a cycle is found among the young. What lives
    longer, a stream and its connection, must leave no cycle: nobody would find it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_SELDOM)


@contextmanager
def calmed_collector() -> Iterator[None]:
    """While work goes on that makes many objects, keeps them and leaves no cycles: the collector looks at the young alone.

    A look at all that is kept, again and again while it grows, took a quarter of a replay's time.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _yes() -> bool:
    return True


class Door:
    """Serves /metrics, /livez and /readyz on `PODIUM_METRICS`, on a thread of its own; nothing where that is empty.

    *ready* says whether the process does its work, *alive* whether it still makes progress; both are asked at each
    request and must return at once.

    Raises:
        ConfigError: when the address is taken.
    """

    def __init__(
        self, settings: Settings, *, ready: Callable[[], bool] = _yes, alive: Callable[[], bool] = _yes
    ) -> None:
        self._server: ThreadingHTTPServer | None = None
        if not settings.metrics:
            return
        host, _, port = settings.metrics.rpartition(":")
        checks = {"/readyz": ready, "/livez": alive}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path == "/metrics":
                    self._answer(200, generate_latest(), CONTENT_TYPE_LATEST)
                elif path in checks:
                    good = checks[path]()
                    self._answer(200 if good else 503, b"ok\n" if good else b"not yet\n", "text/plain")
                else:
                    self._answer(404, b"there are /metrics, /livez and /readyz\n", "text/plain")

            def _answer(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing: a supervisor asks several times a second."""

        try:
            self._server = ThreadingHTTPServer((host, int(port)), Handler)
        except OSError as error:
            raise ConfigError(f"PODIUM_METRICS: {settings.metrics}: {error.strerror}") from None
        self._server.daemon_threads = True
        # it looks so often whether it is to end, which the process's own end waits for
        serve = partial(self._server.serve_forever, poll_interval=0.1)
        threading.Thread(target=serve, name="door", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Answer nothing any more. Idempotent."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def stop_event() -> threading.Event:
    """An event that SIGTERM and SIGINT set. Called once, on the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
