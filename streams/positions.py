"""Which positions a consumer has handled: counted for the metrics and, on demand, written down for a test to add up."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from prometheus_client import Counter, Gauge

from schemas.settings import Settings

__all__ = ["HandledPositions", "missing", "read_handled"]

HANDLED = Counter("podium_handled", "Positions handled, redelivered ones included", ["topic", "partition"])
POSITION = Gauge("podium_position", "The last position handled", ["topic", "partition"])


class HandledPositions:
    """Counts every position that a consumer has handled, at the price of two comparisons a record.

    Runs of positions are kept as intervals until `flush`, which moves the metrics and, where the setting
    `count_handled` asks for it, appends the intervals to `HOME/run/handled-INSTANCE.log`. A consumer flushes before
    each commit: then no position is committed that is not written down, whenever the process is killed.
    """

    def __init__(self, consumer: str, path: Path | None = None) -> None:
        """*consumer* is the group's name; without a *path* only the metrics are kept."""
        self._consumer = consumer
        self._path = path
        self._open: dict[tuple[str, int], list[list[int]]] = {}

    @classmethod
    def of(cls, settings: Settings, consumer: str) -> HandledPositions:
        """The counter of this process's consumer, with a file where the settings ask for one."""
        if not settings.count_handled:
            return cls(consumer)
        folder = settings.home / "run"
        folder.mkdir(parents=True, exist_ok=True)
        return cls(consumer, folder / f"handled-{settings.instance or consumer}.log")

    def add(self, topic: str, partition: int, position: int) -> None:
        """The record at *position* was handled (or found its way to the dead letters)."""
        self.add_range(topic, partition, position, position + 1)

    def add_range(self, topic: str, partition: int, start: int, stop: int) -> None:
        """All positions from *start* up to, not including, *stop* were handled."""
        runs = self._open.setdefault((topic, partition), [])
        if runs and runs[-1][1] == start:
            runs[-1][1] = stop
        else:
            runs.append([start, stop])

    def flush(self) -> None:
        """Move the metrics and write down what has come since the last flush. Call it before each commit."""
        lines = []
        for (topic, partition), runs in self._open.items():
            if runs:
                HANDLED.labels(topic, partition).inc(sum(stop - start for start, stop in runs))
                POSITION.labels(topic, partition).set(runs[-1][1] - 1)
                lines += [f"{self._consumer} {topic} {partition} {start} {stop}\n" for start, stop in runs]
                runs.clear()
        if lines and self._path is not None:
            with self._path.open("a") as file:
                file.write("".join(lines))


def read_handled(folder: Path) -> dict[tuple[str, str, int], list[tuple[int, int]]]:
    """What the `handled-*.log` files of a folder say: sorted, merged intervals by (consumer, topic, partition).

    A line cut short by a kill is passed over: its positions were not committed.
    """
    found: dict[tuple[str, str, int], list[tuple[int, int]]] = {}
    for path in sorted(folder.glob("handled-*.log")):
        for line in path.read_text().splitlines(keepends=True):
            fields = line.split()
            if line.endswith("\n") and len(fields) == 5:
                consumer, topic, partition, start, stop = fields
                found.setdefault((consumer, topic, int(partition)), []).append((int(start), int(stop)))
    return {key: _merged(intervals) for key, intervals in found.items()}


def _merged(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged


def missing(intervals: Iterable[tuple[int, int]], start: int, stop: int) -> list[tuple[int, int]]:
    """The parts of [start, stop) that no interval covers. Pure."""
    gaps = []
    for low, high in _merged(intervals):
        if low > start:
            gaps.append((start, min(low, stop)))
        start = max(start, high)
        if start >= stop:
            break
    else:
        gaps.append((start, stop))
    return [(low, high) for low, high in gaps if low < high]
