"""Parts of a contest's state: a team, a group, a cell, a chunk of a rejudging.

A part is small, carries the last position that it has applied, and changes by nothing but itself and the event.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

__all__ = ["Cell", "Group", "Hack", "Judged", "RejudgingChunk", "Submitted", "Team", "in_time"]

Json = dict[str, Any]


class Judged(NamedTuple):
    """The end of a judging: precise verdict, scaled scores where the problem has any."""

    verdict: str
    score: int | None = None
    group_scores: tuple[int, ...] = ()


Judgings = tuple[tuple[int, Judged], ...]
"""Judgings by their numbers, in the order in which they ended."""


@lru_cache(1 << 14)
def _ended(number: int, verdict: str, score: int | None, group_scores: tuple[int, ...]) -> Judgings:
    """One judging that has ended so: the same object for all that have, as most submissions have no other."""
    return ((number, Judged(verdict, score, group_scores)),)


class Hack(NamedTuple):
    """An attempt of another team to break a submission: where its act is in the log, whose it was, how it ended."""

    position: int
    team_id: str
    successful: bool


@dataclass(slots=True)
class Team:
    """A team's entry and the jury's acts on it; `known` once there is an entry, `start` once its own window began."""

    id: str
    position: int = -1
    known: bool = False
    name: str = ""
    group_ids: tuple[str, ...] = ()
    hidden: bool = False
    removed: bool = False
    disqualified: bool = False
    start: int | None = None
    penalties: dict[str, int] = field(default_factory=dict)
    acts: list[str] = field(default_factory=list)

    def dump(self) -> Json:
        """The part as JSON."""
        return {
            "position": self.position,
            "known": self.known,
            "name": self.name,
            "group_ids": list(self.group_ids),
            "hidden": self.hidden,
            "removed": self.removed,
            "disqualified": self.disqualified,
            "start": self.start,
            "penalties": dict(self.penalties),
            "acts": list(self.acts),
        }

    @classmethod
    def load(cls, id_: str, data: Json) -> Team:
        """The part from its JSON, which is left alone."""
        return cls(
            id=id_,
            **data
            | {
                "group_ids": tuple(data["group_ids"]),
                "penalties": dict(data["penalties"]),
                "acts": list(data["acts"]),
            },
        )


@dataclass(slots=True)
class Group:
    """Whether a group is hidden."""

    id: str
    position: int = -1
    hidden: bool = False

    def dump(self) -> Json:
        """The part as JSON."""
        return {"position": self.position, "hidden": self.hidden}

    @classmethod
    def load(cls, id_: str, data: Json) -> Group:
        """The part from its JSON."""
        return cls(id=id_, **data)


@dataclass(slots=True)
class RejudgingChunk:
    """Some of the submissions of a rejudging, by the id of the act: of two acts with one id the first counts.

    They belong to the rejudging for the acts that apply it behind this position.
    """

    id: str
    rejudging: int
    position: int
    submission_ids: tuple[str, ...]

    def dump(self) -> Json:
        """The part as JSON."""
        return {
            "rejudging": self.rejudging,
            "position": self.position,
            "submission_ids": list(self.submission_ids),
        }

    @classmethod
    def load(cls, id_: str, data: Json) -> RejudgingChunk:
        """The part from its JSON."""
        return cls(id_, data["rejudging"], data["position"], tuple(data["submission_ids"]))


@dataclass(slots=True)
class Submitted:
    """A team's submission with all its judgings and the jury's acts on it.

    `position` is -1 while only judgings of it have been seen. `override` is (position of the act, what it says). `verified`
    are the judgings that the jury has looked at, `hacks` the attempts of others to break it. `first` is derived, not
    kept: whether no other cell holds a submission of this id that came earlier in the log.
    """

    id: str
    team_id: str
    position: int = -1
    at: int = 0
    judgings: Judgings = ()
    override: tuple[int, Judged] | None = None
    ignored: bool = False
    verified: tuple[int, ...] = ()
    hacks: tuple[Hack, ...] = ()
    acts: tuple[str, ...] = ()
    first: bool = True

    @property
    def when(self) -> tuple[int, int]:
        """What submissions are ordered by: time and, at equal times, position."""
        return self.at, self.position

    def judging(self, number: int) -> Judged | None:
        """How the judging of this number ended, if it has."""
        for one, judged in self.judgings:
            if one == number:
                return judged
        return None

    def judge(self, number: int, verdict: str, score: int | None, group_scores: tuple[int, ...]) -> None:
        """A judging has ended; of two of one number the first counts."""
        if self.judging(number) is None:
            self.judgings += _ended(number, verdict, score, group_scores)

    def dump(self) -> list[Any]:
        """The submission as JSON."""
        judgings = [[number, *judged] for number, judged in self.judgings]
        override = None if self.override is None else [self.override[0], *self.override[1]]
        by_jury = (override, self.ignored, list(self.verified))
        return [self.position, self.at, judgings, *by_jury, [list(hack) for hack in self.hacks], list(self.acts)]

    @classmethod
    def load(cls, id_: str, team_id: str, data: list[Any]) -> Submitted:
        """A team's submission from its JSON."""
        position, at, judgings, override, ignored, verified, hacks, acts = data
        by_hand = (override[0], Judged(override[1], override[2], tuple(override[3]))) if override else None
        tried = tuple(Hack(*hack) for hack in hacks)
        found = cls(id_, team_id, position, at, (), by_hand, ignored, tuple(verified), tried, tuple(acts))
        for number, verdict, score, groups in judgings:
            found.judge(number, verdict, score, tuple(groups))
        return found


in_time = attrgetter("when")
"""Orders submissions."""


@dataclass(slots=True)
class Cell:
    """What a team has submitted to a problem."""

    team_id: str
    problem_id: str
    position: int = -1
    submissions: dict[str, Submitted] = field(default_factory=dict)
    key: str = field(init=False)
    """The part's key, made once for all its events: two ids, each without a colon of its own."""

    def __post_init__(self) -> None:
        self.key = f"cell:{quote(self.team_id)}:{quote(self.problem_id)}"

    def of(self, submission_id: str) -> Submitted:
        """The submission, made when it is new."""
        found = self.submissions.get(submission_id)
        if found is None:
            found = self.submissions[submission_id] = Submitted(submission_id, self.team_id)
        return found

    def in_order(self) -> list[Submitted]:
        """The submissions whose record has been read, by time and, at equal times, by position."""
        found = [one for one in self.submissions.values() if one.position >= 0]
        if len(found) > 1:
            found.sort(key=in_time)
        return found

    def dump(self) -> Json:
        """The part as JSON."""
        return {
            "position": self.position,
            "submissions": {id_: submitted.dump() for id_, submitted in self.submissions.items()},
        }

    @classmethod
    def load(cls, id_: str, data: Json) -> Cell:
        """The part from its JSON."""
        team_id, _, problem_id = map(unquote, id_.partition(":"))
        found = {key: Submitted.load(key, team_id, value) for key, value in data["submissions"].items()}
        return cls(team_id, problem_id, data["position"], found)
