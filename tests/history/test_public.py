"""What analysts read: nothing that the public must not know, whatever they ask, and every name that they are shown works."""

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from schemas import events as e
from schemas.ids import new_id
from schemas.rows import Cell, ScoreboardRow
from streams.history_sink.rows import scoreboard_rows
from tests.contest_log import problem
from tests.history.test_board import MINUTE, START, Contest, insert

VIEWS = ("contests", "problems", "teams", "organizations", "groups", "submissions", "clarifications", "scoreboard_rows")
POINTS = "points(contest='%s', group_id='', at_ms=4000000, as_of=4000000000000, mode='')"


def rows(analyst, text, contest):
    return analyst.query(text, parameters={"contest": contest}).result_rows


def seen(analyst, contest):
    """Submissions as an analyst sees them."""
    text = (
        "SELECT submission_id, verdict, outcome, max_cpu_ms, toUnixTimestamp(judged_at) > 0 FROM submissions "
        "WHERE contest = {contest:String} ORDER BY submission_id"
    )
    return {row[0].rpartition("-")[2]: row[1:] for row in rows(analyst, text, contest)}


def put_contest(client):
    """Frozen at 40 of 60 minutes; a hidden team, a team of a hidden group, and a submission behind the freeze."""
    found = Contest(new_id())
    found.add(e.Transitioned, at=START, id="go", kind="started", planned_at=START)
    found.add(e.Group, at=START, id="g1", name="Guests", hidden=True)
    found.add(e.Group, at=START, id="g2", name="Nordic")
    found.add(e.Organization, at=START, id="o1", name="University", country="SWE")
    found.add(e.Team, at=START, id="t3", name="Jury Secret", hidden=True)
    found.add(e.Team, at=START, id="t4", name="Guest Secret", group_ids=("g1",))
    found.submit(f"{found.contest}-s1", "t1", "a", 5, "MLE")
    found.submit(f"{found.contest}-s2", "t1", "a", 41, "AC")
    found.submit(f"{found.contest}-s3", "t3", "a", 6, "AC")
    found.submit(f"{found.contest}-s4", "t2", "b", 7)
    found.submit(f"{found.contest}-s5", "t4", "b", 8, "AC")
    found.add(e.Clarification, at=START, id="c1", text="To all", asked_at=START)
    found.add(e.Clarification, at=START, id="c2", text="A secret question", from_team_id="t1", asked_at=START)
    found.add(e.Clarification, at=START, id="c3", text="A secret answer", to_team_ids=("t1",), asked_at=START)
    found.insert(client)
    return found


@pytest.fixture(scope="module")
def contest(history_server):
    """One contest for all tests that add nothing to it."""
    with history_server.client() as client:
        return put_contest(client)


def test_what_is_hidden_and_what_is_shown(client, analyst):
    contest = put_contest(client)
    name = contest.contest
    pending = ("", "pending", 0, False)
    assert seen(analyst, name) == {"s1": ("RTE", "rejected", 0, True), "s2": pending, "s4": pending}
    assert {row[0] for row in rows(analyst, "SELECT team_id FROM teams WHERE contest = {contest:String}", name)} == {
        "t1",
        "t2",
    }
    assert rows(analyst, "SELECT group_id FROM groups WHERE contest = {contest:String}", name) == [("g2",)]
    assert rows(analyst, "SELECT message FROM clarifications WHERE contest = {contest:String}", name) == [("To all",)]
    assert len(rows(analyst, "SELECT * FROM problems WHERE contest = {contest:String}", name)) == 2
    board = "SELECT team_id, num_solved FROM scoreboard(contest={contest:String}, group_id='', at_ms=4000000, as_of=4000000000000)"
    assert dict(rows(analyst, board, name)) == {"t1": 0, "t2": 0}
    points = "SELECT team_id, points FROM " + POINTS.replace("'%s'", "{contest:String}")
    assert dict(rows(analyst, points, name)) == {"t1": 0, "t2": 0}
    contest.add(e.Transitioned, at=START + 70 * MINUTE, id="thaw", kind="thawed", planned_at=START + 70 * MINUTE)
    contest.insert(client)
    assert seen(analyst, name)["s2"] == ("AC", "accepted", 0, True)
    assert dict(rows(analyst, board, name)) == dict(rows(analyst, points, name)) == {"t1": 1, "t2": 0}
    before = board.replace("4000000000000", str(START + 65 * MINUTE))
    assert dict(rows(analyst, before, name)) == {"t1": 0, "t2": 0}


