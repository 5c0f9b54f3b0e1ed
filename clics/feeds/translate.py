"""Normalised objects as events: one object, one event or a few. What is said once is not said again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from clics.contest_acts import Counting, ToldAct
from clics.contest_files import location, place
from clics.feeds.define import UNKNOWN_LANGUAGE
from clics.feeds.freezes import Freezes
from clics.feeds.judging import Judged
from clics.feeds.model import Object
from clics.feeds.values import Values
from clics.verdicts import JUDGING_ERROR
from schemas.definition import Award
from schemas.events import (
    AwardGiven,
    Clarification,
    Commentary,
    Definition,
    Event,
    Group,
    Judgement,
    JudgingStarted,
    Organization,
    Person,
    Run,
    Runs,
    Submission,
    SubmissionIgnored,
    SubmissionVerified,
    Team,
    TeamStarted,
    VerdictOverridden,
)
from schemas.ids import derived_id

__all__ = ["ENTRIES", "Translator"]

ENTRIES = ("groups", "organizations", "teams", "persons")
"""The types that are entries of the contest, in the order of their references."""

_DERIVED = "first-to-solve-"
"""Awards that follow from submissions and judgements alone."""

E = TypeVar("E", bound=Event)


@dataclass(slots=True)
class Translator:
    """Makes the events of one contest. `recorded_at` of an event is never before that of the one before it.

    `position` is the index of the last event, `definition` the latest one with its index, `freezes` what was made of the
    freeze. `scores` are those of judgements by id where podium's own file tells them; None: the judgements' own.
    """

    contest: str
    by: str
    values: Values
    scores: Mapping[str, Counting] | None = None
    now: int = 0
    position: int = -1
    definition: Definition | None = None
    defined: int = -1
    freezes: Freezes = field(default_factory=Freezes)
    _entries: dict[tuple[str, str], Event] = field(default_factory=dict)
    _submissions: dict[str, Submission] = field(default_factory=dict)
    _shown: dict[str, tuple[str | None, int | None, tuple[int, ...]]] = field(default_factory=dict)
    _overrides: dict[str, int] = field(default_factory=dict)
    _ignored: set[str] = field(default_factory=set)
    _awards: dict[str, Award | None] = field(default_factory=dict)
    _said: set[tuple[str, str]] = field(default_factory=set)
    _late: list[tuple[int, int]] = field(default_factory=list)

    def made(self, cls: type[E], at: int, /, **fields: Any) -> E:
        """An event of the contest, the next one: recorded at this moment, or that of the event before it if later."""
        self.now = max(self.now, at)
        self.position += 1
        return cls(contest=self.contest, recorded_at=self.now, recorded_by=self.by, **fields)

    @property
    def start(self) -> int | None:
        """The start that the definition says."""
        return self.definition.start_time if self.definition else None

    # ---- what the contest is -------------------------------------------------------------------------------------

    def define(self, fields: dict[str, Any], at: int) -> Iterable[Definition]:
        """A definition, where it says anything new."""
        last = self.definition
        if last is None or any(getattr(last, name) != value for name, value in fields.items()):
            made = self.made(Definition, at, changes=self.defined, **fields)
            self.definition, self.defined = made, self.position
            self.freezes.take(made)
            yield made

    def entry(self, type_: str, id_: str, found: Object | None, at: int) -> Iterable[Event]:
        """A group, organization, team or person, where it says anything new; None: it is gone."""
        had = self._entries.get((type_, id_))
        if found is None:
            if had is None:
                return
            changed: dict[str, Any] = {f.name: getattr(had, f.name) for f in dataclasses.fields(had)}
            changed["removed"] = True
        else:
            changed = {"id": id_, "name": self.values.text(found, "name") or id_, "removed": False}
            changed |= _ENTRY[type_](self.values, found)
        if had is None or any(getattr(had, name) != value for name, value in changed.items()):
            rest = {name: value for name, value in changed.items() if name not in _HEAD}
            made = self._entries[type_, id_] = self.made(_CLASSES[type_], at, **rest)
            yield made

    # ---- submissions and judgements ------------------------------------------------------------------------------

    def dated(self, at: int, on_the_wall: int | None) -> None:
        """A submission is dated so, and was made then by the clock on the wall, where that is known."""
        if on_the_wall is not None and on_the_wall > at:
            self._late.append((on_the_wall, at))

    def made_behind(self, frozen: int) -> Iterator[int]:
        """The moments of submissions that were made at or after this one by the clock on the wall, and are dated before it.

        What is dated before the start counts for nothing, and is none of them.
        """
        start = self.start or 0
        return (at for on_the_wall, at in self._late if on_the_wall >= frozen > at >= start)

    def submission(self, found: Object, at: int) -> Iterable[Event]:
        """A submission; one that was deleted and came again counts again, one that is known says nothing new."""
        id_ = found["id"]
        if id_ in self._submissions:
            yield from self._counts(id_, at, ignored=False)
            return
        language = found.get("language_id")
        if language is None:
            self.values.oddities.add("no language", 0, id_)
        made = self._submissions[id_] = self.made(
            Submission,
            at,
            id=id_,
            team_id=found["team_id"],
            problem_id=found["problem_id"],
            language_id=UNKNOWN_LANGUAGE if language is None else language,
            submitted_at=at,
            entry_point=self.values.text(found, "entry_point"),
        )
        self.freezes.take(made)
        yield made

    def withdrawn(self, id_: str, at: int) -> Iterable[Event]:
        """A submission that was deleted does not count."""
        if id_ in self._submissions:
            yield from self._counts(id_, at, ignored=True)

    def _counts(self, id_: str, at: int, *, ignored: bool) -> Iterable[Event]:
        if ignored != (id_ in self._ignored):
            (self._ignored.add if ignored else self._ignored.discard)(id_)
            act = self.act_id("ignored" if ignored else "counts", id_)
            why = "the feed deleted it" if ignored else "the feed has it again"
            yield self.made(SubmissionIgnored, at, id=act, reason=why, **self._about(id_), ignored=ignored)

    def knows(self, submission_id: str) -> bool:
        """Whether the submission was told."""
        return submission_id in self._submissions

    def submitted_at(self, submission_id: str) -> int:
        """When the submission came."""
        return self._submissions[submission_id].submitted_at

    def begun(self, submission_id: str, one: Judged, *, attempt: int = 1) -> Iterable[Event]:
        """A judgement of a submission that has none yet has begun."""
        if submission_id not in self._shown:
            yield self.made(
                JudgingStarted,
                one.began,
                submission_id=submission_id,
                judging=0,
                attempt=attempt,
                host="",
                started_at=one.began,
            )

    def runs(self, submission_id: str, found: Iterable[Object], at: int, *, attempt: int = 1) -> Iterable[Event]:
        """Runs of the first judging of a submission, told at this moment; those without a verdict aside."""
        made = [run for one in found if (run := self._run(one, at)) is not None]
        if made:
            runs = tuple(sorted(made, key=lambda run: run.ordinal))
            yield self.made(Runs, at, submission_id=submission_id, judging=0, attempt=attempt, runs=runs)

    def _run(self, found: Object, ended: int) -> Run | None:
        verdict, ordinal = self.values.text(found, "judgement_type_id"), self.values.number(found, "ordinal")
        if verdict is None or ordinal is None:
            return None
        ran = self.values.number(found, "run_time", 1000) or 0
        at = self.values.moment(found, "", self.start)
        return Run(ordinal, verdict, ran, ran, 0, ended if at is None else at)

    def shows(
        self, submission_id: str, one: Judged | None, at: int, *, attempt: int = 1, by_hand: bool = False
    ) -> Iterable[Event]:
        """From here on this judgement shows, or none does: the first as a judgement, another verdict or score as an override.

        One *by_hand* is an override, whatever showed before.
        """
        verdict = None if one is None else one.verdict
        given = Counting() if one is None else self._given(one)
        shown = verdict, given.score, given.group_scores
        if submission_id not in self._shown and not by_hand:
            if one is None or verdict is None:
                return
            self._shown[submission_id] = shown
            yield self._judgement(self._submissions[submission_id], one, verdict, given, at, attempt)
        elif by_hand or self._shown[submission_id] != shown:
            self._shown[submission_id] = shown
            points = (str(units) for units in (given.score, *given.group_scores) if units is not None)
            act = self.act_id("shows", submission_id, one.id if one else "", verdict or "", *points)
            yield self.made(
                VerdictOverridden,
                at,
                id=act,
                **self._about(submission_id),
                verdict=JUDGING_ERROR if verdict is None else verdict,
                score=given.score,
                group_scores=given.group_scores,
                reason=f"judgement {one.id} of the feed" if one else "no judgement of the feed counts",
            )

    def _given(self, one: Judged) -> Counting:
        """The scores of a judgement."""
        if self.scores is not None:
            return self.scores.get(one.id, Counting())
        scale = self.definition.score_scale if self.definition else 1
        return Counting(self.values.number(one.object, "score", scale))

    def _judgement(
        self, of: Submission, one: Judged, verdict: str, given: Counting, at: int, attempt: int
    ) -> Judgement:
        return self.made(
            Judgement,
            at,
            submission_id=of.id,
            team_id=of.team_id,
            problem_id=of.problem_id,
            language_id=of.language_id,
            submitted_at=of.submitted_at,
            judging=0,
            attempt=attempt,
            verdict=verdict,
            score=given.score,
            group_scores=given.group_scores,
            started_at=one.began,
            ended_at=one.ended,
            max_cpu_ms=self.values.number(one.object, "max_run_time", 1000) or 0,
        )

    def verified(self, submission_id: str, at: int) -> Iterable[Event]:
        """The jury has verified the first judging of a submission."""
        act, why = self.act_id("verified", submission_id), "as the package says"
        yield self.made(SubmissionVerified, at, id=act, reason=why, **self._about(submission_id), judging=0)

    def act(self, one: ToldAct, at: int) -> Iterable[Event]:
        """An act that podium's own file of a package tells."""
        fields = dict(one.fields)
        if one.cls is AwardGiven:
            fields["award"] = Award(fields.pop("award_id"), "")
        if one.cls is TeamStarted:
            fields["start_time"] = (self.start or 0) + (one.start or 0)
        yield self.made(one.cls, at, **fields)

    def _about(self, submission_id: str) -> dict[str, str]:
        of = self._submissions[submission_id]
        return {"submission_id": of.id, "team_id": of.team_id, "problem_id": of.problem_id}

    def act_id(self, *parts: str) -> str:
        """The id of an act: the same for the same feed; what comes a second time is an act of its own."""
        key = "\0".join(parts)
        count = self._overrides[key] = self._overrides.get(key, 0) + 1
        return derived_id("feed", self.contest, *parts, str(count))

    # ---- messages and awards -------------------------------------------------------------------------------------

    def message(self, type_: str, found: Object, at: int) -> Iterable[Event]:
        """A clarification or a commentary; of two with one id the first counts."""
        text = self.values.text(found, "text" if type_ == "clarifications" else "message")
        if (type_, found["id"]) in self._said or text is None:
            return
        self._said.add((type_, found["id"]))
        if type_ == "clarifications":
            yield self.made(
                Clarification,
                at,
                id=found["id"],
                from_team_id=found.get("from_team_id"),
                to_team_ids=tuple(found.get("to_team_ids", ())),
                to_group_ids=tuple(found.get("to_group_ids", ())),
                reply_to_id=found.get("reply_to_id"),
                problem_id=found.get("problem_id"),
                text=text,
                asked_at=at,
            )
        else:
            yield self.made(
                Commentary,
                at,
                id=found["id"],
                message=text,
                tags=self.values.texts(found, "tags"),
                team_ids=tuple(found.get("team_ids", ())),
                problem_ids=tuple(found.get("problem_ids", ())),
                submission_ids=tuple(found.get("submission_ids", ())),
                source_id=found.get("source_id"),
                said_at=at,
            )

    def award(self, id_: str, found: Object | None, at: int) -> Iterable[Event]:
        """An award that the jury gave, where it is new or another; None: it took it back."""
        if id_.startswith(_DERIVED):
            return
        award = None
        if found is not None:
            award = Award(id_, self.values.text(found, "citation") or "", tuple(found.get("team_ids", ())))
        had = self._awards.get(id_)
        if award == had:
            return
        self._awards[id_] = award
        act = self.act_id("award", id_, award.citation if award else "", *(award.team_ids if award else ()))
        shown = award or had
        assert shown is not None
        why = "the feed has it no more" if award is None else "an award of the feed"
        yield self.made(AwardGiven, at, id=act, reason=why, award=shown, removed=award is None)


