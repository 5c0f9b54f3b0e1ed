"""What has come over a contest since somebody was last told: start, freeze, thaw, pause, extension, end. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clics.scoreboard import team_clock
from streams.scoring.clock import PAUSE_MS

__all__ = ["CAME", "Standing", "notices", "standing"]

CAME = ("started", "frozen", "thawed", "ended", "finalized")
"""What a contest's state says to have come."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a contest stands for somebody: what has come, the start (ms), and how long they have (ms of contest time).

    `length` is None for a team whose own time is not known: it has not begun, or the contest's start is not known.
    """

    came: frozenset[str] = frozenset()
    start: int | None = None
    length: int | None = None


def standing(facts: Mapping[str, Any], state: Mapping[str, Any], team: Mapping[str, Any] | None) -> Standing:
    """How the contest stands, from its facts, its state and the facts of the team that asks, if it is one. Pure."""
    came = {name for name in CAME if state.get(name) is not None}
    if any(end - start >= PAUSE_MS for start, end in facts["removed"]):
        came.add("paused")
    length: int | None = facts["duration"]
    if team is not None and team["times"] is not None:
        own = team_clock(facts, team)
        length = None if own.start is None else own.duration
    elif team is not None and team["waits"]:
        length = None
    return Standing(frozenset(came), facts["start"], length)


def notices(before: Standing, after: Standing) -> Iterator[dict[str, Any]]:
    """What is to be told of the way from one to the other, in the order in which it comes in a contest. Pure."""
    if before.start != after.start and "started" not in after.came:
        yield {"kind": "rescheduled", "start": after.start}
    came, gone = after.came - before.came, before.came - after.came
    if "started" in came:
        yield {"kind": "started"}
    if "paused" in came:
        yield {"kind": "paused"}
    if "paused" in gone:
        yield {"kind": "resumed"}
    if before.length is not None and after.length is not None and before.length != after.length:
        yield {"kind": "extended", "by": after.length - before.length}
    if "frozen" in came:
        yield {"kind": "frozen"}
    if "frozen" in gone and "started" in after.came:
        yield {"kind": "unfrozen"}
    for name in ("ended", "thawed", "finalized"):
        if name in came:
            yield {"kind": name}
