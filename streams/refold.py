"""A contest's state out of the log, offline and at full speed: for replay, the auditor, and a scorer that reloads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from schemas.codec import codec
from schemas.errors import DataError, DecodeError, DependencyError
from schemas.events import LOG_EVENTS, PositionSkipped
from schemas.ids import partition_of
from schemas.reader import bounds, consumer
from schemas.rows import AUDIENCES
from schemas.settings import Settings
from streams.scoring.canonical import digest
from streams.scoring.fold import FOLD_VERSION, FOLDED, apply
from streams.scoring.project import generations, scoreboard
from streams.scoring.state import ContestState

__all__ = ["FOLDED_EVENTS", "Folded", "Progress", "fold_contest"]

BATCH = 5000
"""Messages of one call: a call costs as much as some twenty of them."""

Progress = Callable[[int, int], None]
"""Told (positions read, positions to read) after each batch."""

FOLDED_EVENTS: tuple[type, ...] = tuple(cls for cls in LOG_EVENTS if cls.__name__ in FOLDED)
"""The events that scores depend on; the others are passed over without being decoded."""

_FOLDED = frozenset(FOLDED_EVENTS)


@dataclass(slots=True)
class Folded:
    """A contest's state after `position`, and how it came about.

    `events` counts the contest's records, `skipped` are the positions that the fold left out, `unreadable` those of
    records that do not decode, or whose key is not their contest. `digests` are those of the boards at the positions
    that were asked for, by (position, generation, audience).
    """

    state: ContestState
    position: int
    events: int = 0
    skipped: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    digests: dict[tuple[int, str, str], str] = field(default_factory=dict)


def fold_contest(
    settings: Settings,
    contest: str,
    until_position: int | None = None,
    *,
    at: Collection[int] = (),
    progress: Progress | None = None,
) -> Folded:
    """Fold a contest's log from its beginning up to and with *until_position* (None: what is there now).

    At the positions *at* the digests of all boards are taken. An exception of the fold is skipped, as the scorer does,
    and so is what the log says that a scorer of this fold version has skipped: a position whose rows it could not make.

    Raises:
        DataError: when the beginning of the log is gone.
        DependencyError: when the brokers do not answer.
    """
    partition = partition_of(contest)
    low, high = bounds(settings, "log", partition)
    if low > 0:
        raise DataError(f"the log's partition {partition} begins at {low}: what is gone cannot be replayed")
    last = high - 1 if until_position is None else min(until_position, high - 1)
    folded, named = _fold(settings, contest, last, frozenset(), at, progress)
    # the act that names a position stands behind it, and may stand behind where the fold ends
    named |= _named(settings, contest, last + 1, high - 1)
    missed = {position for position in named if position <= last}.difference(folded.skipped)
    return _fold(settings, contest, last, frozenset(missed), at, progress)[0] if missed else folded


def _fold(
    settings: Settings,
    contest: str,
    last: int,
    left_out: frozenset[int],
    at: Collection[int],
    progress: Progress | None,
) -> tuple[Folded, set[int]]:
    """Fold without the positions that are left out; and the positions that acts say were skipped."""
    partition, named = partition_of(contest), set[int]()
    folded = Folded(ContestState(contest), last)
    wanted = sorted(position for position in at if position <= last)
    key, peek, decode, state = contest.encode(), codec().peek, codec().decode, folded.state
    for batch in _batches(settings, partition, last):
        for message in batch:
            if message.key() != key:
                continue
            position, value = message.offset(), message.value()
            while wanted and position > wanted[0]:
                _take_digests(folded, wanted.pop(0))
            folded.events += 1
            try:
                if value is None:
                    raise DecodeError("the record has no value")
                if peek(value) not in _FOLDED:
                    continue
                event = decode(value)
                if event.contest != contest:  # the partition is the contest's own: it was asked for
                    raise DataError(f"the key {contest!r} is not the record's contest {event.contest!r}")
            except DataError:
                folded.unreadable.append(position)
                continue
            if isinstance(event, PositionSkipped) and event.fold_version == FOLD_VERSION:
                named.add(event.position)
            if position in left_out:
                folded.skipped.append(position)
                continue
            try:
                apply(state, position, event)
            except Exception:  # the fold is pure: it fails here whoever folds; the scorer has skipped it as well
                folded.skipped.append(position)
        if progress is not None and batch:
            progress(batch[-1].offset() + 1, last + 1)
    for position in wanted:
        _take_digests(folded, position)
    return folded, named


def _named(settings: Settings, contest: str, first: int, last: int) -> set[int]:
    """The positions that acts from *first* to *last* say this fold version has skipped."""
    key, peek, decode, found = contest.encode(), codec().peek, codec().decode, set[int]()
    for batch in _batches(settings, partition_of(contest), last, first):
        for message in batch:
            try:
                if message.key() == key and peek(message.value() or b"") is PositionSkipped:
                    event = decode(message.value())
                    if event.contest == contest and event.fold_version == FOLD_VERSION:
                        found.add(event.position)
            except DecodeError:
                continue
    return found


def _batches(settings: Settings, partition: int, last: int, first: int = 0) -> Iterator[list[Any]]:
    """The messages of a partition from *first* up to and with position *last*."""
    if last < first:
        return
    reader = consumer(
        settings,
        # the whole log comes through: larger fetches, and enough of them on their way
        **{"fetch.max.bytes": 16 << 20, "max.partition.fetch.bytes": 8 << 20, "queued.min.messages": 200_000},
    )
    try:
        reader.assign([TopicPartition("log", partition, first)])
        yield from _read_until(reader, last)
    finally:
        reader.close()


def _read_until(reader: Consumer, last: int) -> Iterator[list[Any]]:
    while True:
        batch = []
        done = False
        for message in reader.consume(BATCH, timeout=0.2):
            error = message.error()
            if error is None:
                if message.offset() <= last:
                    batch.append(message)
                done = done or message.offset() >= last
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                done = done or message.offset() > last
            elif error.fatal():
                raise DependencyError(f"log: {error.str()}")
        yield batch
        if done:
            return


def _take_digests(folded: Folded, position: int) -> None:
    for generation in generations(folded.state):
        for audience in AUDIENCES:
            if generation.fold_version == FOLD_VERSION:
                board = scoreboard(folded.state, generation, audience)
                folded.digests[position, generation.id, audience] = digest(board)
