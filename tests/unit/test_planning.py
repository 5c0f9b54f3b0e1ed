"""The planner's pure core: which definition is in force, and what is asked of the queue."""

from __future__ import annotations

import pytest

from schemas.definition import ChangedPackage, Problem
from schemas.errors import DataError
from schemas.events import Definition, JudgingPaused, JudgingResumed, PositionSkipped, RejudgingCreated, Submission
from streams.dispatcher import planning
from streams.dispatcher.task import Task

SAID = {"recorded_at": 5, "recorded_by": "planner-1"}


def definition(changes=-1, priority=0, limit=1000, **more):
    problem = Problem("A", "A", "A", 0, "digest", limit, 256, 8, 3)
    return Definition(
        **SAID, contest="c", changes=changes, name="c", duration=1, problems=(problem,), priority=priority, **more
    )


def submission(problem="A"):
    return Submission(**SAID, contest="c", id="s", team_id="t", problem_id=problem, language_id="cpp", submitted_at=77)


def wanted(value, event, position=9, **more):
    return planning.wanted(
        value,
        planning.submission_value(position, event),
        contest="c",
        submission_id="s",
        partition=4,
        **SAID,
        **more,
    )


def test_a_definition_under_a_rule_that_the_fold_refuses_is_void():
    first = planning.definition_value(None, 3, definition())
    assert planning.definition_value(first, 8, definition(changes=3, rule="golf")) is None
    assert planning.definition_value(first, 9, definition(changes=3, parameters={"par": "4"})) is None
    assert planning.definition_value(first, 9, definition(changes=3, rule="golf", fold_version=2)) is None
    other = planning.definition_value(None, 3, definition(rule="golf", fold_version=2))
    assert planning.definition_value(other, 9, definition(changes=3, rule="chess"))["definition"] == 9


def test_a_definition_that_the_scorer_skipped_gives_way_to_the_one_before():
    first = planning.definition_value(None, 3, definition())
    second = planning.definition_value(first, 6, definition(changes=3, limit=2000))
    assert planning.definition_value(second, 6, definition(changes=3, limit=2000)) == second, "read again"

    def without(position, fold_version=1):
        act = PositionSkipped(
            contest="c",
            recorded_at=1,
            recorded_by="x",
            id="a",
            reason="r",
            position=position,
            fold_version=fold_version,
        )
        return planning.without_skipped(second, 8, act)

    assert without(5) == without(6, fold_version=2) == second
    assert without(6) == first | {"at": 8}
    assert planning.definition_value(without(6), 9, definition(changes=3))["definition"] == 9


def test_a_definition_takes_effect_only_where_it_changes_the_current_one():
    first = planning.definition_value(None, 3, definition())
    assert first["definition"] == 3
    assert planning.definition_value(first, 5, definition(changes=-1)) is None, "an old file"
    second = planning.definition_value(first, 6, definition(changes=3, limit=2000))
    assert second["problems"]["A"] == ["digest", 2000, 256, 8]
    assert planning.definition_value(second, 7, definition(changes=3)) is None, "stale"


def test_a_definition_read_again_is_what_it_was():
    first = planning.definition_value(None, 3, definition())
    assert planning.definition_value(first, 3, definition()) == first
    second = planning.definition_value(first, 6, definition(changes=3))
    assert planning.definition_value(second, 3, definition()) is None


def test_a_submission_is_its_own_cause_in_the_live_lane():
    record = wanted(planning.definition_value(None, 3, definition(priority=2, score_scale=100)), submission())
    assert (record.cause, record.index, record.judging, record.position) == (9, 0, 0, 9)
    assert (record.lane, record.priority, record.package, record.submitted_at) == ("live", 2, "digest", 77)
    assert Task.of(record).order(1, "queue").score_scale == 100


@pytest.mark.parametrize("asked", [False, True])
def test_a_contest_that_asks_for_all_tests_has_them_run(asked):
    record = wanted(planning.definition_value(None, 3, definition(all_tests=asked)), submission())
    assert Task.from_json(Task.of(record).to_json()).order(1, "queue").all_tests is asked


def test_a_definition_that_the_table_has_had_since_before_these_keys_is_judged_and_announced():
    value = planning.definition_value(None, 3, definition(score_scale=100, all_tests=True))
    old = {key: value[key] for key in ("at", "definition", "before", "fold_version", "priority", "problems")}
    record = wanted(old, submission())
    assert (record.package, record.score_scale, record.all_tests) == ("digest", 1, False)
    told = planning.packages_wanted("c", old, **SAID)
    assert (told.packages, told.languages) == (("digest",), ())
    assert planning.definition_value(old, 8, definition(changes=3))["definition"] == 8


def test_a_rejudging_names_the_submissions_position_and_its_own():
    value = planning.definition_value(None, 3, definition())
    other = ChangedPackage("A", "other", 2000, 512, 9, 4)
    record = wanted(value, submission(), cause=20, index=4, judging=18, lane="bulk", changed=other)
    assert (record.position, record.cause, record.index, record.judging) == (9, 20, 4, 18)
    assert (record.lane, record.package, record.time_limit_ms) == ("bulk", "other", 2000)


@pytest.mark.parametrize(("chunk", "number"), [(0, 20), (1, 18)])
def test_a_rejudgings_number_is_the_position_of_its_first_chunk(chunk, number):
    act = RejudgingCreated(**SAID, contest="c", id="r", rejudging=18 * bool(chunk), chunk=chunk, submission_ids=())
    assert planning.rejudging_number(20, act) == number


def test_what_cannot_be_judged_is_bad_data():
    with pytest.raises(DataError, match="before any definition"):
        wanted(None, submission())
    with pytest.raises(DataError, match="no problem: Z"):
        wanted(planning.definition_value(None, 3, definition()), submission("Z"))


@pytest.mark.parametrize(("kind", "paused"), [(JudgingPaused, True), (JudgingResumed, False)])
def test_a_pause_and_its_end_reach_the_queue(kind, paused):
    act = kind(**SAID, contest="c", id="p", problem_id="A", language_id=None)
    change = planning.pause_changed(act, partition=4, position=30, **SAID)
    assert (change.paused, change.problem_id, change.partition, change.cause) == (paused, "A", 4, 30)
