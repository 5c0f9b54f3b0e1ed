"""The freeze by hand beside the planned one: when it comes, what it may not show again, and what its lift leaves to come."""

from __future__ import annotations

import pytest
from orjson import dumps

from api.access import Scene, Viewer, started, visible
from clics.feeds import events, read_feed
from clics.fold import fold
from clics.state import State
from clics.times import format_time
from schemas.definition import Award, Media
from schemas.events import (
    AwardGiven,
    ContestExtended,
    Definition,
    IntervalRemoved,
    ScoreboardFrozen,
    ScoreboardUnfrozen,
    StartMoved,
    TeamTimeExtended,
)
from schemas.live import objects_key, parse_stored
from streams.clock import due, transition
from tests.contest_log import HOUR, MINUTE, START, ContestLog
from tests.feed_world import FeedWorld
from tests.reference_icpc import scoreboard as reference

PUBLIC, JURY = Viewer(), Viewer("jury")


def minute(number: int) -> int:
    return START + number * MINUTE


def folded(events_) -> State:
    state = State("c1")
    for position, event in events_:
        fold(state, position, event)
    return state


class Contest:
    """A contest of five hours, the last one frozen, without a thaw: what is said of it, and everything that shows it."""

    def __init__(self, **fields):
        self.log = ContestLog(**({"scoreboard_thaw_time": None} | fields))
        self.world = FeedWorld()
        self.now = START - HOUR
        self._shown = 0

    def say(self, number: int, kind, **fields) -> None:
        """Somebody acts in this minute."""
        self.log.recorded_at = self.now = minute(number)
        self.log.act(kind, **fields)

    def frozen_by_hand(self, number: int, at: int | None = None) -> None:
        self.say(number, ScoreboardFrozen, at=minute(number if at is None else at))

    def lifted(self, number: int) -> None:
        self.say(number, ScoreboardUnfrozen)

    def solved(self, number: int, team: str = "t1", problem: str = "A") -> None:
        self.log.recorded_at = self.now = minute(number)
        self.log.submit(team, problem, number, "AC")

    def passes(self, number: int) -> None:
        """Time goes on up to this minute, and the clock notes what comes."""
        self.now = minute(number)
        for kind, at in due(self.objects(), self.now):
            self.log.add(transition("c1", kind, at, self.now, "clock"))

    def objects(self) -> State:
        return folded(self.log.events)

    @property
    def freeze(self) -> int | None:
        """The minute, by scores, objects and the second fold alike."""
        scores, objects = self.log.state().contest, self.objects()
        assert scores.freeze == objects.freeze
        assert scores.times == objects.conduct.times
        for audience in ("public", "jury"):
            assert self.log.canonical(audience) == reference(self.log.events, audience)
        return None if scores.freeze is None else (scores.freeze - START) // MINUTE

    async def public(self) -> dict[tuple[str, str | None], object]:
        """All that the lists show to the public."""
        self._follow()
        return await self.world.rest("2026-01", PUBLIC)

    async def heard(self) -> list[str]:
        """What the public's event feed has told since this was asked last, by type."""
        self._follow()
        lines = await self.world.told("2026-01", PUBLIC)
        new, self._shown = lines[self._shown :], len(lines)
        return [one["type"] for one in new]

    def scene(self) -> Scene:
        self._follow()
        stored = parse_stored(self.world.redis.hashes[objects_key("c1", "contest")]["c1"])
        return Scene.at(stored.facts, self.now)

    def _follow(self) -> None:
        for _, event in self.log.events[self.world.position + 1 :]:
            self.world.add(event)


@pytest.fixture
def contest() -> Contest:
    return Contest()


