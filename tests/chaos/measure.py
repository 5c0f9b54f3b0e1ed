"""Memory and descriptors of every process of a stack."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.site import Site

MIB = 1 << 20


def memory(site: Site) -> dict[str, tuple[int, float]]:
    """By process: its pid and the MiB that it holds."""
    found = {}
    for name, process in site.stack.processes.items():
        if process.pid is not None:
            status = Path(f"/proc/{process.pid}/status").read_text()
            line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
            found[name] = process.pid, int(line.split()[1]) * 1024 / MIB
    return found


def descriptors(site: Site) -> dict[str, int]:
    """By process: its open descriptors, without a judge's copies of test data, which it keeps on purpose."""
    pids = {name: process.pid for name, process in site.stack.processes.items() if process.pid is not None}
    return {name: sum(not _is_copy(one) for one in Path(f"/proc/{pid}/fd").iterdir()) for name, pid in pids.items()}


def _is_copy(descriptor: Path) -> bool:
    try:
        return str(descriptor.readlink()).startswith("/memfd:")
    except OSError:  # it was closed meanwhile
        return True
