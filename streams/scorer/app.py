"""The scorer: a thin agent over the fold. Each event into the state, the state's rows onto `scoreboard-rows`.

What an event writes follows from the event and the state after it, so reading it again writes the same again. Its
position is committed when the broker has both, the parts that it changed and the rows.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterable
from typing import Any, NamedTuple

from schemas.clock import Clock
from schemas.codec import codec
from schemas.events import Event, Finalized, MarkRequested, PositionSkipped, Reloaded
from schemas.ids import check_place, partition_of, skip_id
from schemas.rows import Mark, ProjectionRecord
from schemas.runtime import calm_collector
from schemas.settings import Settings
from streams._faust import App, Arrival, agent_guard, make_app, run_app
from streams.refold import FOLDED_EVENTS, fold_contest
from streams.scorer import metrics
from streams.scorer.marks import Marks
from streams.scorer.rows import Stamp, Taken, key_of, prepared, rows_of, taken
from streams.scorer.states import Breathe, States, position_of
from streams.scoring.fold import FOLD_VERSION, Effect, apply
from streams.scoring.state import ContestState

__all__ = ["Scorer", "make", "run"]

TURN_S = 1.0
"""How often it is looked whether a mark is due."""

SWITCH_S = 0.0002
"""How long a thread may keep the interpreter from another: marks are made in one of their own, and an event gives the interpreter
away several times on its way. With Python's 5 ms a mark of 2,554 teams kept judgements from the board for 1.4 s."""

AT_A_TIME = 20
"""Rows that are computed in one go for a mark: they take a millisecond."""

WHOLE_BOARD = Effect(everything=True)

log = logging.getLogger(__name__)


class _Taking(NamedTuple):
    """What comes of an event: rows as they are sent, parts that changed, boards to mark; whether the contest is over."""

    rows: list[tuple[str, bytes]]
    parts: dict[str, Any]
    boards: list[Taken]
    over: bool


