"""What operators may do to a contest, when, and what becomes of its times; nothing that makes no sense."""

from __future__ import annotations

import re
from typing import Any

import pytest

from clics.fold import fold
from clics.state import State
from podium.conduct import deeds, team_deeds
from podium.conduct.deeds import Deed
from podium.conduct.finalize import finalize
from podium.conduct.known import Known
from podium.conduct.times import moment, said_moment, said_span, span
from schemas.errors import PodiumError, UsageError
from schemas.events import Finalized, GenerationOpened, GenerationPromoted, ThawScheduled, Transitioned
from streams.scoring.fold import FOLD_VERSION
from tests.contest_log import HOUR, MINUTE, START, ContestLog

END = START + 5 * HOUR
FREEZE = START + 4 * HOUR


class Contest:
    """A contest of five hours with a freeze in the last, and what is done to it, each at its moment."""

    def __init__(self, **fields: Any) -> None:
        self.log = ContestLog(**({"scoreboard_thaw_time": None} | fields))

    def known(self) -> Known:
        state = State(self.log.contest)
        for position, event in self.log.events:
            fold(state, position, event)
        return Known(state, self.log.state(), self.log.events[-1][0] + 1)

    def do(self, now: int, deed: Any, *args: Any, **options: Any) -> Deed:
        """Do it at this moment, if it may be done."""
        made: Deed = deed(self.known(), *args, **options)
        self.log.recorded_at = now
        for kind, fields in made.acts:
            self.log.act(kind, **fields)
        return made

    def passes(self, kind: str, at: int) -> None:
        self.log.recorded_at = at
        self.log.act(Transitioned, kind=kind, planned_at=at)

    def picture(self, *keys: str) -> list[str]:
        found = self.known().picture()
        return [found.get(key, "") for key in keys]


@pytest.fixture
def contest() -> Contest:
    return Contest()


def refused(says: str):
    return pytest.raises(PodiumError, match=says)


def clock(ms: int) -> str:
    """The time of day as the picture has it: the contest is from 8 to 13 o'clock."""
    return f"2027-01-15 {8 + (ms - START) // HOUR:02}:{(ms - START) // MINUTE % 60:02}:00Z"


# ---- spans and moments ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ms"),
    [("10m", 600_000), ("1h30m", 5_400_000), ("90s", 90_000), ("-20m", -1_200_000), ("+5m", 300_000), ("0:10:00", 600_000), ("1h", 3_600_000)],
)  # fmt: skip
def test_spans(text, ms):
    assert span(text, "x") == ms
    assert span(said_span(ms), "x") == ms


@pytest.mark.parametrize("text", ["", "10", "m", "ten", "10m5", "1.5h", "--5m", "9000h", "-"])
def test_what_is_no_span_is_said_so(text):
    with pytest.raises(UsageError, match="SPAN: "):
        span(text, "SPAN")


def test_a_moment_has_a_zone():
    assert moment("2027-01-15T09:00:00+01:00", "--at") == START
    with pytest.raises(UsageError, match="--at: expected a time with a zone"):
        moment("2027-01-15T09:00:00", "--at")


# ---- start and length -----------------------------------------------------------------------------------------------


def test_the_start_is_moved_stopped_and_given_again(contest):
    assert contest.do(START - HOUR, deeds.move_start, START - HOUR, START + HOUR).told.startswith("the contest starts")
    assert contest.picture("start", "end", "freeze") == [clock(START + HOUR), clock(END + HOUR), clock(FREEZE + HOUR)]
    with refused("starts at .* already"):
        contest.do(START, deeds.move_start, START, START + HOUR)
    told = contest.do(START, deeds.move_start, START, None).told
    assert told == "the countdown stops with 1:00:00 left"
    assert contest.picture("start", "end", "countdown stopped at") == ["not known", "–", "1:00:00"]
    with refused("starts at no known time already"):
        contest.do(START, deeds.move_start, START, None)
    contest.do(START, deeds.move_start, START, START)
    assert contest.picture("start") == [clock(START)]


