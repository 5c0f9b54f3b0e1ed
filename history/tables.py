"""The history's tables and views, from the SQL files beside this module.

The embedded history makes them when it starts; `apply` makes them in a ClickHouse of somebody else's.
"""

from __future__ import annotations

import re
from pathlib import Path

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from history.config import DATABASES
from schemas.errors import DependencyError

__all__ = ["apply", "statements"]

SQL = Path(__file__).with_name("sql")

_FILES = ("tables.sql", "scoreboard.sql", "views.sql", "public.sql")


def apply(client: Client) -> None:
    """Make the databases, the tables that are missing, and the views as they are now. Idempotent.

    Raises:
        DependencyError: when the history does not answer or refuses.
    """
    try:
        for statement in statements():
            client.command(statement, use_database=False)
    except ClickHouseError as error:
        raise DependencyError(f"the history's tables: {error}") from error


def statements() -> list[str]:
    """Databases, tables and views: the statements of the SQL files in order. Pure."""
    found = [f"CREATE DATABASE IF NOT EXISTS {database}" for database in DATABASES]
    for name in _FILES:
        text = re.sub(r"^\s*--.*$", "", (SQL / name).read_text(), flags=re.MULTILINE)
        found += [one.strip() for one in text.split(";\n") if one.strip()]
    return found
