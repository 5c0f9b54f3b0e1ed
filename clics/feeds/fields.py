"""The types and fields of the Contest API in each version, as our own table, and which version a feed speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["FIELDS", "REFERENCES", "TYPES", "VERSIONS", "Evidence", "Field", "fields_of"]

VERSIONS = ("2020-03", "2021-11", "2022-07", "2023-06", "2026-01")

_TABLE = """
contest
  id id!
  name string!
  formal_name string
  start_time time
  countdown_pause_time reltime
  duration reltime!
  scoreboard_freeze_duration reltime
  scoreboard_thaw_time time 2023-06-
  scoreboard_type scoring 2021-11-
  main_scoreboard_group_id id:groups 2026-01-
  penalty_time minutes -2023-06
  penalty_time reltime 2026-01-
  banner files
  logo files
  location object 2021-11-
judgement-types
  id id!
  name string!
  penalty boolean
  solved boolean!
  simplified_judgement_type_id id:judgement-types 2026-01-
languages
  id id!
  name string!
  entry_point_required boolean! 2021-11-
  entry_point_name string 2021-11-
  extensions strings! 2021-11-
  compiler object 2021-11-
  runner object 2021-11-
problems
  id id!
  uuid string 2021-11-
  label string!
  name string!
  ordinal integer!
  rgb rgb
  color string
  time_limit number
  memory_limit integer 2026-01-
  output_limit integer 2026-01-
  code_limit integer 2026-01-
  test_data_count integer!
  max_score number 2022-07-
  package files 2022-07-
  statement files 2022-07-
  attachments files 2026-01-
groups
  id id!
  icpc_id string
  name string!
  type string
  hidden boolean -2020-03
  location object 2021-11-
organizations
  id id!
  icpc_id string
  name string!
  formal_name string
  country string
  country_flag files 2021-11-
  country_subdivision string 2026-01-
  country_subdivision_flag files 2026-01-
  url string
  twitter_hashtag string
  twitter_account string 2022-07-
  location object
  logo files
teams
  id id!
  icpc_id string
  name string!
  label string! 2023-06-
  display_name string
  organization_id id:organizations
  group_ids ids:groups
  hidden boolean 2021-11-2023-06
  location object
  photo files
  video files
  backup files
  key_log files
  tool_data files
  desktop files
  webcam files
  audio files
team-members -2021-11
  id id!
  icpc_id string
  team_id id:teams!
  name string
  first_name string
  last_name string
  sex string
  role string!
  photo files
persons 2022-07-
  id id!
  icpc_id string
  team_id id:teams -2022-07
  team_ids ids:teams 2023-06-
  name string!
  title string
  email string
  sex string
  role string!
  photo files
accounts 2022-07-
  id id!
  username string!
  password string
  name string 2023-06-
  type string!
  ip string
  team_id id:teams
  person_id id:persons
state
  started time
  frozen time
  ended time
  thawed time
  finalized time
  end_of_updates time
submissions
  id id!
  language_id id:languages!
  problem_id id:problems!
  team_id id:teams! -2023-06
  team_id id:teams 2026-01-
  account_id id:accounts 2026-01-
  time time!
  contest_time reltime!
  entry_point string
  files files
  reaction files
judgements
  id id!
  submission_id id:submissions!
  judgement_type_id id:judgement-types
  simplified_judgement_type_id id:judgement-types 2026-01-
  score number 2021-11-
  current boolean 2026-01-
  start_time time!
  start_contest_time reltime!
  end_time time
  end_contest_time reltime
  max_run_time number
runs
  id id!
  judgement_id id:judgements!
  ordinal integer!
  judgement_type_id id:judgement-types!
  time time!
  contest_time reltime!
  run_time number
clarifications
  id id!
  from_team_id id:teams
  to_team_id id:teams -2023-06
  to_team_ids ids:teams 2026-01-
  to_group_ids ids:groups 2026-01-
  reply_to_id id:clarifications
  problem_id id:problems
  text string!
  time time!
  contest_time reltime!
awards
  id word!
  citation string!
  team_ids ids:teams
commentary 2021-11-
  id id!
  time time!
  contest_time reltime!
  message string!
  tags strings
  source_id id:persons
  team_ids ids:teams
  problem_ids ids:problems
  submission_ids ids:submissions