# ---- one that is planned by hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [-60, 100])
@pytest.mark.parametrize("at", [200, 290])  # before and behind the planned one of minute 240
async def test_a_freeze_planned_by_hand_shows_nothing_before_it_comes(contest, said, at):
    contest.passes(said)
    if said > 0:
        contest.solved(said)
    before, _ = await contest.public(), await contest.heard()
    contest.frozen_by_hand(said, at)
    assert contest.freeze == at
    assert await contest.heard() == ["contest"], "how long the freeze lasts"
    after = await contest.public()
    length = {("contest", None): after["contest", None]}
    assert after == before | length
    scene = contest.scene()
    assert scene.now == contest.now, "what is written now is written now"
    assert started(scene) == (said > 0)
    problem = {"id": "A"}
    assert visible(PUBLIC, "problems", problem, {"hidden": False}, scene) == (problem if said > 0 else None)
    contest.passes(at - 1)
    assert (await contest.public())["state", None]["frozen"] is None
    contest.passes(at)
    assert (await contest.public())["state", None]["frozen"] is not None
    assert contest.scene().now == minute(at)


async def test_a_freeze_by_hand_that_is_recorded_when_it_comes_has_come_without_the_clock(contest):
    contest.passes(10)
    contest.frozen_by_hand(100)
    assert (await contest.public())["state", None]["frozen"] is not None
    contest.now -= 1  # a process whose clock is slow
    assert contest.scene().now == minute(100)


async def test_a_freeze_planned_for_the_time_that_one_team_has_left_comes(contest):
    contest.passes(100)
    contest.say(100, TeamTimeExtended, team_id="t1", by=20 * MINUTE)
    contest.frozen_by_hand(100, 310)
    contest.passes(309)
    contest.say(309, AwardGiven, award=Award("best", "Best", ("t2",)))
    assert ("awards", "best") in await contest.public()
    contest.passes(310)
    assert ("awards", "best") not in await contest.public()


def test_a_freeze_planned_by_hand_may_be_planned_anew_until_it_comes(contest):
    contest.frozen_by_hand(100, 200)
    contest.frozen_by_hand(150, 220)
    assert contest.freeze == 220
    contest.lifted(210)
    assert contest.freeze == 220, "what has not come is not lifted"
    contest.lifted(225)
    assert contest.freeze == 240


# ---- a second one ---------------------------------------------------------------------------------------------------


async def still(contest: Contest, act, at: int) -> None:
    """Act, and see that the public learns nothing: neither by the board nor by awards nor by its feed."""
    freeze, board = contest.freeze, contest.log.rows("public")
    shown, _ = await contest.public(), await contest.heard()
    act()
    assert contest.freeze == freeze
    assert contest.log.rows("public") == board
    assert (await contest.heard(), await contest.public()) == ([], shown)
    assert contest.log.firsts("public") == {}
    assert contest.log.firsts("jury") == {"A": "t1"}, f"solved before minute {at}"


@pytest.mark.parametrize("at", [202, 230, 290])
async def test_a_second_freeze_by_hand_shows_nothing_that_the_first_has_hidden(contest, at):
    contest.passes(1)
    contest.frozen_by_hand(200)
    contest.solved(201)
    await still(contest, lambda: contest.frozen_by_hand(202, at), at)
    contest.lifted(205)
    assert contest.freeze == 240
    assert contest.log.firsts("public") == {"A": "t1"}, "it is lifted once"


@pytest.mark.parametrize("at", [245, 290])
async def test_a_freeze_by_hand_behind_the_planned_one_shows_nothing_that_this_has_hidden(contest, at):
    contest.passes(240)
    contest.solved(241)
    await still(contest, lambda: contest.frozen_by_hand(245, at), at)
    contest.lifted(250)
    assert contest.freeze is None


async def test_a_freeze_by_hand_after_a_lift_hides_again(contest):
    contest.passes(240)
    contest.lifted(245)
    contest.frozen_by_hand(250)
    contest.solved(251)
    assert contest.freeze == 250
    contest.lifted(255)
    assert contest.freeze is None, "the planned one was lifted, too"


async def test_awards_by_hand_stay_the_jurys_whatever_second_freeze_is_recorded(contest):
    contest.passes(1)
    contest.frozen_by_hand(200)
    contest.say(201, AwardGiven, award=Award("best", "Best", ("t2",)))
    contest.frozen_by_hand(202, 290)
    assert ("awards", "best") not in await contest.public()


