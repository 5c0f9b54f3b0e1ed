"""What keeps a contest from being final: each reason by itself, by hand, and nothing else."""

from __future__ import annotations

import pytest

from clics.blockers import Blocker, blockers
from clics.fold import fold
from clics.state import State
from podium.conduct import finalize
from schemas.definition import ChangedPackage
from schemas.events import (
    Clarification,
    Finalized,
    JudgingPaused,
    JudgingStarted,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCreated,
    RejudgingReverted,
    StartMoved,
    SubmissionVerified,
    TeamTimeExtended,
    Transitioned,
)
from schemas.settings import Settings
from streams.refold import Folded
from streams.scoring.state import ContestState
from tests.contest_log import HOUR, MINUTE, START, ContestLog, problem

END = START + 5 * HOUR


def over(**definition: object) -> ContestLog:
    """A contest that has ended, with one accepted submission."""
    log = ContestLog(**definition)
    log.submit("t1", "A", 10, "AC", id_="good")
    return log


def end(log: ContestLog, at: int = END) -> None:
    log.act(Transitioned, kind="ended", planned_at=at)


def found(log: ContestLog, now: int = END) -> list[Blocker]:
    state = State(log.contest)
    for position, event in log.events:
        fold(state, position, event)
    return blockers(state, now)


def kinds(log: ContestLog, now: int = END) -> list[str]:
    return [one.kind for one in found(log, now)]


def test_nothing_is_in_the_way_of_a_contest_that_is_over_and_judged():
    log = over()
    end(log)
    assert found(log) == []


def test_a_contest_that_runs():
    log = over()
    (one,) = found(log, END - 1)
    assert (one.kind, one.what) == ("not over", "the contest")
    assert "2027-01-15T13:00:00.000Z" in one.why
    assert kinds(log, END) == ["not over"], "the clock has to say that it ended"
    end(log)
    log.act(TeamTimeExtended, team_id="t2", by=10 * MINUTE)
    assert kinds(log, END) == ["not over"], "a team has time left"
    assert kinds(log, END + 10 * MINUTE) == []


def test_a_contest_without_a_start_or_a_definition():
    log = over()
    log.act(StartMoved, start_time=None)
    assert kinds(log) == ["not over"]
    assert [one.kind for one in blockers(State("c"), 0)] == ["definition"]


def test_submissions_that_wait_run_or_went_wrong():
    log = over()
    log.submit("t1", "A", 20, id_="waits")
    log.submit("t1", "B", 21, id_="runs")
    log.act(JudgingStarted, submission_id="runs", judging=0, attempt=1, host="h", started_at=START + 22 * MINUTE)
    log.submit("t2", "A", 23, id_="faulted")
    log.fault("faulted")
    log.submit("t2", "B", 24, "JE", id_="error")
    log.submit("t2", "C", 25, "WHAT", id_="unheard")
    end(log)
    told = [(one.kind, one.what.split()[1], one.why) for one in found(log)]
    assert told == [
        ("pending", "2", "it waits for a judge"),
        ("running", "3", "it is being judged"),
        ("judging error", "4", "no container"),
        ("judging error", "5", "a judging error"),
        ("judging error", "6", "the contest has no judgement type for WHAT"),
    ]
    log.act(JudgingPaused, problem_id="A")
    assert found(log)[0].why == "judging of it is paused"
    for id_, verdict in (("waits", "WA"), ("runs", "AC"), ("faulted", "TLE")):
        log.judge(id_, verdict)
    log.override("error", "WA")
    log.ignore("unheard")
    assert found(log) == []


@pytest.mark.parametrize(("time", "fields"), [(301, {}), (-1, {}), (10, {"ignored": True})])
def test_what_does_not_count_is_not_in_the_way(time, fields):
    log = over()
    log.submit("t1", "B", time if time > 0 else "-0:00:01", id_="one")
    if fields:
        log.ignore("one")
    end(log)
    assert found(log) == []


def test_submissions_of_a_removed_team_and_to_a_withdrawn_problem_are_not_in_the_way():
    log = over()
    log.submit("t2", "A", 10)
    log.submit("t1", "C", 10)
    end(log)
    assert kinds(log) == ["pending", "pending"]
    log.team("t2", removed=True)
    problems = log._fields["problems"]
    log.define(problems=(*problems[:2], type(problems[2])(**{**_fields(problems[2]), "withdrawn": True})))
    assert found(log) == []


def _fields(problem):
    return {name: getattr(problem, name) for name in problem.__dataclass_fields__}


def test_verdicts_that_are_not_verified_where_they_have_to_be():
    log = over()
    end(log)
    log.define(verification=True)
    (one,) = found(log)
    assert (one.kind, one.cure) == ("unverified", "podium submission verify c1 1")
    log.act(SubmissionVerified, submission_id="good", team_id="t1", problem_id="A", judging=0)
    assert found(log) == []


def test_a_verdict_by_hand_needs_no_second_look():
    log = over(verification=True)
    end(log)
    log.override("good", "WA")
    assert found(log) == []


