"""The load's clients, in C: thousands of connections cost them a fraction of a core, so that they measure the server."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Requests", "Streams", "cpu_s", "finished", "http_load", "programs", "resident_mib", "stream_load"]

HERE = Path(__file__).parent
CONNECT_S = 120
"""What ten thousand connections may take at most."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Streams:
    """What clients of a stream saw: times from publish to read in ms, connections a second, CPU s of the clients."""

    connects_a_second: float
    marks: int
    p50: float
    p99: float
    lost: int
    refused: int
    cpu: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Requests:
    """What clients of requests saw: times in ms, answers a second and by status, bytes, CPU s of the clients."""

    sent: int
    answered: int
    failed: int
    rate: float
    p50: float
    p99: float
    bytes: int
    statuses: dict[str, int]
    cpu: float
    seconds: float


@contextlib.contextmanager
def programs() -> Iterator[Path]:
    """The folder with both programs, compiled.

    Raises:
        FileNotFoundError: without a C compiler.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise FileNotFoundError("this measurement compiles its clients: install gcc and libc6-dev")
    with tempfile.TemporaryDirectory(prefix="podium-load-") as folder:
        for name in ("stream_clients", "http_clients"):
            command = [compiler, "-O2", "-Wall", "-o", f"{folder}/{name}", str(HERE / f"{name}.c")]
            subprocess.run(command, check=True)
        yield Path(folder)


class StreamLoad:
    """Clients that hold their streams: `begin` until all are connected, `end` when they have read what they should."""

    def __init__(self, process: subprocess.Popen[str], connections: int) -> None:
        self._process = process
        self._connections = connections
        self.connects_a_second = 0.0

    def begin(self) -> None:
        """Return when all connections have the beginning of their answer.

        Raises:
            RuntimeError: when some were refused.
        """
        said = self._line()
        if said["connected"] < self._connections:
            raise RuntimeError(f"of {self._connections} streams {said['connected']} were opened")
        self.connects_a_second = said["connected"] / max(said["seconds"], 0.001)  # as fine as it is told

    def end(self, patience_s: float) -> Streams:
        """What they saw, once each has read all that was published; after so long what they have until then."""
        assert self._process.stdin is not None
        deadline = time.monotonic() + patience_s
        while self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        self._process.stdin.close()
        said = self._line()
        self._process.wait(30)
        names = ("marks", "p50", "p99", "lost", "refused", "cpu", "seconds")
        return Streams(self.connects_a_second, **{name: said[name] for name in names})

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the clients ended with {self._process.wait(CONNECT_S)}")
        return dict(json.loads(line))


@contextlib.contextmanager
def stream_load(
    folder: Path, address: str, path: str, connections: int, marks: int, last_id: str = ""
) -> Iterator[StreamLoad]:
    """Clients of a stream, each of which ends when it has read so many marks.

    Of those who come back with a *last_id* all marks count, of others those that are younger than their connection.
    """
    host, _, port = address.rpartition(":")
    command = [str(folder / "stream_clients"), host, port, path, str(connections), str(marks)]
    command += ["all", f"Last-Event-ID: {last_id}"] if last_id else ["new"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield StreamLoad(process, connections)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@contextlib.contextmanager
def http_load(
    folder: Path, address: str, requests: Sequence[bytes], *, connections: int, seconds: float, rate: float = 0
) -> Iterator[subprocess.Popen[str]]:
    """Clients that send these requests in turn; `finished` gives what they saw. Without a rate as many as they can."""
    host, _, port = address.rpartition(":")
    file = folder / f"requests-{time.monotonic_ns()}"
    file.write_bytes(b"".join(b"%d\n%s" % (len(one), one) for one in requests))
    command = [str(folder / "http_clients"), host, port, str(connections), str(seconds), str(rate), str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        file.unlink()


def finished(process: subprocess.Popen[str]) -> Requests:
    """What the clients of `http_load` saw, when they have ended."""
    assert process.stdout is not None
    said = json.loads(process.stdout.read())
    process.wait()
    names = ("sent", "answered", "failed", "p50", "p99", "bytes", "statuses", "cpu", "seconds")
    return Requests(rate=said["answered"] / said["seconds"], **{name: said[name] for name in names})


def cpu_s(pids: Sequence[int]) -> float:
    """The processor time that these processes have used so far."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident_mib(pids: Sequence[int]) -> float:
    """The memory that these processes hold."""
    texts = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
    lines = [line for text in texts for line in text.splitlines() if line.startswith("VmRSS")]
    return sum(int(line.split()[1]) for line in lines) / 1024
