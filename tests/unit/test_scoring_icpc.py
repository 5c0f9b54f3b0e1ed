"""What else may happen to a contest of the ICPC, by hand: each clause of the texts that say so."""

import dataclasses
import json

import pytest

from schemas.events import (
    ContestExtended,
    Finalized,
    GenerationOpened,
    GenerationPromoted,
    IntervalRemoved,
    PenaltyAdded,
    RejudgingApplied,
    RejudgingCreated,
    ScoreboardFrozen,
    SubmissionHacked,
    SubmissionVerified,
    TeamDisqualified,
    TeamStarted,
    TeamTimeExtended,
    ThawScheduled,
    Transitioned,
)
from streams.scoring.fold import apply
from streams.scoring.project import board, find
from streams.scoring.ranking import of_group
from streams.scoring.rules import Hacks
from streams.scoring.view import View
from tests.contest_log import HOUR, MINUTE, START, ContestLog, judgement_types, problem
from tests.reference_icpc import scoreboard as reference

NOTHING_2 = "2 t2 0 0"


def at(minute: float) -> int:
    return START + int(minute * MINUTE)


def verify(log: ContestLog, submission: str, judging: int = 0) -> int:
    return log.on(SubmissionVerified, submission, judging=judging)


def hack(log: ContestLog, submission: str, by: str, *, successful: bool = True) -> int:
    return log.on(SubmissionHacked, submission, by_team_id=by, successful=successful)


def hacks(log: ContestLog, team: str, audience: str = "jury") -> Hacks:
    state = log.state()
    return View(state, find(state, "0"), audience).hacks(team)


# ---- weights, penalty time, groups ----------------------------------------------------------------------------------


def test_a_problem_of_weight_two_counts_as_two_solved_ones_with_its_time_once():
    log = ContestLog(teams=("t1", "t2", "t3"))
    log.submit("t1", "A", 100, "AC")
    log.submit("t2", "B", 5, "AC")
    log.submit("t3", "C", 1, "AC")
    log.define(problems=(problem("A", 1, weight=2), problem("B", 2), problem("C", 3, weight=0)))
    assert log.rows() == ["1 t1 2 100 A=1/100", "2 t2 1 5 B=1/5", "3 t3 0 0 C=1/1"]
    log.define(problems=(problem("A", 1, withdrawn=True), problem("B", 2), problem("C", 3), problem("D", 4)))
    log.submit("t1", "D", 7, "AC")
    assert log.rows() == ["1 t3 1 1 C=1/1", "2 t2 1 5 B=1/5", "3 t1 1 7 D=1/7"]


def test_penalty_time_may_be_taken_below_zero():
    log = ContestLog()
    log.submit("t1", "A", 10, "AC")
    log.submit("t2", "A", 5, "AC")
    log.act(PenaltyAdded, team_id="t1", by=-30 * MINUTE)
    assert log.rows() == ["1 t1 1 -20 A=1/10", "2 t2 1 5 A=1/5"]


def test_groups_have_boards_and_ranks_of_their_own_and_so_have_teams_out_of_competition():
    log = ContestLog(teams=(), main_scoreboard_group_id="main")
    for team, groups in (
        ("t1", ("main", "north")),
        ("t2", ("main",)),
        ("t3", ("main", "north")),
        ("guest", ("north",)),
        ("spy", ("north",)),
        ("out", ("north",)),
    ):
        log.team(team, group_ids=groups, hidden=team == "spy")
    log.submit("t1", "A", 30, "AC")
    log.submit("t2", "A", 20, "AC")
    log.submit("t3", "A", 10, "AC")
    log.submit("guest", "A", 20, "AC")
    log.submit("spy", "A", 1, "AC")
    log.submit("out", "A", 1, "AC")
    log.act(TeamDisqualified, team_id="out")
    assert [line.split()[:2] for line in log.rows("public")] == [["1", "t3"], ["2", "t2"], ["3", "t1"]]
    state = log.state()
    north = {id_ for id_, team in state.teams.items() if "north" in team.group_ids}
    for audience in ("public", "jury"):
        found = board(state, find(state, "0"), audience)
        ranks = [(rank, row.team_id) for rank, row in of_group(found.rows, north)]
        assert ranks == [(1, "t3"), (2, "guest"), (3, "t1")]
        assert [one.team_id for one in found.firsts] == ["t3", None, None], "a guest takes nobody's first to solve"
        row = next(row for row in found.rows if row.team_id == "guest")
        assert (row.listed, row.ranked, row.num_solved, row.cells[0].time) == (False, True, 1, 20 * MINUTE)
        hidden = next(row for row in found.rows if row.team_id == "spy")
        assert (hidden.num_solved, hidden.cells) == (0, ())
        shown = json.loads(log.canonical(audience))
        assert [row["team_id"] for row in shown["rows"]] == ["t3", "t2", "t1"]
        (guest,) = shown["unlisted"]
        assert (guest["team_id"], guest["rank"], guest["score"]["num_solved"]) == ("guest", 2, 1)
        assert log.canonical(audience) == reference(log.events, audience)


