"""The Contest API's scoreboard object, out of the rows of a canonical board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from clics.times import format_reltime, format_time
from streams.scoring.clock import ContestClock

__all__ = ["clics_rows", "contest_clock", "scoreboard", "team_clock"]


def contest_clock(facts: Mapping[str, Any]) -> ContestClock:
    """The clock that a contest's access facts tell (`clics.derive`). Pure."""
    return ContestClock(facts["start"], facts["duration"], tuple((start, end) for start, end in facts["removed"]))


def team_clock(facts: Mapping[str, Any], team: Mapping[str, Any] | None) -> ContestClock:
    """The clock of a team, by the contest's access facts and its own: the contest's where it has no times of its own. Pure."""
    clock = contest_clock(facts)
    if team is None or team["times"] is None:
        return clock
    begin, end = team["times"]
    own = replace(clock, start=begin)
    return own if begin is None else replace(own, duration=own.contest_time(end))


def clics_rows(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a canonical board in its order, every one with the rank that the Contest API demands. Pure.

    Teams that hold no rank (disqualified, or hidden and seen by the jury) share the one after the last: they stand
    behind everybody and take no rank away.
    """
    last = 1 + sum("rank" in row for row in rows)
    return [{**row, "rank": row.get("rank", last)} for row in rows]


def scoreboard(
    rows: Sequence[Mapping[str, Any]], state: Mapping[str, Any], facts: Mapping[str, Any], at: int
) -> dict[str, Any]:
    """The scoreboard after an event with the time *at*, UTC ms: canonical rows, CLICS state, the contest's facts. Pure."""
    return {
        "time": format_time(at),
        "contest_time": format_reltime(contest_clock(facts).contest_time(at)),
        "state": state,
        "rows": clics_rows(rows),
    }
