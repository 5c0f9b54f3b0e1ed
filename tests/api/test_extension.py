"""What came after the end, while late submissions were still judged, counts once the contest is extended."""

import pytest

from schemas.events import ContestExtended
from tests.api.world import HOUR, now
from tests.wait import until


@pytest.fixture
def scorer(world):
    """A real scorer, for as long as the test takes: elsewhere the tests write the rows themselves."""
    world.begin("scorer", "scorer")
    world.ready("scorer")
    yield
    assert world.stop("scorer") == 0


def test_an_extension_makes_a_late_submission_count(world, scorer):
    defined = {"start_time": now() - 5 * HOUR - 60_000, "scoreboard_freeze_duration": None}
    contest = world.contest("extended", **defined)
    world.appears(contest)

    def solved():
        rows = world.get(f"/api/contests/{contest}/scoreboard").json().get("rows", ())
        return {row["team_id"]: row["score"]["num_solved"] for row in rows}

    until(lambda: solved() == {"t1": 0, "t2": 0}, 60, "the board is there")
    late = world.post(contest, "extended-t1")
    assert late.status_code == 201, late.text
    world.judge(contest, late.json(), "AC")
    until(lambda: world.get(f"/api/contests/{contest}/judgements").json(), 20, "it is judged")
    # what the scorer makes of a later event is on the board: it has passed the judgement, and did not count it
    world.define(contest, **defined, name="Renamed")
    until(lambda: world.get(f"/api/contests/{contest}").json()["name"] == "Renamed", 20, "the definition is there")
    assert solved() == {"t1": 0, "t2": 0}
    world.add(ContestExtended(**world.stamp(contest), id="longer", by=HOUR))
    until(lambda: solved() == {"t1": 1, "t2": 0}, 30, "it counts")
    (row,) = [r for r in world.get(f"/api/contests/{contest}/scoreboard").json()["rows"] if r["team_id"] == "t1"]
    assert row["rank"] == 1
    assert row["score"]["time"] == "5:01:00"
