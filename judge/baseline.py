"""The best CPU time of equal work on each core of this host, kept over restarts: what a core's speed is compared with."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

__all__ = ["Baseline"]

log = logging.getLogger(__name__)


class Baseline:
    """Milliseconds by core. It only ever gets better: neither a noisy first time nor a slow drift moves it up.

    *path* is the file that keeps it; what is there is of this host only if it was measured under the same *circumstances*
    (processor, image). A file that cannot be read or written is none: the host measures anew. Safe in threads.
    """

    def __init__(self, path: Path, circumstances: str) -> None:
        self._path, self._circumstances = path, circumstances
        self._lock = threading.Lock()
        self._best = self._read()

    def best(self, core: int) -> int:
        """The best time of this core; 0 before the first one."""
        with self._lock:
            return self._best.get(core, 0)

    def note(self, core: int, cpu_ms: int) -> None:
        """A right run of the work took so long."""
        cpu_ms = max(1, cpu_ms)
        with self._lock:
            if 0 < self._best.get(core, 0) <= cpu_ms:
                return
            self._best[core] = cpu_ms
            kept = {"of": self._circumstances, "cpu_ms": self._best}
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._path.write_text(json.dumps(kept))  # one that is torn says nothing
            except OSError as error:
                log.warning("the usual time of the canary is not kept: %s", error)

    def _read(self) -> dict[int, int]:
        try:
            kept = json.loads(self._path.read_bytes())
            if kept["of"] == self._circumstances:
                return {int(core): int(cpu_ms) for core, cpu_ms in kept["cpu_ms"].items()}
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s says nothing: %s", self._path, error)
        return {}
