"""What a viewer is told of an object in a version of the Contest API: one function for lists, single objects and feeds."""

from __future__ import annotations

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
    if type_ == "clarifications" and version != NEWEST and viewer.team and shown.get("to_group_ids"):
        shown = shown | {"to_team_ids": [viewer.team]}  # without groups, a message to one of the team's is to the team
    return in_version(version, type_, [shown])
