"""`podium doctor`: what the machine lacks, and how to mend it."""

from __future__ import annotations

import typer
from rich.console import Console

from podium.doctor import examine
from schemas.settings import load

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to the command line."""
    root.command("doctor")(doctor)


def doctor() -> int:
    """Check Docker, ports, disk, memory, cgroups and clock; exit 1 when something has to be mended."""
    console = Console(highlight=False, soft_wrap=True)
    bad = 0
    for finding in examine(load()):
        bad += not finding.good
        sign = "[green]good[/]" if finding.good else "[red]bad [/]"
        console.print(
            f"{sign} {finding.what:<14} {finding.seen}" + ("" if finding.good else f"\n     → {finding.cure}")
        )
    return 1 if bad else 0
