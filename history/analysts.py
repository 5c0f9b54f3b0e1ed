"""The history in a ClickHouse of somebody else's: its tables, and the user `analyst`, who reads the public database and nothing else."""

from __future__ import annotations

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from history.access import ANALYST, analyst_limits
from history.config import DATABASES
from history.engine import quote
from history.tables import apply
from schemas.errors import DependencyError
from schemas.history import connect
from schemas.settings import Settings

__all__ = ["analyst_sql", "apply_analyst", "apply_history"]


def analyst_sql(password: str) -> list[str]:
    """The statements that make the user, or make it anew with what it must be. Pure."""
    limits = ", ".join(f"{name} = {value} CONST" for name, value in {"readonly": "1", **analyst_limits()}.items())
    return [
        f"CREATE USER OR REPLACE {ANALYST} IDENTIFIED BY {quote(password)} DEFAULT DATABASE {DATABASES[1]} SETTINGS {limits}",
        f"GRANT SELECT ON {DATABASES[1]}.* TO {ANALYST}",
    ]


def apply_history(settings: Settings, *, rebuild: bool = False) -> list[str]:
    """Make the databases, tables, views and the user in the ClickHouse of the settings; see `history.tables.apply`.

    Returns:
        One line for each change, and for what somebody else has to do.
    """
    with connect(settings) as client:
        return apply(client, rebuild=rebuild) + apply_analyst(settings, client)


def apply_analyst(settings: Settings, client: Client) -> list[str]:
    """Make the user, with PODIUM_CLICKHOUSE_ANALYST_PASSWORD. Idempotent.

    Returns:
        What was done, or what somebody who may make users has to do; nothing where the user is there already and this
        one may not make it.
    """
    if not settings.clickhouse_analyst_password:
        return [] if _reads(settings) else ["no user analyst: PODIUM_CLICKHOUSE_ANALYST_PASSWORD is not set"]
    try:
        for statement in analyst_sql(settings.clickhouse_analyst_password):
            client.command(statement, use_database=False)
    except ClickHouseError as error:
        if _reads(settings):
            return []
        wanted = "; ".join(analyst_sql("…"))
        return [
            f"no user analyst: {settings.clickhouse_username} may not make it ({error}); as an administrator: {wanted}"
        ]
    return ["made the user analyst"]


def _reads(settings: Settings) -> bool:
    """Whether the user is there with this password and sees the public database."""
    try:
        client = connect(settings, username=ANALYST, password=settings.clickhouse_analyst_password)
    except DependencyError:
        return False
    try:
        client.query("SELECT count() FROM podium_public.contests")
    except ClickHouseError:
        return False
    finally:
        client.close()
    return True
