"""The planner: turns what the log asks for (submissions, rejudgings, pauses) into `judge-wanted`.

It tells the judges as well which packages a contest will be judged with, on `judge-orders`.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from functools import partial
from typing import Any

from prometheus_client import Counter

from schemas.clock import Clock
from schemas.errors import DataError
from schemas.events import (
    Definition,
    Finalized,
    JudgingPaused,
    JudgingResumed,
    PositionSkipped,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCreated,
    RejudgingReverted,
    Submission,
)
from schemas.ids import check_place
from schemas.imported import imported_of
from schemas.settings import Settings
from schemas.work import JudgingWanted, PackageReplaced, PauseChanged, RejudgingDropped
from streams._faust import App, Arrival, agent_guard, make_app, run_app
from streams.dispatcher import planning, rejudgings

__all__ = ["Planner", "make", "run"]

log = logging.getLogger(__name__)

PLANNED = Counter("podium_planned", "Judgings wanted", ["lane"])
AT_ONCE = 1000
"""Records on their way at a time: a rejudging of a whole contest must not fill the producer's queue."""

WANTS = (
    Definition,
    Finalized,
    PositionSkipped,
    Submission,
    RejudgingCreated,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingReverted,
    JudgingPaused,
    JudgingResumed,
)
"""The events that ask for something; the others are passed over without being decoded."""

DUPLICATES = Counter("podium_planner_duplicates", "Records whose id an earlier one of the contest has", ["kind"])


