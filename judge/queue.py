"""The judges' queue behind one small interface: two Kafka share groups, live before bulk.

The client still calls its share consumer a preview; no promise rests on it. The dispatcher's table keeps what is
outstanding, and dispatches again what shows no progress.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from confluent_kafka import AcknowledgeType, KafkaException, Message, ShareConsumer

from schemas.errors import DependencyError
from schemas.settings import Settings
from schemas.topics import JUDGE_GROUPS, LANES, MAX_MESSAGE_BYTES

__all__ = ["ShareQueue", "Taken", "TaskQueue"]

log = logging.getLogger(__name__)

_POLL_INTERVAL_MS = 3_600_000
"""A slot polls again only after a judging, and no judging takes an hour."""

_ANSWER_S = 0.05
"""A broker that has a task answers within so long: 6 ms were measured for nine of ten on two busy cores."""

_JOIN_S = 0.5
"""A new member has its lane within so long."""

_BULK_WAIT_S = 0.01
"""A live task waits at most for a look into an empty bulk lane."""

_WATCH_S = 0.05
"""A slot that has not looked for so long is busy; the pause between two of an idle slot's looks is a thousandth of it."""

_LEAVE_S = 1.0
"""A slot that has not looked for so long leaves the lanes that it asks, and joins again: that takes a tenth of a second."""

_CLOSE_S = 10.0
"""A broker lets a member go in milliseconds, one that starts again in seconds. The client has no bound: it was seen to wait for ever."""

_RELEASES = 2
_LATE_RELEASES = 3
"""A task is released unseen while it has been handed out no more often: after five times the broker throws it away.

The third one waits for _LEAVE_S: by then those that are busy now have left. One is spare, since a slot's end takes one too.
"""

_FETCH_WAIT_MS = 40
"""What a slot lets go of is seen by another one's look only when the broker next answers that: half a second unless set."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A task in this slot's hands: its lane, position and bytes, and what the queue needs to let go of it."""

    lane: str
    position: int
    key: bytes | None
    value: bytes
    receipt: Any


class TaskQueue(Protocol):
    """One slot's end of the queue. A task that is neither done nor released goes to another slot when this one dies."""

    def take(self, timeout_s: float) -> Taken | None:
        """A task, live before bulk; None when none came in time."""

    def done(self, taken: Taken) -> None:
        """The task will not come again. Called after its finished report is in Kafka."""

    def release(self, taken: Taken) -> None:
        """Another slot may have the task at once."""

    def close(self) -> None:
        """Let go of everything."""


