"""Going through many clients without keeping the loop from everybody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from api.push.connection import Connection

__all__ = ["SLICE", "walk"]

SLICE = 1024
"""Clients between two looks at the loop: some twenty milliseconds. Whatever is done at a look delays all clients behind it, and
others wait less than those would: in slices of 128 the last of 2,000 heard a delta 30 ms later while thousands logged in."""


async def walk(connections: Collection[Connection], visit: Callable[[Connection], None]) -> None:
    """Visit every client that is not busy; it never waits for one."""
    all_ = list(connections)
    for at in range(0, len(all_), SLICE):
        for connection in all_[at : at + SLICE]:
            if not connection.busy and not connection.done.is_set():
                visit(connection)
        await asyncio.sleep(0)
