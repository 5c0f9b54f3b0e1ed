"""What the log has of an imported contest, and which of a feed's events it lacks. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from schemas.events import (
    Act,
    Clarification,
    Commentary,
    Definition,
    Event,
    Group,
    Judgement,
    JudgingFaulted,
    JudgingStarted,
    Organization,
    Person,
    Runs,
    Submission,
    Team,
)

__all__ = ["Known", "Lacking", "lacking"]

_ENTRIES = (Team, Organization, Group, Person)
_LATEST = (*_ENTRIES, Clarification, Commentary)
"""Of these the latest record counts: one that says something else is an update."""


@dataclass(slots=True)
class Known:
    """What a contest's log has: entries and messages as they are, and which facts, by what makes each one itself.

    `foreign` are the writers of its definitions who are not the import.
    """

    by: str
    latest: dict[tuple[type, str], Event] = field(default_factory=dict)
    facts: dict[tuple[Any, ...], Event] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)

    def take(self, event: Event) -> None:
        """Another record of the log, in its order."""
        if isinstance(event, Definition):
            if event.recorded_by != self.by:
                self.foreign.add(event.recorded_by)
        elif isinstance(event, _LATEST):
            self.latest[type(event), event.id] = event
        else:
            self.facts.setdefault(_identity(event), event)

    def has(self, event: Event) -> bool:
        """Whether there is this fact, whatever it says."""
        return _identity(event) in self.facts


@dataclass(frozen=True, slots=True)
class Lacking:
    """The events that the log lacks, in order; and ids of what it has otherwise than the feed, which cannot be changed."""

    events: tuple[Event, ...]
    unchanged: tuple[str, ...] = ()


def lacking(known: Known, definition: Definition | None, wanted: Iterable[Event], *, whole: bool) -> Lacking:
    """What of a feed's events has to be appended, so that the log says what the feed says. Pure, changes *known*.

    Args:
        known: what the log has.
        definition: the one in force.
        wanted: the feed's events.
        whole: these are all of the feed's: entries that it no longer has are removed.
    """
    found: list[Event] = []
    unchanged: list[str] = []
    listed: set[tuple[type, str]] = set()
    for event in wanted:
        if isinstance(event, Definition):
            if definition is None or not _same(definition, event):
                found.append(event)
                definition = event
        elif isinstance(event, _LATEST):
            key = (type(event), event.id)
            listed.add(key)
            if key not in known.latest or not _same(known.latest[key], event):
                found.append(event)
                known.latest[key] = event
        else:
            held = known.facts.get(_identity(event))
            if held is None:
                found.append(event)
                known.facts[_identity(event)] = event
            elif not _same(held, event):
                unchanged.append(f"{type(event).__name__} {'/'.join(map(str, _identity(event)[1:]))}")
    gone = _gone(known, listed) if whole else ()
    return Lacking((*found, *gone), tuple(unchanged))


def _gone(known: Known, listed: set[tuple[type, str]]) -> Iterator[Event]:
    for key, event in known.latest.items():
        if key not in listed and event.recorded_by == known.by and not getattr(event, "removed", True):
            yield dataclasses.replace(event, removed=True)  # type: ignore[call-arg]  # entries have it


def _same(held: Event, event: Event) -> bool:
    """Whether two records of one thing say the same; when and by whom, and at which position, is not of it."""
    return all(
        getattr(held, one.name) == getattr(event, one.name)
        for one in dataclasses.fields(event)
        if one.name not in ("recorded_at", "recorded_by", "changes", "fold_version")
    )


def _identity(event: Event) -> tuple[Any, ...]:
    """What makes a fact itself: the log counts the first of two with one identity."""
    match event:
        case Submission():
            return (Submission, event.id)
        case JudgingStarted() | JudgingFaulted():
            return (type(event), event.submission_id, event.judging, event.attempt)
        case Runs():
            return (Runs, event.submission_id, event.judging, event.attempt, event.runs[0].ordinal if event.runs else 0)
        case Judgement():
            return (Judgement, event.submission_id, event.judging)
        case Act() if event.id:
            return (Act, event.id)
    return (type(event), event)
