"""How fast a feed of another system becomes a board, against a bare loop that decodes its lines."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.measure import Result, alternate, result
from clics.feeds import read_feed
from clics.times import format_reltime, format_time
from podium.feeds.board import board_of, events_of, rules_of

START = 1_800_000_000_000
TEAMS, PROBLEMS, RUNS = 150, 12, 6
SUBMISSIONS = 6_000
"""Of nine lines each: itself, its judgement as it begins and as it ends, and its runs."""


def lines(submissions: int) -> Iterator[dict[str, Any]]:
    """The feed of a large contest: configuration, then submissions with judgements and runs, then how it ended."""
    draw = random.Random(7)

    def at(ms: int, prefix: str = "") -> dict[str, str]:
        return {f"{prefix}time": format_time(START + ms), f"{prefix}contest_time": format_reltime(ms)}

    yield told(
        "contest",
        {
            "id": "large",
            "name": "Large",
            "start_time": format_time(START),
            "duration": "5:00:00",
            "scoreboard_freeze_duration": "1:00:00",
            "scoreboard_type": "pass-fail",
            "penalty_time": "0:20:00",
        },
    )
    for kind in ("AC", "WA", "TLE", "RTE", "CE"):
        solved, penalty = kind == "AC", kind not in ("AC", "CE")
        yield told("judgement-types", {"id": kind, "name": kind, "penalty": penalty, "solved": solved})
    yield told("languages", {"id": "cpp", "name": "C++", "entry_point_required": False, "extensions": ["cpp"]})
    for n in range(PROBLEMS):
        yield told(
            "problems", {"id": f"p{n}", "label": chr(65 + n), "name": f"P{n}", "ordinal": n, "test_data_count": 9}
        )
    for n in range(TEAMS):
        yield told("teams", {"id": f"t{n}", "name": f"Team {n}", "label": str(n), "group_ids": []})
    for n in range(submissions):
        ms = n * 18_000_000 // submissions
        about = {"team_id": f"t{draw.randrange(TEAMS)}", "problem_id": f"p{draw.randrange(PROBLEMS)}"}
        yield told("submissions", {"id": f"s{n}", **about, "language_id": "cpp", **at(ms), "files": []})
        begun = {"id": f"j{n}", "submission_id": f"s{n}", **at(ms + 500, "start_")}
        verdict = draw.choice(("AC", "WA", "WA", "TLE", "CE"))
        yield told("judgements", begun)
        for ordinal in range(1, RUNS + 1):
            run = {"id": f"r{n}-{ordinal}", "judgement_id": f"j{n}", "ordinal": ordinal, "judgement_type_id": "AC"}
            yield told("runs", {**run, **at(ms + 500 + 100 * ordinal), "run_time": 0.1})
        yield told("judgements", {**begun, "judgement_type_id": verdict, **at(ms + 1500, "end_"), "max_run_time": 0.1})
    moments = {"started": 0, "frozen": 14_400_000, "ended": 18_000_000, "thawed": 18_100_000, "finalized": 18_200_000}
    yield told("state", {name: format_time(START + ms) for name, ms in moments.items()})


def told(type_: str, data: dict[str, Any]) -> dict[str, Any]:
    id_ = None if type_ in ("contest", "state") else data["id"]
    return {"type": type_, "id": id_, "data": data, "token": "t"}


def ours(path: Path, count: int) -> float:
    """Events a second from the file to the board of the public."""
    begun = perf_counter()
    found = board_of(events_of(read_feed(path)), at=None, audience="public", what_if=rules_of(None))
    rate = count / (perf_counter() - begun)
    assert len(found.scoreboard["rows"]) == TEAMS
    return rate


def bare(path: Path, count: int) -> float:
    """Events a second of a loop that does nothing but decode each line."""
    begun = perf_counter()
    with path.open("rb") as file:
        decoded = sum(1 for line in file if json.loads(line))
    rate = count / (perf_counter() - begun)
    assert decoded == count
    return rate


def run() -> list[Result]:
    """Five alternating runs of both on the same file."""
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as scratch:
        path = Path(scratch, "feed.ndjson")
        with path.open("w") as file:
            count = sum(bool(file.write(json.dumps(one) + "\n")) for one in lines(SUBMISSIONS))
        rates, baseline = alternate(lambda: ours(path, count), lambda: bare(path, count))
    name = "a feed's board from a file"
    return [
        result(name, "events/s", rates, bar=20_000, smaller_is_better=False),
        result(f"{name}, against decoding its lines", "events/s", rates, baseline=baseline, smaller_is_better=False),
    ]
