"""Writing the history's tables: rows by table, how far each partition is in, and making a contest's rows anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, Error
from clickhouse_connect.driver.insert import InsertContext

from schemas.errors import ConfigError, DependencyError, PodiumError
from schemas.history import connect
from schemas.settings import Settings
from streams.history_sink.rows import BOARD_TABLES, COLUMNS, LOG_TABLES, Rows

__all__ = ["Store"]

_NO_TABLES = (16, 60, 81)
"""ClickHouse's codes for a column, a table and a database that do not exist: no retry makes them."""


class Store:
    """The history as the sink writes it. Connects when it is first used, and again after every error.

    Every method raises DependencyError when the history does not answer or refuses; calling again is safe. They raise
    ConfigError when it lacks podium's tables.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Client | None = None
        self._contexts: dict[str, InsertContext] = {}

    def close(self) -> None:
        """Let the connection go. Idempotent."""
        if self._client is not None:
            self._client.close()
        self._client = None
        self._contexts.clear()

    def _connected(self) -> Client:
        if self._client is None:
            self._client = connect(self._settings)
        return self._client

    def write(self, rows: Rows) -> None:
        """Insert rows, one insert a table. Idempotent: rows are keyed by what they are about and their position."""
        by_table: dict[str, list[tuple[Any, ...]]] = {}
        for table, row in rows:
            by_table.setdefault(table, []).append(row)
        for table, found in by_table.items():
            self._insert(table, found)

    def positions(self, partitions: Collection[int]) -> dict[tuple[str, int], int]:
        """The first position that is not in the tables, by topic and partition; those without one are left out."""
        found = self._ask(
            "SELECT topic, partition, max(next_position) FROM podium.sink_offsets "
            "WHERE has({partitions:Array(Int64)}, partition) GROUP BY topic, partition",
            {"partitions": sorted(partitions)},
        )
        return {(topic, partition): position for topic, partition, position in found}

    def advance(self, positions: Mapping[tuple[str, int], int]) -> None:
        """Say that everything before these positions is in the tables. They never go back."""
        self._insert("sink_offsets", [(topic, partition, at) for (topic, partition), at in positions.items()])

    def now(self) -> datetime:
        """The history's own clock, which stamps when a row was loaded."""
        moment: datetime = self._ask("SELECT now64(3, 'UTC')", {})[0][0]
        return moment

    def drop_older(self, contest: str, upto: int, loaded_before: datetime) -> None:
        """Delete the contest's rows that were loaded before a moment, of those of the log up to a position only."""
        stamp = loaded_before.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        before = "loaded_at < toDateTime64({stamp:String}, 3, 'UTC')"
        given = {"contest": contest, "stamp": stamp}
        self._delete(LOG_TABLES, f"position <= {{upto:UInt64}} AND {before}", given | {"upto": upto})
        self._delete(BOARD_TABLES, before, given)

    def drop_positions(self, contest: str, positions: Collection[int]) -> None:
        """Delete the contest's rows that derive from these positions of the log."""
        if positions:
            given = {"contest": contest, "positions": sorted(positions)}
            self._delete(LOG_TABLES, "has({positions:Array(UInt64)}, position)", given)

    def _delete(self, tables: Collection[str], condition: str, parameters: dict[str, Any]) -> None:
        where = f"FROM podium.TABLE WHERE contest = {{contest:String}} AND {condition}"
        for table in tables:
            what = where.replace("TABLE", table)
            # a deletion rewrites parts, also where there is nothing to delete
            if self._ask(f"SELECT 1 {what} LIMIT 1", parameters):
                self._command(f"DELETE {what}", parameters)

    # ---- asking ---------------------------------------------------------------------------------------------------

    def _insert(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        client = self._connected()
        try:
            context = self._contexts.get(table)
            if context is None:
                columns = COLUMNS.get(table, ("topic", "partition", "next_position"))
                # one insert is one part: the history must not hold it back and put it together with others
                context = client.create_insert_context(
                    table, column_names=columns, database="podium", settings={"async_insert": 0}
                )
                self._contexts[table] = context
            client.insert(data=rows, context=context)
        except ClickHouseError as error:
            raise self._failed(f"the history does not take rows of {table}", error) from error

    def _ask(self, sql: str, parameters: dict[str, Any]) -> Any:
        client = self._connected()
        try:
            return client.query(sql, parameters=parameters).result_rows
        except ClickHouseError as error:
            raise self._failed("the history", error) from error

    def _command(self, sql: str, parameters: dict[str, Any]) -> None:
        client = self._connected()
        try:
            client.command(sql, parameters=parameters)
        except ClickHouseError as error:
            raise self._failed("the history", error) from error

    def _failed(self, what: str, error: ClickHouseError) -> PodiumError:
        self.close()
        if isinstance(error, Error) and error.code in _NO_TABLES:
            return ConfigError("the history has none of podium's tables, or old ones: run `podium history apply`")
        return DependencyError(f"{what}: {error}")