# ---- a team's own times ---------------------------------------------------------------------------------------------


def test_extra_time_is_one_teams_and_the_thaw_waits_for_it():
    log = ContestLog()
    for team in ("t1", "t2"):
        log.submit(team, "A", 305, "AC")
    log.act(TeamTimeExtended, id="once", team_id="t1", by=10 * MINUTE)
    log.act(TeamTimeExtended, id="once", team_id="t1", by=10 * MINUTE)
    log.define(scoreboard_thaw_time=at(300))
    assert log.rows() == ["1 t1 1 305 A=1/305", NOTHING_2]
    assert log.rows("public") == ["1 t1 0 0 A:0+1?", "1 t2 0 0"]
    assert log.state().contest.planned_thaw == at(310)
    log.act(TeamTimeExtended, team_id="t1", by=-6 * MINUTE)
    assert log.rows() == ["1 t1 0 0", "1 t2 0 0"]
    log.act(ContestExtended, by=5 * MINUTE)
    assert log.rows() == ["1 t1 1 305 A=1/305", NOTHING_2], "its end moves with the contest's"


def test_less_time_is_taken_from_one_team():
    log = ContestLog()
    log.submit("t1", "A", 100, "AC")
    log.act(TeamTimeExtended, team_id="t1", by=-4 * HOUR)
    assert log.rows() == ["1 t1 0 0", "1 t2 0 0"]
    assert log.state().contest.planned_thaw == at(360)


def windows(**fields) -> ContestLog:
    """A day in which each team has five hours from its own start."""
    return ContestLog(("t1", "t2"), duration=24 * HOUR, window=5 * HOUR, scoreboard_freeze_duration=None, **fields)


def test_contest_time_counts_from_the_teams_own_start_to_its_own_end():
    log = windows()
    log.act(TeamStarted, team_id="t1", start_time=at(60))
    log.act(TeamStarted, team_id="t2", start_time=at(600))
    log.submit("t1", "A", 59, "AC")  # before its start
    log.submit("t1", "B", 70, "AC")
    log.submit("t1", "C", 360, "AC")  # its five hours are over
    log.submit("t2", "A", 605, "AC")
    log.submit("t2", "C", "14:59:59.999", "AC")
    assert log.rows() == ["1 t2 2 304 A=1/5 C=1/299", "2 t1 1 10 B=1/10"]


def test_a_window_ends_with_the_contest_and_begins_with_it_at_the_earliest():
    log = windows()
    log.act(TeamStarted, team_id="t1", start_time=at(23 * 60))
    log.act(TeamStarted, team_id="t2", start_time=at(-30))
    log.submit("t1", "A", "23:59:59.999", "AC")
    log.submit("t1", "B", "24:00:00", "AC")
    log.submit("t2", "A", 7, "AC")
    log.submit("t2", "B", "4:59:59.999", "AC")
    log.submit("t2", "C", 300, "AC")
    assert log.rows() == ["1 t2 2 306 A=1/7 B=1/299", "2 t1 1 59 A=1/59"]
    log.act(TeamTimeExtended, team_id="t1", by=1)
    log.submit("t1", "B", "24:00:00", "AC")
    assert log.rows()[0] == "1 t1 2 119 A=1/59 B=1/60"


def test_a_team_that_has_not_started_has_no_attempts_and_its_first_start_counts():
    log = windows()
    submission = log.submit("t1", "A", 70)
    assert log.rows() == ["1 t1 0 0", "1 t2 0 0"]
    log.act(TeamStarted, id="a", team_id="t1", start_time=at(60))
    log.act(TeamStarted, id="b", team_id="t1", start_time=at(65))
    assert log.rows()[0] == "1 t1 0 0 A:0+1?"
    log.judge(submission, "AC")
    assert log.rows()[0] == "1 t1 1 10 A=1/10"


