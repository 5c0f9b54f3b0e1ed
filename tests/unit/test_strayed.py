"""Verdicts of another package than their problem's: which are named before the contest is final, and which were left so."""

from __future__ import annotations

import pytest

from clics.blockers import blockers
from clics.state import State
from podium.jury.record import Record
from podium.jury.rejudgings import strayed
from schemas.codec import codec
from schemas.definition import ChangedPackage
from schemas.events import (
    Finalized,
    PositionSkipped,
    RejudgingApplied,
    RejudgingCreated,
    RejudgingReverted,
    Transitioned,
)
from streams.scoring.contest import FOLD_VERSION
from tests.contest_log import HOUR, START, ContestLog, problem

OLD, NEW, THIRD = ("1" * 64, "2" * 64, "3" * 64)
END = START + 5 * HOUR


def problems(package: str, **fields):
    """The problems, A on this package."""
    return (problem("A", 1, package=package, **fields), problem("B", 2, package=OLD))


@pytest.fixture
def log() -> ContestLog:
    """A contest that is over, its submissions to A judged on the old package but for "in hand"."""
    log = ContestLog(problems=problems(OLD))
    log.submit("t1", "A", 10, id_="before")
    log.judge("before", "AC", package=OLD)
    log.submit("t2", "A", 20, id_="in hand")
    log.act(Transitioned, kind="ended", planned_at=END)
    return log


def on(log: ContestLog, package: str, **fields) -> int:
    """The files put A on this package."""
    return log.define(problems=problems(package, **fields))


def rejudge(log: ContestLog, id_: str, package: str, *, put: bool = False) -> int:
    """A rejudging of a submission on this package, applied; *put*: it puts the problem on it."""
    changed = ChangedPackage("A", package, 1000, 1024, 8, 3) if put else None
    number = log.act(RejudgingCreated, submission_ids=(id_,), changed=changed)
    log.judge(id_, "AC", number, package=package)
    log.act(RejudgingApplied, rejudging=number, changed=changed)
    return number


def record_of(log: ContestLog) -> Record:
    record = Record.of(log.contest)
    for position, event in log.events:
        record.take(position, event)
    return record


def told(log: ContestLog) -> list[str]:
    """The submissions to A that are named, by the commands of the jury and before the contest is final alike."""
    record = record_of(log)
    found = [one.id for one in strayed(record, "A")]
    named = [one.what for one in blockers(record.state, END) if one.kind == "another package"]
    assert [what.partition("(")[2].partition(";")[0] for what in named] == found
    return found


def test_a_verdict_of_the_old_package_behind_the_files_that_have_replaced_it_is_in_the_way_of_a_final_contest(log):
    on(log, NEW)
    assert told(log) == []
    log.judge("in hand", "WA", package=OLD)  # the queue had not heard of the files yet
    assert told(log) == ["in hand"], "what was judged before was left so by who applied the files"
    (one,) = blockers(record_of(log).state, END)
    assert (one.kind, one.what, one.cure) == (
        "another package",
        "submission 2 (in hand; team t2, problem A)",
        "podium rejudge create c1 --id 2",
    )
    assert one.why == f"it was judged on package {OLD[:12]}, and problem A is on {NEW[:12]}"


def test_what_is_judged_again_decided_by_hand_or_of_no_account_has_not_strayed(log):
    on(log, NEW)
    log.judge("in hand", "WA", package=OLD)
    log.override("in hand", "WA")
    assert told(log) == []
    log.override("in hand", None)
    assert told(log) == ["in hand"]
    number = rejudge(log, "in hand", NEW)
    assert told(log) == []
    log.act(RejudgingReverted, rejudging=number)
    assert told(log) == ["in hand"]
    on(log, NEW, withdrawn=True)
    assert blockers(record_of(log).state, END) == []


def test_other_limits_and_other_names_of_a_problem_put_it_on_no_other_package(log):
    on(log, NEW)
    log.judge("in hand", "WA", package=OLD)
    on(log, NEW, time_limit_ms=5000)
    log.define(name="Renamed")
    assert told(log) == ["in hand"], "it is behind the package all the same"


