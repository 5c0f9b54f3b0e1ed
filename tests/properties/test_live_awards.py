"""Awards event by event: what the live sink tells is what a state that was just loaded would tell, and the board's."""

from hypothesis import given, settings

from clics.fold import fold
from clics.state import State
from schemas.definition import Award
from schemas.events import (
    AwardGiven,
    Finalized,
    Group,
    PenaltyAdded,
    PositionSkipped,
    ScoreboardFrozen,
    Team,
    Transitioned,
)
from schemas.live import parse_stored
from streams.live.awards import Awards
from streams.scoring.acts import refused
from streams.scoring.awards import of_state
from streams.scoring.project import AUDIENCES, active, find
from streams.scoring.state import ContestState
from tests.contest_log import HOUR, MINUTE, START, ContestLog
from tests.properties.logs import any_rules

few = settings(max_examples=40, derandomize=True, deadline=None, database=None)


class Told:
    """The awards of a contest as somebody has them who takes every change, by audience and id."""

    def __init__(self, contest: str = "c1") -> None:
        self.state = State(contest)
        self.awards = Awards(self.state, ContestState(contest))
        self.all: dict[str, dict] = {audience: {} for audience in AUDIENCES}

    def take(self, position, event):
        if refused(event, self.state.conduct.fold_version):
            return
        fold(self.state, position, event)
        for change in self.awards.take(self.state, position, event)[0]:
            audience, _, id_ = change.id.partition(":")
            had = self.all[audience].get(id_)
            assert had == (change.was[0] if change.was else None), "what it was is what was told"
            if change.facts is None:
                del self.all[audience][id_]
            else:
                self.all[audience][id_] = change.object

    def teams(self, audience, id_):
        return self.all[audience][id_]["team_ids"]


def told(log):
    found = Told()
    for position, event in log.events:
        found.take(position, event)
    return found


@few
@given(any_rules)
def test_what_is_told_is_what_a_state_just_loaded_would_tell(log):
    found = Told()
    for position, event in log.events:
        found.take(position, event)
        scores = ContestState.restore("c1", dict(found.awards.scores.parts()).items())
        fresh = Awards(found.state, scores).told.awards
        assert {audience: {id_: one for id_, (one, _) in of.items()} for audience, of in fresh.items()} == found.all
    contest = found.awards.scores.contest
    if contest.clock.end not in contest.ended:
        return
    for audience in AUDIENCES:
        generation = find(found.awards.scores, active(found.awards.scores))
        now = max(contest.clock.end, contest.freeze or 0)
        board = {one.id: list(one.team_ids) for one in of_state(found.awards.scores, generation, audience, now)}
        mine = {id_: one["team_ids"] for id_, one in found.all[audience].items()}
        assert mine == {id_: board.get(id_, teams) for id_, teams in mine.items()}, "the board's"
        assert board.keys() - mine.keys() <= {id_ for id_ in board if id_.startswith("group-winner-")}, (
            "groups with no entry"
        )


def test_before_the_end_it_is_told_who_was_first_and_what_will_be_given():
    log = ContestLog()
    log.act(Group, id="g", name="Site")
    log.act(Transitioned, id="started", kind="started", planned_at=START)
    log.submit("t1", "A", 10, "WA")
    found = told(log)
    assert found.all["public"]["winner"] == {"id": "winner", "citation": "Contest winner", "team_ids": None}
    assert found.all["public"]["group-winner-g"]["team_ids"] is None
    assert found.teams("public", "first-to-solve-A") == []
    second = log.submit("t2", "A", 20)
    log.submit("t1", "A", 30, "AC")
    assert told(log).teams("public", "first-to-solve-A") == [], "an earlier one is pending"
    log.judge(second, "AC")
    assert told(log).teams("public", "first-to-solve-A") == ["t2"]


