"""All of a feed as events: what its objects are in the end, in the order of their times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

from clics.contest_acts import ToldAct
from clics.feeds.conduct import Step, after_all, closing, steps
from clics.feeds.define import CONFIGURATION, UNKNOWN_LANGUAGE, Configuration
from clics.feeds.judging import Judged, judged, of_account, shown
from clics.feeds.model import Change, Object, order_of
from clics.feeds.oddities import Oddities
from clics.feeds.own import NOTHING, Own
from clics.feeds.translate import ENTRIES, Translator
from clics.feeds.values import Values
from schemas.errors import DataError
from schemas.events import Event, Finalized, SubmissionHacked

__all__ = ["events"]

_FROZEN, _SUBMITTED, _BEGUN, _JUDGED, _SAID, _CAME, _AWARDED, _CLOSED = range(8)
"""What comes first of equal times: a freeze comes before what it hides, and an award is given before the results are final,
behind which nothing changes."""


class _Item(NamedTuple):
    at: int
    rank: int
    order: tuple[int, str]
    make: Callable[..., Iterable[Event]]
    arguments: tuple[Any, ...]


@dataclass(slots=True)
class _Objects:
    """The objects of a feed as they are in the end, by type and id."""

    configuration: Configuration = field(default_factory=Configuration)
    state: Object | None = None
    of: dict[str, dict[str, Object]] = field(default_factory=dict)

    def take(self, change: Change) -> None:
        if change.type in CONFIGURATION:
            self.configuration.take(change.type, change.id, change.object)
        elif change.type == "state":
            # one in which nothing has come is empty, and says just that
            self.state = self.state if change.object is None else change.object
        elif change.object is None:
            self.of.get(change.type, {}).pop(change.id, None)
        else:
            self.of.setdefault(change.type, {})[change.id] = change.object

    def all(self, type_: str) -> list[tuple[str, Object]]:
        found = self.configuration.of[type_] if type_ in CONFIGURATION else self.of.get(type_, {})
        return sorted(found.items(), key=lambda item: order_of(item[0]))

    def has(self, type_: str, id_: Any) -> bool:
        return id_ in (self.configuration.of[type_] if type_ in CONFIGURATION else self.of.get(type_, {}))


def events(
    changes: Iterable[Change],
    contest_id: str | None,
    *,
    by: str,
    oddities: Oddities | None = None,
    own: Own = NOTHING,
) -> Iterator[Event]:
    """What the changes come to, as events of this contest; see the package's docstring. Deterministic.

    Args:
        changes: of `Feed.changes()`, or gathered in another way.
        contest_id: the contest's id in podium; None: the one that it has in the feed.
        by: who is recorded as the writer.
        oddities: where to note what is odd about values; `Feed.oddities`, to have all in one report.
        own: what podium's own files of a package say; `Feed.own`.

    Raises:
        DataError: when the changes hold no contest that has a duration, or the source of the changes cannot be read.
    """
    objects = _Objects()
    for change in changes:
        objects.take(change)
    contest = objects.configuration.contest
    if contest is None:
        unread = oddities.count("broken line") + oddities.count("truncated line") if oddities else 0
        more = f"; lines that are no JSON object: {unread}; is it an event feed?" if unread else ""
        raise DataError(f"the feed says nothing of a contest: nobody knows how long it is{more}")
    for type_ in ("submissions", "judgements"):
        for one in getattr(own.told, type_):
            objects.of.setdefault(type_, {}).setdefault(one["id"], one)
    values = Values(oddities or Oddities())
    translator = Translator(contest_id or contest["id"], by, values, own.acts.counting if own.acts else None)
    yield from _Whole(objects, translator, values, own).events(contest)


class _Whole:
    """The events of one feed's objects."""

    def __init__(self, objects: _Objects, translator: Translator, values: Values, own: Own) -> None:
        self._objects, self._translator, self._values, self._own = objects, translator, values, own
        self._acts, self._hacked = own.told, own.told.hacked
        self._start: int | None = None
        self._starts: dict[str, int] = {}
        self._submitted: dict[str, int] = {}
        self._decided: dict[str, int] = {}

    def events(self, contest: Object) -> Iterator[Event]:
        objects, translator = self._objects, self._translator
        self._start = self._start_of(contest)
        self._starts = self._own.starts(self._start)
        items = [*self._submissions(), *self._messages()]
        items += self._told(min((item.at for item in items), default=self._start or 0))
        times = [item.at for item in items] + ([self._start] if self._start is not None else [])
        first, last = min(times, default=0), max(times, default=0)
        if self._lacks("groups", contest.get("main_scoreboard_group_id"), "the contest"):
            objects.configuration.contest = {n: v for n, v in contest.items() if n != "main_scoreboard_group_id"}
        named = {one.get("language_id", UNKNOWN_LANGUAGE) for _, one in objects.all("submissions")}
        fields = objects.configuration.fields(self._values, self._start, named, self._own)
        if fields is None:
            raise DataError(f"contest {contest['id']}: the feed does not say how long it is")
        yield from translator.define(fields, first)
        for type_ in ENTRIES:
            for id_, found in objects.all(type_):
                yield from translator.entry(type_, id_, self._entry(type_, id_, found), first)
        items += self._conduct(last)
        for item in sorted(items, key=lambda item: item[:3]):
            yield from item.make(*item.arguments)

    def _start_of(self, contest: Object) -> int | None:
        """The contest's start; where it says none, that of its state, or what its first submission says."""
        values = self._values
        start = values.time(contest, "start_time")
        if start is not None:
            return start
        started = values.time(self._objects.state, "started") if self._objects.state else None
        for _, one in self._objects.all("submissions"):
            if started is not None:
                break
            at, within = values.time(one, "time"), values.reltime(one, "contest_time")
            started = at - within if at is not None and within is not None else None
        if started is not None:
            values.oddities.add("no start", 0)
        return started

    # ---- submissions ---------------------------------------------------------------------------------------------

    def _submissions(self) -> Iterator[_Item]:
        objects, add = self._objects, self._values.oddities.add
        judgements = self._grouped("judgements", "submission_id")
        runs = self._grouped("runs", "judgement_id")
        for id_, found in objects.all("submissions"):
            if found.get("team_id") is None:
                add("no team", 0, id_)
                del objects.of["submissions"][id_]
                continue
            if any(self._lacks(f"{name}s", found.get(f"{name}_id"), id_, needed=True) for name in ("team", "problem")):
                del objects.of["submissions"][id_]
                continue
            at, told = self._values.moments(found, "", self._starts.get(found["team_id"], self._start))
            if at is None:
                add("no time", 0, f"submission {id_}")
                del objects.of["submissions"][id_]
                continue
            self._translator.dated(at, told)
            place = self._acts.places.get(id_)
            order = order_of(id_) if place is None else (place, "")
            yield _Item(at, _SUBMITTED, order, self._translator.submission, (found, at))
            yield from self._judged(id_, at, [one for _, one in judgements.pop(id_, ())], runs)
        for id_, left in sorted(judgements.items()):
            add("refers to nothing", 0, f"{len(left)} judgements of submission {id_}")

    def _judged(
        self, id_: str, at: int, found: list[Object], runs: dict[str, list[tuple[str, Object]]]
    ) -> Iterator[_Item]:
        translator, order = self._translator, order_of(id_)
        self._submitted[id_] = self._decided[id_] = at
        all_ = of_account([judged(one, self._values, self._start, at) for one in found], self._acts, self._hacked)
        told = shown(all_, self._values.oddities)
        first = told[0].judgement if told else max(all_, key=lambda one: one.order, default=None)
        if first is None:
            return
        yield _Item(first.began, _BEGUN, order, translator.begun, (id_, first))
        if (ran := runs.get(first.id)) is not None:
            yield _Item(first.ended, _BEGUN, order, translator.runs, (id_, [one for _, one in ran], first.ended))
        for step in told:
            given = None if step.judgement is None else self._acts.counting.get(step.judgement.id)
            if step.judgement is not None:
                self._known_verdict(step.judgement)
            by_hand = given is not None and given.by_hand
            shows = partial(translator.shows, by_hand=by_hand)
            yield _Item(step.at, _JUDGED, order, shows, (id_, step.judgement, step.at))
            self._decided[id_] = max(self._decided[id_], step.at)
            if given is not None and given.verified:
                yield _Item(step.at, _CAME, order, translator.verified, (id_, step.at))

    def _known_verdict(self, one: Judged) -> None:
        types = self._objects.configuration.of["judgement-types"]
        if types and one.verdict not in types:
            self._values.oddities.add("unknown verdict", 0, f"judgement {one.id}: {one.verdict}")

    def _grouped(self, type_: str, key: str) -> dict[str, list[tuple[str, Object]]]:
        found: dict[str, list[tuple[str, Object]]] = {}
        for item in self._objects.of.get(type_, {}).items():
            found.setdefault(item[1].get(key, ""), []).append(item)
        return found

    def _told(self, first: int) -> Iterator[_Item]:
        """The acts of podium's own file; one on a submission stands behind it."""
        for number, act in enumerate(self._acts.acts):
            at = first if act.at is None or self._start is None else self._start + act.at
            rank, submission = _CAME, act.fields.get("submission_id")
            if submission is not None:
                if submission not in self._decided:
                    continue
                at, rank = self._moment_of(act, submission, at)
            yield _Item(at, rank, (1, f"{number:09d}"), self._translator.act, (act, at))

    def _moment_of(self, act: ToldAct, submission: str, at: int) -> tuple[int, int]:
        """A hack holds where it stands behind all verdicts, and is undone by one that was given by hand behind it."""
        if act.undone:
            return self._submitted[submission], _BEGUN
        if act.cls is SubmissionHacked:
            return max(at, self._decided[submission]), _CAME
        return max(at, self._submitted[submission]), _CAME

    # ---- everything else -----------------------------------------------------------------------------------------

    def _messages(self) -> Iterator[_Item]:
        for type_ in ("clarifications", "commentary"):
            for id_, found in self._objects.all(type_):
                at = self._values.moment(found, "", self._start)
                if at is None:
                    self._values.oddities.add("no time", 0, f"{type_} {id_}")
                    continue
                yield _Item(
                    at, _SAID, order_of(id_), self._translator.message, (type_, self._whole(type_, id_, found), at)
                )

    def _conduct(self, last: int) -> Iterator[_Item]:
        """Transitions at their times; the last thing that is said makes the results final, if anything does."""
        if self._objects.state is None:
            self._values.oddities.add("no state", 0)
            came = after_all(self._translator, last)
        else:
            came = steps(self._translator, self._objects.state)
        last = max([last, *(step.at for step in came)])
        end = closing(came, self._objects.state or {})
        for step in came:
            at, rank = (last, _CLOSED) if step is end else (step.at, _FROZEN if "frozen" in step.kind else _CAME)
            yield _Item(at, rank, (0, step.kind), self._with_b, (step,))
        for id_, found in self._objects.all("awards"):
            arguments = (id_, self._whole("awards", id_, found), last)
            yield _Item(last, _AWARDED, order_of(id_), self._translator.award, arguments)

    def _with_b(self, step: Step) -> Iterator[Event]:
        """What a step makes, with the B that the results were finalized with."""
        for event in step.make():
            yield replace(event, b=self._acts.b) if isinstance(event, Finalized) else event

    def _entry(self, type_: str, id_: str, found: Object) -> Object:
        made = self._whole(type_, id_, found)
        if self._lacks("organizations", made.get("organization_id"), f"{type_} {id_}"):
            del made["organization_id"]
        return made

    def _whole(self, type_: str, id_: str, found: Object) -> Object:
        """The object without references to what is nowhere in the feed."""
        made = dict(found)
        for name, to in (
            ("team", "teams"),
            ("group", "groups"),
            ("problem", "problems"),
            ("submission", "submissions"),
        ):
            for key in (f"{name}_ids", f"to_{name}_ids"):
                if key in made:
                    made[key] = [one for one in made[key] if not self._lacks(to, one, f"{type_} {id_}")]
        for name, to in (("problem_id", "problems"), ("reply_to_id", "clarifications"), ("source_id", "persons")):
            if self._lacks(to, made.get(name), f"{type_} {id_}"):
                del made[name]
        return made

    def _lacks(self, type_: str, id_: Any, who: str, *, needed: bool = False) -> bool:
        """Whether there is no such object, which is noted."""
        if (id_ is None and not needed) or self._objects.has(type_, id_):
            return False
        self._values.oddities.add("refers to nothing", 0, f"{who}: {type_} {id_}")
        return True
