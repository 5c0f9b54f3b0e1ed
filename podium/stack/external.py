"""What a stack does with the parts that are not its own before its first process: they may be new and empty."""

from __future__ import annotations

from collections.abc import Collection

from history.analysts import apply_history
from podium.stack.parts import OF_HISTORY, OF_REDIS
from schemas.redis_server import check_redis
from schemas.settings import Settings
from schemas.topics import apply_topics

__all__ = ["prepare"]


def prepare(settings: Settings, kinds: Collection[str]) -> list[str]:
    """Make topics and tables in a Kafka and a ClickHouse of somebody else's, as far as *kinds* of process need them.

    Idempotent.

    Returns:
        One line for each change.

    Raises:
        ConfigError: for topics or tables that only an operator may change, and a Redis that cannot be used.
        DependencyError: when one of them does not answer.
    """
    done: list[str] = []
    if "redis" not in settings.embedded and OF_REDIS & set(kinds):
        check_redis(settings)
    if "kafka" not in settings.embedded and set(kinds) - {"redis", "history"}:
        done += apply_topics(settings)
    if "clickhouse" not in settings.embedded and OF_HISTORY & set(kinds):
        done += apply_history(settings)
    return done
