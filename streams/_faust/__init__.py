"""Faust as podium uses it: a consumer that loses nothing, tables that recover rightly, agents that never fail quietly.

`make_app` gives an app, `agent_guard` makes a handler the agent of a topic, `run_app` runs the process.
"""

from streams._faust.app import App, make_app, run_app
from streams._faust.guard import Arrival, Handler, agent_guard, until_done
from streams._faust.outbox import Outbox
from streams._faust.table import NoLongerOwnerError, PositionTable
from streams._faust.watchdog import end_process

__all__ = [
    "App",
    "Arrival",
    "Handler",
    "NoLongerOwnerError",
    "Outbox",
    "PositionTable",
    "agent_guard",
    "end_process",
    "make_app",
    "run_app",
    "until_done",
]
