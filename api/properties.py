"""What the Contest API's `access` endpoint tells: which endpoints and properties somebody sees, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.access import Viewer
from api.versions import NEWEST

__all__ = ["ID_PROPERTIES", "PROPERTIES", "access_object", "capabilities"]

_2026 = {
    "contest": "id name formal_name start_time countdown_pause_time duration scoreboard_freeze_duration "
    "scoreboard_thaw_time scoreboard_type main_scoreboard_group_id penalty_time banner logo location",
    "judgement-types": "id name penalty solved simplified_judgement_type_id",
    "languages": "id name entry_point_required entry_point_name extensions compiler.command compiler.args "
    "compiler.version compiler.version_command runner.command runner.args runner.version runner.version_command",
    "problems": "id uuid label name ordinal rgb color time_limit memory_limit output_limit code_limit test_data_count "
    "max_score package statement attachments",
    "groups": "id icpc_id name type location",
    "organizations": "id icpc_id name formal_name country country_flag country_subdivision country_subdivision_flag url "
    "twitter_hashtag twitter_account location logo",
    "teams": "id icpc_id name label display_name organization_id group_ids location photo video backup key_log tool_data "
    "desktop webcam audio",
    "persons": "id icpc_id name role title email sex team_ids photo",
    "accounts": "id username name type ip team_id person_id",
    "state": "started frozen ended thawed finalized end_of_updates",
    "submissions": "id language_id problem_id team_id account_id time contest_time entry_point files",
    "judgements": "id submission_id judgement_type_id simplified_judgement_type_id score current start_time "
    "start_contest_time end_time end_contest_time max_run_time",
    "runs": "id judgement_id ordinal judgement_type_id time contest_time run_time",
    "clarifications": "id from_team_id to_team_ids to_group_ids reply_to_id problem_id text time contest_time",
    "awards": "id citation team_ids",
    "commentary": "id time contest_time message tags source_id team_ids problem_ids submission_ids",
}

_2023 = _2026 | {
    "contest": "id name formal_name start_time countdown_pause_time duration scoreboard_freeze_duration "
    "scoreboard_thaw_time scoreboard_type penalty_time banner logo location",
    "judgement-types": "id name penalty solved",
    "problems": "id uuid label name ordinal rgb color time_limit test_data_count max_score package statement",
    "organizations": "id icpc_id name formal_name country country_flag url twitter_hashtag twitter_account location logo",
    "teams": f"{_2026['teams']} hidden",
    "submissions": "id language_id problem_id team_id time contest_time entry_point files",
    "judgements": "id submission_id judgement_type_id score start_time start_contest_time end_time end_contest_time "
    "max_run_time",
    "clarifications": "id from_team_id to_team_id reply_to_id problem_id text time contest_time",
}

PROPERTIES: dict[str, dict[str, tuple[str, ...]]] = {
    version: {type_: tuple(names.split()) for type_, names in of.items()}
    for version, of in ((NEWEST, _2026), ("2023-06", _2023))
}
"""The properties of each type in each version, as the jury sees them."""

ID_PROPERTIES: dict[str, dict[str, frozenset[str]]] = {
    version: {
        type_: frozenset(name for name in names if name.endswith("_id") and name != "icpc_id")
        for type_, names in of.items()
    }
    for version, of in PROPERTIES.items()
}
"""What a list of each type can be filtered by, in each version."""

_OF_SCORES = {("problems", "max_score"), ("judgements", "score")}
_OF_PASSING = {("contest", "penalty_time"), ("judgement-types", "penalty")}
_JURY_ONLY = {
    *(("persons", name) for name in ("icpc_id", "email", "sex")),
    ("problems", "package"),
    ("accounts", "ip"),
}
_OF_A_MACHINE = {("teams", name) for name in ("backup", "key_log", "tool_data")}
_SOURCE = {("submissions", "entry_point"), ("submissions", "files")}
_PRIVATE_MESSAGES = {("clarifications", name) for name in ("from_team_id", "to_team_id", "to_team_ids", "to_group_ids")}

_CAPABILITIES = {
    "team": ("team_submit", "post_clar"),
    "analyst": ("post_comment",),
    "jury": ("post_clar", "post_comment"),
    "admin": (
        *("contest_start", "contest_thaw", "proxy_submit", "admin_submit"),
        *("post_clar", "proxy_clar", "admin_clar", "post_comment"),
    ),
}
"""What each role may do. An admin's write with a time is that of an admin, without one that of a proxy."""


def capabilities(version: str, viewer: Viewer) -> dict[str, str]:
    """What the viewer may do in a version, as 2026-01 calls it and as the version does. Pure.

    2023-06 has none for commentary, and of messages without a time only a team's.
    """
    found = {one: one for one in _CAPABILITIES.get(viewer.role, ())}
    if version != NEWEST:
        found.pop("post_comment", None)
        if found.pop("post_clar", None) and viewer.role == "team":
            found["post_clar"] = "team_clar"
    return found


def access_object(version: str, viewer: Viewer, contest: Mapping[str, Any], feedback: str) -> dict[str, Any]:
    """The CLICS access object: what the viewer is served of a contest with this object and feedback. Pure.

    It does not change while the contest goes on.
    """
    hidden = set(_OF_PASSING if contest["scoreboard_type"] == "score" else _OF_SCORES)
    if not viewer.sees_all:
        hidden |= _JURY_ONLY
        if viewer.role == "public":
            hidden |= _SOURCE
        if viewer.role != "analyst":
            hidden |= _OF_A_MACHINE
        if viewer.role != "team":
            hidden |= {*_PRIVATE_MESSAGES, ("submissions", "account_id")}
        elif feedback != "full":
            hidden.add(("judgements", "max_run_time"))
    endpoints = []
    for type_, names in PROPERTIES[version].items():
        unseen = (type_ == "accounts" and not viewer.account) or (
            type_ == "runs" and viewer.role == "team" and feedback == "verdict"
        )
        shown = [] if unseen else [name for name in names if (type_, name) not in hidden]
        if shown:
            endpoints.append({"type": type_, "properties": shown})
    return {"capabilities": list(capabilities(version, viewer).values()), "endpoints": endpoints}
