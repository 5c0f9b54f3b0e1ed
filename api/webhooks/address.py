"""Whom a webhook may make us call: no service of this machine or its network that takes whoever calls for one of its own."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from urllib.parse import urlsplit

from schemas.errors import DataError

__all__ = ["check_url", "resolved"]

LONGEST = 2000
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_OF_CLOUDS = frozenset(
    ipaddress.ip_address(one)
    for one in (
        "fd00:ec2::254",  # Amazon's machine metadata
        "fd00:ec2::23",  # Amazon's credentials of a pod
        "fd20:ce::254",  # Google's machine metadata
        "100.100.100.200",  # Alibaba's machine metadata
        "168.63.129.16",  # Azure's host: the machine's settings and certificates
    )
)
"""Where a cloud answers a machine with its credentials, at addresses that are not link-local as 169.254.169.254 is."""


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
        local: whether this machine's addresses are fine, too: loopback, and those that it has in its networks.

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
    raise DataError(f"{host} is of this machine, of its cloud or of no host: it is not called")


def _may_be_called(address: _Address, *, local: bool) -> bool:
    """Whether it is some host's: a contest's own network is, the services of a cloud's machine are not."""
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback:
        return local
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    if address in _OF_CLOUDS:
        return False
    return local or not _is_ours(address)


def _is_ours(address: _Address) -> bool:
    """Whether this machine has the address in one of its networks: then a socket can be bound to it."""
    try:
        with socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as one:
            one.bind((str(address), 0))
    except OSError as error:
        # of any other failure nobody knows
        return error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
    return True
