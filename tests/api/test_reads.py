"""Reading: what the public, a team and the jury get, and how a request that is none is answered."""

import httpx
import pytest

from schemas.definition import Award
from schemas.events import (
    AwardGiven,
    Clarification,
    Finalized,
    Person,
    Run,
    Runs,
    ScoreboardFrozen,
    StartMoved,
    ThawScheduled,
    Transitioned,
)
from schemas.ids import judgement_id
from tests.api.events import Events
from tests.api.world import HOUR, PASSWORD, now, problem
from tests.unit.test_clics_objects import validators
from tests.wait import until


@pytest.fixture(scope="module")
def c(world):
    """A contest that is frozen: t1 submitted before and after, t2 after, t3 is hidden."""
    contest = world.contest("reads")
    world.appears(contest)
    before = world.post(contest, "reads-t1", key="before").json()
    hidden = world.post(contest, "reads-t3", key="hidden").json()
    world.judge(contest, before, "WA")
    world.judge(contest, hidden, "AC")
    frozen = now() + 1
    world.add(
        Runs(
            **world.stamp(contest),
            submission_id=before["id"],
            judging=0,
            attempt=1,
            runs=(Run(1, "AC", 5, 6, 100, now()), Run(2, "WA", 5, 6, 100, now())),
        ),
        ScoreboardFrozen(**world.stamp(contest) | {"recorded_at": frozen}, id="freeze", at=frozen),
    )
    until(lambda: world.get(f"/api/contests/{contest}/times").json()["times"]["freeze"] < now(), 10, "it is frozen")
    own = world.post(contest, "reads-t1", key="after").json()
    other = world.post(contest, "reads-t2", key="after").json()
    world.judge(contest, own, "AC")
    world.judge(contest, other, "AC")
    world.add(
        Person(
            **world.stamp(contest), id="coach", name="Coach", role="coach", email="c@example.org", team_ids=("t3", "t1")
        ),
        Clarification(**world.stamp(contest), id="q", from_team_id="t1", text="Why?", asked_at=now()),
        Clarification(
            **world.stamp(contest), id="a", to_team_ids=("t1",), reply_to_id="q", text="So.", asked_at=now() + 1
        ),
        Clarification(**world.stamp(contest), id="all", reply_to_id="q", text="Hear all", asked_at=now() + 2),
        AwardGiven(**world.stamp(contest), id="award", award=Award("winner", "By hand", ("t2",))),
    )
    world.row(contest, "t1", {"a": 10})
    world.row(contest, "t2", {"a": 20, "b": 0})
    for audience in ("public", "jury"):
        world.first(contest, "a", "t1", audience)
    world.row(contest, "t2", {"a": 20, "b": 30}, "jury")
    world.ids = {"before": before["id"], "hidden": hidden["id"], "own": own["id"], "other": other["id"]}

    def complete():
        awards = world.get(f"/api/contests/{contest}/awards", "reads-jury").json()
        judged = world.get(f"/api/contests/{contest}/judgements", "reads-jury").json()
        boards = [world.get(f"/api/contests/{contest}/scoreboard", who).json()["rows"] for who in (None, "reads-jury")]
        given = any(award["citation"] == "By hand" for award in awards)
        return given and sum("end_time" in j for j in judged) == 4 and all(boards)

    until(complete, 20, "everything is in the view")
    return contest


def seen(world, c, path, who):
    answer = world.get(f"/api/contests/{c}/{path}", who)
    assert answer.status_code == 200, answer.text
    return answer.json()


WHO = (None, "reads-t1", "reads-t2", "reads-jury")


def test_submissions_and_their_sources(world, c):
    ids = world.ids
    everybody = {ids["before"], ids["own"], ids["other"]}
    shown = {None: everybody, "reads-t1": {ids["before"], ids["own"]}, "reads-t2": {ids["other"]}}
    for who in WHO:
        found = {s["id"]: s for s in seen(world, c, "submissions", who)}
        assert set(found) == shown.get(who, everybody | {ids["hidden"]}), "of other teams no more than the board tells"
        with_files = {id_ for id_, s in found.items() if "files" in s}
        assert (
            with_files
            == {
                None: set(),
                "reads-t1": {ids["before"], ids["own"]},
                "reads-t2": {ids["other"]},
                "reads-jury": set(found),
            }[who]
        )
        files = world.get(f"/api/contests/{c}/submissions/{ids['own']}/files", who)
        assert files.status_code == {None: 403, "reads-t2": 404}.get(who, 200)
    assert world.get(f"/api/contests/{c}/submissions/{ids['hidden']}", "reads-t1").status_code == 404
    assert world.get(f"/api/contests/{c}/submissions/{ids['hidden']}/files").status_code == 404
    by_number = world.get(f"/api/contests/{c}/submissions/1", "reads-jury").json()
    assert by_number["id"] == ids["before"]
    files = [world.get(f"/api/contests/{c}/submissions/{one}/files", "reads-jury") for one in ("1", ids["before"])]
    assert files[0].status_code == 200
    assert files[0].content == files[1].content
    assert files[0].headers["content-disposition"] == files[1].headers["content-disposition"]


