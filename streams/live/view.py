"""The live view: `log` (as Contest API objects and notifications) and `scoreboard-rows` in Redis.

**What a contest holds.** Each contest's meta hash has the last position of either topic that is applied to it, moved by
the script that applies. A script says which position it follows: the one that this process knows the contest to hold.
Held at or past its last, it was applied before; held in between, only what lies after is applied; held before what it
follows, something is missing, nothing is applied and the partition is placed anew. These positions are the contest's
own, so neither other contests in the partition nor holes left by compaction matter.

**What a partition lacks.** A contest that lost its last records, or all, may have none to come that would tell. So each
partition has a *witness* in Redis: how far it was read, what each of its contests held at most, and a nonce drawn anew at
each write. It is written after the scripts of a batch, only over the nonce that this process wrote or read last, and its
positions never go back. Therefore, whatever a Redis lost (everything; all since a copy was made; in a cluster, one
shard's part of that), it holds everything up to the smallest of: the witness's position, and for each contest of the
witness that holds less than the witness says, what it holds. That is where reading begins (`starts`), once, at the start,
after each rebalance, whenever a script or the witness's nonce says that Redis is not what it was, and when Redis comes
back after it did not answer. Each second the nonces and the contests' positions are compared, so a quiet contest heals
too. Two sinks that take themselves for the owner of a partition apply the same effects; one of them finds another nonce
and begins again at the witness.

**State.** What the objects and the awards derive from is kept in Redis beside them, in the same script, and read back from there: the
sink has nothing to recover and no state that could be another prefix of the log than the view is. Effects are a
deterministic function of that prefix, so redelivery in any cut ends in the same keys.

**Tokens.** Revisions count the changes of a board, record by record, so a Redis that comes back older goes through the
same revisions again under the same epoch. Where compaction has taken records in between that cannot be, and the contests
that were behind the hole get a new epoch.

**Rest.** A contest finalized long ago leaves Redis, and comes back when it is asked for: `streams.live.rest`.

Undecodable records go to the dead letters, and the stream goes on. Redis away: the loop waits and asks again.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from prometheus_client import Counter

from clics.view import Outcome
from schemas import events
from schemas.codec import codec
from schemas.errors import DataError, DependencyError
from schemas.events import Event
from schemas.ids import partition_of
from schemas.rows import ProjectionRecord
from streams.live.effects import Call, LogEffects, row_record
from streams.live.folded import Folded
from streams.live.rest import Rest
from streams.live.store import Answer, Held, Store, Witness
from streams.loop import LOG, ROWS, Record, event_of
from streams.metrics import DEAD_LETTERS
from streams.refold import Folded as Refolded
from streams.scoring.acts import refused

__all__ = ["GROUP", "LOG", "ROWS", "LiveView"]

logger = logging.getLogger(__name__)

GROUP = "live-sink"
STATES = 200
"""Contests whose state is kept in memory between batches; others are read from Redis again."""
ROWS_SLICE = 500
"""Records of one script: 500 rows take Redis eight milliseconds."""

ROWS_DROPPED = Counter("podium_live_rows", "Rows and firsts that changed nothing", ["why"])
PLACED = Counter("podium_live_placed", "Partitions whose positions were asked of Redis", ["why"])
RELOADS = Counter("podium_live_reloads", "Contests dropped and folded again")
VOID = Counter("podium_live_void", "Events that changed nothing: repeats, and what refers to nothing", ["type"])


@dataclass(slots=True)
class _Partition:
    """What this process knows of a partition since it was placed."""

    witness: Witness
    held: dict[str, Held] = field(default_factory=dict)
    untold: set[str] = field(default_factory=set)
    """Contests that hold more than the witness says: another process died, or was overtaken, between the two."""
    states: dict[str, Folded] = field(default_factory=dict)
    hole: int = -1
    """The last position of scoreboard-rows that compaction has taken, as far as was read."""
    read: int = -1
    """The last position of scoreboard-rows that was read."""
    end: int = -1
    """The end of the log when the first contest's keys were made."""
    batch: dict[int, Record] = field(default_factory=dict)
    """The records of the log that are being applied."""


