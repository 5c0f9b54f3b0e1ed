"""What the Contest API's `access` endpoint tells: which endpoints and properties somebody sees, and what they may do."""

from __future__ import annotations

from typing import Any

from api.access import Viewer

__all__ = ["ID_PROPERTIES", "PROPERTIES", "access_object"]

PROPERTIES: dict[str, str] = {
    "contest": "id name formal_name start_time countdown_pause_time duration scoreboard_freeze_duration "
    "scoreboard_thaw_time scoreboard_type main_scoreboard_group_id penalty_time",
    "judgement-types": "id name penalty solved simplified_judgement_type_id",
    "languages": "id name entry_point_required entry_point_name extensions",
    "problems": "id label name ordinal rgb color time_limit memory_limit output_limit test_data_count max_score statement",
    "groups": "id name type",
    "organizations": "id name formal_name country url",
    "teams": "id icpc_id name label display_name organization_id group_ids location",
    "persons": "id name role title email sex team_ids",
    "accounts": "id username name type team_id",
    "state": "started frozen ended thawed finalized end_of_updates",
    "submissions": "id language_id problem_id team_id time contest_time entry_point files",
    "judgements": "id submission_id judgement_type_id simplified_judgement_type_id score current start_time "
    "start_contest_time end_time end_contest_time max_run_time",
    "runs": "id judgement_id ordinal judgement_type_id time contest_time run_time",
    "clarifications": "id from_team_id to_team_ids to_group_ids reply_to_id problem_id text time contest_time",
    "awards": "id citation team_ids",
    "commentary": "id time contest_time message tags source_id team_ids problem_ids submission_ids",
}
"""The properties of each type, as the jury sees them."""

ID_PROPERTIES: dict[str, frozenset[str]] = {
    type_: frozenset(name for name in names.split() if name.endswith("_id")) for type_, names in PROPERTIES.items()
}
"""What a list of each type can be filtered by."""

_JURY_ONLY = {"persons": {"email", "sex"}, "accounts": set(PROPERTIES["accounts"].split())}
_SOURCE = {"entry_point", "files"}


def access_object(viewer: Viewer) -> dict[str, Any]:
    """The CLICS access object. Pure; it does not change while the contest goes on."""
    endpoints = []
    for type_, names in PROPERTIES.items():
        hidden = set() if viewer.sees_all else set(_JURY_ONLY.get(type_, ()))
        if type_ == "submissions" and viewer.role == "public":
            hidden |= _SOURCE
        shown = [name for name in names.split() if name not in hidden]
        if shown:
            endpoints.append({"type": type_, "properties": shown})
    capabilities = {"team": ["team_submit"], "admin": ["admin_submit"]}.get(viewer.role, [])
    return {"capabilities": capabilities, "endpoints": endpoints}