_HEAD = frozenset({"contest", "recorded_at", "recorded_by"})

_CLASSES: dict[str, type[Group | Organization | Team | Person]] = {
    "groups": Group,
    "organizations": Organization,
    "teams": Team,
    "persons": Person,
}


def _group(values: Values, found: Object) -> dict[str, Any]:
    named = {name: values.text(found, name) for name in ("icpc_id", "type")}
    return named | {
        "hidden": values.flag(found, "hidden", default=False),
        "location": values.kept(found, "location", place),
    }


_OF_AN_ORGANIZATION = (
    *("icpc_id", "formal_name", "country", "country_subdivision", "url"),
    *("twitter_hashtag", "twitter_account"),
)


def _organization(values: Values, found: Object) -> dict[str, Any]:
    return {name: values.text(found, name) for name in _OF_AN_ORGANIZATION} | {
        "location": values.kept(found, "location", place)
    }


def _team(values: Values, found: Object) -> dict[str, Any]:
    return {
        **{name: values.text(found, name) for name in ("label", "display_name", "icpc_id", "organization_id")},
        "group_ids": tuple(found.get("group_ids", ())),
        "hidden": values.flag(found, "hidden", default=False),
        "location": values.kept(found, "location", location),
    }


def _person(values: Values, found: Object) -> dict[str, Any]:
    return {
        **{name: values.text(found, name) for name in ("icpc_id", "title", "email", "sex")},
        "role": values.text(found, "role") or "other",
        "team_ids": tuple(found.get("team_ids", ())),
    }


_ENTRY = {"groups": _group, "organizations": _organization, "teams": _team, "persons": _person}
