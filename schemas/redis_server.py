"""What podium needs of a Redis: one server for all keys."""

from __future__ import annotations

import redis

from schemas.addresses import redacted
from schemas.errors import ConfigError
from schemas.settings import Settings

__all__ = ["check_redis"]


def check_redis(settings: Settings) -> None:
    """Refuse a Redis that podium cannot use. One that does not answer now is waited for elsewhere.

    Raises:
        ConfigError: when it is a node of a cluster.
    """
    try:
        # short: who calls this goes on to ask for real, and knows how long to wait then
        with redis.Redis.from_url(settings.redis, socket_timeout=2, socket_connect_timeout=2) as client:
            clustered = client.info("cluster").get("cluster_enabled")
    except redis.RedisError:  # away, or one that does not tell
        return
    if clustered:
        raise ConfigError(
            f"PODIUM_REDIS: {redacted(settings.redis)} is a node of a Redis cluster, which podium does not speak to; "
            "name one server, or an address that follows its primary (docs/operators.md)"
        )
