"""Scores by hand: what happened, and the rows that the CCS requirements (Scoring Data Generation) make of it."""

import pytest

from schemas.events import (
    ContestExtended,
    Finalized,
    GenerationOpened,
    GenerationPromoted,
    GenerationRetired,
    IntervalRemoved,
    PenaltyAdded,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCreated,
    RejudgingReverted,
    ScoreboardFrozen,
    ScoreboardUnfrozen,
    StartMoved,
    TeamDisqualified,
    ThawScheduled,
    Transitioned,
)
from streams.scoring.clock import PAUSE_MS
from streams.scoring.project import find, generations
from streams.scoring.state import ContestState
from tests.contest_log import HOUR, MINUTE, START, ContestLog, judgement_types, problem

NOTHING_2 = "2 t2 0 0"


def thaw(log: ContestLog) -> None:
    log.act(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)


# ---- time -----------------------------------------------------------------------------------------------------------


def test_nobody_has_submitted():
    assert ContestLog().rows() == ["1 t1 0 0", "1 t2 0 0"]


@pytest.mark.parametrize(
    ("time", "minute"), [("0:00:59.999", 0), ("0:01:00.000", 1), ("1:59:59.999", 119), ("4:59:59.999", 299)]
)
def test_a_time_is_rounded_down_to_the_minute(time, minute):
    log = ContestLog()
    log.submit("t1", "A", time, "AC")
    assert log.rows() == [f"1 t1 1 {minute} A=1/{minute}", NOTHING_2]


def test_a_submission_exactly_at_the_start_counts():
    log = ContestLog()
    log.submit("t1", "A", 0, "AC")
    assert log.rows() == ["1 t1 1 0 A=1/0", NOTHING_2]


def test_a_submission_before_the_start_does_not_count():
    log = ContestLog()
    log.submit("t1", "A", "-0:00:00.001", "AC")
    assert log.rows() == ["1 t1 0 0", "1 t2 0 0"]


def test_a_submission_exactly_at_the_end_is_too_late():
    log = ContestLog()
    log.submit("t1", "A", "4:59:59.999", "WA")
    log.submit("t1", "A", 300, "AC")
    assert log.rows() == ["1 t1 0 0 A:1", "1 t2 0 0"]


def test_a_late_submission_is_not_even_pending():
    log = ContestLog()
    log.submit("t1", "A", 301)
    assert log.rows() == ["1 t1 0 0", "1 t2 0 0"]


def test_an_extension_makes_a_late_submission_count():
    log = ContestLog()
    log.submit("t1", "A", 305, "AC")
    log.act(ContestExtended, by=10 * MINUTE)
    assert log.rows() == ["1 t1 1 305 A=1/305", NOTHING_2]


def test_an_old_file_applied_after_an_extension_does_not_undo_it():
    log = ContestLog()
    log.submit("t1", "A", 305, "AC")
    log.act(ContestExtended, by=10 * MINUTE)
    log.define(name="Contest, as the file says")
    assert log.rows() == ["1 t1 1 305 A=1/305", NOTHING_2]


def test_an_extension_that_is_in_the_log_twice_counts_once():
    log = ContestLog()
    log.submit("t1", "A", 315, "AC")
    log.act(ContestExtended, id="once", by=10 * MINUTE)
    log.act(ContestExtended, id="once", by=10 * MINUTE)
    assert log.rows() == ["1 t1 0 0", "1 t2 0 0"]


def test_of_two_concurrent_definitions_the_first_in_the_log_counts():
    log = ContestLog()
    log.submit("t1", "A", 1, "WA")
    log.submit("t1", "A", 10, "AC")
    seen = log.defined
    log.define(changes=seen, penalty_time=5 * MINUTE)
    log.define(changes=seen, penalty_time=50 * MINUTE)
    assert log.rows() == ["1 t1 1 15 A=2/10", NOTHING_2]


def test_a_start_that_was_moved_moves_every_time():
    log = ContestLog()
    log.submit("t1", "A", 10, "AC")
    log.submit("t2", "A", 40, "AC")
    log.act(StartMoved, start_time=START + 30 * MINUTE)
    log.define(formal_name="a later file does not undo the act")
    assert log.rows() == ["1 t2 1 10 A=1/10", "2 t1 0 0"]


def test_while_the_start_is_not_known_nothing_counts():
    log = ContestLog()
    log.submit("t1", "A", 10, "AC")
    log.act(StartMoved, start_time=None, countdown_pause_time=60_000)
    assert log.rows() == ["1 t1 0 0", "1 t2 0 0"]


def test_a_removed_interval_counts_for_nobody_and_moves_the_end():
    log = ContestLog(teams=("t1", "t2", "t3", "t4"))
    log.submit("t1", "A", 30, "AC")
    log.submit("t2", "A", 65, "AC")  # within: contest time stands still
    log.submit("t3", "A", 100, "AC")
    log.submit("t4", "A", 315, "AC")
    log.act(IntervalRemoved, start=START + HOUR, end=START + HOUR + 20 * MINUTE)
    assert log.rows() == ["1 t1 1 30 A=1/30", "2 t2 1 60 A=1/60", "3 t3 1 80 A=1/80", "4 t4 1 295 A=1/295"]


