"""Thousands of pages that watch a board: each keeps its own copy, and comes back by itself as a browser does."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

JOIN_S = 0.002
"""Between two that open their page at the beginning."""
SILENT_S = 60
"""Heartbeats come each 15 seconds: who hears nothing for so long opens the page anew."""
PARSED = 256


@dataclass(slots=True)
class Page:
    """One client's copy of the board."""

    rows: dict[str, Any] = field(default_factory=dict)
    last: str = ""
    retry: float = 1.0
    open: bool = False


class Crowd:
    """Watches while it is entered, on a thread of its own; each page keeps to one api as long as that answers."""

    def __init__(self, urls: list[str], contest: str, count: int, seed: int) -> None:
        self._at = [(url.hostname or "", url.port or 0) for url in map(urlsplit, urls)]
        self._path = f"/api/contests/{contest}/scoreboard/stream"
        self._draw = random.Random(seed)
        self._parsed: OrderedDict[bytes, Any] = OrderedDict()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ending = asyncio.Event()
        self.pages = [Page() for _ in range(count)]
        self.seen: Counter[str] = Counter()
        """Messages by name, and how often a page was opened."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(60)
        assert error is not None or not self._thread.is_alive()

    @property
    def watching(self) -> int:
        """Pages that are open."""
        return sum(page.open for page in self.pages)

    def different(self, rows: dict[str, Any]) -> int:
        """Pages whose board is not this one."""
        return sum(page.rows != rows for page in self.pages)

    def _run(self) -> None:
        self._loop.run_until_complete(self._watch())
        self._loop.close()

    async def _watch(self) -> None:
        tasks = []
        for number, page in enumerate(self.pages):
            tasks.append(asyncio.create_task(self._stay(number, page)))
            await asyncio.sleep(JOIN_S)
        await self._ending.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stay(self, number: int, page: Page) -> None:
        place = number
        while True:
            writer = None
            self.seen["opened"] += 1
            try:
                async with asyncio.timeout(SILENT_S):
                    reader, writer = await asyncio.open_connection(*self._at[place % len(self._at)])
                last = f"Last-Event-ID: {page.last}\r\n" if page.last else ""
                writer.write(f"GET {self._path} HTTP/1.1\r\nHost: soak\r\n{last}\r\n".encode())
                await self._read(reader, page)
            except (OSError, EOFError, TimeoutError):
                place += 1  # the next one
            finally:
                page.open = False
                if writer is not None:
                    writer.close()
            await asyncio.sleep(page.retry)

    async def _read(self, reader: asyncio.StreamReader, page: Page) -> None:
        async with asyncio.timeout(SILENT_S):
            status, *_ = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        if b" 200 " not in status:
            raise OSError(status.decode())
        pending = b""
        while True:
            async with asyncio.timeout(SILENT_S):
                size = int(await reader.readline() or b"0", 16)
                chunk = await reader.readexactly(size + 2)
            if size == 0:
                return
            *messages, pending = (pending + chunk[:-2]).split(b"\n\n")
            for message in messages:
                if not self._take(page, message):
                    return

    def _take(self, page: Page, message: bytes) -> bool:
        """Whether the page stays where it is."""
        fields = dict(line.split(b": ", 1) for line in message.split(b"\n") if b": " in line)
        if b"retry" in fields:
            page.retry = int(fields[b"retry"]) / 1000
        name = fields.get(b"event", b"").decode()
        self.seen[name] += 1
        if name in ("snapshot", "delta"):
            rows = self._rows(fields[b"data"])
            page.open, page.last = True, fields[b"id"].decode()
            if name == "snapshot":
                page.rows = {}
            for row in rows:
                if row["listed"]:
                    page.rows[row["team_id"]] = row
                else:
                    page.rows.pop(row["team_id"], None)
        elif name == "state":
            page.open = True  # it has missed nothing
        elif name == "reset":
            page.last, page.retry = "", self._draw.random() * orjson.loads(fields[b"data"])["within_ms"] / 1000
            return False
        return True

    def _rows(self, data: bytes) -> Any:
        """The rows of a message; parsed once for all pages that are given the same."""
        found = self._parsed.get(data)
        if found is None:
            found = self._parsed[data] = orjson.loads(data)["rows"]
            if len(self._parsed) > PARSED:
                self._parsed.popitem(last=False)
        return found
