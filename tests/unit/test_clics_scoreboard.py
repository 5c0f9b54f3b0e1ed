"""The scoreboard object is a valid Contest API 2026-01 one, whoever stands on the board."""

import json

import pytest

from clics.scoreboard import scoreboard
from schemas.live import LiveRow
from schemas.rows import Cell
from streams.scoring.canonical import canonical
from tests.unit.test_clics_objects import validators

FACTS = {"start": 1_767_225_600_000, "duration": 18_000_000, "removed": []}
STATE = {"started": "2026-01-01T00:00:00.000Z", "ended": None, "finalized": None, "end_of_updates": None}


def row(team: str, minute: int | None, *, ranked: bool = True, score: int | None = None) -> LiveRow:
    time = None if minute is None else minute * 60_000
    points = None if score is None else score if minute is not None else 0
    cell = Cell("a", 1, 0, minute is not None, time, points)
    key = (0 if minute is None else -1, minute or 0)
    return LiveRow(
        team_id=team,
        listed=True,
        ranked=ranked,
        sort_key=key if ranked else (1, *key),
        tie_key=team,
        num_solved=int(minute is not None),
        total_time=time or 0,
        score=points,
        time=time,
        cells=(cell, Cell("b", 0, 1, False, None, None if score is None else 0)),
    )


@pytest.mark.parametrize("score", [None, 7050])
def test_a_board_with_teams_that_hold_no_rank_fits_the_schema(score):
    rows = [
        row("second", 20, score=score),
        row("first", 10, score=score),
        row("tied", 20, score=score),
        row("none", None, score=score),
        row("disqualified", 5, ranked=False, score=score),
        row("hidden", 8, ranked=False, score=score),
    ]
    made = scoreboard(
        json.loads(canonical(rows, (), score_scale=100))["rows"], STATE, FACTS, FACTS["start"] + 3_600_000
    )
    validators()("scoreboard").validate(made)
    assert made["contest_time"] == "1:00:00"
    assert [(one["rank"], one["team_id"]) for one in made["rows"]] == [
        (1, "first"),
        (2, "second"),
        (2, "tied"),
        (4, "none"),
        (5, "disqualified"),
        (5, "hidden"),
    ]


def test_a_contest_without_rows_or_times_fits_the_schema():
    made = scoreboard([], {**STATE, "started": None}, FACTS | {"start": None}, 0)
    validators()("scoreboard").validate(made)
