"""A contest as the live sink folds it: what its objects derive from and, beside it, what its awards do."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import orjson
from prometheus_client import Counter

from clics.state import State
from clics.view import Change, Outcome, apply
from schemas.codec import Codec
from schemas.events import Event
from schemas.live import RANK
from streams.live.awards import Awards
from streams.scoring.state import ContestState

__all__ = ["Folded"]

logger = logging.getLogger(__name__)

_SCORES = "scores|"
"""Begins the keys of the parts that the awards derive from."""
_BROKEN = "broken"
"""The part that says that the fold of the scores has failed: awards stay as they were until a reload."""

BROKEN = Counter(
    "podium_live_awards_broken", "Contests whose awards no longer follow the log: their scores do not fold"
)


class Folded:
    """The state of a contest's objects and of its awards, after one and the same position."""

    def __init__(self, state: State, awards: Awards | None, *, broken: bool = False) -> None:
        """*broken*: that there are no awards any longer is still to be kept."""
        self.state = state
        self._awards = awards
        self._broken = broken

    @classmethod
    def load(cls, contest: str, position: int, parts: Iterable[tuple[str, bytes]], codec: Codec) -> Folded:
        """The state from its parts."""
        of_objects: list[tuple[str, bytes]] = []
        of_scores = {}
        for key, value in parts:
            if key.startswith(_SCORES):
                of_scores[key.removeprefix(_SCORES)] = orjson.loads(value)
            else:
                of_objects.append((key, value))
        state = State.load(contest, position, of_objects, codec)
        if of_scores.pop(_BROKEN, None):
            return cls(state, None)
        try:
            return cls(state, Awards(state, ContestState.restore(contest, of_scores.items())))
        except Exception as error:
            _breaks(contest, position, error)
            return cls(state, None, broken=True)

    def apply(self, position: int, event: Event) -> Outcome:
        """Apply an event, in place, and say what changed. Deterministic: no clock, no randomness, no I/O."""
        outcome = apply(self.state, position, event)
        changes: list[Change] = []
        parts: tuple[str, ...] = ()
        if self._awards is not None:
            try:
                changes, parts = self._awards.take(self.state, position, event)
            except Exception as error:
                _breaks(self.state.contest, position, error)
                self._awards, self._broken = None, True
        if self._broken:
            parts, self._broken = (_BROKEN,), False
        if not changes and not parts:
            return outcome
        return Outcome(
            _in_order([*outcome.changes, *changes]) if changes else outcome.changes,
            outcome.parts | {_SCORES + key for key in parts},
            outcome.numbered,
            outcome.promoted,
            outcome.retired,
        )

    def dump(self, key: str, codec: Codec) -> bytes:
        """A part's bytes; empty where the part no longer exists."""
        if key == _SCORES + _BROKEN:
            return b"true"
        if key.startswith(_SCORES):
            return b"" if self._awards is None else orjson.dumps(self._awards.scores.dump(key.removeprefix(_SCORES)))
        return self.state.dump(key, codec)


def _breaks(contest: str, position: int, error: Exception) -> None:
    """The scorer says so in the log; here it must not cost an object."""
    logger.error("contest %s: no awards any longer, its scores do not fold at %d", contest, position, exc_info=error)
    BROKEN.inc()


def _in_order(changes: list[Change]) -> list[Change]:
    """Those that are there in the order of references, then those that are gone, the other way round."""
    there = [one for one in changes if one.facts is not None]
    gone = [one for one in changes if one.facts is None]
    there.sort(key=lambda one: RANK[one.type])
    gone.sort(key=lambda one: -RANK[one.type])
    return there + gone
