"""Objects of podium's as a version of the Contest API has them, and as its JSON schema demands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from clics.feeds.model import Object
from clics.times import parse_reltime
from schemas.ids import derived_id

__all__ = ["OLDER", "scoreboard_of"]

Told = tuple[str, str | None, Any]

_ROLES = ("contestant", "coach", "staff", "other")
_CODES = {"country": re.compile(r"[A-Z]{3}"), "country_subdivision": re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")}
"""What the codes of a place look like, ISO 3166; others are left out."""
_PLAYLIST = "application/vnd.apple.mpegurl"
"""2023-06 takes videos for videos, and no lists of them."""
_MINUTE = 60_000


def _newest(type_: str, id_: str | None, found: Object) -> Iterator[Told]:
    """2026-01: what was taken in from elsewhere and is not of the API's kind is left out."""
    match type_:
        case "submissions":
            bare: Object = {"entry_point": None, "files": []}
            found = bare | found
            if found["language_id"] in ("c", "cpp"):
                found = found | {"entry_point": None}
        case "organizations":
            wrong = [name for name, pattern in _CODES.items() if not pattern.fullmatch(found.get(name) or "")]
            found = _without(found, *wrong)
        case "persons":
            found = found if found.get("sex") in ("male", "female") else _without(found, "sex")
            teams = found["role"] in ("contestant", "coach") and not found.get("team_ids")
            if teams or found["role"] not in _ROLES:
                found = found | {"role": "other"}
        case "languages":
            found = found | {"extensions": list(dict.fromkeys(found["extensions"]))}
        case "commentary":
            found = found | {"tags": list(dict.fromkeys(found["tags"]))}
        case "awards" if found["team_ids"] is not None:
            found = found | {"team_ids": list(dict.fromkeys(found["team_ids"]))}
    yield type_, id_, found


def _of_2023(type_: str, id_: str | None, found: Object) -> Iterator[Told]:
    """2023-06: penalty time in minutes, one team a clarification, no `current`."""
    for _, _, newest in _newest(type_, id_, found):
        made = {name: _files(value) for name, value in newest.items() if name not in _SINCE.get(type_, ())}
        made = {name: value for name, value in made.items() if value != [] or newest[name] == []}
        if type_ == "contest" and "penalty_time" in made:
            made = made | {"penalty_time": parse_reltime(made["penalty_time"]) // _MINUTE}
        if type_ == "clarifications":
            yield from _clarifications(id_ or "", made, newest)
        else:
            yield type_, id_, made


def _files(value: Any) -> Any:
    """File references without tags, and none of playlists; any other value as it is."""
    if not isinstance(value, list) or not all(isinstance(one, dict) and "mime" in one for one in value):
        return value
    return [_without(one, "tag") for one in value if one["mime"] != _PLAYLIST]


def _clarifications(id_: str, made: Object, newest: Object) -> Iterator[Told]:
    """One message for each team that it goes to, with an id of its own from the second on.

    One to groups is not told: the version has no word for it, and one for each of their teams would come and go with them.
    """
    teams = newest.get("to_team_ids") or ()
    if not teams:
        if not newest.get("to_group_ids"):
            yield "clarifications", id_, made
        return
    for number, team in enumerate(teams):
        mine = id_ if number == 0 else derived_id("clarification", id_, team)
        yield "clarifications", mine, made | {"id": mine, "to_team_id": team}


_SINCE = {
    "contest": ("main_scoreboard_group_id",),
    "judgement-types": ("simplified_judgement_type_id",),
    "problems": ("memory_limit", "output_limit", "code_limit", "attachments"),
    "organizations": ("country_subdivision", "country_subdivision_flag"),
    "submissions": ("account_id",),
    "judgements": ("current", "simplified_judgement_type_id"),
    "clarifications": ("to_team_ids", "to_group_ids"),
}
"""Fields that the text of 2023-06 does not have; where its schema lacks one (`scoreboard_thaw_time`) the text decides."""

OLDER: dict[str, Callable[[str, str | None, Object], Iterator[Told]]] = {"2023-06": _of_2023, "2026-01": _newest}
"""What an object comes to in each version that we write: mostly one, of the same type and id."""


def scoreboard_of(found: Object, version: str) -> Object:
    """A scoreboard of 2026-01 in another version: 2023-06 has whole minutes. Pure."""
    if version == "2026-01":
        return found
    return found | {"rows": [_row(row) for row in found["rows"]]}


def _row(row: Object) -> Object:
    score = _minutes(row["score"], "total_time", "time")
    return row | {"score": score, "problems": [_minutes(cell, "time") for cell in row["problems"]]}


def _minutes(found: Object, *names: str) -> Object:
    made = {name: value for name, value in found.items() if not (name in names and value is None)}
    return made | {name: parse_reltime(made[name]) // _MINUTE for name in names if name in made}


def _without(found: Object, *names: str) -> Object:
    return {name: value for name, value in found.items() if name not in names}