def test_a_removed_interval_is_taken_out_of_the_windows_that_it_lies_in():
    log = windows()
    log.act(TeamStarted, team_id="t1", start_time=at(0))
    log.act(TeamStarted, team_id="t2", start_time=at(70))
    log.act(IntervalRemoved, start=at(60), end=at(80))
    log.submit("t1", "A", 319, "AC")
    log.submit("t2", "A", 379, "AC")
    log.submit("t2", "B", 380, "AC")
    assert log.rows() == ["1 t1 1 299 A=1/299", "1 t2 1 299 A=1/299"]


# ---- removed intervals: CCS requirements, Removing time intervals ----------------------------------------------------


def test_submissions_within_a_removed_interval_have_the_same_contest_time_and_later_ones_so_much_less():
    log = ContestLog(teams=("t1", "t2", "t3", "t4", "t5"))
    for team, time in (("t1", "0:59:59.999"), ("t2", "1:00:00"), ("t3", "1:19:59.999"), ("t4", "1:20:00"), ("t5", 85)):
        log.submit(team, "A", time, "AC")
    log.act(IntervalRemoved, start=at(60), end=at(80))
    assert [line.split()[1:4] for line in log.rows()] == [
        ["t1", "1", "59"],
        ["t2", "1", "60"],
        ["t3", "1", "60"],
        ["t4", "1", "60"],
        ["t5", "1", "65"],
    ]


def test_penalty_time_of_solved_problems_is_without_the_interval_and_rejected_runs_cost_what_they_cost():
    log = ContestLog()
    log.submit("t1", "A", 65, "WA")
    log.submit("t1", "A", 100, "AC")
    log.act(IntervalRemoved, start=at(60), end=at(80))
    assert log.rows()[0] == "1 t1 1 100 A=2/80"


def test_end_and_freeze_come_later_by_what_is_removed():
    log = ContestLog()
    log.act(IntervalRemoved, start=at(60), end=at(80))
    contest = log.state().contest
    assert (contest.clock.end, contest.freeze) == (at(320), at(260))
    log.act(IntervalRemoved, start=at(-60), end=at(10))
    assert log.state().contest.clock.end == at(330), "what lies before the start was no contest time"
    log.act(IntervalRemoved, start=at(330), end=at(400))
    assert log.state().contest.clock.end == at(330), "the contest is over when it begins"


def test_an_interval_without_length_takes_nothing():
    log = ContestLog()
    before = log.canonical()
    log.act(IntervalRemoved, start=at(60), end=at(60))
    assert log.canonical() == before
    assert log.state().contest.clock.end == at(300)


def test_of_two_submissions_within_a_removed_interval_the_first_to_arrive_is_first():
    log = ContestLog()
    log.submit("t1", "A", 71, "AC")
    log.submit("t2", "A", 70, "AC")
    log.submit("t2", "B", 70, "AC")
    log.submit("t2", "B", 75, "WA")
    log.act(IntervalRemoved, start=at(60), end=at(80))
    assert log.firsts() == {"A": "t2", "B": "t2"}
    assert log.rows()[0] == "1 t2 2 120 A=1/60 B=1/60"


@pytest.mark.parametrize("recorded", [100, 250, 305, 400])
def test_removing_an_interval_and_restoring_it_gives_the_same_bytes(recorded):
    log = ContestLog()
    for minute in (30, 65, 100, 235, 245, 295, 305, 315):
        log.submit("t1" if minute % 2 else "t2", "ABC"[minute % 3], minute, "AC" if minute % 4 else "WA")
    before = {audience: log.canonical(audience) for audience in ("public", "jury")}
    times = (log.state().contest.clock, log.state().contest.freeze)
    log.recorded_at = at(recorded)
    log.act(IntervalRemoved, start=at(60), end=at(80))
    log.act(IntervalRemoved, start=at(70), end=at(90))
    assert log.canonical("jury") != before["jury"]
    log.recorded_at += 3 * MINUTE
    log.act(IntervalRemoved, start=at(60), end=at(80), restored=True)
    log.act(IntervalRemoved, start=at(70), end=at(90), restored=True)
    assert {audience: log.canonical(audience) for audience in ("public", "jury")} == before
    assert (log.state().contest.clock, log.state().contest.freeze) == times


# ---- first to solve -------------------------------------------------------------------------------------------------


