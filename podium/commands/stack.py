"""`podium up`, `podium down`, `podium restart`: the stack on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from podium.stack import handover
from podium.stack.docker import ensure_judging, remove_containers
from podium.stack.stack import Stack, idle, read_state, running
from podium.stack.supervised import State
from schemas.errors import DependencyError, UsageError
from schemas.settings import Settings, load

__all__ = ["Printer", "parse_scale", "register"]

_CHECK_S = 1.0
"""How often it is looked whether the processes are still looked after."""

_DOWN_S = 180.0
"""A stack ends in order, each part within its own grace; together they take less than this."""

_RESTART_S = 120.0
"""A new api process is ready in seconds, and the old one leaves within half a minute."""

_STYLES = {"ready": "green", "not ready": "red", "waiting to restart": "red", "starting": "dim", "held down": "red"}


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.command("up")(up)
    root.command("down")(down)
    root.command("restart")(restart)


def parse_scale(text: str) -> dict[str, int]:
    """`api=2,judge=2` as a dict.

    Raises:
        UsageError: when it is not of that form.
    """
    scale = {}
    for one in filter(None, text.split(",")):
        kind, _, number = one.partition("=")
        if not number.isdigit():
            raise UsageError(f"--scale {one}: expected PROCESS=NUMBER, such as api=2,judge=2")
        scale[kind] = int(number)
    return scale


class Printer:
    """Prints one line for each change of a process's state: time, process, state, detail. Safe in threads."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()

    def __call__(self, name: str, state: str, detail: str) -> None:
        """Print one line."""
        now = datetime.now().astimezone().strftime("%H:%M:%S")
        with self._lock:
            self._console.print(
                f"[dim]{now}[/] {name:<16} [{_STYLES.get(state, 'yellow')}]{state}[/] [dim]{escape(detail)}[/]",
                highlight=False,
                soft_wrap=True,
            )


def up(
    scale: Annotated[str, typer.Option(help="Instances of processes, e.g. api=2,judge=2.")] = "",
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return when all is ready and leave it running.")
    ] = False,
) -> int:
    """Start every process and supervise them until Ctrl-C or `podium down`; exit 1 where a stack runs already."""
    settings = load()
    numbers = parse_scale(scale)
    if read_state(settings) is not None:
        print(f"podium: {running(settings)}", file=sys.stderr)
        return 1
    console = Console()
    stack = Stack(settings, scale=numbers, say=Printer(console))  # also says what is wrong with the numbers
    if stack.names("judge"):
        ensure_judging(settings)
    if detach:
        return _detached(settings, scale, len(stack.processes))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    begun = time.monotonic()
    # a stack starts on a thread of its own so that Ctrl-C also ends a start
    failure: list[BaseException] = []

    def start() -> None:
        try:
            stack.start()
        except BaseException as error:  # carried to the main thread, which raises it
            failure.append(error)
            stop.set()

    starting = threading.Thread(target=start, daemon=True)
    starting.start()
    try:
        while starting.is_alive() and not stop.is_set():
            starting.join(0.1)
        if not stop.is_set():
            with suppress(OSError, SystemExit):  # nobody reads it any more (rich exits then): nothing ends of that
                console.print(
                    f"ready in {time.monotonic() - begun:.1f} s; the board is at [bold]{settings.url}/[/]; Ctrl-C ends"
                )
            while not stop.wait(_CHECK_S):
                stack.check()
    finally:
        stack.stop()
    if failure:
        raise failure[0]
    return 0


def _detached(settings: Settings, scale: str, number: int) -> int:
    """Start `podium up` in a session of its own, and return when its processes are ready or it has ended."""
    log = settings.home.absolute() / "logs" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "podium", "up", "--scale", scale],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    while not _all_ready(read_state(settings), supervisor.pid, number):
        if supervisor.poll() is not None:
            print(log.read_text(), end="", file=sys.stderr)
            return supervisor.returncode or 1
        time.sleep(0.1)
    print(f"ready; the board is at {settings.url}/; `podium status` shows the processes, `podium down` ends them")
    return 0


def _all_ready(state: dict[str, Any] | None, pid: int, number: int) -> bool:
    if state is None or state["pid"] != pid:
        return False
    return [p["state"] for p in state["processes"]] == [State.READY.value] * number


def down() -> None:
    """End the stack that runs in this home, and wait until it has."""
    settings = load()
    state = read_state(settings)
    if state is None:
        remove_containers(settings.home)  # a supervisor that was killed could not
        print(idle(settings))
        return
    if state["pid"] is not None:
        os.kill(state["pid"], signal.SIGTERM)
    deadline = time.monotonic() + _DOWN_S
    while read_state(settings) is not None:
        if time.monotonic() > deadline:
            raise DependencyError(
                f"the stack (pid {state['pid']}) did not end within {_DOWN_S:.0f} s; see {settings.home}/logs"
            )
        time.sleep(0.1)
    print("the stack has ended")


def restart() -> int:
    """Replace each api process by a new one, one after another, without a failed request; exit 1 where none runs.

    For an upgrade of the program: settings are those that the stack was started with.
    """
    settings = load()
    state = read_state(settings)
    apis = [p["name"] for p in (state or {}).get("processes", []) if p["kind"] == "api"]
    if not apis:
        print(idle(settings) if state is None else "podium: the stack has no api process", file=sys.stderr)
        return 1
    folder = settings.home / "run"
    handover.ask(folder)
    deadline = time.monotonic() + _RESTART_S * len(apis)
    while handover.asked(folder):
        if read_state(settings) is None:
            raise DependencyError("the stack has ended")
        if time.monotonic() > deadline:
            raise DependencyError(f"not within {_RESTART_S:.0f} s a process; see {settings.home}/logs")
        time.sleep(0.1)
    if said := handover.outcome(folder):
        raise DependencyError(said)
    print(f"replaced: {', '.join(apis)}")
    return 0
