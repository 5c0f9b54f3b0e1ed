"""The graders of the legacy format: the default one, and what a package's own is asked and answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from packages.model import TestGroup
from packages.results import GraderRun
from packages.scores import decimal_text, number_of
from schemas.definition import BIG_5
from schemas.errors import JudgeError

__all__ = ["DEFAULT_FLAGS", "IGNORE_SAMPLE", "LENIENT", "SubResult", "grade_group"]

IGNORE_SAMPLE: Final = "ignore_sample"
_VERDICT_MODES: Final = ("worst_error", "first_error", "always_accept")
_SCORE_MODES: Final = ("sum", "avg", "min", "max")
_ANY: Final = "accept_if_any_accepted"
DEFAULT_FLAGS: Final = frozenset({*_VERDICT_MODES, *_SCORE_MODES, IGNORE_SAMPLE, _ANY})
LENIENT: Final = frozenset({"always_accept", IGNORE_SAMPLE, _ANY})
"""Flags by which a folder may be accepted though a test case in it is not."""

_WORST: Final = {"JE": 0, "IF": 1, "SV": 1, "RTE": 2, "MLE": 3, "TLE": 4, "OLE": 5, "WA": 6}
"""The format's order of errors. SV is IF by another name; a type that is not here stands where its Big 5 type does."""

_ANSWER: Final = re.compile(r"\s*(AC|WA|RTE|TLE)\s+(\S+)\s*")


@dataclass(frozen=True, slots=True)
class SubResult:
    """What a grader is given of a test case or a folder: its name, precise verdict and score."""

    name: str
    verdict: str
    score: Fraction

    @property
    def accepted(self) -> bool:
        """Whether it is accepted."""
        return self.verdict == "AC"


def grade_group(group: TestGroup, results: Sequence[SubResult], run: GraderRun | None, *, scoring: bool) -> SubResult:
    """The result of a folder out of the results of what it holds, at least one, in order. Pure, but for *run*.

    "For non-Accepted verdicts on scoring problems, the score provided by the grader will always be ignored": a folder
    that is not accepted has its `reject_score`.

    Raises:
        JudgeError: when the package's grader fails or answers nonsense, or an accepted score is out of its range.
    """
    grading = group.legacy
    if grading is None:
        raise JudgeError(f"data/{group.name}: is no test data group of a legacy package")
    where = f"data/{group.name}".rstrip("/")
    if grading.custom:
        verdict, score = _custom(where, grading.flags, results, run)
    else:
        verdict, score = _default(grading.flags, results)
    if not scoring:
        return SubResult(group.name, verdict, score)
    if verdict != "AC":
        return SubResult(group.name, verdict, Fraction(grading.reject_score))
    least, most = grading.range
    if (least is not None and score < Fraction(least)) or (most is not None and score > Fraction(most)):
        low, high = ("-inf" if least is None else least), ("inf" if most is None else most)
        raise JudgeError(f"{where}: the score {decimal_text(score)} is out of the range {low} {high}")
    return SubResult(group.name, verdict, score)


def _default(flags: Sequence[str], results: Sequence[SubResult]) -> tuple[str, Fraction]:
    """The default grader. Of several modes the last counts."""
    if IGNORE_SAMPLE in flags:
        secret = results[-1]  # the data has no more than two: sample and secret
        return secret.verdict, secret.score
    verdict_mode = next((flag for flag in reversed(flags) if flag in _VERDICT_MODES), "worst_error")
    score_mode = next((flag for flag in reversed(flags) if flag in _SCORE_MODES), "sum")
    return _verdict(verdict_mode, results, any_accepted=_ANY in flags), _score(score_mode, [r.score for r in results])


def _verdict(mode: str, results: Sequence[SubResult], *, any_accepted: bool) -> str:
    errors = [result.verdict for result in results if not result.accepted]
    if not errors or mode == "always_accept" or (any_accepted and len(errors) < len(results)):
        return "AC"
    return errors[0] if mode == "first_error" else min(errors, key=_badness)


def _badness(verdict: str) -> int:
    return _WORST[verdict] if verdict in _WORST else _WORST.get(BIG_5.get(verdict, "WA"), len(_WORST))


def _score(mode: str, scores: Sequence[Fraction]) -> Fraction:
    if mode == "min":
        return min(scores)
    if mode == "max":
        return max(scores)
    total = sum(scores, Fraction(0))
    return total / len(scores) if mode == "avg" else total


def _custom(
    where: str, flags: tuple[str, ...], results: Sequence[SubResult], run: GraderRun | None
) -> tuple[str, Fraction]:
    """The package's own grader: a line for each result, by the four codes that the format has, and one line back."""
    if run is None:
        raise JudgeError(f"{where}: has custom grading, and there is no grader to run")
    lines = [(BIG_5.get(result.verdict, result.verdict), decimal_text(result.score)) for result in results]
    output = run(flags, "".join(f"{code} {score}\n" for code, score in lines))
    match = _ANSWER.fullmatch(output)
    try:
        if match is None:
            raise ValueError("must be AC, WA, RTE or TLE and a score")
        score = number_of(match[2])
    except ValueError as error:
        raise JudgeError(f"{where}: the grader answers {output[:200]!r}: {error}") from None
    # the precise type behind the code, where a result has it
    same = (result.verdict for result, (code, _) in zip(results, lines, strict=True) if code == match[1])
    return next(same, match[1]), score
