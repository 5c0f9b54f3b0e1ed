"""The board as a table in the terminal: solved problems and minutes, or points."""

from rich.console import Console

from podium.board import render

PROBLEMS = [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}, {"id": "c", "label": "C"}]
TEAMS = {"t1": "Ada", "t2": "Bob"}


def cell(problem_id, judged, pending=0, **more):
    return {"problem_id": problem_id, "num_judged": judged, "num_pending": pending, **more}


def drawn(rows, width, problems=PROBLEMS, **more):
    """The lines of a terminal of this width."""
    contest = {"name": "Cup", "duration": "5:00:00", "scoreboard_type": "pass-fail"}
    board = {"contest_time": "1:00:00", "state": {"started": "2026-01-01T00:00:00Z"}, "rows": rows}
    console = Console(width=width, color_system=None)
    with console.capture() as text:
        console.print(render(board, contest, problems, TEAMS, **more))
    return text.get().splitlines()


def lines(rows, width=100, **more):
    """The words of each line with something in it, its frame aside."""
    found = ["".join(" " if one in "│┃" else one for one in line).split() for line in drawn(rows, width, **more)]
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


def test_a_contest_that_is_over_tells_no_time():
    board = {"contest_time": "35444:00:53.412", "state": {"ended": "2026-01-01T05:00:00Z"}, "rows": []}
    console = Console(width=100, color_system=None)
    with console.capture() as text:
        console.print(render(board, {"name": "Cup", "duration": "5:00:00"}, PROBLEMS, TEAMS))
    assert "Cup  over" in text.get()


def test_a_narrow_terminal_shows_ranks_and_totals_whole():
    problems = [{"id": label, "label": label} for label in "ABCDEFGHIJKLMNO"]
    score = {"num_solved": 11, "total_time": "20:15:00", "time": "4:31:00"}
    cells = [cell(one["id"], 12, solved=True, time="3:31:00") for one in problems]
    rows = [{"rank": 117, "team_id": "t1", "score": score, "problems": cells}]

    def shown(width, count):
        found = drawn(rows, width, problems=problems[:count])
        assert all(len(line) <= width for line in found)
        return lines(rows, width, problems=problems[:count])[2], found[-1]

    wide, tight, short = ["12/211"], ["12/211"], ["+12"]
    assert shown(120, 11)[0] == ["117", "Ada", "11", "1215", *wide * 11]
    assert shown(100, 11)[0] == ["117", "Ada", "11", "1215", *tight * 11]
    assert shown(80, 11)[0] == ["117", "Ada", "11", "1215", *short * 11]
    assert shown(72, 15)[0] == ["117", "11", "1215", *short * 14], "no room for names"
    assert shown(72, 15)[1].strip() == "1 more problems: a wider terminal shows them"
