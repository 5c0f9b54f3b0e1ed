"""`podium run NAME`: one process, in the foreground; what the supervisor, compose files and Kubernetes start."""

from __future__ import annotations

import importlib
import logging
import sys
from typing import Annotated

import typer

from schemas.errors import ConfigError, PodiumError, UsageError
from schemas.logs import setup
from schemas.settings import load

__all__ = ["PROCESSES", "register"]

PROCESSES: dict[str, str] = {
    "api": "api.server",
    "planner": "streams.dispatcher.planner",
    "queue": "streams.dispatcher.queue",
    "scorer": "streams.scorer.app",
    "live-sink": "streams.live.sink",
    "history-sink": "streams.history_sink",
    "clock": "streams.clock",
    "auditor": "streams.auditor",
    "judge": "judge.worker",
    "history": "history.server",
}
"""The module of each process; it has `run(settings)`, which returns when the process was told to end."""


def register(root: typer.Typer) -> None:
    """Add the command to the command line."""
    root.command("run")(run)


def run(name: Annotated[str, typer.Argument(help=", ".join(PROCESSES))]) -> None:
    """Run one process in the foreground, with JSON logs on standard error, until SIGTERM."""
    if name not in PROCESSES:
        raise UsageError(f"there is no process {name!r}; there are {', '.join(PROCESSES)}")
    settings = load()
    setup(settings.instance or name, settings.log_level)
    try:
        importlib.import_module(PROCESSES[name]).run(settings)
    except PodiumError as error:
        logging.getLogger("podium").critical("%s", error)  # the log of the process is where the supervisor points
        # 2 says that another start would end the same way: a supervisor gives up a first start at once
        sys.exit(2 if isinstance(error, ConfigError) else 1)
