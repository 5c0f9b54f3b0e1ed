"""Who takes part in the demo: 24 invented teams of 12 invented universities, and the accounts of each role."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from clics.times import format_reltime, format_time
from podium.demo.pictures import banner_svg, mark_png, mark_svg, team_svg

__all__ = [
    "CONTEST",
    "DURATION_MS",
    "FREEZE_MS",
    "RATE",
    "TEAMS",
    "THAW_AFTER_MS",
    "Cast",
    "DemoTeam",
    "Plan",
    "write_contest",
]

CONTEST = "demo"
DURATION_MS = 5 * 3_600_000
FREEZE_MS = 3_600_000
RATE = 100
"""Event time runs a hundred times as fast as real time: five hours in three minutes."""

THAW_AFTER_MS = 15 * 60_000
"""The board thaws nine real seconds after the end: time to read that it is frozen."""

_UNIVERSITIES = (
    ("aurelia", "University of Aurelia", "ISL", 64.1, -21.9),
    ("brenn", "Brenn Institute of Technology", "CHE", 46.9, 7.4),
    ("calder", "Calder College", "GBR", 51.5, -0.1),
    ("dunmoor", "Dunmoor University", "IRL", 53.3, -6.3),
    ("estrel", "Estrel Polytechnic", "PRT", 38.7, -9.1),
    ("fjordby", "Fjordby Technical University", "NOR", 59.9, 10.8),
    ("galen", "Galen University", "GRC", 38.0, 23.7),
    ("harrow", "Harrowfield State", "USA", 41.9, -87.6),
    ("ilmari", "Ilmari School of Science", "FIN", 60.2, 24.9),
    ("juniper", "Juniper Valley University", "CAN", 45.4, -75.7),
    ("kestrel", "Kestrel Coast University", "NZL", -41.3, 174.8),
    ("lumen", "Lumen Academy", "JPN", 35.7, 139.7),
)
"""Id, name, country, and where they would be."""
_NAMES = (
    *("Segfault Safari", "Off By One", "Big O No", "Lazy Propagators", "The Deadlocks", "Null and Void"),
    *("Greedy Goats", "Amortized", "Stack Underflow", "Prime Suspects", "Tail Recursion", "Hash Collision"),
    *("Binary Beasts", "Union Finders", "Heap of Trouble", "Bit by Bit", "Monotone Queue", "Palindromemordnilap"),
    *("Dijkstra's Cat", "Bellman's Fjord", "Euler's Path", "Red Black Tea", "Two Pointers", "Fenwick Forest"),
)


@dataclass(frozen=True, slots=True)
class DemoTeam:
    """A team of the demo: `strength` 0 to 23, 0 the strongest."""

    id: str
    name: str
    organization_id: str
    strength: int


TEAMS: tuple[DemoTeam, ...] = tuple(
    DemoTeam(f"{n + 1:02d}", name, _UNIVERSITIES[n % 12][0], (n * 7) % 24) for n, name in enumerate(_NAMES)
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The frame of a contest with these teams. `prefix` begins the teams' logins, which are one namespace."""

    start_ms: int
    id: str = CONTEST
    name: str = "podium demo"
    formal_name: str = "A rehearsal of five hours in three minutes"
    duration_ms: int = DURATION_MS
    freeze_ms: int = FREEZE_MS
    thaw_after_ms: int | None = THAW_AFTER_MS
    rehearsal: bool = True
    prefix: str = "team"

    def username(self, team: DemoTeam) -> str:
        """The team's login."""
        return f"{self.prefix}{team.id}"


@dataclass(frozen=True, slots=True)
class Cast:
    """The passwords of a contest's accounts by username, drawn anew each time."""

    passwords: dict[str, str]

    @classmethod
    def draw(cls, plan: Plan) -> Cast:
        """New passwords, short enough to type."""
        users = (*_STAFF, *(plan.username(team) for team in TEAMS))
        return cls({user: secrets.token_hex(4) for user in users})


