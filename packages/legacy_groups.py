"""The folders of a legacy package's data as test data groups: how each is graded, what it inherits included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from packages.findings import Findings
from packages.graders import DEFAULT_FLAGS, IGNORE_SAMPLE
from packages.kinds import words
from packages.metadata import Metadata
from packages.model import LegacyGrading, TestGroup
from packages.scores import number_of
from packages.yaml_file import Keys

__all__ = ["GradingKeys", "legacy_groups", "read_grading_keys"]

Range = tuple[Decimal | None, Decimal | None]

_SCORING_KEYS: Final = ("accept_score", "reject_score", "range")
_INFINITE: Final = ({"-inf"}, {"inf", "+inf"})


@dataclass(frozen=True, slots=True)
class GradingKeys:
    """What a testdata.yaml says of grading: None where it says nothing."""

    on_reject: Literal["break", "continue"] | None = None
    grading: Literal["default", "custom"] | None = None
    flags: tuple[str, ...] | None = None
    accept_score: Decimal | None = None
    reject_score: Decimal | None = None
    range: Range | None = None


def read_grading_keys(keys: Keys, folder: str, metadata: Metadata) -> GradingKeys:
    """The keys of the testdata.yaml of a folder of data ("": of data itself) that are about grading."""
    for key in _SCORING_KEYS:
        if key in keys and not metadata.scoring:
            keys.error(key, "is only for scoring problems")
            keys.raw(key)
    found = GradingKeys(
        keys.take("on_reject", _on_reject, None),
        keys.take("grading", _grading, None),
        keys.take("grader_flags", words, None),
        keys.take("accept_score", _number, None),
        keys.take("reject_score", _number, None),
        keys.take("range", _range, None),
    )
    if found.grading == "custom" and not metadata.scoring:
        keys.error("grading", "custom is only for scoring problems")
    if IGNORE_SAMPLE in (found.flags or ()) and folder and found.grading != "custom":
        keys.error("grader_flags", f"{IGNORE_SAMPLE} is for data itself, not for a folder in it")
    return found


def legacy_groups(
    folders: Iterable[str], said: Mapping[str, GradingKeys], metadata: Metadata, findings: Findings
) -> list[TestGroup]:
    """Every folder as a group: data itself, "", first, and each one before what is in it."""
    gradings: dict[str, LegacyGrading] = {}
    for folder in sorted(folders, key=lambda name: name.split("/")):
        keys = said.get(folder, GradingKeys())
        outer = LegacyGrading(custom_score=metadata.validator_scores)
        if folder:
            outer = gradings[folder.rpartition("/")[0]]
        gradings[folder] = _over(keys, outer)
        _check_flags(folder, gradings[folder], findings)
    if IGNORE_SAMPLE in gradings[""].flags and not gradings[""].custom:
        # "inherited transitively", and "must only be used on the root level": what is in the data does without
        gradings = {name: _without_ignore(one) if name else one for name, one in gradings.items()}
    return [TestGroup(name, legacy=one) for name, one in gradings.items()]


def _over(keys: GradingKeys, outer: LegacyGrading) -> LegacyGrading:
    return LegacyGrading(
        on_reject=keys.on_reject or outer.on_reject,
        custom=outer.custom if keys.grading is None else keys.grading == "custom",
        flags=outer.flags if keys.flags is None else keys.flags,
        custom_score=outer.custom_score,
        accept_score=outer.accept_score if keys.accept_score is None else keys.accept_score,
        reject_score=outer.reject_score if keys.reject_score is None else keys.reject_score,
        range=outer.range if keys.range is None else keys.range,
    )


def _without_ignore(grading: LegacyGrading) -> LegacyGrading:
    if grading.custom:
        return grading
    flags = tuple(flag for flag in grading.flags if flag != IGNORE_SAMPLE)
    return _over(GradingKeys(flags=flags), grading)


def _check_flags(folder: str, grading: LegacyGrading, findings: Findings) -> None:
    if grading.custom:
        return
    for flag in grading.flags:
        if flag not in DEFAULT_FLAGS:
            where = f"data/{folder}".rstrip("/")
            findings.error(f"{where}/testdata.yaml", f"grader_flags: {flag!r} is no argument of the default grader")


def _on_reject(value: Any) -> Literal["break", "continue"]:
    if value == "break":
        return "break"
    if value == "continue":
        return "continue"
    raise ValueError("must be break or continue")


def _grading(value: Any) -> Literal["default", "custom"]:
    if value == "default":
        return "default"
    if value == "custom":
        return "custom"
    raise ValueError("must be default or custom")


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("must be a number")
    return _decimal(str(value))


def _range(value: Any) -> Range:
    ends = value.split() if isinstance(value, str) else []
    if len(ends) != 2:
        raise ValueError("must be two numbers, or -inf and inf, separated by a space")
    low, high = (None if end in known else _decimal(end) for end, known in zip(ends, _INFINITE, strict=True))
    if low is not None and high is not None and low > high:
        raise ValueError("must begin with the lower one")
    return low, high


def _decimal(text: str) -> Decimal:
    number_of(text)
    return Decimal(text)
