"""The clock: a tick a second to `ticks`, and each transition that time makes (started, frozen, ended, thawed) to the log.

A transition's id is derived from (contest, kind, planned time), so a second clock is harmless. Feed, push and state
derive from transitions. A board waits for none but the thaw; that a freeze was noted keeps it from what an act says that
stands behind that, though it was stamped before (streams/scoring/times.py).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

from confluent_kafka import Message, TopicPartition
from prometheus_client import Counter, Gauge

from clics.fold import fold
from clics.state import State
from clics.times import format_time
from schemas.clock import Clock
from schemas.codec import codec
from schemas.errors import ConfigError, DataError, DependencyError
from schemas.events import Act, Definition, Tick, Transitioned
from schemas.ids import CONTEST_PARTITIONS, check_place, derived_id
from schemas.imported import arrives, imported_of
from schemas.producer import Producer
from schemas.reader import consumer, ends
from schemas.runtime import Door, stop_event
from schemas.settings import Settings
from schemas.topics import check_topics
from streams.positions import HandledPositions
from streams.scoring import acts

__all__ = ["due", "planned", "run", "transition"]

log = logging.getLogger(__name__)

TRANSITIONS = Counter("podium_clock_transitions", "Transitions appended to the log", ["kind"])
LEFT_OUT = Counter("podium_clock_left_out", "Events that the clock cannot fold, and transitions that it cannot write")
REFUSED = Gauge("podium_clock_refused", "Contests that are no rehearsal under a clock that is not real time")


def planned(state: State) -> dict[str, int]:
    """When each transition of the contest is due, in UTC milliseconds, by its acts and definition. Pure.

    A freeze comes while a team has time, a thaw only when none has; a freeze that has no length, or was lifted, does not
    come. Nothing comes behind the end of updates, where it would be void.
    """
    clock = state.clock
    start, end, last_end = clock.start, clock.end, state.last_end
    if state.definition is None or start is None or end is None or last_end is None or state.conduct.closed is not None:
        return {}
    times = {"started": start, "ended": end}
    freeze, thaw = state.freeze, state.planned_thaw
    if freeze is not None and start <= freeze < last_end:
        times["frozen"] = freeze
    if freeze is not None and thaw is not None:
        times["thawed"] = thaw
    return times


def due(state: State, now: int) -> list[tuple[str, int]]:
    """The transitions (kind, planned time) whose time has come and that the log does not have, in order. Pure."""
    waiting = [
        (kind, at) for kind, at in planned(state).items() if at <= now and (kind, at) not in state.conduct.passed
    ]
    return sorted(waiting, key=lambda one: one[1])


def transition(contest: str, kind: str, planned_at: int, now: int, by: str) -> Transitioned:
    """The event of a transition; two clocks make the same id. Pure."""
    return Transitioned(
        contest=contest,
        recorded_at=now,
        recorded_by=by,
        id=derived_id("transition", contest, kind, str(planned_at)),
        reason=f"planned for {format_time(planned_at)}",
        kind=kind,
        planned_at=planned_at,
    )


class _Schedule:
    """Every contest's definition and acts, from the log's beginning on.

    `arriving` are those whose import from another log has not come to its end: an act that is still to come may undo
    what seems due.
    """

    def __init__(self, settings: Settings) -> None:
        self.contests: dict[str, State] = {}
        self.arriving: set[str] = set()
        self._handled = HandledPositions.of(settings, "clock")
        self._ends = ends(settings, "log", CONTEST_PARTITIONS)
        # it follows the log for ever: what comes ends a fetch at once, and a quiet broker is not asked each 10 ms
        self._consumer = consumer(settings, **{"enable.partition.eof": False, "fetch.wait.max.ms": 500})
        self._consumer.assign([TopicPartition("log", p, 0) for p in range(CONTEST_PARTITIONS)])

    @property
    def caught_up(self) -> bool:
        """Whether everything is read that was there when we began."""
        return not self._ends

    def read(self, timeout_s: float) -> None:
        """Take in what has come."""
        for message in self._messages(timeout_s):
            position, partition = message.offset(), message.partition()
            if partition in self._ends and position + 1 >= self._ends[partition]:
                del self._ends[partition]
            self._handled.add("log", partition, position)
            self._arrives(message)
            try:
                if not issubclass(codec().peek(message.value() or b""), (Definition, Act)):
                    continue
                event = codec().decode(message.value())
                check_place(event.contest, message.key(), partition)
            except DataError:
                continue  # the planner and the sinks put it into the dead letters
            state = self.contests.setdefault(event.contest, State(event.contest))
            if acts.refused(event, state.conduct.fold_version):
                continue
            before = state.position
            try:
                fold(state, position, event)
            except Exception as error:  # it will fail again at each start: left out, as by the live view and the scorer
                LEFT_OUT.inc()
                log.error("log-%d at %d: %s fails", partition, position, type(event).__name__, exc_info=error)
                state.position = before  # a transition of our own that fails is not seen, and so not made again at once
        self._handled.flush()

    def _arrives(self, message: Message) -> None:
        said = imported_of(message.headers())
        if said is not None:
            contest = (message.key() or b"").decode(errors="replace")
            (self.arriving.add if arrives(contest in self.arriving, said) else self.arriving.discard)(contest)

    def _messages(self, timeout_s: float) -> Iterator[Message]:
        for partition, end in list(self._ends.items()):
            if end == 0:
                del self._ends[partition]
        # not `fetched`: what comes within a beat is taken together, or every record would have all contests looked at
        for message in self._consumer.consume(1000, timeout=timeout_s):
            if message.error() is None:
                yield message
            elif message.error().fatal():
                raise DependencyError(f"log: {message.error().str()}")

    def close(self) -> None:
        self._consumer.close()


def run(settings: Settings) -> None:
    """Tick and make transitions until told to end. A clock that was away makes late what it missed, as planned."""
    check_topics(settings, frozenset({"log", "ticks"}))
    clock = Clock.parse(settings.clock)
    name = settings.instance or "clock"
    stop = stop_event()
    ready = threading.Event()
    with Door(settings, ready=ready.is_set), Producer(settings) as producer:
        schedule = _Schedule(settings)
        try:
            while not stop.is_set() and not schedule.caught_up:
                schedule.read(0.2)
            ready.set()
            _beat(schedule, clock, name, producer, stop)
        finally:
            schedule.close()


def _beat(schedule: _Schedule, clock: Clock, name: str, producer: Producer, stop: threading.Event) -> None:
    next_tick = time.monotonic()
    appended: dict[str, int] = {}
    hopeless: set[tuple[str, str, int]] = set()
    while not stop.is_set():
        # transitions come within a tenth of a second of their time, ticks once a second
        schedule.read(0.1)
        now = clock.now_ms()
        refused = 0
        for contest, state in schedule.contests.items():
            if not clock.is_real and state.definition is not None and not state.definition.rehearsal:
                refused += 1
                continue
            if contest in schedule.arriving:
                continue
            if state.position < appended.get(contest, -1):
                continue  # whether a transition took effect is seen where it stands in the log
            for kind, at in due(state, now):
                if (contest, kind, at) in hopeless:
                    continue
                try:
                    appended[contest] = producer.append(transition(contest, kind, at, now, name)).result()
                except DependencyError as error:
                    log.error("%s: %s is due and cannot be appended: %s", contest, kind, error)
                    break
                except Exception as error:  # a time that no event can hold will not get better
                    LEFT_OUT.inc()
                    log.error("%s: %s at %d can never be appended", contest, kind, at, exc_info=error)
                    hopeless.add((contest, kind, at))
                    continue
                TRANSITIONS.labels(kind).inc()
                log.info("%s: %s", contest, kind)
        if refused:
            if not REFUSED._value.get():  # noqa: SLF001  # say it once, not ten times a second
                log.error(
                    "%s", ConfigError(f"{refused} contests are no rehearsal: PODIUM_CLOCK must be real time for them")
                )
            REFUSED.set(refused)
        if time.monotonic() >= next_tick:
            next_tick += 1.0
            if time.monotonic() > next_tick:
                next_tick = time.monotonic() + 1.0  # ticks that were missed are not made up for
            tick = Tick(recorded_at=now, recorded_by=name, real_ms=time.time_ns() // 1_000_000)
            producer.send("ticks", None, tick, partition=0)
