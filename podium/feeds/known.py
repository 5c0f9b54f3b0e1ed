"""What the log has of an imported contest, and which of a feed's events it lacks. Pure."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from podium.feeds.standing import FREEZE, Standing, Subject, hiding, making_up, subject_of
from schemas.events import (
    Act,
    Clarification,
    Commentary,
    Definition,
    Event,
    Finalized,
    Group,
    Judgement,
    JudgingFaulted,
    JudgingStarted,
    Organization,
    Person,
    Runs,
    ScoreboardFrozen,
    Submission,
    Team,
    ThawScheduled,
    Transitioned,
    VerdictOverridden,
)
from schemas.ids import derived_id

__all__ = ["Known", "Lacking", "Reading", "lacking"]

_ENTRIES = (Team, Organization, Group, Person)
_LATEST = (*_ENTRIES, Clarification, Commentary)
"""Of these the latest record counts: one that says something else is an update."""

_CLOSING = (ThawScheduled, Transitioned, Finalized)
"""What may make the results final: behind it nothing counts."""


@dataclass(slots=True)
class Known:
    """What a contest's log has: entries and messages as they are, and which facts, by what makes each one itself.

    `standing` is what comes of the import's own records, and of what the clock has noted; `now` is the latest moment of the
    former in UTC ms, `definition` the one in force. `foreign` are the writers of its definitions who are not the import.
    """

    by: str
    definition: Definition | None = None
    latest: dict[tuple[type, str], Event] = field(default_factory=dict)
    facts: dict[tuple[Any, ...], Event] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)
    standing: Standing = field(default_factory=Standing)
    now: int = 0

    def take(self, event: Event) -> None:
        """Another record of the log, in its order."""
        if isinstance(event, Definition):
            if event.recorded_by != self.by:
                self.foreign.add(event.recorded_by)
            self.standing.take(event)
        elif isinstance(event, _LATEST):
            self.latest[type(event), event.id] = event
        else:
            new = self.held(event) is None
            self.facts.setdefault(_identity(event), event)
            if new and (event.recorded_by == self.by or isinstance(event, Transitioned)):
                self.standing.take(event)
        if event.recorded_by == self.by:
            self.now = max(self.now, event.recorded_at)

    def held(self, event: Event) -> Event | None:
        """The fact that the event is, as the log has it, whatever it says there; None: the log lacks it."""
        return self.facts.get(_identity(event))


class Reading:
    """A feed read from its beginning, beside what the log has.

    Until all that there was has been told, an event is lacking where the log has none of its identity. From then on what
    the feed shows is what counts: where the log shows something else, an act makes up for it.
    """

    def __init__(self, known: Known, *, as_it_went: bool) -> None:
        """*as_it_went*: the feed may tell what an entry was before it tells what it is; that counts when all is told."""
        self.unchanged: list[str] = []
        self.made_up = 0
        self._known = known
        self._standing = Standing()
        self._listed: dict[tuple[type, str], Event] = {}
        self._as_it_went = self._waits = as_it_went
        self._whole = False
        held = known.standing
        self._untold = {id_ for id_ in held.submissions if held.says(Subject("counts", id_)) is not None}
        self._definition: Definition | None = None

    def take(self, event: Event) -> tuple[Event, ...]:
        """What of the feed's next event the log lacks; *known* has it from here on.

        A definition of a feed that tells how things were waits for the first event behind it that the log lacks, or for
        `rest`: read from its beginning it tells all its definitions again, and the log has had the last of them long ago.
        """
        subject = subject_of(event)
        before = self._standing.says(subject) if subject else None
        self._standing.take(event)
        if self._as_it_went and isinstance(event, Definition):
            self._definition = event
            return ()
        if isinstance(event, Submission):
            self._untold.discard(event.id)
        found = self._made_up((FREEZE,)) if self._freezes_later(event) else []
        if self._lacks(event, subject, before):
            found += self.rest()
            found += self._made(hiding(self._known.standing, self._standing)) if self._would_show(event) else []
            found += self._added(event)
        if found and isinstance(event, Transitioned) and event.kind == "frozen" and not self._behind:
            # the log may plan another moment, by hand: what this freeze hides may be next
            found += self._made_up((FREEZE,))
        if self._whole and subject is not None:
            # of what counts again shows what the feed shows now
            verdict = (Subject("verdict", subject.id),) if subject.kind == "counts" else ()
            found += self._made_up((subject, *verdict))
        return tuple(found)

    def _freezes_later(self, event: Event) -> bool:
        """Whether the feed tells of a freeze behind the one that the log has, whose lift it may not have told.

        What the next one hides is not here yet: it can still be lifted (Freezes.otherwise).
        """
        if not isinstance(event, Transitioned | ScoreboardFrozen) or self._behind:
            return False
        held, told = self._known.standing.freezes.came, self._standing.freezes.came
        return held is not None and told is not None and told > held

    def _would_show(self, event: Event) -> bool:
        """Whether the log would show what comes of a submission that the feed hides: its freeze comes earlier now."""
        if isinstance(event, Submission):
            id_ = event.id
        elif isinstance(event, Judgement | VerdictOverridden) and not self._behind:
            id_ = event.submission_id
        else:
            return False
        told, freezes = self._standing.submissions.get(id_), self._known.standing.freezes
        held = self._known.standing.submissions.get(id_, told)
        hidden = told is not None and self._standing.freezes.hides(told.submitted_at)
        return hidden and held is not None and not (freezes.thawed or freezes.hides(held.submitted_at))

    @property
    def _behind(self) -> bool:
        """Whether the log has submissions that the feed has yet to tell again."""
        return self._waits and bool(self._untold)

    def rest(self) -> tuple[Event, ...]:
        """The definition that has waited, where the log lacks it."""
        definition, self._definition = self._definition, None
        if definition is None or not self._lacks(definition, None, None):
            return ()
        self._known.take(definition)
        return (definition,)

    def whole(self, *, broken: bool = False) -> tuple[Event, ...]:
        """The feed has told all that there was: what it has no more is gone, and what it shows is what shows.

        *broken*: but for lines that could not be read. What they say may be that, so only entries are as it says.
        """
        self._whole, self._waits = not broken, False
        known, held = self._known, self._known.standing
        entries = [one for key, one in self._listed.items() if not _same(known.latest[key], one)]
        entries += () if broken else _gone(known, self._listed)
        found = [*self.rest(), *(one for entry in entries for one in self._added(entry))]
        if broken:
            return tuple(found)
        counts = (Subject("counts", id_) for id_ in held.submissions)
        return (*found, *self._made_up((FREEZE, *counts, *{**held.last, **self._standing.last})))

    def _lacks(self, event: Event, subject: Subject | None, before: Any) -> bool:
        known = self._known
        if isinstance(event, Definition):
            lacks = known.definition is None or not _same(known.definition, event)
            known.definition = event if lacks else known.definition
            return lacks
        if isinstance(event, _LATEST):
            key = (type(event), event.id)
            self._listed[key] = event
            return key not in known.latest or not (self._waits or _same(known.latest[key], event))
        held = known.held(event)
        if held is not None:
            told = event
            if isinstance(held, Judgement) and isinstance(event, Judgement):
                # what it came to is made up for where it is another; the rest stays
                came_to = {name: getattr(held, name) for name in ("verdict", "score", "group_scores")}
                told = dataclasses.replace(event, **came_to)
            if not _same(held, told):
                self.unchanged.append(f"{type(event).__name__} {'/'.join(map(str, _identity(event)[1:]))}")
            return False
        if isinstance(event, JudgingStarted):
            return (Judgement, event.submission_id, event.judging) not in known.facts
        if subject == FREEZE and self._behind:
            # the log is further: a freeze that the feed tells later hides what this one does not, or shows
            return False
        if isinstance(event, Act) and subject is not None:
            # the log has come to the same in another way, or further; an act that changes nothing in the feed is there for its
            # own sake
            says, last = self._standing.says(subject), known.standing.last.get(subject)
            further = last is not None and event.recorded_at < last.recorded_at and not self._hides_more(event)
            return bool(says == before or (says != known.standing.says(subject) and not further))
        return True

    def _hides_more(self, event: Event) -> bool:
        at = self._known.standing.freezes.came
        return isinstance(event, ScoreboardFrozen) and at is not None and event.at < at

    def _added(self, event: Event) -> list[Event]:
        """The event, behind a definition that has waited."""
        found = [*self.rest(), event]
        self._known.take(event)
        return found

    def _made_up(self, subjects: Iterable[Subject]) -> list[Event]:
        return self._made(making_up(self._known.standing, self._standing, subjects))

    def _made(self, acts: Iterable[Act]) -> list[Event]:
        known, made = self._known, list[Event]()
        for act in acts:
            # an act on a freeze has its moment: what it does depends on what held then
            at = act.recorded_at if subject_of(act) == FREEZE else max(known.now, act.recorded_at)
            made += self._added(dataclasses.replace(act, id=self._free(act), recorded_at=at))
        self.made_up += len(made)
        return made

    def _free(self, act: Act) -> str:
        """An id that no act has: the same one again while the log is the same."""
        subject = subject_of(act)
        assert subject is not None
        for count in itertools.count(1):
            id_ = derived_id("feed", act.contest, "made up", *subject, str(count))
            if (Act, id_) not in self._known.facts:
                return id_
        raise AssertionError


@dataclass(frozen=True, slots=True)
class Lacking:
    """The events that the log lacks, in order; and ids of what it has otherwise than the feed, which cannot be changed.

    `made_up` is how many of the events are none of the feed's own, but make up for what it has no more or shows otherwise.
    """

    events: tuple[Event, ...]
    made_up: int
    unchanged: tuple[str, ...] = ()


def lacking(known: Known, wanted: Iterable[Event], *, whole: bool) -> Lacking:
    """What of a feed's events has to be appended, so that the log says what the feed says. Pure, changes *known*.

    Args:
        known: what the log has.
        wanted: the feed's events.
        whole: these are all of the feed's: what it no longer has is removed, and what it shows otherwise is made up for.
    """
    reading = Reading(known, as_it_went=False)
    found = [one for event in wanted for one in reading.take(event)]
    end = len(found)
    while end and isinstance(found[end - 1], _CLOSING):
        end -= 1
    count, made_up = reading.made_up, reading.whole() if whole else ()
    return Lacking((*found[:end], *made_up, *found[end:]), count + len(made_up), tuple(reading.unchanged))


def _gone(known: Known, listed: Collection[tuple[type, str]]) -> Iterator[Event]:
    """The entries that the feed does not list any more, as removed."""
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
