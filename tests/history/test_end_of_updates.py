"""Behind the event that closed a contest, finalized and thawed, nothing of the log changes what the history says of it."""

import json

from schemas import events as e
from tests.contest_log import problem
from tests.history.asked import scoreboard
from tests.history.contests import MINUTE, START
from tests.history.test_board import Contest, folded
from tests.reference_icpc import scoreboard as reference

END = START + 60 * MINUTE
NAMES = ("closed-by-thaw", "closed-by-jury")
VIEWS = ("contests", "teams", "organizations", "groups", "problems", "clarifications", "submissions_of")


def running(name, **definition):
    """A contest with a team of each kind, a hidden group, and what is pending when it ends."""
    contest = Contest(name, **definition)
    contest.add(e.Transitioned, at=START, id="start", kind="started", planned_at=START)
    contest.add(e.Group, at=START, id="g1", name="Group")
    contest.add(e.Organization, at=START, id="o1", name="University")
    contest.add(e.Team, at=START, id="t3", name="Third", organization_id="o1", group_ids=("g1",))
    contest.add(e.Clarification, at=START, id="c1", text="To all", asked_at=START)
    contest.submit("s1", "t1", "a", 10, "AC")
    contest.submit("s2", "t2", "a", 5)
    contest.submit("s3", "t3", "b", 50, "WA")
    return contest


def changes(contest):
    """Every kind of event that would change a board or an object, each recorded behind the end."""
    at = END + 60 * MINUTE
    of = {"submission_id": "s2", "team_id": "t2", "problem_id": "a"}
    contest.judge("s2", "AC", at)
    contest.add(e.VerdictOverridden, at=at, id="hand", verdict="AC", **of | {"submission_id": "s3", "team_id": "t3"})
    contest.add(e.SubmissionIgnored, at=at, id="ignore", **of | {"submission_id": "s1", "team_id": "t1"})
    number = contest.add(e.RejudgingCreated, at=at, id="again", submission_ids=("s3",))
    contest.judge("s3", "AC", at, judging=number)
    contest.add(e.RejudgingApplied, at=at, id="applied", rejudging=number)
    contest.submit("s4", "t2", "b", 20, "AC")
    contest.add(e.PenaltyAdded, at=at, id="penalty", team_id="t1", by=MINUTE)
    contest.add(e.TeamDisqualified, at=at, id="out", team_id="t1")
    contest.add(e.ContestExtended, at=at, id="more", by=60 * MINUTE)
    contest.add(e.TeamTimeExtended, at=at, id="own", team_id="t1", by=-55 * MINUTE)
    contest.add(e.StartMoved, at=at, id="moved", start_time=START + 30 * MINUTE)
    contest.add(e.IntervalRemoved, at=at, id="interval", start=START, end=START + 5 * MINUTE)
    named = {"recorded_at": at, "recorded_by": "test", "contest": contest.contest}
    contest.log.append((len(contest.log), e.ScoreboardFrozen(**named, id="frozen", at=START)))
    contest.add(e.Finalized, at=at, id="again-final")
    contest.add(e.Team, at=at, id="t1", name="Renamed")
    contest.add(e.Team, at=at, id="t9", name="Late")
    contest.add(e.Group, at=at, id="g1", name="Renamed", hidden=True)
    contest.add(e.Organization, at=at, id="o1", name="Renamed")
    contest.add(e.Organization, at=at, id="o9", name="Late")
    contest.add(e.Clarification, at=at, id="c9", text="Late", asked_at=at)
    generation = contest.add(
        e.GenerationOpened, at=at, rule="icpc", parameters={"penalty_minutes": "1"}, fold_version=1
    )
    contest.add(e.GenerationPromoted, at=at, expect="0", generation=str(generation))
    definition = {"name": "Renamed", "start_time": START, "duration": 300 * MINUTE, "problems": (problem("b", 1),)}
    contest.add(e.Definition, at=at, changes=0, public=False, **definition)


def boards(client, contest):
    """The boards of both audiences, which equal the fold's and the second fold's."""
    found = []
    for audience in ("public", "jury"):
        found.append(scoreboard(client, contest.contest, audience=audience))
        assert found[-1] == folded(contest.contest, contest.log, audience), audience
        assert found[-1] == reference(contest.log, audience), audience
    return found


def told(analyst):
    """What every view says of both contests. The boards aside: those of analysts are the public's."""
    found = {}
    for view in VIEWS:
        of_both = [f"{view}(contest = '{name}')" for name in NAMES] if view == "submissions_of" else [view]
        for source in of_both:
            asked = f"SELECT * FROM {source} WHERE contest IN {NAMES} ORDER BY ALL"  # constants
            found[source] = analyst.query(asked).result_rows
    return found


def test_a_thaw_or_the_last_word_of_the_jury_closes_a_contest(client, analyst):
    thawed, finalized = running(NAMES[0]), running(NAMES[1], scoreboard_freeze_duration=None, scoreboard_thaw_time=None)
    thawed.add(e.Transitioned, at=END, id="end", kind="ended", planned_at=END)
    thawed.add(e.Finalized, at=END, id="final")
    thawed.add(e.PenaltyAdded, at=END, id="early", team_id="t1", by=MINUTE)
    thawed.add(e.Transitioned, at=END + 10 * MINUTE, id="thaw", kind="thawed", planned_at=END + 10 * MINUTE)

    finalized.add(e.Finalized, at=END - MINUTE, id="too-early")
    finalized.add(e.TeamTimeExtended, at=END - MINUTE, id="time", team_id="t2", by=MINUTE)
    finalized.add(e.Transitioned, at=END, id="end", kind="ended", planned_at=END)
    finalized.add(e.Finalized, at=END, id="t2-has-time")
    finalized.submit("s9", "t2", "b", 60.5, "AC")
    finalized.add(e.Finalized, at=END + MINUTE, id="final")

    contests = (thawed, finalized)
    for contest in contests:
        contest.insert(client)
    before = told(analyst), [reference(one.log, audience) for one in contests for audience in ("public", "jury")]
    row = next(one for one in json.loads(before[1][0])["rows"] if one["team_id"] == "t1")
    assert row["score"]["total_time"] == "0:11:00", "what was added before the thaw counts"
    for contest in contests:
        changes(contest)
        contest.insert(client)
    assert (told(analyst), [board for one in contests for board in boards(client, one)]) == before