def test_within_a_removed_interval_the_order_of_arrival_holds():
    log = ContestLog()
    log.submit("t1", "A", 61, "WA")
    log.submit("t1", "A", 62, "AC")
    log.submit("t1", "A", 63, "WA")
    log.act(IntervalRemoved, start=START + HOUR, end=START + HOUR + 20 * MINUTE)
    assert log.rows() == ["1 t1 1 80 A=2/60", NOTHING_2]


def test_overlapping_removed_intervals_count_once_and_one_can_be_restored():
    log = ContestLog()
    log.submit("t1", "A", 100, "AC")
    log.act(IntervalRemoved, start=START + HOUR, end=START + HOUR + 20 * MINUTE)
    log.act(IntervalRemoved, start=START + HOUR + 10 * MINUTE, end=START + HOUR + 30 * MINUTE)
    assert log.rows()[0] == "1 t1 1 70 A=1/70"
    log.act(IntervalRemoved, start=START + HOUR, end=START + HOUR + 20 * MINUTE, restored=True)
    assert log.rows()[0] == "1 t1 1 80 A=1/80"


def test_seconds_as_precision():
    log = ContestLog(parameters={"time_precision": "seconds"})
    log.submit("t1", "A", "0:10:30.900", "AC")
    assert log.rows() == ["1 t1 1 10.5 A=1/10", NOTHING_2]


# ---- penalty --------------------------------------------------------------------------------------------------------


def test_rejected_runs_cost_twenty_minutes_each_once_the_problem_is_solved():
    log = ContestLog()
    for minute, verdict in ((5, "WA"), (10, "TLE"), (15, "RTE"), (20, "AC")):
        log.submit("t1", "A", minute, verdict)
    log.submit("t1", "B", 30, "WA")
    assert log.rows() == ["1 t1 1 80 A=4/20 B:1", NOTHING_2]


def test_the_penalty_time_is_the_contests():
    log = ContestLog(penalty_time=7 * MINUTE)
    log.submit("t1", "A", 5, "WA")
    log.submit("t1", "A", 20, "AC")
    assert log.rows() == ["1 t1 1 27 A=2/20", NOTHING_2]


def test_compile_errors_are_free():
    log = ContestLog()
    log.submit("t1", "A", 5, "CE")
    log.submit("t1", "A", 20, "AC")
    log.submit("t1", "B", 30, "CE")
    assert log.rows() == ["1 t1 1 20 A=1/20", NOTHING_2]


def test_compile_errors_cost_where_the_judgement_types_say_so():
    log = ContestLog(judgement_types=judgement_types(AC=False, WA=True, CE=True))
    log.submit("t1", "A", 5, "CE")
    log.submit("t1", "A", 20, "AC")
    assert log.rows() == ["1 t1 1 40 A=2/20", NOTHING_2]


def test_runs_after_an_accepted_one_count_nowhere():
    log = ContestLog()
    log.submit("t1", "A", 20, "AC")
    log.submit("t1", "A", 25, "WA")
    log.submit("t1", "A", 30, "AC")
    log.submit("t1", "A", 35)
    assert log.rows() == ["1 t1 1 20 A=1/20", NOTHING_2]


def test_judgements_in_another_order_than_the_submissions():
    log = ContestLog()
    ids = [log.submit("t1", "A", minute) for minute in (5, 10, 15)]
    log.judge(ids[2], "AC")
    assert log.rows() == ["1 t1 1 15 A=1/15+2?", NOTHING_2]
    log.judge(ids[1], "AC")
    assert log.rows() == ["1 t1 1 10 A=1/10+1?", NOTHING_2]
    log.judge(ids[0], "WA")
    assert log.rows() == ["1 t1 1 30 A=2/10", NOTHING_2]


def test_at_equal_times_the_place_in_the_log_decides():
    log = ContestLog()
    log.submit("t1", "A", 10, "AC")
    log.submit("t1", "A", 10, "WA")
    log.submit("t2", "B", 10, "WA")
    log.submit("t2", "B", 10, "AC")
    assert log.rows() == ["1 t1 1 10 A=1/10", "2 t2 1 30 B=2/10"]


def test_a_submission_that_came_late_into_the_log_stands_at_its_time():
    log = ContestLog()
    log.submit("t1", "A", 20, "AC")
    log.submit("t1", "A", 10, "WA")
    assert log.rows() == ["1 t1 1 40 A=2/20", NOTHING_2]


@pytest.mark.parametrize("verdict", ["JE", "never heard of"])
def test_a_judging_error_is_pending(verdict):
    log = ContestLog()
    log.submit("t1", "A", 10, verdict)
    log.submit("t1", "A", 20, "AC")
    assert log.rows() == ["1 t1 1 20 A=1/20+1?", NOTHING_2]


def test_a_judge_that_failed_for_good_leaves_the_submission_pending_until_it_is_judged_after_all():
    log = ContestLog()
    submission = log.submit("t1", "A", 10)
    log.fault(submission)
    assert log.rows() == ["1 t1 0 0 A:0+1?", "1 t2 0 0"]
    log.judge(submission, "AC")
    assert log.rows() == ["1 t1 1 10 A=1/10", NOTHING_2]


