"""`podium clar` on a real log: several judges at once, to whom an answer goes, and what is refused."""

from __future__ import annotations

import io
import json

import pytest

from podium.cli import main
from podium.jury import clarifications
from podium.jury.clarifications import Recipients
from podium.jury.record import read_record
from schemas.errors import ConflictError
from schemas.events import Clarification
from schemas.producer import Producer
from schemas.reader import read_contest
from tests.contest_log import HOUR, START
from tests.streams.kafka_log import KafkaLog


@pytest.fixture
def log(cluster):
    with Producer(cluster) as producer:
        made = KafkaLog(producer, teams=("t1", "t2"), scoreboard_thaw_time=None)
        made.group("g1")
        for id_, team, at, text in (("late", "t1", 2 * HOUR, "Is [b]n[/] < 9?"), ("first", "t2", HOUR, "Where?\nHow?")):
            made.act(Clarification, id=id_, from_team_id=team, text=text, asked_at=START + at, problem_id="B")
        yield made


def clar(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(["clar", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def sent(cluster, contest: str) -> list[Clarification]:
    found = [event for _, event in read_contest(cluster, contest) if isinstance(event, Clarification)]
    return [one for one in found if one.from_team_id is None]


def test_several_judges_work_on_the_requests(cluster, log, capsys, monkeypatch):
    c = log.contest
    listed = json.loads(clar(capsys, "list", c, "--json")[1])
    assert [(one["id"], one["number"], one["category"]) for one in listed] == [
        ("first", 2, "Problem B"),
        ("late", 1, "Problem B"),
    ], "what waits longest first"
    assert all(one["waits"] and not one["claimed"] for one in listed)

    # ann claims one; bob is told, also when he would answer it
    assert clar(capsys, "claim", c, "2", "--by", "ann")[1].startswith(f"contest {c}: request 2 is claimed by ann")
    code, out, err = clar(capsys, "answer", c, "first", "There.", "--by", "bob")
    assert (code, out) == (2, "")
    assert "ann has claimed request 2" in err
    assert sent(cluster, c) == []
    code, out, _ = clar(capsys, "list", c)
    assert "ann" in out
    assert "[b]n[/] < 9" in out, "text of a team is text"

    # two answer at once: both have looked before either has written anything
    monkeypatch.setattr("sys.stdin", io.StringIO("Yes.\n"))
    behind = read_record(cluster, c)
    code, out, _ = clar(capsys, "answer", c, "1", "-", "--by", "ann", "--json")
    assert (code, json.loads(out)["to_team_ids"], json.loads(out)["reply_to_id"]) == (0, ["t1"], "late")
    with pytest.raises(ConflictError, match="somebody was faster: ann has claimed request 1"):
        clarifications.answer(cluster, behind, "late", "No.", "bob", Recipients())
    (answer,) = sent(cluster, c)
    assert (answer.text, answer.recorded_by, answer.problem_id) == ("> Is [b]n[/] < 9?\n\nYes.", "ann", "B")

    # a second answer only when it is wanted; taking over is said
    code, _, err = clar(capsys, "answer", c, "late", "No.", "--by", "bob")
    assert code == 2
    assert "ann has answered request 1" in err
    assert "--again" in err
    assert clar(capsys, "answer", c, "2", "--predefined", "1", "--by", "bob", "--take-over", "--to-all")[0] == 0
    last = sent(cluster, c)[-1]
    assert (last.to_team_ids, last.to_group_ids, last.reply_to_id) == ((), (), "first")
    assert last.text == "> Where?\n> How?\n\nNo comment, read problem statement."
    assert (
        clar(
            capsys, "answer", c, "2", "Here.", "--again", "--no-quote", "--team", "t1", "--group", "g1", "--by", "bob"
        )[0]
        == 0
    )
    last = sent(cluster, c)[-1]
    assert (last.to_team_ids, last.to_group_ids, last.text) == (("t2", "t1"), ("g1",), "Here.")
    found = json.loads(clar(capsys, "list", c, "--answered", "--json")[1])
    about = [(one["id"], one["claimed"]["by"], one["answers"][0]["by"], one["waits"]) for one in found]
    assert about == [("first", "bob", "bob", None), ("late", "ann", "ann", None)]


def test_announcements_categories_and_what_is_refused(cluster, log, capsys):
    c = log.contest
    assert "sent to all teams" in clar(capsys, "announce", c, "Lunch is served.", "--by", "ann")[1]
    assert clar(capsys, "announce", c, "Move.", "--team", "t1", "--group", "g1", "--problem", "B", "--json")[0] == 0
    first, second = sent(cluster, c)
    assert (first.text, first.to_team_ids, first.reply_to_id, first.recorded_by) == (
        "Lunch is served.",
        (),
        None,
        "ann",
    )
    assert (second.to_team_ids, second.to_group_ids, second.problem_id) == (("t1",), ("g1",), "B")
    assert "request 1 is in category SysOps" in clar(capsys, "categorise", c, "1", "sysops", "--by", "ann")[1]
    shown = json.loads(clar(capsys, "list", c, "--category", "SysOps", "--json")[1])
    assert [one["id"] for one in shown] == ["late"]
    assert json.loads(clar(capsys, "choices", c, "--json")[1])["categories"][:3] == ["General", "SysOps", "Operations"]
    assert "late" in clar(capsys, "show", c, "1")[1]
    for arguments, says in (
        (("answer", c, "7", "Yes."), "has no message '7'"),
        (("answer", c, "3", "Yes."), "message 3 is the jury's own"),
        (("answer", c, "1", " "), "the message says nothing"),
        (("answer", c, "1", "Yes.", "--team", "t9"), "has no team 't9'; nothing was sent"),
        (("answer", c, "1", "--predefined", "9"), "has no predefined answer 9; it has"),
        (("answer", c, "1", "Yes.", "--predefined", "1"), "say TEXT or --predefined"),
        (("answer", c, "1", "x" * 10_001), "longer than 10000"),
        (("announce", c, "Yes.", "--problem", "Z"), "no problem 'Z'; it has A, B, C"),
        (("categorise", c, "1", "Hall"), "no category 'Hall'"),
        (("claim", c, "1", "--release"), "nobody has claimed request 1"),
        (("list", "nope"), "there is no contest 'nope'"),
    ):
        code, out, err = clar(capsys, *arguments)
        assert (code, out) == (2, "")
        assert says in err, arguments
    assert len(sent(cluster, c)) == 2
