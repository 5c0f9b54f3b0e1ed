"""`podium demo`: a contest of five hours on this machine in three minutes."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer
from rich.console import Console

from podium.commands.stack import Printer
from podium.demo.run import Demo, rehearsal_settings
from podium.stack.docker import ensure_docker
from podium.stack.stack import Stack
from schemas.settings import load

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to the command line."""
    root.command("demo")(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="End by itself; exit 0 only if everything was right.")] = False,
) -> int:
    """Start everything, hold a contest of 24 teams, check it, and stay up for a look round until Ctrl-C."""
    settings = rehearsal_settings(load())
    console = Console()
    ensure_docker(settings)
    stack = Stack(settings, say=Printer(console))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(
        signal.SIGTERM, interrupt
    )  # a demo that is told to end leaves as little behind as one that is interrupted
    try:
        stack.start()
        show = Demo(stack, console)
        good = show.hold()
        if not once:
            show.logins()
            threading.Event().wait()
    except KeyboardInterrupt:
        console.print("ending …")
        return 130 if once else 0
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end is under way: a second Ctrl-C must not cut it short
        stack.stop()
    return 0 if good else 1
