"""Contests' states out of the log, offline and at full speed: for replay, the auditor, and a scorer that reloads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, TopicPartition

from schemas.codec import codec
from schemas.errors import DataError, DecodeError, DependencyError, UnknownSchemaError
from schemas.events import LOG_EVENTS, Event, GenerationPromoted, PositionSkipped
from schemas.ids import partition_of
from schemas.reader import bounds, consumer, fetched
from schemas.rows import AUDIENCES
from schemas.runtime import calmed_collector
from schemas.settings import Settings
from streams.scoring.canonical import digest
from streams.scoring.fold import FOLD_VERSION, FOLDED, apply
from streams.scoring.project import active, generations, scoreboard
from streams.scoring.state import ContestState

__all__ = [
    "BATCH",
    "FOLDED_EVENTS",
    "Beside",
    "Folded",
    "Folding",
    "Headers",
    "Progress",
    "Promotion",
    "batches",
    "fold_contest",
    "fold_on",
    "log_end",
    "named_skips",
]

BATCH = 5000
"""Messages of one call: a call costs as much as some twenty of them."""

Progress = Callable[[int, int], None]
"""Told (positions read, positions to read) after each batch."""

Headers = Iterable[tuple[str, bytes | None]] | None
"""Those of a record."""

Beside = Callable[[int, Event, Headers], None]
"""Told each event of the contest, also those that scores do not depend on, with its position and its record's headers."""

FOLDED_EVENTS: tuple[type, ...] = tuple(cls for cls in LOG_EVENTS if cls.__name__ in FOLDED)
"""The events that scores depend on; the others are passed over without being decoded."""

_FOLDED = frozenset(FOLDED_EVENTS)


class Promotion(NamedTuple):
    """A promotion that took effect: where, and from which generation to which."""

    position: int
    before: str
    after: str


@dataclass(slots=True)
class Folded:
    """A contest's state after `position`, and how it came about.

    `events` counts the contest's records, `skipped` are the positions that the fold left out, `unreadable` those of
    records that do not decode, or whose key is not their contest; `unknown`, the ones of them whose schema this podium
    has never heard of. `named` are the positions that acts say a scorer of this fold version has skipped. `digests` are
    those of the boards at the positions that were asked for, by (position, generation, audience); `parts` the state's
    parts as they were at the one position that was asked for.
    """

    state: ContestState
    position: int
    events: int = 0
    skipped: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    named: set[int] = field(default_factory=set)
    promotions: list[Promotion] = field(default_factory=list)
    digests: dict[tuple[int, str, str], str] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)


