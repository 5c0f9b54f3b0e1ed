"""A contest as the live sink folds it: what its objects derive from and, beside it, what its awards do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from clics.state import State
from clics.view import Change, Outcome, apply
from schemas.codec import Codec
from schemas.events import Event, PositionSkipped
from schemas.live import RANK
from streams.live.awards import Awards, Told, breaks, difference
from streams.refold import Folded as Refolded
from streams.scoring.fold import FOLD_VERSION
from streams.scoring.project import AUDIENCES
from streams.scoring.state import ContestState

__all__ = ["Folded"]

_SCORES = "scores|"
"""Begins the keys of the parts that the awards derive from."""
_BROKEN = "broken"
"""The part that there is while awards stay as they were told: what that is."""


@dataclass(slots=True)
class _Broken:
    """Awards that no longer follow the log: what was told of them, and which parts of their scores are kept.

    `unkept`: that they are broken was found out without an event, and is kept with the next one.
    """

    told: Told
    kept: frozenset[str]
    unkept: bool = False

    def parts(self) -> dict[str, None]:
        """The keys of the parts that are kept, with nothing that can be told of them."""
        return dict.fromkeys((*self.kept, _BROKEN))

    def dump(self) -> bytes:
        """The part's bytes."""
        return orjson.dumps({"awards": self.told.awards, "begun": self.told.begun})

    @classmethod
    def load(cls, data: Any, kept: Iterable[str]) -> _Broken:
        """What the part's JSON says; *kept* are the parts beside it."""
        awards = {
            audience: {id_: (made[0], made[1]) for id_, made in of.items()} for audience, of in data["awards"].items()
        }
        return cls(Told(awards, data["begun"]), frozenset(kept))


class Folded:
    """The state of a contest's objects and of its awards, after one and the same position.

    Where a projection of the scores fails, awards stay as they were told until the log says that the scorer has skipped
    what they fail at, or until a reload.
    """

    def __init__(self, state: State, awards: Awards | _Broken) -> None:
        self.state = state
        self._awards = awards

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
        if broken := of_scores.pop(_BROKEN, None):
            return cls(state, _Broken.load(broken, of_scores))
        try:
            return cls(state, Awards(state, ContestState.restore(contest, of_scores.items())))
        except Exception as error:
            breaks(contest, position, error)
            nothing = Told({audience: {} for audience in AUDIENCES}, begun=False)
            return cls(state, _Broken(nothing, frozenset(of_scores), unkept=True))

    def leave_out(self, position: int) -> None:
        """The fold of the scores refuses what is at this position: the scores are without it."""
        if isinstance(self._awards, Awards):
            self._awards.left_out.add(position)

    def contains_skipped(self, event: Event) -> bool:
        """Whether the event says that the scorer has skipped what the scores here may contain."""
        if not isinstance(event, PositionSkipped) or event.fold_version != FOLD_VERSION:
            return False
        return isinstance(self._awards, _Broken) or event.position not in self._awards.left_out

    def apply(self, position: int, event: Event, refolded: Refolded | None = None) -> Outcome:
        """Apply an event, in place, and say what changed. Deterministic: no clock, no randomness, no I/O.

        *refolded*: the scores after this event, from the log without what the scorer has skipped, in place of those here.
        """
        outcome = apply(self.state, position, event)
        changes, parts = self._take(position, event) if refolded is None else self._renew(position, refolded)
        if not changes and not parts:
            return outcome
        return Outcome(
            _in_order([*outcome.changes, *changes]) if changes else outcome.changes,
            outcome.parts | {_SCORES + key for key in parts},
            outcome.numbered,
            outcome.promoted,
            outcome.retired,
        )

    def _take(self, position: int, event: Event) -> tuple[list[Change], tuple[str, ...]]:
        """What an event does to awards, and to the parts of their scores."""
        awards = self._awards
        if isinstance(awards, _Broken):
            parts, awards.unkept = (_BROKEN,) if awards.unkept else (), False
            return [], parts
        try:
            return awards.take(self.state, position, event)
        except Exception as error:
            breaks(self.state.contest, position, error)
            self._awards = _Broken(awards.told, frozenset(key for key, _ in awards.scores.parts()))
            return [], (_BROKEN,)

    def _renew(self, position: int, refolded: Refolded) -> tuple[list[Change], tuple[str, ...]]:
        """What other scores do to awards, and which parts are others with them, or no longer there."""
        before = self._awards
        was: dict[str, Any] = before.parts() if isinstance(before, _Broken) else dict(before.scores.parts())
        try:
            after = Awards(self.state, refolded.state, refolded.skipped)
        except Exception as error:
            breaks(self.state.contest, position, error)
            self._awards = _Broken(before.told, frozenset(was))
            return [], (_BROKEN,)
        self._awards, now = after, dict(refolded.state.parts())
        parts = sorted(key for key in was.keys() | now.keys() if key not in now or was.get(key) != now[key])
        return list(difference(before.told, after.told)), tuple(parts)

    def dump(self, key: str, codec: Codec) -> bytes:
        """A part's bytes; empty where the part no longer exists."""
        if not key.startswith(_SCORES):
            return self.state.dump(key, codec)
        name, awards = key.removeprefix(_SCORES), self._awards
        if isinstance(awards, _Broken):
            return awards.dump() if name == _BROKEN else b""
        try:
            return orjson.dumps(awards.scores.dump(name))
        except KeyError:
            return b""


def _in_order(changes: list[Change]) -> list[Change]:
    """Those that are there in the order of references, then those that are gone, the other way round."""
    there = [one for one in changes if one.facts is not None]
    gone = [one for one in changes if one.facts is None]
    there.sort(key=lambda one: RANK[one.type])
    gone.sort(key=lambda one: -RANK[one.type])
    return there + gone
