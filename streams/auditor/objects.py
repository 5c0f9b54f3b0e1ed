"""The Contest API's objects and awards as the live view keeps them, each compared with what the log makes of it. Reads only.

An object is compared at the very position of the log that the view held when it was read: the log is folded on to there.
So a view that goes on meanwhile is right all the time, and memory holds a page of it at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import orjson
import redis

from clics.derive import Derived, configuration, derive, judgements_of, records_of
from clics.fold import fold
from clics.state import State
from clics.view import runs_of
from schemas import live
from schemas.addresses import redacted
from schemas.errors import DependencyError
from schemas.events import Event, Runs
from schemas.live import Key
from schemas.settings import Settings
from streams.live.awards import Awards
from streams.scoring.acts import refused
from streams.scoring.state import ContestState

__all__ = ["Objects", "Seen", "unlike_objects"]

LARGE = ("submissions", "judgements", "runs")
"""The types of which there may be very many: they are read by pages."""

RECORDS = ("groups", "organizations", "teams", "persons", "clarifications", "commentary")
"""Of these there are as many as there are contestants, and they say something: they are read by pages, too."""

SMALL = tuple(type_ for type_ in live.TYPES if type_ not in (*LARGE, *RECORDS))

PAGE = 500
"""Submissions, or other records, of a page: they and their judgements take Redis some milliseconds."""

LOOKS = 3
"""A view that is behind, or has an event in part, is looked at so often; what differs, too."""

AGAIN_S = 0.5
"""Between two looks."""

NAMED = 3
"""So many objects that differ are named, the others are counted."""

REDIS_S = 10
"""Longer than Redis is ever blocked, by the biggest batch or by writing its file."""

Follow = Callable[[int], ContestState | None]
"""Folds the log on up to and with a position, objects and scores; None where the log does not reach that far."""


class Objects:
    """What the objects of a contest derive from, after `taken`, the last of its events. Takes them in their order."""

    def __init__(self, contest: str) -> None:
        self.state = State(contest)
        self.taken = -1
        self.batches = 0
        """How many batches of runs the view has by now."""
        self.runs: Derived = {}
        """Those of the stretch that is compared."""

    def take(self, position: int, event: Event, *, in_turn: bool) -> None:
        """The contest's next event; with *in_turn* it belongs to the stretch of which the runs are compared.

        Raises:
            Exception: where the fold fails; nothing can be compared from here on.
        """
        self.taken = position
        if refused(event, self.state.conduct.fold_version):
            return
        if not fold(self.state, position, event) or not isinstance(event, Runs):
            return
        self.batches += 1
        if in_turn:
            batch = runs_of(self.state, position, event)
            self.runs[batch.type, batch.id] = batch.object, batch.facts or {}


@dataclass(frozen=True, slots=True)
class Seen:
    """What was compared: up to and with which position all that was is right, or what is not; how long Redis took."""

    position: int
    different: str = ""
    asked_s: float = 0.0


def unlike_objects(settings: Settings, objects: Objects, follow: Follow) -> Seen | None:
    """Compare all objects, of runs those of the stretch, with the view; stop at the first page that differs.

    Args:
        settings: where Redis is.
        objects: what the log has made so far; it goes on with each call of *follow*.
        follow: reads the log on.

    Returns:
        None where the view cannot be compared: it is behind, does not have the contest, or the contest has left.

    Raises:
        DependencyError: when Redis or Kafka does not answer.
    """
    with redis.Redis.from_url(settings.redis, socket_timeout=REDIS_S) as client:
        view = _View(client, objects, follow)
        try:
            for look in view.looks():
                if (found := view.settled(look)) is None:
                    return None
                if found:
                    return Seen(
                        objects.taken, f"{found}: not what the log says at position {objects.taken}", view.asked_s
                    )
        except redis.RedisError as error:
            raise DependencyError(f"Redis at {redacted(settings.redis)}: {error}") from error
    return Seen(objects.taken, asked_s=view.asked_s)


Look = Callable[[], str | None]
"""Compares a page: what differs, "" where nothing does, None where the view is behind or away."""


class _View:
    """The live view of one contest, page by page. `asked_s` are the seconds that Redis took to answer; `gone`: it is not there."""

    def __init__(self, client: redis.Redis, objects: Objects, follow: Follow) -> None:
        self._client, self._objects, self._follow = client, objects, follow
        self._contest = objects.state.contest
        self.asked_s = 0.0
        self.gone = False

    def settled(self, look: Look) -> str | None:
        """What a look finds, also when it is taken again; a view that is behind comes after in a moment."""
        found = look()
        for _ in range(LOOKS - 1):
            if found == "" or self.gone:
                break
            time.sleep(AGAIN_S)
            found = look()
        return found

    def looks(self) -> Iterator[Look]:
        """One for each page."""
        yield self._configuration
        # in memory as it is, and no copy of each: what came after it is looked at in the next audit
        keys = [key for key in self._objects.state.records if key[0] in RECORDS]
        for start in range(0, len(keys), PAGE):
            yield partial(self._records, keys[start : start + PAGE])
        ids = list(self._objects.state.submissions)
        for start in range(0, len(ids), PAGE):
            yield partial(self._submissions, ids[start : start + PAGE])
        batches = list(self._objects.runs)
        for start in range(0, len(batches), PAGE):
            yield partial(self._runs, batches[start : start + PAGE])

    # ---- pages ----------------------------------------------------------------------------------------------------

    def _configuration(self) -> str | None:
        """All objects of the small types, the awards, and how many there are of the others."""
        contest, objects = self._contest, self._objects
        counted = [
            *(live.objects_key(contest, type_) for type_ in (*RECORDS, *LARGE)),
            live.numbers_key(contest),
            live.ids_key(contest),
        ]
        answer = self._asked(
            *(("hgetall", live.objects_key(contest, type_)) for type_ in SMALL), *(("hlen", key) for key in counted)
        )
        if answer is None or isinstance(answer, str):
            return answer
        (scores, found), state = answer, objects.state
        truth = derive(state, {("contest", contest), ("state", "state"), *configuration(state)})
        truth |= _awards(state, scores)
        held: dict[Key, bytes] = {
            (type_, id_.decode()): value
            for type_, values in zip(SMALL, found[: len(SMALL)], strict=True)
            for id_, value in cast(dict[bytes, bytes], values).items()
        }
        there, records = len(state.submissions) if state.definition is not None else 0, records_of(state)
        right = (*(records[type_] for type_ in RECORDS), there, judgements_of(state), objects.batches)
        right = (*right, len(state.submissions), len(state.submissions))
        called = (*RECORDS, *LARGE, "numbers", "ids")
        wrong = [
            f"{count} {what} instead of {truth_}"
            for what, count, truth_ in zip(called, found[len(SMALL) :], right, strict=True)
            if count != truth_
        ]
        return ", ".join(filter(None, (_unlike(truth, held), *wrong)))

    def _records(self, keys: list[Key]) -> str | None:
        """These groups, teams, messages and what else is a record of its own."""
        of: dict[str, list[str]] = {}
        for type_, id_ in keys:
            of.setdefault(type_, []).append(id_)
        answer = self._asked(*(("hmget", live.objects_key(self._contest, type_), ids) for type_, ids in of.items()))
        if answer is None or isinstance(answer, str):
            return answer
        held = {
            (type_, id_): value
            for (type_, ids), values in zip(of.items(), answer[1], strict=True)
            for id_, value in zip(ids, values, strict=True)
            if value is not None
        }
        return _unlike(derive(self._objects.state, keys), held)

    def _submissions(self, ids: list[str]) -> str | None:
        """These submissions, their numbers and their judgements."""
        contest, state = self._contest, self._objects.state
        keys = [("submissions", id_) for id_ in ids]
        made, at = derive(state, keys), self._objects.taken
        judgements = [id_ for type_, id_ in made if type_ == "judgements"]
        numbers = [str(state.submissions[id_].number) for id_ in ids]
        asked = [
            ("hmget", live.objects_key(contest, "submissions"), ids),
            ("hmget", live.numbers_key(contest), ids),
            ("hmget", live.ids_key(contest), numbers),
        ]
        if judgements:
            asked.append(("hmget", live.objects_key(contest, "judgements"), judgements))
        answer = self._asked(*asked)
        if answer is None or isinstance(answer, str):
            return answer
        _, (submitted, numbered, named, *judged) = answer
        held = {key: value for key, value in zip(keys, submitted, strict=True) if value is not None}
        for id_, value in zip(judgements, judged[0] if judged else (), strict=True):
            if value is not None:
                held["judgements", id_] = value
        truth = made
        if self._objects.taken != at:
            # what the log says now, of what was asked for then: a judgement that came in between was not
            now, asked_for = derive(state, keys), {*keys, *(("judgements", id_) for id_ in judgements)}
            truth = {key: one for key, one in now.items() if key in asked_for}
        miscounted = [
            id_
            for id_, number, found, back in zip(ids, numbers, numbered, named, strict=True)
            if (found or b"").decode() != number or (back or b"").decode() != id_
        ]
        return ", ".join(filter(None, (_unlike(truth, held), _named("the number of submissions", miscounted))))

    def _runs(self, keys: list[Key]) -> str | None:
        """These batches of runs, which nothing changes."""
        key = live.objects_key(self._contest, "runs")
        answer = self._asked(("hmget", key, [id_ for _, id_ in keys]))
        if answer is None or isinstance(answer, str):
            return answer
        held = {key: value for key, value in zip(keys, answer[1][0], strict=True) if value is not None}
        return _unlike({key: self._objects.runs[key] for key in keys}, held)

    def _asked(self, *commands: tuple[Any, ...]) -> tuple[ContestState, list[Any]] | str | None:
        """What Redis has at one moment; the log is read on to where the view stood then, and the scores there are told.

        None where the view is behind or away, and what is wrong where it claims what the log does not have.
        """
        asked = time.monotonic()
        pipe = self._client.pipeline(transaction=True)
        pipe.hgetall(live.meta_key(self._contest))
        for command, *arguments in commands:
            getattr(pipe, command)(*arguments)
        found, *answers = pipe.execute()
        self.asked_s += time.monotonic() - asked
        try:
            meta = live.parse_meta(found)
        except ValueError as error:
            return f"where it stands: {error}"
        self.gone = meta is None or meta.away
        if meta is None or meta.away or meta.part or meta.log < self._objects.taken:
            return None
        scores = self._follow(meta.log)
        if scores is None or self._objects.taken != meta.log:
            return f"it stands at position {meta.log}, which has no event of the contest"
        return scores, answers


# ---- comparing ------------------------------------------------------------------------------------------------------


def _awards(state: State, scores: ContestState) -> Derived:
    told = Awards(state, scores).told.awards
    return {("awards", f"{audience}:{id_}"): made for audience, of in told.items() for id_, made in of.items()}


def _unlike(truth: Derived, held: Mapping[Key, bytes]) -> str:
    """Which objects are not those that they should be, in words, by type; nothing where all are. Pure."""
    wrong: dict[str, list[str]] = {}
    for type_, id_ in sorted(truth.keys() | held.keys()):
        made, value = truth.get((type_, id_)), held.get((type_, id_))
        if made is None or value is None or not _is(made, value):
            wrong.setdefault(type_, []).append(id_)
    return ", ".join(_named(type_, ids) for type_, ids in wrong.items())


def _is(made: tuple[Any, dict[str, Any]], value: bytes) -> bool:
    """Whether a value of the view is this object with these facts; when it changed last, the log alone knows. Pure."""
    right = orjson.dumps({"o": made[0], "a": made[1]})
    head, _, position = value.rpartition(b',"p":')
    if head == right[:-1]:
        return position[:-1].isdigit() and position.endswith(b"}")
    try:
        stored = live.parse_stored(value)
    except (ValueError, LookupError, TypeError):
        return False
    return bool({"o": stored.object, "a": stored.facts} == orjson.loads(right))


def _named(what: str, ids: Iterable[str]) -> str:
    found = list(ids)
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"{what} {', '.join(found[:NAMED])}{more}" if found else ""
