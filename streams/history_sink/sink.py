"""The history sink: `log` and `scoreboard-rows` into ClickHouse, in batches.

Rows are a pure function of a record and its position, and every table is keyed by what its rows are about and where
they stand in the log, so a record that is read again changes nothing. How far a partition is in stands in ClickHouse
too (`sink_offsets`), written last: after a crash anywhere the sink reads on from there. Two sinks that take themselves
for the owner of a partition write the same rows, and positions never go back.

A position that the fold of this version left out (`position skipped`) is deleted, so that the board by SQL is the fold's.
A `reload` writes the contest's rows anew from both topics and then deletes those that were loaded before: nobody sees a
gap, and cut short anywhere it is done again, since the position moves on only afterwards.

The topics are read apart, and a promotion in the one shows rows of the other: they are written before it is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from prometheus_client import Counter

from schemas import events
from schemas.codec import codec
from schemas.dead_letters import dead_letter
from schemas.errors import DataError, DecodeError
from schemas.ids import partition_of
from schemas.producer import Producer
from schemas.reader import read, read_contest
from schemas.rows import ProjectionRecord
from schemas.runtime import Door, stop_event
from schemas.settings import Settings
from schemas.topics import check_topics
from streams.history_sink.rows import Rows, log_rows, scoreboard_rows
from streams.history_sink.store import Store
from streams.loop import LOG, ROWS, BatchLoop, Record, event_of
from streams.metrics import DEAD_LETTERS
from streams.scoring.fold import FOLD_VERSION

__all__ = ["GROUP", "HistoryView", "run"]

logger = logging.getLogger(__name__)

GROUP = "history-sink"

PACE_S = 0.5
"""Seconds between two small batches of a partition: an insert costs 10 ms however small it is, and nobody watches history live."""
FULL = 200
"""Records of a batch that is worth writing at once."""
SLICE = 5_000
"""Rows of one write of a reload."""
STRETCH = 50_000
"""Positions that a reload reads between two signs of life: some seconds."""

RELOADS = Counter("podium_history_reloads", "Contests whose rows were made anew")


class HistoryView:
    """The history as a BatchLoop fills it."""

    def __init__(self, settings: Settings, store: Store, producer: Producer) -> None:
        self._settings = settings
        self._store = store
        self._producer = producer
        self._codec = codec()
        self._written: dict[tuple[str, int], int] = {}
        self._last: dict[int, float] = {}
        self.working: Callable[[], None] = lambda: None
        """Called again and again while a reload gets on."""

    def starts(self, partitions: Sequence[int]) -> Mapping[tuple[str, int], int]:
        """The first position that ClickHouse lacks, for both topics of each partition."""
        found = self._store.positions(partitions)
        for partition in partitions:
            for topic in (LOG, ROWS):
                self._written[topic, partition] = found.get((topic, partition), 0)
        return {
            (topic, partition): self._written[topic, partition] for partition in partitions for topic in (LOG, ROWS)
        }

    def apply(self, partition: int, records: Sequence[Record]) -> bool:
        """Write a batch's rows, then how far it went. At least once, idempotent."""
        if len(records) < FULL:
            # by partition: in a turn the first one waits, and the others have waited with it
            time.sleep(max(0.0, min(PACE_S, self._last.get(partition, 0.0) + PACE_S - time.monotonic())))
        self._last[partition] = time.monotonic()
        rows: Rows = []
        for record in records:
            event = self._event(record)
            if isinstance(event, ProjectionRecord):
                rows += scoreboard_rows(event)
            elif event is not None:
                if isinstance(event, events.GenerationPromoted):
                    # one act shows another board: all that came before it, and the scorer's rows, must be there first
                    self._store.write(rows)
                    rows = []
                    self._write_board(event.contest, self._written.get((ROWS, partition), 0))
                rows += log_rows(record.position, event)
                if isinstance(event, events.Reloaded | events.PositionSkipped):
                    self._store.write(rows)
                    rows = []
                    self._mend(event, record.position)
        self._store.write(rows)
        last = {(record.topic, partition): record.position + 1 for record in records}
        self._store.advance(last)
        for key, position in last.items():
            self._written[key] = max(position, self._written.get(key, 0))
        return True

    def sound(self, partitions: Collection[int]) -> Collection[int]:
        """The partitions of which ClickHouse holds less than was written: it was lost, or came back older."""
        held = self._store.positions(partitions)
        return {p for (topic, p), at in self._written.items() if p in partitions and held.get((topic, p), 0) < at}

    def forget(self, partitions: Collection[int]) -> None:
        """These partitions are another process's now."""
        self._written = {key: at for key, at in self._written.items() if key[1] not in partitions}

    # ---- records --------------------------------------------------------------------------------------------------

    def _event(self, record: Record) -> Any:
        """The record's event, or None for a tombstone and for what went to the dead letters."""
        if record.value is None:
            return None
        try:
            return event_of(record)
        except DataError as error:
            logger.warning("%s-%d at %d: %s", record.topic, record.partition, record.position, error)
            dead_letter(
                self._producer,
                GROUP,
                topic=record.topic,
                partition=record.partition,
                position=record.position,
                key=record.key,
                value=record.value,
                error=error,
            ).result()
            DEAD_LETTERS.labels(GROUP, record.topic).inc()
            return None

    def _mend(self, event: events.Reloaded | events.PositionSkipped, position: int) -> None:
        """Do what an act says about the contest's rows."""
        if isinstance(event, events.Reloaded):
            self._reload(event.contest, position)
        elif event.fold_version == FOLD_VERSION:
            self._store.drop_positions(event.contest, [event.position])

    def _reload(self, contest: str, position: int) -> None:
        """Make the contest's rows anew, from its log up to this position and from its score rows. Idempotent, no gap."""
        begun = self._store.now()
        rows: Rows = []
        skipped = []
        for start in range(0, position + 1, STRETCH):
            for at, event in read_contest(self._settings, contest, start, min(start + STRETCH, position + 1)):
                rows += log_rows(at, event)
                if isinstance(event, events.PositionSkipped) and event.fold_version == FOLD_VERSION:
                    skipped.append(event.position)
                if len(rows) >= SLICE:
                    self._write_on(rows)
                    rows = []
            self.working()
        self._write_on(rows)
        self._write_board(contest)
        self._store.drop_older(contest, position, begun)
        # once more: a wrong row of a later position, until it was dropped, may have replaced the right one in a merge
        self._write_board(contest)
        self._store.drop_positions(contest, skipped)
        RELOADS.inc()
        logger.info("contest %s was written anew, as the reload at %d asks", contest, position)

    def _write_board(self, contest: str, start: int = 0) -> None:
        """Write the contest's score rows that their topic has now, from a position on. Idempotent."""
        rows: Rows = []
        for raw in read(self._settings, ROWS, partition_of(contest), start):
            self.working()
            if raw.value is None:
                continue
            try:
                record = self._codec.decode(raw.value)
            except DecodeError:  # told of when it came
                continue
            if isinstance(record, ProjectionRecord) and record.contest == contest:
                rows += scoreboard_rows(record)
            if len(rows) >= SLICE:
                self._write_on(rows)
                rows = []
        self._write_on(rows)

    def _write_on(self, rows: Rows) -> None:
        """One write of many."""
        self._store.write(rows)
        self.working()


def run(settings: Settings) -> None:
    """The process: reads until it is told to stop. At least once into ClickHouse, each row idempotent.

    Raises:
        ConfigError: for a topic that is missing or has drifted.
    """
    stop = stop_event()
    check_topics(settings, frozenset({LOG, ROWS, "dead-letters"}))
    store = Store(settings)
    with Producer(settings) as producer:
        view = HistoryView(settings, store, producer)
        loop = BatchLoop(settings, GROUP, [LOG, ROWS], view, strict=frozenset({LOG}))
        view.working = loop.working
        with Door(settings, ready=lambda: loop.ready, alive=lambda: loop.alive):
            loop.run(stop)
    store.close()