class ShareQueue:
    """TaskQueue on share groups: a member a lane, one record a poll. Belongs to one thread, and has one that watches.

    One record a poll, and one a batch at the producer: the client acquires whole batches, has to give back what it
    cannot do, and the broker throws a record away after five such deliveries.

    Once asked, the client asks the broker until it is handed a record, whether anybody polls or not, and a slot may be at
    work for a minute. So what a busy slot is handed is released, within a tenth of a second; one that is busy for long is
    handed nothing. What two busy slots have released the third one releases when it has been busy for a second, which is
    when the others that are busy have left. Should a fourth be handed it all the same, it keeps it for its next look: such
    a task waits for that, or until the dispatcher finds that nobody has claimed it, after 15 s when a slot is idle.
    """

    def __init__(self, settings: Settings, lanes: Collection[str] = tuple(LANES)) -> None:
        """*lanes*: those that the slot takes tasks of; live is one of them."""
        self._lanes = {lane: _Member(settings, lane) for lane in lanes}
        self._lock = threading.Lock()
        """Held by who polls: the slot that looks, or the watch."""
        self._looked = time.monotonic()
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._watching, name="queue", daemon=True)
        self._watch.start()

    def take(self, timeout_s: float) -> Taken | None:
        """See TaskQueue. Broker errors are waited out: the client reconnects by itself."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            try:
                return self._take(deadline)
            finally:
                self._looked = time.monotonic()

    def _take(self, deadline: float) -> Taken | None:
        live, bulk = self._lanes["live"], self._lanes.get("bulk")
        wait = live.unanswered_s
        while True:
            if taken := live.look(wait):
                return taken
            if bulk is not None and (taken := bulk.look(_BULK_WAIT_S)):
                return taken
            if time.monotonic() >= deadline:
                return None
            wait = max(live.unanswered_s, _ANSWER_S)

    def _watching(self) -> None:
        while not self._closed.wait(_WATCH_S):
            with self._lock:
                busy_s = time.monotonic() - self._looked
                left = [lane.watch(busy_s) for lane in self._lanes.values()] if busy_s >= _WATCH_S else []
            for consumer in filter(None, left):
                _close(consumer)

    def done(self, taken: Taken) -> None:
        """See TaskQueue. Idempotent; an acknowledgement that is lost costs a second judging, which counts nothing."""
        self._lanes[taken.lane].settle(taken, AcknowledgeType.ACCEPT)

    def release(self, taken: Taken) -> None:
        """See TaskQueue. Counts as one of the five deliveries that the broker allows."""
        self._lanes[taken.lane].settle(taken, AcknowledgeType.RELEASE)

    def close(self) -> None:
        """See TaskQueue."""
        self._closed.set()
        self._watch.join()
        for lane in self._lanes.values():
            lane.close()


class _Member:
    """A slot's member of one lane's share group."""

    def __init__(self, settings: Settings, lane: str) -> None:
        self._settings = settings
        self._lane = lane
        self._kept: Taken | None = None
        self._join()

    def _join(self) -> None:
        self._consumer = _consumer(self._settings, self._lane)
        self._joined = time.monotonic() + _JOIN_S
        self._answered: float | None = None
        """When what it asks is answered, if there is anything; None: it does not ask."""

    @property
    def unanswered_s(self) -> float:
        """How long a look must be that says, when it finds nothing, that there is nothing."""
        now = time.monotonic()
        return max(0.0, (self._answer_to(now) if self._answered is None else self._answered) - now)

    def _answer_to(self, asked: float) -> float:
        return max(asked, self._joined) + _ANSWER_S

    def look(self, wait: float) -> Taken | None:
        """A task, within *wait* seconds; this member has none yet.

        Raises:
            DependencyError: when the client cannot go on.
        """
        if self._kept is not None:
            kept, self._kept = self._kept, None
            return kept
        message = self._poll(wait)
        if message is None:
            return None
        return Taken(self._lane, message.offset() or 0, message.key(), message.value() or b"", message)

    def _poll(self, wait: float) -> Message | None:
        if self._answered is None:
            self._answered = self._answer_to(time.monotonic())
        try:
            messages = list(self._consumer.poll(wait))
        except KafkaException as error:
            self._end_if_fatal(error)
            return None
        good = [m for m in messages if m.error() is None]
        for extra in good[1:]:  # cannot be, with one record a poll; given back all the same
            self._consumer.acknowledge(extra, AcknowledgeType.RELEASE)
        if good:
            self._answered = None
        return good[0] if good else None

    def watch(self, busy_s: float) -> ShareConsumer | None:
        """The slot has not looked for so long: see that no task waits here for it. Gives what has left the group, to close."""
        if self._answered is None and self._kept is None:
            return None
        most = _RELEASES if busy_s < _LEAVE_S else _LATE_RELEASES
        try:
            stray = self.look(0.0)
            if stray is not None and (stray.receipt.delivery_count() or 0) <= most:
                self.settle(stray, AcknowledgeType.RELEASE)
            elif stray is not None:
                self._kept = stray
            elif busy_s >= _LEAVE_S:
                left = self._consumer
                self._join()
                return left
        except (DependencyError, KafkaException):
            pass  # the slot's next look says so; one that cannot join anew stays, and tries again
        return None

    def settle(self, taken: Taken, kind: AcknowledgeType) -> None:
        """Tell the broker what becomes of a task."""
        try:
            self._consumer.acknowledge(taken.receipt, kind)
            self._consumer.commit_sync(10.0)  # a broker restart takes a few seconds; later the lock has gone anyway
        except KafkaException as error:
            self._end_if_fatal(error)

    def _end_if_fatal(self, error: KafkaException) -> None:
        if error.args and error.args[0].fatal():
            raise DependencyError(f"{LANES[self._lane]}: {error.args[0].str()}") from error

    def close(self) -> None:
        """Leave the group."""
        _close(self._consumer)


_silenced = threading.Lock()
"""What Python warns of is one setting of the process."""


def _consumer(settings: Settings, lane: str) -> ShareConsumer:
    with _silenced, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the client warns that share consumers are a preview: see above
        consumer = ShareConsumer(
            settings.kafka_client()
            | {
                "group.id": JUDGE_GROUPS[lane],
                "max.poll.records": 1,
                "share.acknowledgement.mode": "explicit",
                "max.poll.interval.ms": _POLL_INTERVAL_MS,
                "fetch.message.max.bytes": MAX_MESSAGE_BYTES,
                "fetch.wait.max.ms": _FETCH_WAIT_MS,
                "reconnect.backoff.max.ms": 1000,
                "reconnect.backoff.ms": 250,
                "log_level": 3,  # a warning at each start that the client is a preview helps nobody
            }
        )
    consumer.subscribe([LANES[lane]])
    return consumer


def _close(consumer: ShareConsumer) -> None:
    """Leave the group; a broker that does not hear of it lets go of what the member held by itself."""

    def leave() -> None:
        with contextlib.suppress(KafkaException):  # the broker is away
            consumer.close()

    leaving = threading.Thread(target=leave, name="leaving", daemon=True)
    leaving.start()
    leaving.join(_CLOSE_S)
    if leaving.is_alive():
        log.warning("a member of a share group has not left it in %g s: the broker will find out", _CLOSE_S)
