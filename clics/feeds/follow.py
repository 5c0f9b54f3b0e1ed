"""A feed that is still coming, as events: what each change brings, as far as it can be said already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from clics.feeds.conduct import Step, closing, freezing, steps
from clics.feeds.define import CONFIGURATION, Configuration
from clics.feeds.judging import judged, shown
from clics.feeds.model import Change, Object
from clics.feeds.oddities import Oddities
from clics.feeds.translate import ENTRIES, Translator
from clics.feeds.values import Values
from schemas.events import Event

__all__ = ["Follower"]


class Follower:
    """Takes changes as they come and gives the events that they bring, in an order that a log may have.

    Configuration is told when something else comes, or when `flush` asks for it. What refers to a submission or to a
    contest that has not come is held back until it does. A change of what was told becomes the act that makes up for it:
    a submission that is deleted is ignored, another verdict is an override. What makes the results final and shown waits
    for the end of updates, or for `finish`: nothing behind it counts in a log.
    """

    def __init__(self, contest_id: str, *, by: str, began: int = 0, oddities: Oddities | None = None) -> None:
        """*began*: UTC ms, the moment at which everything stands that has no time of its own."""
        self._values = Values(oddities or Oddities())
        self._translator = Translator(contest_id, by, self._values, now=began)
        self._configuration = Configuration()
        self._changed = False
        self._held: list[Change] = []
        self._judgements: dict[str, dict[str, Object]] = {}
        self._of_judgement: dict[str, str] = {}
        self._attempts: dict[str, list[str]] = {}
        self._runs: dict[str, list[Object]] = {}
        self._came: set[tuple[str, int]] = set()
        self._closing: Step | None = None
        self._state: Object = {}

    def take(self, change: Change) -> list[Event]:
        """The events that the change brings; none where it says nothing new, or has to wait."""
        if change.type in CONFIGURATION:
            self._configuration.take(change.type, change.id, change.object)
            self._changed = True
            return []
        found = self.flush()
        if self._translator.start is None and change.type not in ENTRIES:
            self._held.append(change)
        else:
            found += self._told(change)
        return found

    def flush(self) -> list[Event]:
        """The definition, where the configuration has changed, and what had waited for it."""
        if not self._changed:
            return []
        contest = self._configuration.contest
        start = self._values.time(contest, "start_time") if contest else None
        fields = self._configuration.fields(self._values, start)
        if fields is None:
            return []
        self._changed = False
        found: list[Event] = list(self._translator.define(fields, self._translator.now))
        found += self._frozen()
        if start is not None:
            held, self._held = self._held, []
            for change in held:
                found += self._told(change)
        return found

    def finish(self) -> list[Event]:
        """The feed has come to its end: what was held back for that."""
        found = self.flush()
        if self._closing is not None:
            found += self._closing.make()
            self._closing = None
        return found

    def _told(self, change: Change) -> Iterator[Event]:
        type_, id_, found, translator = change.type, change.id, change.object, self._translator
        if type_ in ENTRIES:
            yield from translator.entry(type_, id_, found, translator.now)
        elif type_ == "awards":
            yield from translator.award(id_, found, translator.now)
        elif type_ == "submissions":
            yield from self._submission(id_, found)
        elif type_ == "judgements":
            yield from self._judgement(id_, found)
        elif type_ == "runs" and found is not None:
            yield from self._run(found)
        elif type_ == "state" and found is not None:
            yield from self._went(found)
        elif type_ in ("clarifications", "commentary") and found is not None:
            at = self._values.moment(found, "", translator.start)
            if at is None:
                self._values.oddities.add("no time", change.line, f"{type_} {id_}")
            else:
                yield from translator.message(type_, found, at)

    def _submission(self, id_: str, found: Object | None) -> Iterable[Event]:
        translator = self._translator
        if found is None:
            yield from translator.withdrawn(id_, translator.now)
            return
        if found.get("team_id") is None:
            self._values.oddities.add("no team", 0, id_)
            return
        at, told = self._values.moments(found, "", translator.start)
        if at is None or found.get("problem_id") is None:
            self._values.oddities.add("no time" if at is None else "refers to nothing", 0, f"submission {id_}")
            return
        if not translator.knows(id_):
            translator.dated(at, told)
            if told is not None and not translator.freezes.hides(at) and translator.freezes.hides(told):
                yield from self._frozen()
        yield from translator.submission(found, at)
        yield from self._shows(id_)

    def _judgement(self, id_: str, found: Object | None) -> Iterable[Event]:
        of = self._of_judgement.get(id_) if found is None else found.get("submission_id")
        if of is None:
            self._values.oddities.add("refers to nothing", 0, f"judgement {id_}")
            return
        mine = self._judgements.setdefault(of, {})
        if found is None:
            mine.pop(id_, None)
        else:
            mine[id_] = found
            self._of_judgement[id_] = of
        if self._translator.knows(of):
            yield from self._shows(of)

    def _shows(self, submission_id: str) -> Iterator[Event]:
        """What shows of a submission now, in the order in which it came to that as far as nothing was said before."""
        translator = self._translator
        at = translator.submitted_at(submission_id)
        mine = self._judgements.get(submission_id, {}).values()
        all_ = [judged(one, self._values, translator.start, at) for one in mine]
        attempts = self._attempts.setdefault(submission_id, [])
        for one in sorted(all_, key=lambda one: one.order):
            if one.id not in attempts:
                attempts.append(one.id)
                yield from translator.begun(submission_id, one, attempt=len(attempts))
                yield from self._ran(submission_id, one.id)
        told = shown(all_)
        if told:
            step = told[-1]
            attempt = attempts.index(step.judgement.id) + 1 if step.judgement else 1
            yield from translator.shows(submission_id, step.judgement, step.at, attempt=attempt)
        else:
            yield from translator.shows(submission_id, None, translator.now)

    def _run(self, found: Object) -> Iterator[Event]:
        judgement = found.get("judgement_id")
        if judgement is None:
            return
        self._runs.setdefault(judgement, []).append(found)
        of = self._of_judgement.get(judgement)
        if of is not None and self._translator.knows(of):
            yield from self._ran(of, judgement)

    def _ran(self, submission_id: str, judgement: str) -> Iterable[Event]:
        attempts = self._attempts.get(submission_id, [])
        if judgement in attempts:
            runs, at = self._runs.pop(judgement, []), self._translator.now
            yield from self._translator.runs(submission_id, runs, at, attempt=attempts.index(judgement) + 1)

    def _went(self, found: Object) -> Iterator[Event]:
        self._state = found
        came = steps(self._translator, found)
        self._closing = closing(came, found)
        waits = self._closing if found.get("end_of_updates") is None else None
        yield from self._steps(step for step in came if step is not waits)

    def _frozen(self) -> Iterator[Event]:
        """What the latest state says of a freeze that is in force, which depends on what came behind it, too."""
        if self._state.get("frozen") is not None:
            yield from self._steps(list(freezing(self._translator, self._state)))

    def _steps(self, came: Iterable[Step]) -> Iterator[Event]:
        for step in came:
            if not (step.once and (step.kind, step.at) in self._came):
                self._came.add((step.kind, step.at))
                yield from step.make()
                self._closing = None if step is self._closing else self._closing
