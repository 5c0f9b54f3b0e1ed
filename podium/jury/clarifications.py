"""Working on clarification requests while other judges do: a request is claimed before it is answered.

A claim takes effect only where the log has the request held as whoever claims it saw it. So of two who answer at once the
first in the log has it, and the second is told before anything is sent.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from clics.clarifications import LONGEST, Message, answers, categories, messages, quoted
from clics.times import format_time
from podium.jury.acting import act, append
from podium.jury.record import Record, read_record
from podium.tame import tame
from schemas.clock import Clock
from schemas.errors import ConflictError, UsageError
from schemas.events import Clarification, ClarificationCategorised, ClarificationClaimed, Group, Team
from schemas.ids import new_id
from schemas.settings import Settings

__all__ = [
    "Recipients",
    "Sent",
    "announce",
    "answer",
    "categorise",
    "category_named",
    "claim",
    "message",
    "predefined",
    "release",
]


@dataclass(frozen=True, slots=True)
class Recipients:
    """To whom a message goes: these teams and groups; to all where `everybody`, or where an announcement names nobody."""

    teams: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    everybody: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that is in the log, at `position`. `others` are answers that other judges have sent meanwhile."""

    record: Clarification
    position: int
    others: tuple[Clarification, ...] = ()


def message(record: Record, named: str) -> Message:
    """The message of this id, or else of this number.

    Raises:
        UsageError: when there is none.
    """
    found = messages(record.state)
    numbered = int(named) if named.isascii() and named.isdigit() else 0
    by_id = next((one for one in found if one.record.id == named), None)
    chosen = by_id or next((one for one in found if one.number == numbered), None)
    if chosen is None:
        raise UsageError(
            f"contest {record.contest} has no message {named!r}; it has {len(found)}, see podium clar list --all"
        )
    return chosen


def _request(record: Record, named: str) -> Message:
    found = message(record, named)
    if not found.is_request:
        raise UsageError(f"message {found.number} is the jury's own; requests are listed by podium clar list")
    record.refuse_final("anything with clarifications")
    return found


def claim(settings: Settings, record: Record, named: str, by: str, *, take_over: bool = False) -> Message:
    """Claim a request for *by*; nothing where they hold it already. The record is read on.

    Raises:
        UsageError: when there is no such request.
        ConflictError: when another judge holds it, unless it is taken over from them, or one was faster.
        DependencyError: when the broker does not answer.
    """
    found = _request(record, named)
    holder = found.claim.recorded_by if found.claim else ""
    if holder == by:
        return found
    if found.claim and not take_over:
        raise ConflictError(f"{_held(found)}; nothing was done. --take-over does it all the same")
    made = act(
        settings, record.contest, ClarificationClaimed, by=by, clarification_id=found.record.id, instead_of=holder
    )
    append(settings, made)
    read_record(settings, record.contest, record)
    found = _request(record, found.record.id)
    if found.claim is None or found.claim.id != made.id:
        who = _held(found) if found.claim else f"request {found.number} was released meanwhile"
        raise ConflictError(f"somebody was faster: {who}; nothing was done")
    return found


def _held(found: Message) -> str:
    assert found.claim is not None
    return (
        f"{tame(found.claim.recorded_by)} has claimed request {found.number} at {format_time(found.claim.recorded_at)}"
    )


def release(settings: Settings, record: Record, named: str, by: str, *, take_over: bool = False) -> Message:
    """Give a claimed request back, so that another judge takes it.

    Raises:
        UsageError: when there is no such request.
        ConflictError: when nobody has claimed it, or another judge, unless it is taken from them.
        DependencyError: when the broker does not answer.
    """
    found = _request(record, named)
    if found.claim is None:
        raise ConflictError(f"nobody has claimed request {found.number}")
    if found.claim.recorded_by != by and not take_over:
        raise ConflictError(f"{_held(found)}; nothing was done. --take-over releases it all the same")
    about = {"clarification_id": found.record.id, "instead_of": found.claim.recorded_by, "released": True}
    append(settings, act(settings, record.contest, ClarificationClaimed, by=by, **about))
    read_record(settings, record.contest, record)
    return message(record, found.record.id)


def categorise(settings: Settings, record: Record, named: str, category: str, by: str) -> Message:
    """Put a request into another category.

    Raises:
        UsageError: when there is no such request or category.
        ConflictError: when it is in this one.
        DependencyError: when the broker does not answer.
    """
    found = _request(record, named)
    wanted = category_named(record, category)
    if found.category == wanted:
        raise ConflictError(f"request {found.number} is in category {wanted!r} already")
    about = {"clarification_id": found.record.id, "category": wanted}
    append(settings, act(settings, record.contest, ClarificationCategorised, by=by, **about))
    read_record(settings, record.contest, record)
    return message(record, found.record.id)


