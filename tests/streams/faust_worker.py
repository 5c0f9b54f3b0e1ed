"""A Faust worker for the tests to kill, `faust_worker.py APP TOPIC…`: counts each contest's records in a table."""

from __future__ import annotations

import logging
import sys
from typing import Any

from schemas.settings import load
from schemas.topics import TOPICS, Topic
from streams._faust import Arrival, agent_guard, make_app, run_app

settings = load()
name, *topics = sys.argv[1:]
for topic in topics:
    TOPICS.setdefault(topic, Topic(topic))
app = make_app(settings, name, source_topics=topics)
counts = app.table("counts", position_of=lambda value: value["at"])


async def count(record: Any, arrival: Arrival) -> None:
    key = f"{arrival.topic}|{record.contest}"
    held = counts.get(key) or {"n": 0, "at": -1}
    if held["at"] < arrival.position:
        counts[key] = {"n": held["n"] + 1, "at": arrival.position}


for topic in topics:
    agent_guard(app, topic)(count)


if __name__ == "__main__":
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(name)s %(levelname)s %(message)s")
    run_app(app, settings)