_STAFF = {"jury": "judge", "analyst": "analyst", "admin": "admin"}
_COLORS = (
    *(("red", "#d62728"), ("green", "#2ca02c"), ("blue", "#1f77b4"), ("yellow", "#e7ba52")),
    *(("purple", "#9467bd"), ("orange", "#ff7f0e"), ("teal", "#17becf"), ("pink", "#e377c2")),
)


def write_contest(root: Path, problems: list[tuple[str, str, Path]], plan: Plan, cast: Cast) -> Path:
    """Write a contest package with these teams: problems as (id, name, folder of the package). Returns its folder."""
    root.mkdir(parents=True, exist_ok=True)
    contest: dict[str, Any] = {
        "id": plan.id,
        "name": plan.name,
        "formal_name": plan.formal_name,
        "start_time": format_time(plan.start_ms),
        "duration": format_reltime(plan.duration_ms),
        "scoreboard_freeze_duration": format_reltime(plan.freeze_ms),
        "penalty_time": "0:20:00",
        "location": {"latitude": 60.2, "longitude": 24.9},
    }
    if plan.thaw_after_ms is not None:
        contest["scoreboard_thaw_time"] = format_time(plan.start_ms + plan.duration_ms + plan.thaw_after_ms)
    accounts = [{"id": u, "username": u, "type": kind, "password": cast.passwords[u]} for u, kind in _STAFF.items()]
    for team in TEAMS:
        name = plan.username(team)
        accounts.append(
            {"id": name, "username": name, "type": "team", "team_id": team.id, "password": cast.passwords[name]}
        )
    files: dict[str, Any] = {
        "contest.yaml": contest,
        "podium.yaml": {
            "rehearsal": plan.rehearsal,
            "problems": {id_: {"package": str(path)} for id_, _, path in problems},
        },
        "problems.yaml": [
            {
                "id": id_,
                "label": chr(ord("A") + n),
                "name": name,
                "ordinal": n + 1,
                "color": _COLORS[n % len(_COLORS)][0],
                "rgb": _COLORS[n % len(_COLORS)][1],
            }
            for n, (id_, name, _) in enumerate(problems)
        ],
        "organizations.json": [
            {
                "id": id_,
                "name": name,
                "country": country,
                "location": {"latitude": latitude, "longitude": longitude},
                "twitter_hashtag": f"#{id_}",
            }
            for id_, name, country, latitude, longitude in _UNIVERSITIES
        ],
        "groups.json": [{"id": "participants", "name": "Participants"}],
        "teams.json": [
            {
                "id": team.id,
                "label": team.id,
                "name": team.name,
                "organization_id": team.organization_id,
                "group_ids": ["participants"],
                "location": {"x": 4 * (n % 6), "y": 3 * (n // 6), "rotation": 0},
            }
            for n, team in enumerate(TEAMS)
        ],
        "persons.json": _persons(),
        "accounts.yaml": accounts,
    }
    for name, content in files.items():
        text = yaml.safe_dump(content, sort_keys=False) if name.endswith("yaml") else json.dumps(content, indent=2)
        (root / name).write_text(text)
    for name, picture in _pictures().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)
    return root


def _persons() -> list[dict[str, Any]]:
    """A coach of each team, and whoever answers its questions."""
    coaches = [
        {"id": f"coach-{team.id}", "name": f"Coach of {team.name}", "role": "coach", "team_ids": [team.id]}
        for team in TEAMS
    ]
    return [*coaches, {"id": "chief-judge", "name": "The chief judge", "title": "Chief judge", "role": "staff"}]


def _pictures() -> dict[str, bytes]:
    """The contest's pictures by their names in the package, which are the usual ones."""
    found = {"contest/banner.svg": banner_svg().encode(), "contest/logo.svg": mark_svg("podium demo").encode()}
    for id_, *_ in _UNIVERSITIES:
        found |= {f"organizations/{id_}/logo.{side}x{side}.png": mark_png(id_, side) for side in (56, 160)}
    found |= {f"teams/{team.id}/photo.svg": team_svg(team.name).encode() for team in TEAMS}
    return found | {"persons/chief-judge/photo.svg": team_svg("chief", people=1).encode()}
