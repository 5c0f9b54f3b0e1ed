"""Exact scores: the numbers that programs write, what a test case is worth, what an accepted one has got."""

from __future__ import annotations

import math
import re
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final

from packages.model import LegacyGrading, TestGroup
from packages.results import CaseResult, Graded, Step
from schemas.errors import JudgeError

__all__ = ["MOST_UNITS", "case_result", "decimal_text", "most_of", "most_of_case", "number_of", "scaled"]

_FLOAT: Final = re.compile(r"[+-]?(?:[0-9]*\.[0-9]+|[0-9]+\.|[0-9]+)(?:[Ee][+-]?([0-9]+))?", re.ASCII)
"""The format's grammar of floating-point numbers."""

_LONGEST: Final = 1000
_EXPONENT: Final = 400
"""Bounds of a number: the format wants 30 digits on either side of the point, and doubles end at 1e308."""

MOST_UNITS: Final = 2**53
"""Of a scaled score: whoever reads JSON with doubles reads it exactly."""

_SHOWN: Final = 200
_DIGITS: Final = 30
"""Of a score that is written for a grader: more than a double holds."""


def number_of(text: str) -> Fraction:
    """The floating-point number that a text is, white space around it aside. Pure and exact.

    Raises:
        ValueError: when it is not one number of the format's grammar, or beyond any reasonable size.
    """
    stripped = text.strip(" \t\r\n\f\v")
    match = _FLOAT.fullmatch(stripped) if len(stripped) <= _LONGEST else None
    if match is None or len((match[1] or "").lstrip("0")) > 4 or int(match[1] or 0) > _EXPONENT:
        raise ValueError(f"must be one floating-point number, not {stripped[:_SHOWN]!r}")
    return Fraction(Decimal(stripped))


def decimal_text(value: Fraction) -> str:
    """A score as a grader reads it: plain decimal notation, rounded after 30 significant digits. Pure."""
    with localcontext() as context:
        context.prec = _DIGITS
        quotient = Decimal(value.numerator) / Decimal(value.denominator)
    text = f"{quotient:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def scaled(score: Fraction, scale: int) -> int:
    """A score in the units of a contest, `score_scale` to the point: rounded to the nearest, halves up. Pure."""
    return math.floor(score * scale + Fraction(1, 2))


def most_of(package: Graded) -> Fraction | None:
    """The most that a submission can score; None: unbounded, or not scored. Pure.

    It is the maximum of `secret`; in a legacy package the upper end of the range of the whole data.
    """
    if not package.scoring:
        return None
    groups = {group.name: group for group in package.groups}
    if (data := groups.get("")) is not None and data.legacy is not None:
        most = data.legacy.range[1]
    else:
        most = groups["secret"].max_score
    return None if most is None else Fraction(most)


def most_of_case(group: TestGroup, cases: int) -> Fraction | None:
    """The most that each of a group's so many test cases can score; None: unbounded, or not scored. Pure."""
    if group.aggregation == "pass-fail" or group.max_score is None:
        return None
    if group.aggregation == "min":
        return Fraction(group.max_score)
    return (Fraction(group.max_score) - Fraction(group.static_score or 0)) / cases


def case_result(
    package: Graded, step: Step, verdict: str, *, score: bytes | None = None, multiplier: bytes | None = None
) -> CaseResult:
    """The result of a step whose verdict is known. Pure.

    `score` and `multiplier` are the content of score.txt and score_multiplier.txt, None where the validator left none.
    Give them only where the validator's own answer, 42 or 43, decided: not for a run that was over a limit or crashed.
    In a pass-fail problem, and of a sample, they mean nothing and are passed over.

    Raises:
        JudgeError: for each "It is a judge error if" of the format about a test case, naming it.
    """
    name = step.name
    if not package.scoring:
        return CaseResult(name, verdict)
    accepted = verdict == "AC"
    if step.group.legacy is not None:
        return _legacy_result(name, verdict, step.group.legacy, score, accepted=accepted)
    if step.group.name == "sample":
        return CaseResult(name, verdict)
    files = [file for file, data in (("score.txt", score), ("score_multiplier.txt", multiplier)) if data is not None]
    if files and not accepted:
        raise JudgeError(f"{name}: the validator rejects it and leaves a {' and a '.join(files)}")
    if step.group.aggregation == "pass-fail":
        if files:
            raise JudgeError(
                f"{name}: the validator leaves a {' and a '.join(files)}, but {step.group.name} has pass-fail aggregation"
            )
        return CaseResult(name, verdict)
    if len(files) > 1:
        raise JudgeError(f"{name}: the validator leaves both a score.txt and a score_multiplier.txt")
    if not accepted:
        return CaseResult(name, verdict, Fraction(0))
    if step.group.max_score is None:
        if multiplier is not None:
            raise JudgeError(f"{name}: the validator leaves a score_multiplier.txt, but there is no maximum score")
        if score is None:
            raise JudgeError(f"{name}: the validator accepts it without a score.txt, and there is no maximum score")
    if multiplier is not None:
        factor = _read(name, "score_multiplier.txt", multiplier)
        if not 0 <= factor <= 1:
            raise JudgeError(f"{name}: score_multiplier.txt: {decimal_text(factor)} is not in the range [0, 1]")
        return CaseResult(name, verdict, factor * (step.max_score or 0), "score_multiplier.txt")
    if score is None:
        return CaseResult(name, verdict, step.max_score)
    value = _read(name, "score.txt", score)
    if value < 0:
        raise JudgeError(f"{name}: score.txt: {decimal_text(value)} is negative")
    if step.max_score is not None and value > step.max_score:
        raise JudgeError(
            f"{name}: score.txt: {decimal_text(value)} exceeds the maximum score {decimal_text(step.max_score)}"
        )
    return CaseResult(name, verdict, value, "score.txt")


def _legacy_result(
    name: str, verdict: str, grading: LegacyGrading, score: bytes | None, *, accepted: bool
) -> CaseResult:
    """score.txt where there is one, accepted or not; else what testdata.yaml gives."""
    if score is not None:
        if not grading.custom_score:
            raise JudgeError(
                f"{name}: the validator leaves a score.txt, but problem.yaml has no `validation: custom score`"
            )
        return CaseResult(name, verdict, _read(name, "score.txt", score), "score.txt")
    return CaseResult(name, verdict, Fraction(grading.accept_score if accepted else grading.reject_score))


def _read(name: str, file: str, data: bytes) -> Fraction:
    try:
        return number_of(data.decode("ascii", "backslashreplace"))
    except ValueError as error:
        raise JudgeError(f"{name}: {file}: {error}") from None