def test_a_contest_that_has_started_has_a_start(contest):
    with refused("has started: it can be paused"):
        contest.do(START, deeds.move_start, START, None)
    contest.do(START + MINUTE, deeds.move_start, START + MINUTE, START + HOUR)
    with refused("ended at .*: its start cannot be moved"):
        contest.do(END + HOUR, deeds.move_start, END + HOUR, END)


def test_a_contest_is_extended_and_shortened(contest):
    contest.do(START, deeds.extend, 10 * MINUTE)
    assert contest.picture("duration", "end", "freeze") == [
        "5:10:00",
        clock(END + 10 * MINUTE),
        clock(FREEZE + 10 * MINUTE),
    ]
    contest.do(START, deeds.extend, -10 * MINUTE)
    assert contest.picture("duration") == ["5:00:00"]
    with refused("nothing would be left"):
        contest.do(START, deeds.extend, -5 * HOUR)
    with refused("by nothing"):
        contest.do(START, deeds.extend, 0)


def test_submissions_that_would_count_no_more_are_counted(contest):
    contest.log.submit("t1", "A", 290, "AC")
    contest.log.submit("t2", "A", 10, "AC")
    known = contest.known()
    assert known.counted() == 2
    contest.do(START, deeds.extend, -20 * MINUTE)
    assert contest.known().counted() == 1
    contest.do(START, team_deeds.extra_time, "t1", 15 * MINUTE)
    assert contest.known().counted() == 2


# ---- intervals and pauses -------------------------------------------------------------------------------------------


def test_an_interval_is_removed_and_restored(contest):
    before = contest.picture("start", "end", "freeze", "duration")
    interval = START + HOUR, START + HOUR + 20 * MINUTE
    contest.do(START + 2 * HOUR, deeds.remove_interval, *interval)
    assert contest.picture("end", "freeze") == [clock(END + 20 * MINUTE), clock(FREEZE + 20 * MINUTE)]
    assert contest.picture(f"removed from {clock(interval[0])}") == [f"to {clock(interval[1])}"]
    with refused("removed already"):
        contest.do(START + 2 * HOUR, deeds.remove_interval, *interval)
    with refused(f"is not removed; removed are: {clock(interval[0])} to {clock(interval[1])}"):
        contest.do(START + 2 * HOUR, deeds.restore_interval, interval[0], interval[1] + 1)
    contest.do(START + 2 * HOUR, deeds.restore_interval, *interval)
    assert contest.picture("start", "end", "freeze", "duration") == before


def test_an_interval_lies_in_the_contest_and_has_a_length(contest):
    with refused("not behind its beginning"):
        contest.do(START, deeds.remove_interval, START + HOUR, START + HOUR)
    for interval in ((START - HOUR, START), (END, END + HOUR)):
        with refused("lies outside"):
            contest.do(START, deeds.remove_interval, *interval)


def test_a_pause_stops_the_time_at_once_and_moves_the_end_by_its_length(contest):
    begin, end = START + 3 * HOUR, START + 4 * HOUR + 30 * MINUTE  # over the moment of the freeze
    with refused("is not paused"):
        contest.do(begin, deeds.resume, begin)
    with refused("has not started"):
        contest.do(START - 1, deeds.pause, START - 1)
    contest.do(begin, deeds.pause, begin)
    paused = contest.known().state
    assert paused.clock.contest_time(begin) == paused.clock.contest_time(end) == 3 * HOUR
    assert deeds.open_pause(contest.known(), end) == begin
    assert paused.freeze > end, "it does not freeze meanwhile"
    with refused("is paused since"):
        contest.do(end, deeds.pause, end)
    contest.log.submit("t1", "A", 0, "AC", at=begin + HOUR)
    assert contest.known().counted() == 1
    contest.do(end, deeds.resume, end)
    assert contest.picture("end", "freeze") == [clock(END + 90 * MINUTE), clock(FREEZE + 90 * MINUTE)]
    resumed = contest.known()
    assert deeds.open_pause(resumed, end) is None
    assert resumed.state.clock.contest_time(end) == 3 * HOUR
    assert resumed.counted() == 1
    assert resumed.scores.contest.freeze == resumed.state.freeze
    assert len(resumed.state.conduct.times.removed) == 1


