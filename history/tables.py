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

_FILES = ("tables.sql", "terms.sql", "judgements.sql", "scoreboard.sql", "public.sql")


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
    """Databases, tables and views: the statements of the SQL files in order. Pure.

    A parameterized view that reads from another one is written so in its file, and made with the other's text in place:
    the engine analyses a view anew, and more than once, at each level of nesting.
    """
    found = [f"CREATE DATABASE IF NOT EXISTS {database}" for database in DATABASES]
    views: dict[str, str] = {}
    for name in _FILES:
        text = re.sub(r"^\s*--.*$", "", (SQL / name).read_text(), flags=re.MULTILINE)
        for one in text.split(";\n"):
            statement = _CALL.sub(lambda call: _in_place(call, views), one.strip())
            if view := _VIEW.match(statement):
                views[view[1]] = statement[view.end() :]
            if statement:
                found.append(statement)
    return found


_VIEW = re.compile(r"CREATE OR REPLACE VIEW (podium\.\w+) AS\s+")
_CALL = re.compile(r"(podium\.\w+)\(((?:\s*\w+ = (?:'[^']*'|\{\w+:\w+\}|-?\w+),?)+)\)")
_ARGUMENT = re.compile(r"(\w+) = ('[^']*'|\{\w+:\w+\}|-?\w+)")


def _in_place(call: re.Match[str], views: dict[str, str]) -> str:
    given = dict(_ARGUMENT.findall(call[2]))
    return "(" + re.sub(r"\{(\w+):\w+\}", lambda parameter: given[parameter[1]], views[call[1]]) + ")"
