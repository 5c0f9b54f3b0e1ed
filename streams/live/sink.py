"""The live sink: the process that keeps the live view; `streams.live.view` says how."""

from __future__ import annotations

from schemas.clock import Clock
from schemas.dead_letters import dead_letter
from schemas.producer import Producer
from schemas.reader import bounds
from schemas.redis_server import check_redis
from schemas.runtime import Door, calm_collector, stop_event
from schemas.settings import Settings
from schemas.topics import check_topics
from streams.live.rest import Rest
from streams.live.store import Store
from streams.live.view import GROUP, LOG, ROWS, LiveView
from streams.loop import BatchLoop, Record
from streams.refold import Folded, fold_contest

__all__ = ["run"]

DAY_MS = 86_400_000


def run(settings: Settings) -> None:
    """The process: reads until it is told to stop. At least once into Redis, each effect idempotent by position.

    Raises:
        ConfigError: for a topic that is missing or has drifted, and a Redis in cluster mode.
    """
    stop = stop_event()
    calm_collector()
    check_topics(settings, frozenset({LOG, ROWS, "dead-letters"}))
    check_redis(settings)
    store = Store(settings.redis)
    with Producer(settings) as producer:

        def bury(record: Record, error: Exception) -> None:
            dead_letter(
                producer,
                GROUP,
                topic=record.topic,
                partition=record.partition,
                position=record.position,
                key=record.key,
                value=record.value,
                error=error,
            ).result()

        def refold(contest: str, position: int) -> Folded:
            return fold_contest(settings, contest, position, progress=lambda *_: loop.working())

        rest = Rest(store, Clock.parse(settings.clock).now_ms, settings.live_days * DAY_MS)
        view = LiveView(store, bury, lambda partition: bounds(settings, LOG, partition)[1], rest, refold)
        loop = BatchLoop(settings, GROUP, [LOG, ROWS], view, strict=frozenset({LOG}))
        with Door(settings, ready=lambda: loop.ready, alive=lambda: loop.alive):
            loop.run(stop)
    store.close()