class Folding:
    """One contest's fold under way: takes the contest's records in their order."""

    __slots__ = ("_beside", "_contest", "_decode", "_known_at", "_left_out", "_parts_at", "_peek", "_wanted", "folded")

    def __init__(
        self,
        folded: Folded,
        *,
        left_out: Collection[int] = (),
        at: Iterable[int] = (),
        parts_at: int | None = None,
        known_at: int | None = None,
        beside: Beside | None = None,
    ) -> None:
        """Goes on with what is *folded*.

        Args:
            folded: a state, which is changed in place, and what is known of it.
            left_out: positions that are skipped.
            at: positions at which the digests of all boards are taken.
            parts_at: the position at which the state's parts are.
            known_at: what was recorded after this moment, in UTC ms, is passed over as if it were not there.
            beside: told each event; what scores do not depend on is then decoded for it.
        """
        self.folded = folded
        self._contest = folded.state.contest_id
        self._left_out = frozenset(left_out)
        self._wanted = sorted(at, reverse=True)
        self._parts_at = parts_at
        self._known_at = known_at
        self._beside = beside
        self._peek, self._decode = codec().peek, codec().decode

    @property
    def wanted(self) -> list[int]:
        """The positions at which digests are still to be taken."""
        return list(self._wanted)

    def take(self, position: int, value: bytes | None, headers: Headers = None) -> None:
        """One record under the contest's key; its *headers* are for those who are told beside."""
        folded, state = self.folded, self.folded.state
        while self._wanted and position > self._wanted[-1]:
            _take_digests(folded, self._wanted.pop())
        if self._parts_at is not None and position > self._parts_at:
            self._take_parts()
        folded.events += 1
        try:
            if value is None:
                raise DecodeError("the record has no value")
            is_folded = self._peek(value) in _FOLDED
            if not is_folded and self._beside is None:
                return
            event = self._decode(value)
            if event.contest != self._contest:  # the partition is the contest's own: it was asked for
                raise DataError(f"the key {self._contest!r} is not the record's contest {event.contest!r}")
        except DataError as error:
            folded.unreadable.append(position)
            if isinstance(error, UnknownSchemaError):
                folded.unknown.append(position)
            return
        if self._beside is not None:
            self._beside(position, event, headers)
        if not is_folded:
            return
        if self._known_at is not None and event.recorded_at > self._known_at:
            return
        if isinstance(event, PositionSkipped) and event.fold_version == FOLD_VERSION:
            folded.named.add(event.position)
        if position in self._left_out:
            folded.skipped.append(position)
            return
        before = active(state) if isinstance(event, GenerationPromoted) else None
        try:
            apply(state, position, event)
        except Exception:  # the fold is pure: it fails here whoever folds; the scorer has skipped it as well
            folded.skipped.append(position)
        if before is not None and before != active(state):
            folded.promotions.append(Promotion(position, before, active(state)))

    def end(self, position: int) -> Folded:
        """Everything up to and with this position was taken."""
        self.folded.position = position
        while self._wanted and self._wanted[-1] <= position:
            _take_digests(self.folded, self._wanted.pop())
        if self._parts_at is not None and self._parts_at <= position:
            self._take_parts()
        return self.folded

    def _take_parts(self) -> None:
        self._parts_at = None
        # a part that has applied nothing is kept nowhere
        self.folded.parts = {key: part for key, part in self.folded.state.parts() if part["position"] >= 0}


def fold_contest(
    settings: Settings,
    contest: str,
    until_position: int | None = None,
    *,
    at: Collection[int] = (),
    parts_at: int | None = None,
    beside: Beside | None = None,
    progress: Progress | None = None,
) -> Folded:
    """Fold a contest's log from its beginning up to and with *until_position* (None: what is there now).

    At the positions *at* the digests of all boards are taken, at *parts_at* the state's parts; *beside* is told each event,
    once. An exception of the fold is skipped, as the scorer does, and so is what the log says that a scorer of this fold
    version has skipped: a position whose rows it could not make.

    Raises:
        DataError: when the beginning of the log is gone.
        DependencyError: when the brokers do not answer.
    """
    high = log_end(settings, partition_of(contest))
    last = high - 1 if until_position is None else min(until_position, high - 1)
    folding = Folding(Folded(ContestState(contest), last), at=at, parts_at=parts_at, beside=beside)
    folded = _fold(settings, folding, 0, last, progress)
    return _without_skips(settings, folded, high, at, parts_at, progress)


def log_end(settings: Settings, partition: int, *, hint: str = "") -> int:
    """The position behind the last of a partition of the log, which is there from its beginning on.

    Raises:
        DataError: when its beginning is gone; *hint* says what else to do.
        DependencyError: when the brokers do not answer.
    """
    low, high = bounds(settings, "log", partition)
    if low > 0:
        raise DataError(f"the log's partition {partition} begins at {low}: what is gone cannot be replayed{hint}")
    return high


def fold_on(settings: Settings, folded: Folded, until_position: int, *, at: Collection[int] = ()) -> Folded:
    """Go on with a fold up to and with a position, as if by `fold_contest`; *folded* is used up.

    It never goes back: the positions *at* are no earlier than the last record that has changed its state.

    Raises:
        DataError: when the beginning of the log is gone.
        DependencyError: when the brokers do not answer.
    """
    high = log_end(settings, partition_of(folded.state.contest_id))
    last = max(folded.position, min(until_position, high - 1))
    folded = _fold(settings, Folding(folded, at=at), folded.position + 1, last, None)
    return _without_skips(settings, folded, high, at)


