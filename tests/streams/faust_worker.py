"""A Faust worker for the tests to kill: counts the records of each contest in a table."""

from __future__ import annotations

import logging
import sys
from typing import Any

from schemas.settings import load
from streams._faust import Arrival, agent_guard, make_app, run_app

settings = load()
app = make_app(settings, sys.argv[1] if sys.argv[1:] else "counter", source_topics=["log"])
counts = app.table("counts", position_of=lambda value: value["at"])


@agent_guard(app, "log")
async def count(record: Any, arrival: Arrival) -> None:
    held = counts.get(record.contest) or {"n": 0, "at": -1}
    if held["at"] < arrival.position:
        counts[record.contest] = {"n": held["n"] + 1, "at": arrival.position}


if __name__ == "__main__":
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(name)s %(levelname)s %(message)s")
    run_app(app, settings)
