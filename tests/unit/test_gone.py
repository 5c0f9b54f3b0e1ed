"""What is gone from a contest is gone with what was submitted for it: whoever looks, nothing refers to what is not there."""

import pytest

from api.access import Scene, Viewer, visible
from clics.state import State
from clics.view import apply
from schemas import events
from tests.streams import live_events as make

VIEWERS = {
    "public": Viewer(),
    "own": Viewer("team", "t1", account="t1"),
    "other": Viewer("team", "t2", account="t2"),
    "analyst": Viewer("analyst", account="analyst"),
    "jury": Viewer("jury", account="judge"),
}
REFERENCES = {"submission_id": "submissions", "team_id": "teams", "problem_id": "problems", "language_id": "languages"}
NOTHING = {who: set() for who in VIEWERS}
THEIRS = {("submissions", "s1"), ("judgements", "s1")}


@pytest.fixture
def contest():
    """A state, and a function that applies an event to it and gives what each viewer then sees, by (type, submission)."""
    state, stored = State("c1"), {}

    def add(event):
        for change in apply(state, state.position + 1, event).changes:
            if change.facts is None:
                del stored[change.type, change.id]
            elif change.stored:
                stored[change.type, change.id] = change.object, change.facts
        contest = stored["contest", "c1"][1]
        scene = Scene(contest, make.START + make.HOUR)
        seen = {}
        for who, viewer in VIEWERS.items():
            shown = {key: visible(viewer, key[0], *found, scene) for key, found in stored.items() if key[0] != "runs"}
            seen[who] = {key: one for key, one in shown.items() if one is not None}
            for (type_, id_), one in seen[who].items():
                for name in REFERENCES.keys() & one.keys():
                    assert (REFERENCES[name], one[name]) in seen[who], (who, type_, id_, name)
        return {
            who: {(type_, one.get("submission_id", id_)) for (type_, id_), one in found.items()} & THEIRS
            for who, found in seen.items()
        }

    for event in (make.definition(), *make.entries()):
        add(event)
    return add


def team(**fields):
    return make.make(events.Team, id="t1", name="Team 1", **fields)


def test_a_team_that_was_removed_takes_its_submissions_along_and_brings_them_back(contest):
    contest(make.submission("s1"))
    seen = contest(make.judgement("s1", "AC"))
    assert seen == dict.fromkeys(("public", "own", "analyst", "jury"), THEIRS) | {"other": set()}
    assert contest(team(removed=True)) == NOTHING
    contest(make.submission("s2"))
    assert contest(make.judgement("s2", "WA")) == NOTHING
    assert contest(team()) == seen


def test_a_problem_that_the_contest_no_longer_has_takes_its_submissions_along(contest):
    contest(make.submission("s1", problem="beta"))
    seen = contest(make.judgement("s1", "AC", problem="beta"))
    assert seen["jury"] == THEIRS
    assert contest(make.definition(changes=0, problems=make.PROBLEMS[:1])) == NOTHING
    by_hand = {"submission_id": "s1", "team_id": "t1", "problem_id": "beta", "verdict": "WA"}
    assert contest(make.act(events.VerdictOverridden, "o", **by_hand)) == NOTHING
