"""ClickHouse's HTTP protocol, the request's side: parameters, headers, body, and the compression of both directions."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import lz4.frame
from backports import zstd
from starlette.datastructures import FormData
from starlette.requests import Request

from history.refusal import refuse

__all__ = ["MAX_BODY", "Asked", "Compressor", "compressor", "credentials", "decompress", "read_request"]

MAX_BODY = 64 << 20
"""Bytes of a request's body, as sent: it is held in memory, beside a contest."""

_MAX_INFLATED = 256 << 20
"""Bytes of a body after decompression."""

_PIECE = 1 << 20

_PROTOCOL = frozenset(
    [
        "query",
        "query_id",
        "database",
        "default_format",
        "session_id",
        "session_timeout",
        "session_check",
        "user",
        "password",
        "quota_key",
        "compress",
        "decompress",
        "buffer_size",
        "wait_end_of_query",
        "client_protocol_version",
        "role",
        "stacktrace",
        "enable_http_compression",
        "http_zlib_compression_level",
        "send_progress_in_http_headers",
        "http_headers_progress_interval_ms",
        "cancel_http_readonly_queries_on_client_close",
    ]  # words read better as words
)
"""Parameters of the protocol itself; every other one is a setting of the engine."""

_ENCODINGS = ("zstd", "lz4", "gzip", "deflate")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read: the text to run, and how."""

    text: bytes
    database: str
    format: str
    query_id: str
    session_id: str
    session_timeout: int
    session_check: bool
    whole: bool
    read_only: bool
    encoding: str
    settings: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)


async def read_request(request: Request) -> Asked:
    """Read a request to the end of its body.

    Raises:
        DataError: for a body that is too big or does not decompress, and for what this endpoint does not do.
    """
    values = dict(request.query_params)
    body = b""
    if request.method == "POST":
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            values |= _fields(await request.form(max_part_size=MAX_BODY))
        else:
            body = await _body(request)
    if encoding := request.headers.get("content-encoding", ""):
        body = b"".join(decompress(encoding, body))
    if values.get("decompress") == "1" or values.get("compress") == "1":
        raise refuse(
            "NOT_IMPLEMENTED",
            "compress=1 and decompress=1 (native block framing) are not supported; use HTTP compression",
        )
    query = values.get("query", "").encode()
    accepted = [name.split(";")[0].strip() for name in request.headers.get("accept-encoding", "").split(",")]
    return Asked(
        text=query + b"\n" + body if query and body else query or body,
        database=values.get("database") or request.headers.get("x-clickhouse-database", ""),
        format=values.get("default_format") or request.headers.get("x-clickhouse-format", "") or "TabSeparated",
        query_id=values.get("query_id", ""),
        session_id=values.get("session_id", ""),
        session_timeout=_number(values.get("session_timeout", "60"), "session_timeout"),
        session_check=values.get("session_check") == "1",
        whole=values.get("wait_end_of_query") == "1",
        read_only=request.method != "POST",
        encoding=next((name for name in accepted if name in _ENCODINGS), "")
        if values.get("enable_http_compression") == "1"
        else "",
        settings={
            name: value for name, value in values.items() if name not in _PROTOCOL and not name.startswith("param_")
        },
        params={name[6:]: value for name, value in values.items() if name.startswith("param_")},
    )


def _number(text: str, name: str) -> int:
    if not text.isdigit():
        raise refuse("BAD_ARGUMENTS", f"{name}: {text!r} is not a number")
    return int(text)


def _fields(form: FormData) -> dict[str, str]:
    fields = {}
    for name, value in form.items():
        if not isinstance(value, str):
            raise refuse("NOT_IMPLEMENTED", "External data is not supported; use a temporary table in a session")
        fields[name] = value
    return fields


async def _body(request: Request) -> bytes:
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BODY:
            raise refuse(
                "TOO_LARGE_STRING_SIZE", f"A request's body may have {MAX_BODY} bytes; send the rows in several INSERTs"
            )
        pieces.append(piece)
    return b"".join(pieces)


def credentials(request: Request) -> tuple[str, str]:
    """Name and password that a request brings: HTTP Basic, ClickHouse's headers, or parameters.

    Raises:
        DataError: for a broken Authorization header.
    """
    header = request.headers.get("authorization", "")
    if header.lower().startswith("basic "):
        try:
            name, _, password = base64.b64decode(header[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise refuse("AUTHENTICATION_FAILED", "The Authorization header is not HTTP Basic") from None
        return name, password
    if "x-clickhouse-user" in request.headers:
        return request.headers["x-clickhouse-user"], request.headers.get("x-clickhouse-key", "")
    return request.query_params.get("user", "default"), request.query_params.get("password", "")


class _Inflater(Protocol):
    @property
    def needs_input(self) -> bool:
        """Whether all that was given has come out."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was seen."""

    @property
    def unused_data(self) -> bytes | None:
        """What stands behind the end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """The next bytes, at most so many."""


class _Zlib:
    def __init__(self, window: int) -> None:
        self._inner = zlib.decompressobj(window)

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


_INFLATERS: dict[str, Callable[[], _Inflater]] = {
    "gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "deflate": lambda: _Zlib(zlib.MAX_WBITS),
    "zstd": zstd.ZstdDecompressor,
    "lz4": lz4.frame.LZ4FrameDecompressor,
}


def decompress(encoding: str, data: bytes) -> Iterator[bytes]:
    """The pieces of a body that was sent with this Content-Encoding.

    It may be several streams one behind the other: clients compress each block of an INSERT by itself.

    Raises:
        DataError: for an encoding that is unknown, for bytes that are not of it, and for too many of them.
    """
    if encoding not in _INFLATERS:
        raise refuse("UNKNOWN_COMPRESSION_METHOD", f"Unknown Content-Encoding {encoding!r}")
    size = 0
    try:
        while True:
            inflater = _INFLATERS[encoding]()
            piece = inflater.decompress(data, _PIECE)
            while piece or not (inflater.needs_input or inflater.eof):
                size += len(piece)
                if size > _MAX_INFLATED:
                    raise refuse("TOO_LARGE_STRING_SIZE", f"A body may have {_MAX_INFLATED} bytes when decompressed")
                yield piece
                if inflater.eof:
                    break
                piece = inflater.decompress(b"", _PIECE)
            if not inflater.eof:
                raise refuse("CANNOT_DECOMPRESS", f"The body ends in the middle of its {encoding} stream")
            data = inflater.unused_data or b""
            if not data:
                return
    except (zlib.error, zstd.ZstdError, RuntimeError, EOFError) as error:
        raise refuse("CANNOT_DECOMPRESS", f"The body is not {encoding}: {error}") from None


class Compressor(Protocol):
    """Compresses an answer piece by piece."""

    def compress(self, data: bytes) -> bytes:
        """Take a piece; give what is ready."""

    def flush(self) -> bytes:
        """Give the rest; nothing may follow."""


class _Lz4:
    def __init__(self) -> None:
        self._inner = lz4.frame.LZ4FrameCompressor()
        self._head = self._inner.begin()

    def compress(self, data: bytes) -> bytes:
        head, self._head = self._head, b""
        return bytes(head + self._inner.compress(data))

    def flush(self) -> bytes:
        head, self._head = self._head, b""
        return bytes(head + self._inner.flush())


class _Plain:
    def compress(self, data: bytes) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


def compressor(encoding: str) -> Compressor:
    """A compressor for the Content-Encoding; the empty one leaves the bytes as they are."""
    if encoding == "zstd":
        return zstd.ZstdCompressor(level=1)
    if encoding == "lz4":
        return _Lz4()
    if encoding in ("gzip", "deflate"):
        return zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16 if encoding == "gzip" else zlib.MAX_WBITS)
    return _Plain()
