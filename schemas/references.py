"""Which fields of the log's events name positions of the log, and an event with other positions in them. Pure.

A position means something in one log only: who moves a contest to another log moves what its events say of positions.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

from schemas.events import (
    Definition,
    Event,
    GenerationPromoted,
    GenerationRetired,
    Judgement,
    JudgingFaulted,
    JudgingStarted,
    PositionSkipped,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCreated,
    RejudgingReverted,
    Runs,
    SubmissionVerified,
)
from schemas.ids import skip_id

__all__ = ["REFERENCES", "moved"]

E = TypeVar("E", bound=Event)

_NONE: dict[str, int | str | None] = {
    "changes": -1,
    "judging": 0,
    "rejudging": 0,
    "repeats": 0,
    "position": None,
    "expect": "0",
    "generation": "0",
}
"""What each such field says where it names no position: no definition before, the initial judging, chunk 0 of a
rejudging, one that repeats no other, the first generation."""

REFERENCES: dict[type[Event], tuple[str, ...]] = {
    Definition: ("changes",),
    JudgingStarted: ("judging",),
    Runs: ("judging",),
    JudgingFaulted: ("judging",),
    Judgement: ("judging",),
    SubmissionVerified: ("judging",),
    RejudgingCreated: ("rejudging", "repeats"),
    RejudgingApplied: ("rejudging",),
    RejudgingCancelled: ("rejudging",),
    RejudgingReverted: ("rejudging",),
    PositionSkipped: ("position",),
    GenerationPromoted: ("expect", "generation"),
    GenerationRetired: ("generation",),
}
"""The fields of each class that name a position, as a number or, of generations, as its digits."""


def moved(event: E, place: Callable[[int], int]) -> E:
    """The event with each position that it names put through *place*; the event itself when nothing changes. Pure.

    The id of a skip is derived from its position, so that a scorer which fails there too writes the same act.
    """
    changes: dict[str, Any] = {}
    for name in REFERENCES.get(type(event), ()):
        value = getattr(event, name)
        if value == _NONE[name]:
            continue
        if isinstance(value, int):
            new: int | str = place(value)
        elif value.isascii() and value.isdigit():
            new = str(place(int(value)))
        else:
            continue
        if new != value:
            changes[name] = new
    if not changes:
        return event
    if isinstance(event, PositionSkipped) and event.id == _skip(event, event.position):
        changes["id"] = _skip(event, changes["position"])
    return dataclasses.replace(event, **changes)


def _skip(event: PositionSkipped, position: int) -> str:
    return skip_id(event.contest, position, event.fold_version)
