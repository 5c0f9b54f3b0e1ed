"""Whether this machine has the memory that its slots may need at once: without it the kernel ends programs at random."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from judge.shapes import USUAL

__all__ = ["SLOT_MIB", "programs_mib"]

_OWN_MIB: Final = 1536
"""Of the judge, which keeps up to 768 MiB of test data and programs, of the Docker engine, and of the system."""

SLOT_MIB: Final = max(shape.memory_mib for _, shape in USUAL)
"""What one slot may need under the usual limits. Few programs take it, and memory that nobody takes costs nothing."""


def programs_mib(root: Path = Path("/")) -> int:
    """The machine's memory without that of the judge and the system; swap does not count. *root* is that of /proc."""
    try:
        text = (root / "proc/meminfo").read_text()
    except OSError:
        text = ""
    match = re.search(r"^MemTotal:\s+(\d+) kB", text, re.MULTILINE)
    return max(0, (int(match[1]) >> 10) - _OWN_MIB) if match else 0
