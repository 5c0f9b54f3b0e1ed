"""Addresses in settings: how each kind must look, and how one is shown without the password in it. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

__all__ = ["encrypted", "host_port", "host_ports", "networks", "redacted", "redis_url", "server_url", "url_of"]


def redacted(address: str) -> str:
    """The URL without user and password, for messages; anything else as it is."""
    scheme, separator, rest = address.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def host_port(value: str) -> str:
    """Check one host:port.

    Raises:
        ValueError: saying what was expected.
    """
    host, _, port = value.rpartition(":")
    if not host or set(host) & set(",/@ ") or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"expected host:port with a port from 1 to 65535, got {redacted(value)!r}")
    return value


def host_ports(value: str) -> str:
    """Check host:port,host:port,….

    Raises:
        ValueError: saying what was expected.
    """
    for one in value.split(","):
        host_port(one)
    return value


def url_of(*schemes: str) -> Callable[[str], str]:
    """A check of a URL with one of these schemes and a host; empty passes, the end loses its slash."""

    def check(value: str) -> str:
        wanted = " or ".join(f"{scheme}://host:port" for scheme in schemes)
        try:
            parts = urlsplit(value)
            good = parts.scheme in schemes and parts.hostname and parts.port != 0
        except ValueError:  # a port that is no number, or brackets that do not close
            good = False
        if value and not good:
            raise ValueError(f"expected {wanted}, got {redacted(value)!r}")
        return value.rstrip("/")

    return check


def redis_url(value: str) -> str:
    """Check redis[s]://[user:password@]host:port/database.

    Raises:
        ValueError: saying what was expected.
    """
    value = url_of("redis", "rediss")(value)
    database = urlsplit(value).path.strip("/")
    if database and not (database.isascii() and database.isdigit()):
        raise ValueError(f"expected the number of a database at the end, as in redis://host:6379/0, got {database!r}")
    return value


def server_url(value: str) -> str:
    """Check http[s]://host:port and nothing more: what stood around it would be ignored.

    Raises:
        ValueError: saying what was expected.
    """
    value = url_of("http", "https")(value)
    if "@" in value or urlsplit(value).path:
        raise ValueError(
            f"expected http(s)://host:port alone, got {redacted(value)!r}; a user has variables of its own"
        )
    return value


def networks(value: str) -> str:
    """Check a list of IP addresses and networks, separated by commas; empty passes.

    Raises:
        ValueError: saying what was expected.
    """
    for one in value.split(",") if value else ():
        try:
            ipaddress.ip_network(one)
        except ValueError:
            raise ValueError(f"expected addresses or networks such as 10.0.0.2,10.1.0.0/16, got {one!r}") from None
    return value


def encrypted(value: str) -> str:
    """Check that a URL is https, unless it is of this machine; empty passes.

    Raises:
        ValueError: saying what was expected.
    """
    host = urlsplit(value).hostname
    if value and not value.startswith("https://") and host not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError(f"expected https://…, got {redacted(value)!r}")
    return value
