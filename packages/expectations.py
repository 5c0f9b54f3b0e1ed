"""What the formats and `submissions.yaml` require of the jury's submissions, and whether it can be had."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from packages.credits import people
from packages.files import PackageFiles
from packages.findings import Findings
from packages.globs import MOST, Names, too_many
from packages.kinds import flag, note, text
from packages.languages import LANGUAGE_CODES
from packages.model import Requirement
from packages.yaml_file import Keys, load_yaml

__all__ = ["ALL", "FILE", "Rule", "contradictions", "folders", "possible", "read_rules"]

FILE: Final = "submissions/submissions.yaml"

ALL: Final = frozenset({"AC", "WA", "TLE", "RTE"})
_SLOW: Final = frozenset({"TLE"})

Bounds = Literal["lower", "upper", "no"]
_BOUNDS: Final[Mapping[bool | str, Bounds | None]] = {True: None, False: "no", "lower": "lower", "upper": "upper"}
"""The values of `use_for_time_limit`."""

Verdicts = frozenset[str]

_FOLDERS_2025: Final[Mapping[str, tuple[Verdicts, Verdicts]]] = {
    "accepted": (frozenset({"AC"}), ALL),
    "rejected": (ALL, ALL - {"AC"}),
    "wrong_answer": (frozenset({"AC", "WA"}), frozenset({"WA"})),
    "time_limit_exceeded": (frozenset({"AC", "TLE"}), _SLOW),
    "run_time_error": (frozenset({"AC", "RTE"}), frozenset({"RTE"})),
    "brute_force": (frozenset({"AC", "RTE", "TLE"}), frozenset({"RTE", "TLE"})),
}
_FOLDERS_LEGACY: Final[Mapping[str, tuple[Verdicts, Verdicts]]] = {
    "accepted": (frozenset({"AC"}), ALL),
    "partially_accepted": (ALL, ALL),
    "wrong_answer": (frozenset({"AC", "WA"}), frozenset({"WA"})),
    "time_limit_exceeded": (frozenset({"AC", "WA", "TLE"}), _SLOW),
    "run_time_error": (ALL, frozenset({"RTE"})),
}
"""Permitted and required verdicts by folder. What `partially_accepted` asks for is a score, and no verdict of a test."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What submissions.yaml says of the submissions that a pattern matches."""

    pattern: str
    requirements: tuple[Requirement, ...]
    language: str
    entry_point: str
    authors: tuple[str, ...]
    model_solution: bool


def folders(format_: str) -> dict[str, tuple[Requirement, ...]]:
    """What each folder of the format requires.

    In the legacy formats the time limit follows from `accepted` and, for its margin, `time_limit_exceeded` alone.
    """
    if format_ == "2025-09":
        return {name: (Requirement(name, *verdicts),) for name, verdicts in _FOLDERS_2025.items()}
    bounding = ("accepted", "time_limit_exceeded")
    return {
        name: (Requirement(name, *verdicts, time_limit=None if name in bounding else "no"),)
        for name, verdicts in _FOLDERS_LEGACY.items()
    }


def read_rules(
    files: PackageFiles, names: Names, *, scoring: bool, findings: Findings
) -> tuple[dict[str, tuple[Requirement, ...]], list[Rule]]:
    """The rules of submissions.yaml in the 2025-09 format.

    Returns what whole folders by their name require, which replaces the default, and what patterns add to it.
    """
    if FILE not in files:
        return {}, []
    replaced: dict[str, tuple[Requirement, ...]] = {}
    rules = []
    for key, keys in load_yaml(files, FILE, findings).maps():
        pattern = key.rstrip("/")
        if "**" in pattern or "[" in pattern:
            findings.error(FILE, f"{key}: ** and [] are not part of the format")
            continue
        if too_many(pattern):
            findings.error(FILE, f"{key[:60]}: stands for more than {MOST} patterns")
            continue
        language, entry = keys.take("language", _language, ""), keys.take("entrypoint", text, "")
        authors = keys.take("authors", people, ())
        model = keys.take("model_solution", flag, default=False)
        is_folder = "/" not in pattern and files.is_folder(f"submissions/{pattern}")
        base = _FOLDERS_2025.get(pattern, (ALL, ALL)) if is_folder else (ALL, ALL)
        found = tuple(_Reader(names, pattern, scoring=scoring).rules(keys, base))
        if is_folder:
            replaced[pattern] = found
        rules.append(Rule(pattern, () if is_folder else found, language, entry, authors, model))
    return replaced, rules


