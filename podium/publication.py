"""What a problem package asks of the contest that shows the problem: its embargo, and results of groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from packages.model import ProblemPackage

__all__ = ["advice", "too_early"]

_GROUPS_TOLD: Final = frozenset({"groups", "full"})
"""The levels of a contest's feedback by which teams are told the results of groups."""


def too_early(package: ProblemPackage, contest: Mapping[str, Any]) -> str:
    """Why this contest must not start when it says; empty where it may. Pure.

    "The `embargo_until` key, if present, declares that the problem package should not be made publicly available (in
    problem archives, online judges, or similar services) until a certain date and time." What a contest shows to all is
    public from its start on.
    """
    until, start_ms = package.origin.embargo_until, contest["start_time"]
    if until is None or not contest["public"] or start_ms is None or start_ms >= until.timestamp() * 1000:
        return ""
    return (
        f"under embargo until {_utc(until)}, and the contest, which is public, starts before: let it start later, say "
        "`public: false` in podium.yaml, or change embargo_until"
    )


def advice(package: ProblemPackage, contest: Mapping[str, Any], now_ms: int) -> Iterator[str]:
    """What whoever runs the contest should know. Pure."""
    until = package.origin.embargo_until
    if until and contest["public"] and contest["start_time"] is None and now_ms < until.timestamp() * 1000:
        yield f"under embargo until {_utc(until)}: do not start the contest, which is public, before"
    if package.shows_groups and contest["feedback"] not in _GROUPS_TOLD:
        yield (
            "show_test_data_groups: teams are told the results of groups where podium.yaml says `feedback: groups`; "
            f"here it is {contest['feedback']}"
        )


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
