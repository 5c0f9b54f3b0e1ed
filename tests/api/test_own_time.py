"""A contest where each team has a window of its own: a team begins it itself, once."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from clics.times import parse_time
from schemas.events import TeamStarted
from schemas.reader import read_contest
from tests.api.world import HOUR, PASSWORD, now


@pytest.fixture(scope="module")
def c(world):
    contest = world.contest("windows", window=2 * HOUR)
    world.contest("windows-none")
    world.contest("windows-soon", window=2 * HOUR, start_time=now() + HOUR)
    for one in (contest, "windows-none", "windows-soon"):
        world.appears(one)
    return contest


def path(contest):
    return f"/api/contests/{contest}/start"


def begin(world, contest, who, number=1, **headers):
    auth = (who, PASSWORD) if who else None
    return httpx.post(world.url(number) + path(contest), auth=auth, headers=headers, timeout=30)


def test_a_team_begins_once_and_submits_from_then_on(world, c):
    before, nobody = now(), {"team_id": "t1", "window": "2:00:00", "start_time": None, "end_time": None}
    assert world.get(path(c), "windows-t1").json() == nobody
    refused = world.post(c, "windows-t1")
    assert refused.status_code == 403
    assert f"with POST {path(c)}" in refused.json()["message"]
    with ThreadPoolExecutor(4) as pool:  # by both accounts of a team, twice each, at two servers
        answers = list(pool.map(lambda n: begin(world, c, "windows-t1", 1 + n % 2), range(4)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    (told,) = {answer.text for answer in answers}
    again = begin(world, c, "windows-t1")
    assert (again.status_code, again.text) == (200, told)
    assert world.get(path(c), "windows-t1").text == told
    start, end = (parse_time(again.json()[name]) for name in ("start_time", "end_time"))
    assert before <= start <= now()
    assert end == start + 2 * HOUR
    assert world.post(c, "windows-t1").status_code == 201
    assert world.get(path(c), "windows-t2").json() == nobody | {"team_id": "t2"}
    first = next(event for _, event in read_contest(world.settings, c) if isinstance(event, TeamStarted))
    assert (first.start_time, first.recorded_by, first.reason) == (start, "windows-t1", "begun by the team itself")


@pytest.mark.parametrize(
    ("contest", "who", "status", "says"),
    [
        ("windows", None, 401, "log in to begin"),
        ("windows", "windows-jury", 403, "this account acts for no team in this contest; `podium contest begin`"),
        ("windows", "windows-none-t1", 403, "this account acts for no team"),
        ("windows-none", "windows-none-t1", 403, "all start with it"),
        ("windows-soon", "windows-soon-t1", 403, "the contest has not started"),
        ("windows-nowhere", "windows-t1", 404, "there is no contest 'windows-nowhere'"),
    ],
)
def test_who_cannot_begin_is_told_why(world, c, contest, who, status, says):
    refused = begin(world, contest, who)
    assert (refused.status_code, says in refused.json()["message"]) == (status, True), refused.text


def test_no_other_sites_page_begins_a_teams_time(world, c):
    assert begin(world, c, "windows-t2", Origin="https://elsewhere.example").status_code == 403
    assert world.get(path(c), "windows-t2").json()["start_time"] is None
    times = world.get(path("windows-none"), "windows-none-t1").json()
    assert times["window"] is None
    assert parse_time(times["end_time"]) == parse_time(times["start_time"]) + 5 * HOUR