@pytest.mark.parametrize(("precise", "row"), [("MLE", "A:1"), ("OLE", "A:1"), ("ILE", "A:1"), ("CTL", ""), ("APE", "")])
def test_precise_verdicts_count_as_what_is_published(precise, row):
    log = ContestLog()
    log.submit("t1", "A", 10, precise)
    assert log.rows()[0] == ("1 t1 1 10 A=1/10" if precise == "APE" else f"1 t1 0 0 {row}".strip())


def test_the_contest_says_what_is_published():
    log = ContestLog(judgement_types=judgement_types(AC=False, WA=True, MLE=False), publish={"OLE": "MLE"})
    log.submit("t1", "A", 5, "MLE")
    log.submit("t1", "A", 6, "OLE")
    log.submit("t1", "A", 10, "AC")
    assert log.rows()[0] == "1 t1 1 10 A=1/10"


def test_a_contest_that_only_knows_yes_and_no():
    log = ContestLog(judgement_types=judgement_types(AC=False, RE=True))
    for minute, verdict in ((5, "WA"), (6, "CTL"), (10, "APE")):
        log.submit("t1", "A", minute, verdict)
    assert log.rows()[0] == "1 t1 1 50 A=3/10"


def test_of_two_judgements_of_one_judging_the_first_in_the_log_counts():
    log = ContestLog()
    submission = log.submit("t1", "A", 10, "WA")
    log.judge(submission, "AC")
    assert log.rows() == ["1 t1 0 0 A:1", "1 t2 0 0"]


def test_of_two_submissions_with_one_id_the_first_in_the_log_counts():
    log = ContestLog()
    log.submit("t1", "A", 10, "WA", id_="s")
    log.submit("t1", "A", 5, id_="s")
    log.submit("t2", "B", 1, id_="s")
    assert log.rows() == ["1 t1 0 0 A:1", "1 t2 0 0"]


# ---- order and ranks ------------------------------------------------------------------------------------------------


def test_more_solved_goes_before_less_time():
    log = ContestLog()
    log.submit("t1", "A", 1, "AC")
    log.submit("t2", "A", 200, "AC")
    log.submit("t2", "B", 201, "AC")
    assert log.rows() == ["1 t2 2 401 A=1/200 B=1/201", "2 t1 1 1 A=1/1"]


def test_ties_are_broken_by_the_last_accepted():
    log = ContestLog()
    log.submit("t1", "A", 40, "AC")
    log.submit("t1", "B", 60, "AC")
    log.submit("t2", "A", 50, "AC")
    log.submit("t2", "B", 50, "AC")
    assert log.rows() == ["1 t2 2 100 A=1/50 B=1/50", "2 t1 2 100 A=1/40 B=1/60"]


def test_the_last_accepted_is_compared_in_whole_minutes_and_then_shared():
    log = ContestLog(teams=("t1", "t2", "t3"))
    log.submit("t1", "A", "0:50:59.000", "AC")
    log.submit("t2", "A", "0:50:00.000", "AC")
    log.submit("t3", "A", 51, "AC")
    assert log.rows() == ["1 t1 1 50 A=1/50", "1 t2 1 50 A=1/50", "3 t3 1 51 A=1/51"]


def test_teams_of_equal_rank_stand_by_name_without_accents_and_case():
    log = ContestLog(teams=())
    for id_, name in (("z", "Ábel"), ("y", "abc"), ("x", "ABA"), ("w", "zebra")):
        log.team(id_, name=name)
    assert [row.split()[1] for row in log.rows()] == ["x", "y", "z", "w"]


def test_penalty_of_the_jury_counts_without_a_solved_problem_too():
    log = ContestLog()
    log.act(PenaltyAdded, id="p1", team_id="t1", by=30 * MINUTE)
    log.act(PenaltyAdded, id="p1", team_id="t1", by=30 * MINUTE)
    assert log.rows() == ["1 t2 0 0", "2 t1 0 30"]
    log.submit("t1", "A", 20, "AC")
    log.act(PenaltyAdded, id="p2", team_id="t1", by=-40 * MINUTE)
    assert log.rows() == ["1 t1 1 10 A=1/20", NOTHING_2]


def test_a_disqualified_team_stands_last_without_a_rank():
    log = ContestLog(teams=("t1", "t2", "t3"))
    log.submit("t1", "A", 5, "AC")
    log.submit("t2", "A", 50, "AC")
    log.act(TeamDisqualified, team_id="t1")
    assert log.rows() == ["1 t2 1 50 A=1/50", "2 t3 0 0", "- t1 1 5 A=1/5"]
    assert log.firsts() == {"A": "t2"}
    log.act(TeamDisqualified, team_id="t1", disqualified=False)
    assert log.rows()[0] == "1 t1 1 5 A=1/5"


