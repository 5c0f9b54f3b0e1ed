"""Redis goes back to a copy of an earlier moment, one contest of three in a partition further than the others."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, cast

import redis

from schemas.live import meta_key
from tests.chaos.sight import again
from tests.chaos.site import Site
from tests.wait import until

DUMP = """
local found, held = {}, {}
for _, key in ipairs(redis.call('KEYS', '*')) do
    local value = redis.call('DUMP', key)
    if value then
        table.insert(found, {key, value, redis.call('PEXPIRETIME', key)})
    end
end
for _, key in ipairs(KEYS) do
    table.insert(held, redis.call('HGET', key, 'log') or '-1')
end
return {found, held}
"""
"""One script, so that a copy is of one moment: every key with its value and its end, and what contests hold of the log."""

FILLED_S = 90.0
"""The live sink has come back from a kill and each contest has had a submission judged in this time."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Redis at a moment (monotonic seconds): key, value and end (ms, 0 for none), and each contest's last position."""

    at: float
    entries: tuple[tuple[bytes, bytes, int], ...]
    held: tuple[int, ...]


class OldCopy:
    """A copy of Redis, and an older one of the first of the three contests that share a partition."""

    def __init__(self, site: Site) -> None:
        """Take the older copy, once all three contests are there."""
        self._site = site
        self._three = site.contests[:3]
        self._older = self._take(lambda copy: min(copy.held) >= 0, "all three contests are in Redis")
        self._copy = self._older

    def _dump(self) -> Copy:
        def ask() -> Any:
            with redis.Redis.from_url(self._site.settings.redis) as client:
                return client.eval(DUMP, len(self._three), *map(meta_key, self._three))

        found, held = again(ask)
        entries = tuple((key, value, max(0, ends)) for key, value, ends in found)
        return Copy(time.monotonic(), entries, tuple(int(one) for one in held))

    def _take(self, good: Any, what: str) -> Copy:
        def ask() -> Copy | None:
            copy = self._dump()
            return copy if good(copy) else None

        return cast(Copy, until(ask, FILLED_S, what))

    def take(self) -> None:
        """Remember everything, once the first contest has gone on since the older copy and the others are further."""
        older = self._older.held[0]
        self._copy = self._take(
            lambda copy: older < min(copy.held),
            "each of the three contests is further than the older copy of the first",
        )

    @property
    def age_s(self) -> float:
        """Seconds since the copy was taken."""
        return time.monotonic() - self._copy.at

    def restore(self, min_age_s: float) -> None:
        """Go back, all at once, when the copy is so old: everything to the copy, the first contest to the older one."""
        until(lambda: self.age_s >= min_age_s, min_age_s + 1, "the copy is old enough")
        behind = f"{{{self._three[0]}}}:".encode()
        entries = [e for e in self._copy.entries if not e[0].startswith(behind)]
        entries += [e for e in self._older.entries if e[0].startswith(behind)]

        def act() -> list[int]:
            with redis.Redis.from_url(self._site.settings.redis) as client:
                pipe = client.pipeline(transaction=True)
                pipe.flushall()
                for key, value, ends in entries:
                    pipe.restore(key, ends, value, absttl=True)
                for contest in self._three:
                    pipe.hget(meta_key(contest), "log")
                return [int(one) for one in pipe.execute()[-len(self._three) :]]

        first, *others = again(act)
        assert first == self._older.held[0]
        assert others == list(self._copy.held[1:])
        assert first < min(others), "the first contest is behind the others"
        self._site.done["old copy"] += 1
