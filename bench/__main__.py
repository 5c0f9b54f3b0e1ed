"""`make bench`: runs the measurements, prints a table and writes bench/results.json."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

BENCHES = ("judge_core", "recompute", "post", "push", "processes", "first_verdict")
"""Modules of this folder with `run() -> list[Result]`, in the order in which they are run."""

RESULTS = Path(__file__).with_name("results.json")


def main(names: list[str]) -> int:
    """Run the named measurements, all without names; exit 1 when a bar was missed."""
    console = Console()
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        console.print(f"there is no measurement {unknown[0]}; there are {', '.join(BENCHES)}")
        return 2
    cpus = os.cpu_count()
    console.print(f"{platform.platform()}, {cpus} cores, Python {platform.python_version()}")
    results = []
    for name in names or BENCHES:
        console.print(f"[bold]{name}[/] …")
        begun = time.monotonic()
        results += importlib.import_module(f"bench.{name}").run()
        console.print(f"  {time.monotonic() - begun:.0f} s")
    table = Table("what", "unit", "median", "range", "n", "baseline", "ratio", "bar", "aim", "ok")
    for r in results:
        ok = {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[r.ok]
        cells = (r.baseline, r.ratio, r.bar, r.aim)
        table.add_row(
            r.name,
            r.unit,
            f"{r.median:g}",
            f"{r.min:g} … {r.max:g}",
            str(r.n),
            *("" if c is None else f"{c:g}" for c in cells),
            ok,
        )
    console.print(table)
    RESULTS.write_text(json.dumps([r.as_json() for r in results], indent=2) + "\n")
    return 1 if any(r.ok is False for r in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