@pytest.mark.parametrize("way", ["team", "group"])
def test_a_hidden_team_is_seen_by_the_jury_only_and_takes_no_rank(way):
    log = ContestLog()
    if way == "team":
        log.team("t0", hidden=True)
    else:
        log.team("t0", group_ids=("staff",))
        log.group("staff", hidden=True)
    log.submit("t0", "A", 1, "AC")
    log.submit("t1", "A", 5, "AC")
    assert log.rows("public") == ["1 t1 1 5 A=1/5", NOTHING_2]
    assert log.rows("jury") == ["1 t1 1 5 A=1/5", NOTHING_2, "- t0 1 1 A=1/1"]
    assert log.firsts("jury") == log.firsts("public") == {"A": "t1"}


def test_a_removed_team_and_one_outside_the_main_group_are_on_no_board():
    log = ContestLog(teams=(), main_scoreboard_group_id="main")
    log.team("t1", group_ids=("main", "west"))
    log.team("t2", group_ids=("west",))
    log.team("t3", group_ids=("main",))
    log.submit("t2", "A", 1, "AC")
    log.team("t3", group_ids=("main",), removed=True)
    assert log.rows() == ["1 t1 0 0"]
    assert log.firsts() == {}


def test_submissions_of_a_team_without_an_entry_wait_for_it():
    log = ContestLog(teams=())
    log.submit("t1", "A", 5, "AC")
    assert log.rows() == []
    log.team("t1")
    assert log.rows() == ["1 t1 1 5 A=1/5"]


def test_problems_stand_in_their_order_and_withdrawn_ones_do_not_count():
    log = ContestLog()
    log.submit("t1", "A", 5, "AC")
    log.submit("t1", "C", 7, "AC")
    log.define(problems=(problem("C", 1), problem("B", 2, withdrawn=True), problem("A", 3)))
    assert log.rows()[0] == "1 t1 2 12 C=1/7 A=1/5"
    log.define(problems=(problem("C", 1), problem("A", 3, withdrawn=True)))
    assert log.rows()[0] == "1 t1 1 7 C=1/7"


# ---- the freeze -----------------------------------------------------------------------------------------------------


def test_a_submission_exactly_at_the_freeze_is_pending_for_the_public():
    log = ContestLog()
    log.submit("t1", "A", "3:59:59.999", "AC")
    log.submit("t2", "A", 240, "AC")
    assert log.rows("public") == ["1 t1 1 239 A=1/239", "2 t2 0 0 A:0+1?"]
    assert log.rows("jury") == ["1 t1 1 239 A=1/239", "2 t2 1 240 A=1/240"]


def test_a_submission_before_the_freeze_is_shown_whenever_it_is_judged():
    log = ContestLog()
    early = log.submit("t1", "A", 239)
    log.submit("t1", "B", 250, "AC")
    log.judge(early, "AC")
    assert log.rows("public") == ["1 t1 1 239 A=1/239 B:0+1?", NOTHING_2]


def test_the_public_does_not_learn_from_counts_that_a_hidden_one_was_accepted():
    log = ContestLog()
    log.submit("t1", "A", 100, "WA")
    log.submit("t1", "A", 250, "AC")
    log.submit("t1", "A", 260, "WA")
    log.submit("t2", "A", 100, "WA")
    log.submit("t2", "A", 250, "WA")
    log.submit("t2", "A", 260, "CE")
    assert log.rows("public") == ["1 t1 0 0 A:1+2?", "1 t2 0 0 A:1+2?"]
    assert log.firsts("public") == {}
    assert log.firsts("jury") == {"A": "t1"}


def test_the_thaw_shows_what_was_hidden():
    log = ContestLog()
    log.submit("t2", "A", 250, "AC")
    thaw(log)
    assert log.rows("public") == log.rows("jury") == ["1 t2 1 250 A=1/250", "2 t1 0 0"]


def test_the_jury_freezes_earlier_and_lifts_it_again():
    log = ContestLog()
    log.submit("t1", "A", 100, "AC")
    log.submit("t1", "B", 250, "AC")
    log.act(ScoreboardFrozen, at=START + 90 * MINUTE)
    assert log.rows("public")[0] == "1 t1 0 0 A:0+1? B:0+1?"
    log.recorded_at = START + 120 * MINUTE
    log.act(ScoreboardUnfrozen)
    assert log.rows("public")[0] == "1 t1 1 100 A=1/100 B:0+1?", "the planned freeze is still to come"


def test_a_freeze_that_was_lifted_does_not_come_back():
    log = ContestLog()
    log.submit("t1", "A", 250, "AC")
    log.recorded_at = START + 260 * MINUTE
    log.act(ScoreboardUnfrozen)
    assert log.rows("public")[0] == "1 t1 1 250 A=1/250"


def test_a_freeze_that_was_lifted_at_the_very_moment_it_began_does_not_come_back():
    log = ContestLog()
    log.submit("t1", "A", 240, "AC")
    log.recorded_at = START + 240 * MINUTE
    log.act(ScoreboardUnfrozen)
    assert log.rows("public")[0] == "1 t1 1 240 A=1/240"


def test_nothing_hides_again_what_was_thawed():
    log = ContestLog()
    log.submit("t1", "A", 250, "AC")
    log.recorded_at = START + 6 * HOUR
    thaw(log)
    shown = log.canonical("public")
    log.act(ScoreboardFrozen, at=START + 245 * MINUTE)
    log.act(ThawScheduled, thaw_time=None)
    log.define(scoreboard_thaw_time=None)
    assert log.canonical("public") == shown == log.canonical("jury")
    assert log.state().contest.planned_thaw is None, "it has happened, and comes no more"


