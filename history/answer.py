"""The answer's side of ClickHouse's HTTP protocol: headers, pieces as they come, errors in the middle, vanished clients."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass

from starlette.types import Receive, Send

from history.refusal import code_of, http_status
from history.wire import compressor
from schemas.errors import DataError

__all__ = ["Answer", "Outcome", "disconnected", "error_answer"]

_TYPES = {
    "Native": "application/octet-stream",
    "RowBinary": "application/octet-stream",
    "Parquet": "application/octet-stream",
    "Arrow": "application/octet-stream",
    "ArrowStream": "application/octet-stream",
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8",
    "CSVWithNames": "text/csv; charset=UTF-8",
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TabSeparatedWithNames": "text/tab-separated-values; charset=UTF-8",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request came to: the first piece is there, so an error among the rest comes from the middle."""

    format: str
    pieces: Iterable[bytes]
    written_rows: int = 0
    written_bytes: int = 0

    def close(self) -> None:
        """End the query and release what it holds. Idempotent."""
        if isinstance(self.pieces, Generator):
            self.pieces.close()


def _headers(query_id: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"x-clickhouse-query-id", query_id.encode("latin-1", "replace")),
        (b"x-clickhouse-server-display-name", b"podium"),
        (b"x-clickhouse-timezone", b"UTC"),
    ]


class Answer:
    """Sends an outcome piece by piece, each fetched on a thread; *cancel* is called when the client goes away."""

    def __init__(self, outcome: Outcome, query_id: str, encoding: str, cancel: Callable[[], None]) -> None:
        self._outcome = outcome
        self._query_id = query_id
        self._encoding = encoding
        self._cancel = cancel

    async def send(self, receive: Receive, send: Send) -> None:
        """Answer. After an error in the middle the answer stops without an end, as a ClickHouse server's does."""
        outcome, squeeze = self._outcome, compressor(self._encoding)
        tag = secrets.token_hex(8)
        summary = {
            "read_rows": "0",
            "read_bytes": "0",
            "written_rows": str(outcome.written_rows),
            "written_bytes": str(outcome.written_bytes),
            "total_rows_to_read": "0",
            "result_rows": str(outcome.written_rows),
            "result_bytes": str(outcome.written_bytes),
        }
        headers = [
            *_headers(self._query_id),
            (b"content-type", _TYPES.get(outcome.format, "text/plain; charset=UTF-8").encode()),
            (b"x-clickhouse-format", outcome.format.encode("latin-1", "replace")),
            (b"x-clickhouse-summary", json.dumps(summary).encode()),
            (b"x-clickhouse-exception-tag", tag.encode()),
        ]
        if self._encoding:
            headers.append((b"content-encoding", self._encoding.encode()))
        gone = asyncio.ensure_future(disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            pieces = iter(outcome.pieces)
            while True:
                step = asyncio.ensure_future(asyncio.to_thread(_next, pieces))
                await asyncio.wait({step, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not step.done():
                    await asyncio.to_thread(self._cancel)
                    await asyncio.wait({step})
                    step.exception()  # the killed query's own; nobody is there to read it
                    return
                piece = step.result()
                if piece is None:
                    await send({"type": "http.response.body", "body": squeeze.flush()})
                    return
                if data := squeeze.compress(piece):
                    await send({"type": "http.response.body", "body": data, "more_body": True})
        except DataError as error:
            text = str(error).encode()
            block = b"\r\n__exception__\r\n%b\r\n%b\n%d %b\r\n__exception__\r\n" % (
                tag.encode(),
                text,
                len(text) + 1,
                tag.encode(),
            )
            data = squeeze.compress(block) + squeeze.flush()
            await send({"type": "http.response.body", "body": data, "more_body": True})
        finally:
            gone.cancel()
            await asyncio.to_thread(outcome.close)


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


async def disconnected(receive: Receive) -> None:
    """Return when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


def error_answer(error: DataError, query_id: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of an error before the first piece. Pure."""
    text = str(error)
    if not text.startswith("Code: "):
        text = f"Code: 36. DB::Exception: {text} (BAD_ARGUMENTS)"
    code = code_of(text)
    headers = [
        *_headers(query_id),
        (b"content-type", b"text/plain; charset=UTF-8"),
        (b"x-clickhouse-exception-code", str(code).encode()),
    ]
    return http_status(code), headers, text.encode() + b"\n"
