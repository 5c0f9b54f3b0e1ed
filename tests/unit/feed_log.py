"""A log in memory, onto which feeds are imported and followed."""

from __future__ import annotations

import itertools
from concurrent.futures import Future
from types import SimpleNamespace

from clics.fold import fold
from clics.state import State
from podium.current import Current
from podium.feeds import append
from schemas.errors import DependencyError
from schemas.events import Definition, Event
from schemas.ids import partition_of
from schemas.imported import arrives, imported_of

__all__ = ["FeedLog"]


class FeedLog:
    """Takes the place of the broker: `of` are the events of each contest. After `room` more records it is away."""

    def __init__(self, monkeypatch) -> None:
        self.of: dict[str, list[Event]] = {}
        self.room: float = float("inf")
        self._headers: list[tuple[str, list[tuple[str, bytes]] | None]] = []
        monkeypatch.setattr(append, "current", self._current)
        monkeypatch.setattr(append, "log_end", lambda *_: len(self._headers))
        monkeypatch.setattr(append, "batches", self._batches)

    def send(self, topic, contest, event, *, partition, headers=None) -> Future[int]:
        if self.room <= 0:
            raise DependencyError("the broker is away")
        self.room -= 1
        held = self.of.setdefault(contest, [])
        held.append(event)
        self._headers.append((contest, headers))
        done: Future[int] = Future()
        done.set_result(len(held) - 1)
        return done

    def kinds(self, contest: str, since: int = 0) -> list[str]:
        """What kinds of events were appended since there were so many."""
        return [type(event).__name__ for event in self.of.get(contest, [])[since:]]

    def arriving(self, contest: str) -> bool:
        """Whether the clock waits for the rest of an import."""
        waits = False
        for key, headers in self._headers:
            waits = arrives(waits, imported_of(headers)) if key == contest else waits
        return waits

    def _batches(self, _settings, partition, end, start=0):
        assert (start, end) == (0, len(self._headers) - 1)
        yield [
            SimpleNamespace(key=contest.encode, headers=lambda headers=headers: headers)
            for contest, headers in self._headers
            if partition_of(contest) == partition
        ]

    def _current(self, _settings, contest, end=None, *, told=lambda _: None) -> Current:
        state, acts = Current(), State(contest)
        for position, event in zip(itertools.count(), self.of.get(contest, [])):
            told(event)
            fold(acts, position, event)
            if isinstance(event, Definition) and event.changes == state.position:
                state.definition, state.position = event, position
        state.over = acts.conduct.closed
        return state
