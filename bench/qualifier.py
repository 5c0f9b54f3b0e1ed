"""The runs of an online qualifier (34,262 runs of 2,554 teams) as an event feed of the Contest API 2023-06."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clics.times import format_reltime, format_time

__all__ = ["CONTEST", "SOURCE", "feed"]

SOURCE = Path(__file__).parents[2] / "shared" / "data" / "boards" / "qualifier-34k.json"
"""Where the real data lie, which the project does not contain."""

CONTEST = "qualifier34k"
_TYPES = (("AC", True, False), ("WA", False, True), ("CE", False, False))


def feed(path: Path = SOURCE, *, thawed: bool = True, most: int | None = None) -> Iterator[bytes]:
    """The feed's lines.

    Args:
        path: the file of runs.
        thawed: the freeze is over; else the contest has ended and its board is still frozen.
        most: about so many runs, from all of the contest; None: all.
    """
    found = json.loads(path.read_bytes())
    config, runs = found["config"], found["runs"]
    runs = runs[:: max(1, len(runs) // most)] if most else runs
    start, length = config["start_time"] * 1000, (config["end_time"] - config["start_time"]) * 1000
    end, freeze = start + length, start + length - config["frozen_time"] * 1000
    contest = {
        "id": CONTEST,
        "name": config["contest_name"],
        "start_time": format_time(start),
        "duration": format_reltime(length),
        "scoreboard_freeze_duration": format_reltime(config["frozen_time"] * 1000),
        "scoreboard_type": "pass-fail",
        "penalty_time": config["penalty"] // 60,
    }
    yield _line("contest", contest)
    for kind, solved, penalty in _TYPES:
        yield _line("judgement-types", {"id": kind, "name": kind, "solved": solved, "penalty": penalty})
    yield _line("languages", {"id": "cpp", "name": "C++", "entry_point_required": False, "extensions": ["cpp"]})
    for number in range(config["problem_quantity"]):
        label = chr(ord("A") + number)
        yield _line(
            "problems", {"id": str(number), "label": label, "name": label, "ordinal": number, "test_data_count": 1}
        )
    for team in found["teams"].values():
        yield _line("teams", {"id": team["team_id"], "label": team["team_id"], "name": team["name"], "group_ids": []})
    yield _line("state", {"started": format_time(start)})
    for number, run in enumerate(runs):
        yield from _run(f"r{number}", run, start)
    state: dict[str, Any] = {"started": start, "frozen": freeze, "ended": end} | ({"thawed": end} if thawed else {})
    yield _line("state", {name: format_time(at) for name, at in state.items()})


def _run(id_: str, run: dict[str, Any], start: int) -> Iterator[bytes]:
    within = run["timestamp"] * 1000
    times = {"time": format_time(start + within), "contest_time": format_reltime(within)}
    about = {"team_id": run["team_id"], "problem_id": run["problem_id"], "language_id": "cpp"}
    yield _line("submissions", {"id": id_, **about, **times})
    verdict = "AC" if run["status"] == "CORRECT" else "WA"
    judged = {f"{when}_{name}": value for when in ("start", "end") for name, value in times.items()}
    yield _line("judgements", {"id": id_, "submission_id": id_, "judgement_type_id": verdict, **judged})


def _line(type_: str, data: dict[str, Any]) -> bytes:
    return json.dumps({"type": type_, "id": data.get("id"), "data": data}, ensure_ascii=False).encode() + b"\n"
