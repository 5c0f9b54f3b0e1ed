"""What a reading of a feed, and what the log has of it, come to: verdicts, what counts, awards, the freeze. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from clics.feeds.freezes import Freezes, Lift, SetFreeze
from clics.verdicts import JUDGING_ERROR
from schemas.events import (
    Act,
    AwardGiven,
    Definition,
    Event,
    Judgement,
    ScoreboardFrozen,
    ScoreboardUnfrozen,
    Submission,
    SubmissionIgnored,
    VerdictOverridden,
)

__all__ = ["FREEZE", "Standing", "Subject", "hiding", "making_up", "subject_of"]

_AGAIN, _GONE = "the feed has it again", "the feed has it no more"
_LIFTED, _FROZEN = "the feed has this freeze no more", "the feed has this freeze now"
_ABOUT = ("contest", "recorded_at", "recorded_by", "team_id", "problem_id")


class Subject(NamedTuple):
    """What of a contest changes by an act: whether a submission counts, the verdict that it shows, an award, the freeze."""

    kind: Literal["counts", "verdict", "award", "freeze"]
    id: str


FREEZE = Subject("freeze", "")
"""A contest has one."""


def subject_of(event: Event) -> Subject | None:
    """What the event says something of; None for what no later act changes. Pure."""
    match event:
        case Submission():
            return Subject("counts", event.id)
        case SubmissionIgnored():
            return Subject("counts", event.submission_id)
        case Judgement(judging=0) | VerdictOverridden():
            return Subject("verdict", event.submission_id)
        case AwardGiven():
            return Subject("award", event.award.id)
        case ScoreboardFrozen() | ScoreboardUnfrozen():
            return FREEZE
    return None


@dataclass(slots=True)
class Standing:
    """Takes the events of a feed, or those of the log that came from it: of each subject the last one that says what it is."""

    submissions: dict[str, Submission] = field(default_factory=dict)
    last: dict[Subject, Event] = field(default_factory=dict)
    freezes: Freezes = field(default_factory=Freezes)
    definition: Definition | None = None

    def take(self, event: Event) -> None:
        """Another event, in the order in which they count."""
        self.freezes.take(event)
        if isinstance(event, Definition):
            self.definition = event
        subject = subject_of(event)
        if isinstance(event, Submission):
            self.submissions.setdefault(event.id, event)
        elif subject is not None and not (isinstance(event, Judgement) and subject in self.last):
            self.last[subject] = event

    def says(self, subject: Subject) -> Any:
        """What the subject is here, in values that are equal where two say the same; None: nothing that counts or shows."""
        if subject == FREEZE:
            return self.freezes.at, self.freezes.came is not None
        event = self.last.get(subject)
        match event:
            case Judgement() | VerdictOverridden():
                shown = event.verdict, event.score, event.group_scores
                return None if event.verdict in (None, JUDGING_ERROR) else shown
            case AwardGiven():
                return None if event.removed or event.computed else event.award
            case SubmissionIgnored():
                return (not event.ignored and subject.id in self.submissions) or None
        return True if subject.kind == "counts" and subject.id in self.submissions else None


def making_up(held: Standing, wanted: Standing, subjects: Iterable[Subject]) -> Iterator[Act]:
    """Acts that make of what is held what is wanted, of these subjects; without ids, and moments only on a freeze. Pure."""
    for subject in subjects:
        if subject == FREEZE:
            yield from _freeze(held, wanted)
        elif held.says(subject) != wanted.says(subject) and (act := _act(held, wanted, subject)) is not None:
            yield act


def _act(held: Standing, wanted: Standing, subject: Subject) -> Act | None:
    said, was = wanted.last.get(subject), held.last.get(subject)
    if subject.kind == "verdict" and (was is None or wanted.says(Subject("counts", subject.id)) is None):
        return None  # nothing is shown that could be another; of what does not count nothing shows
    if isinstance(said, Act):
        return said
    if subject.kind == "award":
        return dataclasses.replace(was, removed=True, reason=_GONE) if isinstance(was, AwardGiven) else None
    of = held.submissions.get(subject.id)
    if of is None:
        return None
    about: dict[str, Any] = {name: getattr(of, name) for name in _ABOUT} | {"id": "", "submission_id": of.id}
    if subject.kind == "counts":
        ignored = wanted.says(subject) is None
        return SubmissionIgnored(**about, ignored=ignored, reason="the feed deleted it" if ignored else _AGAIN)
    if not isinstance(said, Judgement):
        return VerdictOverridden(**about, verdict=JUDGING_ERROR, reason="no judgement of the feed counts")
    scores: dict[str, Any] = {"score": said.score, "group_scores": said.group_scores}
    return VerdictOverridden(**about, verdict=said.verdict, **scores, reason="the feed has this verdict now")


def hiding(held: Standing, wanted: Standing) -> Iterator[Act]:
    """Acts by which what is held hides all that is wanted so, and lifts nothing; without ids. Pure."""
    return _acts_on_the_freeze(held, held.freezes.otherwise(_frozen(held, wanted), lift=False, came=True))


def _freeze(held: Standing, wanted: Standing) -> Iterator[Act]:
    """What is frozen in both from one moment on is left, and so is what was thawed: no act changes it."""
    at, freezes, came = _frozen(held, wanted), held.freezes, wanted.freezes.came is not None
    lift = at is None or (freezes.came is not None and (not came or at > freezes.came))
    return _acts_on_the_freeze(held, freezes.otherwise(at, lift=lift, came=came))


def _acts_on_the_freeze(held: Standing, found: Iterable[Lift | SetFreeze]) -> Iterator[Act]:
    if held.definition is None:
        return
    about: dict[str, Any] = {name: getattr(held.definition, name) for name in ("contest", "recorded_by")} | {"id": ""}
    for one in tuple(found):
        about["recorded_at"] = one.recorded_at
        if isinstance(one, Lift):
            yield ScoreboardUnfrozen(**about, reason=_LIFTED)
        else:
            yield ScoreboardFrozen(**about, reason=_FROZEN, at=one.at)


def _frozen(held: Standing, wanted: Standing) -> int | None:
    """From when on to freeze what is held, so that all is hidden that is wanted so: it may be dated earlier here."""
    at, start = wanted.freezes.at, held.definition.start_time if held.definition else None
    if at is None or start is None:
        return at
    hidden = (held.submissions.get(id_) for id_, one in wanted.submissions.items() if one.submitted_at >= at)
    return min([at, *(one.submitted_at for one in hidden if one is not None and one.submitted_at >= start)])