def _without_skips(
    settings: Settings,
    folded: Folded,
    high: int,
    at: Collection[int],
    parts_at: int | None = None,
    progress: Progress | None = None,
) -> Folded:
    """A fold from the beginning without what a scorer has skipped, where this one has not; else the same. *high*: the log's end."""
    contest, last = folded.state.contest_id, folded.position
    # the act that names a position stands behind it, and may stand behind where the fold ends
    named = folded.named | named_skips(settings, contest, last + 1, high - 1)
    named = {position for position in named if position <= last}
    if named.issubset(folded.skipped):
        return folded
    again = Folding(Folded(ContestState(contest), last), left_out=named, at=at, parts_at=parts_at)
    return _fold(settings, again, 0, last, progress)


@calmed_collector()
def _fold(settings: Settings, folding: Folding, first: int, last: int, progress: Progress | None) -> Folded:
    contest = folding.folded.state.contest_id
    key = contest.encode()
    for batch in batches(settings, partition_of(contest), last, first):
        for message in batch:
            if message.key() == key:
                folding.take(message.offset(), message.value(), message.headers())
        if progress is not None and batch:
            progress(batch[-1].offset() + 1, last + 1)
    return folding.end(last)


def named_skips(settings: Settings, contest: str, first: int, last: int) -> set[int]:
    """The positions that acts from *first* to *last* say this fold version has skipped."""
    key, peek, decode, found = contest.encode(), codec().peek, codec().decode, set[int]()
    for batch in batches(settings, partition_of(contest), last, first):
        for message in batch:
            try:
                if message.key() == key and peek(message.value() or b"") is PositionSkipped:
                    event = decode(message.value())
                    if event.contest == contest and event.fold_version == FOLD_VERSION:
                        found.add(event.position)
            except DecodeError:
                continue
    return found


def batches(
    settings: Settings, partition: int, last: int, first: int = 0, *, most: int = BATCH, topic: str = "log"
) -> Iterator[list[Any]]:
    """The messages of a partition of the log (or of a *topic*) from *first* up to and with *last*, so many *most* at a time.

    A batch may be empty: nothing has come for a while.

    Raises:
        DependencyError: when the brokers do not answer.
    """
    if last < first:
        return
    reader = consumer(
        settings,
        # The whole log comes through: larger fetches, and enough of them on their way. A fetch may be ten times as large when it
        # is unpacked, and what waits takes thrice its size.
        **{"max.partition.fetch.bytes": 2 << 20},
        # a full queue is looked at again soon: librdkafka's own second leaves the fold without work
        **{"queued.min.messages": 200_000, "queued.max.messages.kbytes": 16 << 10, "fetch.queue.backoff.ms": 10},
    )
    try:
        reader.assign([TopicPartition(topic, partition, first)])
        yield from _read_until(reader, last, most)
    finally:
        reader.close()


def _read_until(reader: Consumer, last: int, most: int) -> Iterator[list[Any]]:
    while True:
        batch = []
        done = False
        for message in fetched(reader, most, 0.2):
            error = message.error()
            if error is None:
                if message.offset() <= last:
                    batch.append(message)
                done = done or message.offset() >= last
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                done = done or message.offset() > last
            elif error.fatal():
                raise DependencyError(f"{message.topic()}: {error.str()}")
        yield batch
        if done:
            return


def _take_digests(folded: Folded, position: int) -> None:
    for generation in generations(folded.state):
        for audience in AUDIENCES:
            if generation.fold_version == FOLD_VERSION:
                board = scoreboard(folded.state, generation, audience)
                folded.digests[position, generation.id, audience] = digest(board)