class LiveView:
    """The live view as a BatchLoop fills it."""

    def __init__(
        self,
        store: Store,
        bury: Callable[[Record, Exception], None],
        log_end: Callable[[int], int],
        rest: Rest,
        refold: Callable[[str, int], Refolded],
    ) -> None:
        """Nothing is known yet.

        Args:
            store: Redis.
            bury: sends a record to the dead letters and waits for it.
            log_end: the end of a partition of the log.
            rest: which contests leave Redis.
            refold: a contest's scores up to and with a position, from the log without what the scorer has skipped.
        """
        self._store = store
        self._refold = refold
        self._rest = rest
        self._send_away = bury
        self._log_end = log_end
        self._codec = codec()
        self._partitions: dict[int, _Partition] = {}
        self._skip: set[tuple[int, int]] = set()

    # ---- where to read from ---------------------------------------------------------------------------------------

    def starts(self, partitions: Sequence[int]) -> Mapping[tuple[str, int], int]:
        """The first position of either topic that Redis lacks; forgets what was known of these partitions."""
        found = {}
        for partition in partitions:
            self._partitions.pop(partition, None)
            witness = self._store.witness(partition)
            if witness is None:
                witness = Witness(secrets.token_hex(8), -1, -1, {})
                if not self._store.testify(partition, "", witness):
                    raise DependencyError(f"another live sink has just begun with partition {partition}")
            now = dict(zip(witness.contests, self._store.held(list(witness.contests)), strict=True))
            log, rows = witness.log, witness.rows
            for contest, most in witness.contests.items():
                log = min(log, now[contest].log) if now[contest].log < most.log else log
                rows = min(rows, now[contest].rows) if now[contest].rows < most.rows else rows
            untold = {
                contest
                for contest, most in witness.contests.items()
                if now[contest].log > most.log or now[contest].rows > most.rows
            }
            self._partitions[partition] = _Partition(witness, held=now, untold=untold, read=rows)
            found[LOG, partition], found[ROWS, partition] = log + 1, rows + 1
        return found

    def sound(self, partitions: Collection[int]) -> Collection[int]:
        """The partitions whose witness is another, or one of whose contests holds less than it did."""
        known = [p for p in sorted(partitions) if p in self._partitions]
        unsound = set()
        for partition, nonce in zip(known, self._store.nonces(known), strict=True):
            mine = self._partitions[partition]
            contests = list(mine.held)
            held = self._store.held(contests)
            lost = any(
                now.log < mine.held[contest].log or now.rows < mine.held[contest].rows
                for contest, now in zip(contests, held, strict=True)
            )
            if lost or nonce != mine.witness.nonce:
                PLACED.labels("lost" if lost else "witness").inc()
                unsound.add(partition)
                continue
            for contest, now in zip(contests, held, strict=True):
                # not the positions: the cached states stand where this process has come
                mine.held[contest].finalized, mine.held[contest].away = now.finalized, now.away
            for contest in self._rest.turn(partition, mine.held):
                self._wake(mine, contest)
                unsound.add(partition)
        return unsound

    def forget(self, partitions: Collection[int]) -> None:
        """These partitions are another process's now."""
        for partition in partitions:
            self._partitions.pop(partition, None)

    # ---- a batch --------------------------------------------------------------------------------------------------

    def apply(self, partition: int, records: Sequence[Record]) -> bool:
        """Apply a batch contest by contest, then move the witness. False: Redis is not where it was."""
        mine = self._partitions[partition]
        mine.batch = {record.position: record for record in records if record.topic == LOG}
        log: dict[str, list[tuple[int, Event]]] = {}
        rows: dict[str, list[tuple[int, ProjectionRecord]]] = {}
        for record in records:
            if record.topic == ROWS:
                if record.position > mine.read + 1:
                    mine.hole = record.position - 1
                mine.read = max(mine.read, record.position)
            event = self._event(mine, record)
            if isinstance(event, ProjectionRecord):
                rows.setdefault(event.contest, []).append((record.position, event))
            elif event is not None:
                log.setdefault(event.contest, []).append((record.position, event))
        good = all(self._apply_log(mine, partition, contest, found) for contest, found in log.items()) and all(
            self._apply_rows(mine, contest, found) for contest, found in rows.items()
        )
        if not good:
            PLACED.labels("behind").inc()
            return False
        return self._testify(mine, partition, records, mine.untold.union(log, rows))

    def _event(self, mine: _Partition, record: Record) -> Event | None:
        """The record's event, if it is one, belongs here and is not applied yet."""
        if record.value is None:
            return None
        contest = (record.key or b"").decode(errors="replace").partition("|")[0]
        held = mine.held.get(contest)
        if held is not None and record.position <= (held.rows if record.topic == ROWS else held.log):
            return None
        if (record.partition, record.position) in self._skip and record.topic == LOG:
            return None
        try:
            return event_of(record)
        except DataError as error:
            if record.position > (mine.witness.rows if record.topic == ROWS else mine.witness.log):
                self._bury(record, error)
            return None

    def _bury(self, record: Record, error: Exception) -> None:
        logger.warning("%s-%d at %d: %s", record.topic, record.partition, record.position, error)
        self._send_away(record, error)
        DEAD_LETTERS.labels(GROUP, record.topic).inc()

    def _testify(self, mine: _Partition, partition: int, records: Sequence[Record], contests: Collection[str]) -> bool:
        """The batch is applied: the witness says so, and never less than it did."""
        last = {record.topic: record.position for record in records}
        before = mine.witness
        after = Witness(
            secrets.token_hex(8),
            max(before.log, last.get(LOG, -1)),
            max(before.rows, last.get(ROWS, -1)),
            {},
        )
        for contest in contests:
            held, most = mine.held[contest], before.contests.get(contest, Held())
            after.contests[contest] = Held(max(held.log, most.log), max(held.rows, most.rows))
        if not self._store.testify(partition, before.nonce, after):
            PLACED.labels("witness").inc()
            return False
        after.contests = before.contests | after.contests
        mine.witness, mine.untold = after, set()
        return True

    def _held(self, mine: _Partition, contest: str) -> Held:
        held = mine.held.get(contest)
        if held is None:
            held = mine.held[contest] = self._store.held([contest])[0]
        return held

    # ---- the log --------------------------------------------------------------------------------------------------

    def _apply_log(self, mine: _Partition, partition: int, contest: str, found: Sequence[tuple[int, Event]]) -> bool:
        folded = self._state(mine, contest)
        if folded is None:
            return False
        state, held = folded.state, mine.held[contest]
        effects = LogEffects(folded, self._codec)

        def send(calls: Iterator[Call]) -> bool:
            for call in calls:
                answer = self._store.apply_log(
                    contest,
                    held.log,
                    call.last,
                    whole=call.whole,
                    epoch=secrets.token_hex(8),
                    made=self._end(mine, partition) if held.log < 0 else 0,
                    effects=call.arguments,
                )
                if answer is Answer.BEHIND:
                    return False
                if call.whole:
                    held.log = call.last
            return True

        for position, event in found:
            if position <= state.position:
                continue
            if isinstance(event, events.Definition | events.Act | events.Group) and not send(effects.cut()):
                return False  # what may change many objects is cut into scripts of its own
            if isinstance(event, events.Reloaded) and self._reload(contest, position):
                return False
            try:
                outcome = self._outcome(folded, position, event)
                state.position = position
                effects.add(position, outcome)
            except DependencyError:
                raise
            except Exception as error:
                self._leave_out(mine.batch[position], event, error)
                return False
            if not outcome.parts:
                VOID.labels(type(event).__name__).inc()
            if effects.full and not send(effects.cut()):
                return False
        return send(effects.cut())

    def _outcome(self, folded: Folded, position: int, event: Event) -> Outcome:
        """Apply an event to the state, and say what changed."""
        if refused(event, folded.state.conduct.fold_version):
            folded.leave_out(position)
            return Outcome([], set())
        refolded = self._refold(event.contest, position) if folded.contains_skipped(event) else None
        return folded.apply(position, event, refolded)

    def _state(self, mine: _Partition, contest: str) -> Folded | None:
        """The contest's state after what it holds; None when that is less than it was when the partition was placed."""
        folded = mine.states.pop(contest, None)
        if folded is None:
            held, parts = self._store.load(contest)
            if held.away:
                self._wake(mine, contest)
                return None
            known = mine.held.get(contest, Held())
            if held.log < known.log or held.rows < known.rows:
                return None
            mine.held[contest] = held
            folded = Folded.load(contest, held.log, parts, self._codec)
            if len(mine.states) >= STATES:
                mine.states.pop(next(iter(mine.states)))
        mine.states[contest] = folded
        return folded

    def _end(self, mine: _Partition, partition: int) -> int:
        """The end of the log: keys that are made now contain what every reload before it asked for."""
        if mine.end < 0:
            mine.end = self._log_end(partition)
        return mine.end

    def _wake(self, mine: _Partition, contest: str) -> None:
        """A contest that is away is dropped, so that both topics are read again for it."""
        self._rest.wake(contest, self._end(mine, partition_of(contest)))

    def _reload(self, contest: str, position: int) -> bool:
        """Drop the contest's keys, so that both topics are read again for it. False: they were made since."""
        if self._store.drop(contest, position) is Answer.ALREADY:
            return False
        logger.info("contest %s is folded again, as the reload at %d asks", contest, position)
        RELOADS.inc()
        return True

    def _leave_out(self, record: Record, event: Event, error: Exception) -> None:
        """A derivation that fails will fail again: the event is left out, the contest read again without it."""
        where = record.partition, record.position
        logger.error("log-%d at %d: %s fails", *where, type(event).__name__, exc_info=error)
        self._bury(record, error)
        self._skip.add(where)

    # ---- rows -----------------------------------------------------------------------------------------------------

    def _apply_rows(self, mine: _Partition, contest: str, found: Sequence[tuple[int, ProjectionRecord]]) -> bool:
        held = self._held(mine, contest)
        if held.away:
            self._wake(mine, contest)
            return False
        for _, group in groupby(enumerate(found), key=lambda item: item[0] // ROWS_SLICE):
            chunk = [record for _, record in group if record[0] > held.rows]
            if not chunk:
                continue
            arguments = [value for position, record in chunk for value in row_record(position, record) or ()]
            last = chunk[-1][0]
            # tokens given out before the hole may name what other records now stand for
            renew = secrets.token_hex(8) if -1 < held.rows < mine.hole else ""
            answer, stale, same = self._store.apply_rows(
                contest, held.rows, last, epoch=secrets.token_hex(8), renew=renew, records=arguments
            )
            if answer is Answer.BEHIND:
                return False
            ROWS_DROPPED.labels("stale").inc(stale)
            ROWS_DROPPED.labels("same").inc(same)
            held.rows = last
        return True
