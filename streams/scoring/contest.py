"""The part of the contest itself: what its definition says about scores, and the acts on the whole contest."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from streams.scoring.clock import ContestClock, merge_intervals
from streams.scoring.rules import Task
from streams.scoring.verdicts import JudgementType

__all__ = ["FIRST_GENERATION", "FOLD_VERSION", "Contest", "Generation", "Terms"]

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


@dataclass(frozen=True, slots=True)
class Terms:
    """What a definition says about scores. `tasks` are the problems in their order, without withdrawn ones."""

    start_time: int | None
    duration: int
    freeze_duration: int
    thaw_time: int | None
    penalty_time: int
    rule: str
    parameters: dict[str, str]
    score_scale: int
    types: tuple[JudgementType, ...]
    publish: dict[str, str]
    tasks: tuple[Task, ...]
    group_id: str | None

    @classmethod
    def of(cls, event: Any) -> Terms:
        """The terms of a Definition."""
        shown = sorted((p for p in event.problems if not p.withdrawn), key=lambda p: (p.ordinal, p.id))
        return cls(
            start_time=event.start_time,
            duration=event.duration,
            freeze_duration=event.scoreboard_freeze_duration or 0,
            thaw_time=event.scoreboard_thaw_time,
            penalty_time=event.penalty_time,
            rule=event.rule,
            parameters=dict(event.parameters),
            score_scale=event.score_scale,
            types=tuple(JudgementType(t.id, t.penalty, t.solved) for t in event.judgement_types),
            publish=dict(event.publish),
            tasks=tuple(Task(p.id, p.weight, p.max_score) for p in shown),
            group_id=event.main_scoreboard_group_id,
        )

    @classmethod
    def load(cls, data: dict[str, Any]) -> Terms:
        """The terms from their JSON."""
        types = tuple(JudgementType(**kind) for kind in data["types"])
        return cls(**data | {"types": types, "tasks": tuple(Task(**task) for task in data["tasks"])})


@dataclass(slots=True)
class Contest:
    """The definition in force and the acts on the contest.

    `moved` holds a start that was moved, `thaw_planned` a thaw that was planned by act, `applied` pairs of a rejudging
    and the position of the act that applied it. `freeze_came` is the moment of a planned freeze that had come when
    the contest's times were changed. `awards` are those that the jury gave, by id: citation and teams. `fold_version`
    is that of the first generation.
    """

    position: int = -1
    definition_position: int = -1
    fold_version: int = FOLD_VERSION
    terms: Terms | None = None
    acts: list[str] = field(default_factory=list)
    moved: list[int | None] = field(default_factory=list)
    extended: int = 0
    freeze_came: int | None = None
    removed: list[list[int]] = field(default_factory=list)
    frozen_at: int | None = None
    unfrozen_at: int | None = None
    thaw_planned: list[int | None] = field(default_factory=list)
    thawed: int | None = None
    finalized: int | None = None
    b: int = 0
    applied: list[list[int]] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    opened: list[Generation] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    active: str = FIRST_GENERATION
    awards: dict[str, list[Any]] = field(default_factory=dict)
    skipped: list[list[int]] = field(default_factory=list)

    def dump(self) -> dict[str, Any]:
        """The part as JSON."""
        return asdict(self)

    @classmethod
    def load(cls, data: dict[str, Any]) -> Contest:
        """The part from its JSON, which is left alone."""
        lists = {key: list(value) for key, value in data.items() if isinstance(value, list)}
        made: dict[str, Any] = {
            "awards": dict(data["awards"]),
            "terms": Terms.load(data["terms"]) if data["terms"] else None,
            "opened": [Generation(**one) for one in data["opened"]],
        }
        return cls(**data | lists | made)

    # ---- what follows from it ------------------------------------------------------------------------------------

    @property
    def clock(self) -> ContestClock:
        """The contest's clock; a contest without a definition has not begun and has no length."""
        if self.terms is None:
            return ContestClock(None, 0)
        start = self.moved[0] if self.moved else self.terms.start_time
        removed = merge_intervals((start, end) for start, end in self.removed)
        return ContestClock(start, self.terms.duration + self.extended, removed)

    @property
    def freeze(self) -> int | None:
        """From when on the public board is frozen: by act, else as defined, but not by a freeze that was lifted."""
        if self.frozen_at is not None:
            return self.frozen_at
        planned = self.planned_freeze
        if planned is not None and self.unfrozen_at is not None and planned <= self.unfrozen_at:
            return None
        return planned

    @property
    def planned_freeze(self) -> int | None:
        """The freeze as defined: it moves with the end, but not once it has come; what is hidden stays hidden.

        So neither a definition nor an act that is recorded at or after the freeze moves it, with two exceptions. A
        start behind the freeze means that nothing has come yet. An interval that is restored takes the freeze back to
        where it would be without the interval, if that is earlier: the removal is reversible (CCS requirements).
        """
        start = self.clock.start
        if start is not None and self.freeze_came is not None and self.freeze_came >= start:
            return self.freeze_came
        return self._defined_freeze

    @property
    def _defined_freeze(self) -> int | None:
        """The freeze that follows from the times in force alone."""
        if self.terms is None or self.terms.freeze_duration <= 0:
            return None
        clock = self.clock
        return clock.moment(clock.duration - self.terms.freeze_duration)

    def before_times_change(self, recorded_at: int) -> None:
        """Remember the freeze if it has come: to be told before the times are changed by what was recorded then."""
        start, freeze = self.clock.start, self.planned_freeze
        if start is not None and freeze is not None and recorded_at >= max(freeze, start):
            self.freeze_came = max(freeze, start)

    def after_restoring(self) -> None:
        """Forget the freeze that has come if, without the interval that was restored, it would be earlier."""
        defined = self._defined_freeze
        if defined is not None and self.freeze_came is not None and defined < self.freeze_came:
            self.freeze_came = None

    @property
    def planned_thaw(self) -> int | None:
        """When the thaw is planned: by act, else as defined, and not before the end; None when it is not."""
        planned = self.thaw_planned[0] if self.thaw_planned else self.terms.thaw_time if self.terms else None
        end = self.clock.end
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