"""
"""Type, then its fields: name, kind (`!`: required; `id:TYPE` refers), versions (all without one, else from-to).

Source: the tables of the Contest API 2020-03 to 2026-01. `team_id` of a 2026-01 submission may be missing (the jury's).
"""


class Field(NamedTuple):
    """A field of a type: kind of value, what it refers to, whether it must be there, first and last version (indices)."""

    kind: str
    refers: str | None
    required: bool
    first: int
    last: int


def _span(text: str) -> tuple[int, int]:
    """`2022-07-` from there on, `-2022-07` up to then, `2021-11-2023-06` both, '' all."""
    first, last = 0, len(VERSIONS) - 1
    if text.startswith("-"):
        last = VERSIONS.index(text[1:])
    elif text:
        first = VERSIONS.index(text[:7])
        last = VERSIONS.index(text[8:]) if text[8:] else last
    return first, last


def _read_table() -> tuple[dict[str, tuple[int, int]], dict[str, dict[str, list[Field]]]]:
    types: dict[str, tuple[int, int]] = {}
    found: dict[str, dict[str, list[Field]]] = {}
    type_, mine = "", dict[str, list[Field]]()
    for line in _TABLE.strip().splitlines():
        words = line.split()
        if not line.startswith(" "):
            type_ = words[0]
            types[type_] = _span(words[1] if len(words) > 1 else "")
            mine = found[type_] = {}
            continue
        name, kind, *span = words
        kind, _, refers = kind.rstrip("!").partition(":")
        first, last = _span(span[0] if span else "")
        within = types[type_]
        field = Field(kind, refers or None, words[1].endswith("!"), max(first, within[0]), min(last, within[1]))
        mine.setdefault(name, []).append(field)
    return types, found


TYPES, FIELDS = _read_table()
"""Versions (first and last index) of each type, and its fields; one that changed its kind has several."""

REFERENCES: dict[str, dict[str, str]] = {
    type_: {name: rows[-1].refers for name, rows in mine.items() if rows[-1].refers is not None}
    for type_, mine in FIELDS.items()
}
"""Of each type, the fields that refer to objects, and to which type."""


def fields_of(type_: str, version: str) -> dict[str, Field]:
    """The fields of a type in a version; none where the version does not have the type. Pure."""
    at = VERSIONS.index(version)
    first, last = TYPES[type_]
    if not first <= at <= last:
        return {}
    named = {name: [row for row in rows if row.first <= at <= row.last] for name, rows in FIELDS[type_].items()}
    return {name: rows[0] for name, rows in named.items() if rows}


_LOOKED_AT = 200
"""Objects of each type that are looked at for their version: what a system writes, it writes early."""


@dataclass(slots=True)
class Evidence:
    """What has been seen that tells a feed's version."""

    first: int = 0
    last: int = len(VERSIONS) - 1
    envelope: int | None = None
    seen: dict[str, int] = field(default_factory=dict)

    def envelope_of(self, value: Mapping[str, Any]) -> None:
        """A notification: 2020-03 says what was done (`op`), 2021-11 names the contest and the endpoint."""
        if self.envelope is None:
            if "op" in value:
                self.envelope = 0
            elif "endpoint" in value or "contest_id" in value:
                self.envelope = 1

    def object_of(self, type_: str, found: Mapping[str, Any]) -> None:
        """An object: its type and its fields came and went with versions."""
        count = self.seen[type_] = self.seen.get(type_, 0) + 1
        if count > _LOOKED_AT or type_ not in TYPES:
            return
        self._between(*TYPES[type_])
        for name, value in found.items():
            rows = FIELDS[type_].get(name)
            if rows and value is not None:
                if len(rows) > 1 and name == "penalty_time":
                    rows = [row for row in rows if (row.kind == "reltime") == isinstance(value, str)]
                self._between(min(row.first for row in rows), max(row.last for row in rows))

    def _between(self, first: int, last: int) -> None:
        self.first, self.last = max(self.first, first), min(self.last, last)

    @property
    def version(self) -> str:
        """The newest version that all of it fits; where nothing does, the oldest that has all the fields."""
        if self.envelope is not None:
            return VERSIONS[self.envelope]
        return VERSIONS[max(self.last, self.first)]
