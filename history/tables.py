"""The history's tables and views, from the SQL files beside this module.

The embedded history makes them when it starts; `apply` makes them in a ClickHouse of somebody else's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from history.config import DATABASES
from schemas.errors import DependencyError

__all__ = ["apply", "make"]

SQL = Path(__file__).with_name("sql")

_TABLES = "tables.sql"
_VIEWS = ("terms.sql", "judgements.sql", "scoreboard.sql", "public.sql")


def apply(client: Client) -> None:
    """Make the databases, tables and views in a running ClickHouse; see `make`. Idempotent.

    Raises:
        DependencyError: when it does not answer or refuses.
    """
    try:
        make(lambda sql: client.raw_query(sql, use_database=False).decode())
    except ClickHouseError as error:
        raise DependencyError(f"the history's tables: {error}") from error


def make(ask: Callable[[str], str]) -> None:
    """Make what is missing through *ask*, which runs SQL and answers tab-separated. Idempotent.

    The database `podium` is podium's own and derives from the log: tables of another version are dropped, and the sink,
    whose positions go with them, fills the new ones from the log's beginning.
    """
    for database in DATABASES:
        ask(f"CREATE DATABASE IF NOT EXISTS {database}")
    tables = _statements(_TABLES)
    version = hashlib.sha256("".join(tables).encode()).hexdigest()[:16]
    held = ask("SELECT comment FROM system.tables WHERE database = 'podium' AND name = 'sink_offsets'").strip()
    if held != version:
        for name in ask(
            "SELECT name FROM system.tables WHERE database = 'podium' AND engine LIKE '%MergeTree'"
        ).split():
            ask(f"DROP TABLE podium.{name} SYNC")
    for statement in tables:
        # the last one holds the positions: once it says so, all are of this version
        ask(statement if statement is not tables[-1] else f"{statement} COMMENT '{version}'")
    for file in _VIEWS:
        for statement in _statements(file):
            ask(statement)


def _statements(file: str) -> list[str]:
    text = re.sub(r"^\s*--.*$", "", (SQL / file).read_text(), flags=re.MULTILINE)
    return [one.strip() for one in text.split(";\n") if one.strip()]