def test_a_pause_in_the_freeze_leaves_the_board_frozen(contest):
    contest.passes("frozen", FREEZE)
    contest.do(FREEZE + MINUTE, deeds.pause, FREEZE + MINUTE)
    assert contest.known().state.freeze == FREEZE
    contest.do(FREEZE + HOUR, deeds.resume, FREEZE + HOUR)
    known = contest.known()
    assert known.state.freeze == known.scores.contest.freeze == FREEZE


# ---- freeze and thaw ------------------------------------------------------------------------------------------------


def test_a_freeze_by_hand_is_lifted_and_the_planned_one_still_comes(contest):
    now = START + HOUR
    with refused("is not frozen; a freeze is planned for"):
        contest.do(now, deeds.unfreeze, now)
    contest.do(now, deeds.freeze, now, None)
    assert contest.picture("freeze") == [clock(now)]
    with refused("is frozen since"):
        contest.do(now + 1, deeds.freeze, now + 1, None)
    contest.do(now + MINUTE, deeds.unfreeze, now + MINUTE)
    assert contest.picture("freeze") == [clock(FREEZE)]
    contest.do(FREEZE + MINUTE, deeds.unfreeze, FREEZE + MINUTE)
    assert contest.picture("freeze") == ["none"]


def test_a_freeze_is_in_the_contest(contest):
    for at in (START - 1, END):
        with refused("it is frozen in between"):
            contest.do(START, deeds.freeze, START, at)
    with refused("is frozen from .* anyway"):
        contest.do(START, deeds.freeze, START, FREEZE)
    with refused("ended at"):
        contest.do(END, deeds.freeze, END, None)
    with refused("is over: thaw it"):
        contest.do(END, deeds.unfreeze, END)


def test_a_freeze_is_planned_and_put_off_until_shortly_before_it_comes(contest):
    contest.do(START - HOUR, deeds.freeze, START - HOUR, FREEZE + MINUTE)
    assert contest.picture("freeze") == [clock(FREEZE + MINUTE)]
    contest.do(FREEZE, deeds.freeze, FREEZE, FREEZE + 2 * MINUTE)
    now = FREEZE + 2 * MINUTE - 30_000
    with refused("is not frozen; a freeze is planned for"):
        contest.do(now, deeds.unfreeze, now)
    with refused("too late to put that off"):
        contest.do(now, deeds.freeze, now, END - MINUTE)
    contest.do(now, deeds.freeze, now, None)
    assert contest.picture("freeze") == [f"{clock(now)[:-3]}30Z"]


def test_a_thaw_is_planned_cancelled_and_once_it_has_happened_stays(contest):
    with refused("has no planned thaw"):
        contest.do(END, deeds.thaw, None)
    with refused("is thawed then at the earliest"):
        contest.do(END, deeds.thaw, END - 1)
    contest.do(END, deeds.thaw, END + HOUR)
    assert contest.picture("planned thaw") == [clock(END + HOUR)]
    with refused("already"):
        contest.do(END, deeds.thaw, END + HOUR)
    contest.do(END + MINUTE, deeds.thaw, None)
    assert contest.picture("planned thaw") == ["none"]
    contest.do(END + MINUTE, deeds.thaw, END + 2 * MINUTE)
    contest.passes("thawed", END + 2 * MINUTE)
    assert contest.picture("thawed") == [clock(END + 2 * MINUTE)]
    for to in (None, END + HOUR):
        with refused("was thawed at .*: that cannot be taken back"):
            contest.do(END + HOUR, deeds.thaw, to)
    contest.log.act(ThawScheduled, thaw_time=None)  # as an operator who was too late
    assert contest.picture("thawed") == [clock(END + 2 * MINUTE)]


