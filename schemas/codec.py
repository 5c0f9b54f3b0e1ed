"""Records to bytes and back: Avro single-object encoding (`C3 01`, CRC-64 fingerprint, body), or Confluent framing.

The framing names the schema, so one topic holds many types, a reader skips what it does not need without decoding it,
and every schema that was ever written still decodes: `schemas/avro/history` keeps them by fingerprint.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import fastavro
import fastavro.schema

from schemas import events, rows, work
from schemas.avro_types import builder, encoder, schema_of
from schemas.errors import DecodeError, UnknownSchemaError
from schemas.registry import ConfluentFraming, history_schemas, resolve_ids
from schemas.settings import load

__all__ = ["RECORDS", "Codec", "Framing", "SingleObject", "codec", "fingerprint"]

AVRO = Path(__file__).with_name("avro")
HISTORY = AVRO / "history"

RECORDS: tuple[type, ...] = (
    *events.LOG_EVENTS,
    events.Account,
    events.AuditEntry,
    events.Tick,
    work.JudgingWanted,
    work.PauseChanged,
    work.RejudgingDropped,
    work.PackageReplaced,
    work.OutstandingTold,
    work.JudgeTask,
    work.HostReported,
    work.TaskClaimed,
    work.RunsReported,
    work.TaskFinished,
    work.TaskFaulted,
    work.TaskDeclined,
    work.TaskRefused,
    work.HostOrdered,
    work.PackagesWanted,
    rows.ScoreboardRow,
    rows.FirstToSolve,
    rows.BatchClosed,
    rows.Mark,
)


def fingerprint(schema: Mapping[str, Any]) -> bytes:
    """The CRC-64-AVRO fingerprint of the schema's canonical form, 8 bytes in wire order."""
    canonical = fastavro.schema.to_parsing_canonical_form(dict(schema))
    return bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))


class Framing(Protocol):
    """How the bytes of a record name its schema."""

    def header(self, print_: bytes) -> bytes:
        """What stands before a body written with the schema of this fingerprint."""

    def split(self, data: bytes) -> tuple[bytes, int]:
        """The fingerprint that the data names, and where the body begins.

        Raises:
            DecodeError: when there is no such header.
        """


class SingleObject:
    """Avro single-object encoding: the fingerprint itself stands in the header."""

    def header(self, print_: bytes) -> bytes:
        """`C3 01` and the fingerprint."""
        return b"\xc3\x01" + print_

    def split(self, data: bytes) -> tuple[bytes, int]:
        """The eight bytes behind `C3 01`."""
        if len(data) < 10 or data[:2] != b"\xc3\x01":
            raise DecodeError("the record does not begin with the mark of Avro single-object encoding (C3 01)")
        return data[2:10], 10


class Codec:
    """Encodes and decodes the records of every topic. Immutable after construction, safe in threads."""

    def __init__(self, framing: Framing, classes: Iterable[type] = RECORDS, history: Path = HISTORY) -> None:
        self._framing = framing
        self._write: dict[type, tuple[bytes, Callable[[Any], bytes]]] = {}
        self._read: dict[bytes, tuple[type, Any, Any, Callable[[dict[str, Any]], Any]]] = {}
        by_name: dict[str, tuple[type, Any, Callable[[dict[str, Any]], Any]]] = {}
        for cls in classes:
            schema = schema_of(cls)
            parsed, print_ = fastavro.parse_schema(schema), fingerprint(schema)
            build = builder(cls)
            by_name[schema["name"]] = (cls, parsed, build)
            self._write[cls] = (framing.header(print_), encoder(cls))
            # the reader's schema stays None where it is the writer's: decoding without resolution is 2.5 times as fast
            self._read[print_] = (cls, parsed, None, build)
        for print_, old in history_schemas(history).items():
            if print_ not in self._read and old["name"] in by_name:
                cls, reader, build = by_name[old["name"]]
                self._read[print_] = (cls, fastavro.parse_schema(old), reader, build)

    def encode(self, record: Any) -> bytes:
        """The record's bytes, with the current schema of its class. Pure."""
        header, body = self._write[type(record)]
        return header + body(record)

    def peek(self, data: bytes) -> type:
        """The class of the record, from its header alone.

        Raises:
            DecodeError: for a wrong header or a schema that this process has never heard of.
        """
        return self._known(self._framing.split(data)[0])[0]

    def schema(self, data: bytes) -> str:
        """The fingerprint of the schema that the record was written with, hexadecimal, from its header alone.

        Raises:
            DecodeError: for a wrong header.
        """
        return self._framing.split(data)[0].hex()

    def decode(self, data: bytes) -> Any:
        """The record, whatever schema of its class it was written with. Pure.

        Raises:
            DecodeError: for a wrong header, an unknown schema, or a body that does not fit it.
        """
        print_, begin = self._framing.split(data)
        _, writer, reader, build = self._known(print_)
        body = io.BytesIO(data)
        body.seek(begin)
        try:
            datum = fastavro.schemaless_reader(body, writer, reader)
            record = build(datum)
        except Exception as error:  # fastavro raises whatever its parser stumbles over
            raise DecodeError(f"the body does not fit its schema: {type(error).__name__}: {error}") from error
        if body.tell() != len(data):
            raise DecodeError(f"{len(data) - body.tell()} bytes are left over behind the record")
        return record

    def neutral(self, data: bytes) -> bytes:
        """The record in single-object encoding, as it may leave this cluster; what is no record, as it is. Pure."""
        try:
            print_, body = self._framing.split(data)
        except DecodeError:
            return data
        return SingleObject().header(print_) + data[body:]

    def framed(self, data: bytes) -> bytes:
        """What `neutral` gave, in this process's framing; what is no record that it knows, as it is. Pure."""
        try:
            print_, body = SingleObject().split(data)
        except DecodeError:
            return data
        return self._framing.header(print_) + data[body:] if print_ in self._read else data

    def _known(self, print_: bytes) -> tuple[type, Any, Any, Callable[[dict[str, Any]], Any]]:
        found = self._read.get(print_)
        if found is None:
            raise UnknownSchemaError(f"schema {print_.hex()} is unknown; a newer podium may have written this record")
        return found


@cache
def codec() -> Codec:
    """The process's codec: single-object encoding, or Confluent framing where `SCHEMA_REGISTRY_URL` is set.

    Raises:
        ConfigError: when the registry refuses a schema.
        DependencyError: when the registry does not answer.
    """
    if url := load().schema_registry_url:
        return Codec(ConfluentFraming(resolve_ids(url, history_schemas(HISTORY))))
    return Codec(SingleObject())
