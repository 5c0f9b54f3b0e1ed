"""What a write refers to: contest, problem, language and team, from the view or, while that is away, from memory.

A view may be empty because it was lost a moment ago. So "there is no such contest" is said only by a view that was
read to the end of the log; before, the answer is to try again.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from api.view import View
from schemas.errors import DependencyError
from schemas.ids import partition_of
from schemas.live import Stored
from schemas.reader import bounds
from schemas.settings import Settings

__all__ = ["Directory", "Found"]

MOST_KNOWN = 100_000
"""Objects that are remembered: some hundred bytes each."""
SETTLED_S = 1.0
"""For so long a view that was found to be whole is taken for whole: unknown names cost no question to the broker."""
BEHIND_S = 1.0
"""A view that others write to is always a little behind: so long it may be before it counts as not whole."""


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

    def __init__(self, settings: Settings, view: View) -> None:
        self._settings = settings
        self._view = view
        self._known: dict[tuple[str, str, str], Stored] = {}
        self._settled: dict[int, tuple[float, int]] = {}

    async def find(self, contest: str, problem: str, language: str, team: str, submission: str) -> Found:
        """Look up all at once. Never fails: a view that is away leaves what was found there before."""
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
        known = [stored or self._known.get((contest, *key)) for stored, key in zip(found, wanted, strict=True)]
        return Found(held, *known)

    async def contest(self, contest: str) -> Stored | None:
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
            await self.settle(contest)
        return known

    async def settle(self, contest: str) -> None:
        """Return when what the view lacks of the contest does not exist.

        Raises:
            DependencyError: when the view is away, or was not read to the end of the log.
        """
        partition = partition_of(contest)
        until, known_end = self._settled.get(partition, (0.0, 0))
        # what was whole a moment ago may have lost everything since: how far it is read is asked each time
        if until > time.monotonic() and await self._view.read_up_to(contest) >= known_end - 1:
            return
        _, end = await asyncio.to_thread(bounds, self._settings, "log", partition)
        deadline = time.monotonic() + BEHIND_S
        while await self._view.read_up_to(contest) < end - 1:
            if time.monotonic() > deadline:
                raise DependencyError("the live view is being filled; try again")
            await asyncio.sleep(0.02)
        self._settled[partition] = (time.monotonic() + SETTLED_S, end)

    def _remember(self, contest: str, type_: str, id_: str, stored: Stored) -> None:
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[contest, type_, id_] = stored