def two() -> tuple[ContestLog, str]:
    """A solved in minute 20 by t2; an earlier submission of t1 in minute 10, not judged yet."""
    log = ContestLog()
    earlier = log.submit("t1", "A", 10)
    log.submit("t2", "A", 20, "AC")
    return log, earlier


def test_an_earlier_submission_that_is_not_judged_blocks_the_first_to_solve_until_it_is():
    log, earlier = two()
    assert log.firsts() == {}
    log.judge(earlier, "WA")
    assert log.firsts() == {"A": "t2"}


def test_a_judging_error_blocks_it():
    log, earlier = two()
    log.judge(earlier, "JE")
    assert log.firsts() == {}
    log.override(earlier, "WA")
    assert log.firsts() == {"A": "t2"}


def test_an_unverified_judgement_blocks_it_where_verification_is_required():
    log, earlier = two()
    log.judge(earlier, "WA")
    log.define(verification=True)
    verify(log, next(e.id for _, e in log.events if type(e).__name__ == "Submission" and e.team_id == "t2"))
    assert log.firsts() == {}
    verify(log, earlier)
    assert log.firsts() == {"A": "t2"}


def test_what_is_ignored_does_not_block_it():
    log, earlier = two()
    log.ignore(earlier)
    assert log.firsts() == {"A": "t2"}


@pytest.mark.parametrize("way", ["hidden", "disqualified", "removed", "out of competition", "unknown"])
def test_only_ranked_teams_block_it_and_hold_it(way):
    log = ContestLog(teams=("t2",), main_scoreboard_group_id="main")
    log.team("t2", group_ids=("main",))
    if way != "unknown":
        main = () if way == "out of competition" else ("main",)
        log.team("t1", group_ids=main, hidden=way == "hidden", removed=way == "removed")
    if way == "disqualified":
        log.act(TeamDisqualified, team_id="t1")
    earlier = log.submit("t1", "A", 10)
    log.submit("t2", "A", 20, "AC")
    assert log.firsts() == {"A": "t2"}
    log.judge(earlier, "AC")
    assert log.firsts() == {"A": "t2"}


def test_a_team_that_has_solved_it_does_not_block_itself_but_one_that_solved_it_later_does():
    log = ContestLog(teams=("t1", "t2", "t3"))
    log.submit("t2", "A", 5)
    log.submit("t2", "A", 20, "AC")
    assert log.firsts() == {"A": "t2"}
    earlier = log.submit("t1", "A", 10)
    log.submit("t1", "A", 30, "AC")
    assert log.firsts() == {}, "t1's submission of minute 10 may be the first after all"
    log.judge(earlier, "WA")
    assert log.firsts() == {"A": "t2"}


def test_earlier_is_by_time_and_then_by_position_in_the_log():
    log = ContestLog()
    log.submit("t2", "A", 20, "AC")
    same = log.submit("t1", "A", 20)
    assert log.firsts() == {"A": "t2"}, "it is behind the other in the log"
    log.judge(same, "AC")
    assert log.firsts() == {"A": "t2"}
    log.submit("t1", "A", "0:19:59.999")
    assert log.firsts() == {}, "it came into the log last, and is earlier"


def test_in_public_a_frozen_earlier_submission_blocks_it_until_the_thaw():
    log = ContestLog(("t1", "t2", "t3"))
    log.submit("t1", "A", 245, "WA")
    log.submit("t2", "A", 250, "AC")
    assert (log.firsts("public"), log.firsts("jury")) == ({}, {"A": "t2"})
    log.act(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)
    assert log.firsts("public") == {"A": "t2"}


def test_it_is_found_anew_after_a_rejudge():
    log = ContestLog()
    first = log.submit("t1", "A", 10, "AC")
    log.submit("t2", "A", 20, "AC")
    number = log.act(RejudgingCreated, submission_ids=(first,))
    log.judge(first, "WA", number)
    assert log.firsts() == {"A": "t1"}
    log.act(RejudgingApplied, rejudging=number)
    assert log.firsts() == {"A": "t2"}


# ---- verification ---------------------------------------------------------------------------------------------------


def test_a_verdict_counts_on_both_boards_only_once_it_is_verified():
    log = ContestLog(verification=True)
    submission = log.submit("t1", "A", 10, "AC")
    for audience in ("public", "jury"):
        assert log.rows(audience)[0] == "1 t1 0 0 A:0+1?"
    position = verify(log, submission)
    for audience in ("public", "jury"):
        assert log.rows(audience)[0] == "1 t1 1 10 A=1/10"
    effect = apply(log.state(), position, log.events[-1][1])
    assert (effect.teams, effect.problems) == (("t1",), ("A",))