def test_in_the_freeze_what_was_given_by_hand_is_the_jurys_and_at_the_end_all_follow_the_board():
    log = ContestLog(scoreboard_thaw_time=None)
    log.act(AwardGiven, award=Award("best", "Best", ("t2",)))
    log.submit("t1", "A", 10, "AC")
    assert told(log).teams("public", "best") == ["t2"]
    log.recorded_at = START + 4 * HOUR - MINUTE
    log.act(ScoreboardFrozen, at=log.recorded_at)
    log.act(AwardGiven, award=Award("winner", "By hand", ("t2",)))
    for team, problem in (("t2", "A"), ("t2", "B"), ("t2", "C")):
        log.submit(team, problem, 4 * 60 + 10, "AC")
    found = told(log)
    assert "best" not in found.all["public"]
    assert found.teams("public", "winner") is None
    assert found.teams("jury", "winner") == ["t2"]
    assert (found.teams("public", "first-to-solve-B"), found.teams("jury", "first-to-solve-B")) == ([], ["t2"])
    log.act(Transitioned, id="ended", kind="ended", planned_at=START + 5 * HOUR)
    found = told(log)
    assert found.teams("public", "winner") == ["t1"], "of the frozen board"
    assert found.teams("jury", "winner") == ["t2"]
    log.recorded_at = START + 5 * HOUR + MINUTE
    log.act(Finalized)
    assert told(log).teams("public", "winner") == ["t1"]


def test_a_fold_that_fails_costs_no_object_and_awards_stay_as_they_were(monkeypatch, caplog):
    from streams.live import awards as module
    from tests.feed_world import FeedWorld, story

    caplog.set_level("CRITICAL")
    world, events = FeedWorld(), story(0, 20)
    for event in events[:-6]:
        world.add(event)
    before = dict(world.redis.hashes["{c1}:o:awards"])
    monkeypatch.setattr(module, "apply", lambda *_: 1 / 0)
    for event in events[-6:]:
        world.add(event)
        world.reload()
    assert world.redis.hashes["{c1}:o:awards"] == before
    assert b'"end_of_updates":"' in world.redis.hashes["{c1}:o:state"]["state"], "all else went on"


def test_awards_that_cannot_be_told_stay_as_they_were_until_the_scorer_says_what_it_has_skipped(monkeypatch, caplog):
    from streams.live import awards as module
    from tests.feed_world import FeedWorld

    caplog.set_level("CRITICAL")
    world, without, log = FeedWorld(), FeedWorld(), ContestLog(scoreboard_freeze_duration=None)
    log.submit("t1", "A", 10, "AC")
    log.submit("t2", "A", 20, "AC")
    log.act(Transitioned, id="ended", kind="ended", planned_at=START + 5 * HOUR)
    for _, event in log.events:
        world.add(event)
        without.add(event)
    before = dict(world.redis.hashes["{c1}:o:awards"])
    with monkeypatch.context() as failing:
        failing.setattr(module, "row", lambda *_: 1 / 0)
        world.add(log.make(PenaltyAdded, id="p", team_id="t1", by=HOUR))
        world.reload()
        withdrawn = log.make(Team, id="t1", name="Withdrawn", removed=True)
        world.add(withdrawn)
        world.reload()
    assert world.redis.hashes["{c1}:o:awards"] == before
    skip = log.make(PositionSkipped, id="skip", position=world.position - 1, fold_version=1)
    for event in (log.make(PenaltyAdded, id="p", team_id="t1", by=0), withdrawn, skip):
        without.add(event)
    world.add(skip)
    assert holders(world) == holders(without)
    assert holders(world)["jury:winner"] == ["t2"]
    world.reload()
    back = log.make(Team, id="t1", name="Back")
    world.add(back)
    without.add(back)
    assert holders(world) == holders(without)
    assert holders(world)["jury:winner"] == ["t1"]


def holders(world):
    """Who has which award, in a world."""
    found = world.redis.hashes["{c1}:o:awards"]
    return {id_: parse_stored(value).object["team_ids"] for id_, value in found.items()}
