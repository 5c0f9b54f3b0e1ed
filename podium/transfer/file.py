"""The file that a contest's part of the log is exported to: a zip with its records, their schemas and a header.

| member | holds |
|---|---|
| `records` | each record: position, Kafka's timestamp (ms) and length as big-endian `>qqi`, then so many bytes; -1: no value |
| `schemas/FINGERPRINT.avsc` | each schema that a record was written with |
| `contest.json` | format, version, contest, first and last position, count, SHA-256 of `records`, the schemas' names |

Records are in Avro single-object encoding, in the order of the log, and all have the contest's id as their key. The same
records give the same file.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

from packages.files import DAMAGED
from schemas.errors import DataError
from schemas.ids import check_id
from schemas.topics import MAX_MESSAGE_BYTES

__all__ = ["FORMAT", "Header", "LogFile", "Stored", "write_log_file"]

FORMAT = "podium-contest-log"
VERSION = 1
_HEADER, _RECORDS, _SCHEMAS = "contest.json", "records", "schemas/"
_FRAME = struct.Struct(">qqi")
_LONGEST_HEADER = 1 << 20
"""Bytes: one line for each schema that was ever written stays far below."""

_DAY_ONE = (1980, 1, 1, 0, 0, 0)
"""The date of every member: the same log gives the same file."""


class Stored(NamedTuple):
    """A record: where it stood, when Kafka took it (ms, real time), its bytes; None for one without a value."""

    position: int
    timestamp: int
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself. `schemas` are the types that its records have, by fingerprint."""

    contest: str
    first: int
    last: int
    count: int
    sha256: str
    schemas: dict[str, str] = field(default_factory=dict)


def write_log_file(
    file: IO[bytes], contest: str, records: Iterable[Stored], known: dict[bytes, dict[str, Any]]
) -> Header:
    """Write the records as they come, then their schemas and the header.

    Args:
        file: to write to; it need not be able to seek.
        contest: whose records they are.
        records: in the order of the log.
        known: every schema that was ever written, by fingerprint.

    Raises:
        DataError: for no record at all.
    """
    total, count, first, last = hashlib.sha256(), 0, -1, -1
    used: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(_member(_RECORDS), "w", force_zip64=True) as out:
            for one in records:
                value = one.value
                framed = _FRAME.pack(one.position, one.timestamp, -1 if value is None else len(value)) + (value or b"")
                total.update(framed)
                out.write(framed)
                first, last, count = one.position if count == 0 else first, one.position, count + 1
                print_ = (value or b"")[2:10]
                if print_ in known and print_.hex() not in used:
                    used[print_.hex()] = known[print_]
        if not count:
            raise DataError(f"the log holds nothing of a contest {contest!r}")
        for name, schema in sorted(used.items()):
            archive.writestr(_member(f"{_SCHEMAS}{name}.avsc"), json.dumps(schema, indent=1) + "\n")
        names = {name: str(schema["name"]) for name, schema in sorted(used.items())}
        header = Header(contest, first, last, count, total.hexdigest(), names)
        said = {"format": FORMAT, "version": VERSION, **asdict(header)}
        archive.writestr(_member(_HEADER), json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    return header


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DAY_ONE)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


class LogFile:
    """A contest's exported log. Use as a context manager, or call `close`."""

    def __init__(self, path: Path) -> None:
        """Open the file and read its header.

        Raises:
            DataError: when there is none, or it is no such file.
        """
        self.path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except DAMAGED as error:
            raise DataError(f"{path}: no exported contest that can be read: {error}") from error
        try:
            self.header = self._read_header()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def _read_header(self) -> Header:
        names = self._archive.namelist()
        if _HEADER not in names or _RECORDS not in names:
            raise DataError(
                f"{self.path}: no exported contest: a contest package is read by `podium contest apply`, "
                "a feed by `podium import`"
            )
        try:
            with self._archive.open(_HEADER) as file:
                said = json.loads(file.read(_LONGEST_HEADER))
            if said["format"] != FORMAT:
                raise ValueError(f"its format is {said['format']!r}")
            if said["version"] != VERSION:
                raise ValueError(f"its version is {said['version']!r}, this podium reads {VERSION}")
            header = Header(**{one.name: said[one.name] for one in fields(Header)})
            check_id(header.contest, "contest")
            if not all(isinstance(n, int) and n >= 0 for n in (header.first, header.last, header.count)):
                raise ValueError("positions and count are no numbers")
        except (*DAMAGED, DataError, KeyError, TypeError) as error:
            raise DataError(f"{self.path}: {_HEADER}: {error or type(error).__name__}") from error
        return header

    def records(self) -> Iterator[Stored]:
        """The records in their order; after the last, the file is proved to be whole.

        Raises:
            DataError: for a file that is damaged, or not what its header says.
        """
        total, count, last = hashlib.sha256(), 0, -1
        try:
            with self._archive.open(_RECORDS) as file:
                while head := _exactly(file, _FRAME.size):
                    position, timestamp, length = _FRAME.unpack(head)
                    if position <= last or not -1 <= length <= MAX_MESSAGE_BYTES:
                        raise ValueError(f"record {count + 1} is none")
                    value = None if length < 0 else _exactly(file, length)
                    if length > 0 and not value:
                        raise ValueError("it breaks off")
                    total.update(head)
                    total.update(value or b"")
                    last, count = position, count + 1
                    yield Stored(position, timestamp, value)
        except DAMAGED as error:
            raise DataError(f"{self.path}: damaged: {error or type(error).__name__}") from error
        header = self.header
        if (count, total.hexdigest(), last) != (header.count, header.sha256, header.last):
            raise DataError(f"{self.path}: damaged: its records are not those that its header says")


def _exactly(file: IO[bytes], size: int) -> bytes:
    """So many bytes, or none at the end.

    Raises:
        ValueError: when the file ends in between.
    """
    found = file.read(size)
    while 0 < len(found) < size:
        more = file.read(size - len(found))
        if not more:
            raise ValueError("it breaks off")
        found += more
    return found
