"""The page for analysts: each of its examples runs as an analyst and finds something, and it names every view."""

import re
from pathlib import Path

import pytest

from schemas import events as e
from schemas.ids import new_id
from schemas.rows import Cell, ScoreboardRow
from streams.history_sink.rows import scoreboard_rows
from tests.history.test_board import START, Contest, insert

PAGE = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text()
EXAMPLES = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def contest(history_server):
    """A contest that has something of everything; gives its id."""
    found = Contest(f"page-{new_id()[:20]}")
    found.add(e.Transitioned, at=START, id="go", kind="started", planned_at=START)
    found.add(e.Group, at=START, id="participants", name="Participants")
    found.add(e.Organization, at=START, id="o", name="University", country="SWE")
    found.add(e.Team, at=START, id="t1", name="First", organization_id="o", group_ids=("participants",))
    found.submit("s1", "t1", "a", 5, "AC")
    found.submit("s2", "t2", "a", 6, "WA")
    found.add(e.Clarification, at=START, id="c", text="To all", asked_at=START)
    cell = Cell(problem_id="a", num_judged=1, num_pending=0, solved=True, time=300_000)
    row = ScoreboardRow(
        contest=found.contest, recorded_at=START, recorded_by="test", generation="0", audience="public", position=9,
        ranked=True, listed=True, sort_key=(0,), tie_key="t1", team_id="t1", num_solved=1, total_time=5, cells=(cell,),
    )  # fmt: skip
    with history_server.client() as client:
        found.insert(client)
        insert(client, scoreboard_rows(row))
    return found.contest


@pytest.mark.parametrize("sql", EXAMPLES, ids=lambda sql: re.search(r"FROM (\w+)", sql)[1])
def test_an_example_finds_something(analyst, contest, sql):
    assert analyst.query(sql.replace("'demo'", f"'{contest}'")).result_rows


def test_every_view_is_named_and_has_an_example(analyst):
    views = {row[0] for row in analyst.query("SHOW TABLES").result_rows}
    named = set(re.findall(r"^\| `(\w+)", PAGE, re.MULTILINE))
    assert named == views
    asked = {name for sql in EXAMPLES for name in re.findall(r"(?:FROM|JOIN) (\w+)", sql)}
    assert asked == views
