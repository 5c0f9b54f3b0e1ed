"""The grade out of the results: one walk over them in the order of judging, in either format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from packages.graders import SubResult, grade_group
from packages.model import TestGroup
from packages.results import CaseResult, Grade, Graded, GraderRun, Step
from packages.scores import decimal_text
from packages.steps import Node, steps, tree
from schemas.errors import JudgeError

__all__ = ["Walk", "grade"]


def grade(package: Graded, results: Iterable[CaseResult], *, grader: GraderRun | None = None) -> Grade:
    """The grade of a submission whose results are these; results that do not matter may be among them, or not.

    Raises:
        JudgeError: when the score of a group exceeds its maximum or is out of its range, when a validator has used both
            score.txt and score_multiplier.txt, when a result is missing that matters, when the grader fails.
    """
    by_name = {result.name: result for result in results}
    walk = Walk(package, by_name, grader)
    root = tree(package, steps(package))
    if root.group.legacy is not None:
        return walk.legacy(root)
    return walk.submission(root)


class Walk:
    """One walk over the results in the order of judging, as far as they count. Scores of groups are kept by name."""

    def __init__(self, package: Graded, results: Mapping[str, CaseResult], grader: GraderRun | None) -> None:
        self._package, self._results, self._grader = package, results, grader
        self._failed: CaseResult | None = None
        self._files: dict[str, CaseResult] = {}
        self._notes: list[str] = []
        self._passed: dict[str, bool] = {}
        self._scores: dict[str, Fraction] = {}

    def submission(self, root: Node) -> Grade:
        """The grade in the 2025-09 format."""
        self._group(root)
        verdict = "AC" if self._failed is None else self._failed.verdict
        return self._grade(verdict, self._scores.get("secret"))

    def legacy(self, root: Node) -> Grade:
        """The grade in the legacy formats: what the grader of the whole data says."""
        result = self.folder(root)
        return self._grade(result.verdict, result.score if self._package.scoring and result.accepted else None)

    def folder(self, node: Node) -> SubResult:
        """What a legacy folder's grader makes of what counts in it."""
        results = []
        for child in node.children:
            if isinstance(child, Node):
                result = self.folder(child)
            else:
                found = self._result(child)
                result = SubResult(found.name, found.verdict, found.score or Fraction(0))
            results.append(result)
            if not result.accepted and node.ends_at(child):
                break
        graded = grade_group(node.group, results, self._grader, scoring=self._package.scoring)
        self._scores[node.group.name] = graded.score
        return graded

    def _grade(self, verdict: str, score: Fraction | None) -> Grade:
        notes = [] if self._failed is None else [f"{self._failed.name}: {self._failed.verdict}"]
        scores: dict[str, Fraction] = {}
        if self._package.scoring:
            secret = (g.name for g in self._package.groups if g.name.partition("/")[0] == "secret")
            scores = {name: self._scores[name] for name in secret if name in self._scores}
        return Grade(verdict, score, scores, "; ".join(notes + self._notes))

    def _result(self, step: Step) -> CaseResult:
        result = self._results.get(step.name)
        if result is None:
            raise JudgeError(f"{step.name}: has no result, and the grade depends on it")
        if result.verdict != "AC" and self._failed is None:
            self._failed = result
        if result.scored_by:
            self._check_file(result, "output" if step.case is not None else "static")
        return result

    def _check_file(self, result: CaseResult, validator: str) -> None:
        """A validator that ever creates a score.txt must never create a score_multiplier.txt, and the other way round."""
        first = self._files.setdefault(validator, result)
        if first.scored_by != result.scored_by:
            raise JudgeError(
                f"the {validator} validator leaves a {first.scored_by} for {first.name} and a {result.scored_by} for "
                f"{result.name}: it may use one of them alone"
            )

    def _group(self, node: Node) -> bool:
        """Whether a group is accepted; its score is kept."""
        group = node.group
        lacking = [required.group.name for required in node.requires if not self._passed[required.group.name]]
        if lacking:
            self._notes.append(f"{group.name}: not run, as {' and '.join(lacking)} did not pass")
            self._leave_out(node)
            return False
        accepted = True
        parts = []
        for child in node.children:
            if isinstance(child, Node):
                passed = self._group(child)
                parts.append(self._scores.get(child.group.name, Fraction(0)))
            else:
                result = self._result(child)
                passed = result.verdict == "AC"
                parts.append(result.score or Fraction(0))
            if not passed:
                accepted = False
                if node.ends_at(child):
                    break
        self._passed[group.name] = accepted
        if self._package.scoring and group.name.partition("/")[0] == "secret":
            self._scores[group.name] = _score(group, parts, accepted=accepted)
        return accepted

    def _leave_out(self, node: Node) -> None:
        """A group that is not run has the score 0, and each of its test cases counts as not accepted."""
        self._passed[node.group.name] = False
        self._scores[node.group.name] = Fraction(0)
        for child in node.children:
            if isinstance(child, Node):
                self._leave_out(child)


def _score(group: TestGroup, parts: Sequence[Fraction], *, accepted: bool) -> Fraction:
    """The score of a 2025-09 group out of those of what counts in it."""
    if group.aggregation == "pass-fail":
        return Fraction(group.max_score or 0) if accepted else Fraction(0)
    score = sum(parts, Fraction(0)) if group.aggregation == "sum" else min(parts, default=Fraction(0))
    if group.max_score is not None and score > Fraction(group.max_score):
        raise JudgeError(f"{group.name}: the score {decimal_text(score)} exceeds the maximum {group.max_score}")
    return score
