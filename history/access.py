"""Who may ask: `default` for podium's own processes and the jury, `analyst` for the public database, within limits."""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from history.config import DATABASES
from history.refusal import refuse
from schemas.errors import ConfigError
from schemas.settings import Settings

__all__ = ["ANALYST", "ANALYSTS", "LOOPBACK", "User", "Users", "analyst_limits"]

ANALYST = "analyst"
"""The user who reads the public database."""

ANALYSTS = 2
"""Queries that analysts may run at a time; the next is refused, and clients try again."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def analyst_limits() -> dict[str, str]:
    """The engine's settings for each query of an analyst."""
    return {
        # all of them together leave three quarters of the cores to the contest; small machines have one thread for each
        "max_threads": str(max(1, (os.cpu_count() or 1) // (4 * ANALYSTS))),
        # long enough for a question about every contest, too short to keep a core from the judges
        "max_execution_time": "60",
        # a quarter of what the engine may take
        "max_memory_usage": "500000000",
        "max_bytes_before_external_group_by": "200000000",
        "max_bytes_before_external_sort": "200000000",
        "max_temporary_data_on_disk_size_for_query": "2000000000",
        "max_result_rows": "10000000",
        "max_result_bytes": "1000000000",
        # rows read would tell how many judgements lie behind the freeze
        "output_format_write_statistics": "0",
        # what was asked three times is compiled, and an error of it has other words: they would tell what others asked
        "compile_expressions": "0",
    }


@dataclass(frozen=True, slots=True)
class User:
    """A user of the endpoint: the limits of each of its queries, and whether the gate stands before it."""

    name: str
    password: str
    database: str
    gated: bool
    limits: dict[str, str]


class Users:
    """The endpoint's two users."""

    def __init__(self, settings: Settings) -> None:
        """Without passwords only on loopback.

        Raises:
            ConfigError: when another machine could reach the history without a password.
        """
        host = urlsplit(settings.clickhouse).hostname or ""
        if host not in LOOPBACK and not (settings.clickhouse_password and settings.clickhouse_analyst_password):
            raise ConfigError(
                f"PODIUM_CLICKHOUSE: {host} is not loopback: set PODIUM_CLICKHOUSE_PASSWORD "
                "and PODIUM_CLICKHOUSE_ANALYST_PASSWORD"
            )
        self._users = {
            settings.clickhouse_username: User(
                settings.clickhouse_username, settings.clickhouse_password, DATABASES[0], gated=False, limits={}
            ),
            ANALYST: User(
                ANALYST, settings.clickhouse_analyst_password, DATABASES[1], gated=True, limits=analyst_limits()
            ),
        }

    def authenticate(self, name: str, password: str) -> User:
        """The user of this name and password.

        Raises:
            DataError: AUTHENTICATION_FAILED; it does not say whether there is such a user.
        """
        user = self._users.get(name)
        if user is None or not hmac.compare_digest(user.password.encode(), password.encode()):
            raise refuse(
                "AUTHENTICATION_FAILED",
                f"{name}: Authentication failed: password is incorrect, or there is no user with such name.",
            )
        return user
