"""Boards of real contests against what others computed; skipped where the collection of contests is not at hand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clics.times import parse_reltime, parse_time
from schemas.definition import JudgementType
from streams.scoring.project import active, board, find
from streams.scoring.ranking import ranked
from tests.contest_log import MINUTE, START, ContestLog, problem
from tests.reference_icpc import scoreboard as reference

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no collection of real contests at {DATA}")


def test_the_46th_world_finals():
    contest = json.loads((DATA / "boards/wf46.json").read_text())
    names = sorted({run["problem_id"] for run in contest["runs"]}, key=int)
    log = ContestLog(teams=contest["teams"])
    log.define(problems=tuple(problem(name, place) for place, name in enumerate(names, 1)))
    verdicts = {"CORRECT": "AC", "INCORRECT": "WA"}
    for run in contest["runs"]:
        at = START + run["timestamp"] * 1000
        log.submit(run["team_id"], run["problem_id"], 0, verdicts[run["status"]], at=at)
    state = log.state()
    rows = ranked(board(state, find(state, active(state)), "jury").rows)
    official = json.loads((DATA / "boards/wf46.final.json").read_text())
    assert Counter((rank, row.num_solved, row.total_time // MINUTE) for rank, row in rows) == Counter(
        (row["rank"], row["num_solved"], row["total_time"]) for row in official
    )
    assert len(official) == 124
    assert log.canonical("jury") == reference(log.events, "jury")
    assert log.canonical("public") == reference(log.events, "public")


def objects(feed: Path) -> dict[str, dict[str, Any]]:
    """The last state of each object of an event feed, by type and id."""
    found: dict[str, dict[str, Any]] = {}
    for line in feed.read_text().splitlines():
        if line.strip():
            event = json.loads(line)
            of_type = found.setdefault(event["type"], {})
            if event["data"] is None:
                of_type.pop(event["id"], None)
            else:
                of_type[event.get("id") or event["data"].get("id")] = event["data"]
    return found


@pytest.mark.parametrize("name", ["euc-2025", "nac-2020"])
def test_a_regional_as_the_icpc_tools_compute_it(name):
    expected = json.loads((DATA / f"{name}.scoreboard.json").read_text())
    feed = objects(DATA / f"{name}.event-feed.ndjson")
    (contest,) = feed["contest"].values()
    start = parse_time(contest["start_time"])
    types = feed["judgement-types"].values()
    log = ContestLog(teams=())
    log.define(
        start_time=start,
        duration=parse_reltime(contest["duration"]),
        problems=tuple(problem(p["id"], p["ordinal"]) for p in feed["problems"].values()),
        judgement_types=tuple(JudgementType(t["id"], t["id"], t["penalty"], t["solved"]) for t in types),
        scoreboard_freeze_duration=None,
    )
    shown = {row["team_id"] for row in expected["rows"]}
    for team in feed["teams"].values():
        log.team(team["id"], name=team.get("display_name") or team["name"], hidden=team["id"] not in shown)
    for one in feed["submissions"].values():
        at = parse_time(one["time"]) if name == "euc-2025" else start + parse_reltime(one["contest_time"])
        log.submit(one["team_id"], one["problem_id"], 0, id_=one["id"], at=at)
    for one in feed["judgements"].values():
        if one["submission_id"] in feed["submissions"] and one.get("judgement_type_id") is not None:
            log.judge(one["submission_id"], one["judgement_type_id"])
    got = json.loads(log.canonical("public"))
    assert [comparable(row) for row in got["rows"]] == [comparable(row) for row in expected["rows"]]
    if "awards" in feed:
        awards = {id_: award["team_ids"] for id_, award in feed["awards"].items() if id_.startswith("first-")}
        assert {award["id"]: award["team_ids"] for award in got["awards"]} == awards
    assert log.canonical("public") == reference(log.events, "public")


def comparable(row: dict[str, Any]) -> tuple[Any, ...]:
    cells = sorted(
        (
            cell["problem_id"],
            cell["num_judged"],
            cell["num_pending"],
            cell["solved"],
            parse_reltime(cell["time"]) if cell["solved"] else None,
        )
        for cell in row["problems"]
        if cell["num_judged"] or cell["num_pending"]
    )
    return row["rank"], row["team_id"], row["score"]["num_solved"], parse_reltime(row["score"]["total_time"]), cells