class Planner:
    """Handles one partition's events in order. At least once: the queue drops what it has heard before."""

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._clock = Clock.parse(settings.clock)
        self._by = settings.instance or "planner"
        self._contests = app.table("contests", position_of=lambda value: value["at"])
        self._contests.on_recover(self.announce)
        self._known = app.table("known", position_of=lambda value: value["at"])

    async def handle(self, event: Any, arrival: Arrival) -> None:
        """One event of the log.

        Raises:
            DataError: for what can be judged under no definition; what else the event asks for is judged. For a record
                whose key is not its contest.
        """
        check_place(event.contest, arrival.key, arrival.partition)
        match event:
            case Definition():
                value = planning.definition_value(self._contests.get(event.contest), arrival.position, event)
                if value is not None:
                    await self._packages(event.contest, value)
                    self._contests[event.contest] = value
            case Finalized():
                value = planning.over(self._contests.get(event.contest), arrival.position)
                if value is not None:
                    await self._packages(event.contest, value)
                    self._contests[event.contest] = value
            case PositionSkipped():
                held = self._contests.get(event.contest)
                value = planning.without_skipped(held, arrival.position, event)
                if value != held:
                    await self._packages(event.contest, value)
                if value is not None:
                    self._contests[event.contest] = value
                elif held is not None:
                    del self._contests[event.contest]
            case Submission():
                if self._first("submission", f"{event.contest}|{event.id}", arrival):
                    await self._submission(event, arrival)
            case RejudgingCreated():
                if not self._first("act", f"{event.contest}|act|{event.id}", arrival):
                    return
                if _judged(arrival):
                    self._known[f"{event.contest}|act|{event.id}"] = {"at": arrival.position}
                else:
                    await self._rejudging(event, arrival)
            case RejudgingApplied() | RejudgingCancelled() | RejudgingReverted():
                if self._first("act", f"{event.contest}|act|{event.id}", arrival):
                    await self._decided(event, arrival)
            case JudgingPaused() | JudgingResumed():
                if self._first("act", f"{event.contest}|act|{event.id}", arrival):
                    changed = planning.pause_changed(
                        event, partition=arrival.partition, position=arrival.position, **self._stamp()
                    )
                    await self._send(changed)
                    self._known[f"{event.contest}|act|{event.id}"] = {"at": arrival.position}

    def _first(self, kind: str, key: str, arrival: Arrival) -> bool:
        """Whether the record is the first in the log with its id (or that one again)."""
        held = self._known.get(key)
        if held is None or held["at"] == arrival.position:
            return True
        DUPLICATES.labels(kind).inc()
        return False

    async def _submission(self, event: Submission, arrival: Arrival) -> None:
        """Ask for its judging, unless its verdict comes from elsewhere: with an import, or by another system."""
        value = planning.submission_value(arrival.position, event)
        contest = self._contests.get(event.contest)
        if not _judged(arrival) and planning.judged_here(contest, event.problem_id):
            wanted = planning.wanted(
                contest,
                value,
                contest=event.contest,
                submission_id=event.id,
                partition=arrival.partition,
                **self._stamp(),
            )
            await self._send(wanted)
        self._known[f"{event.contest}|{event.id}"] = value

    async def _rejudging(self, event: RejudgingCreated, arrival: Arrival) -> None:
        """All that can be judged is asked for, then what cannot is bad data. Of a cancelled one nothing is."""
        number = planning.rejudging_number(arrival.position, event)
        held = self._contests.get(event.contest)
        if rejudgings.is_cancelled(held, number):
            return
        value = rejudgings.opened(held, arrival.position, number, event)
        if value is not None:  # before the queue has the first task: hosts fetch it meanwhile
            await self._packages(event.contest, value)
            self._contests[event.contest] = value
        wanted: list[JudgingWanted] = []
        wrong: list[str] = []
        for submission_id in dict.fromkeys(event.submission_ids):
            known = self._known.get(f"{event.contest}|{submission_id}")
            if known is None or known["at"] > arrival.position:  # the table may be ahead of what is read again
                wrong.append(f"{submission_id} is unknown")
                continue
            try:
                record = planning.wanted(
                    held,
                    known,
                    contest=event.contest,
                    submission_id=submission_id,
                    partition=arrival.partition,
                    cause=arrival.position,
                    index=len(wanted),  # without a gap: the queue takes them in this order and no other
                    judging=number,
                    lane=event.lane,
                    changed=event.changed,
                    **self._stamp(),
                )
            except DataError as error:
                wrong.append(str(error))
            else:
                wanted.append(record)
        for first in range(0, len(wanted), AT_ONCE):
            await self._send(*wanted[first : first + AT_ONCE])
            self._app.consumer.working(arrival.message)
        self._known[f"{event.contest}|act|{event.id}"] = {"at": arrival.position}
        if wrong:
            some = ", ".join(wrong[:20])
            raise DataError(f"contest {event.contest}: {len(wrong)} of the rejudging cannot be judged: {some}")

    async def _decided(self, event: rejudgings.Decision, arrival: Arrival) -> None:
        """The queue drops what is outstanding of a cancelled one; an applied one may change a problem's package."""
        held = self._contests.get(event.contest)
        value = rejudgings.decided(held, arrival.position, event)
        if value is not None:
            assert held is not None
            stamp = self._stamp() | {"partition": arrival.partition, "cause": arrival.position}
            records = rejudgings.told(held, value, event, **stamp)
            await self._send(*records)
            await self._packages(event.contest, value)
            self._contests[event.contest] = value
        self._known[f"{event.contest}|act|{event.id}"] = {"at": arrival.position}

    async def announce(self) -> None:
        """Tell the judges of all contests that this member has got: what was told once may be lost, or was never told.

        Nobody waits for it, and what does not arrive is told with the contest's next definition, or the next recovery.
        """
        for contest, value in list(self._contests.items()):
            if planning.packages_wanted(contest, value, **self._stamp()).packages:
                self._tell(contest, value).add_done_callback(partial(_told, contest))

    async def _packages(self, contest: str, definition: dict[str, Any] | None) -> None:
        """Tell the judges which packages this contest will be judged with: none when it is undefined."""
        await asyncio.wrap_future(self._tell(contest, definition))

    def _tell(self, contest: str, definition: dict[str, Any] | None) -> Future[int]:
        wanted = planning.packages_wanted(contest, definition, **self._stamp())
        return self._app.appender.send("judge-orders", f"packages|{contest}", wanted, partition=0)

    async def _send(self, *records: JudgingWanted | PauseChanged | RejudgingDropped | PackageReplaced) -> None:
        """Send records in order, all at once: one answer is waited for, not one each."""
        sends = [self._app.appender.send("judge-wanted", one.contest, one, partition=0) for one in records]
        await asyncio.gather(*map(asyncio.wrap_future, sends))
        for record in records:
            if isinstance(record, JudgingWanted):
                PLANNED.labels(record.lane).inc()

    def _stamp(self) -> dict[str, Any]:
        return {"recorded_at": self._clock.now_ms(), "recorded_by": self._by}


def _told(contest: str, sent: Future[int]) -> None:
    if not sent.cancelled() and (error := sent.exception()) is not None:
        log.warning("judges were not told of contest %s: %s", contest, error)


def _judged(arrival: Arrival) -> bool:
    """Whether a record was brought from another log, with the verdicts that it asks for."""
    said = imported_of(arrival.message.headers)
    return said is not None and said.judged


def make(settings: Settings) -> App:
    """The planner's app."""
    app = make_app(settings, "planner", source_topics=["log"], writes=["judge-wanted", "judge-orders"])
    agent_guard(app, "log", wants=WANTS)(Planner(app, settings).handle)
    return app


def run(settings: Settings) -> None:
    """Run a planner until it is told to stop."""
    run_app(make(settings), settings)
