"""`make bench`: runs the measurements, prints a table and writes bench/results.json."""

from __future__ import annotations

import importlib
import os
import platform
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measure import Result, keep

BENCHES = (
    *("judge_core", "judge_rate", "judge_end_to_end", "judge_validator", "judge_scale", "interaction"),
    *("judge_compile", "judge_limits", "judge_verify"),
    *("recompute", "replay", "import_live", "feed", "event_feed", "auditor", "post", "push", "streams", "crowd"),
    *("processes", "first_verdict"),
)
"""Modules of this folder with `run() -> list[Result]`, in the order in which they are run."""

WIDTH = 200
"""Columns where there is no terminal to ask: names are whole in a log."""

RESULTS = Path(__file__).with_name("results.json")


def main(names: list[str]) -> int:
    """Run the named measurements, all without names; exit 1 when a bar was missed or one could not be taken.

    Each module's lines are written when it is done, and replace its lines of an earlier run.
    """
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        console.print(f"there is no measurement {unknown[0]}; there are {', '.join(BENCHES)}")
        return 2
    console.print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    results: list[Result] = []
    failed = []
    for name in names or BENCHES:
        console.print(f"[bold]{name}[/] …")
        begun = time.monotonic()
        try:
            found = importlib.import_module(f"bench.{name}").run()
        except KeyboardInterrupt:
            console.print("interrupted; what was measured before is in bench/results.json")
            return 130
        except Exception:  # the others are measured all the same
            console.print_exception()
            failed.append(name)
            continue
        keep(RESULTS, name, found)
        results += found
        console.print(_table(found))
        console.print(f"  {time.monotonic() - begun:.0f} s")
    if len(names or BENCHES) > 1:
        console.print(_table(results))
    missed = [r.name for r in results if r.ok is False]
    for what in (
        *(f"{name} could not be measured" for name in failed),
        *(f"missed its bar: {name}" for name in missed),
    ):
        console.print(f"[red]{what}[/]")
    return 1 if failed or missed else 0


def _table(results: list[Result]) -> Table:
    table = Table("what", "unit", "median", "range", "n", "baseline", "ratio", "its range", "bar", "aim", "ok")
    for r in results:
        cells = ("" if c is None else f"{c:g}" for c in (r.baseline, r.ratio))
        bounds = ("" if c is None else f"{c:g}" for c in (r.bar, r.aim))
        ratios = "" if r.ratio is None else f"{r.ratio_min:g} … {r.ratio_max:g}"
        ok = {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[r.ok]
        table.add_row(r.name, r.unit, f"{r.median:g}", f"{r.min:g} … {r.max:g}", str(r.n), *cells, ratios, *bounds, ok)
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
