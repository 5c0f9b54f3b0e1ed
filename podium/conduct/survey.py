"""How a contest stands by its log, for a person or a script: times, state, problems, acts, generations, counts."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import Any

from clics.blockers import blockers
from clics.derive import derive
from podium.commands.log import describe
from podium.conduct.deeds import open_pause
from podium.conduct.known import Known
from podium.conduct.times import said_moment
from schemas.events import Team

__all__ = ["Survey", "survey"]


_OF_SUBMISSIONS = ("pending", "running", "judging error", "another package", "unverified")
"""Kinds of what is in the way of a final contest that are counted where there is any."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A contest at a glance. `acts` are those of people, in the order of the log."""

    contest: str
    name: str
    state: str
    times: dict[str, str]
    counts: dict[str, int]
    generations: dict[str, str]
    problems: list[dict[str, Any]]
    acts: list[dict[str, Any]]


def survey(known: Known, now: int) -> Survey:
    """Look at a contest as of *now*, event time in UTC ms. Pure."""
    state, scores = known.state, known.scores.contest
    definition = state.definition
    assert definition is not None
    open_ = {one.id: one for one in scores.generations}
    active = open_.get(scores.active)
    said = f"{scores.active}: {active.told}" if active else scores.active
    others = ", ".join(f"{id_}: {one.told}" for id_, one in open_.items() if id_ != scores.active)
    return Survey(
        contest=known.contest,
        name=definition.name,
        state=_state(known, now),
        times=known.picture(),
        counts=_counts(known, now),
        generations={"active generation": said, **({"other generations": others} if others else {})},
        problems=[
            {
                "id": one.id,
                "label": one.label,
                "name": one.name,
                "weight": one.weight,
                "package": one.package,
                "time_limit_ms": one.time_limit_ms,
                "withdrawn": one.withdrawn,
            }
            for one in sorted(state.problems.values(), key=lambda one: one.ordinal)
        ],
        acts=_acts(known),
    )


def _state(known: Known, now: int) -> str:
    """What has come, in words: as the Contest API's state has it, and whether it is paused."""
    made = derive(known.state, [("state", "state")]).get(("state", "state"))
    stated: dict[str, Any] = made[0] if made else {}
    came = [name.replace("_", " ") for name in stated if stated[name] is not None]
    since = open_pause(known, now)
    return ", ".join([*came, *([f"paused since {said_moment(since)}"] if since is not None else [])]) or "not started"


def _counts(known: Known, now: int) -> dict[str, int]:
    state = known.state
    teams = [one for one in state.of("teams") if isinstance(one, Team) and not one.removed]
    waiting = Counter(one.kind for one in blockers(state, now))
    return {
        "teams": len(teams),
        "hidden teams": sum(state.hidden(team.id) for team in teams),
        "submissions": len(state.submissions),
        **{kind: waiting[kind] for kind in _OF_SUBMISSIONS if waiting[kind]},
        "unanswered clarifications": waiting["clarification"],
        "open rejudgings": waiting["rejudging"],
        "skipped positions": len(known.scores.contest.skipped),
    }


def _acts(known: Known) -> list[dict[str, Any]]:
    return [
        {
            "position": position,
            "when": said_moment(act.recorded_at),
            "who": act.recorded_by,
            "act": type(act).__name__,
            "what": describe(dataclasses.replace(act, id="", reason="")),
            "why": act.reason,
        }
        for position, act in known.acts.items()
    ]
