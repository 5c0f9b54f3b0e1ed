"""DOMjudge's marks in the jury's sources: @EXPECTED_RESULTS@ and @EXPECTED_SCORE@.

What DOMjudge does, by its manual (doc/manual/problem-format.rst) and its code (webapp/src/Service: SubmissionService,
PROBLEM_RESULT_REMAP, normalizeExpectedResult and parseExpectedAnnotation; ImportProblemService):

- a mark may stand in any file of a submission, such as an `expected_result.txt` beside the sources, in any case of
  letters; each kind stands once in all of them, and holds to the end of its line;
- its results are separated by commas: CORRECT, COMPILER-ERROR, TIMELIMIT, RUN-ERROR, NO-OUTPUT, WRONG-ANSWER,
  OUTPUT-LIMIT, in older releases MEMORY-LIMIT; and what problem packages call them: ACCEPTED, WRONG_ANSWER,
  TIME_LIMIT_EXCEEDED, RUN_TIME_ERROR, COMPILER_ERROR, NO_OUTPUT, OUTPUT_LIMIT;
- the folder of a submission is such a result as well, where it names one; it counts for more than the mark;
- a score that is no number is a list of results;
- its own test programs bear CHECK-MANUALLY, where a person must see what came of it, and NONE-SUBMIT-FAILS, where
  nothing is judged.

Podium takes a hyphen for an underscore and the other way round in all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from packages.findings import Findings
from packages.model import Program

__all__ = ["Marks", "read_marks", "result_named"]

_MARK: Final = re.compile(rb"@EXPECTED_(RESULTS|SCORE)@:([^\n]*)", re.IGNORECASE)
_BYTES: Final = 1 << 20
"""Of a file that are read: no source that can be judged is longer."""

_RESULTS: Final = {
    **dict.fromkeys(("CORRECT", "ACCEPTED"), "AC"),
    **dict.fromkeys(("WRONG-ANSWER", "NO-OUTPUT", "OUTPUT-LIMIT"), "WA"),
    **dict.fromkeys(("TIMELIMIT", "TIME-LIMIT-EXCEEDED"), "TLE"),
    **dict.fromkeys(("RUN-ERROR", "RUN-TIME-ERROR", "MEMORY-LIMIT"), "RTE"),
    **dict.fromkeys(("COMPILER-ERROR", "COMPILE-ERROR"), "CE"),
}
_COMMENT_END: Final = re.compile(r"(\*/|-->|\*\))?\s*$")
"""A comment that ends on the mark's line is no part of it."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What the marks of a submission say. `results` None: nothing; `manual` is the word that leaves it to a person."""

    results: frozenset[str] | None = None
    score: Decimal | None = None
    manual: str = ""


def result_named(word: str) -> str:
    """The verdict that DOMjudge's name for a result means; empty where it is none. Pure."""
    return _RESULTS.get(word.strip().upper().replace("_", "-"), "")


def read_marks(program: Program, path: str, findings: Findings) -> Marks:
    """The marks in all files of a submission; *path* is where it lies in the package.

    Raises:
        OSError: when a file has gone.
    """
    words: list[str] = []
    scores: list[Decimal] = []
    kinds: list[str] = []
    for _, file in program.files:
        with file.open("rb") as source:
            found = _MARK.findall(source.read(_BYTES))
        for kind, raw in found:
            text = _COMMENT_END.sub("", raw.decode("utf-8", "replace")).strip()
            score = _number(text) if kind.upper() == b"SCORE" else None
            kinds.append("score" if score is not None else "results")
            if score is not None:
                scores.append(score)
            else:
                words += [word.strip().upper().replace("_", "-") for word in text.split(",")]
    for kind in ("results", "score"):
        if kinds.count(kind) > 1:
            findings.error(path, f"@EXPECTED_{kind.upper()}@ stands more than once in it")
    manual = [word for word in words if word == "CHECK-MANUALLY" or word.startswith("NONE-")]
    unknown = [word for word in words if word not in manual and word not in _RESULTS]
    if unknown:
        findings.error(path, f"@EXPECTED_RESULTS@: {unknown[0]!r} is no result that podium knows")
    return Marks(
        results=frozenset(_RESULTS[word] for word in words if word in _RESULTS) or None,
        score=scores[0] if scores else None,
        manual=manual[0] if manual else "",
    )


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