class _Reader:
    """Reads the requirements of one pattern of submissions."""

    def __init__(self, names: Names, pattern: str, *, scoring: bool) -> None:
        self._names, self._pattern, self._scoring = names, pattern, scoring

    def rules(self, keys: Keys, base: tuple[Verdicts, Verdicts]) -> Iterator[Requirement]:
        """Those of all test cases, then those of the patterns of test cases and groups."""
        yield from self._requirements(keys, base)
        for key in keys.left():
            tests = key.rstrip("/")
            if too_many(tests):
                keys.error(key, f"stands for more than {MOST} patterns")
                keys.raw(key)
                continue
            if not (self._names.cases_of(tests) or self._names.groups_of(tests)):
                keys.error(key, "is no key of the format, and matches no test case and no test data group")
                keys.raw(key)
                continue
            inner = keys.map(key)
            yield from self._requirements(inner, (ALL, ALL), tests)
            inner.done()
        keys.done()

    def _requirements(self, keys: Keys, base: tuple[Verdicts, Verdicts], tests: str = "") -> Iterator[Requirement]:
        permitted = keys.take("permitted", _verdicts, base[0])
        required = keys.take("required", _verdicts, base[1])
        message = keys.take("message", note, "")
        score = self._score(keys, tests)
        use = keys.take("use_for_time_limit", _use, default=True)
        source = f"{self._pattern}: {tests}" if tests else self._pattern
        if use == "lower":  # "equivalent to a `permitted: [AC, WA, RTE]` constraint"
            permitted -= _SLOW
        if not permitted & required:
            keys.error("required", "and permitted have no verdict in common")
            return
        if use == "upper":  # "equivalent to […] a `required: [TLE]` constraint"
            if "TLE" not in permitted:
                keys.error("use_for_time_limit", "upper asks for a TLE, and permitted has none")
                return
            if "TLE" not in required:
                yield Requirement(source, permitted, _SLOW, tests)
            else:
                required = _SLOW
        if (permitted, required, message, score) != (ALL, ALL, "", None):
            limit = _BOUNDS[use]
            yield Requirement(source, permitted, required, tests, message, score, limit)

    def _score(self, keys: Keys, tests: str) -> tuple[Decimal, Decimal] | None:
        if "score" not in keys:
            return None
        if not self._scoring:
            keys.error("score", "is only for scoring problems")
        elif tests and not self._names.groups_of(tests) - {"sample"}:
            keys.error("score", f"{tests} is no test data group that has a score")
        return keys.take("score", _score_range, None)


def possible(requirements: Sequence[Requirement], names: Names) -> frozenset[str]:
    """The verdicts that a submission can get as a whole under these requirements. Pure.

    It is the verdict of the first test case, in the order of judging, that is not accepted; AC where all are.
    """
    allowed = _allowed(requirements, names)
    found: set[str] = set()
    for verdicts in allowed.values():
        found |= verdicts - {"AC"}
        if "AC" not in verdicts:
            return frozenset(found)
    return frozenset(found | {"AC"} if all("AC" in r.required for r in requirements) else found)


def contradictions(requirements: Sequence[Requirement], names: Names) -> Iterator[str]:
    """Why no submission can satisfy all of these requirements. Pure."""
    allowed = _allowed(requirements, names)
    for case, verdicts in allowed.items():
        if not verdicts:
            sources = [r.source for r in requirements if r.permitted != ALL and case in names.cases_of(r.tests)]
            yield f"{case}: {' and '.join(sources)} have no permitted verdict in common"
            return
    for requirement in requirements:
        cases = names.cases_of(requirement.tests)
        if cases and not any(allowed[case] & requirement.required for case in cases):
            yield f"{_either(requirement.required)}, which {requirement.source} requires, is not permitted by the others"
    scores: dict[str, tuple[Decimal, Decimal]] = {}
    for requirement in requirements:
        if requirement.score is None:
            continue
        for group in names.groups_of(requirement.tests) if requirement.tests else ("secret",):
            low, high = scores.get(group, requirement.score)
            both = max(low, requirement.score[0]), min(high, requirement.score[1])
            if both[0] > both[1]:
                yield f"no score of {group} is in all the ranges that are required of it"
                return
            scores[group] = both


def _allowed(requirements: Sequence[Requirement], names: Names) -> dict[str, frozenset[str]]:
    """The verdicts that every requirement permits, by test case in the order of judging."""
    allowed = dict.fromkeys(names.cases, ALL)
    for requirement in requirements:
        if requirement.permitted != ALL:
            for case in names.cases_of(requirement.tests):
                allowed[case] &= requirement.permitted
    return allowed


def _either(verdicts: Verdicts) -> str:
    return " or ".join(sorted(verdicts))


def _verdicts(value: Any) -> Verdicts:
    if isinstance(value, list) and value and all(isinstance(v, str) for v in value) and set(value) <= ALL:
        return frozenset(value)
    raise ValueError("must be a sequence of AC, WA, TLE and RTE")


def _use(value: Any) -> bool | str:
    if isinstance(value, (bool, str)) and value in _BOUNDS:
        return value
    raise ValueError("must be true, false, lower or upper")


def _language(value: Any) -> str:
    if value not in LANGUAGE_CODES:
        raise ValueError("must be a code of the format's table of languages")
    return str(value)


def _score_range(value: Any) -> tuple[Decimal, Decimal]:
    bounds = value if isinstance(value, list) else [value, value]
    numbers = [v for v in bounds if isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v)]
    if len(bounds) != 2 or len(numbers) != 2:
        raise ValueError("must be a number, or a sequence of two numbers")
    low, high = (Decimal(str(number)) for number in numbers)
    if low > high:
        raise ValueError("must be a range, its lower end first")
    return low, high