def test_a_freeze_is_lifted_while_the_contest_runs_and_not_when_it_is_over():
    log = ContestLog()
    log.submit("t1", "A", 250, "AC")
    log.recorded_at = START + 5 * HOUR
    log.act(ScoreboardUnfrozen)
    assert log.rows("public")[0] == "1 t1 0 0 A:0+1?", "what is over is thawed"
    log.recorded_at -= 1
    log.act(ScoreboardUnfrozen)
    assert log.rows("public")[0] == "1 t1 1 250 A=1/250"


def test_the_freeze_moves_with_the_end():
    log = ContestLog()
    log.submit("t1", "A", 245, "AC")
    log.submit("t2", "A", 255, "AC")
    log.act(ContestExtended, by=10 * MINUTE)
    assert log.rows("public") == ["1 t1 1 245 A=1/245", "2 t2 0 0 A:0+1?"]


@pytest.mark.parametrize(("minute", "shown"), [(239, "A=1/245"), (240, "A:0+1?"), (290, "A:0+1?")])
def test_an_extension_after_the_freeze_does_not_show_what_was_hidden(minute, shown):
    log = ContestLog()
    log.submit("t1", "A", 245, "AC")
    log.submit("t2", "A", 305)
    log.recorded_at = START + minute * MINUTE
    log.act(ContestExtended, by=10 * MINUTE)
    log.recorded_at = START + 295 * MINUTE
    log.act(ContestExtended, by=1 * MINUTE)
    assert log.rows("public")[0].endswith(shown)
    assert log.rows("jury")[1] == "2 t2 0 0 A:0+1?", "the end has moved"


def test_a_contest_that_is_shortened_after_the_freeze_hides_nothing_that_was_shown():
    log = ContestLog()
    log.submit("t1", "A", 235, "AC")
    log.recorded_at = START + 250 * MINUTE
    log.act(ContestExtended, by=-10 * MINUTE)
    assert log.rows("public")[0] == "1 t1 1 235 A=1/235"


def later_definition(log):
    log.define(duration=6 * HOUR)


def shorter_freeze(log):
    log.define(scoreboard_freeze_duration=10 * MINUTE)


def no_freeze(log):
    log.define(scoreboard_freeze_duration=None)


def later_start(log):
    log.act(StartMoved, start_time=START + 20 * MINUTE)


def removed_interval(log):
    log.act(IntervalRemoved, start=START + HOUR, end=START + 90 * MINUTE)


CHANGES = [later_definition, shorter_freeze, no_freeze, later_start, removed_interval]


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_moves_a_freeze_that_has_come(change):
    log = ContestLog()
    log.submit("t1", "A", "3:59:59.999", "AC")
    log.submit("t2", "A", 240, "AC")
    log.recorded_at = START + 4 * HOUR
    change(log)
    assert log.rows("public")[1].endswith("A:0+1?")
    assert "A=1/" in log.rows("public")[0]
    log.recorded_at = START + 290 * MINUTE
    log.act(ContestExtended, by=HOUR)
    assert log.rows("public")[1].endswith("A:0+1?")


@pytest.mark.parametrize("change", CHANGES)
def test_everything_moves_a_freeze_that_has_not_come(change):
    log = ContestLog()
    log.submit("t1", "A", 245, "AC")
    log.recorded_at = START + 4 * HOUR - 1
    change(log)
    assert "A=1/" in log.rows("public")[0]


def test_a_contest_that_starts_anew_behind_its_freeze_freezes_anew():
    log = ContestLog()
    log.recorded_at = START + 6 * HOUR
    log.act(StartMoved, start_time=START + 24 * HOUR)
    log.submit("t1", "A", 24 * 60 + 239, "AC")
    log.submit("t2", "A", 24 * 60 + 240, "AC")
    assert log.rows("public") == ["1 t1 1 239 A=1/239", "2 t2 0 0 A:0+1?"]


@pytest.mark.parametrize(("removed", "restored"), [(200, 230), (200, 245), (200, 280), (245, 250), (275, 280)])
def test_a_restored_interval_leaves_the_board_as_if_it_had_never_been_removed(removed, restored):
    log = ContestLog()
    for team, minute in (("t1", 239), ("t2", 240)):
        log.submit(team, "A", minute, "AC")
    log.submit("t2", "B", 265, "AC")
    untouched = log.canonical("public")
    interval = {"start": START + HOUR, "end": START + 90 * MINUTE}
    log.recorded_at = START + removed * MINUTE
    log.act(IntervalRemoved, **interval)
    log.recorded_at = START + restored * MINUTE
    log.act(IntervalRemoved, **interval, restored=True)
    assert log.canonical("public") == untouched


def longer(log):
    log.act(ContestExtended, by=10 * MINUTE)


def another_removed(log):
    log.act(IntervalRemoved, start=START + 2 * HOUR, end=START + 2 * HOUR + 10 * MINUTE)