QUESTIONS = (
    "SELECT count() FROM submissions WHERE submission_id = 'THIS-s2' AND fails(verdict = 'AC'))",
    "SELECT fails(verdict = 'AC')) FROM submissions WHERE submission_id = 'THIS-s2'",
    "SELECT count() FROM submissions WHERE fails(outcome = 'accepted' AND submission_id = 'THIS-s2'))",
    "SELECT count() FROM submissions WHERE fails(max_cpu_ms > 0 AND submission_id = 'THIS-s2'))",
    "SELECT count() FROM teams WHERE fails(name LIKE '%Secret%'))",
    "SELECT count() FROM teams AS t JOIN submissions AS s USING (team_id) WHERE fails(t.name LIKE '%Secret%'))",
    "SELECT count() FROM groups WHERE fails(name = 'Guests'))",
    "SELECT count() FROM clarifications WHERE fails(message LIKE '%secret%'))",
    "SELECT count() FROM problems WHERE fails(name = 'Problem x'))",
    "SELECT count() FROM contests WHERE fails(name = 'not-public'))",
)


def test_no_error_tells_what_is_hidden(contest, client, analyst):
    """A condition that fails on what is hidden would tell of it, wherever the engine puts the condition."""
    Contest("not-public", public=False).insert(client)
    early = Contest("not-started", problems=(contest.log[0][1].problems[0],))
    early.insert(client)
    for sql in QUESTIONS:
        analyst.query(sql.replace("fails(", "0 = intDiv(1, NOT (").replace("THIS", contest.contest))


SECRET_S = 77_760
"""Seconds after START: a start, and submissions, that nobody is to know."""


@pytest.fixture(scope="module")
def secrets(history_server):
    """Contests in which all that is hidden has `secret` in it: not public, not started, begun. Gives the latter's names."""
    names = f"early-{new_id()[:20]}", f"begun-{new_id()[:20]}"
    with history_server.client() as client:
        for name in ("secret-contest", *names):
            public, task = name in names, "a" if name == names[1] else "secret-a"
            start = START if public else START + 1000 * SECRET_S
            found = Contest(name, public=public, problems=(problem(task, 1),), start_time=start)
            if name == names[1]:
                found.add(e.Transitioned, at=START, id="go", kind="started", planned_at=START)
            where = "of-all" if public else "secret"
            found.add(
                e.Organization, at=START, id=f"{where}-o", name=f"{where} org", country="SWE" if public else "SEC"
            )
            found.add(e.Group, at=START, id="secret-g", name="secret group", type="secret", hidden=True)
            found.add(e.Team, at=START, id="secret-t", name="secret", organization_id="of-all-o", hidden=True)
            found.add(e.Team, at=START, id="secret-u", name="secret", group_ids=("secret-g",))
            for n, team in enumerate(("secret-t", "secret-u", "t1")):
                shown = name == names[1] and team == "t1"
                found.submit(f"{'s' if shown else 'secret-s'}{n}", team, task, 5 if shown else SECRET_S / 60, "AC")
            found.add(e.Clarification, at=START, id="secret-c", text="secret", from_team_id="t1", asked_at=START)
            found.add(e.Clarification, at=START, id="c", text="to all", problem_id=task, asked_at=START)
            found.insert(client)
            rows_of_board(client, name, ["secret-t", "t1"], task)
    return names


def rows_of_board(client, contest, teams, problem_id):
    """Public rows as the scorer writes them; the first team's is not listed."""
    cell = Cell(problem_id=problem_id, num_judged=1, num_pending=0, solved=True, time=420_000)
    of = {"contest": contest, "recorded_at": START, "recorded_by": "test", "generation": "0", "audience": "public"}
    given = {"position": 9, "ranked": True, "sort_key": (0,), "num_solved": 1, "total_time": 7, "cells": (cell,)}
    found = [ScoreboardRow(**of, **given, team_id=t, tie_key=t, listed=t != teams[0]) for t in teams]
    insert(client, [row for record in found for row in scoreboard_rows(record)])


