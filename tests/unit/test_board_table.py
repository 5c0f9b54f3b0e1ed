"""The board as a table in the terminal: solved problems and minutes, or points."""

from rich.console import Console

from podium.board import render

PROBLEMS = [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}, {"id": "c", "label": "C"}]
TEAMS = {"t1": "Ada", "t2": "Bob"}


def cell(problem_id, judged, pending=0, **more):
    return {"problem_id": problem_id, "num_judged": judged, "num_pending": pending, **more}


def lines(rows, **more):
    """The words of each line with something in it, its frame aside."""
    contest = {"name": "Cup", "duration": "5:00:00", "scoreboard_type": "pass-fail"}
    board = {"contest_time": "1:00:00", "state": {"started": "2026-01-01T00:00:00Z"}, "rows": rows}
    console = Console(width=100, color_system=None)
    with console.capture() as text:
        console.print(render(board, contest, PROBLEMS, TEAMS, **more))
    found = ["".join(" " if one in "│┃" else one for one in line).split() for line in text.get().splitlines()]
    return [line for line in found if line and line[0][0] not in "┏┡└"]


def test_solved_problems_and_minutes():
    cells = [
        cell("a", 2, solved=True, time="0:31:00"),
        cell("b", 3, solved=False),
        cell("c", 1, 1, solved=False),
    ]
    score = {"num_solved": 1, "total_time": "0:51:00", "time": "0:31:00"}
    assert lines([{"rank": 1, "team_id": "t1", "score": score, "problems": cells}]) == [
        ["Cup", "1:00:00", "running"],
        ["#", "team", "=", "time", "A", "B", "C"],
        ["1", "Ada", "1", "51", "2/31", "-3", "1+1?"],
    ]


def test_points_of_a_contest_and_of_rows_under_other_rules_than_its_own():
    rows = [
        {
            "rank": 1,
            "team_id": "t2",
            "score": {"score": 162.75, "time": "0:31:00"},
            "problems": [cell("a", 2, score=100), cell("b", 1, score=62.75), cell("c", 0, 2, score=0)],
        },
        {
            "rank": 2,
            "team_id": "t1",
            "score": {"score": -50, "time": None},
            "problems": [cell("a", 0, score=0), cell("b", 1, score=0), cell("c", 1, 1, score=20)],
        },
    ]
    assert lines(rows, firsts={"a": "t2"}, limit=2)[1:] == [
        ["#", "team", "points", "A", "B", "C"],
        ["1", "Bob", "162.75", "100", "62.75", "2?"],
        ["2", "Ada", "-50", "·", "0", "20+1?"],
    ]
