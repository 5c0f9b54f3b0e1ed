"""Who made a problem, where it comes from, on which terms it may be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Origin"]


@dataclass(frozen=True, slots=True)
class Origin:
    """What problem.yaml says of it, for people: no verdict hangs on it.

    `credits` are names by what they did (`authors`, …; `translators sv`), `rights_owner` is the format's default where
    none is given. Until `embargo_until` the problem "should not be made publicly available": no public contest shows it.
    """

    credits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: tuple[str, ...] = ()
    license: str = "unknown"
    rights_owner: str = ""
    embargo_until: datetime | None = None
    keywords: tuple[str, ...] = ()
    version: str = ""