def test_the_end_does_not_move_behind_the_thaw(contest):
    interval = (START + HOUR, START + 2 * HOUR)
    contest.do(START + 3 * HOUR, deeds.remove_interval, *interval)
    end, thaw = END + HOUR, END + HOUR + 10 * MINUTE
    contest.do(end, deeds.thaw, thaw)
    contest.do(end, deeds.extend, MINUTE)  # what is planned comes later then
    contest.passes("ended", end + MINUTE)
    contest.passes("thawed", thaw)
    now, says = thaw + MINUTE, f"was thawed at {re.escape(said_moment(thaw))}: nobody's time can end behind that"
    for deed, *about in (
        (deeds.extend, 10 * MINUTE),
        (deeds.remove_interval, START, START + 10 * MINUTE),
        (team_deeds.extra_time, "t1", 10 * MINUTE),
    ):
        with refused(says):
            contest.do(now, deed, *about)
    contest.do(now, team_deeds.extra_time, "t1", 9 * MINUTE)
    contest.do(now, deeds.extend, -MINUTE)
    contest.do(now, deeds.remove_interval, START, START + MINUTE)
    contest.do(now, deeds.restore_interval, *interval)
    assert contest.picture("thawed") == [clock(thaw)]


def test_without_a_freeze_there_is_nothing_to_thaw():
    contest = Contest(scoreboard_freeze_duration=None)
    with refused("has no freeze"):
        contest.do(END, deeds.thaw, END)


# ---- teams, awards, the end -----------------------------------------------------------------------------------------


def test_acts_on_teams(contest):
    contest.do(START, team_deeds.penalty, "t1", 20 * MINUTE)
    contest.do(START, team_deeds.penalty, "t1", -5 * MINUTE)
    contest.do(START, team_deeds.extra_time, "t2", 10 * MINUTE)
    contest.do(START, team_deeds.disqualify, "t1", undo=False)
    assert contest.picture("penalty time of team t1", "extra time of team t2", "team t1", "end of the last team") == [
        "0:15:00",
        "0:10:00",
        "disqualified",
        clock(END + 10 * MINUTE),
    ]
    with refused("disqualified already"):
        contest.do(START, team_deeds.disqualify, "t1", undo=False)
    contest.do(START, team_deeds.disqualify, "t1", undo=True)
    with refused("not disqualified"):
        contest.do(START, team_deeds.disqualify, "t1", undo=True)
    with refused("not zero"):
        contest.do(START, team_deeds.penalty, "t1", 0)


def test_a_team_begins_its_window_once_and_while_the_contest_runs():
    contest = Contest(window=HOUR)
    for at in (START - 1, END):
        with refused("does not run at"):
            contest.do(at, team_deeds.begin, "t1", at)
    contest.do(START, team_deeds.begin, "t1", START + 2 * HOUR)
    own = contest.known().state.clock_of("t1")
    assert (own.start, own.end) == (START + 2 * HOUR, START + 3 * HOUR)
    with refused("has begun at"):
        contest.do(START, team_deeds.begin, "t1", START + 3 * HOUR)
    with refused("has no windows"):
        Contest().do(START, team_deeds.begin, "t1", START)


def test_an_unknown_team_is_named_with_those_that_are_like_it(contest):
    contest.log.team("kth", name="KTH Royal")
    with refused(r"has no team 'kht'; did you mean kth \(KTH Royal\)"):
        contest.do(START, team_deeds.penalty, "kht", 1)
    with refused(r"did you mean kth \(KTH Royal\)"):
        contest.do(START, team_deeds.penalty, "royal", 1)
    with refused("has no team 'zzzzz'; it has 3 teams"):
        contest.do(START, team_deeds.penalty, "zzzzz", 1)
    contest.log.team("t1", removed=True)
    with refused("no team 't1'"):
        contest.do(START, team_deeds.penalty, "t1", 1)