def test_judgements_and_runs_after_the_freeze_are_ones_own(world, c):
    ids = world.ids
    for who, shown in (
        (None, {"before"}),
        ("reads-t1", {"before", "own"}),
        ("reads-t2", {"other"}),
        ("reads-jury", {"before", "own", "other", "hidden"}),
    ):
        found = seen(world, c, "judgements", who)
        assert {one["submission_id"] for one in found} == {ids[name] for name in shown}, who
    judgement = judgement_id(ids["before"])
    runs = {who: len(seen(world, c, f"runs?judgement_id={judgement}", who)) for who in WHO}
    assert runs == {None: 2, "reads-t1": 0, "reads-t2": 0, "reads-jury": 2}, "a team is told its verdict only"
    assert {who: len(seen(world, c, "runs", who)) for who in WHO} == runs
    (first, second) = seen(world, c, f"runs?judgement_id={judgement}", None)
    assert (first["ordinal"], second["judgement_type_id"]) == (1, "WA")
    for who in (None, "reads-jury"):
        assert seen(world, c, f"runs/{first['id']}", who) == first
    assert world.get(f"/api/contests/{c}/runs/{judgement}.3").status_code == 404
    assert world.get(f"/api/contests/{c}/runs/nope").status_code == 404
    assert world.get(f"/api/contests/{c}/runs/{first['id']}", "reads-t2").status_code == 404


def test_teams_people_messages_and_awards(world, c):
    assert [t["id"] for t in seen(world, c, "teams", None)] == ["t1", "t2"]
    assert [t["id"] for t in seen(world, c, "teams", "reads-t3")] == ["t1", "t2", "t3"]
    (coach,) = seen(world, c, "persons", None)
    assert coach == {"id": "coach", "name": "Coach", "role": "coach", "team_ids": ["t1"]}
    (coach,) = seen(world, c, "persons", "reads-jury")
    assert coach["email"] == "c@example.org"
    ids = {who: [one["id"] for one in seen(world, c, "clarifications", who)] for who in WHO}
    assert ids == {None: ["all"], "reads-t1": ["q", "a", "all"], "reads-t2": ["all"], "reads-jury": ["q", "a", "all"]}
    (public,) = seen(world, c, "clarifications", None)
    assert "reply_to_id" not in public, "what it answers is not the public's"


def test_awards_are_those_of_the_board_that_one_sees(world, c):
    """What depends on the whole board is not told before the end; what the jury gave in the freeze is the jury's."""
    public = {a["id"]: a["team_ids"] for a in seen(world, c, "awards", None)}
    assert public == {
        **dict.fromkeys(("winner", "gold-medal", "silver-medal", "bronze-medal", "highest-honors", "high-honors")),
        **dict.fromkeys(("honors", "honorable-mention", "group-winner-g1")),
        **{id_: [] for id_ in ("first-to-solve-pa", "first-to-solve-pb", "first-to-solve-pc")},
    }
    assert list(public)[:2] + list(public)[-1:] == ["winner", "gold-medal", "group-winner-g1"], "in their order"
    assert seen(world, c, "awards", "reads-t2") == seen(world, c, "awards", None)
    jury = {a["id"]: a for a in seen(world, c, "awards", "reads-jury")}
    assert jury["winner"] == {"id": "winner", "citation": "By hand", "team_ids": ["t2"]}
    assert (jury["gold-medal"]["team_ids"], jury["first-to-solve-pa"]["team_ids"]) == (None, ["t1"])
    for who, award in ((None, "winner"), ("reads-jury", "first-to-solve-pa")):
        one = seen(world, c, f"awards/{award}", who)
        assert one in seen(world, c, "awards", who)
        validators()("award").validate(one)
    assert world.get(f"/api/contests/{c}/awards/group-winner-g2").status_code == 404


