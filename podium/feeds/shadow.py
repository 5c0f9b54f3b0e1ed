"""Following another system's contest while it runs: what it says into one contest, what we judge into the one beside."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from clics.feeds import Change, Follower, Oddities, read_feed
from podium.feeds.append import BY, Appender
from podium.feeds.coming import Coming
from podium.feeds.http import Primary, Waits
from podium.feeds.known import Reading
from podium.feeds.mirror import mirrored, shadow_id, sources
from schemas.definition import FileData, Problem
from schemas.errors import DataError, DependencyError, UsageError
from schemas.events import Definition, Event, Submission
from schemas.producer import Producer
from schemas.settings import Settings

__all__ = ["Shadow", "Told", "follow"]

_TRIES = 6
"""How often files that were refused, and those that are still owed when nothing comes any more, are asked for again: over
half a minute to a minute."""


@dataclass(slots=True)
class Told:
    """What came of following: lines, what was appended to each contest, submissions that cannot be judged here, why."""

    lines: int = 0
    said: int = 0
    judged: int = 0
    not_judged: dict[str, str] = field(default_factory=dict)
    ended: bool = False


class _Side:
    """One of the two contests, as its log is, beside the feed as far as it was read."""

    def __init__(self, settings: Settings, contest: str, producer: Producer) -> None:
        self.appender = Appender(settings, contest, producer)
        self.begin()

    def begin(self) -> None:
        """The feed is read from its beginning."""
        self.reading = Reading(self.appender.known, as_it_went=True)

    def give(self, event: Event | None) -> int:
        """Another event of the feed: how many records came of it."""
        return 0 if event is None else self._add(self.reading.take(event))

    def rest(self) -> int:
        """What has waited is appended: how many records came of it."""
        return self._add(self.reading.rest())

    def whole(self, *, broken: bool) -> int:
        """The feed has told all that there was, but for *broken* lines: how many records came of it."""
        count = self._add(self.reading.whole(broken=broken))
        self.appender.complete()
        return count

    def _add(self, lacking: tuple[Event, ...]) -> int:
        for event in lacking:
            self.appender.append(event)
        return len(lacking)


class Shadow:
    """Takes the changes of a feed. At least once: what both logs have is not appended again.

    A definition waits for the first event behind it that the log lacks, or for `rest` when all has been told: a feed that is
    read again from its beginning tells all its definitions again, and the log has had the last of them long ago.

    What the logs show otherwise than the feed is made up for when the feed has told all that there was: until then nobody
    knows what it will show. What makes the results final waits for that, too.

    A submission whose files cannot be had just now waits, too: they are asked for again, less and less often. So are those
    that are refused, a few times, by a system that has given others: who may read none is not asked for thousands again.
    """

    def __init__(
        self,
        settings: Settings,
        contest: str,
        producer: Producer,
        *,
        packages: dict[str, Problem],
        fetch: Callable[[dict[str, Any]], bytes],
    ) -> None:
        """*packages*: what they say, by the id or label of their problem; *fetch* brings the file that a reference names."""
        self.told = Told()
        self._contest = contest
        self._theirs = _Side(settings, contest, producer)
        self._ours = _Side(settings, shadow_id(contest), producer)
        self._sides = (self._theirs, self._ours)
        self._packages, self._fetch = packages, fetch
        self._packaged: dict[str, Problem] = {}
        self._files: dict[str, list[dict[str, Any]]] = {}
        self._owed: dict[str, Submission] = {}
        self._refusals: Counter[str] = Counter()
        self._given = False
        self._due = 0.0
        # the feed is read meanwhile: nobody sleeps here
        self._waits = Waits(sleep=lambda _: None)
        self.begin()

    def begin(self, oddities: Oddities | None = None) -> None:
        """What comes is the feed from its beginning; *oddities*: what is odd about it so far."""
        self._oddities = oddities or Oddities()
        self._follower = Follower(self._contest, by=BY)
        self._last: list[Event] = []
        self._whole = False
        for side in self._sides:
            side.begin()

    def take(self, change: Change) -> None:
        """What the change brings.

        Raises:
            DependencyError: when the broker did not take an event.
        """
        found = change.object
        if change.type == "submissions" and found is not None:
            self._files[change.id] = [one for one in found.get("files") or () if isinstance(one, dict)]
        events = self._follower.take(change)
        if change.type == "state" and found is not None and found.get("end_of_updates"):
            self.told.ended = True
            self._last += events
        else:
            self._append(events)

    def rest(self) -> bool:
        """Nothing comes for a while: what has waited is appended. Whether files are still owed."""
        self._append(self._follower.flush())
        if self._whole or self._theirs.appender.definition is None:
            self.told.said += self._theirs.rest()
        if self._whole or self._ours.appender.definition is None:
            self.told.judged += self._ours.rest()
        if self._owed and time.monotonic() >= self._due:
            self._ask_again()
        for side in self._sides:
            side.appender.settle()
        return bool(self._owed)

    def whole(self) -> None:
        """All has been told that there was: what the feed has no more is gone, what it shows otherwise shows.

        Not so where a line could not be read: it may be the one that says so.
        """
        if self._whole:
            return
        self._whole = True
        self._append(self._follower.flush())
        self.told.said += self._theirs.whole(broken=self._oddities.unread)
        self.told.judged += self._ours.whole(broken=self._oddities.unread)

    def end(self) -> None:
        """Nothing comes any more. Files that cannot be had now either stay away until the next run."""
        self.whole()
        last, self._last = self._last, []
        self._append(last)
        for _ in range(_TRIES):
            # one that the other system has refused is not worth a minute to who reads a contest that is over
            if not self.rest() or self._owed.keys() <= self._refusals.keys():
                return
            time.sleep(max(0.0, self._due - time.monotonic()))
        self.rest()

    def _ask_again(self) -> None:
        for event in list(self._owed.values()):
            self.told.judged += self._ours.give(self._mirror(event))
        if self._owed:
            self._due = time.monotonic() + self._waits.wait()
        else:
            self._waits.over()

    def _append(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Definition):
                self._packaged = {one.id: made for one in event.problems if (made := self._package(one)) is not None}
            self.told.said += self._theirs.give(event)
            self.told.judged += self._ours.give(self._mirror(event))

    def _mirror(self, event: Event) -> Event | None:
        if not isinstance(event, Submission):
            return mirrored(event, self._packaged)
        self._owed.pop(event.id, None)
        if (held := self._ours.appender.known.held(event)) is not None:
            return held
        files, why = self._sources(event)
        one = mirrored(event, self._packaged, files)
        if one is None:
            self.told.not_judged[event.id] = why or f"no language {event.language_id} here"
        else:
            self.told.not_judged.pop(event.id, None)
        return one

    def _sources(self, event: Submission) -> tuple[tuple[FileData, ...], str]:
        if event.problem_id not in self._packaged:
            return (), f"no package of problem {event.problem_id}"
        references = self._files.get(event.id) or []
        if not references:
            return (), "the feed names no files"
        try:
            archive = self._fetch(references[0])
            self._given = True
            return sources(archive), ""
        except DataError as error:
            return (), str(error)
        except UsageError as error:
            self._refusals[event.id] += 1
            if self._given and self._refusals[event.id] <= _TRIES:
                self._owed[event.id] = event
            return (), str(error)
        except DependencyError as error:
            self._owed[event.id] = event
            return (), str(error)

    def _package(self, problem: Problem) -> Problem | None:
        return self._packages.get(problem.id) or self._packages.get(problem.label)


def follow(primary: Primary, shadow: Shadow, told: Callable[[Told], None] = lambda _: None) -> Told:
    """Follow the feed until it says that nothing comes any more. What breaks off is completed by the next run.

    Raises:
        UsageError: when the other system refuses from the beginning.
        DependencyError: when our own broker does not take an event.
    """
    coming = Coming(primary.follow())

    def rest() -> bool:
        owed = shadow.rest()
        if coming.complete:
            shadow.whole()
        return owed or not coming.complete

    try:
        while not coming.ended:
            feed = read_feed(coming.lines(rest))
            shadow.begin(feed.oddities)
            for change in feed.changes():
                shadow.take(change)
                shadow.told.lines = coming.count
                told(shadow.told)
                if coming.complete:
                    shadow.whole()
        shadow.end()
    finally:
        coming.close()
    return shadow.told
