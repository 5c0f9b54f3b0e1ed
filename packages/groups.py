"""The test data groups of a 2025-09 package: what their test_group.yaml say of scores, and what may go together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from packages.findings import Findings
from packages.kinds import strings, texts
from packages.metadata import Metadata
from packages.model import TestCase, TestGroup
from packages.yaml_file import Keys

__all__ = ["GroupKeys", "read_group_keys", "test_groups"]

Aggregation = Literal["pass-fail", "sum", "min"]

_SCORING_KEYS: Final = ("max_score", "score_aggregation", "require_pass")
_MOST: Final = 10**9
"""The greatest maximum score: scaled by a contest it must stay a 64-bit number."""


@dataclass(frozen=True, slots=True)
class GroupKeys:
    """What a test_group.yaml says of its group's score: None where it says nothing."""

    max_score: Decimal | Literal["unbounded"] | None = None
    aggregation: Aggregation | None = None
    require_pass: tuple[str, ...] = ()
    static_score: Decimal | Literal["pass-fail"] | None = None
    static_args: tuple[str, ...] | None = None


def read_group_keys(keys: Keys, name: str, metadata: Metadata) -> GroupKeys:
    """The keys of a test_group.yaml that are not for its test cases; of those that may not stand in it nothing is left."""
    for key in _SCORING_KEYS:
        if key in keys and (name == "sample" or not metadata.scoring):
            keys.error(key, "is not permitted in sample" if metadata.scoring else "is only for scoring problems")
            keys.raw(key)
    return GroupKeys(
        keys.take("max_score", _max_score, None),
        keys.take("score_aggregation", _aggregation, None),
        keys.take("require_pass", _group_names, ()),
        keys.take("static_validation_score", _static_score, None),
        keys.take("static_validator_args", texts, None),
    )


def test_groups(
    said: Mapping[str, GroupKeys], metadata: Metadata, cases: Sequence[TestCase], findings: Findings
) -> list[TestGroup]:
    """`sample`, `secret` and the groups in it, by what is said of each."""
    held = Counter(case.group for case in cases)
    names = ["sample", "secret", *sorted(name for name in said if name.startswith("secret/"))]
    groups: dict[str, TestGroup] = {}
    for name in names:
        check = _Check(f"data/{name}/test_group.yaml", findings)
        group = _group(name, said.get(name, GroupKeys()), metadata, check)
        _check_static(group, said.get(name, GroupKeys()), metadata, check)
        if name.startswith("secret/") and not held[name] and group.static_score is None:
            findings.error(f"data/{name}", "is a test data group without a test case")
        if metadata.scoring:
            _check_scores(group, groups, check)
            _check_required(group, groups, check)
        groups[name] = group
    found = list(groups.values())
    if metadata.scoring:
        _check_total(found, findings)
    return found


@dataclass(frozen=True, slots=True)
class _Check:
    file: str
    findings: Findings

    def error(self, key: str, cause: str) -> None:
        self.findings.error(self.file, f"{key}: {cause}")


def _group(name: str, keys: GroupKeys, metadata: Metadata, check: _Check) -> TestGroup:
    aggregation: Aggregation = "pass-fail"
    most: Decimal | None = None
    if metadata.scoring and name != "sample":
        aggregation = keys.aggregation or ("sum" if name == "secret" else "pass-fail")
        default: Decimal | Literal["unbounded"] = Decimal(100) if name == "secret" else "unbounded"
        given = default if keys.max_score is None else keys.max_score
        most = None if given == "unbounded" else given
    static: Decimal | None = None
    if keys.static_score is not None:
        static = Decimal(0) if keys.static_score == "pass-fail" else keys.static_score
        if most is not None and static > most:
            check.error("static_validation_score", f"{static} is more than the max_score {most}")
    return TestGroup(name, aggregation, most, keys.require_pass, static, keys.static_args or ())


def _check_static(group: TestGroup, keys: GroupKeys, metadata: Metadata, check: _Check) -> None:
    score = keys.static_score
    if score is None:
        if keys.static_args is not None:
            check.error("static_validator_args", "is given without static_validation_score")
        return
    if score == "pass-fail":
        if group.aggregation != "pass-fail":
            check.error("static_validation_score", f"is pass-fail, but score_aggregation is {group.aggregation}")
    elif not metadata.scoring:
        check.error("static_validation_score", "must be pass-fail: a score is only for scoring problems")
    elif group.aggregation != "pass-fail":
        return
    elif group.name == "sample":
        check.error("static_validation_score", "must be pass-fail: samples have no score")
    else:
        check.error("static_validation_score", "must be pass-fail, as score_aggregation is")


def _check_scores(group: TestGroup, before: Mapping[str, TestGroup], check: _Check) -> None:
    """`secret` comes before its groups."""
    if group.name == "sample":
        return
    if group.aggregation == "pass-fail" and group.max_score is None:
        check.error("max_score", "is missing, or unbounded: with pass-fail aggregation it must be bounded")
    secret = before.get("secret")
    if secret is None:
        return
    if group.aggregation != "pass-fail" and group.max_score is None and secret.max_score is not None:
        check.error("max_score", f"is missing, or unbounded: that of secret is {secret.max_score}")
    if secret.aggregation == "pass-fail" and group.aggregation != "pass-fail":
        check.error("score_aggregation", "must be pass-fail, as that of secret is")


def _check_required(group: TestGroup, before: Mapping[str, TestGroup], check: _Check) -> None:
    for name in group.require_pass:
        required = before.get(name)
        if group.name == "secret" and name != "sample":
            check.error("require_pass", f"secret may depend on sample only, not on {name!r}")
        elif name == "secret" or required is None:
            check.error(
                "require_pass", f"{name!r} is neither sample nor a test data group that comes before {group.name}"
            )
        elif required.aggregation != "pass-fail":
            check.error("require_pass", f"{name} has {required.aggregation} aggregation; it must be pass-fail")


def _check_total(groups: Sequence[TestGroup], findings: Findings) -> None:
    """What `secret` is worth, and what its groups are."""
    secret = next(group for group in groups if group.name == "secret")
    inner = [group for group in groups if group.name.startswith("secret/")]
    if inner and secret.static_score is not None:
        findings.error(
            "data/secret/test_group.yaml",
            "static_validation_score: secret has test data groups; its score is that of groups or of test cases, not both",
        )
    worth = [group.max_score for group in inner if group.max_score is not None]
    if secret.max_score is None or not worth or len(worth) < len(inner):
        return
    if secret.aggregation == "pass-fail":
        return
    total = sum(worth, Decimal(0)) if secret.aggregation == "sum" else min(worth)
    if total != secret.max_score:
        findings.warn(
            "data/secret", f"max_score is {secret.max_score}; with its groups a submission can get {total} at most"
        )


def _max_score(value: Any) -> Decimal | Literal["unbounded"]:
    if value == "unbounded":
        return "unbounded"
    return _points(value, "unbounded")


def _static_score(value: Any) -> Decimal | Literal["pass-fail"]:
    if value == "pass-fail":
        return "pass-fail"
    return _points(value, "pass-fail")


def _points(value: Any, other: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise ValueError(f"must be an integer from 0 to {_MOST}, or {other}")
    return Decimal(value)


def _aggregation(value: Any) -> Aggregation:
    if value == "pass-fail":
        return "pass-fail"
    if value == "sum":
        return "sum"
    if value == "min":
        return "min"
    raise ValueError("must be pass-fail, sum or min")


def _group_names(value: Any) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else strings(value)
    return tuple(dict.fromkeys(names))