def paused_and_resumed(log):
    since = log.recorded_at
    log.act(IntervalRemoved, start=since, end=since + PAUSE_MS)
    log.recorded_at += MINUTE
    log.act(IntervalRemoved, start=since, end=since + MINUTE)
    log.act(IntervalRemoved, start=since, end=since + PAUSE_MS, restored=True)


@pytest.mark.parametrize("change", [longer, another_removed, paused_and_resumed, *CHANGES])
@pytest.mark.parametrize(("removed", "changed"), [(230, 235), (230, 255), (245, 250)])
def test_a_restored_interval_leaves_no_trace_in_what_was_changed_meanwhile(change, removed, changed):
    """It had put the freeze off from minute 240 to 250, and what came then is as if it never had."""
    log, plain = ContestLog(), ContestLog()
    for each in (log, plain):
        for minute in (239, 240, 245, 249, 250, 255):
            each.submit(f"t{minute % 2 + 1}", "ABC"[minute % 3], minute, "AC")
    interval = {"start": START + 100 * MINUTE, "end": START + 110 * MINUTE}
    log.recorded_at = START + removed * MINUTE
    log.act(IntervalRemoved, **interval)
    for each in (log, plain):
        each.recorded_at = START + changed * MINUTE
        change(each)
    log.recorded_at = START + 260 * MINUTE
    log.act(IntervalRemoved, **interval, restored=True)
    for audience in ("public", "jury"):
        assert log.canonical(audience) == plain.canonical(audience)
    assert log.state().contest.freeze == plain.state().contest.freeze


@pytest.mark.parametrize(
    ("act", "fields", "planned"),
    [
        (ThawScheduled, {"thaw_time": None}, None),
        (ThawScheduled, {"thaw_time": START + 8 * HOUR}, START + 8 * HOUR),
        (ContestExtended, {"by": 90 * MINUTE}, START + 6 * HOUR + 30 * MINUTE),
    ],
)
def test_a_thaw_whose_time_was_changed_before_the_clocks_record_does_not_come(act, fields, planned):
    log = ContestLog()
    log.submit("t1", "A", 250, "AC")
    log.recorded_at = START + 250 * MINUTE
    log.act(act, **fields)
    log.act(Transitioned, id="thaw", kind="thawed", planned_at=START + 6 * HOUR)
    assert log.rows("public")[0] == "1 t1 0 0 A:0+1?"
    if planned is not None:
        log.act(Transitioned, kind="thawed", planned_at=planned)
        assert log.rows("public")[0] == "1 t1 1 250 A=1/250"


def test_a_thaw_that_was_void_comes_once_it_is_planned_for_that_time_again():
    log = ContestLog()
    log.submit("t1", "A", 250, "AC")
    for at in (None, START + 6 * HOUR):
        log.act(ThawScheduled, thaw_time=at)
        log.act(Transitioned, id="thaw", kind="thawed", planned_at=START + 6 * HOUR)
    assert log.rows("public")[0] == "1 t1 1 250 A=1/250"


def test_a_contest_without_a_freeze_hides_nothing():
    log = ContestLog(scoreboard_freeze_duration=None)
    log.submit("t1", "A", 299, "AC")
    assert log.rows("public")[0] == "1 t1 1 299 A=1/299"


# ---- first to solve -------------------------------------------------------------------------------------------------


def test_an_earlier_pending_run_of_another_team_keeps_the_first_to_solve_open():
    log = ContestLog()
    earlier = log.submit("t2", "A", 9)
    log.submit("t1", "A", 10, "AC")
    assert log.firsts() == {}
    log.judge(earlier, "WA")
    assert log.firsts() == {"A": "t1"}


def test_an_earlier_pending_run_that_is_accepted_takes_the_first_to_solve():
    log = ContestLog()
    earlier = log.submit("t2", "A", 9)
    log.submit("t1", "A", 10, "AC")
    log.judge(earlier, "AC")
    assert log.firsts() == {"A": "t2"}


def test_the_own_earlier_pending_run_changes_nothing_about_who_is_first():
    log = ContestLog()
    log.submit("t1", "A", 9)
    log.submit("t1", "A", 10, "AC")
    log.submit("t2", "A", 11)
    assert log.firsts() == {"A": "t1"}


def test_two_teams_with_earlier_pending_runs_and_one_of_them_accepted():
    log = ContestLog()
    log.submit("t1", "A", 8)
    log.submit("t2", "A", 9)
    log.submit("t1", "A", 10, "AC")
    assert log.firsts() == {}


def test_pending_runs_that_do_not_count_do_not_keep_it_open():
    log = ContestLog()
    log.team("t0", hidden=True)
    log.submit("t0", "A", 1)
    log.submit("t2", "A", "-0:01:00")
    log.ignore(log.submit("t2", "A", 2))
    log.submit("t1", "A", 10, "AC")
    assert log.firsts() == {"A": "t1"}


def test_at_equal_times_the_first_in_the_log_solved_first():
    log = ContestLog()
    log.submit("t2", "A", 10, "AC")
    log.submit("t1", "A", 10, "AC")
    assert log.firsts() == {"A": "t2"}


# ---- acts on judgings -----------------------------------------------------------------------------------------------


