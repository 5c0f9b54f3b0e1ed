"""How a contest's awards are given: the settings that its definition has as texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["GROUP_WINNER", "KINDS", "AwardSettings"]

KINDS = (
    "winner",
    "gold-medal",
    "silver-medal",
    "bronze-medal",
    "rank",
    "highest-honors",
    "high-honors",
    "honors",
    "honorable-mention",
    "first-to-solve",
    "group-winner",
    "organization-winner",
)
"""The known awards of the Contest API, in the order in which they are listed; some stand for one each of many."""

GROUP_WINNER = "group-winner-"
"""What the id of the award of a group's winner begins with; behind it stands the group's."""

MEDIANS = ("all", "submitted", "solved")


@dataclass(frozen=True, slots=True)
class AwardSettings:
    """Which awards are given, and how. The defaults are what DOMjudge does.

    `given` names KINDS. A team with a rank of at most `gold` gets gold, one of at most `silver` more silver, one of at
    most `bronze` + B more bronze. `medallists_honored`: teams with a medal get honors as well, as the CCS requirements
    say by the letter. `median`: whose median decides who is ranked: all teams that hold a position, those that have
    submitted, or those that have solved something.
    """

    given: frozenset[str] = frozenset(KINDS) - {"organization-winner"}
    gold: int = 4
    silver: int = 4
    bronze: int = 4
    medallists_honored: bool = False
    median: str = "all"

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> AwardSettings:
        """The settings of a definition. Pure.

        Raises:
            ValueError: for a setting that there is not, or one with a value that it cannot have; the text names it.
        """
        found: dict[str, object] = {}
        for key, text in texts.items():
            match key:
                case "given":
                    found[key] = _kinds(text)
                case "gold" | "silver" | "bronze":
                    found[key] = _count(key, text)
                case "medallists_honored":
                    found[key] = _one_of(key, text, ("yes", "no")) == "yes"
                case "median":
                    found[key] = _one_of(key, text, MEDIANS)
                case _:
                    there = ", ".join(cls.__dataclass_fields__)
                    raise ValueError(f"awards: there is no setting {key!r}; there are {there}")
        return cls(**found)  # type: ignore[arg-type]  # each by its own check


def _kinds(text: str) -> frozenset[str]:
    kinds = text.replace(",", " ").split()
    for kind in kinds:
        if kind not in KINDS:
            raise ValueError(f"awards: given: there is no award {kind!r}; there are {', '.join(KINDS)}")
    return frozenset(kinds)


def _count(key: str, text: str) -> int:
    # no contest gives more, and more digits than a number may have are no number
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise ValueError(f"awards: {key} is a whole number of at most six digits, not {text!r}")
    return int(text)


def _one_of(key: str, text: str, values: tuple[str, ...]) -> str:
    if text not in values:
        raise ValueError(f"awards: {key} is {', '.join(values[:-1])} or {values[-1]}, not {text!r}")
    return text
