"""Which judgement type a contest publishes for a precise verdict.

The pure core of the streams has its own, since it may import nothing; a test holds the two to the same answers.
"""

from __future__ import annotations

from schemas.definition import BIG_5, WORLD_FINALS_TYPES, JudgementType
from schemas.events import Definition

__all__ = ["JUDGING_ERROR", "hacked", "judgement_types", "publish_table", "published"]

JUDGING_ERROR = "JE"
"""Shown as pending: no verdict of the judge."""

REJECTED = "RE"
KNOWN = (*BIG_5, "AC", "WA", "TLE", "RTE", "CE", JUDGING_ERROR, "SE", "CS")
"""The Contest API's known judgement types."""


def judgement_types(definition: Definition) -> tuple[JudgementType, ...]:
    """The contest's judgement types: the World Finals' where it names none. Pure."""
    return definition.judgement_types or WORLD_FINALS_TYPES


def published(verdict: str, definition: Definition) -> str | None:
    """The judgement type that is published for a precise verdict. Pure.

    It is what the definition says, the verdict itself, its "Big 5", or plain "rejected", whichever the contest has
    first. None: nobody can be told such a verdict, it shows as pending.
    """
    types = {kind.id for kind in judgement_types(definition)}
    rejected = REJECTED if verdict in KNOWN and BIG_5.get(verdict, verdict) in ("WA", "TLE", "RTE", "CE") else None
    candidates = (definition.publish.get(verdict), verdict, BIG_5.get(verdict), rejected)
    return next((one for one in candidates if one in types), None)


def hacked(verdict: str, definition: Definition) -> str | None:
    """What is published of an accepted submission that was hacked; None for one that was not accepted. Pure."""
    types = {kind.id: kind for kind in judgement_types(definition)}
    told = published(verdict, definition)
    if told is None or not types[told].solved:
        return None
    costly = next((kind.id for kind in types.values() if kind.penalty and not kind.solved), None)
    return published(REJECTED, definition) or costly


def publish_table(definition: Definition) -> dict[str, str]:
    """What is published for every verdict that can be named. Pure."""
    verdicts = sorted({*KNOWN, *definition.publish, *(kind.id for kind in judgement_types(definition))})
    told = ((verdict, published(verdict, definition)) for verdict in verdicts)
    return {verdict: shown for verdict, shown in told if shown is not None}
