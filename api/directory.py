"""What a request refers to: for a read, out of a view that is whole; for a write, also out of memory.

A view may be empty because it was lost a moment ago. So it is read only while it holds all that this process has ever
seen it hold, and "there is no such contest" is said only by a view that was read to the end of the log; before, the
answer is to try again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from api.shared import Shared
from api.view import Progress, View
from schemas.errors import DependencyError
from schemas.ids import CONTEST_PARTITIONS, partition_of
from schemas.live import Stored
from schemas.reader import bounds, ends
from schemas.settings import Settings

__all__ = ["REBUILT", "Directory", "Found", "log_ends"]

MOST_KNOWN = 100_000
"""Objects that are remembered: some hundred bytes each."""
SETTLED_S = 1.0
"""For so long a view that was found to be whole is taken for whole: unknown names cost no question to the broker."""
BEHIND_S = 1.0
"""A view that others write to is always a little behind: so long it may be before it counts as not whole."""
BROKER_S = 5.0
"""Whoever asks for what is not there waits so long for a broker that restarts, and no longer."""

REBUILT = "the live view is being rebuilt; try again"


def log_ends(settings: Settings) -> dict[int, tuple[int, int]]:
    """The ends of `log` and `scoreboard-rows` now, by partition.

    Raises:
        DependencyError: when the broker does not answer.
    """
    log, rows = (ends(settings, topic, CONTEST_PARTITIONS) for topic in ("log", "scoreboard-rows"))
    return {partition: (log[partition], rows[partition]) for partition in log}


@dataclass(frozen=True, slots=True)
class Found:
    """What a submission refers to, None for each that is not known.

    `held`: the position of the log up to which `submission` says whether there is one; -1: it says nothing.
    """

    held: int
    contest: Stored | None
    problem: Stored | None
    language: Stored | None
    team: Stored | None
    submission: Stored | None


class Directory:
    """Looks up what writes refer to. For one event loop."""

    def __init__(self, settings: Settings, view: View, ends: Mapping[int, tuple[int, int]]) -> None:
        """*ends*: `log_ends` at the start of this process."""
        self._settings = settings
        self._view = view
        self._seen = {partition: Progress(log - 1, rows - 1) for partition, (log, rows) in ends.items()}
        self._known: dict[tuple[str, str, str], Stored] = {}
        self._settled: dict[int, tuple[float, int]] = {}
        self._shared = Shared()

    async def find(self, contest: str, problem: str, language: str, team: str, submission: str) -> Found:
        """Look up all at once. Never fails: a view that is away or went back leaves what was found there before."""
        wanted = [
            ("contest", contest),
            ("problems", problem),
            ("languages", language),
            ("teams", team),
            ("submissions", submission),
        ]
        try:
            held, found = await self._view.look(contest, wanted)
        except DependencyError:
            held, found = -1, [None for _ in wanted]
        for (type_, id_), stored in zip(wanted[:4], found[:4], strict=True):
            if stored is not None:
                self._remember(contest, type_, id_, stored)
        known = [stored or self._recall(held, contest, *key) for stored, key in zip(found, wanted, strict=True)]
        return Found(held, *known)

    async def contests(self) -> dict[str, Stored]:
        """All contests, by id.

        Raises:
            DependencyError: when the view is away or not whole.
        """
        wanted = dict(self._seen)
        read, ids = await self._view.contests()
        for partition, progress in read.items():
            self._check(partition, wanted[partition], progress)
        found = {}
        for contest, (stored, _) in zip(ids, await self._view.contest_objects(ids), strict=True):
            if stored is not None:
                found[contest] = stored
            elif (await self._view.contest(contest))[0].log < 0:
                raise DependencyError(REBUILT)  # not a contest that has no definition yet
        return found

    async def contests_at_hand(self) -> dict[str, Stored]:
        """Those contests, by id, of which the view holds something now: not those that have left it.

        Raises:
            DependencyError: when the view is away.
        """
        wanted = dict(self._seen)
        read, ids = await self._view.contests()
        return {
            contest: stored
            for contest, (stored, away) in zip(ids, await self._view.contest_objects(ids), strict=True)
            if stored is not None and not away and _holds(read[partition_of(contest)], wanted[partition_of(contest)])
        }

    async def contest_to_read(self, contest: str, *, wakes: bool = True) -> tuple[int, Stored | None]:
        """The contest, in a view that holds all of it, and the last position that it holds; None: there is none.

        One that has left the view is brought back if who asks *wakes* it; these two have stayed there.

        Raises:
            DependencyError: when the view is away or not whole, or the contest has to be brought back into it.
        """
        # before Redis is asked: another request may see more meanwhile than this one is told
        partition = partition_of(contest)
        wanted = self._seen[partition]
        progress, stored = await self._view.contest(contest)
        await self._insist(contest, wanted, progress, wakes=wakes)
        if stored is None:
            progress, stored = await self.settle(contest)
            await self._insist(contest, wanted, progress, wakes=wakes)
        if stored is not None:
            self._remember(contest, "contest", contest, stored)
        return progress.held, stored

    async def _insist(self, contest: str, wanted: Progress, progress: Progress, *, wakes: bool) -> None:
        """Go on only with a contest that is there, or need not be, in a view that holds at least *wanted*."""
        if progress.away and wakes:
            await self._view.ask_for(contest)
            raise DependencyError("the contest is long over and is being fetched; try again in a few seconds")
        self._check(partition_of(contest), wanted, progress)

    def _check(self, partition: int, wanted: Progress, progress: Progress) -> None:
        if not _holds(progress, wanted):
            raise DependencyError(REBUILT)
        seen = self._seen[partition]
        self._seen[partition] = Progress(max(seen.log, progress.log), max(seen.rows, progress.rows))

    async def contest_to_write(self, contest: str) -> Stored | None:
        """The contest as the view has it now, else as it was known before.

        Raises:
            DependencyError: when it is not known and the view is away or not whole, so that it may exist.
        """
        try:
            found = await self._view.object(contest, "contest", contest)
        except DependencyError:
            found = self._known.get((contest, "contest", contest))
            if found is None:
                raise
            return found
        if found is not None:
            self._remember(contest, "contest", contest, found)
            return found
        known = self._known.get((contest, "contest", contest))
        if known is None:
            _, known = await self.settle(contest)  # it may have come since
        return known

    async def find_all(self, contest: str, problem: str, language: str, team: str, submission: str) -> Found:
        """As `find`, in a view that lacks only what does not exist.

        Raises:
            DependencyError: when the view is away or not whole, or was lost in between.
        """
        progress, _ = await self.settle(contest)
        found = await self.find(contest, problem, language, team, submission)
        if found.held < progress.held:
            raise DependencyError(REBUILT)
        return found

    async def settle(self, contest: str) -> tuple[Progress, Stored | None]:
        """The contest in a view that was read to the end of the log: what this lacks of it does not exist.

        Raises:
            DependencyError: when the view is away, or was not read to the end of the log.
        """
        partition = partition_of(contest)
        until, known_end = self._settled.get(partition, (0.0, 0))
        if until > time.monotonic():
            # what was whole a moment ago may have lost everything since: how far it is read is asked each time
            progress, stored = await self._view.contest(contest)
            if progress.log >= known_end - 1:
                return progress, stored
        end, progress, stored = await self._whole(contest)
        self._settled[partition] = (time.monotonic() + SETTLED_S, end)
        return progress, stored

    async def insist_whole(self, contest: str) -> None:
        """Return when the view shows all that was written of the contest, by whichever process, before this call.

        Raises:
            DependencyError: when the view is away or behind, or the broker does not answer.
        """
        try:
            async with asyncio.timeout(BROKER_S):
                await self._whole(contest)
        except TimeoutError:
            raise DependencyError(REBUILT) from None

    async def _whole(self, contest: str) -> tuple[int, Progress, Stored | None]:
        """Where the contest's part of the log ended at this call, and the contest in a view that was read to there."""
        partition = partition_of(contest)
        end = await self._shared.ask(partition, lambda: self._end(partition))
        deadline = time.monotonic() + BEHIND_S
        while True:
            progress, stored = await self._view.contest(contest)
            if progress.log >= end - 1:
                return end, progress, stored
            if time.monotonic() > deadline:
                raise DependencyError(REBUILT)
            await asyncio.sleep(0.02)

    async def _end(self, partition: int) -> int:
        return (await asyncio.to_thread(bounds, self._settings, "log", partition))[1]

    def _remember(self, contest: str, type_: str, id_: str, stored: Stored) -> None:
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[contest, type_, id_] = stored

    def _recall(self, held: int, contest: str, type_: str, id_: str) -> Stored | None:
        """What was found before in the place of what a view that holds the contest up to *held* lacks."""
        known = self._known.get((contest, type_, id_))
        if known is None or known.position > held:
            return known
        del self._known[contest, type_, id_]  # the view holds what made it, so it has left the contest since
        return None


def _holds(progress: Progress, wanted: Progress) -> bool:
    return progress.log >= wanted.log and progress.rows >= wanted.rows
