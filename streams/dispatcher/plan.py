"""What follows from an event of the log for the planner: what judges and the queue are told, and what is kept. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from schemas.errors import DataError
from schemas.events import (
    Definition,
    Event,
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
from schemas.work import JudgingWanted, PackageReplaced, PauseChanged, RejudgingDropped
from streams.dispatcher import planning, rejudgings

__all__ = ["WANTS", "Place", "Plan", "Wish", "plan"]

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
"""The events that ask for something; from the others nothing follows."""

Wish = JudgingWanted | PauseChanged | RejudgingDropped | PackageReplaced
Value = dict[str, Any]


class Kept(Protocol):
    """A table as it is read here."""

    def get(self, key: str, /) -> Any:
        """The value under a key, None without one."""


class Place(NamedTuple):
    """Where an event stands; `judged`: it was brought from another log with the verdicts that it asks for."""

    partition: int
    position: int
    judged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What follows, in this order: judges are told of the contest's packages, the queue of the wishes, the rest is kept.

    `contest` is the contest's value from here on where it has `changed`, None where it has none any more; `known` are the
    new values of what is known. `duplicate`: it is the second submission or act with its id, and nothing follows.
    `wrong`: what of it cannot be judged, and why.
    """

    packages: bool = False
    wishes: Sequence[Wish] = ()
    changed: bool = False
    contest: Value | None = None
    known: dict[str, Value] = field(default_factory=dict)
    duplicate: str = ""
    wrong: str = ""


def plan(contests: Kept, known: Kept, event: Event, place: Place, stamp: dict[str, Any]) -> Plan:
    """What follows from an event. Reading it again, with all that was kept or a part of it, ends in the same.

    Args:
        contests: what is kept of contests, by id.
        known: what is known of submissions and acts: by contest|id, by contest|act|id.
        event: one of WANTS.
        place: where it stands.
        stamp: `recorded_at` and `recorded_by` of what is wished.
    """
    contest, at = event.contest, place.position
    held = contests.get(contest)
    match event:
        case Definition():
            value = planning.definition_value(held, at, event)
            return Plan() if value is None else _changed(held, value, event, place, stamp)
        case Finalized():
            value = planning.over(held, at)
            return Plan() if value is None else _changed(held, value, event, place, stamp)
        case PositionSkipped():
            value = planning.without_skipped(held, at, event)
            return Plan() if value == held else _changed(held, value, event, place, stamp)
        case Submission():
            key = f"{contest}|{event.id}"
            return (
                Plan(duplicate="submission")
                if _is_second(known, key, at)
                else _submitted(held, event, key, place, stamp)
            )
    key = f"{contest}|act|{getattr(event, 'id', '')}"
    if _is_second(known, key, at):
        return Plan(duplicate="act")
    kept = {key: {"at": at}}
    match event:
        case RejudgingCreated():
            return Plan(known=kept) if place.judged else _rejudged(held, known, event, kept, place, stamp)
        case RejudgingApplied() | RejudgingCancelled() | RejudgingReverted():
            value = rejudgings.decided(held, at, event)
            if value is None or held is None:
                return Plan(known=kept)
            return _changed(held, value, event, place, stamp, kept)
        case JudgingPaused() | JudgingResumed():
            pause = planning.pause_changed(event, partition=place.partition, position=at, **stamp)
            return Plan(wishes=[pause], known=kept)
    return Plan()


def _changed(
    held: Value | None,
    value: Value | None,
    event: Event,
    place: Place,
    stamp: dict[str, Any],
    known: dict[str, Value] | None = None,
) -> Plan:
    """The contest's value is another one: judges and queue are told which packages its problems have now."""
    of = stamp | {"partition": place.partition, "cause": place.position}
    wishes: Sequence[Wish] = rejudgings.replaced(held, value, event.contest, **of)
    if isinstance(event, RejudgingCancelled):  # it has put nothing on another package
        wishes = [RejudgingDropped(contest=event.contest, judging=event.rejudging, **of)]
    return Plan(packages=True, wishes=wishes, changed=True, contest=value, known=known or {})


def _is_second(known: Kept, key: str, at: int) -> bool:
    """Whether an earlier record in the log has this id (and this one is not that one again)."""
    held = known.get(key)
    return held is not None and held["at"] != at


def _submitted(held: Value | None, event: Submission, key: str, place: Place, stamp: dict[str, Any]) -> Plan:
    """Its judging is asked for, unless its verdict comes from elsewhere: with an import, or by another system."""
    value = planning.submission_value(place.position, event)
    wishes = []
    if not place.judged and planning.judged_here(held, event.problem_id):
        said: dict[str, Any] = {"contest": event.contest, "submission_id": event.id, "partition": place.partition}
        try:
            wishes = [planning.wanted(held, value, **said, **stamp)]
        except DataError as error:
            return Plan(wrong=str(error))
    return Plan(wishes=wishes, known={key: value})


def _rejudged(
    held: Value | None,
    known: Kept,
    event: RejudgingCreated,
    kept: dict[str, Value],
    place: Place,
    stamp: dict[str, Any],
) -> Plan:
    """All that can be judged is asked for; what cannot is wrong. Of a cancelled one nothing is."""
    number = planning.rejudging_number(place.position, event)
    if rejudgings.is_cancelled(held, number):
        return Plan()
    wishes: list[Wish] = []
    wrong: list[str] = []
    for submission_id in dict.fromkeys(event.submission_ids):
        submission = known.get(f"{event.contest}|{submission_id}")
        if submission is None or submission["at"] > place.position:  # the table may be ahead of what is read again
            wrong.append(f"{submission_id} is unknown")
            continue
        try:
            wish = planning.wanted(
                held,
                submission,
                contest=event.contest,
                submission_id=submission_id,
                partition=place.partition,
                cause=place.position,
                index=len(wishes),  # without a gap: the queue takes them in this order and no other
                judging=number,
                lane=event.lane,
                changed=event.changed,
                **stamp,
            )
        except DataError as error:
            wrong.append(str(error))
        else:
            wishes.append(wish)
    some = ", ".join(wrong[:20])
    says = f"contest {event.contest}: {len(wrong)} of the rejudging cannot be judged: {some}" if wrong else ""
    value = rejudgings.opened(held, place.position, number, event)
    opened = (
        value is not None
    )  # judges hear of its package before the queue has the first task: they fetch it meanwhile
    return Plan(packages=opened, wishes=wishes, changed=opened, contest=value, known=kept, wrong=says)
