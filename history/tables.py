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
from history.nested import nested
from schemas.errors import ConfigError, DependencyError

__all__ = ["apply", "make"]

SQL = Path(__file__).with_name("sql")

_TABLES = "tables.sql"
_VIEWS = ("terms.sql", "judgements.sql", "scoreboard.sql", "points.sql", "public.sql")


def apply(client: Client, *, rebuild: bool = False) -> list[str]:
    """Make the databases, tables and views in a running ClickHouse; see `make`. Idempotent.

    Returns:
        One line for each change.

    Raises:
        ConfigError: when there are rows in tables of another version, and not *rebuild*.
        DependencyError: when it does not answer or refuses.
    """
    try:
        return make(lambda sql: client.raw_query(sql, use_database=False).decode(), rebuild=rebuild)
    except ClickHouseError as error:
        raise DependencyError(f"the history's tables: {error}") from error


def make(ask: Callable[[str], str], *, rebuild: bool) -> list[str]:
    """Make what is missing through *ask*, which runs SQL and answers tab-separated. Idempotent.

    The database `podium` is podium's own and derives from the log: with *rebuild*, tables of another version are
    dropped, and the sink, whose positions go with them, fills the new ones from the log's beginning.

    Returns:
        One line for each change.

    Raises:
        ConfigError: when there are rows in tables of another version, and not *rebuild*.
    """
    done = []
    for database in DATABASES:
        ask(f"CREATE DATABASE IF NOT EXISTS {database}")
    tables = _statements(_TABLES)
    version = hashlib.sha256("".join(tables).encode()).hexdigest()[:16]
    held = ask("SELECT comment FROM system.tables WHERE database = 'podium' AND name = 'sink_offsets'").strip()
    if held != version:
        ours = "FROM system.tables WHERE database = 'podium' AND engine LIKE '%MergeTree'"
        if not rebuild and int(ask(f"SELECT sum(ifNull(total_rows, 0)) {ours}")):
            raise ConfigError(
                "the history's tables are of another version of podium: `podium history apply --rebuild` drops them and "
                "makes new ones, which the history sink fills from the log; analysts see part of it until then"
            )
        for name in ask(f"SELECT name {ours}").split():
            ask(f"DROP TABLE podium.{name} SYNC")
            done.append(f"dropped podium.{name}")
        done.append(f"made the tables of version {version}")
    for statement in tables:
        # the last one holds the positions: once it says so, all are of this version
        ask(statement if statement is not tables[-1] else f"{statement} COMMENT '{version}'")
    _make_views(ask, version)
    return done


def _make_views(ask: Callable[[str], str], tables: str) -> None:
    """Make the views, unless they are there as these files and tables have them: the engine takes a second over them."""
    views = [nested(statement) for file in _VIEWS for statement in _statements(file)]
    version = hashlib.sha256("".join([tables, *views]).encode()).hexdigest()[:16]
    # one more, made last, says which version all of them are of
    views.append(f"CREATE OR REPLACE VIEW podium.views AS SELECT '{version}' AS version")
    ours = f"FROM system.tables WHERE database IN {DATABASES} AND engine = 'View'"
    number, _, said = ask(f"SELECT count(), anyIf(as_select, name = 'views') {ours}").strip().partition("\t")
    if int(number) != len(views) or version not in said:
        for statement in views:
            ask(statement)


def _statements(file: str) -> list[str]:
    text = re.sub(r"^\s*--.*$", "", (SQL / file).read_text(), flags=re.MULTILINE)
    return [one.strip() for one in text.split(";\n") if one.strip()]