@pytest.mark.parametrize(("frozen", "freeze"), [(200, 200), (240, 240), (250, 240), (None, None)])
def test_an_imported_contest_is_frozen_when_its_feed_says_and_no_later_than_planned(frozen, freeze):
    when = {"started": 0, "ended": 300} | ({} if frozen is None else {"frozen": frozen})
    about = {"id": "c1", "name": "C", "start_time": format_time(START), "duration": "5:00:00"}
    told = {
        "contest": about | {"scoreboard_freeze_duration": "1:00:00"},
        "state": {name: format_time(minute(at)) for name, at in when.items()},
    }
    feed = [dumps({"type": type_, "id": None, "data": data}) + b"\n" for type_, data in told.items()]
    made = events(list(read_feed(iter(feed)).changes()), "c1", by="import")
    objects = folded(enumerate(made))
    assert objects.freeze == (None if freeze is None else minute(freeze))


# ---- one that moves to an earlier moment, and an act that lands behind it -------------------------------------------

INTERVAL = {"start": minute(100), "end": minute(120)}


@pytest.mark.parametrize("now", [260, 325], ids=["while it runs", "after the end"])
async def test_an_interval_restored_in_the_freeze_shows_no_award_by_hand(contest, now):
    contest.passes(1)
    contest.log.team("t1", media=(Media("webcam", "", "video/mp4", href="https://example.org/cam"),))
    contest.say(120, IntervalRemoved, **INTERVAL)
    contest.passes(now)
    assert contest.freeze == 260
    contest.say(now + 5, AwardGiven, award=Award("best", "Best", ("t2",)))
    before, _ = await contest.public(), await contest.heard()
    assert before["state", None]["frozen"] == format_time(minute(260))
    assert "webcam" not in before["teams", "t1"]
    contest.say(now + 6, IntervalRemoved, **INTERVAL, restored=True)
    assert contest.freeze == 240
    shown, heard = await contest.public(), await contest.heard()
    assert ("awards", "best") not in shown
    assert shown["state", None]["frozen"] == format_time(minute(240)), "it stays frozen, from then on"
    assert "webcam" not in shown["teams", "t1"]
    assert "teams" not in heard
    contest.passes(now + 7)
    assert ("awards", "best") not in await contest.public()
    lines = await contest.world.told("2026-01", PUBLIC)
    assert "best" not in {one["id"] for one in lines if one["type"] == "awards"}


LATE = {
    "the start is moved": (StartMoved, {"start_time": minute(20)}),
    "it is extended": (ContestExtended, {"by": 20 * MINUTE}),
    "an interval is removed": (IntervalRemoved, INTERVAL),
    "it is frozen later by hand": (ScoreboardFrozen, {"at": minute(290)}),
    "its files have no freeze": (Definition, {"scoreboard_freeze_duration": None}),
}


@pytest.mark.parametrize(("kind", "fields"), LATE.values(), ids=LATE)
async def test_what_the_clock_has_noted_has_come_whatever_a_later_act_is_stamped(contest, kind, fields):
    """Acts are stamped a little before they stand in the log."""
    contest.passes(240)
    contest.solved(241)
    contest.say(241, AwardGiven, award=Award("best", "Best", ("t2",)))
    freeze, board, firsts = contest.freeze, contest.log.rows("public"), contest.log.firsts("public")
    shown = await contest.public()
    assert shown["state", None]["frozen"] == format_time(minute(240))
    contest.log.recorded_at = minute(239)
    if kind is Definition:
        contest.log.define(**fields)
    else:
        contest.log.act(kind, **fields)
    contest.now = minute(242)
    assert ("awards", "best") not in await contest.public()
    assert contest.freeze == freeze == 240
    assert (contest.log.rows("public"), contest.log.firsts("public")) == (board, firsts)
    contest.passes(242)
    assert contest.freeze == 240
    after = await contest.public()
    assert after["state", None]["frozen"] == shown["state", None]["frozen"]
    assert ("awards", "best") not in after


@pytest.mark.parametrize("noted", [False, True])
def test_a_freeze_by_hand_that_has_come_is_not_put_off_by_an_act_that_is_stamped_earlier(contest, noted):
    contest.passes(1)
    contest.frozen_by_hand(200)
    if noted:
        contest.passes(200)
    contest.solved(201)
    contest.frozen_by_hand(199, 230)
    assert contest.freeze == 200


