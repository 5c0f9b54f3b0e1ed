"""Where a connection comes from, and what of it is counted as one sender."""

from __future__ import annotations

import ipaddress

from starlette.requests import HTTPConnection

__all__ = ["address_of", "network_of"]


def address_of(connection: HTTPConnection) -> str:
    """Where the request comes from, as an IP address; empty where that is not known.

    A proxy is believed only where it is trusted (`api/proxies.py`), and then no further than it says an address.
    """
    try:
        found = ipaddress.ip_address(connection.client.host if connection.client else "")
    except ValueError:
        return ""
    return str(getattr(found, "ipv4_mapped", None) or found)


def network_of(address: str) -> str:
    """What is counted as one sender: an IPv4 address, or the 64 bits of an IPv6 address that a site is given. Pure."""
    if ":" not in address:
        return address
    return f"{ipaddress.IPv6Address(int(ipaddress.IPv6Address(address)) >> 64 << 64)}/64"