class Scorer:
    """Handles one partition's events in order. At least once; every effect idempotent."""

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._clock = Clock.parse(settings.clock)
        self._by = settings.instance or "scorer"
        self._table = app.table("parts", position_of=position_of)
        self._states = States(self._table)
        self._marks = Marks()
        self._outbox = app.outbox

    async def handle(self, event: Event, arrival: Arrival) -> None:
        """One event of the log.

        Raises:
            DataError: for a record whose key is not its contest.
        """
        check_place(event.contest, arrival.key, arrival.partition)
        self._states.renew(self._app.consumer.epoch)
        metrics.EVENTS.labels(type(event).__name__).inc()
        self._marks.changed(event.contest)
        if isinstance(event, Reloaded):
            state = await self._fold_again(event.contest, arrival, "act", arrival.position)
            # marks as well, whose position may be that of the last ones: what was wrong in them is renewed
            rows = _encoded(rows_of(state, arrival.position, WHOLE_BOARD, self._stamp()))
            await self._write(rows, arrival.partition)
            await self._write(_encoded(await self._marks_of(state)), arrival.partition)
            await self._sleep_again(state, arrival)
            return
        if self._states.over(event.contest, arrival.position) and not isinstance(
            event, MarkRequested | PositionSkipped
        ):
            return  # nothing comes of it, and many such may come: each would fold the contest again
        before = arrival.position - 1
        if self._states.asleep(event.contest):
            await self._fold_again(event.contest, arrival, "awoken", before)
        elif self._states.spoilt(event.contest):
            await self._fold_again(event.contest, arrival, "spoilt", before)
        state = self._states.of(event.contest)
        if isinstance(event, MarkRequested):
            if state.position < arrival.position:  # else the table is ahead: the timer marks what has been read again
                await self._write(_encoded(await self._marks_of(state)), arrival.partition)
                await self._sleep_again(state, arrival)
            return
        try:
            taking = self._take(state, arrival.position, event)
        except Exception:  # whatever a part may hold that is no part, the event has nothing to do with it
            log.warning("contest %s: the fold fails at %d", event.contest, arrival.position, exc_info=True)
            state = await self._fold_again(event.contest, arrival, "failed", before)
            try:
                taking = self._take(state, arrival.position, event)
            except (
                Exception
            ) as error:  # fold and rows are pure: they will fail here again, so this is an act, not a crash
                self._states.forget(event.contest)
                await self._skip(event.contest, arrival.position, error)
                return
        self._states.keep(event.contest, taking.parts)
        await self._write(taking.rows, arrival.partition)
        if taking.boards:
            self._marks.taken(event.contest, state.position)
            await self._write(_encoded(await _marks(taking.boards)), arrival.partition)
        if (
            taking.over
        ):  # not before the thaw: it would fold the contest again, while everybody waits for the final board
            await self._states.sleep(event.contest, arrival.position, self._breathing(arrival))

    def _take(self, state: ContestState, position: int, event: Event) -> _Taking:
        """Take the event into the state, and compute all that comes of it. Writes nothing."""
        effect = apply(state, position, event)
        rows = _encoded(rows_of(state, position, effect, self._stamp()))
        parts = self._states.dump(state, effect.changed)
        over = state.contest.closed is not None
        boards = taken(state, self._stamp()) if over or isinstance(event, Finalized) else []
        return _Taking(rows, parts, boards, over)

    async def _write(self, records: Iterable[tuple[str, bytes]], partition: int) -> None:
        """Send records of `scoreboard-rows` in order; when the producer takes no more, nothing behind that record."""
        for key, record in records:
            self._outbox.send("scoreboard-rows", key, record, partition=partition)
            if self._outbox.full:
                await self._outbox.room()
        await self._outbox.room()

    async def _sleep_again(self, state: ContestState, arrival: Arrival) -> None:
        """A contest that is over was asked for, not changed: it goes back to sleep."""
        if state.contest.closed is not None:
            await self._states.sleep(state.contest_id, arrival.position, self._breathing(arrival))

    async def _fold_again(self, contest: str, arrival: Arrival, why: str, upto: int) -> ContestState:
        """The contest's state from the log up to and with this position, in place of what the table has."""
        metrics.RELOADS.labels(why).inc()
        message = arrival.message

        def progress(*_: int) -> None:
            self._app.consumer.working(message)

        if why == "act":  # what is wrong may be in the changelog alone, and only a write can mend it there
            await self._outbox.delivered()
            await self._table.reread(f"{contest}|", progress=progress)
        folded = await asyncio.to_thread(fold_contest, self._settings, contest, upto, progress=progress)
        await self._states.replace(folded.state, self._breathing(arrival))
        log.info("contest %s: folded again up to %d: %d events", contest, upto, folded.events)
        return folded.state

    def _breathing(self, arrival: Arrival) -> Breathe:
        """What a handler awaits between many writes: the net is told that a long record gets on."""

        async def breathe() -> None:
            self._app.consumer.working(arrival.message)
            await asyncio.sleep(0)
            await self._outbox.delivered()

        return breathe

    async def _skip(self, contest: str, position: int, error: Exception) -> None:
        log.error("contest %s is degraded: the fold fails at %d", contest, position, exc_info=error)
        metrics.SKIPPED.inc()
        act = PositionSkipped(
            contest=contest,
            recorded_at=self._clock.now_ms(),
            recorded_by=self._by,
            id=skip_id(contest, position, FOLD_VERSION),
            reason=f"{type(error).__name__}: {error}"[:500],
            position=position,
            fold_version=FOLD_VERSION,
        )
        await self._app.appender.append_async(act)

    async def mark(self) -> None:
        """Write the marks that are due. Raises nothing: a mark that fails comes with the next turn."""
        if not self._app.ready:
            return
        self._states.renew(self._app.consumer.epoch)
        for state in list(self._states.awake()):
            try:
                await self._mark(state)
            except Exception:
                metrics.MARKS_FAILED.inc()
                log.exception("contest %s: no mark", state.contest_id)

    def _is_due(self, state: ContestState) -> bool:
        """Whether marks of the state are due: not while an event is in work, nor before all is read that the table has."""
        reached = self._app.consumer.prefix("log", partition_of(state.contest_id))
        return reached is not None and reached > state.position and self._marks.due(state.contest_id, state.position)

    async def _mark(self, state: ContestState) -> None:
        if not self._is_due(state):
            return
        for count, _ in enumerate(prepared(state)):
            if count % AT_A_TIME == 0:
                await asyncio.sleep(0)
        if not self._is_due(state):
            return
        partition, position = partition_of(state.contest_id), state.position
        epoch, boards = self._app.consumer.epoch, taken(state, self._stamp())
        taking = self._marks.taken(state.contest_id, position)
        try:
            marks = await _marks(boards)
            # none come behind later ones, nor from whom the partition has left
            if epoch == self._app.consumer.epoch and self._marks.is_newest(state.contest_id, taking):
                await self._write(_encoded(marks), partition)
                metrics.MARKS.inc(len(marks))
        except BaseException:
            self._marks.failed(state.contest_id, taking)
            raise

    async def _marks_of(self, state: ContestState) -> list[Mark]:
        """Marks of the state as it is now."""
        boards = taken(state, self._stamp())
        self._marks.taken(state.contest_id, state.position)
        return await _marks(boards)

    def _stamp(self) -> Stamp:
        return Stamp(self._clock.now_ms(), self._by)


def _encoded(records: Iterable[ProjectionRecord]) -> list[tuple[str, bytes]]:
    """The records as they are sent, each with its key.

    Raises:
        OverflowError: for an integer beyond 64 bits.
    """
    encode = codec().encode
    return [(key_of(record), encode(record)) for record in records]


async def _marks(boards: Iterable[Taken]) -> list[Mark]:
    """The marks of these boards; whatever comes while they are computed has no part in them."""
    return await asyncio.to_thread(lambda: [board.mark() for board in boards])


def make(settings: Settings) -> App:
    """The scorer's app; each version of the fold has its own, beside the others."""
    app = make_app(settings, "scorer", source_topics=["log"], writes=["scoreboard-rows"], fold_version=FOLD_VERSION)
    scorer = Scorer(app, settings)
    agent_guard(app, "log", wants=(*FOLDED_EVENTS, Reloaded, MarkRequested))(scorer.handle)

    @app.timer(interval=TURN_S)  # type: ignore[untyped-decorator]
    async def marks() -> None:
        await scorer.mark()

    return app


def run(settings: Settings) -> None:
    """Run a scorer until it is told to stop; a second one takes over its partitions when it dies.

    Raises:
        ConfigError: when a topic is missing or has drifted.
        DependencyError: when Kafka does not answer at the start.
    """
    sys.setswitchinterval(SWITCH_S)
    calm_collector()
    run_app(make(settings), settings)