def rejudged(log: ContestLog, verdict: str) -> tuple[str, int]:
    """A submission with a WA, judged again with this verdict; its id and the rejudging's number."""
    submission = log.submit("t1", "A", 10, "WA")
    rejudging = log.act(RejudgingCreated, submission_ids=(submission,))
    log.judge(submission, verdict, judging=rejudging)
    return submission, rejudging


def test_a_rejudging_shows_only_once_it_is_applied_and_no_longer_when_it_is_reverted():
    log = ContestLog()
    _, rejudging = rejudged(log, "AC")
    assert log.rows()[0] == "1 t1 0 0 A:1"
    log.act(RejudgingApplied, rejudging=rejudging)
    assert log.rows()[0] == "1 t1 1 10 A=1/10"
    log.act(RejudgingReverted, rejudging=rejudging)
    assert log.rows()[0] == "1 t1 0 0 A:1"


def test_of_two_applied_rejudgings_the_one_applied_last_shows_and_then_the_other():
    log = ContestLog()
    submission, first = rejudged(log, "AC")
    second = log.act(RejudgingCreated, submission_ids=(submission,))
    log.judge(submission, "CE", judging=second)
    log.act(RejudgingApplied, rejudging=first)
    log.act(RejudgingApplied, rejudging=second)
    assert log.rows()[0] == "1 t1 0 0"
    log.act(RejudgingReverted, rejudging=second)
    assert log.rows()[0] == "1 t1 1 10 A=1/10"


def test_a_cancelled_rejudging_cannot_be_applied():
    log = ContestLog()
    _, rejudging = rejudged(log, "AC")
    log.act(RejudgingCancelled, rejudging=rejudging)
    log.act(RejudgingApplied, rejudging=rejudging)
    assert log.rows()[0] == "1 t1 0 0 A:1"


def test_the_latest_act_decides_which_judging_shows():
    log = ContestLog()
    submission, rejudging = rejudged(log, "AC")
    log.override(submission, "RTE")
    assert log.rows()[0] == "1 t1 0 0 A:1"
    log.act(RejudgingApplied, rejudging=rejudging)
    assert log.rows()[0] == "1 t1 1 10 A=1/10"
    log.override(submission, "WA")
    assert log.rows()[0] == "1 t1 0 0 A:1"
    log.override(submission, None)
    assert log.rows()[0] == "1 t1 1 10 A=1/10"


def test_an_applied_rejudging_of_a_submission_that_is_not_judged_again_yet():
    log = ContestLog()
    submission = log.submit("t1", "A", 10, "WA")
    rejudging = log.act(RejudgingCreated, submission_ids=("x",), chunks=2)
    log.act(RejudgingCreated, submission_ids=(submission,), rejudging=rejudging, chunk=1, chunks=2)
    log.act(RejudgingApplied, rejudging=rejudging)
    assert log.rows()[0] == "1 t1 0 0 A:0+1?"


def test_a_chunk_behind_the_act_that_applied_its_rejudging_shows_with_the_next_act_that_applies_it():
    log = ContestLog()
    submission = log.submit("t1", "A", 10, "WA")
    rejudging = log.act(RejudgingCreated, submission_ids=("x",), chunks=2)
    log.act(RejudgingApplied, rejudging=rejudging)
    log.act(RejudgingCreated, submission_ids=(submission,), rejudging=rejudging, chunk=1, chunks=2)
    log.judge(submission, "AC", judging=rejudging)
    assert log.rows()[0] == "1 t1 0 0 A:1", "a verdict once shown changes only by an act"
    log.act(RejudgingReverted, rejudging=rejudging)
    log.act(RejudgingApplied, rejudging=rejudging)
    assert log.rows()[0] == "1 t1 1 10 A=1/10"


def test_a_rejudging_that_is_in_the_log_twice_is_one_and_its_second_record_has_no_number():
    log = ContestLog()
    _, rejudging = rejudged(log, "AC")
    again = log.add(next(event for position, event in log.events if position == rejudging))
    log.act(RejudgingApplied, rejudging=again)
    assert log.rows()[0] == "1 t1 0 0 A:1", "nobody judges under the number of a repeat"
    log.act(RejudgingApplied, rejudging=rejudging)
    assert log.rows()[0] == "1 t1 1 10 A=1/10"


def test_ids_with_colons_name_one_cell_each():
    log = ContestLog(teams=("t:1", "t"), problems=("A", "1:A"))
    log.submit("t", "1:A", 10, "AC")
    log.submit("t:1", "A", 20, "AC")
    restored = ContestState.restore("c1", log.state().parts())
    assert restored.cells.keys() == {("t", "1:A"), ("t:1", "A")}
    assert dict(restored.parts()) == dict(log.state().parts())


def test_a_verdict_by_hand_needs_no_judgement():
    log = ContestLog()
    log.override(log.submit("t1", "A", 10), "AC")
    assert log.rows()[0] == "1 t1 1 10 A=1/10"


def test_an_ignored_submission_counts_nowhere_until_it_counts_again():
    log = ContestLog()
    wrong = log.submit("t1", "A", 5, "WA")
    log.submit("t1", "A", 10, "AC")
    log.ignore(wrong)
    assert log.rows()[0] == "1 t1 1 10 A=1/10"
    log.ignore(wrong, ignored=False)
    assert log.rows()[0] == "1 t1 1 30 A=2/10"


