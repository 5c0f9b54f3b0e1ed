"""Appending a feed's events to the log: what is there is not appended again, and times may pass as they did.

An import that broke off keeps the clock from the contest until its rest is there (schemas/imported.py). Whoever finds that
nothing is lacking says so where no last record of the import has: the shadow, which appends records of no import, too.
"""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from podium.current import current
from podium.feeds.known import Known, lacking
from podium.interrupts import uninterrupted
from schemas.errors import ConflictError
from schemas.events import Definition, Event, MarkRequested, Submission
from schemas.ids import new_id, partition_of
from schemas.imported import Imported, arrives, imported_of
from schemas.producer import Producer
from schemas.settings import Settings
from streams.refold import batches, log_end
from streams.scoring.fold import FOLD_VERSION

__all__ = ["BY", "Appender", "Brought", "Pace", "bring"]

BY = "import"
"""Who is recorded as the writer of what other systems say."""

AT_ONCE = 1000
"""Records on their way at a time: they fill the broker's batches and not the producer's queue."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of an import: events of the feed, how many were appended, what the log holds otherwise.

    `made_up` of the appended are none of the feed's own, but make up for what it has no more or shows otherwise. `final`:
    the results were final before, so that what was appended counts no more.
    """

    contest: str
    events: int
    appended: int
    made_up: int
    final: bool
    unchanged: tuple[str, ...] = ()


class Pace:
    """Lets the moments of a contest pass `speed` times as fast as they did, from the first that is waited for on."""

    def __init__(
        self,
        speed: float,
        start: int,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """*start*: UTC ms before which nothing is waited for."""
        self._speed, self._start, self._now, self._sleep = speed, start, now, sleep
        self._begun: tuple[int, float] | None = None

    def wait(self, moment: int) -> None:
        """Return when *moment* has come."""
        if moment < self._start:
            return
        if self._begun is None:
            self._begun = moment, self._now()
        first, begun = self._begun
        left = (moment - first) / 1000 / self._speed - (self._now() - begun)
        if left > 0:
            self._sleep(left)


class Appender:
    """Appends events of one contest in order; each definition changes the one before it.

    Raises ConflictError where somebody else defines the contest: it is no imported one.
    """

    def __init__(self, settings: Settings, contest: str, producer: Producer, *, by: str = BY) -> None:
        self.contest, self.known = contest, Known(by)
        self._settings, self._producer, self._complete = settings, producer, False
        self._coming: deque[Future[int]] = deque()
        state = current(settings, contest, told=self.known.take)
        if self.known.foreign:
            raise ConflictError(
                f"contest {contest} was not imported: {', '.join(sorted(self.known.foreign))} defined it; "
                "take another id with --contest"
            )
        self.definition, self._position = state.definition, state.position
        self.final = state.over is not None
        self.known.definition = state.definition
        self._submitted = any(isinstance(one, Submission) for one in self.known.facts.values())

    def append(self, event: Event, said: Imported | None = None) -> None:
        """Hand an event to the broker; a definition is waited for, as the next one names its position.

        Raises:
            ConflictError: for a definition with another precision than that of the scores that are there.
            DependencyError: when the broker did not take it, or one before it.
        """
        headers = said.headers() if said else None
        if not isinstance(event, Definition):
            self._submitted = self._submitted or isinstance(event, Submission)
            self._coming.append(self._send(event, headers))
            while len(self._coming) > AT_ONCE:
                self._coming.popleft().result()
            return
        if self._submitted and self.definition and self.definition.score_scale != event.score_scale:
            raise ConflictError(
                f"contest {self.contest}: its scores are kept in units of 1/{self.definition.score_scale}, and the source now "
                f"says score_scale: {event.score_scale}; take another id with --contest"
            )
        self.settle()
        version = self.definition.fold_version if self.definition else FOLD_VERSION
        changed = dataclasses.replace(event, changes=self._position, fold_version=version)
        self._position = self._send(changed, headers).result()
        self.definition = changed

    def settle(self) -> None:
        """Wait for what is on its way."""
        while self._coming:
            self._coming.popleft().result()

    def complete(self) -> None:
        """The log has all that the feed has: where an import's last record is still to come, this one is it.

        It asks for marks, which changes nothing. The log is read for that once.

        Raises:
            DataError: when the beginning of the log is gone.
            DependencyError: when the broker does not answer, or did not take an event.
        """
        self.settle()
        if not self._complete and _arriving(self._settings, self.contest):
            asks = MarkRequested(
                contest=self.contest,
                recorded_at=self.known.now,
                recorded_by=self.known.by,
                id=new_id(),
                reason="all of the import is here",
            )
            self.append(asks, Imported(1, 1, judged=False))
            self.settle()
        self._complete = True

    def _send(self, event: Event, headers: list[tuple[str, bytes]] | None) -> Future[int]:
        partition = partition_of(self.contest)
        with uninterrupted():
            return self._producer.send("log", self.contest, event, partition=partition, headers=headers)


def bring(
    settings: Settings,
    contest: str,
    events: Sequence[Event],
    producer: Producer,
    *,
    whole: bool = True,
    speed: float | None = None,
    progress: Progress = lambda *_: None,
) -> Brought:
    """Append what the log lacks of a feed. Idempotent: what broke off is completed, a second time adds nothing.

    Args:
        settings: where the log is.
        contest: the contest's id here.
        events: all that the feed comes to.
        producer: of the log.
        whole: every line of the feed was read: what the log has beyond it is gone.
        speed: how many times as fast as they did the moments of the contest pass; None: they do not.
        progress: told what is done, how many of how many.

    Raises:
        ConflictError: when the contest is one of this podium's own, or somebody else imports it just now.
        DataError: when nothing is lacking and the beginning of the log is gone.
        DependencyError: when the broker did not take an event.
    """
    appender = Appender(settings, contest, producer)
    found = lacking(appender.known, events, whole=whole)
    start = next((e.start_time for e in events if isinstance(e, Definition) and e.start_time is not None), 0)
    pace = Pace(speed, start) if speed else None
    for number, event in enumerate(found.events, 1):
        if pace is not None:
            pace.wait(event.recorded_at)
        appender.append(event, Imported(number, len(found.events), judged=True))
        progress("importing", number, len(found.events))
    appender.settle()
    if not found.events:
        appender.complete()
    held = current(settings, contest)
    if appender.definition is not None and held.definition != appender.definition:
        raise ConflictError(f"contest {contest} was changed by somebody else meanwhile; run the same command again")
    return Brought(contest, len(events), len(found.events), found.made_up, appender.final, found.unchanged)


def _arriving(settings: Settings, contest: str) -> bool:
    """Whether the last record of an import is still to come, by the log as it is now."""
    partition, key, waits = partition_of(contest), contest.encode(), False
    for batch in batches(settings, partition, log_end(settings, partition) - 1):
        for message in batch:
            if message.key() == key:
                waits = arrives(waits, imported_of(message.headers()))
    return waits
