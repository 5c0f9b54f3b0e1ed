"""Who takes part in the demo: 24 invented teams of 12 invented universities, and the accounts of each role."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from clics.times import format_reltime, format_time

__all__ = ["CONTEST", "DURATION_MS", "FREEZE_MS", "RATE", "TEAMS", "Cast", "write_contest"]

CONTEST = "demo"
DURATION_MS = 5 * 3_600_000
FREEZE_MS = 3_600_000
RATE = 100
"""Event time runs a hundred times as fast as real time: five hours in three minutes."""

THAW_AFTER_MS = 15 * 60_000
"""The board thaws nine real seconds after the end: time to read that it is frozen."""

_UNIVERSITIES = (
    ("aurelia", "University of Aurelia", "ISL"),
    ("brenn", "Brenn Institute of Technology", "CHE"),
    ("calder", "Calder College", "GBR"),
    ("dunmoor", "Dunmoor University", "IRL"),
    ("estrel", "Estrel Polytechnic", "PRT"),
    ("fjordby", "Fjordby Technical University", "NOR"),
    ("galen", "Galen University", "GRC"),
    ("harrow", "Harrowfield State", "USA"),
    ("ilmari", "Ilmari School of Science", "FIN"),
    ("juniper", "Juniper Valley University", "CAN"),
    ("kestrel", "Kestrel Coast University", "NZL"),
    ("lumen", "Lumen Academy", "JPN"),
)
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

    @property
    def username(self) -> str:
        """The team's login."""
        return f"team{self.id}"


TEAMS: tuple[DemoTeam, ...] = tuple(
    DemoTeam(f"{n + 1:02d}", name, _UNIVERSITIES[n % 12][0], (n * 7) % 24) for n, name in enumerate(_NAMES)
)


@dataclass(frozen=True, slots=True)
class Cast:
    """The demo's passwords by username, drawn anew for each demo."""

    passwords: dict[str, str]

    @classmethod
    def draw(cls) -> Cast:
        """New passwords, short enough to type."""
        users = ("jury", "analyst", "admin", *(team.username for team in TEAMS))
        return cls({user: secrets.token_hex(4) for user in users})


def write_contest(root: Path, problems: list[tuple[str, str, Path]], start_ms: int, cast: Cast) -> Path:
    """Write the demo's contest package: problems as (id, name, folder of the package). Returns its folder."""
    root.mkdir(parents=True, exist_ok=True)
    colors = (("red", "#d62728"), ("green", "#2ca02c"), ("blue", "#1f77b4"), ("yellow", "#e7ba52"))
    colors = (*colors, ("purple", "#9467bd"), ("orange", "#ff7f0e"), ("teal", "#17becf"), ("pink", "#e377c2"))
    end = start_ms + DURATION_MS
    files: dict[str, Any] = {
        "contest": {
            "id": CONTEST,
            "name": "podium demo",
            "formal_name": "A rehearsal of five hours in three minutes",
            "start_time": format_time(start_ms),
            "duration": format_reltime(DURATION_MS),
            "scoreboard_freeze_duration": format_reltime(FREEZE_MS),
            "scoreboard_thaw_time": format_time(end + THAW_AFTER_MS),
            "penalty_time": "0:20:00",
        },
        "podium": {"rehearsal": True, "problems": {id_: {"package": str(path)} for id_, _, path in problems}},
        "problems": [
            {
                "id": id_,
                "label": chr(ord("A") + n),
                "name": name,
                "ordinal": n + 1,
                "color": colors[n % len(colors)][0],
                "rgb": colors[n % len(colors)][1],
            }
            for n, (id_, name, _) in enumerate(problems)
        ],
        "organizations": [{"id": o, "name": name, "country": country} for o, name, country in _UNIVERSITIES],
        "groups": [{"id": "participants", "name": "Participants"}],
        "teams": [
            {
                "id": team.id,
                "label": team.id,
                "name": team.name,
                "organization_id": team.organization_id,
                "group_ids": ["participants"],
            }
            for team in TEAMS
        ],
        "accounts": [
            *({"id": u, "username": u, "type": u, "password": cast.passwords[u]} for u in ("analyst", "admin")),
            {"id": "jury", "username": "jury", "type": "judge", "password": cast.passwords["jury"]},
            *(
                {
                    "id": team.username,
                    "username": team.username,
                    "type": "team",
                    "team_id": team.id,
                    "password": cast.passwords[team.username],
                }
                for team in TEAMS
            ),
        ],
    }
    for stem, content in files.items():
        kind = "yaml" if stem in ("contest", "problems", "accounts", "podium") else "json"
        text = yaml.safe_dump(content, sort_keys=False) if kind == "yaml" else json.dumps(content, indent=2)
        (root / f"{stem}.{kind}").write_text(text)
    return root
