"""What stands between a stream and a handler: no exception leaves an agent (the fifth law)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from aiokafka.errors import KafkaError

from schemas.codec import codec
from schemas.dead_letters import dead_letter
from schemas.errors import DataError, DecodeError, DependencyError
from streams._faust.metrics import DEAD_LETTERS, RETRIES
from streams._faust.table import NoLongerOwnerError
from streams._faust.watchdog import end_process

if TYPE_CHECKING:
    from streams._faust.app import App

__all__ = ["Arrival", "Handler", "agent_guard", "until_done"]

LONGEST_WAIT_S = 2.0
"""Between two retries: a rebalance and a shutdown wait for the handler that sleeps."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record as it came: where it stands, when Kafka took it (real time), its bytes, and Faust's message of it."""

    topic: str
    partition: int
    position: int
    timestamp_ms: int
    key: bytes | None
    value: bytes
    message: Any


Handler = Callable[[Any, Arrival], Awaitable[None]]
"""Takes a decoded record and its arrival; returns when every effect is done and acknowledged. Idempotent."""


def agent_guard(app: App, topic: str, *, wants: tuple[type, ...] | None = None) -> Callable[[Handler], Handler]:
    """A decorator that makes a handler the one agent of a topic. Each record is handled at least once, in order.

    - What does not decode, and what the handler calls a DataError, goes to the dead letters.
    - A DependencyError (and Kafka's own errors) is retried in place, which holds the partition back.
    - Records of other classes than *wants* are passed over without being decoded.
    - Any other exception ends the process, before anything of it is committed.
    """

    def decorate(handler: Handler) -> Handler:
        guard = _Guard(app, topic, wants, handler)

        async def agent(stream: Any) -> None:
            async for event in stream.events():
                await guard.handle(event.message)
                if stream.channel.queue.empty():
                    app.outbox.hand_over()

        agent.__name__ = handler.__name__
        app.agent(app.topic(topic, key_type=bytes, value_type=bytes), name=f"{app.conf.id}.{topic}")(agent)
        return handler

    return decorate


async def until_done(app: App, message: Any, attempt: Callable[[], Awaitable[None]]) -> None:
    """Attempt something, again after each DependencyError or error of Kafka's, for as long as it takes.

    The guard does this with every handler. One that must not be begun again does it itself with what it sends.

    Raises:
        NoLongerOwnerError: when the message's partition has gone to another member, or the process stops.
    """
    wait = 0.05
    while True:
        try:
            return await attempt()
        except (DependencyError, KafkaError) as error:
            RETRIES.labels(app.conf.id).inc()
            log.warning("%s: retrying: %s", _where(message), error)
        if app.should_stop or not app.consumer.owns(message):
            raise NoLongerOwnerError(f"{_where(message)} is left to another member")
        await asyncio.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT_S)


class _Guard:
    def __init__(self, app: App, topic: str, wants: tuple[type, ...] | None, handler: Handler) -> None:
        if topic not in app.strict_topics:
            raise ValueError(f"{topic} is not among the app's source topics")
        self._app = app
        self._wants = wants
        self._handler = handler
        self._codec = codec()

    async def handle(self, message: Any) -> None:
        consumer = self._app.consumer
        if not consumer.begin(message):
            return
        handled = False
        try:
            await until_done(self._app, message, partial(self._attempt, message))
            handled = True
        except NoLongerOwnerError:
            log.info("%s is another member's now", _where(message))
        except Exception:  # a bug: what comes after it must not be built on it
            log.exception("a bug in the handler of %s", _where(message))
            end_process(f"the handler failed at {_where(message)}")
        finally:
            consumer.end(message, handled=handled)

    async def _attempt(self, message: Any) -> None:
        value = message.value
        try:
            if value is None:
                raise DecodeError("the record has no value")
            if self._wants is not None and self._codec.peek(value) not in self._wants:
                return
            record = self._codec.decode(value)
            arrival = Arrival(
                message.topic,
                message.partition,
                message.offset,
                int((message.timestamp or 0) * 1000),
                message.key,
                value,
                message,
            )
            await self._handler(record, arrival)
        except DataError as error:
            log.warning("%s goes to the dead letters: %s", _where(message), error)
            sent = dead_letter(
                self._app.appender,
                self._app.conf.id,
                topic=message.topic,
                partition=message.partition,
                position=message.offset,
                key=message.key,
                value=value,
                error=error,
            )
            await asyncio.wrap_future(sent)
            DEAD_LETTERS.labels(self._app.conf.id, message.topic).inc()


def _where(message: Any) -> str:
    return f"{message.topic} {message.partition} {message.offset}"
