"""What a board's messages say beside its rows: the contest, its times, its problems, its teams. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from api.access import Scene, Viewer, started, visible
from api.view import BoardState
from schemas.live import Stored, is_listed

__all__ = [
    "Picture",
    "blank_delta",
    "snapshot_data",
    "state_data",
    "teams_data",
    "tells_problems",
    "times_of",
]

VIEWERS = {"public": Viewer(), "jury": Viewer("jury")}
"""As whom a board's audience looks at its contest."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The objects that a board is shown with, as the view has them."""

    contest: Stored
    state: Stored | None
    problems: Mapping[str, Stored]
    teams: Mapping[str, Stored]
    organizations: Mapping[str, Stored]

    def scene(self, now: int) -> Scene:
        """What decides who may see what at this event time."""
        return Scene.at(self.contest.facts, now)

    def started(self, now: int) -> bool:
        """Whether the contest has begun, so that everybody may know its problems."""
        return started(self.scene(now))


def tells_problems(picture: Picture, audience: str, now: int) -> bool:
    """Whether this audience's board may show a cell a problem: before the start their ids and number are secret."""
    return audience == "jury" or picture.started(now)


def blank_row(row: bytes) -> bytes:
    """A board's row as the view has it, without cells."""
    return orjson.dumps(orjson.loads(row) | {"cells": []})


def blank_delta(delta: bytes) -> bytes:
    """A delta as the view has it, without cells and first-to-solves."""
    rows = [row | {"cells": []} if row["listed"] else row for row in orjson.loads(delta)["rows"]]
    return orjson.dumps({"rows": rows, "firsts": {}})


def times_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The times that a countdown needs, out of a contest's access facts: moments and durations in ms."""
    return {key: facts[key] for key in ("start", "end", "duration", "freeze", "thaw", "removed")}


def state_data(picture: Picture, audience: str, now: int) -> dict[str, Any]:
    """Contest and state as CLICS has them, its times in ms, its problems in their order.

    `teams_digest` names the teams that belong to this: a client that has others asks anew. Rows have scores in units of
    1 / `score_scale`.
    """
    viewer, scene = VIEWERS[audience], picture.scene(now)
    problems = [visible(viewer, "problems", one.object, one.facts, scene) for one in picture.problems.values()]
    return {
        "contest": picture.contest.object,
        "state": picture.state.object if picture.state else {},
        "times": times_of(picture.contest.facts),
        "score_scale": picture.contest.facts["score_scale"],
        "problems": sorted((one for one in problems if one), key=lambda one: one["ordinal"]),
        "teams_digest": teams_data(picture, audience, now)["digest"],
    }


def teams_data(picture: Picture, audience: str, now: int) -> dict[str, Any]:
    """What a row shows of its team, by team."""
    viewer, scene = VIEWERS[audience], picture.scene(now)
    found = {}
    for id_, stored in sorted(picture.teams.items()):
        team = visible(viewer, "teams", stored.object, stored.facts, scene)
        if team is None:
            continue
        shown = {"name": team.get("display_name") or team["name"], "label": team["label"]}
        organization = picture.organizations.get(team.get("organization_id") or "")
        if organization is not None:
            shown["organization"] = organization.object["name"]
            shown["country"] = organization.object.get("country")
        found[id_] = shown
    return {"teams": found, "digest": hashlib.sha256(orjson.dumps(found)).hexdigest()[:16]}


def snapshot_data(picture: Picture, audience: str, now: int, board: BoardState) -> bytes:
    """All of a board at one revision, as JSON: its rows are passed on as they lie in the view.

    To an audience that may not know the problems yet, without cells: a problem without a cell is untried.
    """
    teams = teams_data(picture, audience, now)["teams"]
    # the name of a generation is a position of the log
    jurys = {"generation": board.generation} if audience == "jury" else {}
    base = orjson.dumps(state_data(picture, audience, now) | {"teams": teams} | jurys)
    # in an order of their own: Redis's is that of a table, which depends on how often it was asked
    rows = [row for _, row in sorted(board.rows.items()) if is_listed(row)]
    if not tells_problems(picture, audience, now):
        return base[:-1] + b',"rows":[' + b",".join(map(blank_row, rows)) + b'],"firsts":{}}'
    found = sorted(board.firsts.items())
    firsts = b",".join(orjson.dumps(problem.decode()) + b":" + value for problem, value in found)
    return base[:-1] + b',"rows":[' + b",".join(rows) + b'],"firsts":{' + firsts + b"}}"
