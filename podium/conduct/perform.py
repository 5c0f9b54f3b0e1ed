"""Doing what an operator wants: looked at first, appended, and looked at again where it stands in the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import redis

from podium.conduct.deeds import Deed
from podium.conduct.known import Known, read_known
from podium.jury.acting import append
from schemas import live
from schemas.clock import Clock
from schemas.errors import ConflictError
from schemas.events import Act
from schemas.ids import new_id
from schemas.settings import Settings

__all__ = ["Changed", "Done", "Plan", "Who", "awaited", "perform", "plan"]

VIEW_S = 10.0
"""The live view follows the log within tenths of a second; one that takes longer is behind, and is not waited for."""

_ABSENT = ""


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts, and why."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that an act changes: what, from what, to what; nothing where it is not there."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Acts that are not in the log yet, and what they would change. `lost`: submissions that would count no more."""

    deed: Deed
    acts: tuple[Act, ...]
    changes: tuple[Changed, ...]
    lost: int


@dataclass(frozen=True, slots=True)
class Done:
    """Acts that are in the log, the last one at `position`, and what they changed there.

    `shown`: whether the live view, and with it everybody, has them.
    """

    position: int
    changes: tuple[Changed, ...]
    shown: bool


def plan(settings: Settings, known: Known, make: Callable[[Known, int], Deed], who: Who) -> Plan:
    """What is wanted as acts, and what they would change. Takes over *known*: afterwards the acts are in it.

    Args:
        settings: which clock is told.
        known: the contest.
        make: what is wanted, checked against the contest at a moment; raises what must not be.
        who: who acts, and why.

    Raises:
        UsageError, ConflictError: as *make*.
    """
    now = Clock.parse(settings.clock).now_ms()
    deed = make(known, now)
    acts = tuple(
        kind(contest=known.contest, recorded_at=now, recorded_by=who.by, id=new_id(), reason=who.reason, **fields)
        for kind, fields in deed.acts
    )
    before, counted = known.picture(), known.counted()
    for act in acts:
        known.take(known.end, act)
    return Plan(deed, acts, _changes(before, known.picture()), max(0, counted - known.counted()))


def perform(settings: Settings, planned: Plan) -> Done:
    """Append the acts, and see what came of them.

    Raises:
        ConflictError: when the contest changed meanwhile, and nothing came of the acts.
        DependencyError: when the broker did not take them. A ProduceTimeoutError leaves open whether it did.
    """
    positions = append(settings, *planned.acts)
    contest = planned.acts[0].contest
    first, behind = positions[0], positions[-1] + 1
    pictures = read_known(settings, contest, pictured=(first, behind)).pictures
    changes = _changes(pictures[first], pictures[behind])
    if not changes:
        raise ConflictError(
            f"the act stands in the log at {positions[-1]}, and nothing came of it: somebody, or the clock, was faster; "
            f"see `podium contest show {contest}`"
        )
    return Done(positions[-1], changes, awaited(settings, contest, positions[-1]))


def awaited(settings: Settings, contest: str, position: int) -> bool:
    """Wait until the live view holds the position of the contest's log; whether it does. A Redis that is away does not."""
    deadline = time.monotonic() + VIEW_S
    try:
        with redis.Redis.from_url(settings.redis, socket_timeout=2, socket_connect_timeout=2) as client:
            while True:
                meta = live.parse_meta(client.hgetall(live.meta_key(contest)))
                if meta is None or meta.log >= position:
                    return meta is not None
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.05)
    except redis.RedisError:
        return False


def _changes(before: dict[str, str], after: dict[str, str]) -> tuple[Changed, ...]:
    keys = [*before, *(key for key in after if key not in before)]
    found = (Changed(key, before.get(key, _ABSENT), after.get(key, _ABSENT)) for key in keys)
    return tuple(one for one in found if one.before != one.after)
