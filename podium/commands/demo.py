"""`podium demo`: a rehearsal of a five-hour contest in three minutes."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer
from rich.console import Console

from podium.commands.stack import Printer
from podium.demo.cast import RATE
from podium.demo.run import Demo, begin_afresh, rehearsal_settings
from podium.stack.docker import ensure_judging
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
    given = load()
    settings = rehearsal_settings(given)
    console = Console()
    if given.clock:
        console.print(
            f"PODIUM_CLOCK={given.clock} is passed over: the demo's clock runs from now, {RATE} times as fast"
        )
    ensure_judging(settings)
    contest = begin_afresh(settings)
    stack = Stack(settings, say=Printer(console))
    good: bool | None = None

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    # told to end in whichever way, a demo leaves as little behind as one that is interrupted
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        stack.start()
        show = Demo(stack, console, contest)
        good = show.hold()
        if not once:
            show.logins()
            forever = threading.Event()
            while not forever.wait(1.0):
                stack.check()
    except KeyboardInterrupt:
        console.print("ending …")
        if good is None:
            return 130
    finally:
        # the end is under way: a second signal must not cut it short
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        stack.stop()
    return 0 if good else 1
