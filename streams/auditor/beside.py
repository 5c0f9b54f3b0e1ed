"""What an audit makes of a contest's log beside its boards, in the same pass, and on behind where that has ended."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from schemas.errors import DependencyError
from schemas.events import Event
from schemas.ids import partition_of
from schemas.reader import bounds, consumer, fetched
from schemas.settings import Settings
from streams.auditor.facts import Facts
from streams.auditor.objects import Objects
from streams.dispatcher.plans import Plans
from streams.refold import Folded, Folding, Headers
from streams.scoring.state import ContestState

__all__ = ["COMPARED", "FACTS", "OBJECTS", "PLANS", "STRETCH", "Beside", "Onward", "Turns"]

FACTS, OBJECTS, PLANS = "facts", "objects", "plans"
"""What is made of the log beside its boards."""

COMPARED = (FACTS, OBJECTS)
"""Those that are compared by stretches."""

STRETCH = 20_000
"""So many of a contest's records are a stretch, of which one audit compares the runs and the sources: some 100,000 rows."""

COMES_S = 60.0
"""A record that the log has comes within this time; a broker that is started again takes half of it."""


class Turns:
    """At which of a contest's records the next stretch begins, of the live view's objects and of the history's facts.

    Each goes on where it was compared: a view that was away then has its turn when it is back.
    """

    def __init__(self, stretch: int = STRETCH) -> None:
        self.stretch = stretch
        self._next: dict[tuple[str, str], int] = {}
        self._ended: set[tuple[str, str]] = set()

    def of(self, contest: str, what: str) -> range:
        """The numbers of the records whose turn it is, counted from 0."""
        first = self._next.get((contest, what), 0)
        return range(first, first + self.stretch)

    def took(self, contest: str, what: str, turn: range, records: int) -> None:
        """An audit has taken its turn of so many records: the next one comes after it, or they begin anew."""
        self._next[contest, what] = turn.stop if turn.stop < records else 0
        if turn.stop >= records:
            self._ended.add((contest, what))

    def ended(self, contest: str, what: str) -> bool:
        """Whether a turn has come to the contest's end since it was `unended`."""
        return (contest, what) in self._ended

    def unended(self, contest: str) -> None:
        """The contest goes on: more comes behind what was compared."""
        self._ended -= {(contest, what) for what in COMPARED}

    def forget(self, contest: str) -> None:
        """The contest is not audited again."""
        self.unended(contest)
        for what in COMPARED:
            self._next.pop((contest, what), None)


class Beside:
    """Takes each of a contest's events: facts, what its objects derive from, and what the planner keeps.

    `records` counts them; `broken` says of which of the three there is nothing, and why.
    """

    def __init__(self, contest: str, end: int, turns: Turns) -> None:
        """*end*: the first position of which there may be no facts; *turns*: the records of the stretches."""
        self.facts = Facts(end)
        self.objects = Objects(contest)
        self.plans = Plans(contest)
        self.broken: dict[str, str] = {}
        self.turns = {what: turns.of(contest, what) for what in COMPARED}
        self.records = 0
        facts, objects, plans, turn_of = self.facts, self.objects, self.plans, self.turns
        # none knows of this object, which holds as much as the contest and goes with the last reference to it
        self._takes: dict[str, Callable[[int, int, Event, Headers], None]] = {
            FACTS: lambda number, at, event, _: facts.take(at, event, in_turn=number in turn_of[FACTS]),
            OBJECTS: lambda number, at, event, _: objects.take(at, event, in_turn=number in turn_of[OBJECTS]),
            PLANS: lambda _, at, event, headers: plans.take(at, event, headers),
        }

    def take(self, position: int, event: Event, headers: Headers) -> None:
        """The next one, and the headers of its record."""
        for what, take in self._takes.items():
            try:
                take(self.records, position, event, headers)
            except Exception as error:  # whoever folds fails here: the live view, for one, has left the event out
                self.broken[what] = f"the event at {position} cannot be taken: {type(error).__name__}: {error}"
                self._takes = {name: one for name, one in self._takes.items() if name != what}
        self.records += 1


class Onward:
    """A contest's log, read on behind where a recomputation has ended. Close it."""

    def __init__(self, settings: Settings, folded: Folded, beside: Beside) -> None:
        """*folded* is used up: its state goes on."""
        self._settings, self._contest = settings, folded.state.contest_id
        self._partition = partition_of(self._contest)
        self._folding = Folding(folded, beside=beside.take)
        self._at, self._end = folded.position, 0
        self._read: deque[Message] = deque()
        self._reader: Consumer | None = None

    def to(self, position: int) -> ContestState | None:
        """The scores after this position; None where the log does not reach that far.

        Raises:
            DependencyError: when the brokers do not answer.
        """
        if position > self._at and position >= self._end:
            self._end = bounds(self._settings, "log", self._partition)[1]
            if position >= self._end:
                return None
        if self._reader is None and position > self._at:
            self._reader = consumer(self._settings)
            self._reader.assign([TopicPartition("log", self._partition, self._at + 1)])
        patient = time.monotonic() + COMES_S
        while self._at < position:
            if not self._read:
                if time.monotonic() > patient:
                    raise DependencyError(f"log-{self._partition}: no record at position {position}")
                self._fetch()
                continue
            message = self._read.popleft()
            if message.offset() > position:
                self._read.appendleft(message)
                break
            self._at = message.offset()
            if message.key() == self._contest.encode():
                self._folding.take(self._at, message.value(), message.headers())
        return self._folding.folded.state

    def _fetch(self) -> None:
        assert self._reader is not None
        for message in fetched(self._reader, 500, 0.2):
            error = message.error()
            if error is None:
                self._read.append(message)
            elif error.code() != KafkaError._PARTITION_EOF and error.fatal():  # noqa: SLF001  # its public name
                raise DependencyError(f"log-{self._partition}: {error.str()}")

    def close(self) -> None:
        """Leave the brokers."""
        if self._reader is not None:
            self._reader.close()
