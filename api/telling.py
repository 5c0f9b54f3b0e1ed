"""What a viewer is told of an object in a version of the Contest API: one function for lists, single objects and feeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.access import Scene, Viewer, visible
from api.versions import NEWEST, has, in_version, with_hidden
from schemas.live import Stored

__all__ = ["told"]


def told(version: str, viewer: Viewer, type_: str, stored: Stored, scene: Scene, main_group: str | None) -> list[Any]:
    """The object as the viewer may see it: none, one, or (a message to several teams in 2023-06) one for each. Pure."""
    if not has(version, type_, stored.facts):
        return []
    shown = visible(viewer, type_, stored.object, stored.facts, scene)
    if shown is None:
        return []
    if type_ == "teams":
        shown = with_hidden(version, shown, stored.facts, main_group)
    if type_ == "clarifications" and version != NEWEST:
        shown = _without_groups(viewer, shown, stored.facts)
    return in_version(version, type_, [shown])


def _without_groups(viewer: Viewer, shown: Mapping[str, Any], facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """A message where there are no groups: one to the team's is to the team, and one to groups nobody else is told of."""
    if viewer.team:
        return {**shown, "to_team_ids": [viewer.team]} if shown.get("to_group_ids") else shown
    asked = facts["reply"]
    untold = asked is not None and asked["to_groups"] and not asked["to_teams"]
    return {name: value for name, value in shown.items() if not (untold and name == "reply_to_id")}
