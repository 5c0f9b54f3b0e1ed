"""The queue: decides what is judged next, that everything gets judged, and which report becomes the judgement.

One partition, so one process is active and another stands by. Three agents (wanted judgings, reports, ticks) work on
one pure state, one record at a time; what follows from a record is carried out before the next one is looked at.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from schemas.clock import Clock
from schemas.dead_letters import dead_letter
from schemas.errors import DataError, DecodeError, JudgeError
from schemas.events import Tick
from schemas.producer import Producer
from schemas.settings import Settings
from schemas.topics import LANES
from schemas.work import (
    HostReported,
    JudgingWanted,
    OutstandingTold,
    PackageReplaced,
    PauseChanged,
    RejudgingDropped,
    TaskRefused,
    TaskReport,
)
from streams._faust import App, Arrival, NoLongerOwnerError, agent_guard, make_app, run_app, until_done
from streams.dispatcher import metrics
from streams.dispatcher.state import Effects, Queue
from streams.dispatcher.task import Task
from streams.metrics import DEAD_LETTERS

__all__ = ["Dispatcher", "make", "run"]

CURRENT_MS = 3_000
"""A tick, and the last report read, older than that are history: nobody's silence can be read from them."""

_SAID = {"waiting": "waits", "paused": "is paused", "sick": "has taken itself out"}

log = logging.getLogger(__name__)


