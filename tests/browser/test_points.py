"""The board of a contest of points in a real browser."""

import re

from playwright.sync_api import expect

from schemas.rows import Cell, ScoreboardRow
from tests.api.world import problem
from tests.browser.test_page import ANNOUNCED_MS
from tests.wait import until

SCALE = 100
FULL = 100 * SCALE


def put(world, contest, team, *cells):
    """A team's row: (judged, pending, points, all of them) of problems A, B, C."""
    found = tuple(
        Cell(f"p{label}", judged, pending, solved, 600_000 if points else None, points)
        for label, (judged, pending, points, solved) in zip("abc", cells, strict=True)
    )
    total = sum(cell.score for cell in found)
    row = ScoreboardRow(
        **world.stamp(contest),
        generation="0",
        audience="public",
        position=world.add_nothing(),
        team_id=team,
        listed=True,
        ranked=True,
        sort_key=(-total,),
        tie_key=team,
        num_solved=sum(cell.solved for cell in found),
        total_time=0,
        score=total,
        time=600_000 if total else None,
        cells=found,
    )
    world._rows(contest, f"{contest}|0|public|{team}", row)


def test_points_are_shown_in_the_contests_precision_and_nothing_of_solved_problems_and_penalties(page, world):
    problems = tuple(problem(label, max_score=FULL) for label in "ABC")
    scored = {"scoreboard_type": "score", "rule": "ioi", "score_scale": SCALE, "problems": problems}
    contest = world.contest("points", teams=5, **scored)
    put(world, contest, "t1", (2, 0, FULL, True), (1, 0, 6275, False), (0, 1, 0, False))
    put(world, contest, "t2", (1, 0, FULL, True), (3, 1, 6275, False), (1, 0, 0, False))
    put(world, contest, "t3", (1, 0, 5, False), (0, 0, 0, False), (0, 0, 0, False))
    world.first(contest, "a", "t2")
    world.appears(contest)
    until(lambda: len(world.get(f"/api/contests/{contest}/scoreboard").json()["rows"]) == 3, 15, "the rows are there")
    rows = world.get(f"/api/contests/{contest}/scoreboard").json()["rows"]
    assert [(row["rank"], row["score"]) for row in rows] == [
        (1, {"score": 162.75, "time": "0:10:00"}),
        (1, {"score": 162.75, "time": "0:10:00"}),
        (3, {"score": 0.05, "time": "0:10:00"}),
    ]
    assert rows[0]["problems"][1] == {
        "problem_id": "pb",
        "num_judged": 1,
        "num_pending": 0,
        "score": 62.75,
        "time": "0:10:00",
    }

    page.clock.install()
    page.goto(f"/contests/{contest}")
    expect(page.locator("tbody tr")).to_have_count(3)
    head = page.locator("thead th")
    expect(head).to_have_text(["#", "Team", "Points", "A", "B", "C"])
    assert page.locator(".solved-count, td.time").count() == 0

    def texts(team):
        return page.locator(f'tr[data-team="{team}"] td .cell, tr[data-team="{team}"] .points').all_inner_texts()

    assert texts("t1") == ["162.75", "100.00", "62.75", "1 ?"]
    assert [text.removeprefix("★ ") for text in texts("t2")] == ["162.75", "100.00", "62.75 + 1 ?", "0.00"]
    assert texts("t3") == ["0.05", "0.05"]
    kinds = page.locator("tbody .cell").evaluate_all("cells => cells.map(cell => cell.className)")
    assert kinds == [
        *("cell solved", "cell partial", "cell pending"),
        *("cell solved first", "cell pending", "cell wrong"),
        "cell partial",
    ]
    ranks = page.locator("tbody .rank")
    expect(ranks).to_have_text(["1", "1", "3"])
    row = page.locator('tr[data-team="t2"]')
    expect(row).to_contain_text("62.75 points with 3 attempts, 1 attempt pending")
    expect(row).to_contain_text("100.00 points with 1 attempt, first to solve")
    expect(page.locator("tfoot td")).to_have_text(["", "", "2 / 3", "0 / 2", "0 / 2"])
    expect(page.locator(".legend")).to_contain_text("some points")

    # it moves, and says what has come
    put(world, contest, "t3", (1, 0, 5, False), (1, 0, FULL, True), (1, 0, 8000, False))
    expect(page.locator("tbody tr").first).to_have_attribute("data-team", "t3")
    expect(page.locator('tr[data-team="t3"] .points')).to_have_text("180.05")
    page.clock.fast_forward(ANNOUNCED_MS)
    expect(page.locator("#announcer")).to_have_text(
        re.compile(r"Team 3 has 100\.00 points in B, now rank 1\. Team 3 has 80\.00 points in C, now rank 1\.")
    )
    # a contest that turns out to count solved problems is another table, without a reload
    world.define(contest, scoreboard_type="pass-fail", problems=problems)
    expect(head).to_have_text(["#", "Team", "=", "Time", "A", "B", "C"])
