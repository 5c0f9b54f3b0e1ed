"""A small Contest API of another system: its feed comes in pieces, breaks off, and its server goes away and comes back."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

__all__ = ["FeedServer"]

AUTH = "Basic " + base64.b64encode(b"shadow:secret").decode()


class FeedServer:
    """Serves the contest `c1`: the lines that were told so far, then those that come, until `done`.

    `cut` is after how many lines of an answer a connection is cut, in the middle of the next one (0: never); `tokens`
    whether it goes on behind a token (`ids`: behind an id); `files` are answers by path, and `no_files` the statuses that
    the next requests of files get instead. `asked` are the feed's queries. `streams`: it knows nothing of `stream=false`.
    """

    def __init__(self, *, tokens: bool = True, ids: bool = False) -> None:
        self.tokens, self.ids = tokens, ids
        self.lines: list[bytes] = []
        self.files: dict[str, bytes] = {}
        self.asked: list[dict[str, list[str]]] = []
        self.contests = ["c1"]
        self.cut = 0
        self.refusals: list[int] = []
        self.no_files: list[int] = []
        self.done = False
        self.streams = False
        self.changed = threading.Condition()
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://shadow:secret@127.0.0.1:{self._port}/api"

    def start(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        """Refuse connections; the feed's lines are kept for when it starts again."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def close(self) -> None:
        self.finish()
        self.stop()

    def tell(self, *objects: dict[str, Any]) -> None:
        """More of the feed."""
        with self.changed:
            for one in objects:
                mark = {"token": f"t{len(self.lines)}"} if self.tokens else {}
                if self.ids:
                    mark = {"id": f"e{len(self.lines)}", "op": "update"}
                self.lines.append(json.dumps({**one, **mark}).encode() + b"\n")
            self.changed.notify_all()

    def finish(self) -> None:
        """Nothing comes any more: answers end."""
        with self.changed:
            self.done = True
            self.changed.notify_all()

    def begin(self, query: dict[str, list[str]]) -> int | None:
        """The first line that is asked for; None for a token that is unknown."""
        self.asked.append(query)
        key = "since_id" if self.ids else "since_token"
        if not (since := query.get(key)):
            return 0
        return int(since[0][1:]) + 1 if self.tokens or self.ids else None

    def more(self, at: int, *, stream: bool) -> bytes | None:
        """The line at this place, waited for; empty to keep the connection alive, None when there will be none."""
        with self.changed:
            if at >= len(self.lines) and stream and not self.done:
                self.changed.wait(0.1)
            if at < len(self.lines):
                return self.lines[at]
            return None if self.done or not stream else b"\n"


def _handler(server: FeedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            where = urlsplit(self.path)
            if self.headers.get("Authorization") != AUTH:
                self.answer(401, b"")
            elif where.path == "/api/contests":
                self.answer(200, json.dumps([{"id": one} for one in server.contests]).encode())
            elif where.path == "/api/contests/c1/event-feed":
                self.feed(parse_qs(where.query))
            elif server.no_files:
                self.answer(server.no_files.pop(), b"")
            elif where.path in server.files:
                self.answer(200, server.files[where.path])
            else:
                self.answer(404, b"")

        def feed(self, query: dict[str, list[str]]) -> None:
            at = server.begin(query)
            if at is None or server.refusals:
                self.answer(400 if at is None else server.refusals.pop(), b"")
                return
            self.send_response(200)
            self.end_headers()
            sent = 0
            try:
                while (line := server.more(at, stream=server.streams or query.get("stream") != ["false"])) is not None:
                    if server.cut and sent >= server.cut:
                        self.wfile.write(line[: len(line) // 2])
                        break
                    self.wfile.write(line)
                    self.wfile.flush()
                    if line != b"\n":
                        at, sent = at + 1, sent + 1
            except OSError:
                pass  # the reader has gone
            self.close_connection = True

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
