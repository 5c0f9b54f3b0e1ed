"""The event feed with all its parts: clients that know only the specification, through everything that may happen."""

import asyncio
import contextlib
import json
from pathlib import Path

import httpx
import pytest
import redis

from api.feed import response
from clics.times import parse_time
from schemas.events import (
    ContestExtended,
    Finalized,
    Judgement,
    JudgingStarted,
    RejudgingApplied,
    RejudgingCreated,
    Run,
    Runs,
    ScoreboardFrozen,
    Team,
    ThawScheduled,
    Transitioned,
    VerdictOverridden,
)
from tests.api import stages
from tests.api.archiver import archive
from tests.api.spec_client import SpecClient
from tests.api.strict import ONE, check
from tests.api.world import HOUR, PASSWORD, now, problem
from tests.leaks.client import listen
from tests.wait import until

CONTEST = "followed"
BASES = {"2026-01": "/api", "2023-06": "/api/2023-06"}
READERS = [("2026-01", None), ("2026-01", "jury"), ("2026-01", "t1"), ("2023-06", "jury"), ("2023-06", None)]


class Contest:
    """What happens in the contest, told to its log."""

    def __init__(self, world) -> None:
        self.world = world
        self.start = now() + 3000
        world.contest(CONTEST, start_time=self.start, feedback="full")
        world.appears(CONTEST)

    def tell(self, kind, /, **fields) -> int:
        return self.world.add(kind(**self.world.stamp(CONTEST), **fields))[0]

    def passes(self, kind: str, at: int) -> None:
        self.tell(Transitioned, id=f"{kind}-{at}", kind=kind, planned_at=at)

    def submit(self, team: str, verdict: str, problem: str = "pa") -> str:
        answer = self.world.post(CONTEST, f"{CONTEST}-{team}", problem_id=problem)
        assert answer.status_code == 201, answer.text
        self.judge(answer.json(), verdict)
        return answer.json()["id"]

    def judge(self, submission: dict, verdict: str, judging: int = 0) -> None:
        one = {"submission_id": submission["id"], "judging": judging, "attempt": 1}
        about = {name: submission[name] for name in ("team_id", "problem_id", "language_id")}
        at = now()
        self.tell(JudgingStarted, **one, host="h", started_at=at)
        runs = [Run(n, "AC", 5, 6, 100, at + n, test=f"sample/{n}") for n in (1, 2)]
        self.tell(Runs, **one, runs=(*runs, Run(3, verdict, 5, 6, 100, at + 3, test="secret/1")))
        times = {"started_at": at, "ended_at": at + 5, "submitted_at": parse_time(submission["time"])}
        self.tell(Judgement, **one, **about, **times, verdict=verdict, max_cpu_ms=5)

    def shown(self, id_: str) -> dict:
        answer = self.world.get(f"/api/contests/{CONTEST}/submissions/{id_}", f"{CONTEST}-jury")
        return answer.json()


def test_clients_written_from_the_specification_follow_a_contest_to_its_end(world, redis_server):
    contest = Contest(world)
    clients: dict[tuple[str, str | None], SpecClient] = {}
    with world.another_api(), contextlib.ExitStack() as ends:
        ends.callback(lambda: [one.close() for one in clients.values()])
        followed(world, redis_server, contest, clients)
        same_from_any_token(world, clients)
        told_as_demanded(clients)


def followed(world, redis_server, contest, clients) -> None:
    """The contest from its start to its end of updates, followed by everybody."""
    for version, who in READERS:
        auth = (f"{CONTEST}-{who}", PASSWORD) if who else None
        bases = [world.url(number) + BASES[version] for number in (1, 2)]
        clients[version, who] = SpecClient(world.url(3) + BASES[version], bases, CONTEST, auth)
        clients[version, who].start(disconnects=3)
    until(lambda: now() >= contest.start, 10, "the contest starts")
    contest.passes("started", contest.start)
    first = contest.submit("t1", "WA")
    contest.submit("t1", "AC")
    contest.submit("t2", "AC", "pb")
    contest.submit("t3", "AC")  # hidden
    about = {"submission_id": first, "team_id": "t1", "problem_id": "pa"}
    contest.tell(VerdictOverridden, id="by-hand", **about, verdict="CE")
    rejudging = contest.tell(RejudgingCreated, id="again", submission_ids=(first,))
    contest.judge(contest.shown(first), "AC", rejudging)
    contest.tell(RejudgingApplied, id="applied", rejudging=rejudging)
    for hidden in (True, False):
        contest.tell(Team, id="t2", name="Team 2", organization_id="u2", group_ids=(), hidden=hidden)
    contest.tell(ScoreboardFrozen, id="frozen", at=now())
    contest.submit("t1", "AC", "pc")
    for who, body in (("t1", {"text": "What?"}), ("jury", {"text": "Everybody: read"})):
        said = httpx.post(
            f"{world.url(2)}/api/contests/{CONTEST}/clarifications", json=body, auth=(f"{CONTEST}-{who}", PASSWORD)
        )
        assert said.status_code in (200, 201), said.text
    # else the kill is one of the cuts
    until(lambda: all(one.has_connected(4) for one in clients.values()), 60, "everybody has cut three times")
    world.stop("api-3", kill=True)
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    world.start_api(3)
    contest.submit("t2", "WA", "pc")
    length = 5 * HOUR
    end = now() + 500
    contest.tell(ContestExtended, id="shortened", by=end - contest.start - length)
    until(lambda: now() > end, 5, "the contest ends")
    contest.passes("ended", end)
    contest.tell(Finalized, id="final", b=1)
    thaw = now()
    contest.tell(ThawScheduled, id="thaw", thaw_time=thaw)
    contest.passes("thawed", thaw)
    for (version, who), one in clients.items():
        one.finish(60)
        assert one.connections >= 5, "three cuts and a kill"
        assert one.lines[-1]["type"] == "state"
        assert one.objects == one.listed(), (version, who)
        for line in one.lines:
            check(version, "event-feed", json.dumps(line).encode(), sources=who is not None)
            if line["data"] is not None:
                check(version, ONE[line["type"]], json.dumps(line["data"]).encode(), sources=who is not None)
        tokens = [line["token"] for line in one.lines if "token" in line]
        assert len(set(tokens)) == len(tokens), "no line twice, whatever was cut"