def test_questions_without_an_answer():
    log = over()
    end(log)
    asked = {"asked_at": START}
    log.act(Clarification, id="q1", from_team_id="t1", text="?", **asked)
    log.act(Clarification, id="q2", from_team_id="t2", text="?", **asked)
    log.act(Clarification, id="all", text="Hear all", **asked)
    log.act(Clarification, id="a1", reply_to_id="q1", to_team_ids=("t1",), text="!", **asked)
    log.act(Clarification, id="more", from_team_id="t2", reply_to_id="q2", text="??", **asked)
    assert [one.what for one in found(log)] == ["clarification q2 of team t2", "clarification more of team t2"]
    log.act(Clarification, id="a2", reply_to_id="q2", text="!", **asked)
    log.act(Clarification, id="a3", reply_to_id="more", text="!", **asked)
    assert found(log) == []


def test_rejudgings_that_are_neither_applied_nor_cancelled():
    log = over()
    end(log)
    first = log.act(RejudgingCreated, submission_ids=("good",))
    second = log.act(RejudgingCreated, submission_ids=("good",))
    assert [(one.kind, one.what) for one in found(log)] == [
        ("rejudging", f"rejudging {first}"),
        ("rejudging", f"rejudging {second}"),
    ]
    log.judge("good", "WA", judging=first)
    log.act(RejudgingApplied, rejudging=first)
    log.act(RejudgingCancelled, rejudging=second)
    assert found(log) == []


def test_an_applied_rejudging_that_has_not_judged_a_submission_leaves_it_pending():
    log = over()
    end(log)
    number = log.act(RejudgingCreated, submission_ids=("good",))
    log.act(RejudgingApplied, rejudging=number)
    assert kinds(log) == ["pending"]


def put_on(log: ContestLog, package: str, *submissions: str) -> int:
    """A rejudging of these submissions that puts problem A on another package; its number."""
    changed = ChangedPackage("A", package, 1000, 1024, 8, 3)
    number = log.act(RejudgingCreated, submission_ids=submissions, changed=changed)
    for id_ in submissions:
        log.judge(id_, "AC", number, package=package)
    log.act(RejudgingApplied, rejudging=number, changed=changed)
    return number


def test_a_verdict_that_came_of_the_old_package_behind_the_act_that_has_replaced_it():
    log = over()
    log.submit("t2", "A", 20, id_="in hand")
    put_on(log, "new", "good")
    log.submit("t1", "A", 21, id_="later")
    log.judge("later", "AC", package="new")
    log.submit("t1", "B", 22, "AC")
    end(log)
    assert kinds(log) == ["pending"]
    log.judge("in hand", "WA", package="0" * 64)  # the queue had not heard of the act yet
    (one,) = found(log)
    assert (one.kind, one.what.split(" (")[0], one.cure) == (
        "another package",
        "submission 2",
        "podium rejudge create c1 --id 2",
    )
    assert one.why == f"it was judged on package {'0' * 12}, and problem A is on new"
    log.override("in hand", "WA")
    assert found(log) == [], "a verdict by hand is of no package"
    log.override("in hand", None)
    number = log.act(RejudgingCreated, submission_ids=("in hand",))
    log.judge("in hand", "AC", number, package="new")
    log.act(RejudgingApplied, rejudging=number)
    assert found(log) == []


def test_a_verdict_of_a_package_that_was_taken_back():
    log = over()
    number = put_on(log, "new", "good")
    log.submit("t2", "A", 20, id_="meanwhile")
    log.judge("meanwhile", "WA", package="new")
    end(log)
    assert found(log) == []
    log.act(RejudgingReverted, rejudging=number)
    assert [(one.kind, one.cure) for one in found(log)] == [("another package", "podium rejudge create c1 --id 2")]
    log.define(problems=(problem("A", 1, package="new"), problem("B", 2)))
    assert [one.cure for one in found(log)] == ["podium rejudge create c1 --id 1"], "the files have it back"


def test_verdicts_of_the_package_before_the_files_changed_are_not_in_the_way():
    log = over()
    log.define(problems=(problem("A", 1, package="a statement without its typing error"), problem("B", 2)))
    log.submit("t2", "A", 20, id_="later")
    log.judge("later", "WA", package="a statement without its typing error")
    end(log)
    assert found(log) == []


def test_everything_at_once_is_told_at_once():
    log = over()
    log.submit("t1", "B", 20)
    log.act(Clarification, id="q", from_team_id="t1", text="?", asked_at=START)
    log.act(RejudgingCreated, submission_ids=("good",))
    log.act(Finalized)
    assert kinds(log, START + HOUR) == ["not over", "pending", "clarification", "rejudging"]


def test_a_record_that_this_podium_cannot_read_is_in_the_way(monkeypatch):
    folded = Folded(ContestState("c1"), 9, unknown=[4])
    monkeypatch.setattr(finalize, "request_marks", lambda *_, **__: None)
    monkeypatch.setattr(finalize, "latest_marks", lambda *_: {})
    monkeypatch.setattr(finalize, "fold_contest", lambda *_, **__: folded)
    (found,) = finalize.differences(Settings(), "c1", "me")
    assert (found.kind, found.what) == ("recomputation", "position 4 of the log")
