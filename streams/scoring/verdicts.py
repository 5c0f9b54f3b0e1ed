"""What a verdict means to the board: the contest's table of judgement types, and how precise verdicts are published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

__all__ = [
    "DEFAULT_PUBLISH",
    "DEFAULT_TYPES",
    "JUDGING_ERROR",
    "REJECTED",
    "JudgementType",
    "Outcome",
    "Outcomes",
    "published",
]

JUDGING_ERROR = "JE"
"""The judgement type that is no judgement: such a submission is pending."""


class Outcome(Enum):
    """What became of a submission, as far as scores go."""

    PENDING = 0
    REJECTED = 1
    """Rejected with a judgement that causes penalty time."""
    FREE = 2
    """Rejected with one that does not."""
    ACCEPTED = 3


@dataclass(frozen=True, slots=True)
class JudgementType:
    """A judgement type of the contest."""

    id: str
    penalty: bool
    solved: bool


DEFAULT_TYPES: tuple[JudgementType, ...] = (
    JudgementType("AC", penalty=False, solved=True),
    JudgementType("WA", penalty=True, solved=False),
    JudgementType("TLE", penalty=True, solved=False),
    JudgementType("RTE", penalty=True, solved=False),
    JudgementType("CE", penalty=False, solved=False),
    JudgementType(JUDGING_ERROR, penalty=False, solved=False),
)
"""The World Finals' table, for a contest whose definition names none."""

_CLASSES = {
    "AC": ("APE",),
    "WA": ("OLE", "PE", "EO", "IO", "NO", "RE"),
    "TLE": ("WTL", "ILE", "TCO", "TWA", "TPE", "TEO", "TIO", "TNO"),
    "RTE": ("MLE", "SV", "IF", "RCO", "RWA", "RPE", "REO", "RIO", "RNO"),
    "CE": ("CTL",),
}

DEFAULT_PUBLISH: dict[str, str] = {precise: big for big, found in _CLASSES.items() for precise in found}
"""The "Big 5" of the Contest API's known judgement types, for verdicts that a contest's table does not name."""

REJECTED = "RE"
"""The judgement type that says no more than that the submission was rejected."""

_REJECTIONS = frozenset(verdict for big, found in _CLASSES.items() if big != "AC" for verdict in (big, *found))


def published(verdict: str, types: Iterable[str], publish: Mapping[str, str]) -> str | None:
    """The judgement type that is published for a precise verdict. Pure.

    It is what *publish* says, the verdict itself, its "Big 5", or plain "rejected", whichever the contest has first.

    Args:
        verdict: a CLICS judgement type.
        types: the ids of the contest's judgement types.
        publish: what the contest publishes for a precise type.

    Returns:
        None when the contest has no type for it: nobody can be told such a verdict, it shows as pending.
    """
    known = frozenset(types)
    rejected = REJECTED if verdict in _REJECTIONS else None
    for candidate in (publish.get(verdict), verdict, DEFAULT_PUBLISH.get(verdict), rejected):
        if candidate in known:
            return candidate
    return None


class Outcomes(dict[str, Outcome]):
    """The outcome of each verdict under a contest's judgement types; unknown verdicts are pending."""

    def __init__(self, types: Iterable[JudgementType], publish: Mapping[str, str]) -> None:
        super().__init__()
        self._types = {kind.id: kind for kind in tuple(types) or DEFAULT_TYPES}
        self._publish = publish

    def __missing__(self, verdict: str) -> Outcome:
        shown = published(verdict, self._types, self._publish)
        if shown is None or shown == JUDGING_ERROR:
            outcome = Outcome.PENDING
        elif self._types[shown].solved:
            outcome = Outcome.ACCEPTED
        else:
            outcome = Outcome.REJECTED if self._types[shown].penalty else Outcome.FREE
        self[verdict] = outcome
        return outcome
