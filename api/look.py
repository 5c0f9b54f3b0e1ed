"""Looking at a contest: who asks, as what, and what decides what they see."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Path
from starlette.requests import HTTPConnection
from starlette.types import Scope

from api.access import Scene, Viewer, may_see_contest, viewer_of, visible
from api.directory import REBUILT
from api.identity import Caller, identify
from api.networks import address_of, network_of
from api.site import Site, site_of
from api.telling import told
from api.versions import NEWEST, has, version_of
from schemas.errors import DependencyError
from schemas.live import Stored, parse_stored

__all__ = ["SLICE", "ContestId", "Look", "Looking", "Who", "caller_of", "look_at", "look_to_write"]

SLICE = 1000
"""Objects between two looks at the loop: a few milliseconds, for which everybody's stream waits."""


async def caller_of(connection: HTTPConnection) -> Caller:
    """Who sends this request; remembered with it."""
    caller: Caller | None = getattr(connection.state, "caller", None)
    if caller is None:
        caller = connection.state.caller = await identify(connection)
    return caller


@dataclass(frozen=True, slots=True)
class Look:
    """A caller before a contest that they may see; `held`: the last position of it that the view held then."""

    site: Site
    caller: Caller
    viewer: Viewer
    id: str
    contest: Stored
    held: int
    scene: Scene
    version: str = NEWEST

    async def everything(self, type_: str) -> dict[str, Stored]:
        """All objects of a type, seen or not.

        Raises:
            DependencyError: when the view is away, or was lost since the caller was let in.
        """
        held, (found,) = await self.site.view.whole(self.id, type_)
        self._insist(held)
        raw, parsed = list(found.items()), dict[str, Stored]()
        for at in range(0, len(raw), SLICE):
            parsed |= {id_.decode(): parse_stored(value) for id_, value in raw[at : at + SLICE]}
            await asyncio.sleep(0)
        return parsed

    async def ids(self, type_: str) -> list[str]:
        """The ids of all objects of a type, seen or not, in order.

        Raises:
            DependencyError: as `everything`.
        """
        held, found = await self.site.view.ids(self.id, type_)
        self._insist(held)
        return sorted(found)

    async def still(self) -> None:
        """Return if the view still holds what it held when the caller was let in: else what is missing may be there.

        Raises:
            DependencyError: when it does not, or is away.
        """
        self._insist(await self.site.view.held(self.id))

    def _insist(self, held: int) -> None:
        if held < self.held:
            raise DependencyError(REBUILT)

    async def deeper(self) -> Look:
        """The same with what only some types need: which groups the viewer's team is in."""
        if self.viewer.team is None:
            return self
        mine = await self.site.view.object(self.id, "teams", self.viewer.team)
        groups = frozenset(mine.object["group_ids"]) if mine else frozenset[str]()
        return dataclasses.replace(self, viewer=dataclasses.replace(self.viewer, groups=groups))

    def place(self, scope: Scope) -> AbstractAsyncContextManager[None]:
        """A place among the contest's live streams for the connection, while it lasts. See `Throttle.stream`."""
        network = network_of(address_of(HTTPConnection(scope)))
        return self.site.throttle.stream(self.id, network, self.contest.facts["limits"]["streams"])

    def see(self, type_: str, stored: Stored) -> Any | None:
        """The object as the viewer may see it."""
        return (
            visible(self.viewer, type_, stored.object, stored.facts, self.scene) if self._has(type_, stored) else None
        )

    def see_all(self, type_: str, found: Iterable[Stored]) -> list[Any]:
        """Those of the objects that the viewer may see."""
        return [shown for stored in found if (shown := self.see(type_, stored)) is not None]

    def tell(self, type_: str, found: Iterable[Stored]) -> list[Any]:
        """As `see_all`, in the version that the client asks for."""
        main = self.contest.object.get("main_scoreboard_group_id")
        return [one for stored in found for one in told(self.version, self.viewer, type_, stored, self.scene, main)]

    def _has(self, type_: str, stored: Stored) -> bool:
        return has(self.version, type_, stored.facts)


ContestId = Annotated[str, Path(description="The contest's id.")]


async def look_at(connection: HTTPConnection, contest_id: ContestId) -> Look:
    """The caller before the contest, in a view that holds all of it.

    Raises:
        HTTPException: 404 where there is no such contest for them.
        DependencyError: while the view is away or being rebuilt.
    """
    caller = await caller_of(connection)
    held, contest = await site_of(connection).directory.contest_to_read(contest_id)
    return _look(connection, caller, contest_id, contest, held)


async def look_to_write(connection: HTTPConnection, contest_id: str) -> Look:
    """As `look_at`, for a write: a view that is away or was lost holds up nobody's submission."""
    caller = await caller_of(connection)
    return _look(connection, caller, contest_id, await site_of(connection).directory.contest_to_write(contest_id), -1)


def _look(connection: HTTPConnection, caller: Caller, contest_id: str, contest: Stored | None, held: int) -> Look:
    site, viewer = site_of(connection), viewer_of(caller.account, contest_id)
    if contest is None or not may_see_contest(viewer, contest.facts):
        raise HTTPException(404, f"there is no contest {contest_id!r}")
    scene = Scene.at(contest.facts, site.clock.now_ms())
    return Look(site, caller, viewer, contest_id, contest, held, scene, version_of(connection))


Looking = Annotated[Look, Depends(look_at)]
Who = Annotated[Caller, Depends(caller_of)]
