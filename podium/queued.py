"""The judges' queue as the changelog of its table has it, for where no queue of this machine shows itself."""

from __future__ import annotations

from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from schemas.errors import DependencyError
from schemas.reader import ANSWER_S
from schemas.settings import Settings
from streams.changelog import held
from streams.dispatcher.state import CHANGELOG, Queue

__all__ = ["queued"]


def queued(settings: Settings) -> dict[str, Any] | None:
    """What waits and runs by lane, the judging errors, and the pauses in force; None where no queue has ever run.

    Reads only. What the queue has decided and not written yet, a moment's work, is not in it.

    Raises:
        DependencyError: when the broker does not answer.
    """
    admin = AdminClient(settings.kafka_client() | {"log_level": 0})
    try:
        if CHANGELOG not in admin.list_topics(timeout=ANSWER_S).topics:
            return None
    except KafkaException as error:
        raise DependencyError(f"Kafka at {settings.kafka}: {error.args[0].str()}") from error
    queue = Queue.restore("status", held(settings, CHANGELOG, 0, "", lambda _: 0).values.items())
    return {
        "waiting": {lane: states["waiting"] for lane, states in queue.states.items()},
        "running": {lane: states["running"] for lane, states in queue.states.items()},
        "errors": sum(states["faulted"] for states in queue.states.values()),
        "paused": [
            {"contest": contest, "problem": problem or "", "language": language or ""}
            for contest, problem, language in queue.pauses
        ],
    }
