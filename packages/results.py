"""What grading speaks of: the steps of judging a submission, what came of each, and what came of the submission."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, Protocol

from packages.globs import STATIC
from packages.model import TestCase, TestGroup

__all__ = ["CaseResult", "Grade", "Graded", "GraderRun", "Step"]

GraderRun = Callable[[tuple[str, ...], str], str]
"""Runs a legacy package's own grader: its arguments and its standard input to its standard output.

Raises JudgeError where the grader fails: any exit code but 0, a limit exceeded. It is called for folders with
`grading: custom` once their results are complete, inside `Plan.take`, `Plan.finished` or `grade`; in a plan once for
equal arguments.
"""


class Graded(Protocol):
    """What grading needs of a `ProblemPackage`."""

    @property
    def scoring(self) -> bool:
        """Whether submissions get a score."""

    @property
    def test_cases(self) -> tuple[TestCase, ...]:
        """In the order of judging."""

    @property
    def groups(self) -> tuple[TestGroup, ...]:
        """In the order of judging."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to judge: a test case or, where `case` is None, the static validation test case of the group.

    `ordinal` is its place in the order of judging, from 1, among all steps. `max_score` is the most it can score, None
    where that is unbounded or it is not scored at all.
    """

    ordinal: int
    group: TestGroup
    case: TestCase | None
    max_score: Fraction | None = None

    @property
    def name(self) -> str:
        """The test case's name; of a static one its group's and `:static`, which no test case can be called."""
        return self.case.name if self.case is not None else f"{self.group.name}{STATIC}"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of a step, as `case_result` makes it. `verdict` is the precise CLICS type; AC is the only accepted one.

    `score` is None where the step has none: in pass-fail problems, samples and groups with pass-fail aggregation.
    `scored_by` is the file that the validator scored with, if any.
    """

    name: str
    verdict: str
    score: Fraction | None = None
    scored_by: Literal["", "score.txt", "score_multiplier.txt"] = ""


@dataclass(frozen=True, slots=True)
class Grade:
    """What came of a submission.

    `verdict` is that of the first step, in the order of judging, that was not accepted; AC where all were. It is so in
    scoring problems as well. Neither text names a verdict for them: the problem package format gives "a non-negative
    score instead of a verdict", the Contest API asks of a judgement both a type and a score, and says of AC only that it
    "solves the problem". A verdict that speaks of the test cases means the same everywhere, says something that the
    score does not, and needs no maximum, which an unbounded problem lacks. So any verdict may come with a score, and AC
    may come with less than the most. In a legacy package the verdict is what the grader of the whole data says.

    `score` is None in pass-fail problems, and in a legacy scoring problem for a submission that was not accepted, whose
    score the format has ignored. It is exact; so are the `group_scores`, by name and in the order of judging: `secret`
    and each group in it. `message` says to the jury what decided.
    """

    verdict: str
    score: Fraction | None = None
    group_scores: Mapping[str, Fraction] = field(default_factory=dict)
    message: str = ""

    @property
    def subtasks(self) -> tuple[Fraction, ...]:
        """The scores of the groups that lie directly in `secret`, in the order of judging."""
        return tuple(score for name, score in self.group_scores.items() if name.count("/") == 1)
