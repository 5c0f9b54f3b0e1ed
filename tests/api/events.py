"""Clients of a stream, by Server-Sent Events or by a WebSocket, reading on threads of their own."""

import contextlib
import json
import queue
import socket
import threading
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.wait import LEAST_S


@dataclass(frozen=True)
class Event:
    name: str
    id: str
    data: Any


class _Stream:
    """What comes, in its order, without the clock's: `next` gives it. `ended` is set when no more can come.

    `last_id` is the id of the last event that was given and had one.
    """

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.last_id = ""
        self._queue: queue.Queue[Event] = queue.Queue()

    def next(self, name: str | None = None, timeout: float = LEAST_S) -> Event:
        """The next event, or the next with this name."""
        while True:
            event = self._queue.get(timeout=timeout)
            self.last_id = event.id or self.last_id
            if name in (None, event.name):
                return event

    def until(self, fits: Callable[[Event], bool], timeout: float = LEAST_S) -> Event:
        """The next event that fits."""
        while not fits(event := self.next(timeout=timeout)):
            pass
        return event

    def silent(self, timeout: float = 0.5) -> bool:
        """Whether nothing comes for a while."""
        try:
            self._queue.get(timeout=timeout)
        except queue.Empty:
            return True
        return False


class Events(_Stream):
    """Opens a stream of Server-Sent Events."""

    def __init__(self, url: str, auth: tuple[str, str] | None = None, last_id: str = "") -> None:
        super().__init__()
        self._client = httpx.Client(timeout=LEAST_S)
        headers = {"Last-Event-ID": last_id} if last_id else {}
        self._context = self._client.stream("GET", url, auth=auth, headers=headers)
        self.response = self._context.__enter__()
        self.retry = 0
        if self.response.status_code == 200:
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # or the thread would hold the connection, up to its timeout, and the stream would stay open for the api
        with contextlib.suppress(OSError):  # it has ended
            self.response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._client.close()

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            for line in self.response.iter_lines():
                if line:
                    name, _, value = line.partition(":")
                    fields[name] = value.removeprefix(" ")
                    continue
                if "retry" in fields:
                    self.retry = int(fields["retry"])
                if "data" in fields and fields.get("event") != "clock":
                    self._queue.put(
                        Event(fields.get("event", "message"), fields.get("id", ""), json.loads(fields["data"]))
                    )
                fields = {}
        except (httpx.HTTPError, RuntimeError, AttributeError):
            pass  # closed, by one side or the other
        self.ended.set()


class Socket(_Stream):
    """Opens a stream as a WebSocket."""

    def __init__(self, url: str, auth: tuple[str, str] | None = None) -> None:
        super().__init__()
        shown = b64encode(":".join(auth).encode()).decode() if auth else ""
        headers = {"Authorization": f"Basic {shown}"} if auth else {}
        self._context = connect(url.replace("http", "ws", 1), additional_headers=headers)

    def __enter__(self) -> Self:
        self._socket = self._context.__enter__()
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _read(self) -> None:
        try:
            for text in self._socket:
                told = json.loads(text)
                if told["event"] != "clock":
                    self._queue.put(Event(told["event"], told.get("id", ""), told["data"]))
        except ConnectionClosed:
            pass  # by one side or the other
        self.ended.set()