def test_each_judging_is_verified_for_itself_and_a_verdict_by_hand_needs_none():
    log = ContestLog(verification=True)
    submission = log.submit("t1", "A", 10, "WA")
    verify(log, submission)
    number = log.act(RejudgingCreated, submission_ids=(submission,))
    log.judge(submission, "AC", number)
    log.act(RejudgingApplied, rejudging=number)
    assert log.rows()[0] == "1 t1 0 0 A:0+1?"
    verify(log, submission, number)
    assert log.rows()[0] == "1 t1 1 10 A=1/10"
    log.override(log.submit("t1", "B", 30, "WA"), "AC")
    assert log.rows()[0] == "1 t1 2 40 A=1/10 B=1/30"


def test_without_verification_being_required_it_changes_no_row():
    log = ContestLog()
    submission = log.submit("t1", "A", 10, "AC")
    before = log.canonical()
    verify(log, submission)
    assert log.canonical() == before
    assert log.state().cells["t1", "A"].submissions[submission].verified == (0,)


# ---- hacks ----------------------------------------------------------------------------------------------------------


def test_a_successful_hack_rejects_the_submission_and_counts_for_the_hacker():
    log = ContestLog()
    submission = log.submit("t1", "A", 10, "AC")
    hack(log, submission, "t2", successful=False)
    assert log.rows()[0] == "1 t1 1 10 A=1/10"
    hack(log, submission, "t2")
    assert log.rows()[0] == "1 t1 0 0 A:1"
    assert (hacks(log, "t2"), hacks(log, "t1")) == (Hacks(1, 1), Hacks(0, 0))
    assert log.firsts() == {}
    log.submit("t1", "A", 50, "AC")
    assert log.rows()[0] == "1 t1 1 70 A=2/50"


def test_a_hack_is_one_part_and_asks_for_the_rows_of_both():
    log = ContestLog()
    submission = log.submit("t1", "A", 10, "AC")
    position = hack(log, submission, "t2")
    effect = apply(log.state(), position, log.events[-1][1])
    assert (effect.changed, effect.teams, effect.problems) == (("cell:t1:A",), ("t1", "t2"), ("A",))


def test_no_rejudging_undoes_a_hack_but_a_later_verdict_by_hand_does():
    log = ContestLog()
    submission = log.submit("t1", "A", 10, "AC")
    log.override(submission, "AC")
    hack(log, submission, "t2")
    number = log.act(RejudgingCreated, submission_ids=(submission,))
    log.judge(submission, "AC", number)
    log.act(RejudgingApplied, rejudging=number)
    assert log.rows()[0] == "1 t1 0 0 A:1"
    log.override(submission, "AC")
    assert log.rows()[0] == "1 t1 1 10 A=1/10"
    assert hacks(log, "t2") == Hacks(1, 0)


def test_a_hack_of_what_was_not_accepted_changes_no_verdict():
    log = ContestLog()
    free, pending = log.submit("t1", "A", 10, "CE"), log.submit("t1", "B", 10)
    hack(log, free, "t2")
    hack(log, pending, "t2")
    assert log.rows()[0] == "1 t1 0 0 B:0+1?"


def test_a_hacked_submission_costs_a_penalty_whatever_the_types_are_called():
    log = ContestLog(judgement_types=judgement_types(AC=False, NOPE=True))
    hack(log, log.submit("t1", "A", 10, "AC"), "t2")
    assert log.rows()[0] == "1 t1 0 0 A:1"


def test_a_hack_of_a_frozen_submission_shows_nothing_in_public_until_the_thaw():
    def contest(*, successful: bool) -> ContestLog:
        log = ContestLog()
        hack(log, log.submit("t1", "A", 250, "AC"), "t2", successful=successful)
        return log

    hit, missed = contest(successful=True), contest(successful=False)
    assert hit.canonical("public") == missed.canonical("public") != missed.canonical("jury")
    assert (hacks(hit, "t2", "public"), hacks(hit, "t2")) == (Hacks(0, 0), Hacks(1, 0))
    hit.act(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)
    assert hit.rows("public")[0] == "1 t1 0 0 A:1"
    assert hacks(hit, "t2", "public") == Hacks(1, 0)


