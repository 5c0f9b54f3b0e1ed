"""One judging that is wanted and not finished, as the queue's table keeps it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Self

from schemas.topics import LANES
from schemas.work import JudgeTask, JudgingWanted, PackageReplaced

__all__ = ["ASKED", "REPLACED", "Key", "Task"]

Key = tuple[str, str, int]
"""Contest, submission, judging."""

ASKED = tuple(f.name for f in dataclasses.fields(JudgingWanted) if not f.name.startswith("recorded_"))
"""The fields that say what was asked for; a task has them all."""

REPLACED = ("package", "time_limit_ms", "memory_limit_mib", "output_limit_mib")
"""Those of them that another package changes."""

STATES = ("waiting", "sent", "running", "faulted")

_TYPES: dict[Any, type] = {"str": str, "int": int, "bool": bool, "tuple[str, ...]": tuple}
"""What the fields' types are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A wanted judging and how far it has come.

    `state` is waiting (for its turn), sent (to its lane, not claimed), running (claimed by a slot) or faulted (judging
    error: no more attempts, a finished report still counts). `reported` is the last position of `judge-reports` applied.
    `failed` are the hosts that have failed at it, and `declined` how often one of them has left it to another one.
    `returned` is how often a slot has given this attempt back, since something was away.
    """

    contest: str
    submission_id: str
    judging: int
    partition: int
    position: int
    cause: int
    index: int
    team_id: str
    problem_id: str
    language_id: str
    submitted_at: int
    lane: str
    priority: int
    package: str
    time_limit_ms: int
    memory_limit_mib: int
    output_limit_mib: int
    score_scale: int = 1
    all_tests: bool = False
    state: str = "waiting"
    attempt: int = 0
    faults: int = 0
    host: str = ""
    slot: int = -1
    reported: int = -1
    failed: tuple[str, ...] = ()
    declined: int = 0
    returned: int = 0

    @classmethod
    def of(cls, wanted: JudgingWanted) -> Self:
        """A new task that waits for its turn."""
        return cls(**{name: getattr(wanted, name) for name in ASKED})

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """The task that `to_json` wrote down.

        Raises:
            TypeError, AttributeError, ValueError: when it did not.
        """
        task = cls(**value | {"failed": tuple(value.get("failed", ()))})
        for f in dataclasses.fields(cls):
            if not isinstance(getattr(task, f.name), _TYPES[f.type]):
                raise TypeError(f"{f.name} is no {f.type}")
        if task.lane not in LANES or task.state not in STATES:
            raise ValueError(f"no lane {task.lane!r}, or no state {task.state!r}")
        return task

    def to_json(self) -> dict[str, Any]:
        """A small JSON-able value."""
        return dataclasses.asdict(self)

    @property
    def key(self) -> Key:
        """What tells this judging from all others."""
        return (self.contest, self.submission_id, self.judging)

    @property
    def team(self) -> tuple[str, str]:
        """The team, which is one of one contest."""
        return (self.contest, self.team_id)

    @property
    def rank(self) -> tuple[int, int, int, int, int, int]:
        """The order among the waiting tasks of one team: a higher priority first, then who came first.

        One that was given back again and again comes after all others: it costs them no slot.
        """
        return (int(self.returned > 1), -self.priority, self.submitted_at, self.partition, self.cause, self.index)

    def as_told(self, wanted: JudgingWanted) -> Task:
        """The same judging where another one knows what was asked for: it goes on, or begins anew on another package."""
        right = Task.of(wanted)
        if right.package != self.package:
            return dataclasses.replace(right, attempt=self.attempt)
        return dataclasses.replace(self, **{name: getattr(right, name) for name in ASKED})

    def failed_with(self, host: str) -> tuple[str, ...]:
        """The hosts that have failed at it once this one has as well."""
        return self.failed if host in self.failed else (*self.failed, host)

    def on(self, new: PackageReplaced) -> Task:
        """The same judging on another package, to begin anew; the old package may have been the cause of its faults.

        Where only limits are others it goes on, and its next attempt has them.
        """
        task = dataclasses.replace(self, **{name: getattr(new, name) for name in REPLACED})
        if new.package == self.package:
            return task
        return dataclasses.replace(task, state="waiting", faults=0, failed=(), returned=0)

    def order(self, recorded_at: int, recorded_by: str, avoid: tuple[str, ...] = ()) -> JudgeTask:
        """What goes to the judges: a reference to the submission, for this attempt, which the hosts *avoid* decline."""
        return JudgeTask(
            recorded_at=recorded_at,
            recorded_by=recorded_by,
            contest=self.contest,
            partition=self.partition,
            position=self.position,
            submission_id=self.submission_id,
            judging=self.judging,
            attempt=self.attempt,
            lane=self.lane,
            team_id=self.team_id,
            problem_id=self.problem_id,
            language_id=self.language_id,
            submitted_at=self.submitted_at,
            package=self.package,
            time_limit_ms=self.time_limit_ms,
            memory_limit_mib=self.memory_limit_mib,
            output_limit_mib=self.output_limit_mib,
            score_scale=self.score_scale,
            all_tests=self.all_tests,
            avoid=avoid,
        )
