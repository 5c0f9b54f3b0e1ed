"""As whom the readers of personal streams look at a contest, and what they see. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import orjson

from api.access import Scene, Viewer, group_scores, started, visible
from api.push.marks import Outlook
from api.push.notices import Standing, standing
from api.push.picture import Picture
from schemas.live import Stored

__all__ = ["JURY", "Sight"]

JURY = ""
"""Whose stream it is that is no team's."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A contest as it is shown now, to a team by its id or to the jury."""

    picture: Picture
    scene: Scene

    @classmethod
    def of(cls, picture: Picture, now: int) -> Self:
        """What is seen at this event time."""
        return cls(picture, picture.scene(now))

    @property
    def begun(self) -> bool:
        """Whether the contest has begun, so that its problems may be named."""
        return started(self.scene)

    def outlook(self, who: str) -> Outlook:
        """What decides which messages they see, and what of their own."""
        feedback = "" if who == JURY else self.scene.contest["feedback"]
        return Outlook(self.begun, self._groups(who), feedback)

    def viewer(self, who: str) -> Viewer:
        """As whom they look."""
        return _viewer(who, self._groups(who))

    def standing(self, who: str) -> Standing:
        """How the contest stands for them."""
        team, state = self.picture.teams.get(who), self.picture.state
        return standing(self.picture.contest.facts, state.object if state else {}, team.facts if team else None)

    def tests(self, problem: str) -> int | None:
        """How many tests a problem has, where that is known."""
        found = self.picture.problems.get(problem)
        return found.object.get("test_data_count") if found else None

    def message(self, who: str, stored: Stored, outlook: Outlook) -> bytes | None:
        """A message as they would see it now if their outlook had stayed what it was."""
        viewer = _viewer(who, outlook.groups)
        scene = self.scene if outlook.begun else Scene({**self.scene.contest, "start": None}, self.scene.now)
        shown = visible(viewer, "clarifications", stored.object, stored.facts, scene)
        return None if shown is None else orjson.dumps(shown)

    def data(self, who: str, type_: str, stored: Stored | None) -> bytes | None:
        """The object as they may see it.

        A submission with its number and whether it is too late; a judgement that has ended with the scores of its groups
        of test data, scaled, where they are told.
        """
        if stored is None:
            return None
        viewer = self.viewer(who)
        shown = visible(viewer, type_, stored.object, stored.facts, self.scene)
        if shown is None:
            return None
        if type_ == "submissions":
            return orjson.dumps(shown | {name: stored.facts[name] for name in ("number", "late")})
        scores = None
        if type_ == "judgements" and "end_time" in shown:
            scores = group_scores(viewer, stored.facts, self.scene)
        return orjson.dumps(shown if scores is None else shown | {"group_scores": scores})

    def _groups(self, who: str) -> frozenset[str]:
        team = self.picture.teams.get(who)
        return frozenset(team.object["group_ids"]) if team else frozenset()


def _viewer(who: str, groups: frozenset[str]) -> Viewer:
    return Viewer("jury") if who == JURY else Viewer("team", who, groups)