def test_an_ignored_submission_behind_the_freeze_is_pending_in_public_until_the_thaw():
    log = ContestLog()
    log.ignore(log.submit("t1", "A", 250, "WA"))
    assert log.rows("public")[0] == "1 t1 0 0 A:0+1?", "a count that goes down tells what the jury did"
    assert log.rows("jury")[0] == "1 t1 0 0"
    thaw(log)
    assert log.rows("public")[0] == "1 t1 0 0"


# ---- generations and rules ------------------------------------------------------------------------------------------


def test_a_generation_that_is_opened_twice_by_a_retry_is_one():
    log = ContestLog()
    for _ in range(2):
        log.act(GenerationOpened, id="once", reason="new rules", rule="icpc", fold_version=1)
    assert [one.id for one in generations(log.state())] == ["0", str(log.events[-2][0])]


def test_a_newer_fold_may_open_a_generation_under_a_rule_that_this_one_does_not_know():
    log = ContestLog()
    opened = log.act(GenerationOpened, rule="golf", parameters={"par": "3"}, fold_version=2)
    assert find(log.state(), str(opened)).fold_version == 2


def test_a_contest_keeps_the_fold_version_of_its_first_definition():
    log = ContestLog(fold_version=2, rule="golf")
    log.define(name="Renamed", fold_version=1, rule="icpc")
    assert [one.fold_version for one in generations(log.state())] == [2]


def test_a_later_definition_is_under_the_fold_version_of_the_first():
    log = ContestLog()
    log.define(fold_version=2, rule="golf")
    with pytest.raises(ValueError, match="golf"):
        log.state()
    log = ContestLog(fold_version=2, rule="golf")
    log.define(fold_version=1, rule="chess")
    assert [one.rule for one in generations(log.state())] == ["chess"]


def test_a_stale_definition_is_void_whatever_its_rule():
    log = ContestLog()
    log.define(changes=-1, rule="golf", penalty_time=5 * MINUTE)
    log.submit("t1", "A", 1, "WA")
    log.submit("t1", "A", 10, "AC")
    assert log.rows()[0] == "1 t1 1 30 A=2/10"


def test_a_generation_shows_only_once_it_is_promoted_over_the_expected_one():
    log = ContestLog()
    log.submit("t1", "A", 5, "WA")
    log.submit("t1", "A", 10, "AC")
    opened = log.act(GenerationOpened, rule="icpc", parameters={"penalty_minutes": "10"}, fold_version=1)
    assert log.rows()[0] == "1 t1 1 30 A=2/10"
    log.act(GenerationPromoted, expect="77", generation=str(opened))
    assert log.rows()[0] == "1 t1 1 30 A=2/10"
    log.act(GenerationPromoted, expect="0", generation=str(opened))
    assert log.rows()[0] == "1 t1 1 20 A=2/10"
    log.act(GenerationRetired, generation=str(opened))
    assert log.rows()[0] == "1 t1 1 20 A=2/10", "the active one cannot be retired"
    log.act(GenerationPromoted, expect=str(opened), generation="0")
    log.act(GenerationRetired, generation=str(opened))
    log.act(GenerationPromoted, expect="0", generation=str(opened))
    assert log.rows()[0] == "1 t1 1 30 A=2/10"


@pytest.mark.parametrize(
    ("rule", "parameters"),
    [
        ("golf", {}),
        ("icpc", {"colour": "red"}),
        ("icpc", {"time_precision": "hours"}),
        ("icpc", {"penalty_minutes": ""}),
    ],
)
def test_an_unknown_rule_or_parameter_is_an_error_and_changes_nothing(rule, parameters):
    log = ContestLog()
    log.define(rule=rule, parameters=parameters)
    with pytest.raises(ValueError, match=f"{rule}|{next(iter(parameters), rule)}"):
        log.state()
    del log.events[-1]
    log.act(Finalized)
    assert log.rows() == ["1 t1 0 0", "1 t2 0 0"]


def test_the_canonical_scoreboard_to_the_byte():
    log = ContestLog()
    log.submit("t1", "A", "0:10:30.500", "AC")
    log.submit("t1", "B", 20)
    log.act(TeamDisqualified, team_id="t2")
    zero = '{"num_judged":0,"num_pending":%d,"problem_id":"%s","solved":false}'
    solved = '{"num_judged":1,"num_pending":0,"problem_id":"A","solved":true,"time":"0:10:00"}'
    assert log.canonical().decode() == (
        '{"awards":[{"id":"first-to-solve-A","team_ids":["t1"]}],"rows":['
        f'{{"problems":[{solved},{zero % (1, "B")},{zero % (0, "C")}],"rank":1,'
        '"score":{"num_solved":1,"time":"0:10:00","total_time":"0:10:00"},"team_id":"t1"},'
        f'{{"problems":[{zero % (0, "A")},{zero % (0, "B")},{zero % (0, "C")}],'
        '"score":{"num_solved":0,"time":null,"total_time":"0:00:00"},"team_id":"t2"}]}'
    )
