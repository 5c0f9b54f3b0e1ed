"""What came of a submission, and of each of its tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from schemas.definition import FileData

__all__ = ["Outcome", "TestRun"]


@dataclass(frozen=True, slots=True)
class TestRun:
    """One step of a judging: its place in the format's order (from 1), precise verdict, measurements, exact score.

    `test` is the test case's name; of a group's static validation, for which the submission does not run, the group's
    and `:static`. The messages are the output validator's, for the jury and for the team; `feedback` are the other files
    that it left, of a run that was not accepted, as far as there is room: all untrusted.
    """

    __test__ = False  # pytest takes classes that begin so for its own

    ordinal: int
    test: str
    verdict: str
    cpu_ms: int
    wall_ms: int
    memory_kib: int
    message: str = ""
    team_message: str = ""
    score: Fraction | None = None
    feedback: tuple[FileData, ...] = ()
    ended_ms: int = 0
    """UTC milliseconds, real time; of a run that was made ahead, not before it was certain to count."""
    said: frozenset[str] = frozenset()
    """Of the texts that were looked for, those that the validator's whole message to the jury has."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a submission: the precise verdict, the runs, what the compiler said; in a scoring problem the scores.

    `score`, `group_scores` and `message` are as packages.results.Grade has them; the scores are exact.
    """

    verdict: str
    runs: tuple[TestRun, ...]
    compiler_output: str = ""
    compile_ms: int = 0
    score: Fraction | None = None
    group_scores: Mapping[str, Fraction] = field(default_factory=dict)
    subtasks: tuple[Fraction, ...] = ()
    """The scores of the groups that lie directly in `secret`, in the order of judging."""
    message: str = ""
    slots: frozenset[int] = frozenset()
    """Those in whose containers the runs were made."""

    @property
    def max_cpu_ms(self) -> int:
        """The longest run's CPU time."""
        return max((run.cpu_ms for run in self.runs), default=0)

    @property
    def max_memory_kib(self) -> int:
        """The largest run's memory."""
        return max((run.memory_kib for run in self.runs), default=0)
