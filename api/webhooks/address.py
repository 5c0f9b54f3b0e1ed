"""Whom a webhook may make us call: no service of this machine or its network that takes whoever calls for one of its own."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

from schemas.errors import DataError

__all__ = ["check_url", "resolved"]

LONGEST = 2000


def check_url(value: str) -> str:
    """The URL, if it may be one of a webhook. Pure.

    Raises:
        DataError: when it is none.
    """
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise DataError("expected a URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or not value.isascii():
        raise DataError("expected an http or https URL")
    if parts.username is not None or parts.fragment or len(value) > LONGEST or not value.isprintable():
        raise DataError(f"expected a URL without a login, without '#', of at most {LONGEST} characters")
    return value


async def resolved(url: str, *, local: bool) -> str:
    """The address that the URL's host has now, checked.

    It is what is then connected to: whoever asks again may be told another one.

    Args:
        url: that of a webhook.
        local: whether addresses of this machine are fine, too.

    Raises:
        DataError: when it has none that we may call.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, parts.port or parts.scheme, type=socket.SOCK_STREAM)
    except OSError as error:
        raise DataError(f"{host}: {error.strerror or error}") from None
    for *_, sockaddr in found:
        address = ipaddress.ip_address(sockaddr[0])
        if _may_be_called(address, local=local):
            return str(address)
    raise DataError(f"{host} is of this machine or of no host: it is not called")


def _may_be_called(address: ipaddress.IPv4Address | ipaddress.IPv6Address, *, local: bool) -> bool:
    """Whether it is some host's: a contest's own network is, the services of a cloud's machine (link-local) are not."""
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    if address.is_loopback:
        return local
    return not (address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved)
