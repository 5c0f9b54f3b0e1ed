"""What a webhook has heard of accounts, which are of no contest's log: by it, what there is to tell is found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from api.access import Scene, Viewer
from api.account_objects import accounts_of
from api.site import Site
from api.webhooks.cursor import Cursors
from schemas.events import Webhook
from schemas.live import Stored

__all__ = ["AccountsTold"]


@dataclass(frozen=True, slots=True)
class AccountsTold:
    """The accounts of each contest as a webhook heard of them last; at its registration as they were then.

    Where Redis was lost, all are told again.
    """

    site: Site
    hook: Webhook

    async def begin(self, contest: str, viewer: Viewer, stored: Stored) -> None:
        """Take what there is now as heard.

        Raises:
            DependencyError: when Redis is away.
        """
        now = {one["id"]: _digest(one) for one in self._now(contest, viewer, stored)}
        await self._cursors.keep(self.hook.id, contest, now)

    async def news(self, contest: str, viewer: Viewer, stored: Stored) -> list[dict[str, Any]]:
        """Notifications of the accounts that are new, otherwise, or gone.

        Raises:
            DependencyError: when Redis is away.
        """
        known = await self._cursors.kept(self.hook.id, contest)
        return list(_differences(known, self._now(contest, viewer, stored)))

    async def heard(self, contest: str, notifications: Iterable[dict[str, Any]]) -> None:
        """These were taken.

        Raises:
            DependencyError: when Redis is away.
        """
        known = await self._cursors.kept(self.hook.id, contest)
        for one in notifications:
            if one["data"] is None:
                known.pop(one["id"], None)
            else:
                known[one["id"]] = _digest(one["data"])
        await self._cursors.keep(self.hook.id, contest, known)

    @property
    def _cursors(self) -> Cursors:
        return Cursors(self.site.view)

    def _now(self, contest: str, viewer: Viewer, stored: Stored) -> list[dict[str, Any]]:
        scene = Scene.at(stored.facts, self.site.clock.now_ms())
        return accounts_of(self.site.accounts, contest, viewer, scene)


def _differences(known: dict[str, str], now: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in now:
        if known.get(one["id"]) != _digest(one):
            yield {"type": "accounts", "id": one["id"], "data": one}
    for id_ in known.keys() - {one["id"] for one in now}:
        yield {"type": "accounts", "id": id_, "data": None}


def _digest(found: dict[str, Any]) -> str:
    return hashlib.blake2b(orjson.dumps(found), digest_size=8).hexdigest()
