"""A log in memory, onto which feeds are imported and followed."""

from __future__ import annotations

import itertools
from concurrent.futures import Future

from clics.fold import fold
from clics.state import State
from podium.current import Current
from podium.feeds import append
from schemas.events import Definition, Event

__all__ = ["FeedLog"]


class FeedLog:
    """Takes the place of the broker: `of` are the events of each contest."""

    def __init__(self, monkeypatch) -> None:
        self.of: dict[str, list[Event]] = {}
        monkeypatch.setattr(append, "current", self._current)

    def send(self, topic, contest, event, *, partition, headers=None) -> Future[int]:
        held = self.of.setdefault(contest, [])
        held.append(event)
        done: Future[int] = Future()
        done.set_result(len(held) - 1)
        return done

    def kinds(self, contest: str, since: int = 0) -> list[str]:
        """What kinds of events were appended since there were so many."""
        return [type(event).__name__ for event in self.of.get(contest, [])[since:]]

    def _current(self, _settings, contest, end=None, *, told=lambda _: None) -> Current:
        state, acts = Current(), State(contest)
        for position, event in zip(itertools.count(), self.of.get(contest, [])):
            told(event)
            fold(acts, position, event)
            if isinstance(event, Definition) and event.changes == state.position:
                state.definition, state.position = event, position
        state.over = acts.conduct.closed
        return state
