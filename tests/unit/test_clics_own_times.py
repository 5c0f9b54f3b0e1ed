"""Objects of contests of windows, of teams with extra time, of verified verdicts and hacks, and of those that are over."""

from api.access import Viewer
from api.admission import closed
from clics.derive import override_id
from clics.state import State
from schemas import events
from schemas.codec import codec
from schemas.definition import JudgementType
from schemas.ids import judgement_id
from schemas.live import Stored
from tests.streams import live_events as make
from tests.streams.live_events import HOUR, MINUTE, START, act
from tests.unit.test_clics_objects import View

OF_S1 = {"submission_id": "s1", "team_id": "t1", "problem_id": "alpha"}


def contest(**fields) -> View:
    return View([make.definition(**fields), *make.entries()])


def of(view: View) -> Stored:
    return Stored(view.objects["contest", "c1"], view.facts["contest", "c1"], view.position)


def test_in_a_contest_of_windows_a_submission_has_its_teams_contest_time():
    view = contest(window=HOUR, scoreboard_freeze_duration=None)
    view.add(make.submission("s1", at=2 * HOUR + MINUTE))
    assert view.facts["submissions", "s1"]["late"] is True, "its team has not started"
    assert (view.facts["teams", "t1"]["times"], view.facts["teams", "t1"]["waits"]) == (None, True)
    view.add(act(events.TeamStarted, "a", team_id="t1", start_time=START + 2 * HOUR))
    view.add(act(events.TeamStarted, "b", team_id="t1", start_time=START + 3 * HOUR))
    assert view.objects["submissions", "s1"]["contest_time"] == "0:01:00"
    assert view.facts["submissions", "s1"]["late"] is False
    assert view.facts["teams", "t1"]["times"] == [START + 2 * HOUR, START + 3 * HOUR]
    view.add(act(events.ContestExtended, "shorter", by=-150 * MINUTE))
    assert view.facts["teams", "t1"]["times"] == [START + 2 * HOUR, START + 150 * MINUTE], "no later than the contest"
    keys = view.state.keys()
    again = State.load("c1", view.position, ((key, view.state.dump(key, codec())) for key in keys), codec())
    assert again == view.state


def test_extra_time_makes_a_submission_count_and_lets_its_team_submit():
    view = contest(late_window=0)
    view.add(make.submission("s1", at=5 * HOUR))
    team, viewer, now = ("teams", "t1"), Viewer("team", "t1"), START + 5 * HOUR
    stored = of(view)
    assert closed(stored, viewer, now, view.facts[team]) == "the contest is over"
    view.add(act(events.TeamTimeExtended, "e", team_id="t1", by=MINUTE))
    assert view.facts["submissions", "s1"]["late"] is False
    assert closed(stored, viewer, now, view.facts[team]) == ""
    assert closed(stored, viewer, now + MINUTE, view.facts[team]) == "the team's time is over"
    assert closed(stored, Viewer("team", "t2"), now, view.facts["teams", "t2"]) == "the contest is over"


def test_a_team_submits_in_its_window_alone():
    view = contest(window=HOUR, late_window=0)
    stored, viewer = of(view), Viewer("team", "t1")
    said = closed(stored, viewer, START, view.facts["teams", "t1"])
    assert said.startswith("the team's own time has not begun: begin it on the contest's page, or with POST ")
    assert said.endswith("/api/contests/c1/start")
    view.add(act(events.TeamStarted, "a", team_id="t1", start_time=START + HOUR))
    own = view.facts["teams", "t1"]
    said = [closed(stored, viewer, START + at, own) for at in (HOUR - 1, HOUR, 2 * HOUR - 1, 2 * HOUR)]
    assert said == ["the team's time has not started", "", "", "the team's time is over"]


def test_a_verdict_that_has_to_be_verified_is_settled_by_that_alone():
    view = contest(verification=True)
    view.add(make.submission("s1"))
    view.add(make.judgement("s1", "AC"))
    judgement = ("judgements", judgement_id("s1"))
    assert (view.facts[judgement]["settled"], view.facts["submissions", "s1"]["shown"]) == (False, None)
    assert view.objects[judgement]["judgement_type_id"] == "AC", "the jury sees what it is to verify"
    view.add(act(events.SubmissionVerified, "v", **OF_S1, judging=0))
    assert view.facts[judgement]["settled"] is True
    assert view.facts["submissions", "s1"]["shown"]["judgement_type_id"] == "AC"


def test_a_hack_is_a_judgement_of_its_own_until_a_verdict_is_given_by_hand():
    view = contest()
    view.add(make.submission("s1"))
    view.add(make.judgement("s1", "AC"))
    view.add(act(events.SubmissionHacked, "miss", **OF_S1, by_team_id="t2", successful=False))
    assert view.current("s1") == judgement_id("s1")
    view.add(act(events.SubmissionHacked, "hit", **OF_S1, by_team_id="t2", successful=True))
    hacked = override_id("s1", "hit")
    assert view.current("s1") == hacked
    assert view.objects["judgements", hacked]["judgement_type_id"] == "WA"
    assert view.facts["submissions", "s1"]["shown"] == {"judgement_type_id": "WA", "judgement_id": hacked}
    view.add(act(events.VerdictOverridden, "o", **OF_S1, verdict="AC"))
    assert view.current("s1") == override_id("s1", "o")
    assert ("judgements", hacked) not in view.objects


def test_what_was_not_accepted_cannot_be_hacked_and_any_type_that_costs_will_do():
    types = (JudgementType("AC", "", penalty=False, solved=True), JudgementType("NO", "", penalty=True, solved=False))
    view = contest(judgement_types=types, publish={})
    view.add(make.submission("s1"))
    view.add(act(events.SubmissionHacked, "hit", **OF_S1, by_team_id="t2", successful=True))
    assert view.current("s1") is None
    view.add(make.judgement("s1", "AC"))
    assert view.objects["judgements", view.current("s1")]["judgement_type_id"] == "NO"


def test_behind_the_end_of_updates_no_object_changes():
    view = contest()
    view.add(make.submission("s1"))
    for kind, at in (("started", 0), ("frozen", 4 * HOUR), ("ended", 5 * HOUR)):
        view.add(act(events.Transitioned, kind, when=at, kind=kind, planned_at=START + at))
    view.add(act(events.ThawScheduled, "t", when=5 * HOUR, thaw_time=START + 6 * HOUR))
    view.add(act(events.Finalized, "f", when=5 * HOUR))
    assert view.objects["state", "state"]["end_of_updates"] is None
    view.add(act(events.Transitioned, "thawed", when=6 * HOUR, kind="thawed", planned_at=START + 6 * HOUR))
    assert view.objects["state", "state"]["end_of_updates"] == view.objects["state", "state"]["thawed"] is not None
    before, told = dict(view.objects), len(view.feed)
    view.add(make.judgement("s1", "AC"))
    view.add(act(events.ContestExtended, "late", by=HOUR))
    view.add(act(events.ScoreboardFrozen, "again", at=START))
    view.add(make.definition(changes=0, name="Renamed"))
    assert (view.objects, len(view.feed)) == (before, told)