def test_a_freeze_that_is_told_late_may_hide_more_than_the_one_that_has_come(contest):
    """As a feed may tell it: that it froze by hand before the planned moment."""
    contest.solved(210)
    contest.passes(240)
    contest.frozen_by_hand(200)
    assert contest.freeze == 200


# ---- a start behind it ----------------------------------------------------------------------------------------------


async def test_a_contest_that_begins_anew_behind_a_freeze_by_hand_is_not_frozen(contest):
    contest.passes(0)
    contest.frozen_by_hand(10)
    contest.solved(11)
    assert contest.log.firsts("public") == {}
    contest.say(15, StartMoved, start_time=minute(30))
    assert contest.freeze == 270
    shown = await contest.public()
    assert shown["contest", None]["scoreboard_freeze_duration"] == "1:00:00"
    assert [shown["state", None][name] for name in ("started", "frozen")] == [None, None]
    contest.passes(30)
    contest.solved(40)
    assert contest.log.firsts("public") == {"A": "t1"}
    assert (await contest.public())["state", None]["frozen"] is None
    contest.lifted(50)
    assert contest.freeze == 270, "there is none to lift"
    contest.passes(270)
    state = (await contest.public())["state", None]
    assert [state[name] for name in ("started", "frozen")] == [format_time(minute(30)), format_time(minute(270))]


@pytest.mark.parametrize("start", [-10, 5, 10])
async def test_what_a_freeze_by_hand_has_hidden_stays_so_where_the_start_moves_and_not_behind_it(contest, start):
    contest.passes(0)
    contest.frozen_by_hand(10)
    contest.solved(11)
    contest.say(15, StartMoved, start_time=minute(start))
    assert contest.freeze == 10
    assert contest.log.firsts("public") == {}
    assert contest.log.firsts("jury") == {"A": "t1"}


def test_a_start_that_moves_back_finds_the_freeze_by_hand_as_it_was(contest):
    contest.passes(0)
    contest.frozen_by_hand(10)
    contest.say(15, StartMoved, start_time=minute(30))
    contest.say(16, StartMoved, start_time=None)
    assert contest.freeze is None
    contest.say(17, StartMoved, start_time=START)
    assert contest.freeze == 10


# ---- what a lift leaves to come -------------------------------------------------------------------------------------


def test_a_lift_leaves_a_planned_freeze_to_come_though_the_end_moves_before_it(contest):
    contest.frozen_by_hand(200)
    contest.lifted(205)
    contest.say(206, ContestExtended, by=-40 * MINUTE)
    assert contest.freeze == 200, "as without both"


def test_a_lift_leaves_a_planned_freeze_to_come_that_an_interval_had_put_off(contest):
    interval = {"start": minute(100), "end": minute(130)}
    contest.say(131, IntervalRemoved, **interval)
    contest.frozen_by_hand(265)
    contest.lifted(266)
    assert contest.freeze == 270
    contest.say(266, IntervalRemoved, **interval, restored=True)
    assert contest.freeze == 240


def test_a_planned_freeze_that_was_lifted_stays_so_where_the_interval_before_it_is_restored(contest):
    interval = {"start": minute(100), "end": minute(130)}
    contest.say(131, IntervalRemoved, **interval)
    contest.lifted(271)
    contest.say(280, IntervalRemoved, **interval, restored=True)
    assert contest.freeze is None


def test_a_planned_freeze_that_was_lifted_stays_so_whatever_is_lifted_later(contest):
    contest.lifted(245)
    contest.frozen_by_hand(250)
    contest.say(251, StartMoved, start_time=minute(300))
    assert contest.freeze == 540, "the contest begins anew"
    contest.say(252, StartMoved, start_time=START)
    assert contest.freeze == 250
    contest.lifted(255)
    assert contest.freeze is None


def test_a_lift_when_nothing_is_frozen_is_void(contest):
    for at in (100, 239):
        contest.lifted(at)
    assert contest.freeze == 240
    assert contest.log.state().contest.times.by_hand == []


async def test_a_contest_that_is_made_shorter_than_its_freeze_was_not_frozen_before_it_began(contest):
    contest.passes(40)
    contest.say(40, ContestExtended, by=-250 * MINUTE)
    state = (await contest.public())["state", None]
    assert state["frozen"] == state["started"] is not None