def test_a_package_that_comes_back_is_the_right_one_again_and_the_one_in_between_is_not(log):
    on(log, NEW)
    log.submit("t1", "A", 30, id_="on new")
    log.judge("on new", "WA", package=NEW)
    log.judge("in hand", "WA", package=OLD)
    log.submit("t1", "A", 31, id_="late")
    on(log, OLD)
    assert told(log) == [], "that of the one in between was left so by who applied the files"
    log.judge("late", "WA", package=NEW)
    assert told(log) == ["late"]
    on(log, THIRD)
    assert told(log) == ["late"], "it was never right; that of the second time was left so once more"


def test_an_act_that_puts_the_problem_on_a_package_later_has_all_verdicts_of_others_named(log):
    on(log, NEW)
    log.judge("in hand", "WA", package=OLD)
    number = rejudge(log, "before", THIRD, put=True)
    log.submit("t1", "A", 40, id_="late")
    log.judge("late", "WA", package=NEW)
    assert told(log) == ["in hand", "late"]
    on(log, OLD)
    assert told(log) == ["in hand", "late"], "the act holds against the files"
    log.act(RejudgingReverted, rejudging=number)
    assert told(log) == ["late"], "its package was replaced before it came, and is not in force again"


def test_a_rejudging_that_was_judged_behind_the_files_on_the_package_before_them_is_named_once_it_shows(log):
    log.judge("in hand", "WA", package=OLD)
    number = log.act(RejudgingCreated, submission_ids=("before", "in hand"))
    log.judge("before", "WA", number, package=OLD)
    on(log, NEW)
    log.judge("in hand", "AC", number, package=OLD)
    assert told(log) == []
    log.act(RejudgingApplied, rejudging=number)
    assert told(log) == ["before", "in hand"]


def test_a_rejudging_that_was_judged_before_the_files_is_named_where_it_shows_in_place_of_a_right_verdict(log):
    number = log.act(RejudgingCreated, submission_ids=("in hand",))
    log.judge("in hand", "WA", number, package=OLD)  # a pause holds no rejudging
    on(log, NEW)
    log.judge("in hand", "AC", package=NEW)
    assert told(log) == []
    log.act(RejudgingApplied, rejudging=number)
    assert told(log) == ["in hand"]
    on(log, OLD)
    assert told(log) == [], "its package is in force again"
    on(log, NEW)
    assert told(log) == [], "who applied the files has left it so"
    log.act(RejudgingReverted, rejudging=number)
    assert told(log) == []


def test_a_rejudging_on_the_package_that_the_files_had_then_is_not_named_when_they_change_later(log):
    rejudge(log, "before", OLD)
    on(log, NEW)
    assert told(log) == []


def test_what_another_system_has_judged_has_not_strayed(log):
    on(log, NEW)
    log.judge("in hand", "WA")  # as a feed tells it, on no package
    assert told(log) == []
    on(log, "")
    log.submit("t1", "A", 30, id_="late")
    log.judge("late", "WA", package=NEW)
    assert told(log) == [], "and so is a problem whose package another system has"


def test_files_that_the_scores_have_skipped_put_nothing_on_another_package(log):
    skipped = on(log, NEW)
    log.judge("in hand", "WA", package=NEW)
    log.submit("t1", "A", 30, id_="late")
    log.act(PositionSkipped, position=skipped, fold_version=FOLD_VERSION, reason="no such rule")
    log.judge("late", "WA", package=OLD)
    assert told(log) == ["in hand"]


def test_files_that_changed_nothing_that_was_in_force_are_not_looked_at(log):
    log.define(changes=0, problems=problems(NEW))
    log.judge("in hand", "WA", package=OLD)
    assert told(log) == []


def test_a_state_that_is_kept_in_parts_knows_it_too(log):
    on(log, NEW)
    log.judge("in hand", "WA", package=OLD)
    log.act(Finalized)
    state = record_of(log).state
    parts = [(key, state.dump(key, codec())) for key in state.keys()]  # noqa: SIM118  # a method of the state
    again = State.load(log.contest, state.position, parts, codec())
    assert blockers(again, END) == blockers(state, END) != []
