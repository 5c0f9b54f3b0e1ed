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
from schemas.events import Reloaded
from schemas.ids import check_place
from schemas.imported import imported_of
from schemas.settings import Settings
from schemas.work import JudgingWanted, OutstandingTold
from streams._faust import App, Arrival, PositionTable, agent_guard, make_app, run_app
from streams.dispatcher import planning
from streams.dispatcher.plan import WANTS, Place, Wish, plan
from streams.dispatcher.plans import plans_of

__all__ = ["Planner", "make", "run"]

log = logging.getLogger(__name__)

PLANNED = Counter("podium_planned", "Judgings wanted", ["lane"])
AT_ONCE = 1000
"""Records on their way at a time: a rejudging of a whole contest must not fill the producer's queue."""

DUPLICATES = Counter("podium_planner_duplicates", "Records whose id an earlier one of the contest has", ["kind"])


class Planner:
    """Handles one partition's events in order. At least once: the queue drops what it has heard before."""

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._settings = settings
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
        if isinstance(event, Reloaded):
            await self._renew(event.contest, arrival)
            return
        said = imported_of(arrival.message.headers)
        place = Place(arrival.partition, arrival.position, judged=said is not None and said.judged)
        made = plan(self._contests, self._known, event, place, self._stamp())
        if made.duplicate:
            DUPLICATES.labels(made.duplicate).inc()
            return
        if made.packages:  # before the queue has the first task: hosts fetch them meanwhile
            await self._packages(event.contest, made.contest)
        for first in range(0, len(made.wishes), AT_ONCE):
            await self._send(*made.wishes[first : first + AT_ONCE])
            if len(made.wishes) > AT_ONCE:
                self._app.consumer.working(arrival.message)
        if made.changed:
            _keep(self._contests, event.contest, made.contest)
        for key, value in made.known.items():
            self._known[key] = value
        if made.wrong:
            raise DataError(made.wrong)

    async def _renew(self, contest: str, arrival: Arrival) -> None:
        """Keep what the log says of the contest: what is wrong may be in the changelogs alone, and only a write mends it there.

        Then the queue is told what is outstanding. Cut short, it is done again.
        """
        message = arrival.message

        def progress(*_: int) -> None:
            self._app.consumer.working(message)

        await self._app.outbox.delivered()
        await self._contests.reread(contest, whole=True, progress=progress)
        await self._known.reread(f"{contest}|", progress=progress)
        kept = await asyncio.to_thread(plans_of, self._settings, contest, arrival.position, progress)
        await self._packages(contest, kept.contests.get(contest))
        _mend(self._contests, contest, kept.contests.get(contest))
        mine = [key for key in self._known if key.startswith(f"{contest}|")]
        for count, key in enumerate({*mine, *kept.known}):
            _mend(self._known, key, kept.known.get(key))
            if count % AT_ONCE == AT_ONCE - 1:
                progress()
                await self._app.outbox.delivered()
        place = {"partition": arrival.partition, "cause": arrival.position}
        for told in kept.outstanding.told(contest, **place, **self._stamp()):
            await self._send(told)
            progress()

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

    async def _send(self, *records: Wish | OutstandingTold) -> None:
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


def _keep(table: PositionTable, key: str, value: Any) -> None:
    if value is not None:
        table[key] = value
    elif key in table:
        del table[key]


def _mend(table: PositionTable, key: str, value: Any) -> None:
    """Write a value where another one is held; before it a removal: a recovery would keep one that claims a later position."""
    held = table.get(key)
    if held == value:
        return
    if held is not None:
        del table[key]
    if value is not None:
        table[key] = value


def make(settings: Settings) -> App:
    """The planner's app."""
    app = make_app(settings, "planner", source_topics=["log"], writes=["judge-wanted", "judge-orders"])
    agent_guard(app, "log", wants=(*WANTS, Reloaded))(Planner(app, settings).handle)
    return app


def run(settings: Settings) -> None:
    """Run a planner until it is told to stop."""
    run_app(make(settings), settings)