def test_the_scoreboard_of_each_audience(world, c):
    public, jury = seen(world, c, "scoreboard", None), seen(world, c, "scoreboard", "reads-jury")
    assert [(r["rank"], r["team_id"], r["score"]["num_solved"]) for r in public["rows"]] == [(1, "t1", 1), (2, "t2", 1)]
    assert public["rows"][0]["score"] == {"num_solved": 1, "total_time": "0:10:00", "time": "0:10:00"}
    assert public["rows"][1]["problems"][1] == {
        "problem_id": "pb",
        "num_judged": 0,
        "num_pending": 1,
        "solved": False,
    }
    assert [r["team_id"] for r in jury["rows"]] == ["t2"]
    assert seen(world, c, "scoreboard?audience=public", "reads-jury")["rows"] == public["rows"]
    assert seen(world, c, "scoreboard", "reads-t2")["rows"] == public["rows"]
    assert world.get(f"/api/contests/{c}/scoreboard?audience=jury", "reads-t1").status_code == 403
    (alone,) = seen(world, c, "scoreboard?group_id=g1", None)["rows"]
    assert (alone["team_id"], alone["rank"]) == ("t1", 1)
    assert world.get(f"/api/contests/{c}/scoreboard?group_id=nope").status_code == 400


def test_a_client_that_has_it_is_not_sent_it_again(world, c):
    for path in ("scoreboard", "teams", "problems", "submissions", ""):
        first = world.get(f"/api/contests/{c}/{path}".rstrip("/"))
        again = world.get(f"/api/contests/{c}/{path}".rstrip("/"), headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        assert "Cookie" in first.headers["vary"]


def test_lists_are_filtered_by_ids(world, c):
    found = seen(world, c, "submissions?team_id=t1&problem_id=pa", "reads-jury")
    assert {one["team_id"] for one in found} == {"t1"}
    assert seen(world, c, "submissions?team_id=t1&problem_id=pb", "reads-jury") == []
    assert [t["id"] for t in seen(world, c, "teams?organization_id=u2", None)] == ["t2"]
    assert seen(world, c, "teams?organization_id=", None) == []


def test_accounts_access_and_what_the_api_says_of_itself(world, c):
    assert world.get(f"/api/contests/{c}/account").status_code == 404
    mine = {"id": "reads-t1", "username": "reads-t1", "type": "team", "team_id": "t1"}
    assert seen(world, c, "account", "reads-t1") == mine
    assert seen(world, c, "accounts", "reads-t1") == [mine]
    assert seen(world, c, "accounts", None) == []
    assert mine in seen(world, c, "accounts", "reads-jury")
    assert seen(world, c, "access", "reads-t1")["capabilities"] == ["team_submit", "post_clar"]
    public = {e["type"]: e["properties"] for e in seen(world, c, "access", None)["endpoints"]}
    assert "files" not in public["submissions"]
    assert "accounts" not in public
    about = world.get("/api").json()
    assert about["version"] == "2026-01"
    assert world.get("/api/").json() == about
    assert c in [one["id"] for one in world.get("/api/contests").json()]
    paths = world.get("/openapi.json").json()["paths"]
    assert "/api/contests/{contest_id}/submissions" in paths


def test_before_the_start_there_are_no_problems_and_a_closed_contest_is_not_there(world):
    contest = world.contest("hushed", start_time=now() + HOUR, public=False, problems=(problem("A"),))
    world.appears(contest)
    assert world.get(f"/api/contests/{contest}").status_code == 404
    assert world.get(f"/api/contests/{contest}/scoreboard/stream").status_code == 404
    assert contest not in [one["id"] for one in world.get("/api/contests").json()]
    assert contest in [one["id"] for one in world.get("/api/contests", "hushed-t1").json()]
    assert world.get(f"/api/contests/{contest}/problems", "hushed-t1").json() == []
    assert len(world.get(f"/api/contests/{contest}/problems", "hushed-jury").json()) == 1
    assert world.get(f"/api/contests/{contest}/problems/pa", "hushed-t1").status_code == 404
    assert world.get(f"/api/contests/{contest}/problems/pa/statement", "hushed-t1").status_code == 404


def test_before_the_start_the_scoreboard_tells_nothing_of_the_problems(world):
    contest = world.contest("hushed-board", start_time=now() + HOUR)
    for audience in ("public", "jury"):
        world.row(contest, "t1", {"a": 0, "b": 0}, audience)
    world.appears(contest)

    def board(who=None, **query):
        return world.get(f"/api/contests/{contest}/scoreboard", who, params=query).json()["rows"]

    until(lambda: board() and board("hushed-board-jury"), 10, "the rows are there")
    for who, query in ((None, {}), ("hushed-board-t1", {}), (None, {"group_id": "g1"})):
        (row,) = board(who, **query)
        assert (row["team_id"], row["problems"]) == ("t1", []), who
    assert len(board("hushed-board-jury")[0]["problems"]) == 2
    tag = world.get(f"/api/contests/{contest}/scoreboard").headers["etag"]
    world.add(StartMoved(**world.stamp(contest), id="now", start_time=now() - HOUR))
    until(lambda: len(board()[0]["problems"]) == 2, 10, "the contest has started")
    again = world.get(f"/api/contests/{contest}/scoreboard", headers={"If-None-Match": tag})
    assert again.status_code == 200, "another board than the one before the start"


def test_a_state_with_other_times_is_another_scoreboard(world):
    contest = world.contest("replanned")
    world.appears(contest)
    path = f"/api/contests/{contest}/scoreboard"
    planned = world.get(f"/api/contests/{contest}/times").json()["times"]["start"]
    world.add(Transitioned(**world.stamp(contest), id="started", kind="started", planned_at=planned))
    first = until(lambda: (r := world.get(path)).json()["state"]["started"] and r, 10, "it has started")
    world.add(
        StartMoved(**world.stamp(contest), id="moved", start_time=planned - 1000),
        Transitioned(**world.stamp(contest), id="again", kind="started", planned_at=planned - 1000),
    )
    state = first.json()["state"]
    until(
        lambda: world.get(f"/api/contests/{contest}/state").json() not in (state, {**state, "started": None}), 10, "m"
    )
    assert world.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_the_scoreboard_fits_its_json_schema_with_teams_that_hold_no_rank(world):
    contest = world.contest("ranks")
    world.row(contest, "t1", {"a": 10}, "jury")
    world.row(contest, "t2", {"a": 5, "b": 7}, "jury", ranked=False)  # disqualified
    world.row(contest, "t3", {"a": 0}, "jury", ranked=False)  # hidden
    world.appears(contest)
    rows = until(lambda: len(r := seen(world, contest, "scoreboard", "ranks-jury")["rows"]) == 3 and r, 10, "all rows")
    assert {row["team_id"]: row["rank"] for row in rows} == {"t1": 1, "t2": 2, "t3": 2}
    validators()("scoreboard").validate(seen(world, contest, "scoreboard", "ranks-jury"))
    validators()("scoreboard").validate(seen(world, contest, "scoreboard", None))


def test_the_thaw_shows_what_was_withheld(world):
    contest = world.contest("thawing", start_time=now() - 6 * HOUR, duration=5 * HOUR)
    world.appears(contest)
    facts = world.get(f"/api/contests/{contest}/times").json()["times"]
    late = {"submission_id": "s1", "team_id": "t1", "problem_id": "pa", "language_id": "cpp"}
    from schemas.events import Submission

    world.add(
        Submission(
            **world.stamp(contest),
            id="s1",
            team_id="t1",
            problem_id="pa",
            language_id="cpp",
            submitted_at=facts["freeze"],
        ),
    )
    world.judge(contest, {"id": "s1", **{k: v for k, v in late.items() if k != "submission_id"}}, "AC")
    until(lambda: seen(world, contest, "judgements", "thawing-jury"), 10, "it is judged")
    assert seen(world, contest, "judgements", None) == []
    thaw = now()
    world.add(ThawScheduled(**world.stamp(contest), id="thaw", thaw_time=thaw))
    transitions = (("started", facts["start"]), ("frozen", facts["freeze"]), ("ended", facts["end"]), ("thawed", thaw))
    for kind, at in transitions:
        world.add(Transitioned(**world.stamp(contest), id=kind, kind=kind, planned_at=at))
    until(lambda: seen(world, contest, "judgements", None), 10, "everybody sees it")
    world.add(Finalized(**world.stamp(contest), id="final"))
    until(lambda: seen(world, contest, "state", None)["finalized"], 10, "the results are final")
    assert world.post(contest, "thawing-t1").status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/contests/nope", 404),
        ("GET", "/api/contests/..%2f..%2fetc", 404),
        ("GET", "/api/contests/reads/nope", 404),
        ("GET", "/api/contests/reads/teams/nope", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/static/../server.py", 404),
        ("GET", "/static/..%2fserver.py", 404),
        ("DELETE", "/api/contests/reads", 405),
        ("POST", "/api/contests/reads/scoreboard", 405),
        ("GET", "/api/contests/reads/scoreboard?audience=x", 400),
    ],
)
def test_every_refusal_is_json_with_code_and_message(world, c, method, path, status):
    answer = httpx.request(method, f"{world.url()}{path}")
    assert answer.status_code == status
    assert answer.json().keys() == {"code", "message"}
    assert answer.json()["code"] == status
    assert "Traceback" not in answer.text