class Dispatcher:
    """Applies each record to the queue's state and carries out what follows. At least once; every effect idempotent."""

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._clock = Clock.parse(settings.clock)
        self._by = settings.instance or "queue"
        self._table = app.table("outstanding")
        self._lanes = Producer(settings, single=True)
        app.closing(self._lanes.close)
        app.on_partitions_revoked.connect(self._left)
        self._queue = Queue(self._by)
        self._epoch = -1
        self._lock = asyncio.Lock()
        self._reported_ms = 0
        self._states: dict[str, str] = {}

    async def wanted(self, record: Any, arrival: Arrival) -> None:
        """A record of `judge-wanted`."""
        match record:
            case JudgingWanted():
                await self._step(arrival, lambda queue, now: queue.wanted(record, now))
            case PauseChanged():
                await self._step(arrival, lambda queue, now: queue.pause(record, now))
            case RejudgingDropped():
                await self._step(arrival, lambda queue, now: queue.drop(record, now))
            case PackageReplaced():
                await self._step(arrival, lambda queue, now: queue.replace(record, now))
            case OutstandingTold():
                await self._step(arrival, lambda queue, now: queue.told(record, now), anew=record)
            case _:
                raise DataError(f"{type(record).__name__} has no place in {arrival.topic}")

    async def reported(self, record: Any, arrival: Arrival) -> None:
        """A record of `judge-reports`."""
        self._reported_ms = arrival.timestamp_ms
        match record:
            case HostReported():
                self._tell_host(record)
                await self._step(arrival, lambda queue, now: queue.host(record, now))
            case TaskRefused():
                await self._step(arrival, lambda queue, _now: queue.refuse(record))
            case TaskReport():
                await self._step(arrival, lambda queue, now: queue.report(record, arrival.position, now))
            case _:
                raise DataError(f"{type(record).__name__} has no place in {arrival.topic}")

    async def tick(self, record: Any, arrival: Arrival) -> None:
        """A record of `ticks`."""
        if not isinstance(record, Tick):
            raise DataError(f"{type(record).__name__} has no place in {arrival.topic}")
        here_ms = time.time_ns() // 1_000_000
        heard = not self._app.consumer.lag("judge-reports") or here_ms - self._reported_ms < CURRENT_MS
        current = heard and here_ms - record.real_ms < CURRENT_MS
        await self._step(arrival, lambda queue, now: queue.tick(record.real_ms, now, current=current))

    async def _left(self, _app: Any, _revoked: Any, **_more: Any) -> None:
        """A rebalance has begun: who has the queue after it shows it."""
        metrics.hide()

    def _tell_host(self, report: HostReported) -> None:
        """Alert once when a host begins to wait or takes no tasks any more, and tell when it goes on."""
        before, state = self._states.get(report.host, "ready"), report.state if report.slots else "ready"
        if state == before:
            return
        self._states[report.host] = state
        if state == "ready":
            log.info("judge host %s goes on", report.host)
        else:
            level = logging.INFO if state == "paused" else logging.ERROR
            log.log(level, "judge host %s %s: %s", report.host, _SAID.get(state, state), report.why)

    async def _step(
        self, arrival: Arrival, step: Callable[[Queue, int], Effects], *, anew: OutstandingTold | None = None
    ) -> None:
        """Take a step and carry out what follows; *anew* is what is told, before which the changelog is made to say what is held."""
        async with self._lock:
            consumer = self._app.consumer
            if not consumer.owns(arrival.message):
                raise NoLongerOwnerError("the queue has gone to another member")
            if self._epoch != consumer.epoch:
                self._queue = Queue.restore(self._by, self._table.items())
                for name in self._queue.unread:
                    log.error("%s: the queue's table holds something else under this name, which is left out", name)
                self._epoch = consumer.epoch
            if anew is not None and anew.share == 0:
                await self._rewrite(anew, arrival)
            effects = step(self._queue, self._clock.now_ms())
            try:
                await self._carry_out(effects, arrival)
            except BaseException:
                self._epoch = -1  # the state is ahead of the table: build it again
                raise
            if consumer.owns(arrival.message):
                metrics.show(self._queue, effects)
            for task, why in effects.errors:
                log.error(
                    "judging error: contest %s, submission %s, judging %d stays pending until the jury acts: %s",
                    *task.key,
                    why,
                )

    async def _rewrite(self, told: OutstandingTold, arrival: Arrival) -> None:
        """Spoilt may be the changelog alone, and only a write mends it there."""
        message = arrival.message
        names = (f"task|{told.contest}|", f"pause|{told.contest}|", f"mark|{told.partition}")
        await self._app.outbox.delivered()
        await self._table.rewrite(names, progress=lambda *_: self._app.consumer.working(message))

    async def _carry_out(self, effects: Effects, arrival: Arrival) -> None:
        """Events and tasks first, all at once, then the table: a crash in between repeats them, and loses none."""
        sends: list[Callable[[], Future[int]]] = [partial(self._app.appender.append, event) for event in effects.events]
        sends += [partial(self._lanes.send, LANES[task.lane], None, task, partition=0) for task in effects.tasks]
        sends += [partial(self._judging_error, task, why) for task, why in effects.errors]
        sends += [partial(self._bury, refused) for refused in effects.refused]

        async def attempt() -> None:
            answers = await asyncio.gather(*(asyncio.wrap_future(send()) for send in sends), return_exceptions=True)
            failed = [
                (send, answer) for send, answer in zip(sends, answers, strict=True) if isinstance(answer, BaseException)
            ]
            sends[:] = [send for send, _ in failed]
            if failed:
                raise failed[0][1]

        if sends:
            await until_done(self._app, arrival.message, attempt)
        for key, value in effects.puts.items():
            if value is not None:
                self._table[key] = value
            elif key in self._table:
                del self._table[key]

    def _bury(self, refused: TaskRefused) -> Future[int]:
        """The dead letter of a record that a judge could not use."""
        DEAD_LETTERS.labels("judge", refused.topic).inc()
        return dead_letter(
            self._app.appender,
            "judge",
            topic=refused.topic,
            partition=0,
            position=refused.position,
            key=refused.key,
            value=refused.value,
            error=DecodeError(refused.why),
        )

    def _judging_error(self, task: Task, why: str) -> Future[int]:
        """The dead letter of a submission that cannot be judged; its bytes are in the log, at that position."""
        DEAD_LETTERS.labels("queue", "log").inc()
        return dead_letter(
            self._app.appender,
            "queue",
            topic="log",
            partition=task.partition,
            position=task.position,
            key=task.contest.encode(),
            value=b"",
            error=JudgeError(f"judging error: submission {task.submission_id}, judging {task.judging}: {why}"),
        )


def make(settings: Settings) -> App:
    """The queue's app."""
    app = make_app(
        settings,
        "queue",
        source_topics=["judge-wanted", "judge-reports", "ticks"],
        writes=["log", *LANES.values()],
        tables_partitions=1,
    )
    dispatcher = Dispatcher(app, settings)
    agent_guard(app, "judge-wanted")(dispatcher.wanted)
    agent_guard(app, "judge-reports")(dispatcher.reported)
    agent_guard(app, "ticks")(dispatcher.tick)
    return app


def run(settings: Settings) -> None:
    """Run a queue until it is told to stop; a second one stands by."""
    run_app(make(settings), settings)