def test_awards_by_hand(contest):
    contest.log.submit("t1", "A", 10, "AC")
    with refused("award best is a new one"):
        contest.do(START, team_deeds.award, START, "best", "", ["t1"])
    with refused("'best one' is not an id"):
        contest.do(START, team_deeds.award, START, "best one", "Best", ["t1"])
    contest.do(START, team_deeds.award, START, "best", "Best", ["t2", "t1", "t2"])
    contest.do(START, team_deeds.award, START, "winner", "", ["t2"])
    contest.do(START, team_deeds.remove_award, START, "gold-medal")
    found = {one.id: one for one in team_deeds.awards_of(contest.known(), "jury", START)}
    assert (found["best"].citation, found["best"].team_ids) == ("Best", ("t2", "t1"))
    assert (found["winner"].citation, found["winner"].team_ids) == ("Contest winner", ("t2",))
    assert "gold-medal" not in found
    assert found["first-to-solve-A"].citation == "First to solve problem A"
    with refused("has no award 'gold-medal'; it has winner, "):
        contest.do(START, team_deeds.remove_award, START, "gold-medal")
    contest.do(START, team_deeds.compute_award, "gold-medal")
    contest.do(START, team_deeds.compute_award, "winner")
    found = {one.id: one for one in team_deeds.awards_of(contest.known(), "jury", START)}
    assert found["winner"].team_ids == found["gold-medal"].team_ids == ("t1",)
    with refused("is as podium computes it; by hand are: best"):
        contest.do(START, team_deeds.compute_award, "winner")


def test_awards_of_another_fold_version_are_not_made_up(contest):
    opened = contest.log.act(GenerationOpened, rule="golf", fold_version=FOLD_VERSION + 1)
    contest.log.act(GenerationPromoted, expect="0", generation=str(opened))
    with refused(f"fold version {FOLD_VERSION + 1}, and this podium folds by version {FOLD_VERSION}"):
        team_deeds.awards_of(contest.known(), "jury", START)


def test_it_is_final_once(contest):
    contest.do(START, deeds.remove_interval, START, START + MINUTE)
    contest.do(START, deeds.restore_interval, START, START + MINUTE)
    contest.do(START, deeds.remove_interval, START + HOUR, START + HOUR + 1)
    contest.do(START, deeds.extend, -1)
    contest.do(END, finalize, 2)
    assert contest.picture("finalized", "B") == [clock(END), "2"]
    with refused("is final already, since .* with B = 2"):
        contest.do(END + 1, finalize, 0)
    for deed, args in (
        (deeds.extend, (1,)),
        (deeds.move_start, (END + 1, START + 1)),
        (deeds.remove_interval, (START, START + MINUTE)),
        (deeds.restore_interval, (START + HOUR, START + HOUR + 1)),
        (team_deeds.extra_time, ("t1", 1)),
    ):
        with refused("is finalized"):
            contest.do(END + 1, deed, *args)
    assert contest.picture("finalized", "B") == [clock(END), "2"]


def test_a_finalization_before_the_last_team_has_ended_makes_nothing_final(contest):
    contest.do(START, team_deeds.extra_time, "t1", HOUR)
    contest.log.recorded_at = END
    contest.log.act(Finalized, b=1)
    contest.do(END + HOUR, finalize, 3)
    assert contest.picture("B") == ["3"]


def test_nothing_changes_after_the_end_of_updates(contest):
    contest.passes("started", START)
    contest.passes("ended", END)
    contest.do(END, deeds.thaw, END + MINUTE)
    contest.passes("thawed", END + MINUTE)
    contest.do(END + HOUR, finalize, 0)
    before = contest.known().picture()
    for deed, args in (
        (deeds.move_start, (END, START + 1)),
        (deeds.extend, (1,)),
        (deeds.remove_interval, (START, END)),
        (deeds.restore_interval, (START, END)),
        (deeds.freeze, (END, None)),
        (deeds.unfreeze, (END,)),
        (deeds.thaw, (None,)),
        (team_deeds.penalty, ("t1", 1)),
        (team_deeds.extra_time, ("t1", 1)),
        (team_deeds.award, (END, "x", "X", [])),
        (team_deeds.remove_award, (END, "winner")),
        (finalize, (1,)),
    ):
        with refused("nothing changes after its end of updates"):
            contest.do(END + HOUR, deed, *args)
    with refused("nothing changes after its end of updates"):
        contest.do(END + HOUR, team_deeds.disqualify, "t1", undo=False)
    assert contest.known().picture() == before