def test_a_hack_of_a_problem_that_the_contest_does_not_have_counts_for_nobody():
    a, b = problem("A", 1), problem("B", 2)
    log = ContestLog(problems=(a, b))
    hack(log, log.submit("t1", "A", 10, "AC"), "t2", successful=False)
    hack(log, log.submit("t1", "B", 20, "AC"), "t2")
    assert hacks(log, "t2") == Hacks(1, 1)
    log.define(problems=(a, dataclasses.replace(b, withdrawn=True)))
    assert hacks(log, "t2") == Hacks(0, 1)
    log.define(problems=(b,))
    assert hacks(log, "t2") == Hacks(1, 0)


def test_a_hack_stays_whatever_becomes_of_the_team_that_was_hacked():
    log = ContestLog()
    hack(log, log.submit("t1", "A", 10, "AC"), "t2")
    log.act(TeamDisqualified, team_id="t1")
    log.team("t1", removed=True)
    assert hacks(log, "t2") == Hacks(1, 0)


# ---- the end of updates ---------------------------------------------------------------------------------------------


def over(*, thaw: bool = True, **fields) -> ContestLog:
    """A contest that is finalized and, if it is to be, thawed."""
    log = ContestLog(**fields)
    log.submit("t1", "A", 10, "AC")
    log.submit("t2", "A", 250)
    log.recorded_at = at(361)
    log.act(Transitioned, kind="ended", planned_at=at(300))
    if thaw:
        log.act(Transitioned, kind="thawed", planned_at=at(360))
    log.act(Finalized)
    return log


def late_acts(log: ContestLog) -> None:
    submission = next(e.id for _, e in log.events if type(e).__name__ == "Submission" and e.team_id == "t2")
    log.judge(submission, "AC")
    log.override(submission, "AC")
    log.submit("t2", "B", 200, "AC")
    log.act(PenaltyAdded, team_id="t1", by=MINUTE)
    log.act(TeamDisqualified, team_id="t1")
    log.act(ContestExtended, by=HOUR)
    log.act(IntervalRemoved, start=at(5), end=at(6))
    log.act(ScoreboardFrozen, at=at(1))
    log.define(penalty_time=0, problems=(problem("A", 1),))
    log.team("t3")
    opened = log.act(GenerationOpened, rule="icpc", parameters={"penalty_minutes": "1"}, fold_version=1)
    log.act(GenerationPromoted, expect="0", generation=str(opened))


def test_nothing_changes_behind_the_end_of_updates():
    log = over()
    state = log.state()
    assert state.contest.closed == log.events[-1][0]
    before, parts = [log.canonical(a) for a in ("public", "jury")], dict(state.parts())
    late_acts(log)
    assert [log.canonical(a) for a in ("public", "jury")] == before
    assert dict(log.state().parts()) == parts, "no board, no generation, no part"


def test_before_the_thaw_a_finalized_contest_still_changes_and_the_thaw_closes_it():
    log = over(thaw=False)
    assert log.state().contest.closed is None
    log.act(PenaltyAdded, team_id="t1", by=MINUTE)
    assert log.rows()[0] == "1 t1 1 11 A=1/10"
    log.act(ThawScheduled, thaw_time=None)
    log.act(Transitioned, id="cancelled", kind="thawed", planned_at=at(360))
    assert log.state().contest.closed is None, "a thaw can be cancelled until it happens"
    log.act(ThawScheduled, thaw_time=at(370))
    log.act(Transitioned, kind="thawed", planned_at=at(370))
    assert log.state().contest.closed == log.events[-1][0]


def test_a_contest_that_was_never_frozen_is_over_once_it_is_finalized():
    log = over(thaw=False, scoreboard_freeze_duration=None)
    assert log.state().contest.closed == log.events[-1][0]


def test_a_contest_is_not_over_while_a_team_has_time_or_before_the_clock_has_noted_its_end():
    log = ContestLog(scoreboard_freeze_duration=None)
    log.act(TeamTimeExtended, team_id="t1", by=HOUR)
    log.recorded_at = at(330)
    log.act(Finalized)
    log.act(Transitioned, kind="ended", planned_at=at(300))
    assert log.state().contest.closed is None, "it was finalized while t1 had time"
    log.recorded_at = at(360)
    log.act(Finalized)
    assert log.state().contest.closed == log.events[-1][0]
    early = ContestLog(scoreboard_freeze_duration=None)
    early.recorded_at = at(300)
    early.act(Finalized)
    assert early.state().contest.closed is None
    early.act(Transitioned, kind="ended", planned_at=at(300))
    assert early.state().contest.closed == early.events[-1][0]
