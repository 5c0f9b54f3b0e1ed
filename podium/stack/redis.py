"""The embedded Redis: redis-server with its append-only file on, loopback only."""

from __future__ import annotations

import shutil

import redis

from schemas.errors import ConfigError
from schemas.settings import Settings

__all__ = ["answers", "command", "prepare"]


def _address(settings: Settings) -> tuple[str, str]:
    host, _, port = settings.redis.removeprefix("redis://").partition("/")[0].partition(":")
    return host, port


def prepare(settings: Settings) -> None:
    """Make its folder. Idempotent.

    Raises:
        ConfigError: when redis-server is not installed.
    """
    if shutil.which("redis-server") is None:
        raise ConfigError("redis-server is not installed; run `make setup`, or `apt-get install redis-server`")
    (settings.home / "redis").mkdir(parents=True, exist_ok=True)


def command(settings: Settings) -> list[str]:
    """How to start the server."""
    host, port = _address(settings)
    return [
        "redis-server",
        *("--bind", host, "--port", port, "--protected-mode", "yes"),
        *("--dir", str(settings.home.absolute() / "redis"), "--appendonly", "yes", "--appendfsync", "everysec"),
        *("--save", "", "--daemonize", "no", "--loglevel", "warning"),
    ]


def answers(settings: Settings) -> bool:
    """Whether the server answers and has read its file, within a second."""
    try:
        with redis.Redis.from_url(settings.redis, socket_timeout=1, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