def same_from_any_token(world, clients) -> None:
    for (version, who), one in clients.items():
        auth = (f"{CONTEST}-{who}", PASSWORD) if who else None
        for number, at in ((1, 0), (2, len(one.lines) // 2)):
            url = f"{world.url(number)}{BASES[version]}/contests/{CONTEST}/event-feed"
            expected = [line for line in one.lines if "token" in line]
            with httpx.stream("GET", url, params={"since_token": expected[at]["token"]}, auth=auth) as response:
                lines = (json.loads(line) for line in response.iter_lines() if line)
                told = (line for line in lines if "token" in line)
                assert [next(told) for _ in expected[at + 1 :]] == expected[at + 1 :]
        other = next(found for key, found in clients.items() if key != (version, who))
        for token in (other.lines[5]["token"], "x", ""):
            answer = httpx.get(url, params={"since_token": token}, auth=auth)
            assert (answer.status_code, answer.json()["code"]) == (400, 400)


def started(state) -> bool:
    return state["started"] is not None


def told_as_demanded(clients) -> None:
    """What became visible was told at that moment; hidden teams were told to nobody but the jury."""
    public = clients["2026-01", None].lines
    places = {}
    for number, line in enumerate(public):
        places.setdefault((line["type"], line["id"]), []).append((number, line["data"]))
    first, begun = (next(n for n, data in places["state", None] if found(data)) for found in (bool, started))
    assert all(first < seen[0][0] < begun for (type_, _), seen in places.items() if type_ == "problems")
    t2 = [data is None for _, data in places["teams", "t2"]]
    assert t2 == [False, True, False], "hidden, and shown again"
    assert not any('"t3"' in json.dumps(line) for line in public)
    ended = next(n for n, data in places["state", None] if data.get("ended"))
    late = [seen[0][0] for (type_, _), seen in places.items() if type_ == "judgements"][-2:]
    assert all(ended < n < len(public) - 1 for n in late), "with the thaw, which is the end of updates here"
    older = clients["2023-06", "jury"].lines
    gone = {line["id"] for line in older if line["type"] == "judgements" and line["data"] is None}
    assert len(gone) == 2, "the initial judgement when it was overridden, the override when the rejudging was applied"
    newest = [line["data"] for line in clients["2026-01", "jury"].lines if line["type"] == "judgements"]
    assert all(one is not None for one in newest)
    assert {one["id"] for one in newest if not one["current"]} >= gone


def test_a_feed_is_for_reading_and_says_what_is_wrong(world):
    contest = world.contest("unfollowed")
    world.appears(contest)
    url = f"{world.url()}/api/contests/{contest}/event-feed"
    assert httpx.post(url, auth=(f"{contest}-jury", PASSWORD)).status_code == 405
    assert httpx.get(f"{world.url()}/api/contests/nope/event-feed").status_code == 404
    with httpx.stream("GET", url) as response:
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["access-control-allow-origin"] == "*"
        assert json.loads(next(response.iter_lines()))["type"] == "contest"


async def test_a_feed_without_news_says_newlines_and_what_comes_then(contest, monkeypatch):
    monkeypatch.setattr(response, "HEARTBEAT_S", 0.01)
    contest.to("running")
    feed = listen(contest.app, f"/api/contests/{stages.CONTEST}/event-feed", "a-judge")

    def told():
        return [one["body"] for one in feed.sent if one["type"] == "http.response.body"]

    try:
        await asyncio.to_thread(until, lambda: told()[-2:] == [b"\n"] * 2, 30, "a newline comes again and again")
        before = len(told())
        contest.to("frozen")
        await asyncio.to_thread(until, lambda: any(one.strip() for one in told()[before:]), 30, "the freeze is told")
    finally:
        await feed.close()
    lines = b"".join(told()).splitlines()
    assert json.loads([line for line in lines if line][-1])["token"]


@pytest.mark.parametrize("version", BASES)
def test_an_archiver_that_is_not_ours_downloads_a_contest(world, tmp_path, version):
    """`clics-archiver` of xcpcio: every endpoint that `access` names, every file that an object refers to, the feed."""
    package = version[0] * 64
    store = Path(world.settings.store_location)
    store.mkdir(parents=True, exist_ok=True)
    (store / f"{package}.zip").write_bytes(b"PK of nothing that is read here")
    contest = world.contest(f"archived-{version[:4]}", problems=(problem("A", package),))
    world.appears(contest)
    submitted = world.post(contest, f"{contest}-t1").json()
    world.judge(contest, submitted, "AC")
    listed = f"{BASES[version]}/contests/{contest}"
    until(lambda: len(world.get(f"{listed}/judgements", f"{contest}-jury").json()) == 1, 20, "it is judged")
    archive(f"{world.url()}{BASES[version]}", contest, (f"{contest}-jury", PASSWORD), tmp_path)
    assert (tmp_path / "submissions" / submitted["id"] / f"{submitted['id']}.zip").read_bytes().startswith(b"PK")
    lines = [json.loads(line) for line in (tmp_path / "event-feed.ndjson").read_bytes().splitlines()]
    assert {line["type"] for line in lines} >= {"contest", "state", "teams", "accounts", "submissions", "judgements"}