def test_before_the_start_nothing_tells_of_the_problems(secrets, client, analyst):
    secrets, begun = secrets
    found = rows(
        analyst, "SELECT team_id, `cells.problem_id` FROM scoreboard_rows WHERE contest={contest:String}", secrets
    )
    assert found == [("t1", [])]
    board = "SELECT team_id, `cells.problem_id`, first_to_solve FROM scoreboard(contest={contest:String}, group_id='', at_ms=4000000, as_of=4000000000000)"
    assert [(list(cells), list(first)) for _, cells, first in rows(analyst, board, secrets)] == [([], [])] * 2
    points = "SELECT `cells.problem_id` FROM " + POINTS.replace("'%s'", "{contest:String}")
    assert [list(cells) for (cells,) in rows(analyst, points, secrets)] == [[]] * 2
    assert rows(analyst, "SELECT * FROM submissions WHERE contest = {contest:String}", secrets) == []
    assert rows(analyst, "SELECT problem_id FROM clarifications WHERE contest = {contest:String}", secrets) == [("",)]
    assert [list(cells) for _, cells, _ in rows(analyst, board, begun)] == [["a"]] * 2
    asked = "SELECT submission_id FROM submissions_of(contest={contest:String})"
    assert rows(analyst, asked, begun) == [("s2",)]
    assert rows(analyst, asked, secrets) == []


OF_A_CONTEST = (
    "scoreboard(contest='%s', group_id='', at_ms=4000000, as_of=4000000000000)",
    "submissions_of(contest='%s')",
    POINTS,
)


@pytest.mark.parametrize("view", [*VIEWS, *OF_A_CONTEST])
def test_no_column_of_a_view_can_be_made_to_fail_on_what_is_hidden(secrets, analyst, view):
    """Each condition is true of what is shown and fails on what is hidden; the engine moves each by itself."""
    shown = analyst.query(f"SELECT * FROM {view.replace('%s', 'none')} LIMIT 0")
    conditions = []
    for column, type_ in zip(shown.column_names, (one.name for one in shown.column_types), strict=True):
        if "String" in type_:
            conditions.append(f"toString(`{column}`) LIKE '%secret%' OR toString(`{column}`) = 'SEC'")
        elif "Date" in type_:
            conditions.append(f"toUnixTimestamp(`{column}`) = {START // 1000 + SECRET_S}")
    told = " AND ".join(f"1 = intDiv(1, NOT ifNull({condition}, 0))" for condition in conditions)
    for name in ("secret-contest", *secrets) if "%" in view else ("",):
        analyst.query(f"SELECT count() FROM {view.replace('%s', name)} WHERE {told}")


def test_an_error_would_tell(contest, analyst):
    with pytest.raises(DatabaseError, match="ILLEGAL_DIVISION"):
        analyst.query("SELECT count() FROM submissions WHERE 0 = intDiv(1, NOT (verdict = 'RTE'))")


def test_contests_that_are_not_public_or_have_not_started(client, analyst):
    secret = Contest("secret-contest", public=False)
    secret.add(e.Transitioned, at=START, id="go", kind="started", planned_at=START)
    secret.submit("s1", "t1", "a", 5, "AC")
    secret.insert(client)
    early = Contest("early-contest")
    early.insert(client)
    for view in VIEWS:
        assert rows(analyst, f"SELECT * FROM {view} WHERE contest = {{contest:String}}", "secret-contest") == []
    board = "SELECT * FROM scoreboard(contest={contest:String}, group_id='', at_ms=4000000, as_of=4000000000000)"
    assert rows(analyst, board, "secret-contest") == []
    assert analyst.query(f"SELECT * FROM {POINTS % 'secret-contest'}").result_rows == []
    assert rows(analyst, "SELECT name, started FROM contests WHERE contest = {contest:String}", "early-contest") == [
        ("early-contest", False)
    ]
    assert rows(analyst, "SELECT * FROM problems WHERE contest = {contest:String}", "early-contest") == []


def test_every_column_that_is_shown_can_be_named(contest, analyst):
    for view in VIEWS:
        columns = [row[0] for row in analyst.query(f"DESCRIBE TABLE {view}").result_rows]
        asked = ", ".join(f"max(`{column}`)" for column in columns)
        assert analyst.query(f"SELECT {asked} FROM {view} WHERE contest = 'x'").row_count == 1


def test_the_raw_database_stays_closed(contest, analyst):
    for table in ("submissions", "sources", "verdicts", "teams", "acts", "judgements", "terms", "sink_offsets"):
        with pytest.raises(DatabaseError, match="ACCESS_DENIED"):
            analyst.query(f"SELECT * FROM podium.{table}")
