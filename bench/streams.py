"""The board's stream at 1,000, 5,000 and 10,000 clients beside nginx with nchan, and 5,000 clients that come back at once.

A delta of some 300 bytes every 250 ms; its time is from the publisher's call (Redis for us, nchan's own door for nchan)
to the client's read of its last bytes. Server, publisher and clients share the machine's cores, for both alike: trust the
ratios. Each run has a new server process. Connections are opened 256 at a time; ours are given a snapshot.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.live_site import LiveSite, delta, open_live_site
from bench.measure import Result, result
from bench.native import Streams, cpu_s, programs, resident_mib, stream_load
from bench.nchan import ensure_nchan, open_nchan

__all__ = ["run"]

CLIENTS = (1_000, 5_000, 10_000)
RETURNING = 5_000
RUNS = 5
DELTAS, PACE_S = 24, 0.25
MISSED = 20
"""Deltas that those who come back have missed."""
TEAMS = 60
"""Of the contest: more than deltas, so that each is of another team and none is merged away."""
PATIENCE_S = 90
"""What the last deltas may take: seconds, where a server is that far behind."""
SETTLE_S = 1.0
"""From the last connection to the first delta: greetings are read."""
NCHAN_OFFSET = 90
"""From the stack's base port to nginx's."""
BAR, AIM = 1.6, 1.3
CORES = f"{os.cpu_count()} cores for all"


@dataclass(frozen=True, slots=True)
class Run:
    """What clients saw, and what the server used: CPU s for a million deliveries, kB a connection."""

    seen: Streams
    cpu: float
    memory: float
    client: float
    """What the clients used of a core while deltas came."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server of streams: where, its processes, how one publishes."""

    address: str
    path: str
    pids: Callable[[], list[int]]
    publish: Callable[[int], object]


def run() -> list[Result]:
    """Five runs of each number of clients, ours and nchan's in turn."""
    ensure_nchan()
    found = []
    with programs() as folder, open_live_site(TEAMS) as site:
        for clients in CLIENTS:
            ours, theirs = [], []
            for _ in range(RUNS):
                with _podium(site) as server:
                    ours.append(_deliver(folder, server, clients))
                with _nchan(site) as server:
                    theirs.append(_deliver(folder, server, clients))
            found += _rows(clients, ours, theirs)
        found += _storm(folder, site)
    return found


@contextmanager
def _podium(site: LiveSite) -> Iterator[Server]:
    site.restart()
    yield Server(site.address, site.stream, lambda: site.pids, site.publish)


@contextmanager
def _nchan(site: LiveSite) -> Iterator[Server]:
    with open_nchan(site.stack.settings.port_base + NCHAN_OFFSET) as nchan:
        yield Server(nchan.address, "/sub", lambda: nchan.pids, lambda n: nchan.publish(delta(n, site.teams)))


def _deliver(folder: Path, server: Server, clients: int) -> Run:
    with stream_load(folder, server.address, server.path, 1, 1) as one:
        one.begin()  # what the first of all costs is no connection's
        server.publish(0)
        one.end(PATIENCE_S)
    before = resident_mib(server.pids())
    with stream_load(folder, server.address, server.path, clients, DELTAS) as load:
        load.begin()
        time.sleep(SETTLE_S)
        memory = (resident_mib(server.pids()) - before) * 1024 / clients
        used, begun = cpu_s(server.pids()), time.monotonic()
        for number in range(DELTAS):
            server.publish(number)
            time.sleep(max(0.0, begun + (number + 1) * PACE_S - time.monotonic()))
        seen = load.end(PATIENCE_S)
        took = time.monotonic() - begun
        cpu = cpu_s(server.pids()) - used
    if seen.marks < clients * DELTAS:
        raise RuntimeError(
            f"{server.path}: of {clients * DELTAS} deliveries {seen.marks} came, {seen.lost} clients were lost"
        )
    return Run(seen, cpu / (clients * DELTAS) * 1e6, memory, seen.cpu / took)


def _rows(clients: int, ours: list[Run], theirs: list[Run]) -> list[Result]:
    name = f"stream, {clients:,} clients, {CORES}"
    most = clients == max(CLIENTS)
    bars = {"bar": BAR, "aim": AIM} if most else {}

    def pair(what: str, unit: str, value: Callable[[Run], float], **more: float | bool) -> Result:
        mine, baseline = [value(one) for one in ours], [max(value(one), 0.001) for one in theirs]
        return result(f"{name}: {what}, against nchan", unit, mine, baseline=baseline, **more)  # type: ignore[arg-type]

    return [
        pair("publish to read, p50", "ms", lambda one: one.seen.p50),
        pair("publish to read, p99", "ms", lambda one: one.seen.p99, **bars),
        pair("CPU for a million deliveries", "s", lambda one: one.cpu, **bars),
        pair("memory of a connection", "kB", lambda one: one.memory),
        pair("connections", "1/s", lambda one: one.seen.connects_a_second, smaller_is_better=False),
        result(f"{name}: the clients' own share of a core", "", [one.client for one in ours]),
        result(f"{name}: the same with nchan", "", [one.client for one in theirs]),
    ]


def _storm(folder: Path, site: LiveSite) -> list[Result]:
    """The api is killed, its clients miss deltas, and all come back to the new process at one moment."""
    took = []
    for _ in range(RUNS):
        last = site.last_id()
        for number in range(MISSED):
            site.publish(number)
        site.restart()
        with stream_load(folder, site.address, site.stream, RETURNING, MISSED, last) as load:
            load.begin()
            seen = load.end(PATIENCE_S)
        if seen.marks < RETURNING * MISSED:
            raise RuntimeError(f"storm: of {RETURNING * MISSED} missed deltas {seen.marks} came")
        took.append(seen.seconds)
    name = f"{RETURNING:,} clients come back at once after kill -9 of the api, {CORES}: all are current"
    return [result(name, "s", took)]
