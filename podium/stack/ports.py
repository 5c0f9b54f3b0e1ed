"""The addresses on which a stack listens: whether they are free, and who holds those that are not."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

from podium.stack.parts import Part

__all__ = ["taken"]


def taken(parts: Iterable[Part]) -> list[str]:
    """Each address of these parts on which somebody else listens: `127.0.0.1:18092 (kafka) is held by java … (pid 12)`."""
    return [
        f"{address} ({part.name}) is {_holder(int(address.rpartition(':')[2])) or 'taken'}"
        for part in parts
        for address in part.listens
        if not _free(address)
    ]


def _free(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do: connections that ended are no matter
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError:
            return False
    return True


def _holder(port: int) -> str:
    """Who listens there, as far as this user may know."""
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:  # 0A: it listens
                sockets.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*"):
        if not sockets.isdisjoint(_open_in(process)):
            with contextlib.suppress(OSError):  # it has just ended
                program, *arguments = (process / "cmdline").read_text().split("\0")
                return f"held by `{' '.join([Path(program).name, *arguments])[:40].strip()}` (pid {process.name})"
    return ""


def _open_in(process: Path) -> Iterator[str]:
    """What a process has open; nothing of one that has ended, or is another user's."""
    with contextlib.suppress(OSError):
        for fd in (process / "fd").iterdir():
            with contextlib.suppress(OSError):  # closed since
                yield str(fd.readlink())
