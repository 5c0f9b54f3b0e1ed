"""The part of the contest itself: what its definition says about scores, and the acts on the whole contest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from streams.scoring.clock import ContestClock
from streams.scoring.rules import Task
from streams.scoring.times import ContestTimes
from streams.scoring.verdicts import JudgementType

__all__ = ["FIRST_GENERATION", "FOLD_VERSION", "Contest", "Generation", "Terms", "told_rule"]

FOLD_VERSION = 1
"""Grows with every change that may give another board for an old log, and with every change of the parts' JSON.

It is still the first: no version was released, so nobody has a log that an older fold has scored.
"""

FIRST_GENERATION = "0"
"""The generation that follows the definition's rule; it needs no event."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A rule with its parameters, projected by the fold of one version."""

    id: str
    rule: str
    parameters: dict[str, str]
    fold_version: int

    @property
    def told(self) -> str:
        """The rule and its parameters in words."""
        return told_rule(self.rule, self.parameters)


def told_rule(rule: str, parameters: Mapping[str, str]) -> str:
    """A rule and its parameters in words. Pure."""
    values = ", ".join(f"{name}={value}" for name, value in sorted(parameters.items()))
    return f"{rule} ({values})" if values else rule


@dataclass(frozen=True, slots=True)
class Terms:
    """What a definition says about scores, its times aside. `tasks` are the problems in their order, without withdrawn ones.

    `scoreboard_type` is what the Contest API says of the board: pass-fail or score.
    """

    thaw_time: int | None
    penalty_time: int
    scoreboard_type: str
    rule: str
    parameters: dict[str, str]
    score_scale: int
    types: tuple[JudgementType, ...]
    publish: dict[str, str]
    tasks: tuple[Task, ...]
    group_id: str | None
    verification: bool
    window: int | None
    awards: dict[str, str]

    @classmethod
    def of(cls, event: Any) -> Terms:
        """The terms of a Definition."""
        shown = sorted((p for p in event.problems if not p.withdrawn), key=lambda p: (p.ordinal, p.id))
        return cls(
            thaw_time=event.scoreboard_thaw_time,
            penalty_time=event.penalty_time,
            scoreboard_type=event.scoreboard_type,
            rule=event.rule,
            parameters=dict(event.parameters),
            score_scale=event.score_scale,
            types=tuple(JudgementType(t.id, t.penalty, t.solved) for t in event.judgement_types),
            publish=dict(event.publish),
            tasks=tuple(Task(p.id, p.weight, p.max_score) for p in shown),
            group_id=event.main_scoreboard_group_id,
            verification=event.verification,
            window=event.window,
            awards=dict(event.awards),
        )

    @classmethod
    def load(cls, data: dict[str, Any]) -> Terms:
        """The terms from their JSON."""
        types = tuple(JudgementType(**kind) for kind in data["types"])
        return cls(**data | {"types": types, "tasks": tuple(Task(**task) for task in data["tasks"])})


@dataclass(slots=True)
class Contest:
    """The definition in force and the acts on the contest.

    `times` are what was said of start, length and freeze. `thaw_planned` holds a thaw that was planned by act, `applied`
    pairs of a rejudging and the position of the act that applied it. `awards` are those that the jury gave, by id: citation and teams, None where it
    took one away. `ended` are the planned ends that the clock came past. `extra` is the time in ms that single teams were given. `fold_version` is that of the first
    generation. `closed` is the position of the event with which the contest was over (the end of updates): nothing
    behind it counts.
    """

    position: int = -1
    definition_position: int = -1
    fold_version: int = FOLD_VERSION
    terms: Terms | None = None
    acts: list[str] = field(default_factory=list)
    times: ContestTimes = field(default_factory=ContestTimes)
    extra: dict[str, int] = field(default_factory=dict)
    thaw_planned: list[int | None] = field(default_factory=list)
    thawed: int | None = None
    ended: list[int] = field(default_factory=list)
    finalized: int | None = None
    b: int = 0
    closed: int | None = None
    applied: list[list[int]] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    opened: list[Generation] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    active: str = FIRST_GENERATION
    awards: dict[str, list[Any] | None] = field(default_factory=dict)
    skipped: list[list[int]] = field(default_factory=list)

    def dump(self) -> dict[str, Any]:
        """The part as JSON."""
        return asdict(self) | {"times": self.times.dump()}

    @classmethod
    def load(cls, data: dict[str, Any]) -> Contest:
        """The part from its JSON, which is left alone."""
        lists = {key: list(value) for key, value in data.items() if isinstance(value, list)}
        made: dict[str, Any] = {
            "awards": dict(data["awards"]),
            "extra": dict(data["extra"]),
            "times": ContestTimes.load(data["times"]),
            "terms": Terms.load(data["terms"]) if data["terms"] else None,
            "opened": [Generation(**one) for one in data["opened"]],
        }
        return cls(**data | lists | made)

    # ---- what follows from it ------------------------------------------------------------------------------------

    @property
    def clock(self) -> ContestClock:
        """The contest's clock; a contest without a definition has not begun and has no length."""
        return self.times.clock

    @property
    def last_end(self) -> int | None:
        """The moment from which on no team has time left: the end, and the extra time that a team was given."""
        clock = self.clock
        return clock.moment(clock.duration + max((0, *self.extra.values())))

    def clock_of(self, team_id: str, started: int | None) -> ContestClock | None:
        """The clock of a team: with its extra time and, in a contest of windows, from its own start to its own end.

        A window ends with the contest, too. None for a team that has not started its window.
        """
        clock, extra = self.clock, self.extra.get(team_id, 0)
        window = self.terms.window if self.terms else None
        if window is None:
            return replace(clock, duration=clock.duration + extra)
        if started is None or clock.start is None:
            return None
        begin = max(started, clock.start)
        left = clock.duration - clock.contest_time(begin)
        return ContestClock(begin, min(window, left) + extra, clock.removed)

    @property
    def is_over(self) -> bool:
        """Whether the results are final and shown, so that nothing may change: `end_of_updates` of the Contest API.

        The clock has noted the end, the contest was finalized when nobody had time left, and thawed if it was frozen.
        """
        end = self.last_end
        if end is None or self.clock.end not in self.ended or self.finalized is None or self.finalized < end:
            return False
        return self.thawed is not None or self.freeze is None

    @property
    def freeze(self) -> int | None:
        """From when on the public board is frozen: by act, else as defined, but not by a freeze that was lifted."""
        return self.times.freeze

    @property
    def planned_thaw(self) -> int | None:
        """When the thaw is planned: by act, else as defined, and not while a team has time.

        None when it is not planned, and when it has happened.
        """
        if self.thawed is not None:
            return None
        planned = self.thaw_planned[0] if self.thaw_planned else self.terms.thaw_time if self.terms else None
        end = self.last_end
        return None if planned is None or end is None else max(planned, end)

    @property
    def generations(self) -> tuple[Generation, ...]:
        """The open ones. A contest without a definition has none."""
        if self.terms is None:
            return ()
        first = Generation(FIRST_GENERATION, self.terms.rule, self.terms.parameters, self.fold_version)
        return tuple(one for one in (first, *self.opened) if one.id not in self.retired)

    def is_open(self, generation_id: str) -> bool:
        """Whether there is an open generation of this id."""
        return any(one.id == generation_id for one in self.generations)

    def is_applied(self, rejudging: int) -> bool:
        """Whether the rejudging is applied and not reverted."""
        return any(number == rejudging for number, _ in self.applied)
