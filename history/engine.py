"""The one chdb of this process: opening the store, and connections of which each serves one request.

Three facts of the engine shape this module:
- After a materialised query has failed half-way, the next query on the *same* connection answers with the failed one's
  rows in front of its own: silently wrong. A request therefore gets a fresh connection (1 ms), and a session's is used
  again after an error only when probes come back clean. `tests/history/test_stale_output.py` fails when the engine no longer does this.
- A process that forks after the engine was loaded hangs in the child. Children end at once, with a message.
- A second process on the same folder is refused with an empty message; the reason goes to the standard error stream.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Self

from history.config import Layout, write_config
from history.refusal import refuse
from schemas.errors import ConfigError, DataError

__all__ = ["Connection", "Engine", "Written"]

Written = tuple[int, int]
"""Rows and bytes that an INSERT wrote."""


class Connection:
    """One connection of the engine, for one thread at a time; close it after an error."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back. Idempotent."""
        self._raw.close()

    def query(self, sql: str, format_: str = "TabSeparated", params: dict[str, str] | None = None) -> bytes:
        """Run a statement and return all of its output.

        Raises:
            DataError: with the engine's text.
        """
        try:
            return bytes(self._raw.query(sql, format_, params or {}).bytes())
        except RuntimeError as error:
            raise DataError(str(error)) from None

    def stream(self, sql: str, format_: str, params: dict[str, str]) -> Iterator[bytes]:
        """Run a reading statement and yield its output in pieces; closing the iterator ends the query.

        Raises:
            DataError: with the engine's text, also in the middle.
        """
        try:
            with self._raw.send_query(sql, format_, params) as pieces:
                for piece in pieces:
                    yield bytes(piece.bytes())
        except RuntimeError as error:
            raise DataError(str(error).removeprefix("Streaming query failed: ")) from None

    def insert(self, sql: str, format_: str, data: Iterator[bytes]) -> Written:
        """Run an INSERT with data in the format; all of it or an error.

        Raises:
            DataError: with the engine's text; nothing of a batch that fits one block was written.
        """
        try:
            with self._raw.send_insert(sql, format_) as inserter:
                for piece in data:
                    inserter.append(piece)
                result = inserter.finish()
        except RuntimeError as error:
            raise DataError(str(error)) from None
        return result.rows_written, result.bytes_written

    def use(self, database: str) -> None:
        """Make this the database of unqualified names.

        Raises:
            DataError: when there is no such database.
        """
        self.query("USE `{}`".format(database.replace("\\", "\\\\").replace("`", "\\`")))

    def recovers(self) -> bool:
        """Whether the connection answers cleanly after an error: what was left over goes to the first probe."""
        try:
            return any(self.query("SELECT 1") == b"1\n" for _ in range(3)) and self.query("SELECT 2") == b"2\n"
        except DataError:
            return False

    def classify(self, sql: str, database: str) -> tuple[str, int]:
        """What the SQL would do (READ_ONLY, MUTATING, CONTROL, UNKNOWN), and how many statements it is."""
        found = self._raw._conn.classify_query(sql, database)  # noqa: SLF001  # the wrapper does not show it
        return found["query_class"].name, int(found["statement_count"])

    def current(self, names: Iterable[str]) -> dict[str, str]:
        """What these settings are now."""
        found = self.query(
            "SELECT name, value FROM system.settings WHERE has({names:Array(String)}, name)",
            "JSONCompactEachRow",
            {"names": f"[{', '.join(quote(name) for name in names)}]"},
        )
        return dict(json.loads(line) for line in found.splitlines())

    def set(self, settings: dict[str, str]) -> None:
        """Change settings of this connection.

        Raises:
            DataError: for a name or a value that the engine does not know.
        """
        if settings:
            for name in settings:
                if not name.isidentifier():
                    raise refuse("UNKNOWN_SETTING", f"Unknown setting {name!r}")
            changes = ", ".join(f"{name}={quote(value)}" for name, value in settings.items())
            self.query(f"SET {changes}")


def quote(text: str) -> str:
    """A string literal of ClickHouse. Pure."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


class Engine:
    """Owns the store; one an process, opened once."""

    def __init__(self, layout: Layout) -> None:
        """Open the store, making it where there is none.

        Raises:
            ConfigError: when another process has it open, or the folder cannot be used.
        """
        try:
            write_config(layout)
        except OSError as error:
            raise ConfigError(f"history store {layout.root}: {error.strerror}") from error
        _refuse_if_in_use(layout)
        import chdb.state.sqlitelike as chdb  # noqa: PLC0415  # half a gigabyte: loaded by the process that owns it, after it was confined

        self._connect = chdb.Connection
        self._target = f"{layout.data.resolve()}?config-file={layout.config.resolve()}"
        try:
            # the engine lives as long as its first connection
            self._first = self._connect(self._target)
        except Exception as error:
            _refuse_if_in_use(layout)  # another process may have come between
            raise ConfigError(f"history store {layout.root}: the engine does not open it: {error}") from error
        os.register_at_fork(after_in_child=_end_child)

    def connect(self) -> Connection:
        """A fresh connection."""
        return Connection(self._connect(self._target))

    def close(self) -> None:
        """Close the store; what was acknowledged is on disk. Idempotent."""
        self._first.close()


def _refuse_if_in_use(layout: Layout) -> None:
    """The engine itself holds a lock on `status`; look whether somebody has it."""
    try:
        fd = os.open(layout.data / "status", os.O_RDWR)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConfigError(
            f"history store is in use: another process has {layout.data} open; "
            "connect to it over HTTP, or stop it first (podium down)"
        ) from None
    finally:
        os.close(fd)


def _end_child() -> None:
    sys.stderr.write("a process with the history engine cannot fork: its threads are gone and queries would hang\n")
    sys.stderr.flush()
    os._exit(70)