def test_other_origins_may_read_and_not_write(world, c):
    answer = world.get(f"/api/contests/{c}", headers={"Origin": "https://overlay.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    answer = world.get(f"/api/contests/{c}", f"{c}-jury", headers={"Origin": "https://overlay.example"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers, "with credentials it is closed"
    preflight = httpx.options(
        f"{world.url()}/api/contests/{c}",
        headers={"Origin": "https://x.example", "Access-Control-Request-Method": "GET"},
    )
    assert preflight.status_code == 204
    assert "POST" not in preflight.headers["access-control-allow-methods"]
    assert "authorization" not in preflight.headers["access-control-allow-headers"].lower()


def test_the_open_metrics_do_not_tell_of_verdicts_that_the_freeze_hides(world):
    """The public's board and its counters stand still, the jury's board moves."""
    contest = world.contest("counted")
    world.row(contest, "t1", {"a": 0})
    world.row(contest, "t1", {"a": 0}, "jury")
    world.appears(contest)
    world.add(ScoreboardFrozen(**world.stamp(contest), id="freeze", at=now()))
    sent = world.post(contest, "counted-t1").json()
    base = f"{world.url()}/api/contests/{contest}"
    for who in (None, "counted-jury"):  # a row that comes later is counted
        until(lambda who=who: seen(world, contest, "scoreboard", who)["rows"], 10, "the row is there")

    def counters():
        """Of podium's own: a process's memory and the requests that this test makes move by themselves."""
        lines = world.get("/metrics").text.splitlines()
        moving = ("podium_api_request", "podium_api_accounts", "podium_api_password")
        return [line for line in lines if line.startswith("podium_") and not line.startswith(moving)]

    with (
        Events(f"{base}/scoreboard/stream?audience=jury", ("counted-jury", PASSWORD)) as jury,
        Events(f"{base}/notifications", ("counted-jury", PASSWORD)) as all_,
        Events(f"{base}/scoreboard/stream") as public,
    ):
        for stream in (jury, all_, public):
            stream.next("snapshot")
        until(lambda: "podium_api_streams 3.0" in counters(), 10, "the streams of other tests have ended")
        before = counters()
        world.judge(contest, sent, "AC")
        world.row(contest, "t1", {"a": 55}, "jury")
        assert jury.next("delta").data["rows"][0]["num_solved"] == 1
        all_.until(lambda e: e.name == "judgement" and "judgement_type_id" in e.data)
        assert counters() == before


def test_health_and_metrics(world, c):
    assert world.get("/healthz").status_code == 200
    assert world.get("/readyz").status_code == 200
    text = world.get("/metrics").text
    assert 'podium_api_requests_total{method="GET",route="/api/contests/{contest_id}",status="200"}' in text
    assert c not in text, "no contest, team or verdict in the public door's metrics"


def test_awards_follow_the_log(world):
    """The public's list is remembered, and made again with each event."""
    contest = world.contest("awarded")
    world.appears(contest)

    def listed() -> list[str]:
        found = world.get(f"/api/contests/{contest}/awards").json()
        return {one["id"]: one["team_ids"] for one in found}["first-to-solve-pa"]

    for team, verdict, first in (("t1", "WA", []), ("t2", "AC", ["t2"])):
        world.judge(contest, world.post(contest, f"awarded-{team}").json(), verdict)
        until(lambda first=first: listed() == first, 10, f"{first} is first")
    assert world.get(f"/api/contests/{contest}/awards/first-to-solve-pa").json()["team_ids"] == ["t2"]
    answer = world.get(f"/api/contests/{contest}/awards")
    again = world.get(f"/api/contests/{contest}/awards", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