def category_named(record: Record, category: str) -> str:
    """The contest's category of this name, in whatever case.

    Raises:
        UsageError: when it has none.
    """
    definition = record.state.definition
    assert definition is not None
    there = categories(definition)
    by_name = {one.casefold(): one for one in there}
    found = by_name.get(category.casefold())
    if found is None:
        near = difflib.get_close_matches(category.casefold(), by_name, 1)
        hint = f"did you mean {by_name[near[0]]!r}? " if near else ""
        raise UsageError(f"contest {record.contest} has no category {category!r}; {hint}it has {', '.join(there)}")
    return found


def predefined(record: Record, number: int) -> str:
    """The contest's predefined answer of this number, from 1.

    Raises:
        UsageError: when it has none; they are listed.
    """
    definition = record.state.definition
    assert definition is not None
    there = answers(definition)
    if not 1 <= number <= len(there):
        listed = "\n".join(f"  {at}  {one}" for at, one in enumerate(there, 1))
        raise UsageError(f"contest {record.contest} has no predefined answer {number}; it has\n{listed}")
    return there[number - 1]


def answer(
    settings: Settings,
    record: Record,
    named: str,
    text: str,
    by: str,
    to: Recipients,
    *,
    quote: bool = True,
    again: bool = False,
    take_over: bool = False,
) -> Sent:
    """Answer a request: to its team, and to whom else it is to go. It is claimed first.

    With *quote* what was asked stands above the answer. The answer replies to the request also where others get it: they
    are not told which request it was (Contest API, *Clarifications*).

    Raises:
        UsageError: when there is no such request, team or group, or the text says nothing or too much.
        ConflictError: when it was answered before, unless *again*; when another judge has claimed it, unless *take_over*.
        DependencyError: when the broker does not answer.
    """
    found = _request(record, named)
    asked = found.record
    assert asked.from_team_id is not None
    _refuse_text(text)
    _refuse_recipients(record, to)
    if not again:
        _refuse_answered(found)
    found = claim(settings, record, asked.id, by, take_over=take_over or again)
    if not again:
        _refuse_answered(found)  # by somebody who did not claim it
    known = {one.id for one in found.answers}
    made = _message(
        settings,
        record.contest,
        by,
        quoted(asked.text, text) if quote else text,
        to_team_ids=() if to.everybody else tuple(dict.fromkeys((asked.from_team_id, *to.teams))),
        to_group_ids=() if to.everybody else to.groups,
        reply_to_id=asked.id,
        problem_id=asked.problem_id,
    )
    (position,) = append(settings, made)
    read_record(settings, record.contest, record)
    others = tuple(one for one in message(record, asked.id).answers if one.id not in {*known, made.id})
    return Sent(made, position, others)


def _refuse_answered(found: Message) -> None:
    if found.answers:
        last = found.answers[-1]
        raise ConflictError(
            f"{tame(last.recorded_by)} has answered request {found.number} at {format_time(last.asked_at)}: "
            f"{tame(last.text)!r}; nothing was sent. --again answers once more"
        )


def announce(settings: Settings, record: Record, text: str, by: str, to: Recipients, problem: str | None) -> Sent:
    """Send a message that answers none: to all, or to some.

    Raises:
        UsageError: when there is no such problem, team or group, or the text says nothing or too much.
        ConflictError: when the contest has had its end of updates.
        DependencyError: when the broker does not answer.
    """
    record.refuse_final("anything with clarifications")
    _refuse_text(text)
    _refuse_recipients(record, to)
    if problem is not None and problem not in record.state.problems:
        there = ", ".join(record.state.problems)
        raise UsageError(f"contest {record.contest} has no problem {problem!r}; it has {there or 'none'}")
    named = {"to_team_ids": to.teams, "to_group_ids": to.groups}
    made = _message(settings, record.contest, by, text, **named, problem_id=problem)
    (position,) = append(settings, made)
    return Sent(made, position)


def _message(settings: Settings, contest: str, by: str, text: str, **about: Any) -> Clarification:
    now = Clock.parse(settings.clock).now_ms()
    return Clarification(
        contest=contest, recorded_at=now, recorded_by=by, id=new_id(), text=text, asked_at=now, **about
    )


def _refuse_text(text: str) -> None:
    if not text.strip():
        raise UsageError("the message says nothing")
    if len(text) > LONGEST:
        raise UsageError(f"the message is longer than {LONGEST} characters")


def _refuse_recipients(record: Record, to: Recipients) -> None:
    there = record.state.records
    teams = [one for one in to.teams if not _is_there(there.get(("teams", one)))]
    groups = [one for one in to.groups if not _is_there(there.get(("groups", one)))]
    for kind, missing in (("team", teams), ("group", groups)):
        if missing:
            raise UsageError(f"contest {record.contest} has no {kind} {missing[0]!r}; nothing was sent")


def _is_there(found: object) -> bool:
    return isinstance(found, Team | Group) and not found.removed
